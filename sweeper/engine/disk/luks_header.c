/* SPDX-License-Identifier: Apache-2.0 */
/* luks_header.c - the binary headers of LUKS volumes. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/disk/luks.h"
#include "engine/source/bytes.h"

#define ROOM "luks"

enum { MAGIC_SIZE = 6, UNIT = 512 };

static const uint8_t magic_first[MAGIC_SIZE] = {'L', 'U', 'K', 'S', 0xba, 0xbe};
static const uint8_t magic_second[MAGIC_SIZE] = {'S', 'K', 'U', 'L', 0xba, 0xbe};

/* Where the second LUKS2 header may be: behind a first one of any size that is allowed. */
static const uint32_t header_sizes[] = {0x4000,  0x8000,   0x10000,  0x20000, 0x40000,
                                        0x80000, 0x100000, 0x200000, 0x400000};
enum { HEADER_SIZES = sizeof(header_sizes) / sizeof(header_sizes[0]) };

void sw_volume_text(char *out, size_t size, const uint8_t *bytes, size_t count)
{
    size_t used = 0;

    for (size_t i = 0; i < count && bytes[i] != 0 && used + 1 < size; i++)
        out[used++] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '?';
    out[used] = '\0';
}

/* --- the auction ------------------------------------------------------------------ */

/* 8-4-4-4-12 hexadecimal digits, then a NUL. */
static bool is_uuid(const uint8_t *at)
{
    for (int i = 0; i < 36; i++) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? at[i] != '-' : !sw_is_hex(at[i]))
            return false;
    }
    return at[36] == 0;
}

/* Both versions have it at the same place. */
static bool looks_like(const uint8_t *at, const uint8_t magic[static MAGIC_SIZE], unsigned version)
{
    enum { UUID_AT = 168 };
    return memcmp(at, magic, MAGIC_SIZE) == 0 && sw_big16(at + MAGIC_SIZE) == version &&
           is_uuid(at + UUID_AT);
}

static bool looks_like_second(const uint8_t *at, uint64_t offset)
{
    return looks_like(at, magic_second, 2) && sw_big64(at + 8) == offset &&
           sw_big64(at + 256) == offset;
}

unsigned sw_luks_version(struct sw_view head)
{
    if (head.size < SW_LUKS1_SIZE)
        return 0;
    if (looks_like(head.data, magic_first, 1))
        return 1;
    if (looks_like(head.data, magic_first, 2))
        return 2;
    for (size_t i = 0; i < HEADER_SIZES && header_sizes[i] + UNIT <= head.size; i++)
        if (looks_like_second(head.data + header_sizes[i], header_sizes[i]))
            return 2;
    return 0;
}

/* --- reading ---------------------------------------------------------------------- */

static enum sw_status read_whole(struct sw_blob *blob, uint64_t at, void *data, size_t size,
                                 struct sw_error *error)
{
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(blob, at, data, size, &got, error);

    if (status != SW_OK)
        return SW_DEAD;
    if (got < size)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, ROOM, 0, "ends in its header");
    return SW_OK;
}

static bool valid_key(size_t size)
{
    return size > 0 && size <= SW_LUKS_KEY_MAX;
}

static void read_slot1(const uint8_t *at, unsigned number, struct sw_luks *luks)
{
    enum { ACTIVE = 0x00ac71f3, SALT_SIZE = 32 };
    struct sw_luks_slot *slot = &luks->slots[luks->slot_count];

    if (sw_big32(at) != ACTIVE)
        return;
    *slot = (struct sw_luks_slot){
        .number = number,
        .iterations = sw_big32(at + 4),
        .salt = {.size = SALT_SIZE},
        .area_at = (uint64_t)sw_big32(at + 40) * UNIT,
        .stripes = sw_big32(at + 44),
        .area_key_size = luks->key_size,
    };
    memcpy(slot->salt.bytes, at + 8, SALT_SIZE);
    memcpy(slot->cipher, luks->cipher, sizeof(slot->cipher));
    memcpy(slot->hash, luks->digest_hash, sizeof(slot->hash));
    memcpy(slot->split_hash, luks->digest_hash, sizeof(slot->split_hash));
    slot->area_size = (uint64_t)slot->area_key_size * slot->stripes;
    luks->slot_count++;
}

static enum sw_status read_first(struct sw_blob *blob, struct sw_luks *luks, struct sw_error *error)
{
    enum { NAME_SIZE = 32, SLOTS = 8, SLOTS_AT = 208, SLOT_SIZE = 48, DIGEST_SIZE = 20 };
    uint8_t head[SW_LUKS1_SIZE];
    char name[NAME_SIZE + 1];
    char mode[NAME_SIZE + 1];
    enum sw_status status = read_whole(blob, 0, head, sizeof(head), error);

