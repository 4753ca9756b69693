/* SPDX-License-Identifier: Apache-2.0 */
/*
 * part_name.h - files whose names say that they are parts of one object: one table
 * of how that is written, read in both directions.
 *
 * A name is only a claim. Who joins what looks at the bytes of the leading part
 * first (engine/parts.c); nothing is opened because content names it.
 *
 * Runs in:  both processes: the supervisor finds files beside one another, the
 *           engine finds members of one archive.
 * Threads:  any; no state.
 * Owns:     nothing; a stem borrows from the name that was read.
 * Trusts:   nothing: any byte may stand in a name.
 */
#ifndef SWEEPER_PART_NAME_H
#define SWEEPER_PART_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

enum {
    SW_PART_NAME_MAX = 255, /* bytes of a file's name */
    SW_PART_AHEAD_MAX = 32, /* parts in a row that may be missing, and the next is still found */
};

/* How the bytes of the parts make one object. */
enum sw_part_form {
    SW_PARTS_JOINED, /* one behind the other: cut by 7z -v, split(1) and the like */
    SW_PARTS_ZIP,    /* the same, but offsets count from the beginning of a part */
    SW_PARTS_RAR,    /* volumes: each with a header of its own */
    SW_PARTS_EWF,    /* segments of an E01 image, likewise */
    SW_PARTS_VMDK,   /* a descriptor, and the extents that it may name */
    SW_PARTS_DISK,   /* an image that may have others behind it: names beside it do not say so */
};

struct sw_part_name {
    unsigned row; /* of the table in part_name.c */
    enum sw_part_form form;
    struct sw_view stem; /* what all names of the set begin with */
    struct sw_view tail; /* and end with; the lead's own way to write it for those that are built */
    uint32_t number;     /* from 1 on, in the order in which they are joined; 0: the last part */
    unsigned width;      /* digits */
    bool upper;          /* written in capitals */
    bool strong;         /* hardly anything else is called so */
    bool missed;         /* nothing else is: without the one that leads something is missing */
};

/* Reads the last component of a path. False: it does not say so. */
bool sw_part_name_read(struct sw_view base, struct sw_part_name *part);
/* The set is opened where this part lies. */
bool sw_part_name_leads(const struct sw_part_name *part);
/* The number of that part: 1, or 0 where it is the last. */
uint32_t sw_part_name_lead(const struct sw_part_name *part);
/* The name of another part of the set, with its NUL. False: there is none of that
 * number, or the name would be too long. */
bool sw_part_name_write(const struct sw_part_name *part, uint32_t number,
                        char out[static SW_PART_NAME_MAX + 1]);
/* Whether the image of the one name may be behind that of the other: SW_PARTS_VMDK or _DISK
 * each, of one family of formats. */
bool sw_part_name_is_behind(struct sw_view base, struct sw_view lead);
/* Parts of one set, by their names. */
bool sw_part_name_same_set(const struct sw_part_name *a, const struct sw_part_name *b);

#endif
