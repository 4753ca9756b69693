/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_rows.h - reads a report back, record by record: jsonl, and json in the
 * layout in which sweeper writes it (one record a line).
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Owns:     sw_report_close() releases what open made; a row borrows from the
 *           report until the next call.
 * Trusts:   nothing: a line is no longer than SW_REPORT_LINE_MAX, and one that is
 *           no record is said to be none.
 * Fails:    SW_STOP: cannot be opened or read, or no memory. SW_DEAD: is no
 *           report of a version that is known here.
 */
#ifndef SWEEPER_SUPERVISOR_REPORT_ROWS_H
#define SWEEPER_SUPERVISOR_REPORT_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/digest.h"
#include "sweeper/status.h"

#define SW_REPORT_LINE_MAX ((size_t)64 << 20) /* bytes */

struct sw_report_rows;

struct sw_report_row {
    uint64_t line;        /* from 1 */
    struct sw_view text;  /* of the line, without its end */
    const json_t *record; /* an object with a type that is known; NULL: the line is none */
    const char *type;
    const char *why; /* without a record: what the line is */
};

/* `file`: a path, or "-" for standard input. */
enum sw_status sw_report_open(const char *file, struct sw_report_rows **rows,
                              struct sw_error *error) SW_MUST_CHECK;
/* SW_OK and a row, SW_END, or as above. What ends a document is no row. */
enum sw_status sw_report_next(struct sw_report_rows *rows, struct sw_report_row *row,
                              struct sw_error *error) SW_MUST_CHECK;
/* Of all bytes before the line of the row at hand, and the first `more` of it; at the end, with
 * 0, of the whole report. */
enum sw_status sw_report_digest(const struct sw_report_rows *rows, size_t more, uint64_t *size,
                                char hex[SW_SHA256_HEX_SIZE]) SW_MUST_CHECK;
/* After SW_END: a document that has no end, or a last line that is cut off. */
bool sw_report_is_cut(const struct sw_report_rows *rows);
void sw_report_close(struct sw_report_rows *rows);

#endif
