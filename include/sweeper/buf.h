/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - bytes: an owning buffer with a ceiling, a borrowed view, and a
 * cursor that reads bytes which may be hostile.
 *
 * Runs in:  both processes.
 * Threads:  one owner at a time; nothing is shared inside.
 * Owns:     sw_buf owns its memory until sw_buf_done(); sw_view borrows.
 * Trusts:   nothing: the cursor's bytes may come from an attacker.
 * Fails:    SW_SKIP when the ceiling or the memory is reached (append) or when
 *           fewer bytes are left than asked for (cursor). A failed append
 *           leaves the buffer as it was; a failed get consumes nothing and
 *           leaves its outputs untouched.
 *
 * Integers in encodings are little-endian.
 */
#ifndef SWEEPER_BUF_H
#define SWEEPER_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/status.h"

struct sw_view {
    const uint8_t *data;
    size_t size;
};

struct sw_buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
    size_t size_max; /* the ceiling; never 0 */
};

/* A buffer that may grow to size_max bytes. Allocates nothing yet. */
void sw_buf_init(struct sw_buf *buf, size_t size_max);
/* Releases the memory; the buffer may be used again. NULL data is fine. */
void sw_buf_done(struct sw_buf *buf);
/* Forgets the content, keeps the memory. */
void sw_buf_clear(struct sw_buf *buf);
/* Makes room for `more` bytes after the content. */
enum sw_status sw_buf_reserve(struct sw_buf *buf, size_t more) SW_MUST_CHECK;
enum sw_status sw_buf_append(struct sw_buf *buf, const void *data, size_t size) SW_MUST_CHECK;
enum sw_status sw_buf_append_text(struct sw_buf *buf, const char *text) SW_MUST_CHECK;
enum sw_status sw_buf_append_format(struct sw_buf *buf, const char *format, ...)
    SW_PRINTF(2, 3) SW_MUST_CHECK;
enum sw_status sw_buf_append_u8(struct sw_buf *buf, uint8_t value) SW_MUST_CHECK;
enum sw_status sw_buf_append_u32(struct sw_buf *buf, uint32_t value) SW_MUST_CHECK;
enum sw_status sw_buf_append_u64(struct sw_buf *buf, uint64_t value) SW_MUST_CHECK;
/* u32 length, then the bytes. */
enum sw_status sw_buf_append_block(struct sw_buf *buf, const void *data, size_t size) SW_MUST_CHECK;
/* A trailing NUL that is not counted in size, so that the text can be used as
 * a C string. Stays until the next append. */
enum sw_status sw_buf_terminate(struct sw_buf *buf) SW_MUST_CHECK;
struct sw_view sw_buf_view(const struct sw_buf *buf);

/* Reads from a view, front to back. */
struct sw_cursor {
    struct sw_view rest;
};

struct sw_cursor sw_cursor_of(struct sw_view view);
enum sw_status sw_cursor_u8(struct sw_cursor *cursor, uint8_t *value) SW_MUST_CHECK;
enum sw_status sw_cursor_u32(struct sw_cursor *cursor, uint32_t *value) SW_MUST_CHECK;
enum sw_status sw_cursor_u64(struct sw_cursor *cursor, uint64_t *value) SW_MUST_CHECK;
enum sw_status sw_cursor_bytes(struct sw_cursor *cursor, size_t size,
                               struct sw_view *value) SW_MUST_CHECK;
/* What sw_buf_append_block() wrote; the view borrows from the cursor's bytes. */
enum sw_status sw_cursor_block(struct sw_cursor *cursor, struct sw_view *value) SW_MUST_CHECK;
/* True when nothing is left over: the end of every parse checks it. */
bool sw_cursor_at_end(const struct sw_cursor *cursor);

#endif
