/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_image.h - an ext2, ext3 or ext4 file system in a blob: its blocks, its inodes,
 * and where the content of an inode lies.
 *
 * All that is kept is bounded: 64 blocks of metadata (16 of large ones) and eight
 * windows of inode tables, at most 3 MiB.
 *
 * Runs in:  engine workers.
 * Threads:  one file system, one thread.
 * Owns:     sw_ext_close() releases; the blob is borrowed. What points into a cache is
 *           valid until the next call that reads.
 * Trusts:   nothing. Every number is held against the super block; a lookup costs at
 *           most five reads.
 * Fails:    SW_SKIP: damaged (not what the format demands), truncated (behind the end
 *           of the image), or what the blob says.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_IMAGE_H
#define SWEEPER_ENGINE_DISK_EXT_IMAGE_H

#include "ext_super.h"
#include "sweeper/facts.h"

enum {
    SW_EXT_MAP_SIZE = 60, /* i_block */
    SW_EXT_WINDOWS = 8,
    SW_EXT_BLOCKS_MAX = 64,
    SW_EXT_GROUPS_KEPT = 64,
};

/* i_flags */
enum {
    SW_EXT_COMPRESSED = 0x200,
    SW_EXT_ENCRYPTED = 0x800,
    SW_EXT_IN_EXTENTS = 0x80000,
    SW_EXT_INLINE = 0x10000000,
};

/* Blocks that the journal holds in a newer state; see ext_journal.h. */
struct sw_ext_newer {
    uint64_t block;
    uint64_t at;  /* the block of the file system where the journal keeps it */
    bool escaped; /* its first four bytes are the journal's magic number */
};

struct sw_ext_group {
    uint32_t number;
    bool known;
    bool unused_inodes; /* no inode of it was ever written */
    bool unused_blocks; /* none of its blocks but those for metadata */
    uint64_t block_bitmap;
    uint64_t inode_bitmap;
    uint64_t inode_table;
    uint32_t inodes_unused; /* at its end, likewise */
};

struct sw_ext_window {
    uint64_t block; /* the first; UINT64_MAX: nothing */
    size_t size;    /* bytes that are there */
    uint64_t used;  /* when */
    uint8_t *data;
};

struct sw_ext {
    struct sw_blob *blob;
    struct sw_ext_super super;
    struct sw_ext_newer *newer; /* by block; NULL: none */
    size_t newer_count;
    size_t block_slots;
    uint64_t blocks[SW_EXT_BLOCKS_MAX]; /* kept; UINT64_MAX: none */
    uint8_t *block_data;
    size_t window_size;
    struct sw_ext_window windows[SW_EXT_WINDOWS];
    uint64_t clock;
    struct sw_ext_group groups[SW_EXT_GROUPS_KEPT];
    bool copied;       /* the super block is a copy */
    bool groups_wrong; /* a group descriptor was not sound, and a copy was used */
};

/* Where the content of an inode lies. */
struct sw_ext_map {
    uint8_t root[SW_EXT_MAP_SIZE];
    uint32_t inode;
    uint32_t generation;
    bool in_extents;
    bool sum_bad; /* a block of extents does not fit its checksum */
};

struct sw_ext_inode {
    uint32_t number;
    uint32_t flags;
    uint32_t dtime; /* seconds; of an orphan the next one's number */
    uint64_t size;
    struct sw_facts facts;
    struct sw_ext_map map;
    bool sum_bad;
    const uint8_t *raw; /* inode_size bytes; see above */
};

/* What a part of a file's content is. */
enum sw_ext_run_kind {
    SW_EXT_DATA,
    SW_EXT_HOLE, /* or written never */
    SW_EXT_LOST, /* nobody knows; the error says why */
};
struct sw_ext_run {
    enum sw_ext_run_kind kind;
    uint64_t count; /* blocks, at least 1 */
    uint64_t block; /* of data: the first */
};

/* --- ext_image.c ---------------------------------------------------------------- */

enum sw_status sw_ext_open(struct sw_ext *ext, struct sw_blob *blob,
                           struct sw_error *error) SW_MUST_CHECK;
void sw_ext_close(struct sw_ext *ext);
/* After .newer was set: forgets what was read before, and takes the super block of the
 * journal's, if it fits the one that was opened. */
void sw_ext_renewed(struct sw_ext *ext);
/* Bytes from byte `offset` of a block on, over as many blocks as it takes; *got is
 * less at the end of the image. */
enum sw_status sw_ext_read(struct sw_ext *ext, uint64_t block, uint64_t offset, void *out,
                           size_t size, size_t *got, struct sw_error *error) SW_MUST_CHECK;
/* A whole block of metadata. */
enum sw_status sw_ext_block(struct sw_ext *ext, uint64_t block, const uint8_t **data,
                            struct sw_error *error) SW_MUST_CHECK;
bool sw_ext_has_block(const struct sw_ext *ext, uint64_t block);
enum sw_status sw_ext_group(struct sw_ext *ext, uint32_t number, struct sw_ext_group *group,
                            struct sw_error *error) SW_MUST_CHECK;
/* Whether an inode, or a block, belongs to somebody, as the bitmaps have it. */
enum sw_status sw_ext_inode_used(struct sw_ext *ext, uint32_t number, bool *used,
                                 struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_ext_block_used(struct sw_ext *ext, uint64_t block, bool *used,
                                 struct sw_error *error) SW_MUST_CHECK;
/* "UUID (label)", for people. */
void sw_ext_name(const struct sw_ext *ext, char *text, size_t size);

/* --- ext_inode.c ----------------------------------------------------------------- */

/* Any inode, in use or not. */
enum sw_status sw_ext_inode(struct sw_ext *ext, uint32_t number, struct sw_ext_inode *inode,
                            struct sw_error *error) SW_MUST_CHECK;
/* The next inode at or behind *number, up to `end`, whose bytes say that it is a regular
 * file, in use or not: *number. False: none. *lost: some could not be read. */
bool sw_ext_inode_next(struct sw_ext *ext, uint32_t *number, uint32_t end, bool *lost);
/* The part of the content that lies in the inode: the first 60 bytes, and what the
 * extended attribute "system.data" has. `out`: SW_EXT_MAP_SIZE + inode_size bytes.
 * SW_PART: the attribute cannot be read. */
enum sw_status sw_ext_inline(const struct sw_ext *ext, const struct sw_ext_inode *inode,
                             uint8_t *out, size_t *size, struct sw_error *error) SW_MUST_CHECK;

/* --- ext_map.c -------------------------------------------------------------------- */

/* What block `logical` of the content is, and how many after it are likewise. Never
 * fails: what cannot be known is SW_EXT_LOST. */
void sw_ext_map(struct sw_ext *ext, struct sw_ext_map *map, uint64_t logical,
                struct sw_ext_run *run, struct sw_error *error);

#endif
