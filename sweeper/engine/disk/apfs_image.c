/* SPDX-License-Identifier: Apache-2.0 */
/* apfs_image.c - containers and volumes; see apfs_image.h. */
#include "apfs_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/bytes.h"

#define ROOM "apfs"

enum {
    HEADER_SIZE = 32, /* of every object */
    TYPE_AT = 24,
    SUPER_MIN = 1024,
    BLOCK_MIN = 4096,
    CHECKPOINTS_MAX = 65536, /* blocks that are looked through for the last transaction */
};
enum { UNENCRYPTED = 1 };                                   /* a volume's flags */
enum { NO_CASE = 1, NORMALIZED = 8, SEALED_VOLUME = 0x20 }; /* its incompatible features */

/* Fletcher's sum of 32-bit words, modulo 2^32 - 1, so that the whole block's is 0. */
static bool is_sound(const uint8_t *block, size_t size)
{
    const uint64_t most = UINT32_MAX;
    uint64_t first = 0;
    uint64_t second = 0;
    for (size_t i = 8; i < size; i += 4) {
        first += sw_little32(block + i);
        second += first;
        if (i % 4096 == 0) { /* before they can overflow */
            first %= most;
            second %= most;
        }
    }
    first %= most;
    second %= most;
    uint64_t low = most - (first + second) % most;
    uint64_t high = most - (first + low) % most;
    return sw_little64(block) == (high << 32 | low);
}

static bool is_super(const uint8_t *at, size_t size)
{
    uint32_t block_size = sw_little32(at + 36);
    return memcmp(at + HEADER_SIZE, "NXSB", 4) == 0 && block_size >= BLOCK_MIN &&
           block_size <= APFS_BLOCK_MAX && (block_size & (block_size - 1)) == 0 &&
           block_size <= size && sw_little64(at + 40) > 0 &&
           sw_little32(at + 180) <= APFS_VOLUMES_MAX;
}

unsigned sw_apfs_super(struct sw_view head)
{
    enum { BITS = 48, SUM_BITS = 64 };
    if (head.size < SUPER_MIN || !is_super(head.data, head.size))
        return 0;
    return is_sound(head.data, sw_little32(head.data + 36)) ? BITS + SUM_BITS : 0;
}

enum sw_status sw_apfs_block(struct sw_apfs *image, uint64_t number, uint8_t *out,
                             struct sw_error *error)
{
    size_t got = 0;
    if (number >= image->block_count)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "block %" PRIu64 " would lie outside of the container", number);
    if (sw_blob_read_at(image->blob, number * image->block_size, out, image->block_size, &got,
                        error) < SW_PART)
        return SW_SKIP;
    if (got < image->block_size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                           "the image ends before block %" PRIu64, number);
    if (!is_sound(out, image->block_size))
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0,
                           "the checksum of block %" PRIu64 " is wrong", number);
    return SW_OK;
}

static void take_super(struct sw_apfs *image, const uint8_t *at)
{
    image->transaction = sw_little64(at + 16);
    image->map = sw_little64(at + 160);
    memcpy(image->uuid, at + 72, sizeof image->uuid);
    for (size_t i = 0; i < APFS_VOLUMES_MAX; i++)
        image->volumes[i] = sw_little64(at + 184 + i * 8);
}

/* The last transaction's super block is in a ring behind the first block. */
static void find_last(struct sw_apfs *image, uint64_t first, uint32_t count)
{
    struct sw_error ignored;
    for (uint32_t i = 0; i < count && i < CHECKPOINTS_MAX; i++) {
        enum sw_status status = sw_apfs_block(image, first + i, image->block, &ignored);
        if (status == SW_OK && is_super(image->block, image->block_size) &&
            sw_little32(image->block + 36) == image->block_size &&
            sw_little64(image->block + 16) > image->transaction)
            take_super(image, image->block);
        if (status == SW_SKIP)
            return;
    }
}

