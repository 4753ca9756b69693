/* SPDX-License-Identifier: Apache-2.0 */
/* luks_unlock.c - from a passphrase to the volume key. */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/disk/cipher.h"
#include "engine/disk/luks.h"

#define ROOM "luks"

enum { UNIT = 512 };

/* What the passphrase becomes, for this slot. */
static enum sw_status derive(const struct sw_luks_slot *slot, const struct sw_kdf_clock *clock,
                             struct sw_view secret, uint8_t *key, struct sw_error *error)
{
    const struct sw_view salt = {slot->salt.bytes, slot->salt.size};

    if (slot->is_argon2)
        return sw_kdf_argon2(clock, &slot->argon2, secret, salt, key, slot->area_key_size, error);
    return sw_kdf_pbkdf2(clock, sw_view_of(slot->hash), secret, salt, slot->iterations, key,
                         slot->area_key_size, error);
}

/* The slot's area, decrypted and put together, in `material`. */
static enum sw_status open_area(const struct sw_luks *luks, const struct sw_luks_slot *slot,
                                struct sw_blob *blob, struct sw_view area_key, uint8_t *material,
                                size_t size, struct sw_error *error)
{
    struct sw_cipher *cipher = NULL;
    size_t got = 0;
    enum sw_status status = sw_cipher_new(sw_view_of(slot->cipher), area_key, UNIT, &cipher, error);

    if (status == SW_OK)
        status = sw_blob_read_at(blob, slot->area_at, material, size, &got, error);
    if (status == SW_OK && got < size)
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0, "ends in its key slots");
    if (status == SW_OK && !sw_cipher_decrypt(cipher, 0, material, size))
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "OpenSSL failed");
    sw_cipher_free(cipher);
    if (status == SW_OK)
        status = sw_kdf_merge(sw_view_of(slot->split_hash), material, luks->key_size, slot->stripes,
                              error);
    return status == SW_OK ? SW_OK : SW_SKIP;
}

/* SW_END: it is another key. */
static enum sw_status check_key(const struct sw_luks *luks, const struct sw_kdf_clock *clock,
                                const uint8_t *key, struct sw_error *error)
{
    uint8_t sum[SW_LUKS_DIGEST_MAX];
    enum sw_status status =
        sw_kdf_pbkdf2(clock, sw_view_of(luks->digest_hash), (struct sw_view){key, luks->key_size},
                      (struct sw_view){luks->digest_salt.bytes, luks->digest_salt.size},
                      luks->digest_iterations, sum, luks->digest_size, error);

    if (status == SW_OK && memcmp(sum, luks->digest, luks->digest_size) != 0)
        status = SW_END;
    return status;
}

static bool makes_sense(const struct sw_luks *luks, const struct sw_luks_slot *slot)
{
    return slot->area_key_size > 0 && slot->area_key_size <= SW_CIPHER_KEY_MAX &&
           slot->stripes > 0 && slot->stripes <= SW_LUKS_STRIPES_MAX && luks->key_size > 0 &&
           luks->key_size <= SW_LUKS_KEY_MAX && luks->key_size * slot->stripes <= slot->area_size;
}

static enum sw_status try_slot(const struct sw_luks *luks, const struct sw_luks_slot *slot,
                               struct sw_blob *blob, const struct sw_kdf_clock *clock,
                               struct sw_view secret, uint8_t *key, struct sw_error *error)
{
    uint8_t area_key[SW_CIPHER_KEY_MAX];

    if (!makes_sense(luks, slot))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "key slot %u makes no sense",
                           slot->number);
    size_t size = luks->key_size * slot->stripes;
    size += (UNIT - size % UNIT) % UNIT;
    uint8_t *material = malloc(size);
    if (material == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a key");
    enum sw_status status = derive(slot, clock, secret, area_key, error);
    if (status == SW_OK)
        status = open_area(luks, slot, blob, (struct sw_view){area_key, slot->area_key_size},
                           material, size, error);
    if (status == SW_OK)
        status = check_key(luks, clock, material, error);
    if (status == SW_OK)
        memcpy(key, material, luks->key_size);
    OPENSSL_cleanse(material, size);
    OPENSSL_cleanse(area_key, sizeof(area_key));
    free(material);
    return status;
}

enum sw_status sw_luks_unlock(const struct sw_luks *luks, struct sw_blob *blob,
                              const struct sw_kdf_clock *clock, struct sw_view secret,
                              uint8_t key[static SW_LUKS_KEY_MAX], struct sw_error *error)
{
    struct sw_error first = {0};
    bool failed = false;

    for (size_t i = 0; i < luks->slot_count; i++) {
        enum sw_status status = try_slot(luks, &luks->slots[i], blob, clock, secret, key, error);
        if (status == SW_OK)
            return SW_OK;
        if (status != SW_END && !failed) {
            failed = true;
            first = *error;
        }
    }
    if (!failed)
        return SW_END;
    *error = first;
    return SW_SKIP;
}
