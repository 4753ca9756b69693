/* SPDX-License-Identifier: Apache-2.0 */
/* ext_raw.c - reads block bitmaps, a group's at a time. */
#include "ext_raw.h"

void sw_ext_free_begin(struct sw_ext_free *list, struct sw_ext *ext)
{
    list->ext = ext;
    list->next = ext->super.first_block;
    list->count = 0;
    list->at = 0;
}

/* False: no room. */
static bool add(struct sw_ext_free *list, uint64_t block, uint64_t count)
{
    const unsigned shift = list->ext->super.block_shift;
    const struct sw_place_run run = {block << shift, count << shift};
    struct sw_place_run *last = list->count != 0 ? &list->runs[list->count - 1] : NULL;

    if (last != NULL && last->at + last->size == run.at)
        last->size += run.size;
    else if (list->count < SW_EXT_FREE_RUNS_MAX)
        list->runs[list->count++] = run;
    else
        return false;
    list->next = block + count;
    return true;
}

static bool is_used(const uint8_t *bitmap, uint64_t bit)
{
    return (bitmap[bit / 8] & 1U << bit % 8) != 0;
}

/* Free blocks of one group, from list->next up to `end`; a bit is a cluster. */
static void add_group(struct sw_ext_free *list, const uint8_t *bitmap, uint64_t start, uint64_t end)
{
    const unsigned shift = list->ext->super.cluster_shift;
    const uint64_t step = (uint64_t)1 << shift;

    while (list->next < end) {
        const uint64_t bit = (list->next - start) >> shift;
        uint64_t count = step - ((list->next - start) & (step - 1));
        /* Eight that are alike at a time. */
        if (bit % 8 == 0 && count == step && (bitmap[bit / 8] == 0 || bitmap[bit / 8] == 0xff))
            count = 8 * step;
        if (count > end - list->next)
            count = end - list->next;
        if (is_used(bitmap, bit))
            list->next += count;
        else if (!add(list, list->next, count))
            return;
    }
}

/* Runs of the group that comes next, or of what is left of it. */
static enum sw_status ask(struct sw_ext_free *list, struct sw_error *error)
{
    const struct sw_ext_super *super = &list->ext->super;
    const uint8_t *bitmap = NULL;
    struct sw_ext_group group;

    list->count = 0;
    list->at = 0;
    if (list->next >= super->block_count)
        return SW_END;
    const uint64_t number = (list->next - super->first_block) / super->group_blocks;
    const uint64_t start = super->first_block + number * super->group_blocks;
    const uint64_t left = super->block_count - start;
    const uint64_t end = start + (left < super->group_blocks ? left : super->group_blocks);
    enum sw_status status = sw_ext_group(list->ext, (uint32_t)number, &group, error);
    if (status == SW_OK && group.unused_blocks) {
        (void)add(list, list->next, end - list->next);
        return SW_OK;
    }
    if (status == SW_OK)
        status = sw_ext_block(list->ext, group.block_bitmap, &bitmap, error);
    /* A bitmap is one block, and has a bit for each cluster of the group. */
    if (status == SW_OK &&
        super->group_blocks >> super->cluster_shift > (uint64_t)super->block_size * 8)
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "ext", 0,
                             "a group has more blocks than its bitmap");
    if (status != SW_OK) {
        list->next = end;
        return SW_SKIP;
    }
    add_group(list, bitmap, start, end);
    return SW_OK;
}

enum sw_status sw_ext_free_next(void *context, struct sw_place_run *run, struct sw_error *error)
{
    struct sw_ext_free *list = context;

    while (list->at == list->count) {
        const enum sw_status status = ask(list, error);
        if (status != SW_OK)
            return status;
    }
    *run = list->runs[list->at++];
    return SW_OK;
}

/* What lies behind the end of an inode's content; false: nothing. */
static bool find_slack(struct sw_ext *ext, const struct sw_ext_inode *inode,
                       struct sw_place_run *run)
{
    const unsigned shift = ext->super.block_shift;
    const uint64_t used = inode->size & (ext->super.block_size - 1);
    struct sw_ext_map map = inode->map;
    struct sw_ext_run last;
    struct sw_error error;

    if (used == 0 || inode->flags & (SW_EXT_INLINE | SW_EXT_ENCRYPTED | SW_EXT_COMPRESSED))
        return false;
    sw_ext_map(ext, &map, inode->size >> shift, &last, &error);
    if (last.kind != SW_EXT_DATA || last.block >= ext->super.block_count)
        return false;
    *run = (struct sw_place_run){(last.block << shift) + used, ext->super.block_size - used};
    return true;
}

/* --- members -------------------------------------------------------------------------- */

void sw_ext_raw_init(struct sw_ext_raw *raw, const struct sw_source_setup *setup)
{
    *raw = (struct sw_ext_raw){.slack = setup->slack, .unallocated = setup->unallocated};
}

void sw_ext_raw_done(struct sw_ext_raw *raw)
{
    sw_raw_windows_done(&raw->windows);
}

void sw_ext_raw_file(struct sw_ext_raw *raw, struct sw_ext *ext, const struct sw_ext_inode *inode)
{
    raw->tail_inode = inode->number;
    if (!raw->slack || !find_slack(ext, inode, &raw->tail))
        raw->tail.size = 0;
}

static enum sw_status next_tail(void *context, struct sw_place_run *run, struct sw_error *error)
{
    struct sw_ext_raw *raw = context;

    (void)error;
    *run = raw->tail;
    raw->tail.size = 0;
    return run->size != 0 ? SW_OK : SW_END;
}

static enum sw_status too_long(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "ext", 0,
                       "a path is longer than any system allows");
}

enum sw_status sw_ext_raw_slack(struct sw_ext_raw *raw, struct sw_ext *ext, struct sw_buf *path,
                                struct sw_member *member, struct sw_error *error)
{
    if (raw->tail.size == 0)
        return SW_END;
    sw_raw_windows_begin(&raw->windows, ext->blob, next_tail, raw);
    const enum sw_status status = sw_raw_windows_next(&raw->windows, member, error);
    raw->tail.size = 0;
    if (status != SW_OK)
        return status == SW_END ? SW_END : SW_SKIP;
    if (sw_buf_append_text(path, ":slack") != SW_OK)
        return too_long(error);
    member->name = sw_buf_view(path);
    member->facts.inode = raw->tail_inode;
    return SW_OK;
}

enum sw_status sw_ext_raw_free(struct sw_ext_raw *raw, struct sw_ext *ext, struct sw_buf *path,
                               struct sw_member *member, struct sw_error *error)
{
    if (!raw->unallocated)
        return SW_END;
    if (!raw->free_begun) {
        raw->free_begun = true;
        sw_ext_free_begin(&raw->free_runs, ext);
        sw_raw_windows_begin(&raw->windows, ext->blob, sw_ext_free_next, &raw->free_runs);
    }
    const enum sw_status status = sw_raw_windows_next(&raw->windows, member, error);
    if (status != SW_OK)
        return status;
    sw_buf_clear(path);
    if (sw_buf_append_text(path, "/$Unallocated/") != SW_OK ||
        sw_buf_append(path, member->name.data, member->name.size) != SW_OK)
        return too_long(error);
    member->name = sw_buf_view(path);
    return SW_OK;
}
