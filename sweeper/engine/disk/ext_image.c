/* SPDX-License-Identifier: Apache-2.0 */
/* ext_image.c - blocks and group descriptors; see ext_image.h. */
#include "ext_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/bytes.h"

#define ROOM "ext"

enum {
    WINDOW_SIZE = 32 * 1024, /* bytes of an inode table, unless a block is larger */
    LARGE_BLOCK = 16 * 1024,
    LARGE_SLOTS = 16,
    DESC_SUM_AT = 0x1e,
    INODES_UNINIT = 1,
    BLOCKS_UNINIT = 2,
    LONG_DESC = 64,
};

/* ---- bytes -------------------------------------------------------------------- */

bool sw_ext_has_block(const struct sw_ext *ext, uint64_t block)
{
    return block >= ext->super.first_block && block < ext->super.block_count;
}

static enum sw_status blob_read(struct sw_ext *ext, uint64_t offset, void *out, size_t size,
                                size_t *got, struct sw_error *error)
{
    *got = 0;
    if (offset >= ext->blob->size)
        return SW_OK;
    return sw_blob_read_at(ext->blob, offset, out, size, got, error);
}

/* The first row of the journal's at or behind this block. */
static size_t newer_at(const struct sw_ext *ext, uint64_t block)
{
    size_t low = 0;
    size_t high = ext->newer_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ext->newer[middle].block < block)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts what the journal has over what was read from `start`. */
static enum sw_status renew(struct sw_ext *ext, uint64_t start, uint8_t *out, size_t size,
                            struct sw_error *error)
{
    static const uint8_t magic[4] = {0xc0, 0x3b, 0x39, 0x98};
    const unsigned shift = ext->super.block_shift;
    const uint64_t end = start + size;

    for (size_t i = newer_at(ext, start >> shift);
         i < ext->newer_count && ext->newer[i].block << shift < end; i++) {
        const struct sw_ext_newer *newer = &ext->newer[i];
        const uint64_t block_at = newer->block << shift;
        const uint64_t from = block_at > start ? block_at : start;
        const uint64_t to =
            block_at + ext->super.block_size < end ? block_at + ext->super.block_size : end;
        size_t got = 0;
        enum sw_status status = blob_read(ext, (newer->at << shift) + (from - block_at),
                                          out + (from - start), (size_t)(to - from), &got, error);
        if (status == SW_OK && got < to - from)
            status = sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                                 "a newer block in the journal is behind the end of the image");
        if (status != SW_OK)
            return status;
        if (newer->escaped)
            for (uint64_t at = from; at < to && at < block_at + sizeof magic; at++)
                out[at - start] = magic[at - block_at];
    }
    return SW_OK;
}

enum sw_status sw_ext_read(struct sw_ext *ext, uint64_t block, uint64_t offset, void *out,
                           size_t size, size_t *got, struct sw_error *error)
{
    const uint64_t start = (block << ext->super.block_shift) + offset;
    enum sw_status status = blob_read(ext, start, out, size, got, error);

    if (status == SW_OK && ext->newer_count != 0)
        status = renew(ext, start, out, *got, error);
    return status;
}

enum sw_status sw_ext_block(struct sw_ext *ext, uint64_t block, const uint8_t **data,
                            struct sw_error *error)
{
    const size_t slot = (size_t)((block ^ block >> 6 ^ block >> 15) % ext->block_slots);
    uint8_t *bytes = ext->block_data + slot * ext->super.block_size;
    size_t got = 0;

    *data = bytes;
    if (ext->blocks[slot] == block)
        return SW_OK;
    if (block >= ext->super.block_count)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "block %" PRIu64 " is behind the end of the file system", block);
    ext->blocks[slot] = UINT64_MAX;
    enum sw_status status = sw_ext_read(ext, block, 0, bytes, ext->super.block_size, &got, error);
    if (status != SW_OK)
        return status;
    if (got < ext->super.block_size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                           "block %" PRIu64 " is behind the end of the image", block);
    ext->blocks[slot] = block;
    return SW_OK;
}

/* ---- group descriptors ----------------------------------------------------------- */

/* The block with the descriptor, as the primary ones lie or, with `copy` not 0, as the
 * copies do that belong to the super block of that group. */
static uint64_t block_of_desc(const struct sw_ext_super *super, uint32_t number, uint32_t copy)
{
    const uint32_t index = number / super->desc_per_block;
    /* Of blocks of 1 KiB the super block has the second, whatever group 0 begins with. */
    const uint32_t home = super->block_size == 1024 ? 1 : 0;

    if (index < super->meta_bg_first) {
        const uint64_t start = copy == 0 ? home : sw_ext_group_start(super, copy);
        return start + 1 + index;
    }
    /* meta_bg: in the first group of those it describes; copies in the second and last. */
    const uint32_t group = index * super->desc_per_block + (copy == 0 ? 0 : 1);
    if (group == 0)
        return home + 1;
    return sw_ext_group_start(super, group) + (sw_ext_super_in(super, group) ? 1 : 0);
}

