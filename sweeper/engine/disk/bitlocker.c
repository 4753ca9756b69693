/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bitlocker.c - the source of BitLocker volumes: with a key that fits (or when
 * protection is suspended), one member, the volume as it reads decrypted; without,
 * none, and a gap that names it and what protects it.
 */
#include "engine/disk/bitlocker.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/disk/crypt_blob.h"
#include "engine/disk/disks.h"
#include "engine/disk/map_blob.h"
#include "engine/disk/unlock.h"

#define ROOM "bitlocker"

struct bitlocker {
    struct sw_unlock unlock;
    struct sw_bitlocker volumes[SW_BITLOCKER_COPIES]; /* what the copies say, where they differ */
    uint8_t sums[SW_BITLOCKER_COPIES][32];            /* SHA-256 of them */
    size_t volume_count;
    struct sw_crypt crypt; /* all of it, decrypted where it lies */
    struct sw_map map;     /* in the order of the volume */
};

static unsigned probe(const struct sw_probe *probe)
{
    enum { BITS = 160 }; /* a GUID, a name, the end of a boot sector */
    return sw_bitlocker_is(probe->head) ? BITS : 0;
}

/* --- putting it together ---------------------------------------------------------- */

/* Areas that read as zeros: the metadata, and where the volume's first sectors lie. */
struct area {
    uint64_t start;
    uint64_t end;
};
enum { AREAS = SW_BITLOCKER_COPIES + 1 };

static struct area area_of(uint64_t start, uint64_t size, uint64_t limit)
{
    struct area area = {.start = start < limit ? start : limit};
    area.end = size < limit - area.start ? area.start + size : limit;
    return area;
}

/* How far what is at `at` goes on: to the end of the areas that it lies in (*zeros), or to
 * the beginning of the next one. */
static uint64_t run_end(const struct area areas[static AREAS], uint64_t at, uint64_t limit,
                        bool *zeros)
{
    uint64_t next = limit;

    *zeros = false;
    for (size_t i = 0; i < AREAS; i++) {
        if (areas[i].start <= at && at < areas[i].end) {
            *zeros = true;
            return areas[i].end;
        }
        if (areas[i].start > at && areas[i].start < areas[i].end && areas[i].start < next)
            next = areas[i].start;
    }
    return next;
}

static enum sw_status map_volume(struct bitlocker *bitlocker, const struct sw_bitlocker *volume,
                                 struct sw_blob *blob, struct sw_error *error)
{
    struct sw_map *map = &bitlocker->map;
    struct sw_blob *decrypted = &bitlocker->crypt.blob;
    const uint64_t size = decrypted->size;
    const uint64_t head = volume->header_size < size ? volume->header_size : size;
    const struct sw_map_leg first = {decrypted, volume->header_at};
    struct area areas[AREAS];

    for (size_t i = 0; i < SW_BITLOCKER_COPIES; i++)
        areas[i] = area_of(volume->copies[i], SW_BITLOCKER_META_SIZE, size);
    areas[SW_BITLOCKER_COPIES] = area_of(volume->header_at, head, size);
    sw_map_init(map);
    enum sw_status status = sw_map_add(map, head, 0, &first, 1, error);
    uint64_t at = head;
    while (at < size && status == SW_OK) {
        bool zeros = false;
        const bool plain = volume->encrypted != 0 && at >= volume->encrypted;
        uint64_t end = run_end(areas, at, size, &zeros);
        if (!plain && volume->encrypted > at && volume->encrypted < end)
            end = volume->encrypted;
        const struct sw_map_leg leg = {plain ? blob : decrypted, at};
        status = sw_map_add(map, end - at, 0, &leg, zeros ? 0 : 1, error);
        at = end;
    }
    return status;
}

static void close_parts(struct bitlocker *bitlocker)
{
    sw_map_done(&bitlocker->map);
    sw_crypt_done(&bitlocker->crypt);
}

