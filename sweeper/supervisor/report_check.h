/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_check.h - whether a report is whole and as it was written: begins and
 * ends, every line a record, what sweep_end counts is there, and the bytes are
 * those of which it has the hash; and so is FILE.sha256, where there is one.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Trusts:   nothing.
 */
#ifndef SWEEPER_SUPERVISOR_REPORT_CHECK_H
#define SWEEPER_SUPERVISOR_REPORT_CHECK_H

#include <stdio.h>

#include "supervisor/report_rows.h"
#include "sweeper/gap.h"
#include "sweeper/incident.h"
#include "sweeper/severity.h"

struct sw_report_check {
    FILE *out; /* where problems are said */
    const char *file;
    uint64_t records;
    uint64_t starts;
    uint64_t findings[SW_SEVERITY_CRITICAL + 1];
    uint64_t gaps[SW_GAP_COUNT];
    uint64_t incidents[SW_VERDICT_COUNT];
    uint64_t deaths;
    uint64_t end_line; /* of the last sweep_end; 0: none so far */
    uint64_t problems;
};

/* Says what is wrong with the row, if anything is, as "FILE:LINE: what". */
void sw_report_check_row(struct sw_report_check *check, const struct sw_report_rows *rows,
                         const struct sw_report_row *row);
/* After the last row: true when nothing was wrong. Says so either way. */
bool sw_report_check_end(struct sw_report_check *check, const struct sw_report_rows *rows);

#endif
