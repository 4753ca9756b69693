/* SPDX-License-Identifier: Apache-2.0 */
/* ext_dir.c - see ext_dir.h. */
#include "ext_dir.h"

#include <inttypes.h>
#include <string.h>

#include "engine/source/bytes.h"

#define ROOM "ext"

enum {
    HEAD_SIZE = 8,
    TAIL_SIZE = 12, /* an entry without a name, and the block's checksum */
    TAIL_TYPE = 0xde,
    INLINE_FIRST = 4, /* behind the parent's number */
    LARGE_BLOCK = 65536,
};

void sw_ext_dir_open(const struct sw_ext *ext, const struct sw_ext_inode *inode,
                     struct sw_ext_dir *dir)
{
    const uint64_t mask = ext->super.block_size - 1;

    *dir = (struct sw_ext_dir){
        .map = inode->map,
        .is_inline = (inode->flags & SW_EXT_INLINE) != 0,
        .block_count = (inode->size >> ext->super.block_shift) + ((inode->size & mask) != 0),
    };
}

/* ---- blocks ------------------------------------------------------------------------ */

static enum sw_status inline_block(struct sw_ext *ext, struct sw_ext_dir *dir, uint8_t *scratch,
                                   struct sw_view *block, struct sw_error *error)
{
    struct sw_ext_inode inode;
    size_t size = 0;

    if (dir->block > 1)
        return SW_END;
    const bool first = dir->block++ == 0;
    enum sw_status status = sw_ext_inode(ext, dir->map.inode, &inode, error);
    if (status == SW_OK)
        status = sw_ext_inline(ext, &inode, scratch, &size, error);
    if (status != SW_OK && (!first || status != SW_PART))
        return SW_SKIP;
    *block = first ? (struct sw_view){scratch + INLINE_FIRST, SW_EXT_MAP_SIZE - INLINE_FIRST}
                   : (struct sw_view){scratch + SW_EXT_MAP_SIZE, size - SW_EXT_MAP_SIZE};
    return SW_OK;
}

static bool sum_fits(const struct sw_ext *ext, const struct sw_ext_dir *dir, const uint8_t *data)
{
    const uint8_t *tail = data + ext->super.block_size - TAIL_SIZE;
    uint8_t words[8];

    if (!(ext->super.ro_compat & SW_EXT_METADATA_CSUM) || sw_little32(tail) != 0 ||
        sw_little16(tail + 4) != TAIL_SIZE || tail[6] != 0 || tail[7] != TAIL_TYPE)
        return true;
    for (unsigned i = 0; i < 4; i++) {
        words[i] = (uint8_t)(dir->map.inode >> 8 * i);
        words[4 + i] = (uint8_t)(dir->map.generation >> 8 * i);
    }
    uint32_t sum = sw_ext_sum(ext->super.sum_seed, words, sizeof words);
    return sw_ext_sum(sum, data, ext->super.block_size - TAIL_SIZE) == sw_little32(tail + 8);
}

enum sw_status sw_ext_dir_block(struct sw_ext *ext, struct sw_ext_dir *dir, uint8_t *scratch,
                                struct sw_view *block, struct sw_error *error)
{
    const uint8_t *data = NULL;

    if (dir->is_inline)
        return inline_block(ext, dir, scratch, block, error);
    while (dir->block < dir->block_count) {
        struct sw_ext_run run;
        if (dir->looked++ > 2 * ext->super.block_count) {
            dir->block = dir->block_count;
            return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                               "more blocks than the file system has");
        }
        sw_ext_map(ext, &dir->map, dir->block, &run, error);
        dir->block += run.kind == SW_EXT_DATA ? 1 : run.count;
        if (run.kind == SW_EXT_LOST)
            return SW_SKIP;
        if (run.kind == SW_EXT_HOLE)
            continue;
        enum sw_status status = sw_ext_block(ext, run.block, &data, error);
        *block = (struct sw_view){data, ext->super.block_size};
        if (status != SW_OK || dir->sum_told || sum_fits(ext, dir, data))
            return status;
        dir->sum_told = true;
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0,
                           "a block does not fit its checksum");
    }
    return SW_END;
}