/* With the master key: SW_END when it is not that of this volume. */
static enum sw_status open_with(struct bitlocker *bitlocker, const struct sw_bitlocker *volume,
                                struct sw_blob *blob, const uint8_t master[static 32],
                                struct sw_error *error)
{
    uint8_t key[SW_BITLOCKER_BOX_MAX];
    struct sw_cipher *cipher = NULL;
    size_t size = 0;

    if (!sw_bitlocker_unbox(&volume->volume_key, master, key, &size))
        return SW_END;
    enum sw_status status =
        sw_cipher_new_bitlocker((enum sw_bitlocker_method)volume->method,
                                (struct sw_view){key, size}, volume->sector_size, &cipher, error);
    if (status == SW_OK)
        status = sw_crypt_init(&bitlocker->crypt, blob, 0, blob->size, 0, cipher, error);
    if (status != SW_OK)
        sw_cipher_free(cipher);
    else
        status = map_volume(bitlocker, volume, blob, error);
    if (status != SW_OK)
        close_parts(bitlocker);
    OPENSSL_cleanse(key, sizeof(key));
    return status;
}

/* With a key to the protector's box. */
static enum sw_status open_protector(struct bitlocker *bitlocker, const struct sw_bitlocker *volume,
                                     const struct sw_bitlocker_protector *protector,
                                     struct sw_blob *blob, const uint8_t with[static 32],
                                     struct sw_error *error)
{
    enum { MASTER_SIZE = 32 };
    uint8_t master[SW_BITLOCKER_BOX_MAX];
    size_t size = 0;
    enum sw_status status = SW_END;

    if (sw_bitlocker_unbox(&protector->key, with, master, &size) && size == MASTER_SIZE)
        status = open_with(bitlocker, volume, blob, master, error);
    OPENSSL_cleanse(master, sizeof(master));
    return status;
}

/* --- what is tried ---------------------------------------------------------------- */

/* One way to open a volume. */
struct attempt {
    unsigned protection;
    const uint8_t *digest;   /* of a password: to be stretched; or */
    const uint8_t *external; /* the key itself, of the protector with this */
    const uint8_t *guid;
};

static enum sw_status try_protector(struct bitlocker *bitlocker, const struct sw_bitlocker *volume,
                                    const struct sw_bitlocker_protector *protector,
                                    struct sw_blob *blob, const struct sw_kdf_clock *clock,
                                    const struct attempt *attempt, struct sw_error *error)
{
    uint8_t stretched[32];

    if (protector->protection != attempt->protection)
        return SW_END;
    if (attempt->digest == NULL)
        return memcmp(protector->guid, attempt->guid, sizeof(protector->guid)) == 0
                   ? open_protector(bitlocker, volume, protector, blob, attempt->external, error)
                   : SW_END;
    if (!protector->has_salt)
        return SW_END;
    enum sw_status status =
        sw_kdf_stretch(clock, attempt->digest, protector->salt, stretched, error);
    if (status == SW_OK)
        status = open_protector(bitlocker, volume, protector, blob, stretched, error);
    OPENSSL_cleanse(stretched, sizeof(stretched));
    return status;
}

static enum sw_status try_all(struct bitlocker *bitlocker, struct sw_blob *blob,
                              const struct sw_kdf_clock *clock, const struct attempt *attempt,
                              struct sw_error *error)
{
    enum sw_status worst = SW_END;

    for (size_t i = 0; i < bitlocker->volume_count; i++) {
        const struct sw_bitlocker *volume = &bitlocker->volumes[i];
        for (size_t n = 0; n < volume->protector_count; n++) {
            enum sw_status status = try_protector(bitlocker, volume, &volume->protectors[n], blob,
                                                  clock, attempt, error);
            if (status == SW_OK)
                return SW_OK;
            worst = sw_unlock_better(worst, status);
        }
    }
    return worst;
}

static enum sw_status try_password(struct bitlocker *bitlocker, struct sw_blob *blob,
                                   const struct sw_kdf_clock *clock, struct sw_view text,
                                   struct sw_error *error)
{
    uint8_t digest[32];
    const struct attempt attempt = {.protection = SW_BITLOCKER_PASSWORD, .digest = digest};