    if (status != SW_OK)
        return status;
    sw_volume_text(name, sizeof(name), head + 8, NAME_SIZE);
    sw_volume_text(mode, sizeof(mode), head + 40, NAME_SIZE);
    *luks = (struct sw_luks){
        .version = 1,
        .start = (uint64_t)sw_big32(head + 104) * UNIT,
        .size = UINT64_MAX,
        .key_size = sw_big32(head + 108),
        .digest_size = DIGEST_SIZE,
        .digest_salt = {.size = NAME_SIZE},
        .digest_iterations = sw_big32(head + 164),
        .sector_size = UNIT,
    };
    /* Two names of up to 32 bytes: 66 with the dash, which no cipher has. */
    if (strlen(name) + strlen(mode) + 2 > sizeof(luks->cipher))
        mode[0] = '\0';
    snprintf(luks->cipher, sizeof(luks->cipher), "%.31s-%.31s", name, mode);
    sw_volume_text(luks->digest_hash, sizeof(luks->digest_hash), head + 72, NAME_SIZE);
    memcpy(luks->digest, head + 112, DIGEST_SIZE);
    memcpy(luks->digest_salt.bytes, head + 132, NAME_SIZE);
    sw_volume_text(luks->uuid, sizeof(luks->uuid), head + 168, sizeof(luks->uuid) - 1);
    if (!valid_key(luks->key_size))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "LUKS1 volume %s has a key of %zu bytes", luks->uuid, luks->key_size);
    for (unsigned i = 0; i < SLOTS; i++)
        read_slot1(head + SLOTS_AT + (size_t)i * SLOT_SIZE, i, luks);
    return SW_OK;
}

/* --- LUKS2 ------------------------------------------------------------------------ */

/* One of the two headers, as it was found to be whole. */
struct header2 {
    uint64_t sequence;
    size_t size;
    uint8_t *bytes; /* binary and JSON */
};

static bool checksum_fits(uint8_t *bytes, size_t size)
{
    enum { ALGORITHM_AT = 72, SUM_AT = 448, SUM_SIZE = 64 };
    uint8_t want[SUM_SIZE];
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned sum_size = 0;
    const char *const names[] = {"sha256", "sha512", "sha1"};
    const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha512(), EVP_sha1()};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp((const char *)bytes + ALGORITHM_AT, names[i], 32) != 0)
            continue;
        memcpy(want, bytes + SUM_AT, SUM_SIZE);
        memset(bytes + SUM_AT, 0, SUM_SIZE);
        return EVP_Digest(bytes, size, sum, &sum_size, digests[i], NULL) == 1 &&
               memcmp(sum, want, sum_size) == 0;
    }
    return false;
}

static bool known_size(uint64_t size)
{
    for (size_t i = 0; i < HEADER_SIZES; i++)
        if (size == header_sizes[i])
            return true;
    return false;
}

/* Takes the header at `at` when it is whole and newer than the one that is there. */
static void try_header(struct sw_blob *blob, uint64_t at, struct header2 *best)
{
    uint8_t head[UNIT];
    struct sw_error ignored;

    if (read_whole(blob, at, head, sizeof(head), &ignored) != SW_OK)
        return;
    const uint64_t size = sw_big64(head + 8);
    const uint64_t sequence = sw_big64(head + 16);
    if (!looks_like(head, at == 0 ? magic_first : magic_second, 2) || !known_size(size) ||
        sw_big64(head + 256) != at || (best->bytes != NULL && best->sequence >= sequence))
        return;
    uint8_t *bytes = malloc((size_t)size);
    if (bytes != NULL && read_whole(blob, at, bytes, (size_t)size, &ignored) == SW_OK &&
        checksum_fits(bytes, (size_t)size)) {
        free(best->bytes);
        *best = (struct header2){sequence, (size_t)size, bytes};
    } else {
        free(bytes);
    }
}

static enum sw_status read_second(struct sw_blob *blob, struct sw_luks *luks,
                                  struct sw_error *error)
{
    struct header2 best = {0};
    uint8_t head[UNIT] = {0};
    struct sw_error ignored;

    *luks = (struct sw_luks){.version = 2};
    if (read_whole(blob, 0, head, sizeof(head), &ignored) == SW_OK)
        sw_volume_text(luks->uuid, sizeof(luks->uuid), head + 168, sizeof(luks->uuid) - 1);
    try_header(blob, 0, &best);
    for (size_t i = 0; i < HEADER_SIZES; i++)
        try_header(blob, header_sizes[i], &best);
    if (best.bytes == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "LUKS2 volume %s: neither of its two headers is whole", luks->uuid);
    sw_volume_text(luks->uuid, sizeof(luks->uuid), best.bytes + 168, sizeof(luks->uuid) - 1);
    sw_volume_text(luks->label, sizeof(luks->label), best.bytes + 24, sizeof(luks->label) - 1);
    const uint8_t *json = best.bytes + SW_LUKS2_SIZE;
    const size_t json_size = strnlen((const char *)json, best.size - SW_LUKS2_SIZE);
    enum sw_status status = sw_luks2_json((struct sw_view){json, json_size}, luks, error);
    free(best.bytes);
    return status;
}

enum sw_status sw_luks_read(struct sw_blob *blob, struct sw_luks *luks, struct sw_error *error)
{
    uint8_t head[UNIT] = {0};
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(blob, 0, head, sizeof(head), &got, error);

    if (status != SW_OK)
        return SW_DEAD;
    status = looks_like(head, magic_first, 1) ? read_first(blob, luks, error)
                                              : read_second(blob, luks, error);
    if (status == SW_OK && luks->start == 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "LUKS%u volume %s: its data lies elsewhere", luks->version, luks->uuid);
    return status;
}
