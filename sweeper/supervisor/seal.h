/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal.h - the last record of a report says what stands before it: "report",
 * the last member of sweep_end, has the number and the SHA-256 of all bytes of
 * the report before that member, from the first byte of the report to the one
 * before the comma. So a report that was cut or changed shows, wherever; who
 * can change it can also compute this anew, which is what FILE.sha256, kept
 * elsewhere, is for (sums.h).
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Fails:    SW_STOP without memory.
 */
#ifndef SWEEPER_SUPERVISOR_SEAL_H
#define SWEEPER_SUPERVISOR_SEAL_H

#include <inttypes.h>
#include <jansson.h>

#include "supervisor/outfile.h"

enum { SW_SEAL_MAX = 256 }; /* bytes that it makes a record longer */

/* The member, with what stands before and after it in the line. */
#define SW_SEAL_FORMAT ",\"report\":{\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}}"

/* Appends the record to `sealed`: `line`, or a sweep_end with what `out` holds so far. */
enum sw_status sw_seal(const struct sw_outfile *out, const json_t *record, struct sw_view line,
                       struct sw_buf *sealed, struct sw_error *error) SW_MUST_CHECK;

#endif
