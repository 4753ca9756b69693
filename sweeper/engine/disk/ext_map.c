/* SPDX-License-Identifier: Apache-2.0 */
/* ext_map.c - from blocks of a file to blocks of the file system: extents, or blocks
 * of pointers; see ext_image.h. */
#include <inttypes.h>
#include <string.h>

#include "engine/source/bytes.h"
#include "ext_image.h"

#define ROOM "ext"

enum {
    EXTENT_MAGIC = 0xf30a,
    EXTENT_SIZE = 12,
    EXTENT_DEPTH_MAX = 5,
    EXTENT_COUNT_MAX = 32768, /* more: so many less, and never written */
    DIRECT = 12,              /* pointers in the inode before the three to blocks of pointers */
};

static void lose(struct sw_ext_run *run, uint64_t count)
{
    *run = (struct sw_ext_run){.kind = SW_EXT_LOST, .count = count};
}

static void lose_for(struct sw_ext_run *run, uint64_t count, const struct sw_ext_map *map,
                     const char *what, struct sw_error *error)
{
    lose(run, count);
    (void)sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0, "inode %" PRIu32 ": %s", map->inode,
                      what);
}

/* A run of data, or as much of it as the file system has room for. */
static void take(const struct sw_ext *ext, const struct sw_ext_map *map, uint64_t block,
                 uint64_t count, struct sw_ext_run *run, struct sw_error *error)
{
    if (!sw_ext_has_block(ext, block)) {
        lose_for(run, count, map, "its content lies where no block is", error);
        return;
    }
    const uint64_t left = ext->super.block_count - block;
    *run = (struct sw_ext_run){
        .kind = SW_EXT_DATA, .count = count < left ? count : left, .block = block};
}

/* ---- extents -------------------------------------------------------------------------- */

struct node {
    const uint8_t *entries;
    uint32_t count;
    uint32_t depth; /* 0: a leaf */
};

static bool read_node(const uint8_t *at, size_t size, struct node *node)
{
    const uint32_t most = sw_little16(at + 4);

    *node = (struct node){at + EXTENT_SIZE, sw_little16(at + 2), sw_little16(at + 6)};
    return sw_little16(at) == EXTENT_MAGIC && node->count <= most &&
           most <= (size - EXTENT_SIZE) / EXTENT_SIZE && node->depth <= EXTENT_DEPTH_MAX;
}

