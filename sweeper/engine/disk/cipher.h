/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cipher.h - how volumes encrypt their sectors: one key, and for each sector an
 * initial value that is made of its place.
 *
 * dm-crypt's names (cryptsetup(8), "aes-xts-plain64") and BitLocker's methods
 * ([MS-FVE] is not public; libbde's documentation of the format is). By OpenSSL's
 * default provider: AES and Camellia.
 *
 * Runs in:  engine workers, behind the closed sandbox; sw_cipher_warm() before.
 * Threads:  one cipher, one thread.
 * Owns:     sw_cipher_new() is released by sw_cipher_free(), which wipes the key.
 * Trusts:   nothing of the name, which a header says.
 * Fails:    SW_DEAD with gap unsupported (unknown name, or a key that does not fit
 *           it), or limit_memory.
 */
#ifndef SWEEPER_ENGINE_DISK_CIPHER_H
#define SWEEPER_ENGINE_DISK_CIPHER_H

#include "sweeper/buf.h"
#include "sweeper/status.h"

enum { SW_CIPHER_SECTOR_MAX = 4096, SW_CIPHER_KEY_MAX = 64 };

struct sw_cipher;

/* BitLocker's methods, as its metadata numbers them. */
enum sw_bitlocker_method {
    SW_BITLOCKER_CBC_128_DIFFUSER = 0x8000,
    SW_BITLOCKER_CBC_256_DIFFUSER = 0x8001,
    SW_BITLOCKER_CBC_128 = 0x8002,
    SW_BITLOCKER_CBC_256 = 0x8003,
    SW_BITLOCKER_XTS_128 = 0x8004,
    SW_BITLOCKER_XTS_256 = 0x8005,
};

/* `spec` as dm-crypt writes it: cipher-mode-iv, iv being plain, plain64, plain64be,
 * null or essiv:sha256. `sector_size` is 512, 1024, 2048 or 4096; the initial value
 * counts in 512 bytes all the same. */
enum sw_status sw_cipher_new(struct sw_view spec, struct sw_view key, unsigned sector_size,
                             struct sw_cipher **cipher, struct sw_error *error) SW_MUST_CHECK;
/* `key` is the full volume encryption key: 64 bytes with a diffuser (the second half
 * is its own), else as long as the method says. */
enum sw_status sw_cipher_new_bitlocker(enum sw_bitlocker_method method, struct sw_view key,
                                       unsigned sector_size, struct sw_cipher **cipher,
                                       struct sw_error *error) SW_MUST_CHECK;
/* NULL is fine. */
void sw_cipher_free(struct sw_cipher *cipher);
unsigned sw_cipher_sector_size(const struct sw_cipher *cipher);
/* Decrypts `size` bytes in place, a multiple of the sector size; `offset` is where
 * they lie, in bytes, also such a multiple. False: OpenSSL failed. */
bool sw_cipher_decrypt(struct sw_cipher *cipher, uint64_t offset, uint8_t *data,
                       size_t size) SW_MUST_CHECK;

/* Has OpenSSL read what it reads late. Before the door closes. */
void sw_cipher_warm(void);

#endif
