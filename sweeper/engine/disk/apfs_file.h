/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apfs_file.h - private to the APFS source: the inodes of a volume, and the content of files.
 *
 * Runs in:  engine workers.
 * Threads:  one volume, one thread.
 * Owns:     init takes what done gives back. A piece borrows until the next one.
 * Trusts:   nothing. No more than APFS_PIECE bytes of content are held, and a compressed file's
 *           parts of APFS_CHUNK.
 * Fails:    as source.h has it; what cannot be read is a hole, and told once a file.
 */
#ifndef SWEEPER_ENGINE_DISK_APFS_FILE_H
#define SWEEPER_ENGINE_DISK_APFS_FILE_H

#include "apfs_image.h"
#include "sweeper/source.h"

#define APFS_PIECE ((size_t)1 << 20) /* bytes that are read at a time */
enum { APFS_CHUNK = 65536, APFS_ATTRIBUTE_MAX = 4096 };

struct sw_apfs_inode {
    uint64_t number;
    uint64_t stream; /* whose extents are its content */
    bool compressed;
    struct sw_facts facts; /* size: of the stream, or what it will be */
};

/* The files of one volume. */
struct sw_apfs_files {
    struct sw_apfs *image;
    struct sw_apfs_tree map;
    struct sw_apfs_tree records; /* for inodes, names and attributes */
    struct sw_apfs_tree extents; /* for content */
    bool hashed;
    uint8_t attribute[APFS_ATTRIBUTE_MAX];
};

/* Content as it comes. */
struct sw_apfs_content {
    struct sw_apfs_files *files;
    uint64_t stream;
    uint64_t size;
    uint64_t offset; /* of what comes next */
    uint64_t at;     /* where that lies in the image, bytes; `left` of it */
    uint64_t left;
    uint64_t told; /* the end of the last piece */
    bool open;
    bool damaged;
    uint8_t *data;        /* APFS_PIECE bytes */
    struct sw_view whole; /* content that is there already: all of it */
};

enum sw_status sw_apfs_files_init(struct sw_apfs_files *files, struct sw_apfs *image,
                                  const struct sw_apfs_volume *volume,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_apfs_files_done(struct sw_apfs_files *files);

enum sw_status sw_apfs_inode(struct sw_apfs_files *files, uint64_t number,
                             struct sw_apfs_inode *inode, struct sw_error *error) SW_MUST_CHECK;
/* The value of an attribute that lies in its record, in files->attribute. SW_END: there is
 * none of this name, or it lies elsewhere. */
enum sw_status sw_apfs_attribute(struct sw_apfs_files *files, uint64_t number, const char *name,
                                 struct sw_view *value, struct sw_error *error) SW_MUST_CHECK;

enum sw_status sw_apfs_content_init(struct sw_apfs_content *content, struct sw_apfs_files *files,
                                    struct sw_error *error) SW_MUST_CHECK;
void sw_apfs_content_done(struct sw_apfs_content *content);
/* Begins with a file. What is said of a compressed one: how it is, and that cannot be read. */
enum sw_status sw_apfs_content_start(struct sw_apfs_content *content, struct sw_apfs_inode *inode,
                                     struct sw_error *error) SW_MUST_CHECK;
void sw_apfs_content_stop(struct sw_apfs_content *content);
/* source.h: read(). */
enum sw_status sw_apfs_content_read(struct sw_apfs_content *content, struct sw_piece *piece,
                                    struct sw_error *error) SW_MUST_CHECK;

#endif
