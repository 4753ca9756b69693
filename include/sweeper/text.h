/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - text for people and for JSON: escapes, numbers with units, times,
 * spelling suggestions.
 *
 * Runs in:  both processes.
 * Threads:  any; no state.
 * Trusts:   nothing: names and paths are arbitrary bytes.
 * Fails:    functions that append to a sw_buf fail as sw_buf_append() does.
 */
#ifndef SWEEPER_TEXT_H
#define SWEEPER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

/* Strict UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF). */
bool sw_text_is_utf8(struct sw_view bytes);

/* True when the bytes can stand in a record as they are: valid UTF-8 without
 * C0 controls, DEL, C1 controls (U+0080..U+009F), bidirectional controls
 * (U+061C, U+200E, U+200F, U+202A..U+202E, U+2066..U+2069) and line or
 * paragraph separators (U+2028, U+2029). */
bool sw_text_is_printable(struct sw_view bytes);

/* Appends the bytes with everything that sw_text_is_printable() forbids, and
 * the backslash, written as \xhh (lower case) for each byte. Text that is printable and has
 * no backslash comes out as it went in. Always yields printable UTF-8. */
enum sw_status sw_text_escape(struct sw_buf *out, struct sw_view bytes) SW_MUST_CHECK;

/* Appends one hop of a locator: `!`, `%` and everything that
 * sw_text_is_printable() forbids is written as %HH (upper-case) for each byte,
 * so that a locator can be split at `!` and each hop decoded to exact bytes. */
enum sw_status sw_text_escape_hop(struct sw_buf *out, struct sw_view bytes) SW_MUST_CHECK;

/* Appends standard base64 (RFC 4648 section 4, with padding). */
enum sw_status sw_text_base64(struct sw_buf *out, struct sw_view bytes) SW_MUST_CHECK;

/* "64M", "1GiB", "512 KiB", "4096", "2g": powers of 1024, up to T; no
 * fractions, no sign, and no "MB", which means two things. SW_SKIP on anything
 * else and on overflow. */
enum sw_status sw_text_parse_size(const char *text, uint64_t *bytes) SW_MUST_CHECK;
/* "300", "90s", "5m", "2h": whole seconds, at least 1. */
enum sw_status sw_text_parse_seconds(const char *text, uint32_t *seconds) SW_MUST_CHECK;
/* A whole decimal number in [min, max], nothing around it. */
enum sw_status sw_text_parse_number(const char *text, uint64_t min, uint64_t max,
                                    uint64_t *value) SW_MUST_CHECK;

/* "1.5 GiB", "2 MiB", "731 B": at most one decimal, binary units. Returns `out`. */
const char *sw_text_size(uint64_t bytes, char out[static 24]);
/* "1,234,567". Returns `out`. */
const char *sw_text_count(uint64_t value, char out[static 32]);
/* "3.2 s", "4 min 05 s", "2 h 03 min". Returns `out`. */
const char *sw_text_duration(double seconds, char out[static 32]);
/* RFC 3339 in UTC with nanoseconds: "2026-11-21T19:23:48.000000001Z", also for
 * times before 1970. Returns `out`. */
const char *sw_text_time(int64_t nanoseconds, char out[static 40]);

/* Damerau-Levenshtein distance (restricted), for words up to 63 bytes; longer
 * words are as far apart as SIZE_MAX. */
size_t sw_text_distance(const char *a, const char *b);

#endif
