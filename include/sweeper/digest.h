/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - SHA-256 (FIPS 180-4) by OpenSSL, as bytes arrive.
 *
 * Runs in:  both processes.
 * Threads:  one digest, one thread.
 * Owns:     sw_digest_new() is released by sw_digest_free(); NULL is fine.
 * Fails:    SW_SKIP when OpenSSL cannot allocate.
 */
#ifndef SWEEPER_DIGEST_H
#define SWEEPER_DIGEST_H

#include <stddef.h>

#include "sweeper/status.h"

#define SW_SHA256_HEX_SIZE 65 /* 64 digits and the NUL */

struct sw_digest;

enum sw_status sw_digest_new(struct sw_digest **digest) SW_MUST_CHECK;
void sw_digest_free(struct sw_digest *digest);
/* Starts over; a digest can be used for any number of objects in turn. */
enum sw_status sw_digest_start(struct sw_digest *digest) SW_MUST_CHECK;
enum sw_status sw_digest_update(struct sw_digest *digest, const void *data,
                                size_t size) SW_MUST_CHECK;
/* Lower-case hexadecimal, NUL-terminated. */
enum sw_status sw_digest_finish(struct sw_digest *digest,
                                char hex[SW_SHA256_HEX_SIZE]) SW_MUST_CHECK;
/* The three in one, for bytes that are all there. */
enum sw_status sw_digest_of(const void *data, size_t size,
                            char hex[SW_SHA256_HEX_SIZE]) SW_MUST_CHECK;

#endif
