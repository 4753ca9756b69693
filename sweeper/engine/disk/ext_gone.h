/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_gone.h - files without a name: deleted ones whose inode still says where they lie,
 * those that were deleted while somebody had them open, and those whose directory is lost.
 *
 * ext2 and debugfs leave blocks in a deleted inode. ext3 and ext4 take them out, so that
 * of most files that Linux deletes there only a name is left.
 *
 * Runs in:  engine workers.
 * Owns:     sw_ext_gone_done() releases a bit for each inode, 32 MiB at most.
 * Trusts:   nothing: all deleted inodes together may have a few times the blocks that
 *           there are, not more.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_GONE_H
#define SWEEPER_ENGINE_DISK_EXT_GONE_H

#include "ext_image.h"

enum sw_ext_gone_kind {
    SW_EXT_NOT_GONE,  /* in use, or nothing is known of it */
    SW_EXT_DELETED,   /* its blocks are anybody's */
    SW_EXT_HELD_OPEN, /* deleted, and its blocks are its own */
    SW_EXT_NAMELESS,  /* in use, but no directory has it */
};

struct sw_ext_gone {
    uint8_t *seen;    /* a bit for each inode that was handed out; NULL: too many */
    uint32_t next;    /* inode to look at */
    uint64_t checked; /* blocks and parts of all deleted files */
    bool lost;        /* inodes could not be read */
    bool too_much;    /* they have more blocks than can be: not all were looked at */
};

/* Without memory there are no files without names, and .seen is NULL. */
void sw_ext_gone_init(struct sw_ext_gone *gone, const struct sw_ext *ext);
void sw_ext_gone_done(struct sw_ext_gone *gone);
/* Notes an inode; false: it had been noted. */
bool sw_ext_gone_see(struct sw_ext_gone *gone, const struct sw_ext *ext, uint32_t number);

/* What an inode is. */
enum sw_ext_gone_kind sw_ext_gone_kind(struct sw_ext *ext, const struct sw_ext_inode *inode);
/* The next regular file that was not noted; after the walk. */
bool sw_ext_gone_next(struct sw_ext_gone *gone, struct sw_ext *ext, struct sw_ext_inode *inode,
                      enum sw_ext_gone_kind *kind);
/* How much of a deleted file's content nobody else has: "full", "partial",
 * "overwritten"; NULL: it knows of no content. */
const char *sw_ext_gone_recovery(struct sw_ext_gone *gone, struct sw_ext *ext,
                                 const struct sw_ext_inode *inode);
/* The first part of a run of a deleted file: what belongs to somebody else by now is a
 * hole. */
void sw_ext_gone_cut(struct sw_ext *ext, struct sw_ext_run *run);

#endif