enum sw_status sw_apfs_open(struct sw_apfs *image, struct sw_blob *blob, struct sw_error *error)
{
    size_t got = 0;
    *image = (struct sw_apfs){.blob = blob, .block = malloc(APFS_BLOCK_MAX)};
    if (image->block == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    if (sw_blob_read_at(blob, 0, image->block, APFS_BLOCK_MAX, &got, error) < SW_PART)
        return SW_DEAD;
    if (got < SUPER_MIN || !is_super(image->block, got))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "there is no super block");
    image->block_size = sw_little32(image->block + 36);
    image->block_count = sw_little64(image->block + 40);
    if (image->block_count > INT64_MAX / image->block_size)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "its size is impossible");
    uint32_t count = sw_little32(image->block + 104);
    uint64_t first = sw_little64(image->block + 112);
    take_super(image, image->block);
    find_last(image, first, count);
    return SW_OK;
}

void sw_apfs_close(struct sw_apfs *image)
{
    free(image->block);
    image->block = NULL;
}

/* ---- volumes --------------------------------------------------------------------- */

static void take_volume(struct sw_apfs_volume *volume, const uint8_t *at)
{
    uint64_t incompatible = sw_little64(at + 56);
    *volume = (struct sw_apfs_volume){
        .encrypted = (sw_little64(at + 264) & UNENCRYPTED) == 0,
        .sealed = (incompatible & SEALED_VOLUME) != 0,
        .hashed = (incompatible & (NO_CASE | NORMALIZED)) != 0,
        .snapshots = sw_little64(at + 216),
        .map = sw_little64(at + 128),
        .root = sw_little64(at + 136),
    };
    memcpy(volume->uuid, at + 240, sizeof volume->uuid);
    memcpy(volume->name, at + 704, APFS_NAME_SIZE - 1);
}

enum sw_status sw_apfs_volume(struct sw_apfs *image, size_t index, struct sw_apfs_volume *volume,
                              struct sw_error *error)
{
    struct sw_apfs_tree map;
    uint64_t block = 0;
    if (image->volumes[index] == 0)
        return SW_END;
    enum sw_status status = sw_apfs_map_init(&map, image, image->map, error);
    if (status == SW_OK)
        status = sw_apfs_map_find(&map, image->volumes[index], &block, error);
    sw_apfs_tree_done(&map);
    if (status == SW_OK)
        status = sw_apfs_block(image, block, image->block, error);
    if (status != SW_OK)
        return SW_SKIP;
    if (memcmp(image->block + HEADER_SIZE, "APSB", 4) != 0)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "a volume is not there");
    take_volume(volume, image->block);
    return SW_OK;
}

/* ---- a container, as one of its volumes ------------------------------------------- */

static enum sw_status part_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                   size_t *got, struct sw_error *error)
{
    struct sw_apfs_part *part = (struct sw_apfs_part *)blob;
    enum sw_status status = sw_blob_read_at(part->under, offset, data, size, got, error);
    if (status < SW_PART || offset >= sizeof part->mark)
        return status;
    size_t most = sizeof part->mark - (size_t)offset;
    memcpy(data, part->mark + offset, *got < most ? *got : most);
    return status;
}

static void part_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    sw_blob_extent(((struct sw_apfs_part *)blob)->under, offset, start, end);
}

static enum sw_status part_view(struct sw_blob *blob, const uint8_t **data, struct sw_error *error)
{
    (void)blob;
    (void)data;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, ROOM, 0,
                       "a volume has no bytes of its own");
}

static void part_close(struct sw_blob *blob)
{
    (void)blob;
}

void sw_apfs_part_init(struct sw_apfs_part *part, struct sw_blob *under, size_t index)
{
    static const struct sw_blob_ops ops = {
        .read_at = part_read_at, .extent = part_extent, .view = part_view, .close = part_close};
    *part = (struct sw_apfs_part){
        .blob = {.ops = &ops, .size = under->size, .size_known = true, .fd = -1},
        .under = under,
    };
    memcpy(part->mark, APFS_MARK, 8);
    part->mark[8] = (uint8_t)index;
}

unsigned sw_apfs_part_probe(struct sw_view head, size_t *index)
{
    enum { BITS = 96 };
    if (head.size < SUPER_MIN || memcmp(head.data, APFS_MARK, 8) != 0 ||
        !is_super(head.data, head.size) || head.data[8] >= APFS_VOLUMES_MAX)
        return 0;
    *index = head.data[8];
    return BITS;
}
