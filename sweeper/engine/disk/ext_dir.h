/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_dir.h - the entries of one directory, block by block, in the order of the disk.
 * Blocks of an index of hashes look empty, as they do to systems that know of none.
 *
 * Runs in:  engine workers.
 * Trusts:   nothing: an entry that cannot be ends its block, and is told.
 * Fails:    SW_PART: a block, and its checksum does not fit (told once a directory).
 *           SW_SKIP: a block, or the rest of one, is lost; the next call goes on.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_DIR_H
#define SWEEPER_ENGINE_DISK_EXT_DIR_H

#include "ext_image.h"

enum {
    SW_EXT_TYPE_UNKNOWN = 0,
    SW_EXT_TYPE_FILE = 1,
    SW_EXT_TYPE_DIRECTORY = 2,
    SW_EXT_NAME_MAX = 255,
};

/* A place in a directory. */
struct sw_ext_dir {
    struct sw_ext_map map;
    uint64_t block_count; /* by its size */
    uint64_t block;       /* the one that is read next */
    uint64_t looked;      /* parts of it that were asked for */
    bool is_inline;       /* its entries lie in the inode: as if in two blocks */
    bool sum_told;
};

struct sw_ext_entry {
    uint32_t inode;
    uint8_t type; /* SW_EXT_TYPE_UNKNOWN where entries have none */
    struct sw_view name;
};

void sw_ext_dir_open(const struct sw_ext *ext, const struct sw_ext_inode *inode,
                     struct sw_ext_dir *dir);
/* The next block with entries, valid until the next call that reads. `scratch`:
 * SW_EXT_MAP_SIZE + inode_size bytes. SW_END: no more. */
enum sw_status sw_ext_dir_block(struct sw_ext *ext, struct sw_ext_dir *dir, uint8_t *scratch,
                                struct sw_view *block, struct sw_error *error) SW_MUST_CHECK;
/* The entry at *at, which goes on behind it; those that are in use, without "." and
 * "..". SW_END: the end of the block. SW_SKIP: the rest of it makes no sense. */
enum sw_status sw_ext_dir_entry(const struct sw_ext *ext, struct sw_view block, size_t *at,
                                struct sw_ext_entry *entry, struct sw_error *error) SW_MUST_CHECK;
/* The next entry of a block that is not in use any more, and still there: behind one
 * that is, or in place of one. *at and *gap_end begin as 0. False: there is none. What
 * comes looks like an entry, and may be none. */
bool sw_ext_dir_gone(const struct sw_ext *ext, struct sw_view block, size_t *at, size_t *gap_end,
                     struct sw_ext_entry *entry);

#endif
