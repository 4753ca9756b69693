/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight.h - every item between the walk and its end: what has been sent, what
 * must be sent again, what must be sent alone.
 *
 * An item keeps its descriptor until it is done, so that a retry needs no
 * second opening. The table has a fixed capacity: that is the back-pressure.
 *
 * Threads:  the conductor's only.
 * Owns:     the items in it.
 */
#ifndef SWEEPER_SUPERVISOR_FLIGHT_H
#define SWEEPER_SUPERVISOR_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/walk.h"
#include "sweeper/wire.h"

struct layer_notes;
struct link;
struct sw_spool;

enum flight_state {
    FLIGHT_FREE,
    FLIGHT_WAITING, /* to be sent with others */
    FLIGHT_ALONE,   /* to be sent when nothing else is out: an engine died on it */
    FLIGHT_SENT,
    FLIGHT_STATE_COUNT
};

struct flight_entry {
    uint64_t id; /* as on the wire; never 0 while in use, never used twice */
    enum flight_state state;
    struct sw_item item;
    enum sw_context context;            /* what the engine is asked of it */
    uint32_t records_seen;              /* a retry repeats records: those are dropped */
    unsigned deaths;                    /* engines that died while at it */
    bool alone;                         /* it goes out alone from now on */
    bool documents;                     /* only documents of images in it are asked for */
    bool suspected;                     /* by recover.c, while it deals with one death */
    struct sw_skip skips[SW_SKIPS_MAX]; /* steps inside it that are left out from now on */
    size_t skip_count;
    size_t subject;                       /* 1 + where integrity.c keeps it; 0: it does not */
    struct sw_spool *image_held;          /* records that wait for the rest of an image, or NULL */
    struct layer_notes *layer_notes;      /* what may be kept of its layers, or NULL */
    struct link *link;                    /* NULL unless it has further names */
    struct flight_entry *previous, *next; /* within its state */
};

/* Entries in one state, oldest first. */
struct flight_list {
    struct flight_entry *first, *last;
    size_t count;
};

struct flight {
    struct flight_entry *entries;
    size_t capacity;
    uint64_t generation;
    struct flight_list lists[FLIGHT_STATE_COUNT];
};

/* Room for `capacity` items (at most 65535). */
enum sw_status flight_init(struct flight *flight, size_t capacity,
                           struct sw_error *error) SW_MUST_CHECK;
void flight_done(struct flight *flight);

size_t flight_room(const struct flight *flight);
bool flight_is_empty(const struct flight *flight);

/* Takes over the item (there must be room); it is then FLIGHT_WAITING. */
struct flight_entry *flight_add(struct flight *flight, struct sw_item *item);
/* NULL when no such item is under way. */
struct flight_entry *flight_find(struct flight *flight, uint64_t id);
void flight_move(struct flight *flight, struct flight_entry *entry, enum flight_state state);
/* The item that is out alone because an engine died on it, or NULL. */
struct flight_entry *flight_alone_entry(const struct flight *flight);
/* Closes and frees the item. */
void flight_remove(struct flight *flight, struct flight_entry *entry);

#endif
