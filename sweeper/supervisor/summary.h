/* SPDX-License-Identifier: Apache-2.0 */
/*
 * summary.h - the last paragraph for people, made from a sweep_end record, so
 * that stderr and the text format say the same.
 *
 * Runs in:  supervisor.
 * Fails:    SW_SKIP on a lack of memory.
 */
#ifndef SWEEPER_SUPERVISOR_SUMMARY_H
#define SWEEPER_SUPERVISOR_SUMMARY_H

#include <jansson.h>

#include "sweeper/buf.h"

/* At most ten lines, each with its newline. */
enum sw_status sw_summary_append(struct sw_buf *out, const json_t *sweep_end) SW_MUST_CHECK;

/* Appends text from a record for a terminal: as it is when it is printable,
 * else in printable escape. */
enum sw_status sw_summary_safe(struct sw_buf *out, const char *text) SW_MUST_CHECK;

#endif
