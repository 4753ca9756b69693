/* SPDX-License-Identifier: Apache-2.0 */
/* bitlocker_key.c - what opens a BitLocker volume, and the boxes that keys lie in. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "common/utf8.h"
#include "common/view.h"
#include "engine/disk/bitlocker.h"
#include "engine/source/bytes.h"

enum { DIGEST_SIZE = 32, RECOVERY_SIZE = 16 };

static bool ccm_decrypt(const struct sw_bitlocker_box *box, const uint8_t *key, uint8_t *out)
{
    EVP_CIPHER *ccm = EVP_CIPHER_fetch(NULL, "AES-256-CCM", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t tag[sizeof(box->tag)];
    int size = 0;

    memcpy(tag, box->tag, sizeof(tag));
    const bool good =
        ccm != NULL && context != NULL &&
        EVP_DecryptInit_ex2(context, ccm, NULL, NULL, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, sizeof(box->nonce), NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
        EVP_DecryptInit_ex2(context, NULL, key, box->nonce, NULL) == 1 &&
        EVP_DecryptUpdate(context, out, &size, box->data, (int)box->size) == 1;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(ccm);
    return good && (size_t)size == box->size;
}

bool sw_bitlocker_unbox(const struct sw_bitlocker_box *box, const uint8_t with[static 32],
                        uint8_t key[static SW_BITLOCKER_BOX_MAX], size_t *size)
{
    enum { BEFORE = 12 }; /* an entry's header, and a method */
    uint8_t plain[SW_BITLOCKER_BOX_MAX];
    bool good =
        box->size > BEFORE && ccm_decrypt(box, with, plain) && sw_little16(plain) == box->size;

    if (good) {
        *size = box->size - BEFORE;
        memcpy(key, plain + BEFORE, *size);
    }
    OPENSSL_cleanse(plain, sizeof(plain));
    return good;
}

/* --- 48 digits -------------------------------------------------------------------- */

/* The next character of a text that may be UTF-16, little-endian: NULs do not count. */
static bool next_character(struct sw_view *rest, uint8_t *character)
{
    while (rest->size > 0 && rest->data[0] == 0)
        *rest = sw_view_skip(*rest, 1);
    if (rest->size == 0)
        return false;
    *character = rest->data[0];
    *rest = sw_view_skip(*rest, 1);
    return true;
}

/* Each group is eleven times a number of 16 bits. */
static bool read_numbers(struct sw_view rest, uint8_t numbers[static RECOVERY_SIZE])
{
    enum { GROUPS = 8, DIGITS = 6, FACTOR = 11 };
    uint8_t character = 0;

    for (size_t group = 0; group < GROUPS; group++) {
        uint32_t value = 0;
        if (group > 0 && (!next_character(&rest, &character) || character != '-'))
            return false;
        for (int i = 0; i < DIGITS; i++) {
            if (!next_character(&rest, &character) || !sw_is_digit(character))
                return false;
            value = value * 10 + (character - '0');
        }
        if (value % FACTOR != 0 || value / FACTOR > UINT16_MAX)
            return false;
        numbers[2 * group] = (uint8_t)(value / FACTOR);
        numbers[2 * group + 1] = (uint8_t)(value / FACTOR >> 8);
    }
    return !next_character(&rest, &character) || !sw_is_digit(character);
}

bool sw_bitlocker_recovery(struct sw_view text, uint8_t numbers[static RECOVERY_SIZE])
{
    bool before = false; /* a digit */

    for (; text.size > 0; text = sw_view_skip(text, 1)) {
        if (!before && sw_is_digit(text.data[0]) && read_numbers(text, numbers))
            return true;
        if (text.data[0] != 0)
            before = sw_is_digit(text.data[0]);
    }
    return false;
}

/* --- a password ------------------------------------------------------------------- */

static bool sha256(const void *data, size_t size, uint8_t digest[static DIGEST_SIZE])
{
    return EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL) == 1;
}

bool sw_bitlocker_password(struct sw_view password, uint8_t digest[static DIGEST_SIZE])
{
    enum { CHARACTERS_MAX = 1024 };
    uint8_t units[4 * CHARACTERS_MAX];
    size_t used = 0;

    if (password.size > CHARACTERS_MAX)
        return false;
    for (size_t at = 0; at < password.size;) {
        uint32_t character = 0;
        const size_t size = sw_utf8_next(sw_view_skip(password, at), &character);
        if (size == 0)
            return false;
        at += size;
        const bool pair = character > UINT16_MAX;
        const uint32_t high = pair ? 0xd800 + ((character - 0x10000) >> 10) : character;
        const uint32_t low = 0xdc00 + ((character - 0x10000) & 0x3ff);
        units[used++] = (uint8_t)high;
        units[used++] = (uint8_t)(high >> 8);
        if (pair) {
            units[used++] = (uint8_t)low;
            units[used++] = (uint8_t)(low >> 8);
        }
    }
    bool good = sha256(units, used, digest) && sha256(digest, DIGEST_SIZE, digest);
    OPENSSL_cleanse(units, sizeof(units));
    return good;
}
