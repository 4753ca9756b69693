/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk_free.c - blocks that nobody has: asked of the library some at a time, without
 * their content, and put together to runs; and which deleted file had them.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/disk/tsk.h"
#include "sweeper/rows.h"

#define ASKED_MAX ((TSK_DADDR_T)1 << 20) /* blocks that are asked about at a time */

enum {
    FORMER_ROWS_MAX = 1 << 18,   /* runs of deleted files that are remembered */
    FORMER_PATHS_MAX = 16 << 20, /* bytes of their paths */
};

/* --- free blocks ------------------------------------------------------------------- */

void tsk_free_begin(struct tsk_free *list, struct tsk_image *image, TSK_FS_INFO *fs)
{
    list->image = image;
    list->fs = fs;
    list->next = fs->first_block;
    list->ended = false;
    list->count = 0;
    list->at = 0;
}

static TSK_WALK_RET_ENUM on_block(const TSK_FS_BLOCK *block, void *context)
{
    struct tsk_free *list = context;
    const uint64_t size = list->fs->block_size;
    const uint64_t at = block->addr * size;
    struct sw_place_run *last = list->count != 0 ? &list->runs[list->count - 1] : NULL;

    if (last != NULL && last->at + last->size == at) {
        last->size += size;
        return TSK_WALK_CONT;
    }
    if (list->count == TSK_FREE_RUNS_MAX) {
        list->stopped = block->addr;
        return TSK_WALK_STOP;
    }
    list->runs[list->count++] = (struct sw_place_run){at, size};
    return TSK_WALK_CONT;
}

/* Runs of the blocks that come next. */
static enum sw_status ask(struct tsk_free *list, struct sw_error *error)
{
    const TSK_DADDR_T last = list->fs->last_block_act;

    list->count = 0;
    list->at = 0;
    if (list->next > last || list->fs->block_size == 0 || last > INT64_MAX / list->fs->block_size) {
        list->ended = true;
        return SW_END;
    }
    const TSK_DADDR_T end = last - list->next < ASKED_MAX ? last : list->next + ASKED_MAX - 1;
    list->stopped = end + 1;
    if (tsk_fs_block_walk(list->fs, list->next, end,
                          (TSK_FS_BLOCK_WALK_FLAG_ENUM)(TSK_FS_BLOCK_WALK_FLAG_UNALLOC |
                                                        TSK_FS_BLOCK_WALK_FLAG_AONLY),
                          on_block, list) != 0) {
        list->ended = true;
        return tsk_fail(list->image, SW_DEAD, SW_GAP_DAMAGED,
                        "which of its blocks are free cannot be read", error);
    }
    list->next = list->stopped;
    return SW_OK;
}

enum sw_status tsk_free_next(void *context, struct sw_place_run *run, struct sw_error *error)
{
    struct tsk_free *list = context;

    while (list->at == list->count) {
        const enum sw_status status = list->ended ? SW_END : ask(list, error);
        if (status != SW_OK)
            return status;
    }
    *run = list->runs[list->at++];
    run->at += (uint64_t)list->fs->offset;
    return SW_OK;
}

/* --- who had them ------------------------------------------------------------------- */

struct tsk_former_row {
    uint64_t start; /* bytes in the volume */
    uint64_t end;
    size_t path; /* in former->paths */
    size_t path_size;
};

void tsk_former_init(struct tsk_former *former)
{
    *former = (struct tsk_former){0};
    sw_buf_init(&former->paths, FORMER_PATHS_MAX);
}

void tsk_former_done(struct tsk_former *former)
{
    free(former->rows);
    former->rows = NULL;
    sw_buf_done(&former->paths);
}

void tsk_former_note(struct tsk_former *former, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr,
                     struct sw_view path)
{
    const uint64_t block = fs->block_size;
    const size_t at = former->paths.size;

    if (attr == NULL || (attr->flags & TSK_FS_ATTR_NONRES) == 0 ||
        sw_buf_append(&former->paths, path.data, path.size) != SW_OK)
        return;
    for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; run != NULL; run = run->next) {
        if (run->flags != TSK_FS_ATTR_RUN_FLAG_NONE || run->addr > fs->last_block ||
            run->len > fs->last_block - run->addr + 1 || former->count >= FORMER_ROWS_MAX ||
            !sw_rows_grow(&former->rows, &former->room, former->count + 1, sizeof(*former->rows)))
            continue;
        former->rows[former->count++] = (struct tsk_former_row){
            run->addr * block, (run->addr + run->len) * block, at, path.size};
        former->sorted = false;
    }
}

static int compare(const void *left, const void *right)
{
    const struct tsk_former_row *a = left;
    const struct tsk_former_row *b = right;

    return a->start < b->start ? -1 : a->start > b->start;
}

/* Of several the one whose run begins last. */
struct sw_view tsk_former_of(void *context, uint64_t at)
{
    enum { BACK_MAX = 64 }; /* runs that are looked at: those of deleted files may overlap */
    struct tsk_former *former = context;
    size_t low = 0;
    size_t high = former->count;

    if (!former->sorted && former->count != 0)
        qsort(former->rows, former->count, sizeof(*former->rows), compare);
    former->sorted = true;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (former->rows[middle].start <= at)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && low - i < BACK_MAX; i--) {
        const struct tsk_former_row *row = &former->rows[i - 1];
        if (at < row->end)
            return (struct sw_view){former->paths.data + row->path, row->path_size};
    }
    return (struct sw_view){0};
}
