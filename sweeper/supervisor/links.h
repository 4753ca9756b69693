/* SPDX-License-Identifier: Apache-2.0 */
/*
 * links.h - a file with several names is looked at once, and each of its names
 * gets the findings.
 *
 * Only while no rule asks for names: then each name is an object of its own.
 * An inode is forgotten as soon as all of its names have been met. The table
 * is bounded; an inode for which there is no room is simply looked at again.
 *
 * Threads:  the conductor's only.
 * Owns:     records (references) and the names that wait for them.
 */
#ifndef SWEEPER_SUPERVISOR_LINKS_H
#define SWEEPER_SUPERVISOR_LINKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "sweeper/walk.h"

struct link {
    uint64_t device, inode;  /* inode 0: free row */
    uint32_t names_left;     /* names not met yet */
    bool settled;            /* the first name is done */
    json_t *records;         /* array, or NULL when there are none */
    struct sw_item *waiting; /* names met before it was settled; their fd is closed */
    size_t waiting_count, waiting_capacity;
};

struct links {
    struct link **rows; /* open addressing */
    size_t capacity, count;
};

void links_done(struct links *links);

enum links_answer {
    LINKS_LOOK,    /* look at it; *link is NULL or to be settled when it is done */
    LINKS_WAITING, /* taken over; settle will hand it out */
    LINKS_KNOWN,   /* *link holds its records; call links_name_done() after use */
};
/* What to do with an item that has several names. */
enum links_answer links_meet(struct links *links, struct sw_item *item, struct link **link);
/* Keeps a record for the other names. */
void links_keep(struct link *link, json_t *record);
/* After a name has been served from a settled link; may forget the link. */
void links_name_done(struct links *links, struct link *link);
/* After settling: forgets the link if no name is left. */
void links_settled(struct links *links, struct link *link);

#endif
