/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_context.h - for what a layer that was swept need not be read again: the same program with
 * the same libraries, rules and indicators, options and limits.
 *
 * Runs in:  supervisor, before the engine starts.
 * Fails:    SW_SKIP: no memory, or the program cannot be read.
 */
#ifndef SWEEPER_SUPERVISOR_LAYER_CONTEXT_H
#define SWEEPER_SUPERVISOR_LAYER_CONTEXT_H

#include <stdbool.h>

#include "supervisor/child.h"
#include "sweeper/digest.h"
#include "sweeper/rulepack.h"

/* False: what is found depends on the time as well, because a rule may ask for it. */
bool layer_context_lasts(const struct sw_rulepack *pack);
enum sw_status layer_context(const struct child *child, const struct sw_rulepack *pack,
                             char hex[SW_SHA256_HEX_SIZE]) SW_MUST_CHECK;

#endif
