/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk_orphans.c - records of deleted files that no name leads to. Records are walked some
 * at a time, once, and no directory is read for it.
 *
 * FAT has no records but in its directories: what looks like one in free space would have
 * to be looked for in all of it.
 */
#include "engine/disk/tsk.h"

enum { NTFS_FIRST = 24 }; /* records before it are the file system's own, or reserved */

void tsk_orphans_begin(struct tsk_orphans *orphans, TSK_FS_INFO *fs, struct sw_ref_set *named)
{
    *orphans = (struct tsk_orphans){.fs = fs, .named = named, .next = fs->first_inum};
    orphans->ended = TSK_FS_TYPE_ISFAT(fs->ftype) || TSK_FS_TYPE_ISHFS(fs->ftype);
    if (TSK_FS_TYPE_ISNTFS(fs->ftype))
        orphans->next = NTFS_FIRST;
}

static TSK_WALK_RET_ENUM on_record(TSK_FS_FILE *file, void *context)
{
    struct tsk_orphans *orphans = context;
    const TSK_FS_META *meta = file->meta;

    if (meta == NULL || meta->type != TSK_FS_META_TYPE_REG || orphans->count == TSK_ORPHANS_MAX)
        return TSK_WALK_CONT;
    orphans->rows[orphans->count++] = meta->addr;
    return TSK_WALK_CONT;
}

/* A record that cannot be read ends the walk of those that are looked for with it: then
 * they are looked at one by one. */
static void walk(struct tsk_orphans *orphans, TSK_INUM_T last)
{
    const TSK_FS_META_FLAG_ENUM flags =
        (TSK_FS_META_FLAG_ENUM)(TSK_FS_META_FLAG_UNALLOC | TSK_FS_META_FLAG_USED);
    const TSK_INUM_T first = orphans->next;

    if (tsk_fs_meta_walk(orphans->fs, first, last, flags, on_record, orphans) == 0)
        return;
    orphans->count = 0;
    for (TSK_INUM_T inode = first; inode <= last; inode++)
        (void)tsk_fs_meta_walk(orphans->fs, inode, inode, flags, on_record, orphans);
}

/* SW_END: there is nothing more to look at. */
static enum sw_status look(struct tsk_orphans *orphans)
{
    TSK_INUM_T end = orphans->fs->last_inum;

    orphans->at = orphans->count = 0;
    if (TSK_FS_TYPE_ISNTFS(orphans->fs->ftype) && end > 0)
        end--; /* the library's own directory of orphans */
    if (orphans->ended || orphans->next > end)
        return SW_END;
    const TSK_INUM_T last =
        end - orphans->next < TSK_ORPHANS_MAX ? end : orphans->next + TSK_ORPHANS_MAX - 1;
    walk(orphans, last);
    orphans->next = last + 1;
    tsk_error_reset();
    return SW_OK;
}

enum sw_status tsk_orphans_next(struct tsk_orphans *orphans, TSK_INUM_T *inode,
                                struct sw_error *error)
{
    bool is_new = false;

    while (!is_new) {
        while (orphans->at == orphans->count)
            if (look(orphans) != SW_OK)
                return SW_END;
        *inode = orphans->rows[orphans->at++];
        const enum sw_status status = sw_ref_set_add(orphans->named, *inode, &is_new, error);
        if (status != SW_OK) {
            orphans->ended = true;
            orphans->at = orphans->count;
            return status;
        }
    }
    return SW_OK;
}
