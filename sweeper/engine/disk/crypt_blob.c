/* SPDX-License-Identifier: Apache-2.0 */
/* crypt_blob.c - reads through a cipher. */
#include "engine/disk/crypt_blob.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define ROOM "cipher"

static struct sw_crypt *crypt_of(struct sw_blob *blob)
{
    return (struct sw_crypt *)(void *)blob;
}

/* Whole sectors, `offset` being the first byte of one. */
static enum sw_status read_sectors(struct sw_crypt *crypt, uint64_t offset, uint8_t *data,
                                   size_t size, size_t *got, struct sw_error *error)
{
    const size_t sector = sw_cipher_sector_size(crypt->cipher);
    size_t read = 0;
    enum sw_status status =
        sw_blob_read_at(crypt->under, crypt->start + offset, data, size, &read, error);

    if (status != SW_OK)
        return status;
    read -= read % sector;
    if (!sw_cipher_decrypt(crypt->cipher, crypt->tweak + offset, data, read))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "OpenSSL failed");
    *got = read;
    return SW_OK;
}

/* The piece around `offset`. */
static enum sw_status load(struct sw_crypt *crypt, uint64_t offset, struct sw_error *error)
{
    const uint64_t at = offset - offset % SW_CRYPT_PIECE;
    const uint64_t left = crypt->blob.size - at;
    size_t size = 0;

    if (at == crypt->piece_at)
        return SW_OK;
    crypt->piece_at = UINT64_MAX;
    enum sw_status status =
        read_sectors(crypt, at, crypt->piece, left < SW_CRYPT_PIECE ? (size_t)left : SW_CRYPT_PIECE,
                     &size, error);
    if (status != SW_OK)
        return status;
    crypt->piece_at = at;
    crypt->piece_size = size;
    return SW_OK;
}

static enum sw_status crypt_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                    size_t *got, struct sw_error *error)
{
    struct sw_crypt *crypt = crypt_of(blob);
    const uint64_t left = offset < blob->size ? blob->size - offset : 0;
    size_t done = 0;

    if (size > left)
        size = (size_t)left;
    while (done < size) {
        const uint64_t at = offset + done;
        const size_t skip = (size_t)(at % SW_CRYPT_PIECE);
        size_t step = 0;
        if (skip == 0 && size - done >= SW_CRYPT_PIECE) {
            const size_t whole = (size - done) / SW_CRYPT_PIECE * SW_CRYPT_PIECE;
            enum sw_status status =
                read_sectors(crypt, at, (uint8_t *)data + done, whole, &step, error);
            if (status != SW_OK)
                return status;
        } else {
            enum sw_status status = load(crypt, at, error);
            if (status != SW_OK)
                return status;
            step = skip < crypt->piece_size ? crypt->piece_size - skip : 0;
            if (step > size - done)
                step = size - done;
            memcpy((uint8_t *)data + done, crypt->piece + skip, step);
        }
        if (step == 0)
            break; /* what is under it has become shorter */
        done += step;
    }
    *got = done;
    return SW_OK;
}

static void crypt_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    *start = offset < blob->size ? offset : blob->size;
    *end = blob->size;
}

static enum sw_status crypt_view(struct sw_blob *blob, const uint8_t **data, struct sw_error *error)
{
    (void)blob;
    *data = NULL;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                       "an encrypted volume cannot be mapped");
}

static void crypt_close(struct sw_blob *blob)
{
    (void)blob; /* sw_crypt_done() does it */
}

enum sw_status sw_crypt_init(struct sw_crypt *crypt, struct sw_blob *under, uint64_t start,
                             uint64_t size, uint64_t tweak, struct sw_cipher *cipher,
                             struct sw_error *error)
{
    static const struct sw_blob_ops ops = {
        .read_at = crypt_read_at, .extent = crypt_extent, .view = crypt_view, .close = crypt_close};
    uint8_t *piece = malloc(SW_CRYPT_PIECE);

    if (piece == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to decrypt it");
    if (start > under->size)
        start = under->size;
    if (size > under->size - start)
        size = under->size - start;
    size -= size % sw_cipher_sector_size(cipher);
    *crypt = (struct sw_crypt){
        .blob = {.ops = &ops, .size = size, .size_known = true, .fd = -1},
        .under = under,
        .cipher = cipher,
        .start = start,
        .tweak = tweak,
        .piece = piece,
        .piece_at = UINT64_MAX,
    };
    return SW_OK;
}

void sw_crypt_done(struct sw_crypt *crypt)
{
    sw_cipher_free(crypt->cipher);
    if (crypt->piece != NULL)
        OPENSSL_cleanse(crypt->piece, SW_CRYPT_PIECE);
    free(crypt->piece);
    *crypt = (struct sw_crypt){0};
}
