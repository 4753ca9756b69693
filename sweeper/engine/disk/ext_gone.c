/* SPDX-License-Identifier: Apache-2.0 */
/* ext_gone.c - see ext_gone.h. */
#include "ext_gone.h"

#include <stdlib.h>
#include <sys/stat.h>

enum {
    INODES_MAX = 1 << 28,
    EA_INODE = 0x200000, /* holds an extended attribute */
    CUT_MAX = 1024,      /* blocks that are looked at ahead */
    CHECKS_FACTOR = 4,   /* of all blocks: deleted files may have had the same ones */
    CHECKS_MIN = 65536,
};

void sw_ext_gone_init(struct sw_ext_gone *gone, const struct sw_ext *ext)
{
    const uint32_t count = ext->super.inode_count;

    *gone = (struct sw_ext_gone){.next = ext->super.inode_first};
    if (count < INODES_MAX)
        gone->seen = calloc((size_t)count / 8 + 1, 1);
}

void sw_ext_gone_done(struct sw_ext_gone *gone)
{
    free(gone->seen);
    gone->seen = NULL;
}

bool sw_ext_gone_see(struct sw_ext_gone *gone, const struct sw_ext *ext, uint32_t number)
{
    const uint8_t bit = (uint8_t)(1U << number % 8);

    if (gone->seen == NULL || number > ext->super.inode_count)
        return true;
    const bool is_new = (gone->seen[number / 8] & bit) == 0;
    gone->seen[number / 8] |= bit;
    return is_new;
}

static bool was_seen(const struct sw_ext_gone *gone, uint32_t number)
{
    return (gone->seen[number / 8] >> number % 8 & 1) != 0;
}

enum sw_ext_gone_kind sw_ext_gone_kind(struct sw_ext *ext, const struct sw_ext_inode *inode)
{
    const bool linked = inode->facts.link_count != 0;
    bool used = false;
    struct sw_error error;

    if (!S_ISREG(inode->facts.mode) || inode->flags & EA_INODE || inode->sum_bad ||
        inode->number == ext->super.orphan_inode || inode->number == ext->super.quota_inode ||
        sw_ext_inode_used(ext, inode->number, &used, &error) != SW_OK)
        return SW_EXT_NOT_GONE;
    if (used)
        return linked ? SW_EXT_NAMELESS : SW_EXT_HELD_OPEN;
    return !linked || inode->dtime != 0 ? SW_EXT_DELETED : SW_EXT_NOT_GONE;
}

bool sw_ext_gone_next(struct sw_ext_gone *gone, struct sw_ext *ext, struct sw_ext_inode *inode,
                      enum sw_ext_gone_kind *kind)
{
    const uint32_t end = ext->super.inode_count;
    struct sw_error error;

    for (; gone->seen != NULL && sw_ext_inode_next(ext, &gone->next, end, &gone->lost);
         gone->next++) {
        if (was_seen(gone, gone->next) || sw_ext_inode(ext, gone->next, inode, &error) != SW_OK)
            continue;
        *kind = sw_ext_gone_kind(ext, inode);
        if (*kind == SW_EXT_NOT_GONE)
            continue;
        gone->next++;
        return true;
    }
    return false;
}

static bool is_used(struct sw_ext *ext, uint64_t block)
{
    struct sw_error error;
    bool used = false;

    return sw_ext_block_used(ext, block, &used, &error) != SW_OK || used;
}

const char *sw_ext_gone_recovery(struct sw_ext_gone *gone, struct sw_ext *ext,
                                 const struct sw_ext_inode *inode)
{
    const uint64_t most = CHECKS_FACTOR * ext->super.block_count + CHECKS_MIN;
    const uint64_t end = (inode->size >> ext->super.block_shift) +
                         ((inode->size & (ext->super.block_size - 1)) != 0);
    struct sw_ext_map map = inode->map;
    uint64_t own = 0;
    uint64_t others = 0;
    uint64_t logical = 0;

    if (inode->flags & SW_EXT_INLINE)
        return inode->size != 0 ? "full" : NULL;
    while (logical < end && gone->checked <= most) {
        struct sw_ext_run run;
        struct sw_error error;
        sw_ext_map(ext, &map, logical, &run, &error);
        logical += run.count;
        gone->checked++;
        others += run.kind == SW_EXT_LOST;
        if (run.kind != SW_EXT_DATA)
            continue;
        gone->checked += run.count;
        for (uint64_t i = 0; i < run.count; i++)
            if (is_used(ext, run.block + i))
                others++;
            else
                own++;
    }
    gone->too_much = gone->too_much || gone->checked > most;
    if (gone->too_much || own + others == 0)
        return NULL;
    return others == 0 ? "full" : own != 0 ? "partial" : "overwritten";
}

void sw_ext_gone_cut(struct sw_ext *ext, struct sw_ext_run *run)
{
    const bool used = is_used(ext, run->block);
    uint64_t count = 1;

    while (count < run->count && count < CUT_MAX && is_used(ext, run->block + count) == used)
        count++;
    run->count = count;
    if (used)
        run->kind = SW_EXT_HOLE;
}
