/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.h - what the forms of disk images have in common: a file, or several, in which a
 * disk lies in some order, compressed or not. A form hands out one member, the disk, in
 * place: a blob whose reads go through the form.
 *
 * Threads:  one open image, one thread.
 * Owns:     the blob borrows from the form; sw_form_close() frees both.
 * Trusts:   nothing: the size of a disk is what an image says, so a form bounds it by what
 *           the image can hold or what reads of nothing cost (SW_FORM_SIZE_MAX).
 * Fails:    what is known at opening to be missing is a gap of the image and comes before
 *           the disk; what shows by reading is the error of that read.
 */
#ifndef SWEEPER_ENGINE_DISK_FORM_H
#define SWEEPER_ENGINE_DISK_FORM_H

#include "sweeper/blob.h"
#include "sweeper/source.h"

/* No file is larger on any of the systems that these disks come from. */
#define SW_FORM_SIZE_MAX ((uint64_t)64 << 40)

enum { SW_FORM_GAPS_MAX = 8 };

struct sw_form;
struct sw_form_ops {
    /* Exactly `size` bytes, all of them inside the disk. */
    enum sw_status (*read)(struct sw_form *form, uint64_t offset, uint8_t *data, size_t size,
                           struct sw_error *error);
    /* As sw_blob_extent(); `offset` is inside. */
    void (*extent)(struct sw_form *form, uint64_t offset, uint64_t *start, uint64_t *end);
    /* After the disk: what reading has shown about the whole. May note gaps. */
    void (*finish)(struct sw_form *form);
    /* Releases what the form owns, and itself. */
    void (*close)(struct sw_form *form);
};

struct sw_form {
    struct sw_blob blob; /* the disk; first, so that the one leads to the other */
    const struct sw_form_ops *ops;
    struct sw_disk_image image;
    struct sw_error gaps[SW_FORM_GAPS_MAX + 1]; /* the last one is not told */
    size_t gap_count;
    size_t gaps_told;
    bool handed_out;
    bool finished;
};

/* The first member of a form's own state; all else in it is the form's. */
void sw_form_init(struct sw_form *form, const struct sw_form_ops *ops, uint64_t size);
/* Where the next gap of the image is to be written; more than SW_FORM_GAPS_MAX are not told. */
struct sw_error *sw_form_gap(struct sw_form *form);
#define sw_form_note(form, reason, room, ...)                                                      \
    ((void)sw_fail_gap(sw_form_gap(form), SW_PART, (reason), (room), 0, __VA_ARGS__))
/* For ops: all of it is data; nothing to say. */
void sw_form_all_data(struct sw_form *form, uint64_t offset, uint64_t *start, uint64_t *end);
void sw_form_no_more(struct sw_form *form);

/* --- of struct sw_source; the state is the struct sw_form ---------------------------- */
enum sw_status sw_form_next(void *state, struct sw_member *member, struct sw_error *error);
enum sw_status sw_form_read(void *state, struct sw_piece *piece, struct sw_error *error);
void sw_form_close(void *state);

#endif
