/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_rows.h - what the engine said of a layer, as rows: so it is noted while it is said, and
 * so an entry of --layer-cache holds it.
 *
 * In an entry all places are those below the layer, and records have the hops below it only:
 * what is around the layer is said anew in each sweep.
 *
 * Runs in:  supervisor.
 * Threads:  any; no state.
 * Owns:     views borrow from what they were read from.
 * Trusts:   nothing of the rows: an entry is a file. What comes out of it is checked again as
 *           what an engine says is.
 */
#ifndef SWEEPER_SUPERVISOR_LAYER_ROWS_H
#define SWEEPER_SUPERVISOR_LAYER_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "sweeper/buf.h"
#include "sweeper/image.h"

enum layer_note {
    LAYER_FINDING = 1,
    LAYER_PART, /* a message IMAGE */
    LAYER_GAP,  /* never in an entry */
};

struct layer_row {
    enum layer_note kind;
    struct sw_view place; /* as in sw_image_message */
    struct sw_view text;  /* a record in the engine's form, or the body of the message */
};

bool layer_row_put(struct sw_buf *rows, const struct layer_row *row) SW_MUST_CHECK;
/* False: the rest is no row. */
bool layer_row_next(struct sw_cursor *rows, struct layer_row *row) SW_MUST_CHECK;

/* Whether it is that place, or in it; *below is what comes behind it. */
bool layer_place_below(struct sw_view place, struct sw_view outer, struct sw_view *below);
/* What lies at `below` in `outer`. */
bool layer_place_join(struct sw_view outer, struct sw_view below,
                      struct sw_buf *place) SW_MUST_CHECK;

/* A record without its first `depth` hops; with `hops` in front of those that it has. False:
 * it is none, or has fewer. */
bool layer_record_cut(struct sw_view record_text, size_t depth, struct sw_buf *text) SW_MUST_CHECK;
bool layer_record_join(struct sw_view record_text, const json_t *hops,
                       struct sw_buf *text) SW_MUST_CHECK;
/* The same message about another place, of another item. */
bool layer_part_move(struct sw_view body, uint64_t item, struct sw_view place,
                     struct sw_buf *moved) SW_MUST_CHECK;

#endif