    if (!sw_bitlocker_password(text, digest))
        return SW_END;
    enum sw_status status = try_all(bitlocker, blob, clock, &attempt, error);
    OPENSSL_cleanse(digest, sizeof(digest));
    return status;
}

static enum sw_status try_recovery(struct bitlocker *bitlocker, struct sw_blob *blob,
                                   const struct sw_kdf_clock *clock, struct sw_view text,
                                   struct sw_error *error)
{
    uint8_t numbers[16];
    uint8_t digest[32];
    const struct attempt attempt = {.protection = SW_BITLOCKER_RECOVERY, .digest = digest};

    if (!sw_bitlocker_recovery(text, numbers) ||
        EVP_Digest(numbers, sizeof(numbers), digest, NULL, EVP_sha256(), NULL) != 1)
        return SW_END;
    enum sw_status status = try_all(bitlocker, blob, clock, &attempt, error);
    OPENSSL_cleanse(numbers, sizeof(numbers));
    OPENSSL_cleanse(digest, sizeof(digest));
    return status;
}

static enum sw_status try_external(struct bitlocker *bitlocker, struct sw_blob *blob,
                                   const struct sw_kdf_clock *clock, struct sw_view file,
                                   struct sw_error *error)
{
    uint8_t guid[SW_BITLOCKER_GUID_SIZE];
    uint8_t key[32];
    const struct attempt attempt = {
        .protection = SW_BITLOCKER_STARTUP, .external = key, .guid = guid};
    enum sw_status status = SW_END;

    if (sw_bitlocker_external(file, guid, key))
        status = try_all(bitlocker, blob, clock, &attempt, error);
    OPENSSL_cleanse(key, sizeof(key));
    return status;
}

/* What one --key may be. */
static enum sw_status try_key(void *state, struct sw_blob *blob, const struct sw_kdf_clock *clock,
                              const struct sw_key *key, struct sw_error *error)
{
    struct bitlocker *bitlocker = state;
    enum sw_status status = SW_END;

    if (key->kind == SW_KEY_FILE)
        status = try_external(bitlocker, blob, clock, key->bytes, error);
    if (status != SW_OK)
        status = sw_unlock_better(status, try_recovery(bitlocker, blob, clock, key->bytes, error));
    if (status != SW_OK && key->kind != SW_KEY_RECOVERY)
        status = sw_unlock_better(
            status, try_password(bitlocker, blob, clock,
                                 key->kind == SW_KEY_FILE ? sw_key_line(key) : key->bytes, error));
    return status;
}

/* While protection is suspended the key lies there for everybody. */
static bool is_suspended(struct bitlocker *bitlocker, struct sw_blob *blob)
{
    struct sw_error ignored;

    for (size_t i = 0; i < bitlocker->volume_count; i++) {
        const struct sw_bitlocker *volume = &bitlocker->volumes[i];
        for (size_t n = 0; n < volume->protector_count; n++) {
            const struct sw_bitlocker_protector *protector = &volume->protectors[n];
            if (protector->protection == SW_BITLOCKER_CLEAR && protector->has_clear &&
                open_protector(bitlocker, volume, protector, blob, protector->clear, &ignored) ==
                    SW_OK)
                return true;
        }
    }
    return false;
}

/* --- the source ------------------------------------------------------------------- */

static void close_volume(void *state)
{
    struct bitlocker *bitlocker = state;

    close_parts(bitlocker);
    OPENSSL_cleanse(bitlocker, sizeof(*bitlocker));
    free(bitlocker);
}

static const char *name_of(unsigned protection)
{
    switch (protection) {
    case SW_BITLOCKER_CLEAR:
        return "suspended";
    case SW_BITLOCKER_TPM:
        return "TPM";
    case SW_BITLOCKER_STARTUP:
        return "startup key";
    case SW_BITLOCKER_TPM_PIN:
        return "TPM and PIN";
    case SW_BITLOCKER_RECOVERY:
        return "recovery password";
    case SW_BITLOCKER_PASSWORD:
        return "password";
    default:
        return "other";
    }
}

