/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs_directory.h - private to the XFS source: the names in a directory.
 *
 * A directory is read in chunks, from its data blocks only: what indexes them is not
 * needed, and may be damaged.
 *
 * Runs in:  engine workers.
 * Threads:  one reader, one thread.
 * Owns:     init takes what done gives back.
 * Trusts:   nothing. A block of a directory is read once, whoever has it, so that
 *           there are never more names than the image has bytes for.
 * Fails:    SW_PART: some names are lost, and the error says why. What is there was added.
 */
#ifndef SWEEPER_ENGINE_DISK_XFS_DIRECTORY_H
#define SWEEPER_ENGINE_DISK_XFS_DIRECTORY_H

#include "engine/disk/fs_walk.h"
#include "engine/source/ref_set.h"
#include "xfs_image.h"

struct sw_xfs_reader {
    struct sw_xfs *image;
    struct sw_xfs_map map;
    struct sw_ref_set blocks; /* that were read */
    uint8_t *block;           /* of a directory: SW_XFS_BLOCK_MAX bytes */
};

enum sw_status sw_xfs_reader_init(struct sw_xfs_reader *reader, struct sw_xfs *image,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_xfs_reader_done(struct sw_xfs_reader *reader);

/* Adds the next names of a directory, without "." and "..". *from: 0 for the first chunk;
 * where the next one begins, UINT64_MAX when there is none. */
enum sw_status sw_xfs_list(struct sw_xfs_reader *reader, const struct sw_xfs_inode *inode,
                           uint64_t *from, struct fs_listing *listing,
                           struct sw_error *error) SW_MUST_CHECK;

#endif
