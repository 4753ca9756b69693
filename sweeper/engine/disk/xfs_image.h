/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs_image.h - private to the XFS source: super block, geometry, blocks, inodes and
 * the map of a file's blocks.
 *
 * After "XFS Algorithms & Data Structures" (3rd edition) of the XFS developers. All
 * numbers are big-endian but checksums, which are little-endian CRC32c. Version 4 has
 * no checksums; version 5 has them, and blocks say where they lie and whose they are.
 *
 * Runs in:  engine workers.
 * Threads:  one image, one thread.
 * Owns:     sw_xfs_open() takes what sw_xfs_close() gives back, also after a failure;
 *           a map likewise. Extents and inodes are values.
 * Trusts:   nothing. Of the image's numbers only the block size (64 KiB at most) and
 *           the depth of a b-tree (SW_XFS_DEPTH_MAX) decide how much memory is taken.
 * Fails:    every function fills the error: damaged, truncated (the image ends
 *           before), unsupported, limit_memory, io_error.
 */
#ifndef SWEEPER_ENGINE_DISK_XFS_IMAGE_H
#define SWEEPER_ENGINE_DISK_XFS_IMAGE_H

#include "sweeper/blob.h"
#include "sweeper/buf.h"
#include "sweeper/facts.h"

enum {
    SW_XFS_BLOCK_MAX = 65536,
    SW_XFS_INODE_MAX = 2048,
    SW_XFS_DEPTH_MAX = 12,     /* levels of a b-tree; the kernel makes 9 at most */
    SW_XFS_LINK_MAX = 1024,    /* bytes of a symbolic link's target */
    SW_XFS_WINDOW = 32 * 1024, /* bytes of inodes that are read at a time */
};

struct sw_xfs_geometry {
    bool checksums; /* version 5 */
    bool ftype;     /* directory entries say what kind their inode is of */
    bool logs_here; /* the log is inside */
    uint32_t block_size;
    uint32_t sector_size;
    uint32_t inode_size;
    unsigned block_log;
    unsigned inode_log;
    unsigned inode_block_log;     /* inodes in a block */
    unsigned group_log;           /* bits of a block's number in its group */
    unsigned directory_block_log; /* blocks in a block of a directory */
    uint32_t group_blocks;
    uint32_t group_count;
    uint64_t block_count;
    uint64_t root;
    uint64_t log_start;
    uint32_t log_blocks;
    uint32_t unknown; /* incompatible features that this does not know */
    uint8_t uuid[16];
    uint8_t label[12];
};

struct sw_xfs {
    struct sw_blob *blob;
    struct sw_xfs_geometry geometry;
    bool super_damaged; /* the first super block is not sound; what is known is from it or a copy */
    uint8_t *window;    /* inodes, SW_XFS_WINDOW bytes */
    uint64_t window_at;
    size_t window_size;
};

enum sw_xfs_format { SW_XFS_DEVICE = 0, SW_XFS_LOCAL = 1, SW_XFS_EXTENTS = 2, SW_XFS_BTREE = 3 };

struct sw_xfs_inode {
    uint64_t number;
    unsigned format; /* of the data fork: enum sw_xfs_format, or something else */
    bool realtime;   /* its content lies on another device */
    bool reflink;    /* its blocks may be others' too */
    uint64_t extent_count;
    size_t fork_at; /* the data fork, in raw */
    size_t fork_size;
    struct sw_facts facts;
    uint8_t raw[SW_XFS_INODE_MAX];
};

/* Blocks of a file that lie one behind the other. */
struct sw_xfs_extent {
    uint64_t offset; /* in the file, in blocks */
    uint64_t count;  /* blocks, at least 1 */
    uint64_t at;     /* in the image, in bytes */
    bool unwritten;  /* reads as zeros */
};

/* Walks the extents of an inode's data fork, front to back. All zeros before its first use. */
struct sw_xfs_map {
    struct sw_xfs *image;
    const struct sw_xfs_inode *inode;
    uint64_t end;           /* of the last extent: the next one begins there or behind */
    uint64_t mapped;        /* blocks so far */
    unsigned depth;         /* levels above the leaves; 0: the extents are in the inode */
    unsigned damage;        /* times that something was wrong */
    const uint8_t *records; /* extents, of the inode or of a leaf */
    size_t index;
    size_t count;
    struct {
        uint8_t *block; /* SW_XFS_BLOCK_MAX bytes, kept from file to file; not the root's */
        const uint8_t *pointers; /* to blocks of the level below */
        size_t index;
        size_t count;
    } levels[SW_XFS_DEPTH_MAX + 1]; /* 0: the leaves */
};

/* Bits that were verified; 0: no super block. */
unsigned sw_xfs_super(struct sw_view sector, struct sw_xfs_geometry *geometry);
/* The same of the first bytes of an image, whose own super block may be gone: the
 * headers of the first allocation group are enough for a bid. */
unsigned sw_xfs_probe(struct sw_view head);

enum sw_status sw_xfs_open(struct sw_xfs *image, struct sw_blob *blob,
                           struct sw_error *error) SW_MUST_CHECK;
void sw_xfs_close(struct sw_xfs *image);

/* All `size` bytes at a byte of the image. */
enum sw_status sw_xfs_read(struct sw_xfs *image, uint64_t at, void *out, size_t size,
                           struct sw_error *error) SW_MUST_CHECK;
/* Where `count` blocks lie, which are one allocation group's. false: nowhere. */
bool sw_xfs_place(const struct sw_xfs_geometry *geometry, uint64_t block, uint64_t count,
                  uint64_t *at);
/* What a block of version 5 says of itself. */
struct sw_xfs_seal {
    size_t sum_at;   /* where in the block its checksum stands */
    size_t place_at; /* where it lies, in units of 512 bytes */
    size_t owner_at; /* whose it is: the number of an inode */
};
enum sw_xfs_verdict {
    SW_XFS_SOUND,   /* as far as can be told: before version 5 nothing can */
    SW_XFS_CHANGED, /* its own, and its checksum is wrong */
    SW_XFS_FOREIGN, /* another's */
};
enum sw_xfs_verdict sw_xfs_judge(const struct sw_xfs *image, const uint8_t *block, size_t size,
                                 const struct sw_xfs_seal *seal, uint64_t at, uint64_t owner);

/* SW_PART: it was read, and something is wrong with it. SW_SKIP: it was not. */
enum sw_status sw_xfs_inode(struct sw_xfs *image, uint64_t number, struct sw_xfs_inode *inode,
                            struct sw_error *error) SW_MUST_CHECK;

/* The inode must stay; a map may be started again for another. */
enum sw_status sw_xfs_map_start(struct sw_xfs_map *map, struct sw_xfs *image,
                                const struct sw_xfs_inode *inode,
                                struct sw_error *error) SW_MUST_CHECK;
/* SW_OK and an extent; SW_END; SW_PART: some are lost, and the next call goes on;
 * SW_SKIP: the rest is lost. */
enum sw_status sw_xfs_map_next(struct sw_xfs_map *map, struct sw_xfs_extent *extent,
                               struct sw_error *error) SW_MUST_CHECK;
void sw_xfs_map_done(struct sw_xfs_map *map);

/* Whether the log holds changes that were not written to their places. SW_SKIP: cannot
 * be told. (xfs_log.c) */
enum sw_status sw_xfs_log_dirty(struct sw_xfs *image, bool *dirty,
                                struct sw_error *error) SW_MUST_CHECK;

#endif
