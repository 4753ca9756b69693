/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_super.h - the super block of ext2, ext3 and ext4, and what every block number
 * depends on.
 *
 * Source of the constants: "ext4 Data Structures and Algorithms" in the kernel's
 * documentation (filesystems/ext4), and e2fsprogs' ext2_fs.h. Little-endian.
 *
 * Runs in:  engine workers.
 * Trusts:   nothing: only a geometry that agrees with itself is taken.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_SUPER_H
#define SWEEPER_ENGINE_DISK_EXT_SUPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/source.h"

enum {
    SW_EXT_SUPER_AT = 1024, /* byte of the first one, whatever the block size is */
    SW_EXT_SUPER_SIZE = 1024,
    SW_EXT_LABEL_MAX = 16,
    SW_EXT_UUID_SIZE = 16,
    SW_EXT_ROOT = 2, /* the root directory's inode */
};

/* Compatible features. */
enum { SW_EXT_HAS_JOURNAL = 0x4, SW_EXT_SPARSE_SUPER2 = 0x200, SW_EXT_ORPHAN_FILE = 0x1000 };
/* Incompatible features. */
enum {
    SW_EXT_COMPRESSION = 0x1,
    SW_EXT_FILETYPE = 0x2,
    SW_EXT_RECOVER = 0x4,
    SW_EXT_JOURNAL_DEV = 0x8,
    SW_EXT_META_BG = 0x10,
    SW_EXT_EXTENTS = 0x40,
    SW_EXT_64BIT = 0x80,
    SW_EXT_LARGEDIR = 0x4000,
    SW_EXT_CSUM_SEED = 0x2000,
    SW_EXT_INCOMPAT_KNOWN = 0x3f7df, /* the above, mmp, flex_bg, ea_inode, dirdata, inline_data,
                                        encrypt, casefold */
    SW_EXT_INCOMPAT_EXT3 = 0x16,     /* filetype, recover, meta_bg: all that ext3 has */
};
/* Features that only forbid writing. */
enum {
    SW_EXT_SPARSE_SUPER = 0x1,
    SW_EXT_GDT_CSUM = 0x10,
    SW_EXT_BIGALLOC = 0x200,
    SW_EXT_METADATA_CSUM = 0x400,
    SW_EXT_SHARED_BLOCKS = 0x4000,
    SW_EXT_RO_EXT3 = 0x7, /* sparse_super, large_file, btree_dir */
};

struct sw_ext_super {
    uint64_t block_count;
    uint32_t block_size; /* 1 to 64 KiB */
    unsigned block_shift;
    unsigned cluster_shift; /* of blocks in a cluster; 0 without bigalloc */
    uint32_t first_block;   /* where group 0 begins: 1 where a block is 1 KiB, mostly */
    uint32_t group_count;
    uint32_t group_blocks; /* of one group */
    uint32_t group_inodes;
    uint32_t inode_count;
    uint32_t inode_first; /* the first that is not reserved */
    uint32_t inode_size;
    uint32_t desc_size;
    uint32_t desc_per_block;
    uint32_t meta_bg_first; /* blocks of descriptors before this one lie together */
    uint32_t compat;
    uint32_t incompat;
    uint32_t ro_compat;
    uint32_t sum_seed;
    uint32_t journal_inode;
    uint32_t orphan_first; /* the list of inodes that were deleted while open */
    uint32_t orphan_inode; /* the file that holds such a list */
    uint32_t quota_inode;  /* of projects */
    uint32_t backups[2];   /* sparse_super2: the only groups with copies */
    uint32_t own_group;    /* where this copy says that it lies */
    bool sum_good;         /* its checksum fits; true where it has none */
    uint8_t uuid[SW_EXT_UUID_SIZE];
    char label[SW_EXT_LABEL_MAX + 1];
};

/* Reads SW_EXT_SUPER_SIZE bytes. False: no super block, or one that cannot be. */
bool sw_ext_super_read(const uint8_t *at, struct sw_ext_super *super);
/* "ext2", "ext3" or "ext4", as blkid(8) tells them apart. */
const char *sw_ext_super_kind(const struct sw_ext_super *super);
/* The best super block of the image: the first, or, where that is none, a copy in
 * another group. *copied: it is a copy. SW_DEAD: there is none. */
enum sw_status sw_ext_super_find(struct sw_blob *blob, struct sw_ext_super *super, bool *copied,
                                 struct sw_error *error) SW_MUST_CHECK;
/* Whether a group has a copy of the super block, and of the descriptors. */
bool sw_ext_super_in(const struct sw_ext_super *super, uint32_t group);
/* The first block of a group. */
uint64_t sw_ext_group_start(const struct sw_ext_super *super, uint32_t group);
/* Bits verified for the source of this kind; see source.h. */
unsigned sw_ext_super_probe(const struct sw_probe *probe, const char *kind);

/* The sum of metadata: crc32c without the last inversion. */
uint32_t sw_ext_sum(uint32_t seed, const void *data, size_t size);

#endif
