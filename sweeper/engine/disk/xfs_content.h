/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs_content.h - private to the XFS source: the content of a file, and the target of a
 * symbolic link.
 *
 * Runs in:  engine workers.
 * Threads:  one content, one thread.
 * Owns:     init takes what done gives back. A piece borrows from the content, or from the
 *           inode, until the next one.
 * Trusts:   nothing. No more than SW_XFS_PIECE bytes are held.
 * Fails:    as read() of source.h has it; what cannot be read is a hole, and is told once
 *           a file.
 */
#ifndef SWEEPER_ENGINE_DISK_XFS_CONTENT_H
#define SWEEPER_ENGINE_DISK_XFS_CONTENT_H

#include "sweeper/source.h"
#include "xfs_image.h"

#define SW_XFS_PIECE ((size_t)1 << 20) /* bytes that are read at a time */

struct sw_xfs_content {
    struct sw_xfs *image;
    const struct sw_xfs_inode *inode; /* NULL: of none, or all was read */
    struct sw_xfs_map map;
    struct sw_xfs_extent extent; /* what is left of the one that is read */
    uint64_t told;               /* the end of the last piece */
    uint64_t fine_until;         /* bytes of the image that are read in small steps */
    bool started;
    bool damaged; /* was told */
    uint8_t *data;
};

enum sw_status sw_xfs_content_init(struct sw_xfs_content *content, struct sw_xfs *image,
                                   struct sw_error *error) SW_MUST_CHECK;
void sw_xfs_content_done(struct sw_xfs_content *content);

/* Begins with a file, which must stay; NULL: with none. */
void sw_xfs_content_start(struct sw_xfs_content *content, const struct sw_xfs_inode *inode);
/* source.h: read(). */
enum sw_status sw_xfs_content_read(struct sw_xfs_content *content, struct sw_piece *piece,
                                   struct sw_error *error) SW_MUST_CHECK;

/* What a link points at, into `target`, which is cleared first. SW_PART: there is damage. */
enum sw_status sw_xfs_link(struct sw_xfs_content *content, const struct sw_xfs_inode *inode,
                           struct sw_buf *target, struct sw_error *error) SW_MUST_CHECK;

#endif
