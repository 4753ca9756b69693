/* SPDX-License-Identifier: Apache-2.0 */
/* cipher.c - sectors by OpenSSL; BitLocker's diffuser by hand. */
#include "engine/disk/cipher.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/source/bytes.h"

#define ROOM "cipher"

enum { IV_SIZE = 16, UNIT = 512 };

enum iv_kind {
    IV_NULL,
    IV_PLAIN,     /* 32 bits of the sector's number, little-endian */
    IV_PLAIN64,   /* 64 bits */
    IV_PLAIN64BE, /* 64 bits, big-endian, at the end */
    IV_ESSIV,     /* plain64, encrypted with a digest of the key */
    IV_BYTES,     /* BitLocker, CBC: the byte offset, encrypted with the key */
    IV_SECTORS,   /* BitLocker, XTS: the number of the sector in its own size */
};

struct sw_cipher {
    EVP_CIPHER_CTX *sectors;
    EVP_CIPHER_CTX *iv;    /* ECB, encrypts; NULL: initial values are plain */
    EVP_CIPHER_CTX *tweak; /* ECB, encrypts, for the diffuser; NULL: none */
    enum iv_kind iv_kind;
    unsigned sector_size;
};

void sw_cipher_free(struct sw_cipher *cipher)
{
    if (cipher == NULL)
        return;
    EVP_CIPHER_CTX_free(cipher->sectors);
    EVP_CIPHER_CTX_free(cipher->iv);
    EVP_CIPHER_CTX_free(cipher->tweak);
    free(cipher);
}

unsigned sw_cipher_sector_size(const struct sw_cipher *cipher)
{
    return cipher->sector_size;
}

/* --- making ----------------------------------------------------------------------- */

