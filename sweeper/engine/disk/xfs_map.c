/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs_map.c - the extents of a file, from its inode or from a b-tree; see xfs_image.h.
 *
 * The tree is walked down from its root with a stack of fixed depth: each node says its
 * level, which must be one less than its parent's. Extents must go forward, and a leaf
 * has at least one, so that no tree can be walked without end; what breaks these
 * rules is damage, and after DAMAGE_MAX times the rest of the file is lost.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/source/bytes.h"
#include "xfs_image.h"

#define ROOM "xfs"

enum {
    RECORD_SIZE = 16,
    KEY_SIZE = 8,
    POINTER_SIZE = 8,
    ROOT_HEADER_SIZE = 4,
    HEADER_SIZE = 24,
    HEADER_5_SIZE = 72,
    DAMAGE_MAX = 64,
};

static const struct sw_xfs_seal seal = {.sum_at = 64, .place_at = 24, .owner_at = 56};

/* SW_PART, and at last SW_SKIP. */
static enum sw_status lost(struct sw_xfs_map *map, struct sw_error *error, const char *what)
{
    enum sw_status status = ++map->damage < DAMAGE_MAX ? SW_PART : SW_SKIP;
    return sw_fail_gap(error, status, SW_GAP_DAMAGED, ROOM, 0, "%s", what);
}

enum sw_status sw_xfs_map_start(struct sw_xfs_map *map, struct sw_xfs *image,
                                const struct sw_xfs_inode *inode, struct sw_error *error)
{
    const uint8_t *fork = inode->raw + inode->fork_at;
    map->image = image;
    map->inode = inode;
    map->end = map->mapped = 0;
    map->depth = map->damage = 0;
    map->index = map->count = 0;
    map->records = fork;
    if (inode->format == SW_XFS_EXTENTS) {
        if (inode->extent_count > inode->fork_size / RECORD_SIZE)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                               "an inode says that it has more extents than it can have");
        map->count = (size_t)inode->extent_count;
        return SW_OK;
    }
    if (inode->format != SW_XFS_BTREE)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "an inode says nothing of where its content lies");
    size_t most = inode->fork_size < ROOT_HEADER_SIZE
                      ? 0
                      : (inode->fork_size - ROOT_HEADER_SIZE) / (KEY_SIZE + POINTER_SIZE);
    unsigned level = most == 0 ? 0 : sw_big16(fork);
    if (level == 0 || level > SW_XFS_DEPTH_MAX || sw_big16(fork + 2) > most)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "the root of a file's b-tree is damaged");
    map->depth = level;
    map->levels[level].index = 0;
    map->levels[level].count = sw_big16(fork + 2);
    map->levels[level].pointers = fork + ROOT_HEADER_SIZE + most * KEY_SIZE;
    for (unsigned i = 0; i < level; i++)
        map->levels[i].index = map->levels[i].count = 0;
    return SW_OK;
}

/* Makes a block the one that is walked on its level. */
static void take_block(struct sw_xfs_map *map, unsigned level, size_t header, size_t most)
{
    const uint8_t *block = map->levels[level].block;
    size_t count = sw_big16(block + 6);
    map->levels[level].index = 0;
    map->levels[level].count = count;
    map->levels[level].pointers = block + header + most * KEY_SIZE;
    if (level == 0) {
        map->records = block + header;
        map->index = 0;
        map->count = count;
    }
}

/* Reads the block of `level` that a node above points at. SW_PART: it may be used all the
 * same when it was taken. */
static enum sw_status read_block(struct sw_xfs_map *map, unsigned level, uint64_t pointer,
                                 struct sw_error *error)
{
    const struct sw_xfs_geometry *geometry = &map->image->geometry;
    size_t header = geometry->checksums ? HEADER_5_SIZE : HEADER_SIZE;
    size_t most = (geometry->block_size - header) / RECORD_SIZE;
    uint64_t at = 0;
    uint8_t **block = &map->levels[level].block;
    if (*block == NULL)
        *block = malloc(SW_XFS_BLOCK_MAX);
    if (*block == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a b-tree");
    if (!sw_xfs_place(geometry, pointer, 1, &at))
        return lost(map, error, "a block of a b-tree would lie outside of the file system");
    if (sw_xfs_read(map->image, at, *block, geometry->block_size, error) != SW_OK)
        return ++map->damage < DAMAGE_MAX ? SW_PART : SW_SKIP;
    const char *magic = geometry->checksums ? "BMA3" : "BMAP";
    size_t count = sw_big16(*block + 6);
    enum sw_xfs_verdict verdict =
        sw_xfs_judge(map->image, *block, geometry->block_size, &seal, at, map->inode->number);
    if (memcmp(*block, magic, 4) != 0 || sw_big16(*block + 4) != level || count == 0 ||
        count > most || verdict == SW_XFS_FOREIGN)
        return lost(map, error, "a block of a b-tree is damaged");
    take_block(map, level, header, most);
    return verdict == SW_XFS_SOUND
               ? SW_OK
               : lost(map, error, "the checksum of a block of a b-tree is wrong");
}

/* One step towards the next leaf: up, where a node has no pointer left, or down. */
static enum sw_status next_leaf(struct sw_xfs_map *map, struct sw_error *error)
{
    unsigned level = 1;
    while (level <= map->depth && map->levels[level].index == map->levels[level].count)
        level++;
    for (; level >= 1 && level <= map->depth; level--) {
        const uint8_t *pointer =
            map->levels[level].pointers + map->levels[level].index++ * POINTER_SIZE;
        enum sw_status status = read_block(map, level - 1, sw_big64(pointer), error);
        if (status != SW_OK)
            return status;
    }
    return level == 0 ? SW_OK : SW_END;
}

static enum sw_status read_record(struct sw_xfs_map *map, const uint8_t *record,
                                  struct sw_xfs_extent *extent, struct sw_error *error)
{
    const struct sw_xfs_geometry *geometry = &map->image->geometry;
    uint64_t high = sw_big64(record);
    uint64_t low = sw_big64(record + 8);
    *extent = (struct sw_xfs_extent){
        .offset = high >> 9 & ((UINT64_C(1) << 54) - 1),
        .count = low & ((UINT64_C(1) << 21) - 1),
        .unwritten = high >> 63 != 0,
    };
    uint64_t start = (high & 0x1ff) << 43 | low >> 21;
    if (extent->count == 0 || extent->offset < map->end ||
        extent->offset > (UINT64_C(1) << 63 >> geometry->block_log) - extent->count)
        return lost(map, error, "the extents of a file are not in order");
    map->end = extent->offset + extent->count;
    if (map->inode->realtime)
        return SW_OK;
    if (!sw_xfs_place(geometry, start, extent->count, &extent->at))
        return lost(map, error, "an extent would lie outside of the file system");
    map->mapped += extent->count;
    if (map->mapped > geometry->block_count && !map->inode->reflink)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "a file has more blocks than the file system");
    return SW_OK;
}

enum sw_status sw_xfs_map_next(struct sw_xfs_map *map, struct sw_xfs_extent *extent,
                               struct sw_error *error)
{
    while (map->index == map->count) {
        enum sw_status status = map->depth == 0 ? SW_END : next_leaf(map, error);
        if (status != SW_OK)
            return status;
    }
    return read_record(map, map->records + map->index++ * RECORD_SIZE, extent, error);
}

void sw_xfs_map_done(struct sw_xfs_map *map)
{
    for (size_t i = 0; i <= SW_XFS_DEPTH_MAX; i++)
        free(map->levels[i].block);
    *map = (struct sw_xfs_map){.image = NULL};
}
