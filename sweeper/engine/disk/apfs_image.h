/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apfs_image.h - private to the APFS sources: containers, their volumes, and B-trees.
 *
 * After Apple's "Apple File System Reference" (2020-06-22). All numbers are little-endian; a
 * block begins with Fletcher's checksum of the rest of it. What has a virtual number lies where
 * an object map says.
 *
 * Runs in:  engine workers.
 * Threads:  one container, one thread.
 * Owns:     open and init take what close and done give back, also after a failure.
 * Trusts:   nothing. Of the image's numbers only the block size (64 KiB at most) and the depth
 *           of a tree (APFS_DEPTH_MAX) decide how much memory is taken.
 * Fails:    every function fills the error: damaged, truncated, unsupported, limit_memory,
 *           io_error.
 */
#ifndef SWEEPER_ENGINE_DISK_APFS_IMAGE_H
#define SWEEPER_ENGINE_DISK_APFS_IMAGE_H

#include "engine/source/ref_set.h"
#include "sweeper/blob.h"
#include "sweeper/buf.h"

enum {
    APFS_BLOCK_MAX = 65536,
    APFS_DEPTH_MAX = 12,    /* levels of a tree */
    APFS_VOLUMES_MAX = 100, /* of a container */
    APFS_NAME_SIZE = 256,   /* of a volume's name, with its NUL */
    APFS_MAPPED = 1024,     /* answers of an object map that are kept */
};

struct sw_apfs {
    struct sw_blob *blob;
    uint32_t block_size;
    uint64_t block_count;
    uint64_t transaction; /* the last one that is whole */
    uint64_t map;         /* the block of the container's object map */
    uint8_t uuid[16];
    uint64_t volumes[APFS_VOLUMES_MAX]; /* virtual numbers; 0: none */
    uint8_t *block;                     /* APFS_BLOCK_MAX bytes */
};

/* Bits that were verified of the first block; 0: no container. */
unsigned sw_apfs_super(struct sw_view head);
enum sw_status sw_apfs_open(struct sw_apfs *image, struct sw_blob *blob,
                            struct sw_error *error) SW_MUST_CHECK;
void sw_apfs_close(struct sw_apfs *image);
/* A block, which is an object: SW_PART: its checksum is wrong. SW_SKIP: it was not read. */
enum sw_status sw_apfs_block(struct sw_apfs *image, uint64_t number, uint8_t *out,
                             struct sw_error *error) SW_MUST_CHECK;

/* A key as far as it orders: an object map's number and transaction; or of a file system's tree
 * the object, the kind of the record, and of extents where they begin in the file. */
struct sw_apfs_key {
    uint64_t object;
    uint64_t kind;
    uint64_t offset;
};

struct sw_apfs_record {
    struct sw_apfs_key key;
    struct sw_view key_bytes; /* borrowed until the next step */
    struct sw_view value;
};

struct sw_apfs_tree {
    struct sw_apfs *image;
    struct sw_apfs_tree *map; /* NULL: numbers are blocks */
    bool is_map;
    uint64_t root;
    unsigned depth; /* levels that are open; 0: none */
    bool moved;     /* a record was given since the last search */
    struct sw_apfs_key last;
    struct sw_ref_set leaves; /* that were walked since the last search */
    struct {
        uint64_t number;
        uint64_t answer;
    } * mapped; /* of a map: what it answered */
    struct {
        uint8_t *data; /* NULL: not used yet */
        uint64_t block;
        uint32_t index;
        uint32_t count;
        unsigned level;
        bool leaf;
    } nodes[APFS_DEPTH_MAX];
};

/* `root`: the block of the root node or its virtual number. */
void sw_apfs_tree_init(struct sw_apfs_tree *tree, struct sw_apfs *image, struct sw_apfs_tree *map,
                       uint64_t root);
/* An object map, by its block. */
enum sw_status sw_apfs_map_init(struct sw_apfs_tree *tree, struct sw_apfs *image, uint64_t block,
                                struct sw_error *error) SW_MUST_CHECK;
void sw_apfs_tree_done(struct sw_apfs_tree *tree);
/* To the first record that is not before `key`. */
enum sw_status sw_apfs_tree_find(struct sw_apfs_tree *tree, struct sw_apfs_key key,
                                 struct sw_error *error) SW_MUST_CHECK;
/* That record, and then each one behind: SW_OK, SW_END, or SW_SKIP: the rest is lost. */
enum sw_status sw_apfs_tree_next(struct sw_apfs_tree *tree, struct sw_apfs_record *record,
                                 struct sw_error *error) SW_MUST_CHECK;
/* Where an object with a virtual number lies. */
enum sw_status sw_apfs_map_find(struct sw_apfs_tree *map, uint64_t number, uint64_t *block,
                                struct sw_error *error) SW_MUST_CHECK;

/* What a volume says of itself. */
struct sw_apfs_volume {
    char name[APFS_NAME_SIZE];
    uint8_t uuid[16];
    bool encrypted;
    bool sealed;
    bool hashed; /* keys of names have a hash in them */
    uint64_t snapshots;
    uint64_t map;  /* the block of its object map */
    uint64_t root; /* of its tree, a virtual number */
};
/* The volume of a row of apfs.volumes. SW_END: there is none in it. */
enum sw_status sw_apfs_volume(struct sw_apfs *image, size_t index, struct sw_apfs_volume *volume,
                              struct sw_error *error) SW_MUST_CHECK;

/* A volume is handed out as its container, with a mark in place of the checksum and the number
 * of the first block that says which of its volumes is meant. */
#define APFS_MARK "swVolume"
struct sw_apfs_part {
    struct sw_blob blob; /* first */
    struct sw_blob *under;
    uint8_t mark[16];
};
void sw_apfs_part_init(struct sw_apfs_part *part, struct sw_blob *under, size_t index);
/* Bits; 0: no mark. */
unsigned sw_apfs_part_probe(struct sw_view head, size_t *index);

#endif
