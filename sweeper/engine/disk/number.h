/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - numbers in volume headers, of either byte order, at any address. */
#ifndef SWEEPER_ENGINE_DISK_NUMBER_H
#define SWEEPER_ENGINE_DISK_NUMBER_H

#include <stdint.h>

static inline uint16_t sw_le16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t sw_le32(const uint8_t *at)
{
    return sw_le16(at) | (uint32_t)sw_le16(at + 2) << 16;
}

static inline uint64_t sw_le64(const uint8_t *at)
{
    return sw_le32(at) | (uint64_t)sw_le32(at + 4) << 32;
}

static inline uint16_t sw_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t sw_be32(const uint8_t *at)
{
    return (uint32_t)sw_be16(at) << 16 | sw_be16(at + 2);
}

static inline uint64_t sw_be64(const uint8_t *at)
{
    return (uint64_t)sw_be32(at) << 32 | sw_be32(at + 4);
}

static inline void sw_put_be32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline void sw_put_le64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

#endif
