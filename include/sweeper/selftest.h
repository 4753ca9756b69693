/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.h - `sweeper selftest`: does this build, on this machine, with these
 * options, still see into everything that it says it opens?
 *
 * One harmless text is put into every form that can be made here (containers,
 * compressed streams, encodings), each container in each stream, 1, 2, 4 and 8
 * deep, and swept by the engine of every scan behind its sandbox. A path counts
 * as seen when exactly one finding comes back, with the expected locator and
 * chain.
 *
 * Runs in:  supervisor. Call it once, from a process that has no threads yet.
 * Fails:    as an exit code: 0; 2 when a path is blind, or nothing could run.
 */
#ifndef SWEEPER_SELFTEST_H
#define SWEEPER_SELFTEST_H

#include "sweeper/options.h"

/* A line for each blind path (--verbose: for each path), a table, a closing
 * line; with --json one document instead. */
enum sw_exit sw_selftest(const struct sw_options *options);

#endif