/* A context with its key; NULL when OpenSSL has no such cipher, or lacks memory. */
static EVP_CIPHER_CTX *context_of(const char *name, const uint8_t *key, bool encrypt)
{
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good = algorithm != NULL && context != NULL &&
                EVP_CipherInit_ex2(context, algorithm, key, NULL, encrypt, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(context, 0) == 1;

    EVP_CIPHER_free(algorithm);
    if (good)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

static EVP_CIPHER_CTX *context_of_size(const char *family, size_t bytes, const char *mode,
                                       const uint8_t *key, bool encrypt)
{
    char name[48];

    snprintf(name, sizeof(name), "%s-%zu-%s", family, bytes * 8, mode);
    return context_of(name, key, encrypt);
}

static enum sw_status unsupported(struct sw_view spec, size_t key_size, struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                       "no decryption for \"%.*s\" with a key of %zu bits",
                       (int)(spec.size < 64 ? spec.size : 64), (const char *)spec.data,
                       key_size * 8);
}

static bool key_fits(size_t size)
{
    return size == 16 || size == 24 || size == 32;
}

static bool find_iv(struct sw_view name, enum iv_kind *kind)
{
    static const struct {
        const char *name;
        enum iv_kind kind;
    } rows[] = {{"null", IV_NULL},
                {"plain", IV_PLAIN},
                {"plain64", IV_PLAIN64},
                {"plain64be", IV_PLAIN64BE},
                {"essiv:sha256", IV_ESSIV}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (sw_view_equal(name, sw_view_of(rows[i].name))) {
            *kind = rows[i].kind;
            return true;
        }
    return false;
}

static bool make_essiv(struct sw_cipher *cipher, const char *family, struct sw_view key)
{
    uint8_t salt[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_Digest(key.data, key.size, salt, &size, EVP_sha256(), NULL) != 1)
        return false;
    cipher->iv = context_of_size(family, size, "ECB", salt, true);
    OPENSSL_cleanse(salt, sizeof(salt));
    return cipher->iv != NULL;
}

static bool valid_sector(unsigned size)
{
    return size >= UNIT && size <= SW_CIPHER_SECTOR_MAX && (size & (size - 1)) == 0;
}

/* "aes-xts-plain64" into its three words. */
static bool split(struct sw_view spec, struct sw_view words[static 3])
{
    size_t first = sw_view_find(spec, '-');
    words[0] = sw_view_first(spec, first);
    words[1] = sw_view_skip(spec, first + 1);
    size_t second = sw_view_find(words[1], '-');
    words[2] = sw_view_skip(words[1], second + 1);
    words[1] = sw_view_first(words[1], second);
    return words[2].size != 0;
}

enum sw_status sw_cipher_new(struct sw_view spec, struct sw_view key, unsigned sector_size,
                             struct sw_cipher **cipher, struct sw_error *error)
{
    struct sw_view words[3];
    const char *family = NULL;
    bool good = split(spec, words) && valid_sector(sector_size);
    struct sw_cipher *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a key");
    made->sector_size = sector_size;
    if (good && sw_view_equal(words[0], SW_VIEW("aes")))
        family = "AES";
    else if (good && sw_view_equal(words[0], SW_VIEW("camellia")))
        family = "CAMELLIA";
    good = family != NULL && find_iv(words[2], &made->iv_kind);
    const bool xts = good && sw_view_equal(words[1], SW_VIEW("xts"));
    if (xts && (key.size == 32 || key.size == 64))
        made->sectors = context_of_size(family, key.size / 2, "XTS", key.data, false);
    else if (good && sw_view_equal(words[1], SW_VIEW("cbc")) && key_fits(key.size))
        made->sectors = context_of_size(family, key.size, "CBC", key.data, false);
    good = made->sectors != NULL;
    if (good && made->iv_kind == IV_ESSIV)
        good = make_essiv(made, family, key);
    if (!good) {
        sw_cipher_free(made);
        return unsupported(spec, key.size, error);
    }
    *cipher = made;
    return SW_OK;
}

static size_t bitlocker_key_size(enum sw_bitlocker_method method)
{
    switch (method) {
    case SW_BITLOCKER_CBC_128_DIFFUSER:
    case SW_BITLOCKER_CBC_256_DIFFUSER:
    case SW_BITLOCKER_XTS_256:
        return 64;
    case SW_BITLOCKER_CBC_128:
        return 16;
    case SW_BITLOCKER_CBC_256:
    case SW_BITLOCKER_XTS_128:
        return 32;
    }
    return 0;
}

enum sw_status sw_cipher_new_bitlocker(enum sw_bitlocker_method method, struct sw_view key,
                                       unsigned sector_size, struct sw_cipher **cipher,
                                       struct sw_error *error)
{
    enum { TWEAK_AT = 32 };
    const bool xts = method == SW_BITLOCKER_XTS_128 || method == SW_BITLOCKER_XTS_256;
    const bool diffuser =
        method == SW_BITLOCKER_CBC_128_DIFFUSER || method == SW_BITLOCKER_CBC_256_DIFFUSER;
    const bool half = method == SW_BITLOCKER_CBC_128 || method == SW_BITLOCKER_CBC_128_DIFFUSER;
    const size_t bytes = xts ? key.size / 2 : half ? 16 : 32;
    struct sw_cipher *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a key");
    bool good =
        valid_sector(sector_size) && key.size != 0 && key.size == bitlocker_key_size(method);
    made->sector_size = sector_size;
    made->iv_kind = xts ? IV_SECTORS : IV_BYTES;
    if (good)
        made->sectors = context_of_size("AES", bytes, xts ? "XTS" : "CBC", key.data, false);
    if (good && !xts)
        made->iv = context_of_size("AES", bytes, "ECB", key.data, true);
    if (good && diffuser)
        made->tweak = context_of_size("AES", bytes, "ECB", key.data + TWEAK_AT, true);
    good = made->sectors != NULL && (xts || made->iv != NULL) && (!diffuser || made->tweak != NULL);
    if (!good) {
        sw_cipher_free(made);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "no decryption for BitLocker's method %04x with a key of %zu bits",
                           (unsigned)method, key.size * 8);
    }
    *cipher = made;
    return SW_OK;
}

/* --- sectors ---------------------------------------------------------------------- */

static bool encrypt_block(EVP_CIPHER_CTX *context, uint8_t block[static IV_SIZE])
{
    int size = 0;
    return EVP_EncryptUpdate(context, block, &size, block, IV_SIZE) == 1 && size == IV_SIZE;
}

static bool make_iv(struct sw_cipher *cipher, uint64_t offset, uint8_t iv[static IV_SIZE])
{
    const uint64_t number = offset / UNIT;

    memset(iv, 0, IV_SIZE);
    switch (cipher->iv_kind) {
    case IV_NULL:
        break;
    case IV_PLAIN:
        sw_put_little64(iv, number & UINT32_MAX);
        break;
    case IV_PLAIN64:
    case IV_ESSIV:
        sw_put_little64(iv, number);
        break;
    case IV_PLAIN64BE:
        sw_put_big32(iv + 8, (uint32_t)(number >> 32));
        sw_put_big32(iv + 12, (uint32_t)number);
        break;
    case IV_BYTES:
        sw_put_little64(iv, offset);
        break;
    case IV_SECTORS:
        sw_put_little64(iv, offset / cipher->sector_size);
        break;
    }
    return cipher->iv == NULL || encrypt_block(cipher->iv, iv);
}

static uint32_t rotate(uint32_t value, unsigned by)
{
    return by == 0 ? value : value << by | value >> (32 - by);
}

/* Elephant, the diffuser of Windows Vista and 7 (Ferguson, "AES-CBC + Elephant
 * diffuser", 2006): words are little-endian, and wrap round in the sector. */
static bool undo_diffuser(struct sw_cipher *cipher, uint64_t offset, uint8_t *data)
{
    enum { CYCLES_A = 5, CYCLES_B = 3 };
    static const unsigned by_a[4] = {9, 0, 13, 0};
    static const unsigned by_b[4] = {0, 10, 0, 25};
    uint32_t words[SW_CIPHER_SECTOR_MAX / 4];
    uint8_t key[2 * IV_SIZE] = {0};
    const size_t count = cipher->sector_size / 4;

    sw_put_little64(key, offset);
    sw_put_little64(key + IV_SIZE, offset);
    key[2 * IV_SIZE - 1] = 128;
    if (!encrypt_block(cipher->tweak, key) || !encrypt_block(cipher->tweak, key + IV_SIZE))
        return false;
    for (size_t i = 0; i < count; i++)
        words[i] = sw_little32(data + 4 * i);
    for (size_t i = 0; i < CYCLES_B * count; i++)
        words[i % count] += words[(i + 2) % count] ^ rotate(words[(i + 5) % count], by_b[i % 4]);
    for (size_t i = 0; i < CYCLES_A * count; i++)
        words[i % count] +=
            words[(i + count - 2) % count] ^ rotate(words[(i + count - 5) % count], by_a[i % 4]);
    for (size_t i = 0; i < count; i++)
        for (size_t byte = 0; byte < 4; byte++)
            data[4 * i + byte] =
                (uint8_t)(words[i] >> 8 * byte) ^ key[(4 * i + byte) % sizeof(key)];
    return true;
}

static bool decrypt_sector(struct sw_cipher *cipher, uint64_t offset, uint8_t *data)
{
    uint8_t iv[IV_SIZE];
    int size = 0;

    if (!make_iv(cipher, offset, iv) ||
        EVP_DecryptInit_ex2(cipher->sectors, NULL, NULL, iv, NULL) != 1 ||
        EVP_DecryptUpdate(cipher->sectors, data, &size, data, (int)cipher->sector_size) != 1 ||
        size != (int)cipher->sector_size)
        return false;
    return cipher->tweak == NULL || undo_diffuser(cipher, offset, data);
}

bool sw_cipher_decrypt(struct sw_cipher *cipher, uint64_t offset, uint8_t *data, size_t size)
{
    assert(offset % UNIT == 0 && size % cipher->sector_size == 0);
    for (size_t at = 0; at < size; at += cipher->sector_size)
        if (!decrypt_sector(cipher, offset + at, data + at))
            return false;
    return true;
}

/* --- before the door closes ------------------------------------------------------- */

void sw_cipher_warm(void)
{
    static const char *const specs[] = {"aes-xts-plain64", "camellia-xts-plain64",
                                        "aes-cbc-essiv:sha256", "camellia-cbc-plain"};
    uint8_t key[SW_CIPHER_KEY_MAX];
    uint8_t sector[UNIT] = {0};

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i; /* the two halves of an XTS key must differ */
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
        for (size_t size = 16; size <= sizeof(key); size += 8) {
            struct sw_cipher *cipher = NULL;
            if (sw_cipher_new(sw_view_of(specs[i]), (struct sw_view){key, size}, UNIT, &cipher,
                              NULL) != SW_OK)
                continue;
            (void)!sw_cipher_decrypt(cipher, 0, sector, sizeof(sector));
            sw_cipher_free(cipher);
        }
}
