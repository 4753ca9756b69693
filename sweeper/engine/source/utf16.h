/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf16.h - text in UTF-16 (RFC 2781), told by its first bytes and turned into
 * UTF-8, so that what is written in ASCII finds it.
 *
 * A byte order mark says UTF-16 when what follows can be such text. Without a
 * mark nine in ten of the first characters have to be printable ASCII: Windows
 * writes such text, and `powershell -EncodedCommand` takes it in base64.
 *
 * Runs in:  engine workers.
 * Threads:  any; no state.
 * Owns:     nothing; the caller's buffer grows.
 * Trusts:   nothing: time is linear; half a pair and half a character become
 *           U+FFFD.
 * Fails:    SW_SKIP when the buffer's ceiling or the memory is reached; the
 *           buffer is then as it was.
 */
#ifndef SWEEPER_ENGINE_SOURCE_UTF16_H
#define SWEEPER_ENGINE_SOURCE_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

#define SW_UTF16_MAX ((size_t)32 << 20)         /* bytes of one text that are converted */
#define SW_UTF8_MAX  (SW_UTF16_MAX / 2 * 3 + 3) /* what can come out of them */

enum sw_utf16_order { SW_UTF16_NONE, SW_UTF16_LE, SW_UTF16_BE, SW_UTF16_ORDER_COUNT };

struct sw_utf16 {
    enum sw_utf16_order order; /* SW_UTF16_NONE: no such text */
    size_t mark_size;          /* bytes of the mark, which is no part of the text */
};

/* By the first bytes of an object; 512 are enough. */
struct sw_utf16 sw_utf16_of(struct sw_view head);
/* "utf-16le", "utf-16be" */
const char *sw_utf16_name(enum sw_utf16_order order);

/* Appends `bytes` as UTF-8. *done: how many of them that were. When more of the
 * text follows (not `last`), up to three bytes at the end may be left for the
 * next call: an incomplete character. */
enum sw_status sw_utf16_convert(enum sw_utf16_order order, struct sw_view bytes, bool last,
                                struct sw_buf *out, size_t *done) SW_MUST_CHECK;

#endif
