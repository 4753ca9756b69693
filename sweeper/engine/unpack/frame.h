/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - one open container: which reading of it, its members one after the
 * other, and the content of the one at hand.
 *
 *   frame.c     opening and closing, the next member, its name
 *   content.c   a member's pieces: held, or flowing into the frame above
 *   unpack.c    the stack
 *
 * Threads:  one worker.
 */
#ifndef SWEEPER_ENGINE_UNPACK_FRAME_H
#define SWEEPER_ENGINE_UNPACK_FRAME_H

#include "engine/desk.h"
#include "engine/raw_hits.h"
#include "engine/unpack/ahead.h"
#include "engine/unpack/hold.h"
#include "engine/unpack/shelf.h"
#include "engine/unpack/tree.h"
#include "engine/unpack/volume.h"
#include "sweeper/source.h"

enum {
    FRAME_TAIL_MAX = 1024, /* more than a source looks ahead for what follows its end */
};

struct frame {
    struct object *container;
    size_t reading; /* which of the container's bids */
    const struct sw_source *source;
    void *state;
    struct ahead *ahead; /* reads `state`; NULL: the frame does */
    struct sw_input input;
    struct dists *dists;  /* members are compared with RECORDs; or NULL */
    struct image *stream; /* the blob of an image that flows out of here; or NULL */
    struct image *layer;  /* the blob of an image whose members these are; or NULL */
    struct sw_tree *tree;
    bool flows;          /* reads what the frame below decompresses */
    bool doubtful;       /* a weak bid, and nothing has come out of it yet: when that fails, the
                            object is something else, and nobody has to know */
    unsigned complaints; /* from the source, without a member between them */
    bool long_name;      /* it has been told that a member has one */
    struct raw_hits raw_hits;
    struct volume *volume; /* of a file system of a disk; or NULL */
    struct shelf shelf;    /* members that are parts of sets */
    bool over;             /* no more members: now those on the shelf are opened */
    bool well;             /* it came to its end, and not to nothing */
    uint64_t behind;       /* where the bytes begin that the source found behind its end; 0: none */

    /* The member at hand. */
    struct object member;
    struct sw_facts facts;
    struct sw_buf name;       /* exact bytes */
    struct sw_buf path;       /* of the container, a slash, the name; ends with a NUL */
    struct sw_buf kinds;      /* of the containers around it, from the outside in; likewise */
    struct sw_blob blob;      /* of what is held */
    struct sw_blob *in_place; /* its content, when that is not brought; the source's, or NULL */
    struct sw_hold hold;
    uint64_t position;            /* bytes of its content that have come */
    uint64_t held_from;           /* where what is held begins in it */
    struct sw_buf peek;           /* the first of them, when it may flow into the next frame */
    bool peek_taken;              /* by that frame */
    bool pulled;                  /* that frame reads it, and nothing of it is held */
    struct sw_piece last;         /* that flowed there; borrowed from the source */
    uint8_t tail[FRAME_TAIL_MAX]; /* of what flowed there before it */
    size_t tail_size;
    uint64_t tail_end; /* where that ends in the content */
    bool ended;        /* nothing more of it will come */
    bool cut;          /* it ends too early, and that has been told */
};

/* --- frame.c ---------------------------------------------------------------------- */

void frame_init(struct frame *frame, struct desk *desk, struct sw_tree *tree,
                struct sw_spill *spill);
void frame_done(struct frame *frame);

/* Opens reading `reading` of the container: from what `below` decompresses, or,
 * when that is NULL, from the object's blob. SW_DEAD and worse: nothing to close. */
enum sw_status frame_open(struct frame *frame, struct object *container, size_t reading,
                          struct frame *below, const struct sw_source_setup *setup,
                          struct sw_error *error) SW_MUST_CHECK;
void frame_close(struct frame *frame);

/* The next member becomes frame->member. SW_OK, SW_END or SW_DEAD; gaps that
 * stay inside the container have been recorded. */
enum sw_status frame_next(struct frame *frame, struct sw_member *member,
                          struct sw_error *error) SW_MUST_CHECK;
/* Whether its members are what is on a disk: each has limits of its own. A disk that came
 * out of an archive has to do with the limits of that. */
bool frame_begins_files(const struct frame *frame);
/* A gap of the member at hand, or of the container: unless it only repeats that what
 * flows into this frame was cut off. */
void frame_gap(struct frame *frame, struct object *object, const struct sw_error *error);
/* A member that was kept becomes frame->member again. */
enum sw_status frame_recall(struct frame *frame, const struct shelf_row *row) SW_MUST_CHECK;
/* Calls the member something else. */
enum sw_status frame_name_member(struct frame *frame, struct sw_view name) SW_MUST_CHECK;

/* --- content.c -------------------------------------------------------------------- */

/* The beginning of a stream's content: up to SW_PEEK_SIZE bytes in frame->peek. */
#define SW_PEEK_SIZE ((size_t)64 * 1024)
enum sw_status content_peek(struct frame *frame, struct sw_error *error) SW_MUST_CHECK;
/* All that is left of the member's content, into the hold. Always ends with a
 * blob of what there is; not SW_OK: less than there should be, and *error says
 * why. */
enum sw_status content_hold(struct frame *frame, struct sw_error *error) SW_MUST_CHECK;
/* sw_input.pull of the frame above. */
enum sw_status content_pull(void *frame, struct sw_view *piece, struct sw_error *error);
/* After the frame above is done with it: what it did not take becomes the content
 * at hand, to be held. `from`: where that begins in the last piece that it had;
 * 0: it may have taken nothing of that; UINT64_MAX: it took all. False when
 * nothing but zeros is left. *offset is where it begins. */
bool content_rest(struct frame *frame, uint64_t from, uint64_t *offset);
void content_drop(struct frame *frame);

#endif