/* The identifier of a recovery password is what it is looked up by. */
static void describe(struct bitlocker *bitlocker)
{
    const struct sw_bitlocker *volume = &bitlocker->volumes[0];
    char *what = bitlocker->unlock.what;
    const size_t size = sizeof(bitlocker->unlock.what);
    char guid[SW_BITLOCKER_GUID_TEXT];

    sw_bitlocker_guid(volume->guid, guid);
    snprintf(what, size, "BitLocker volume %s%s%s%s", guid,
             volume->description[0] != '\0' ? " (" : "", volume->description,
             volume->description[0] != '\0' ? ")" : "");
    for (size_t i = 0; i < volume->protector_count; i++) {
        const struct sw_bitlocker_protector *protector = &volume->protectors[i];
        const size_t used = strlen(what);
        sw_bitlocker_guid(protector->guid, guid);
        snprintf(what + used, size - used, "%s%s %s", i == 0 ? ", protected by " : ", ",
                 name_of(protector->protection), guid);
    }
}

/* Whether no other copy says the same; then its digest is noted. */
static bool is_new(struct bitlocker *bitlocker, struct sw_view copy)
{
    uint8_t *sum = bitlocker->sums[bitlocker->volume_count];

    if (EVP_Digest(copy.data, copy.size, sum, NULL, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < bitlocker->volume_count; i++)
        if (memcmp(bitlocker->sums[i], sum, sizeof(bitlocker->sums[i])) == 0)
            return false;
    return true;
}

/* All copies of the metadata that are readable and differ. */
static enum sw_status read_copies(struct bitlocker *bitlocker, struct sw_blob *blob,
                                  struct sw_error *error)
{
    struct sw_bitlocker boot;
    enum sw_status status = sw_bitlocker_boot(blob, &boot, error);
    uint8_t *copy = malloc(SW_BITLOCKER_META_SIZE);
    enum sw_status worst = SW_DEAD;

    if (copy == NULL)
        (void)sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    for (size_t i = 0; status == SW_OK && copy != NULL && i < SW_BITLOCKER_COPIES; i++) {
        struct sw_bitlocker *volume = &bitlocker->volumes[bitlocker->volume_count];
        size_t got = 0;
        memcpy(volume, &boot, sizeof(boot));
        if (sw_blob_read_at(blob, boot.copies[i], copy, SW_BITLOCKER_META_SIZE, &got, error) !=
                SW_OK ||
            sw_bitlocker_metadata((struct sw_view){copy, got}, volume, error) != SW_OK)
            continue;
        worst = SW_OK;
        if (is_new(bitlocker, (struct sw_view){copy, got}))
            bitlocker->volume_count++;
    }
    free(copy);
    return worst;
}

static enum sw_status open_volume(const struct sw_input *input, const struct sw_source_setup *setup,
                                  void **state, struct sw_error *error)
{
    struct bitlocker *bitlocker = calloc(1, sizeof(*bitlocker));

    if (bitlocker == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    enum sw_status status = read_copies(bitlocker, input->blob, error);
    if (status != SW_OK) {
        close_volume(bitlocker);
        return status;
    }
    describe(bitlocker);
    if (is_suspended(bitlocker, input->blob))
        bitlocker->unlock.state = SW_UNLOCK_OPEN;
    else
        sw_unlock(&bitlocker->unlock, bitlocker, input->blob, setup, try_key);
    *state = bitlocker;
    return SW_OK;
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct bitlocker *bitlocker = state;
    return sw_unlock_next(&bitlocker->unlock, &bitlocker->map.blob, member, error);
}

const struct sw_source sw_source_bitlocker = {
    .kind = "bitlocker",
    .disk = true,
    .probe = probe,
    .open = open_volume,
    .next = next,
    .read = sw_unlock_read,
    .close = close_volume,
};
