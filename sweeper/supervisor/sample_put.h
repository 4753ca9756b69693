/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_put.h - fields of formats, one after the other. The first failure stays:
 * what comes after it does nothing, and `status` is asked once, at the end.
 */
#ifndef SWEEPER_SUPERVISOR_SAMPLE_PUT_H
#define SWEEPER_SUPERVISOR_SAMPLE_PUT_H

#include <string.h>

#include "sweeper/buf.h"

struct put {
    struct sw_buf *out;
    enum sw_status status;
};

static inline void put_bytes(struct put *put, const void *data, size_t size)
{
    if (put->status == SW_OK && size > 0)
        put->status = sw_buf_append(put->out, data, size);
}

static inline void put_text(struct put *put, const char *text)
{
    put_bytes(put, text, strlen(text));
}

/* The lowest `size` bytes of `value`, least first. */
static inline void put_little(struct put *put, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)(value >> 8 * i);
        put_bytes(put, &byte, 1);
    }
}

static inline void put_big(struct put *put, uint64_t value, size_t size)
{
    while (size-- > 0) {
        const uint8_t byte = (uint8_t)(value >> 8 * size);
        put_bytes(put, &byte, 1);
    }
}

static inline void put_zeros(struct put *put, size_t size)
{
    while (size-- > 0)
        put_little(put, 0, 1);
}

static inline enum sw_status put_end(const struct put *put, struct sw_error *error)
{
    if (put->status == SW_OK)
        return SW_OK;
    return sw_fail(error, SW_SKIP, "selftest", 0, "no memory");
}

#endif
