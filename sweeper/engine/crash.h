/* SPDX-License-Identifier: Apache-2.0 */
/* crash.h - the last words of a dying engine: which slot, which signal. */
#ifndef SWEEPER_ENGINE_CRASH_H
#define SWEEPER_ENGINE_CRASH_H

#include "sweeper/slots.h"
#include "sweeper/status.h"

/* Installs the handlers for fatal signals; `slots` outlives the process. */
enum sw_status crash_init(struct sw_slots *slots, struct sw_error *error) SW_MUST_CHECK;

/* Gives the calling worker an alternate stack and says that it is `slot`. The
 * stack lives as long as the process. */
enum sw_status crash_thread_init(unsigned slot, struct sw_error *error) SW_MUST_CHECK;

#endif
