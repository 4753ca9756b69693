/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_notes.h - what was noted of one item for --layer-cache (layer_keep.c, layer_replay.c).
 *
 * Threads:  the conductor's only.
 * Owns:     the flight entry has them, until layers_item_end().
 */
#ifndef SWEEPER_SUPERVISOR_LAYER_NOTES_H
#define SWEEPER_SUPERVISOR_LAYER_NOTES_H

#include "conductor.h"
#include "supervisor/layer_rows.h"

struct layer_notes {
    struct sw_buf rows;
    bool spoiled;     /* nothing of this item is kept */
    json_t *replayed; /* places; an engine that died says again what it said */
};

/* NULL: no memory, and nothing is kept. */
struct layer_notes *layer_notes_of(const struct conductor *conductor, struct flight_entry *entry);
void layer_notes_spoil(struct conductor *conductor, struct flight_entry *entry);
void layer_note(struct conductor *conductor, struct flight_entry *entry,
                const struct layer_row *row);
/* What the record's locator has behind the file. */
struct sw_view layer_place_in(const json_t *record);

#endif