static uint16_t crc16(uint16_t crc, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
    }
    return crc;
}

static bool desc_sum_fits(const struct sw_ext_super *super, const uint8_t *at, uint32_t number)
{
    const uint16_t wanted = sw_little16(at + DESC_SUM_AT);
    const uint8_t index[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                              (uint8_t)(number >> 24)};
    static const uint8_t zeros[2];
    const size_t behind = DESC_SUM_AT + sizeof zeros;

    if (super->ro_compat & SW_EXT_METADATA_CSUM) {
        uint32_t sum = sw_ext_sum(super->sum_seed, index, sizeof index);
        sum = sw_ext_sum(sum, at, DESC_SUM_AT);
        sum = sw_ext_sum(sum, zeros, sizeof zeros);
        return (uint16_t)sw_ext_sum(sum, at + behind, super->desc_size - behind) == wanted;
    }
    if (super->ro_compat & SW_EXT_GDT_CSUM) {
        uint16_t sum = crc16(UINT16_MAX, super->uuid, sizeof super->uuid);
        sum = crc16(sum, index, sizeof index);
        sum = crc16(sum, at, DESC_SUM_AT);
        return crc16(sum, at + behind, super->desc_size - behind) == wanted;
    }
    return true;
}

/* False: it cannot be. */
static bool read_desc(struct sw_ext *ext, const uint8_t *at, struct sw_ext_group *group)
{
    const struct sw_ext_super *super = &ext->super;
    const uint16_t flags = sw_little16(at + 0x12);
    const bool summed = (super->ro_compat & (SW_EXT_METADATA_CSUM | SW_EXT_GDT_CSUM)) != 0;

    group->block_bitmap = sw_little32(at);
    group->inode_bitmap = sw_little32(at + 4);
    group->inode_table = sw_little32(at + 8);
    group->inodes_unused = sw_little16(at + 0x1c);
    if (super->desc_size >= LONG_DESC) {
        group->block_bitmap |= (uint64_t)sw_little32(at + 0x20) << 32;
        group->inode_bitmap |= (uint64_t)sw_little32(at + 0x24) << 32;
        group->inode_table |= (uint64_t)sw_little32(at + 0x28) << 32;
        group->inodes_unused |= (uint32_t)sw_little16(at + 0x32) << 16;
    }
    if (!summed)
        group->inodes_unused = 0;
    group->unused_inodes = summed && flags & INODES_UNINIT;
    group->unused_blocks = summed && flags & BLOCKS_UNINIT;
    const uint64_t table =
        ((uint64_t)super->group_inodes * super->inode_size + super->block_size - 1) >>
        super->block_shift;
    return group->inodes_unused <= super->group_inodes &&
           sw_ext_has_block(ext, group->block_bitmap) &&
           sw_ext_has_block(ext, group->inode_bitmap) &&
           sw_ext_has_block(ext, group->inode_table) &&
           table <= super->block_count - group->inode_table;
}

/* *sound: it fits, and its checksum does. */
static enum sw_status try_desc(struct sw_ext *ext, uint32_t number, uint32_t copy,
                               struct sw_ext_group *group, bool *sound, struct sw_error *error)
{
    const size_t at = (size_t)(number % ext->super.desc_per_block) * ext->super.desc_size;
    const uint8_t *data = NULL;
    enum sw_status status =
        sw_ext_block(ext, block_of_desc(&ext->super, number, copy), &data, error);

    *sound = false;
    *group = (struct sw_ext_group){.number = number, .known = true};
    if (status != SW_OK)
        return status;
    if (!read_desc(ext, data + at, group))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "the descriptor of group %" PRIu32 " is damaged", number);
    *sound = desc_sum_fits(&ext->super, data + at, number);
    if (copy != 0) { /* nobody keeps a copy's counters */
        group->inodes_unused = 0;
        group->unused_inodes = false;
        group->unused_blocks = false;
    }
    return SW_OK;
}

enum sw_status sw_ext_group(struct sw_ext *ext, uint32_t number, struct sw_ext_group *group,
                            struct sw_error *error)
{
    static const uint32_t copies[] = {0, 1, 3, 5, 7, 9};
    struct sw_ext_group *kept = &ext->groups[number % SW_EXT_GROUPS_KEPT];
    struct sw_ext_group fair = {.known = false}; /* fits, but for the checksum */
    struct sw_error later;
    enum sw_status first = SW_OK;
    bool sound = false;

