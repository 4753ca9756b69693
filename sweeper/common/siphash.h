/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.h - SipHash-2-4 (Aumasson, Bernstein): a hash of hostile bytes, keyed so that
 * nobody outside can choose bytes that meet.
 */
#ifndef SWEEPER_COMMON_SIPHASH_H
#define SWEEPER_COMMON_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t sw_siphash(const uint8_t key[static 16], const uint8_t *data, size_t size);

#endif
