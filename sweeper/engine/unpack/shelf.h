/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shelf.h - members of one container that are parts of one object: kept until the
 * container has come to its end, because only then it is known which of them there are.
 *
 * Which members are kept:
 *   one that leads    when its bytes go on elsewhere (engine/parts.h)
 *   one that follows  under a name that hardly anything else has; else only when the one
 *                     that leads has come before it
 *
 * Threads:  as the frame that it belongs to: one worker.
 * Owns:     the content, in memory or spilled. Spilled regions are dropped in the reverse
 *           order of their coming, and after whatever was spilled above them.
 * Fails:    what cannot be kept is a gap, and is then opened by itself.
 */
#ifndef SWEEPER_ENGINE_UNPACK_SHELF_H
#define SWEEPER_ENGINE_UNPACK_SHELF_H

#include "engine/parts.h"
#include "engine/unpack/hold.h"

struct shelf_row {
    struct sw_buf name; /* exact bytes */
    struct sw_facts facts;
    struct sw_part_name part; /* borrows from the name */
    struct sw_view folder;    /* likewise */
    struct sw_hold hold;
    struct sw_blob blob;
    bool done; /* it was opened, alone or in a set */
};

struct shelf {
    struct shelf_row *rows;
    size_t count;
    size_t capacity;
    size_t next;          /* the first that may not be done */
    bool full;            /* that has been told */
    struct joined joined; /* the set that is open */
    struct part_row *parts;
    char (*names)[SW_PART_NAME_MAX + 1]; /* of parts that are missing */
};

/* Whether a member of that name may be one to be kept. */
bool shelf_may_want(struct sw_view name);
/* Whether a member is to be kept; its content is at hand. */
bool shelf_wants(struct shelf *shelf, struct object *member);
/* Takes the content out of `hold`, which `blob` is made of; false: it was not taken. */
bool shelf_keep(struct shelf *shelf, struct object *member, struct sw_hold *hold,
                struct sw_blob *blob) SW_MUST_CHECK;
/* The next one to be opened, in the order of their coming; NULL: all are done. */
struct shelf_row *shelf_next(struct shelf *shelf);
/* Makes `member`, which is that one, an object with bids: on all of its set when it leads
 * one, else on itself. The set stays open until the next call, or shelf_done(). */
void shelf_open(struct shelf *shelf, struct shelf_row *row, struct object *member);
void shelf_done(struct shelf *shelf);

#endif
