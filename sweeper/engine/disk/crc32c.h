/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c.h - Castagnoli's CRC-32, as file systems sum their metadata (RFC 3720,
 * appendix B.4: polynomial 0x1EDC6F41, reflected, all ones before and after).
 *
 * Runs in:  engine workers.
 * Threads:  any.
 */
#ifndef SWEEPER_ENGINE_DISK_CRC32C_H
#define SWEEPER_ENGINE_DISK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The sum of `size` more bytes; `crc` is that of those before, 0 at the start. */
uint32_t sw_crc32c(uint32_t crc, const uint8_t *data, size_t size);
/* Of a block that holds its own sum in the four bytes at `sum_at`, which count as
 * zeros. `sum_at` + 4 is at most `size`. */
uint32_t sw_crc32c_around(const uint8_t *data, size_t size, size_t sum_at);

#endif
