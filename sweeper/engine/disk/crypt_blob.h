/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypt_blob.h - encrypted sectors of another blob, as they read decrypted.
 *
 * Reads at any offset; whole sectors of large reads are decrypted where they are
 * wanted, the rest goes through one piece that is kept. All of it is data: what is a
 * hole under it decrypts to something else than zeros.
 *
 * Runs in:  engine workers.
 * Threads:  one blob, one thread.
 * Owns:     the cipher, from sw_crypt_init() to sw_crypt_done(); the blob under it is
 *           the caller's, and stays.
 * Trusts:   nothing: what is under it may be shorter than it was.
 * Fails:    as the blob under it does. There is no view: SW_SKIP with gap
 *           limit_memory.
 */
#ifndef SWEEPER_ENGINE_DISK_CRYPT_BLOB_H
#define SWEEPER_ENGINE_DISK_CRYPT_BLOB_H

#include "engine/disk/cipher.h"
#include "sweeper/blob.h"

struct sw_crypt {
    struct sw_blob blob; /* first, so that the one leads to the other */
    struct sw_blob *under;
    struct sw_cipher *cipher;
    uint64_t start;    /* in what is under it, bytes */
    uint64_t tweak;    /* added to an offset for its initial value, bytes */
    uint8_t *piece;    /* SW_CRYPT_PIECE bytes */
    uint64_t piece_at; /* offset of what it holds; UINT64_MAX: nothing */
    size_t piece_size;
};
#define SW_CRYPT_PIECE ((size_t)64 << 10)

/* `size` bytes of `under` from `start` on, rounded down to whole sectors that are there.
 * SW_DEAD: no memory; the cipher is then still the caller's. */
enum sw_status sw_crypt_init(struct sw_crypt *crypt, struct sw_blob *under, uint64_t start,
                             uint64_t size, uint64_t tweak, struct sw_cipher *cipher,
                             struct sw_error *error) SW_MUST_CHECK;
/* Of one that is all zeros, too. */
void sw_crypt_done(struct sw_crypt *crypt);

#endif
