/* SPDX-License-Identifier: Apache-2.0 */
/* tsk_slack.c - where the blocks of a file go on behind its end. */
#include "engine/disk/tsk.h"

bool tsk_slack_of(struct tsk_slack *slack, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr)
{
    const uint64_t block = fs->block_size;

    slack->count = 0;
    slack->at = 0;
    slack->cut = false;
    if (attr == NULL || attr->size < 0 || (attr->flags & TSK_FS_ATTR_NONRES) == 0 ||
        (attr->flags & (TSK_FS_ATTR_COMP | TSK_FS_ATTR_ENC)) != 0 || block == 0)
        return false;
    uint64_t end = (uint64_t)attr->size;
    if (attr->nrd.initsize >= 0 && (uint64_t)attr->nrd.initsize < end)
        end = (uint64_t)attr->nrd.initsize;
    if (end > UINT64_MAX - attr->nrd.skiplen)
        return false;
    end += attr->nrd.skiplen;
    for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; run != NULL; run = run->next) {
        if (run->flags != TSK_FS_ATTR_RUN_FLAG_NONE || run->addr > fs->last_block ||
            run->len > fs->last_block - run->addr + 1 || run->offset > INT64_MAX / block)
            continue;
        const uint64_t from = run->offset * block;
        const uint64_t size = run->len * block;
        const uint64_t skip = end <= from ? 0 : end - from;
        slack->cut = slack->cut || (skip < size && slack->count == TSK_SLACK_RUNS_MAX);
        if (skip < size && slack->count < TSK_SLACK_RUNS_MAX)
            slack->runs[slack->count++] =
                (struct sw_place_run){(uint64_t)fs->offset + run->addr * block + skip, size - skip};
    }
    return slack->count != 0;
}

enum sw_status tsk_slack_next(void *context, struct sw_place_run *run, struct sw_error *error)
{
    struct tsk_slack *slack = context;

    if (slack->at == slack->count && slack->cut) {
        slack->cut = false;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "disk", 0,
                           "it has more than %d runs behind its end: the rest was not searched",
                           TSK_SLACK_RUNS_MAX);
    }
    if (slack->at == slack->count)
        return SW_END;
    *run = slack->runs[slack->at++];
    return SW_OK;
}
