/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suppress.h - findings that somebody has looked at and answers for, until a
 * day that they named.
 *
 * The entries come from files of --suppress (docs/suppressions.md), on the command
 * line or in the file of --config, never from what is swept: whoever can write
 * there must not be able to silence the report. Files are read whole and checked
 * before anything runs; one that is wrong ends the program with exit code 65.
 *
 * Runs in:  supervisor.
 * Threads:  load: one. find: the conductor's only.
 * Owns:     the list owns everything that entries point to; free accepts NULL.
 * Trusts:   files are the user's; findings hold hostile names.
 * Fails:    load: SW_STOP; the error's text is "FILE:LINE: what is wrong", and
 *           nothing is loaded.
 */
#ifndef SWEEPER_SUPPRESS_H
#define SWEEPER_SUPPRESS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sweeper/options.h"
#include "sweeper/status.h"

struct sw_suppressions;
struct sw_suppression;

/* `now_ns`: what has expired by then (UTC) does not apply. */
enum sw_status sw_suppressions_load(const struct sw_texts *files, int64_t now_ns,
                                    struct sw_suppressions **list,
                                    struct sw_error *error) SW_MUST_CHECK;
void sw_suppressions_free(struct sw_suppressions *list);

/* How many entries do not apply any more. */
size_t sw_suppressions_expired(const struct sw_suppressions *list);
/* A line for each expired entry, and one for each file that lies below a target. */
void sw_suppressions_print(const struct sw_suppressions *list, const struct sw_texts *targets,
                           FILE *out);

/* The first entry, in the order of the files, whose conditions all hold for this
 * finding (a record as docs/schema/ has it); NULL when there is none. A NULL list
 * has none. */
const struct sw_suppression *sw_suppressions_find(const struct sw_suppressions *list,
                                                  const json_t *finding);
/* The member "suppressed" of a finding: a new reference, NULL without memory. */
json_t *sw_suppression_mark(const struct sw_suppression *entry);

#endif