/* How many entries begin at or before this block; they are in order. */
static uint32_t entries_until(const struct node *node, uint64_t logical)
{
    uint32_t low = 0;
    uint32_t high = node->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (sw_little32(node->entries + (size_t)middle * EXTENT_SIZE) <= logical)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The blocks from this one to where entry `index` begins, or to `end`. */
static uint64_t until_entry(const struct node *node, uint32_t index, uint64_t logical, uint64_t end)
{
    if (index < node->count) {
        const uint64_t start = sw_little32(node->entries + (size_t)index * EXTENT_SIZE);
        if (start < end)
            end = start;
    }
    return end > logical ? end - logical : 1;
}

static void read_leaf(const struct sw_ext *ext, const struct sw_ext_map *map,
                      const struct node *node, uint64_t logical, uint64_t end,
                      struct sw_ext_run *run, struct sw_error *error)
{
    const uint32_t index = entries_until(node, logical);

    *run =
        (struct sw_ext_run){.kind = SW_EXT_HOLE, .count = until_entry(node, index, logical, end)};
    if (index == 0)
        return;
    const uint8_t *at = node->entries + (size_t)(index - 1) * EXTENT_SIZE;
    const uint32_t step = (uint32_t)(logical - sw_little32(at));
    uint32_t count = sw_little16(at + 4);
    const bool written = count <= EXTENT_COUNT_MAX;
    count -= written ? 0 : EXTENT_COUNT_MAX;
    if (step >= count)
        return;
    if (!written)
        run->count = count - step;
    else
        take(ext, map, (sw_little32(at + 8) | (uint64_t)sw_little16(at + 6) << 32) + step,
             count - step, run, error);
}

/* The sum stands behind as many entries as there is room for. */
static bool node_sum_fits(const struct sw_ext *ext, const struct sw_ext_map *map,
                          const uint8_t *data)
{
    const size_t tail = EXTENT_SIZE + (size_t)sw_little16(data + 4) * EXTENT_SIZE;
    uint8_t words[8];

    if (!(ext->super.ro_compat & SW_EXT_METADATA_CSUM) || tail + 4 > ext->super.block_size)
        return true;
    for (unsigned i = 0; i < 4; i++) {
        words[i] = (uint8_t)(map->inode >> 8 * i);
        words[4 + i] = (uint8_t)(map->generation >> 8 * i);
    }
    uint32_t sum = sw_ext_sum(ext->super.sum_seed, words, sizeof words);
    return sw_ext_sum(sum, data, tail) == sw_little32(data + tail);
}

static void map_extents(struct sw_ext *ext, struct sw_ext_map *map, uint64_t logical,
                        struct sw_ext_run *run, struct sw_error *error)
{
    uint64_t end = (uint64_t)UINT32_MAX + 1;
    struct node node;
    struct node below;
    bool sound = read_node(map->root, sizeof map->root, &node);

    while (sound && node.depth > 0) {
        const uint32_t index = entries_until(&node, logical);
        end = logical + until_entry(&node, index, logical, end);
        if (index == 0) {
            *run = (struct sw_ext_run){.kind = SW_EXT_HOLE, .count = end - logical};
            return;
        }
        const uint8_t *at = node.entries + (size_t)(index - 1) * EXTENT_SIZE;
        const uint8_t *data = NULL;
        if (sw_ext_block(ext, sw_little32(at + 4) | (uint64_t)sw_little16(at + 8) << 32, &data,
                         error) != SW_OK) {
            lose(run, end - logical);
            return;
        }
        sound = read_node(data, ext->super.block_size, &below) && below.depth + 1 == node.depth;
        map->sum_bad = map->sum_bad || (sound && !node_sum_fits(ext, map, data));
        node = below;
    }
    if (sound)
        read_leaf(ext, map, &node, logical, end, run, error);
    else
        lose_for(run, end - logical, map, "where its content lies is damaged", error);
}

/* ---- blocks of pointers ------------------------------------------------------------------ */

/* The run that begins at entry `index` of `count` pointers. */
static void map_pointers(const struct sw_ext *ext, const struct sw_ext_map *map,
                         const uint8_t *pointers, uint64_t index, uint64_t count,
                         struct sw_ext_run *run, struct sw_error *error)
{
    const uint32_t first = sw_little32(pointers + index * 4);
    uint64_t same = 1;

    while (index + same < count &&
           sw_little32(pointers + (index + same) * 4) == (first == 0 ? 0 : first + same))
        same++;
    if (first == 0)
        *run = (struct sw_ext_run){.kind = SW_EXT_HOLE, .count = same};
    else
        take(ext, map, first, same, run, error);
}

static void map_indirect(struct sw_ext *ext, struct sw_ext_map *map, uint64_t logical,
                         struct sw_ext_run *run, struct sw_error *error)
{
    const unsigned shift = ext->super.block_shift - 2; /* of pointers in a block */
    const uint64_t count = UINT64_C(1) << shift;
    unsigned level = 1;

    if (logical < DIRECT) {
        map_pointers(ext, map, map->root, logical, DIRECT, run, error);
        return;
    }
    logical -= DIRECT;
    while (level <= 3 && logical >> shift * level != 0)
        logical -= UINT64_C(1) << shift * level++;
    if (level > 3) {
        *run = (struct sw_ext_run){.kind = SW_EXT_HOLE, .count = UINT32_MAX};
        return;
    }
    uint32_t pointer = sw_little32(map->root + (size_t)4 * (DIRECT - 1 + level));
    for (;; level--) {
        const uint64_t span = UINT64_C(1) << shift * level; /* blocks that hang on it */
        const uint8_t *data = NULL;
        *run = (struct sw_ext_run){.kind = SW_EXT_HOLE, .count = span - (logical & (span - 1))};
        if (pointer == 0)
            return;
        if (!sw_ext_has_block(ext, pointer)) {
            lose_for(run, run->count, map, "where its content lies is damaged", error);
            return;
        }
        if (sw_ext_block(ext, pointer, &data, error) != SW_OK) {
            run->kind = SW_EXT_LOST;
            return;
        }
        const uint64_t index = logical >> shift * (level - 1) & (count - 1);
        if (level == 1) {
            map_pointers(ext, map, data, index, count, run, error);
            return;
        }
        pointer = sw_little32(data + index * 4);
    }
}

void sw_ext_map(struct sw_ext *ext, struct sw_ext_map *map, uint64_t logical,
                struct sw_ext_run *run, struct sw_error *error)
{
    if (!map->in_extents)
        map_indirect(ext, map, logical, run, error);
    else if (logical <= UINT32_MAX)
        map_extents(ext, map, logical, run, error);
    else
        *run = (struct sw_ext_run){.kind = SW_EXT_HOLE, .count = UINT32_MAX};
}
