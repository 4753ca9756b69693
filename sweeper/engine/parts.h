/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h - files, or members of one container, that are one object in several parts.
 *
 * The names only say that it may be so: what is joined is decided by the bytes of the
 * part that leads. When they are a container that is not complete in itself, the set
 * is opened there as what all parts are together, and no other part is opened by itself.
 * Else every part is an object like any other.
 *
 *   what leads        is opened as
 *   x.7z.001, x.aa    all parts, one behind the other
 *   x.zip             the same, with its directory written anew (zip_parts.h)
 *   x.rar, x.part1.rar  the volumes, one behind the other, up to the first that is missing
 *   x.E01             the segments, each by itself: the source puts them together
 *   x.vmdk, x.qcow2   the image, which finds among the others those that it names
 *
 * Threads:  one worker.
 * Owns:     a struct joined borrows names and blobs until joined_close().
 * Trusts:   neither names nor bytes.
 * Fails:    by gaps of the part that leads.
 */
#ifndef SWEEPER_ENGINE_PARTS_H
#define SWEEPER_ENGINE_PARTS_H

#include "engine/blob_join.h"
#include "engine/desk.h"
#include "engine/source/zip_parts.h"
#include "sweeper/part_name.h"

/* One part, whether it is there or not. */
struct part_row {
    struct sw_view name;
    struct sw_blob *blob; /* NULL: it cannot be read */
    enum sw_part_state state;
};

struct joined {
    struct sw_memory_budget *budget;
    struct sw_join join;
    struct sw_join_part *rows;
    struct sw_join merged; /* of a zip: the parts up to its directory, and a new one */
    struct sw_join_part *merged_rows;
    struct sw_input_part *set; /* of an image: its files, as they are */
    struct sw_zip_merged zip;
    struct sw_blob directory_blob;
    struct sw_blob nothing; /* zeros */
    uint64_t reserved;      /* of the budget, for the directory */
    char next[SW_PART_NAME_MAX + 1];
};

/* Whether the bytes of the part that leads are those of a container that other parts
 * go on with. */
bool joined_goes_on(enum sw_part_form form, struct sw_blob *lead);
/* Joins the rows, in their order, and makes `lead` an object with bids on all of it.
 * What is missing is a gap of it. Always to be closed, after the object was opened. */
void joined_open(struct joined *joined, struct object *lead, const struct sw_part_name *name,
                 const struct part_row *rows, size_t count);
void joined_close(struct joined *joined);

/* --- with a file: the descriptors that came with it --------------------------------- */

/* NULL without memory. The descriptors stay the caller's; the first is the item's own. */
struct parts *parts_new(const struct sw_batch_entry *entry, const int *fds);
void parts_free(struct parts *parts);
/* After the file has been looked at: what is to be opened. */
void parts_apply(struct parts *parts, struct object *file);
/* Whether the file's bytes are looked at with the part that leads, as a part of a disk, and
 * therefore not by themselves. */
bool parts_lie_on_disk(const struct parts *parts, struct object *file);
/* Whether a part was written to since it was opened. */
bool parts_changed(const struct parts *parts);

#endif
