/* SPDX-License-Identifier: Apache-2.0 */
/*
 * luks.c - the source of LUKS volumes: with a key that fits, one member, the volume
 * as it reads decrypted; without, none, and a gap that names it.
 */
#include "engine/disk/luks.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "common/view.h"
#include "engine/disk/crypt_blob.h"
#include "engine/disk/disks.h"
#include "engine/disk/unlock.h"

#define ROOM "luks"

struct luks {
    struct sw_unlock unlock;
    struct sw_crypt crypt;
    struct sw_luks header;
};

static unsigned probe(const struct sw_probe *probe)
{
    enum { BITS = 160 }; /* the magic, the version, and a UUID where it has to be */
    return sw_luks_version(probe->head) != 0 ? BITS : 0;
}

/* One secret. SW_END: it is another one's. */
static enum sw_status try_secret(void *state, struct sw_blob *blob,
                                 const struct sw_kdf_clock *clock, struct sw_view secret,
                                 struct sw_error *error)
{
    struct luks *luks = state;
    uint8_t key[SW_LUKS_KEY_MAX];
    struct sw_cipher *cipher = NULL;
    const struct sw_luks *header = &luks->header;
    enum sw_status status = sw_luks_unlock(header, blob, clock, secret, key, error);

    if (status == SW_OK)
        status = sw_cipher_new(sw_view_of(header->cipher), (struct sw_view){key, header->key_size},
                               header->sector_size, &cipher, error);
    if (status == SW_OK)
        status = sw_crypt_init(&luks->crypt, blob, header->start, header->size, header->tweak,
                               cipher, error);
    if (status != SW_OK && status != SW_END)
        sw_cipher_free(cipher);
    OPENSSL_cleanse(key, sizeof(key));
    return status;
}

/* What can be tried of one --key. */
static enum sw_status try_key(void *state, struct sw_blob *blob, const struct sw_kdf_clock *clock,
                              const struct sw_key *key, struct sw_error *error)
{
    const struct sw_view line = sw_key_line(key);
    enum sw_status status = try_secret(state, blob, clock, key->bytes, error);

    if (status == SW_OK || key->kind != SW_KEY_FILE || line.size == key->bytes.size)
        return status;
    return sw_unlock_better(status, try_secret(state, blob, clock, line, error));
}

/* An image that ends before the volume does. */
static void check_end(struct luks *luks, uint64_t size)
{
    const struct sw_luks *header = &luks->header;
    struct sw_unlock *unlock = &luks->unlock;
    const bool open_end = header->size == UINT64_MAX;

    if (header->start < size && (open_end || header->size <= size - header->start))
        return;
    (void)sw_fail_gap(&unlock->error, SW_PART, SW_GAP_TRUNCATED, ROOM, 0,
                      "%s: the image ends before its data does", unlock->what);
    unlock->part = true;
    if (luks->crypt.blob.size == 0)
        unlock->state = SW_UNLOCK_NOT;
}

static void close_volume(void *state)
{
    struct luks *luks = state;

    sw_crypt_done(&luks->crypt);
    free(luks);
}

static enum sw_status open_volume(const struct sw_input *input, const struct sw_source_setup *setup,
                                  void **state, struct sw_error *error)
{
    struct luks *luks = calloc(1, sizeof(*luks));

    if (luks == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    enum sw_status status = sw_luks_read(input->blob, &luks->header, error);
    if (status != SW_OK) {
        close_volume(luks);
        return status;
    }
    snprintf(luks->unlock.what, sizeof(luks->unlock.what), "LUKS%u volume %s%s%s%s",
             luks->header.version, luks->header.uuid, luks->header.label[0] != '\0' ? " (" : "",
             luks->header.label, luks->header.label[0] != '\0' ? ")" : "");
    sw_unlock(&luks->unlock, luks, input->blob, setup, try_key);
    if (luks->unlock.state == SW_UNLOCK_OPEN)
        check_end(luks, input->blob->size);
    *state = luks;
    return SW_OK;
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct luks *luks = state;
    return sw_unlock_next(&luks->unlock, &luks->crypt.blob, member, error);
}

const struct sw_source sw_source_luks = {
    .kind = "luks",
    .disk = true,
    .probe = probe,
    .open = open_volume,
    .next = next,
    .read = sw_unlock_read,
    .close = close_volume,
};
