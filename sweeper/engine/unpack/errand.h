/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand.h - a member of a container, packed up so that another worker can look
 * at it and at all that is inside it, while its owner goes on unpacking.
 *
 * The owner's records wait behind it: all that is found of one file is told in
 * the order in which one worker alone would have told it. What would not come out
 * the same (a limit that was met, memory that was short) is not told at all: the
 * owner begins again with the whole file, by itself. So a file has the same
 * findings and the same gaps however many workers there are.
 *
 * Threads:  packed and opened by its owner; between share_take() and
 *           share_finish() it belongs to the worker that took it.
 * Owns:     the content with its reservation, unless that lies in the file itself, copies
 *           of all names on the way to it, and what was found.
 */
#ifndef SWEEPER_ENGINE_UNPACK_ERRAND_H
#define SWEEPER_ENGINE_UNPACK_ERRAND_H

#include "engine/desk.h"
#include "engine/unpack/hold.h"
#include "engine/unpack/tree.h"

struct errand {
    struct task task;    /* first */
    struct errand *next; /* the owner's */

    uint64_t item;
    struct object *way; /* from the file down to the member */
    size_t way_size;
    struct sw_facts *facts; /* of each on the way */
    char *texts;            /* their names and paths */
    struct sw_hold hold;
    struct sw_blob blob;
    struct sw_tree tree; /* of the file, when it was packed */
    bool own_tree;       /* it is that file: nobody else shares its limits */
    struct sw_came told; /* what of that had come out of errands */
    size_t dist_bytes;   /* likewise, as the desk had it */

    unsigned known;          /* how much was known of the packages around it */
    bool good;               /* what was found is what its owner would have found */
    struct capture findings; /* in it */
    struct sw_came came;     /* out of it */
    uint64_t members;        /* judged, itself among them */
    uint64_t member_bytes;
    struct capture behind; /* what its owner has found since */
};

/* Takes the content out of `hold`, unless it is `in_place`: that is a part of the file, and
 * is borrowed from its descriptor. NULL without memory, and then nothing was taken. `object`
 * may be gone before the errand is. */
struct errand *errand_new(const struct object *object, struct sw_hold *hold,
                          const struct sw_blob *in_place, const struct sw_tree *tree,
                          _Atomic uint64_t *captured);
void errand_free(struct errand *errand);
/* Whether it has told which package it is in: then what its owner has done since was
 * done too early. */
bool errand_has_told(const struct errand *errand);
static inline struct object *errand_member(const struct errand *errand)
{
    return &errand->way[errand->way_size - 1];
}

#endif
