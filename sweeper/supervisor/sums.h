/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sums.h - FILE.sha256 beside a report FILE: one line, as sha256sum(1) of
 * coreutils writes it and `sha256sum -c` reads it in the directory of FILE.
 *
 * It grows as FILE.sha256.partial, as documents do (outfile.h), and is put in
 * place after the report is: a machine that stops in between leaves a report
 * that does not fit an old sum, or has none, never a sum that says too much.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     sw_sums_close() releases what sw_sums_open() made; NULL is fine, and
 *           for all functions but those two means that nothing is done.
 * Fails:    SW_STOP, as outfile.h has it.
 */
#ifndef SWEEPER_SUPERVISOR_SUMS_H
#define SWEEPER_SUPERVISOR_SUMS_H

#include "supervisor/outfile.h"

struct sw_sums;

/* Begins to hash `report`, which is open, empty, and called `file`. */
enum sw_status sw_sums_open(struct sw_outfile *report, const char *file, struct sw_sums **sums,
                            struct sw_error *error) SW_MUST_CHECK;
/* Notes the digest: all of the report has been appended. */
enum sw_status sw_sums_take(struct sw_sums *sums, const struct sw_outfile *report,
                            struct sw_error *error) SW_MUST_CHECK;
/* Puts FILE.sha256 in its place; with `keep` false removes what was begun. */
enum sw_status sw_sums_close(struct sw_sums *sums, bool keep, struct sw_error *error) SW_MUST_CHECK;

/* As of outfile.h. */
size_t sw_sums_identities(const struct sw_sums *sums, struct sw_facts facts[static 2]);
void sw_sums_forget_old(const struct sw_sums *sums);

/* The line for a file of this name: "HEX  NAME\n", with a backslash before it all where
 * the name has one or a line end. SW_SKIP without memory. */
enum sw_status sw_sums_line(const char *hex, const char *name, struct sw_buf *line) SW_MUST_CHECK;

#endif
