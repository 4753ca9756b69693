/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squash_image.h - private to the squashfs source: the super block, metadata, data
 * blocks and the tables of an image.
 *
 * Runs in:  engine workers.
 * Threads:  one image, one thread.
 * Owns:     sw_squash_open() takes what sw_squash_close() gives back, also after a
 *           failure. Blocks borrow from the image until the next one is read.
 * Trusts:   nothing. No number of the image decides how much memory is taken,
 *           except the block size, which is checked to be 1 MiB at most.
 * Fails:    every function fills the error: damaged, truncated (the image ends
 *           before), unsupported, limit_memory (a decoder's window), io_error.
 */
#ifndef SWEEPER_ENGINE_SOURCE_SQUASH_IMAGE_H
#define SWEEPER_ENGINE_SOURCE_SQUASH_IMAGE_H

#include "sweeper/blob.h"
#include "sweeper/buf.h"

struct sqfs_compressor_t;

enum {
    SW_SQUASH_SUPER_SIZE = 96,
    SW_SQUASH_META_SIZE = 8192,        /* bytes of a metadata block, unpacked */
    SW_SQUASH_BLOCK_MAX = 1024 * 1024, /* bytes of a data block */
    SW_SQUASH_BLOCK_PLAIN = 1 << 24,   /* in a block's size: it is not compressed */
};
#define SW_SQUASH_NO_FRAGMENT UINT32_MAX

struct sw_squash_super {
    uint32_t block_size;
    uint32_t fragment_count;
    uint16_t compression;
    uint16_t block_log;
    uint16_t id_count;
    uint16_t version_major;
    uint16_t version_minor;
    uint64_t root; /* a reference to an inode */
    uint64_t bytes_used;
    uint64_t id_table;
    uint64_t inode_table;
    uint64_t directory_table;
    uint64_t fragment_table;
};

/* A place in metadata: a block of the file, and a byte of what is in it. */
struct sw_squash_place {
    uint64_t block;
    uint32_t offset;
};

/* The last metadata block that was read. */
struct sw_squash_meta {
    uint64_t block; /* UINT64_MAX: none */
    uint64_t next;
    uint64_t limit; /* where the table must end */
    size_t size;
    uint8_t data[SW_SQUASH_META_SIZE];
};

struct sw_squash {
    struct sw_blob *blob;
    struct sw_squash_super super;
    uint64_t window_max;
    struct sqfs_compressor_t *decoder; /* NULL: LZO */
    uint8_t *packed;                   /* a block as it is stored */
    uint8_t *block;                    /* a block of a file */
    uint8_t *fragment;                 /* a block of many files' ends */
    size_t fragment_size;
    uint32_t fragment_index; /* SW_SQUASH_NO_FRAGMENT: none was read */
    struct sw_squash_meta inodes;
    struct sw_squash_meta directories;
    struct sw_squash_meta fragments;
    struct sw_squash_meta ids;
    uint32_t id_index; /* the last one that was asked for; UINT32_MAX: none */
    uint32_t id;
};

static inline uint16_t sw_squash_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}
static inline uint32_t sw_squash_u32(const uint8_t *at)
{
    return (uint32_t)sw_squash_u16(at) | (uint32_t)sw_squash_u16(at + 2) << 16;
}
static inline uint64_t sw_squash_u64(const uint8_t *at)
{
    return (uint64_t)sw_squash_u32(at) | (uint64_t)sw_squash_u32(at + 4) << 32;
}

/* Bits that were verified; 0: this is no squashfs, in any version. */
unsigned sw_squash_super(struct sw_view head, uint64_t size, struct sw_squash_super *super);

enum sw_status sw_squash_open(struct sw_squash *image, struct sw_blob *blob, uint64_t window_max,
                              struct sw_error *error) SW_MUST_CHECK;
void sw_squash_close(struct sw_squash *image);

/* Reads `size` bytes of metadata and moves the place behind them. */
enum sw_status sw_squash_meta(struct sw_squash *image, struct sw_squash_meta *meta,
                              struct sw_squash_place *place, void *out, size_t size,
                              struct sw_error *error) SW_MUST_CHECK;
/* The user or group that an inode names by its number in the table. */
enum sw_status sw_squash_id(struct sw_squash *image, uint16_t index, uint32_t *id,
                            struct sw_error *error) SW_MUST_CHECK;
/* A data block into `out` (super.block_size bytes); `stored` is its size as the
 * image has it, with SW_SQUASH_BLOCK_PLAIN. */
enum sw_status sw_squash_block(struct sw_squash *image, uint64_t offset, uint32_t stored,
                               uint8_t *out, size_t *size, struct sw_error *error) SW_MUST_CHECK;
/* `size` bytes of a fragment. */
enum sw_status sw_squash_fragment(struct sw_squash *image, uint32_t index, uint32_t offset,
                                  size_t size, const uint8_t **data,
                                  struct sw_error *error) SW_MUST_CHECK;

#endif