/* ---- entries ----------------------------------------------------------------------- */

/* Of blocks of 64 KiB the size of an entry has more than 16 bits. */
static size_t entry_size(const struct sw_ext *ext, const uint8_t *at)
{
    const uint32_t size = sw_little16(at + 4);

    if (ext->super.block_size < LARGE_BLOCK)
        return size;
    if (size == UINT16_MAX || size == 0)
        return ext->super.block_size;
    return (size & 0xfffc) | (size & 3) << 16;
}

static bool is_dots(const uint8_t *name, size_t size)
{
    return (size == 1 && name[0] == '.') || (size == 2 && name[0] == '.' && name[1] == '.');
}

enum sw_status sw_ext_dir_entry(const struct sw_ext *ext, struct sw_view block, size_t *at,
                                struct sw_ext_entry *entry, struct sw_error *error)
{
    while (block.size - *at >= HEAD_SIZE) {
        const uint8_t *head = block.data + *at;
        const size_t size = entry_size(ext, head);
        const size_t name_size = head[6];
        const uint32_t inode = sw_little32(head);
        if (size < HEAD_SIZE + 4 || size % 4 != 0 || size > block.size - *at ||
            (inode != 0 &&
             (name_size == 0 || name_size > size - HEAD_SIZE || inode > ext->super.inode_count))) {
            const size_t lost = *at;
            *at = block.size;
            return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                               "an entry at byte %zu of a block is damaged", lost);
        }
        *at += size;
        if (inode == 0 || is_dots(head + HEAD_SIZE, name_size))
            continue;
        *entry = (struct sw_ext_entry){
            .inode = inode,
            .type = ext->super.incompat & SW_EXT_FILETYPE ? head[7] & 0xf : SW_EXT_TYPE_UNKNOWN,
            .name = {head + HEAD_SIZE, name_size},
        };
        return SW_OK;
    }
    *at = block.size;
    return SW_END;
}

/* ---- entries that are gone ----------------------------------------------------------- */

/* The room that an entry takes that has this name. */
static size_t taken(size_t name_size)
{
    return (HEAD_SIZE + name_size + 3) & ~(size_t)3;
}

/* Whether there may have been an entry, whose name ends before `end`. */
static bool was_entry(const struct sw_ext *ext, struct sw_view block, size_t at, size_t end)
{
    const uint8_t *head = block.data + at;
    const uint32_t inode = sw_little32(head);
    const size_t name_size = head[6];
    const size_t size = entry_size(ext, head);
    const unsigned type_max = ext->super.incompat & SW_EXT_FILETYPE ? 7 : 0;

    return inode >= ext->super.inode_first && inode <= ext->super.inode_count && name_size != 0 &&
           taken(name_size) <= end - at && size >= taken(name_size) && size % 4 == 0 &&
           size <= block.size - at && head[7] <= type_max &&
           memchr(head + HEAD_SIZE, '\0', name_size) == NULL &&
           memchr(head + HEAD_SIZE, '/', name_size) == NULL &&
           !is_dots(head + HEAD_SIZE, name_size);
}

bool sw_ext_dir_gone(const struct sw_ext *ext, struct sw_view block, size_t *at, size_t *gap_end,
                     struct sw_ext_entry *entry)
{
    for (;;) {
        for (; *at<*gap_end && * gap_end - *at> HEAD_SIZE; *at += 4) {
            const uint8_t *head = block.data + *at;
            if (!was_entry(ext, block, *at, *gap_end))
                continue;
            *entry = (struct sw_ext_entry){
                .inode = sw_little32(head), .type = head[7], .name = {head + HEAD_SIZE, head[6]}};
            *at += taken(head[6]);
            return true;
        }
        *at = *gap_end;
        if (block.size - *at < HEAD_SIZE)
            return false;
        const uint8_t *head = block.data + *at;
        const size_t size = entry_size(ext, head);
        if (size < HEAD_SIZE + 4 || size % 4 != 0 || size > block.size - *at)
            return false;
        *gap_end = *at + size;
        *at += sw_little32(head) == 0 ? 4 : taken(head[6]);
        if (*at > *gap_end)
            *at = *gap_end;
    }
}
