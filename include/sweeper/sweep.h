/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep.h - `sweeper scan`: one sweep from the targets to the exit code.
 *
 * Runs in:  supervisor. Call it once, from a process that has no threads yet.
 */
#ifndef SWEEPER_SWEEP_H
#define SWEEPER_SWEEP_H

#include "sweeper/options.h"

/* Messages go to stderr, records to the outputs of the options. */
enum sw_exit sw_sweep(const struct sw_options *options);

#endif
