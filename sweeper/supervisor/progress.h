/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - one line on stderr that says how far the sweep is.
 *
 * On a terminal the line is redrawn in place, at most five times a second;
 * elsewhere (--progress always into a log) it is a line a second.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     sw_progress_free() clears the line and frees. The stream is borrowed.
 * Trusts:   no path: it is escaped, and shortened in the middle to the width.
 * Fails:    never: NULL is a progress that says nothing, and every function
 *           takes it. What cannot be written is dropped.
 *
 * Whoever writes other text to the same terminal (a finding, a message) calls
 * sw_progress_clear() first.
 */
#ifndef SWEEPER_SUPERVISOR_PROGRESS_H
#define SWEEPER_SUPERVISOR_PROGRESS_H

#include <stdio.h>

#include "sweeper/buf.h"
#include "sweeper/record.h"

struct sw_progress;

/* NULL when nothing is to be shown: never, or auto and `out` is no terminal. */
struct sw_progress *sw_progress_new(enum sw_when when, FILE *out);
/* Draws when it is time. `current_path` may be NULL. */
void sw_progress_update(struct sw_progress *progress, const struct sw_totals *totals,
                        const char *current_path);
/* Takes the line off the terminal; the next update draws it again. */
void sw_progress_clear(struct sw_progress *progress);
void sw_progress_free(struct sw_progress *progress);

/* The text of the line, no wider than `columns`; for sw_progress_update() and
 * its tests. Rates are of the last seconds; `eta_s` below 0: not known. */
struct sw_progress_rates {
    double objects_s;
    double bytes_s;
    double eta_s;
};
enum sw_status sw_progress_line(struct sw_buf *out, const struct sw_totals *totals,
                                const struct sw_progress_rates *rates, const char *current_path,
                                size_t columns) SW_MUST_CHECK;
/* Seconds left at these rates, once the walk is finished; below 0: not known. */
double sw_progress_eta(const struct sw_totals *totals, const struct sw_progress_rates *rates);

#endif
