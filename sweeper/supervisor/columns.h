/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns.h - how wide text is on a terminal: two columns for the wide scripts
 * of East Asia and for emoji, one for everything else. Where in doubt a text
 * counts as too wide rather than too narrow.
 *
 * Runs in:  supervisor.
 * Trusts:   the text to be UTF-8 (sw_text_escape() makes it so).
 */
#ifndef SWEEPER_SUPERVISOR_COLUMNS_H
#define SWEEPER_SUPERVISOR_COLUMNS_H

#include "sweeper/buf.h"

size_t sw_columns_count(struct sw_view text);
/* Bytes of the longest start (or end) of the text that fits. */
size_t sw_columns_head(struct sw_view text, size_t columns);
size_t sw_columns_tail(struct sw_view text, size_t columns);

/* Appends the text in at most `columns` columns; what does not fit is left out
 * of the middle, where a path says least, and "..." stands for it. */
enum sw_status sw_columns_shorten(struct sw_buf *out, struct sw_view text,
                                  size_t columns) SW_MUST_CHECK;

#endif
