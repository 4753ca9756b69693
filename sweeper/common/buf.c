/* SPDX-License-Identifier: Apache-2.0 */
/* The owning buffer with its ceiling, and the cursor over hostile bytes. */
#include "sweeper/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64

void sw_buf_init(struct sw_buf *buf, size_t size_max)
{
    assert(size_max > 0);
    *buf = (struct sw_buf){.size_max = size_max};
}

void sw_buf_done(struct sw_buf *buf)
{
    free(buf->data);
    buf->data = NULL;
    buf->size = 0;
    buf->capacity = 0;
}

void sw_buf_clear(struct sw_buf *buf)
{
    buf->size = 0;
}

/* Doubles, so that n appends cost O(n), but never past the ceiling and the NUL
 * that may follow the content. */
static enum sw_status grow(struct sw_buf *buf, size_t needed)
{
    size_t capacity = buf->capacity < CAPACITY_MIN ? CAPACITY_MIN : buf->capacity;
    size_t capacity_max = 0;
    if (needed <= buf->capacity)
        return SW_OK;
    if (__builtin_add_overflow(buf->size_max, 1, &capacity_max))
        capacity_max = buf->size_max;
    while (capacity < needed) {
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity))
            capacity = capacity_max;
    }
    if (capacity > capacity_max)
        capacity = capacity_max;
    if (capacity < needed)
        return SW_SKIP;
    uint8_t *data = realloc(buf->data, capacity);
    if (data == NULL)
        return SW_SKIP;
    buf->data = data;
    buf->capacity = capacity;
    return SW_OK;
}

enum sw_status sw_buf_reserve(struct sw_buf *buf, size_t more)
{
    size_t needed = 0;
    if (__builtin_add_overflow(buf->size, more, &needed) || needed > buf->size_max)
        return SW_SKIP;
    return grow(buf, needed);
}

enum sw_status sw_buf_append(struct sw_buf *buf, const void *data, size_t size)
{
    if (size == 0)
        return SW_OK;
    if (sw_buf_reserve(buf, size) != SW_OK)
        return SW_SKIP;
    memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    return SW_OK;
}

enum sw_status sw_buf_append_text(struct sw_buf *buf, const char *text)
{
    return sw_buf_append(buf, text, strlen(text));
}

enum sw_status sw_buf_append_format(struct sw_buf *buf, const char *format, ...)
{
    enum sw_status status = SW_SKIP;
    va_list measured;
    va_list written;
    va_start(measured, format);
    va_copy(written, measured);
    int length = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    if (length < 0)
        goto out;
    size_t size = (size_t)length;
    /* vsnprintf() writes a NUL too, which is not content. */
    if (sw_buf_reserve(buf, size) != SW_OK || grow(buf, buf->size + size + 1) != SW_OK)
        goto out;
    if (vsnprintf((char *)buf->data + buf->size, size + 1, format, written) != length)
        goto out;
    buf->size += size;
    status = SW_OK;
out:
    va_end(written);
    return status;
}

/* The `size` low bytes of `value`, the lowest first. */
static enum sw_status append_integer(struct sw_buf *buf, uint64_t value, size_t size)
{
    uint8_t bytes[sizeof value];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return sw_buf_append(buf, bytes, size);
}

enum sw_status sw_buf_append_u8(struct sw_buf *buf, uint8_t value)
{
    return append_integer(buf, value, sizeof value);
}

enum sw_status sw_buf_append_u32(struct sw_buf *buf, uint32_t value)
{
    return append_integer(buf, value, sizeof value);
}

enum sw_status sw_buf_append_u64(struct sw_buf *buf, uint64_t value)
{
    return append_integer(buf, value, sizeof value);
}

enum sw_status sw_buf_append_block(struct sw_buf *buf, const void *data, size_t size)
{
    size_t whole = 0;
    if (size > UINT32_MAX || __builtin_add_overflow(size, sizeof(uint32_t), &whole))
        return SW_SKIP;
    /* All the room first: a length without its bytes must not stay behind. */
    if (sw_buf_reserve(buf, whole) != SW_OK)
        return SW_SKIP;
    if (sw_buf_append_u32(buf, (uint32_t)size) != SW_OK)
        return SW_SKIP;
    return sw_buf_append(buf, data, size);
}

enum sw_status sw_buf_terminate(struct sw_buf *buf)
{
    size_t needed = 0;
    if (__builtin_add_overflow(buf->size, 1, &needed) || grow(buf, needed) != SW_OK)
        return SW_SKIP;
    buf->data[buf->size] = '\0';
    return SW_OK;
}

struct sw_view sw_buf_view(const struct sw_buf *buf)
{
    return (struct sw_view){buf->data, buf->size};
}

struct sw_cursor sw_cursor_of(struct sw_view view)
{
    return (struct sw_cursor){view};
}

enum sw_status sw_cursor_bytes(struct sw_cursor *cursor, size_t size, struct sw_view *value)
{
    if (size > cursor->rest.size)
        return SW_SKIP;
    *value = (struct sw_view){cursor->rest.data, size};
    if (size > 0)
        cursor->rest.data += size;
    cursor->rest.size -= size;
    return SW_OK;
}

static enum sw_status get_integer(struct sw_cursor *cursor, size_t size, uint64_t *value)
{
    struct sw_view bytes;
    uint64_t sum = 0;
    if (sw_cursor_bytes(cursor, size, &bytes) != SW_OK)
        return SW_SKIP;
    for (size_t i = 0; i < size; i++)
        sum |= (uint64_t)bytes.data[i] << (8 * i);
    *value = sum;
    return SW_OK;
}

enum sw_status sw_cursor_u8(struct sw_cursor *cursor, uint8_t *value)
{
    uint64_t wide = 0;
    if (get_integer(cursor, sizeof *value, &wide) != SW_OK)
        return SW_SKIP;
    *value = (uint8_t)wide;
    return SW_OK;
}

enum sw_status sw_cursor_u32(struct sw_cursor *cursor, uint32_t *value)
{
    uint64_t wide = 0;
    if (get_integer(cursor, sizeof *value, &wide) != SW_OK)
        return SW_SKIP;
    *value = (uint32_t)wide;
    return SW_OK;
}

enum sw_status sw_cursor_u64(struct sw_cursor *cursor, uint64_t *value)
{
    return get_integer(cursor, sizeof *value, value);
}

enum sw_status sw_cursor_block(struct sw_cursor *cursor, struct sw_view *value)
{
    struct sw_cursor ahead = *cursor;
    uint32_t size = 0;
    if (sw_cursor_u32(&ahead, &size) != SW_OK || sw_cursor_bytes(&ahead, size, value) != SW_OK)
        return SW_SKIP;
    *cursor = ahead;
    return SW_OK;
}

bool sw_cursor_at_end(const struct sw_cursor *cursor)
{
    return cursor->rest.size == 0;
}