    if (kept->known && kept->number == number) {
        *group = *kept;
        return SW_OK;
    }
    for (size_t i = 0; i < sizeof copies / sizeof copies[0] && !sound; i++) {
        const uint32_t copy = ext->super.compat & SW_EXT_SPARSE_SUPER2 && i > 0
                                  ? ext->super.backups[i % 2]
                                  : copies[i];
        if (copy >= ext->super.group_count || !sw_ext_super_in(&ext->super, copy))
            continue;
        enum sw_status status = try_desc(ext, number, copy, kept, &sound, i == 0 ? error : &later);
        if (i == 0)
            first = status;
        if (status == SW_OK && !sound && !fair.known)
            fair = *kept;
        ext->groups_wrong = ext->groups_wrong || !sound;
    }
    if (!sound)
        *kept = fair;
    *group = *kept;
    if (kept->known)
        return SW_OK;
    return first != SW_OK ? first
                          : sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                                        "group %" PRIu32 " has no descriptor", number);
}

/* ---- bitmaps ----------------------------------------------------------------------- */

static enum sw_status test_bit(struct sw_ext *ext, uint64_t bitmap, uint64_t index, bool *used,
                               struct sw_error *error)
{
    const uint8_t *data = NULL;
    enum sw_status status = sw_ext_block(ext, bitmap, &data, error);

    if (status == SW_OK)
        *used = (data[index / 8] >> index % 8 & 1) != 0;
    return status;
}

enum sw_status sw_ext_inode_used(struct sw_ext *ext, uint32_t number, bool *used,
                                 struct sw_error *error)
{
    const uint32_t index = number - 1;
    struct sw_ext_group group;
    enum sw_status status = sw_ext_group(ext, index / ext->super.group_inodes, &group, error);

    *used = false;
    if (status != SW_OK || group.unused_inodes)
        return status;
    return test_bit(ext, group.inode_bitmap, index % ext->super.group_inodes, used, error);
}

enum sw_status sw_ext_block_used(struct sw_ext *ext, uint64_t block, bool *used,
                                 struct sw_error *error)
{
    const uint64_t index = block - ext->super.first_block;
    struct sw_ext_group group;
    enum sw_status status =
        sw_ext_group(ext, (uint32_t)(index / ext->super.group_blocks), &group, error);

    *used = false;
    if (status != SW_OK || group.unused_blocks)
        return status;
    return test_bit(ext, group.block_bitmap,
                    index % ext->super.group_blocks >> ext->super.cluster_shift, used, error);
}

/* ---- opening ---------------------------------------------------------------------- */

void sw_ext_name(const struct sw_ext *ext, char *text, size_t size)
{
    const uint8_t *id = ext->super.uuid;
    int used = 0;

    for (size_t i = 0; i < sizeof ext->super.uuid && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, "%s%02x",
                         i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
    if (ext->super.label[0] != '\0' && (size_t)used < size)
        (void)snprintf(text + used, size - (size_t)used, " (%s)", ext->super.label);
}

void sw_ext_close(struct sw_ext *ext)
{
    free(ext->newer);
    free(ext->block_data);
    for (size_t i = 0; i < SW_EXT_WINDOWS; i++)
        free(ext->windows[i].data);
    *ext = (struct sw_ext){.blob = NULL};
}

/* Nothing is kept yet. */
static void forget(struct sw_ext *ext)
{
    for (size_t i = 0; i < SW_EXT_BLOCKS_MAX; i++)
        ext->blocks[i] = UINT64_MAX;
    for (size_t i = 0; i < SW_EXT_WINDOWS; i++)
        ext->windows[i].block = UINT64_MAX;
    memset(ext->groups, 0, sizeof ext->groups);
}

void sw_ext_renewed(struct sw_ext *ext)
{
    uint8_t bytes[SW_EXT_SUPER_SIZE];
    struct sw_ext_super super;
    struct sw_error error;
    size_t got = 0;

    forget(ext);
    if (!ext->copied &&
        sw_ext_read(ext, 0, SW_EXT_SUPER_AT, bytes, sizeof bytes, &got, &error) == SW_OK &&
        got == sizeof bytes && sw_ext_super_read(bytes, &super) &&
        super.block_size == ext->super.block_size && super.inode_size == ext->super.inode_size)
        ext->super = super;
}

enum sw_status sw_ext_open(struct sw_ext *ext, struct sw_blob *blob, struct sw_error *error)
{
    *ext = (struct sw_ext){.blob = blob};
    enum sw_status status = sw_ext_super_find(blob, &ext->super, &ext->copied, error);
    if (status != SW_OK)
        return SW_DEAD;
    const size_t block_size = ext->super.block_size;
    ext->block_slots = block_size > LARGE_BLOCK ? LARGE_SLOTS : SW_EXT_BLOCKS_MAX;
    ext->window_size = block_size > WINDOW_SIZE ? block_size : WINDOW_SIZE;
    ext->block_data = malloc(ext->block_slots * block_size);
    bool got_all = ext->block_data != NULL;
    for (size_t i = 0; i < SW_EXT_WINDOWS; i++) {
        ext->windows[i].data = malloc(ext->window_size);
        got_all = got_all && ext->windows[i].data != NULL;
    }
    forget(ext);
    if (got_all)
        return SW_OK;
    sw_ext_close(ext);
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
}
