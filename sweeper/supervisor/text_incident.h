/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_incident.h - an incident record as a block of text for people.
 *
 * Runs in:  supervisor.
 * Trusts:   no text of the record: what would not print is escaped.
 * Fails:    as sw_buf_append() does.
 */
#ifndef SWEEPER_SUPERVISOR_TEXT_INCIDENT_H
#define SWEEPER_SUPERVISOR_TEXT_INCIDENT_H

#include <jansson.h>

#include "sweeper/buf.h"

#define SW_INCIDENT_LINES_MAX 25

/* Appends the block: the first line goes on after a word of `indent` columns, the
 * others stand under it. Sentences are wrapped at `width`; a block has at most
 * SW_INCIDENT_LINES_MAX lines, and says how many steps are left out. */
enum sw_status sw_incident_text(struct sw_buf *out, const json_t *record, size_t indent,
                                size_t width) SW_MUST_CHECK;

#endif
