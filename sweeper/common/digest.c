/* SPDX-License-Identifier: Apache-2.0 */
/* Digests through OpenSSL's EVP interface, the algorithm fetched only once. */
#include "sweeper/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

static const struct {
    const char *name; /* as OpenSSL calls it */
    unsigned size;    /* bytes */
} kinds[SW_DIGEST_COUNT] = {
    [SW_DIGEST_SHA256] = {"SHA256", 32},
    [SW_DIGEST_SHA1] = {"SHA1", 20},
    [SW_DIGEST_MD5] = {"MD5", 16},
};

struct sw_digest {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
    unsigned size; /* bytes of the result */
    bool started;
};

void sw_digest_free(struct sw_digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    EVP_MD_free(digest->algorithm);
    free(digest);
}

enum sw_status sw_digest_new(struct sw_digest **digest)
{
    return sw_digest_new_of(SW_DIGEST_SHA256, digest);
}

enum sw_status sw_digest_new_of(enum sw_digest_kind kind, struct sw_digest **digest)
{
    struct sw_digest *made = calloc(1, sizeof *made);
    if (made == NULL)
        return SW_SKIP;
    made->algorithm = EVP_MD_fetch(NULL, kinds[kind].name, NULL);
    made->context = EVP_MD_CTX_new();
    made->size = kinds[kind].size;
    if (made->algorithm == NULL || made->context == NULL) {
        sw_digest_free(made);
        return SW_SKIP;
    }
    *digest = made;
    return SW_OK;
}

enum sw_status sw_digest_start(struct sw_digest *digest)
{
    if (EVP_DigestInit_ex2(digest->context, digest->algorithm, NULL) != 1)
        return SW_SKIP;
    digest->started = true;
    return SW_OK;
}

enum sw_status sw_digest_update(struct sw_digest *digest, const void *data, size_t size)
{
    assert(digest->started);
    if (size > 0 && EVP_DigestUpdate(digest->context, data, size) != 1)
        return SW_SKIP;
    return SW_OK;
}

static enum sw_status finish(EVP_MD_CTX *context, unsigned expected, char hex[SW_DIGEST_HEX_MAX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context, bytes, &size) != 1 || size != expected)
        return SW_SKIP;
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * (size_t)size] = '\0';
    return SW_OK;
}

enum sw_status sw_digest_finish(struct sw_digest *digest, char hex[SW_DIGEST_HEX_MAX])
{
    assert(digest->started);
    digest->started = false;
    return finish(digest->context, digest->size, hex);
}

enum sw_status sw_digest_peek(const struct sw_digest *digest, const void *data, size_t size,
                              char hex[SW_DIGEST_HEX_MAX])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    enum sw_status status = SW_SKIP;
    assert(digest->started);
    if (copy != NULL && EVP_MD_CTX_copy_ex(copy, digest->context) == 1 &&
        (size == 0 || EVP_DigestUpdate(copy, data, size) == 1))
        status = finish(copy, digest->size, hex);
    EVP_MD_CTX_free(copy);
    return status;
}

enum sw_status sw_digest_of(const void *data, size_t size, char hex[SW_SHA256_HEX_SIZE])
{
    struct sw_digest *digest = NULL;
    enum sw_status status = sw_digest_new(&digest);
    if (status == SW_OK)
        status = sw_digest_start(digest);
    if (status == SW_OK)
        status = sw_digest_update(digest, data, size);
    if (status == SW_OK)
        status = sw_digest_finish(digest, hex);
    sw_digest_free(digest);
    return status;
}
