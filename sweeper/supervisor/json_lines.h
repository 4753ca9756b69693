/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_lines.h - where in a JSON text something stands, so that a message can
 * say "file:line". jansson says it for syntax only.
 *
 * Runs in:  supervisor.
 * Threads:  any; no state.
 * Trusts:   nothing of the text.
 * Fails:    0.
 */
#ifndef SWEEPER_SUPERVISOR_JSON_LINES_H
#define SWEEPER_SUPERVISOR_JSON_LINES_H

#include <stddef.h>

/* The line, from 1, of what the RFC 6901 pointer names: of a member the line of
 * its name, else that of the value's first character. Where the pointer leads to
 * nothing, the line of the last thing on the way to it that is there: of a
 * missing member, its object. 0 when the text is no JSON up to there, or the
 * pointer is none. Of names that occur twice the first counts. */
size_t sw_json_line_of(const char *text, size_t size, const char *pointer);

#endif
