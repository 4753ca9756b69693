/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h - integers at a place in a format's header. The caller knows that they are
 * inside. */
#ifndef SWEEPER_ENGINE_SOURCE_BYTES_H
#define SWEEPER_ENGINE_SOURCE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sweeper/buf.h"

static inline uint16_t sw_little16(const uint8_t *data)
{
    return (uint16_t)(data[0] | data[1] << 8);
}

static inline uint32_t sw_little32(const uint8_t *data)
{
    return (uint32_t)sw_little16(data) | (uint32_t)sw_little16(data + 2) << 16;
}

static inline uint64_t sw_little64(const uint8_t *data)
{
    return (uint64_t)sw_little32(data) | (uint64_t)sw_little32(data + 4) << 32;
}

static inline uint16_t sw_big16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t sw_big32(const uint8_t *data)
{
    return (uint32_t)sw_big16(data) << 16 | (uint32_t)sw_big16(data + 2);
}

static inline uint64_t sw_big64(const uint8_t *data)
{
    return (uint64_t)sw_big32(data) << 32 | sw_big32(data + 4);
}

static inline void sw_put_big32(uint8_t *data, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        data[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline void sw_put_little64(uint8_t *data, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        data[i] = (uint8_t)(value >> (8 * i));
}

/* Whether these bytes stand there. */
static inline bool sw_bytes_at(struct sw_view view, size_t at, const void *bytes, size_t size)
{
    return at <= view.size && view.size - at >= size && memcmp(view.data + at, bytes, size) == 0;
}

#endif
