/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_file.h - the content of one file after the other, in pieces of up to 1 MiB. Small
 * files that lie one behind the other on the disk are read together.
 *
 * Runs in:  engine workers.
 * Owns:     sw_ext_file_done() releases the buffer. A piece borrows it.
 * Trusts:   nothing: a file has no more blocks than the file system has.
 * Fails:    SW_PART once a file, for all that is lost of it; then what follows it.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_FILE_H
#define SWEEPER_ENGINE_DISK_EXT_FILE_H

#include "ext_image.h"

struct sw_ext_file {
    /* What was read last: */
    uint8_t *buffer;
    uint64_t start; /* byte of the file system */
    size_t ready;   /* bytes from there on */
    /* The file at hand: */
    struct sw_ext_map map;
    uint64_t size;
    uint64_t offset; /* of what comes next */
    uint64_t told;   /* the end of the last piece */
    uint64_t looked; /* parts of it that were asked for */
    uint8_t *inline_data;
    size_t inline_size;
    bool is_inline;
    bool gone;    /* deleted: blocks that belong to others by now are holes */
    bool damaged; /* said once */
    bool done;
};

enum sw_status sw_ext_file_init(struct sw_ext_file *file, const struct sw_ext *ext,
                                struct sw_error *error) SW_MUST_CHECK;
void sw_ext_file_done(struct sw_ext_file *file);
/* Nothing is read until the first piece is asked for, but for content in the inode.
 * SW_PART: some of that is lost. `gone`: see above. */
enum sw_status sw_ext_file_start(struct sw_ext *ext, struct sw_ext_file *file,
                                 const struct sw_ext_inode *inode, bool gone,
                                 struct sw_error *error) SW_MUST_CHECK;
/* As sw_source.read. */
enum sw_status sw_ext_file_read(struct sw_ext *ext, struct sw_ext_file *file,
                                struct sw_piece *piece, struct sw_error *error) SW_MUST_CHECK;

#endif
