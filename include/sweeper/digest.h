/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - digests by OpenSSL, as bytes arrive: SHA-256 (FIPS 180-4), and for
 * indicators that know nothing better SHA-1 (FIPS 180-4) and MD5 (RFC 1321).
 *
 * Runs in:  both processes.
 * Threads:  one digest, one thread.
 * Owns:     sw_digest_new() is released by sw_digest_free(); NULL is fine.
 * Fails:    SW_SKIP when OpenSSL cannot allocate, or does not have the algorithm
 *           (MD5 where only approved ones are allowed).
 */
#ifndef SWEEPER_DIGEST_H
#define SWEEPER_DIGEST_H

#include <stddef.h>

#include "sweeper/status.h"

enum sw_digest_kind { SW_DIGEST_SHA256, SW_DIGEST_SHA1, SW_DIGEST_MD5, SW_DIGEST_COUNT };

#define SW_SHA256_HEX_SIZE 65 /* 64 digits and the NUL */
#define SW_DIGEST_HEX_MAX  SW_SHA256_HEX_SIZE

struct sw_digest;

enum sw_status sw_digest_new(struct sw_digest **digest) SW_MUST_CHECK; /* SHA-256 */
enum sw_status sw_digest_new_of(enum sw_digest_kind kind, struct sw_digest **digest) SW_MUST_CHECK;
void sw_digest_free(struct sw_digest *digest);
/* Starts over; a digest can be used for any number of objects in turn. */
enum sw_status sw_digest_start(struct sw_digest *digest) SW_MUST_CHECK;
enum sw_status sw_digest_update(struct sw_digest *digest, const void *data,
                                size_t size) SW_MUST_CHECK;
/* Lower-case hexadecimal, NUL-terminated. */
enum sw_status sw_digest_finish(struct sw_digest *digest,
                                char hex[SW_DIGEST_HEX_MAX]) SW_MUST_CHECK;
/* What finish would say after `size` bytes more; the digest goes on without them. */
enum sw_status sw_digest_peek(const struct sw_digest *digest, const void *data, size_t size,
                              char hex[SW_DIGEST_HEX_MAX]) SW_MUST_CHECK;
/* The three in one, for bytes that are all there. */
enum sw_status sw_digest_of(const void *data, size_t size,
                            char hex[SW_SHA256_HEX_SIZE]) SW_MUST_CHECK;

#endif
