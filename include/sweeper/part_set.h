/* SPDX-License-Identifier: Apache-2.0 */
/*
 * part_set.h - a file and those beside it that its name makes one object with.
 *
 * Each part is an item of its own: its bytes are scanned, its digest compared. Beside
 * that the part at which the set is opened has all the others with it, and every
 * other part has that one with it, so that the engine can tell whether it is to be
 * opened by itself.
 *
 * Runs in:  supervisor (the set and its descriptors); the engine shares the words.
 * Threads:  one set, one owner.
 * Owns:     names and descriptors, until sw_part_set_free().
 */
#ifndef SWEEPER_PART_SET_H
#define SWEEPER_PART_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/facts.h"

/* What an item is to the set. */
enum sw_set_role {
    SW_SET_NONE,     /* there is no set */
    SW_SET_LEAD,     /* it is opened here: with all parts, itself among them */
    SW_SET_FOLLOWER, /* it is opened elsewhere: with that part alone */
    SW_SET_ORPHAN,   /* the part at which it would be opened is not there */
    SW_SET_ROLE_COUNT
};

enum sw_part_state {
    SW_PART_ITEM,       /* the item itself */
    SW_PART_THERE,      /* with a descriptor */
    SW_PART_ABSENT,     /* not there, or no regular file */
    SW_PART_LEFT_OUT,   /* by --exclude and the like */
    SW_PART_UNREADABLE, /* could not be opened */
    SW_PART_STATE_COUNT
};

struct sw_part {
    enum sw_part_state state;
    int fd;                /* SW_PART_THERE; else -1 */
    struct sw_facts facts; /* likewise; else all 0 */
    char *name;            /* the last component of its path */
};

struct sw_part_set {
    enum sw_set_role role;
    size_t count;
    size_t fd_count; /* descriptors in it */
    size_t taken;    /* of the purse */
    struct sw_part parts[];
};

/* --- supervisor/part_set.c ---------------------------------------------------------- */

/* Descriptors of parts that may be open at a time, in all sets together: a sweep has
 * one purse. Before it is opened it holds SW_PARTS_MAX. */
void sw_part_purse_open(size_t descriptors);
size_t sw_part_purse_size(void);
/* All of them, or none. What is taken goes back with the set that notes it. */
bool sw_part_purse_take(size_t count);
void sw_part_purse_give(size_t count);

/* NULL without memory. Every part is SW_PART_ABSENT and has no name yet. */
struct sw_part_set *sw_part_set_new(enum sw_set_role role, size_t count);
/* Closes, gives back what was taken, and frees; NULL is fine. */
void sw_part_set_free(struct sw_part_set *set);

#endif
