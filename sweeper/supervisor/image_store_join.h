/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_store_join.h - what is known of stores, and from it whose each layer is.
 *
 * For image_store*.c only.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 */
#ifndef SWEEPER_SUPERVISOR_IMAGE_STORE_JOIN_H
#define SWEEPER_SUPERVISOR_IMAGE_STORE_JOIN_H

#include "supervisor/image_store.h"
#include "sweeper/digest.h"

enum {
    STORES_MAX = 256,
    STORE_ROW_COST = 800,     /* bytes that a row needs, about */
    STORE_TEXT_COST = 100,    /* and each text in it, beside its letters */
    STORE_STEPS_MAX = 1 << 20 /* from layer to layer, in one store */
};

/* By "DRIVER/ID", but docker's containers, that have no driver. */
enum store_map {
    STORE_LAYERS,     /* the layer below; null: none */
    STORE_CHAINS,     /* docker, by chain id: the directory */
    STORE_MOUNTS,     /* docker, by container: the directory that it writes to */
    STORE_REFERENCES, /* docker, by image: its names */
    STORE_IMAGES,     /* {"names", "layers"}, or docker's {"diffs"} */
    STORE_CONTAINERS, /* {"names", "image", "reference", "layer"} */
    STORE_MAP_COUNT
};

struct store {
    struct store *next;
    char *scope; /* how locators in it begin */
    json_t *maps[STORE_MAP_COUNT];
    json_t *owners; /* by directory; NULL: not joined yet */
    size_t used;    /* bytes of stores->used */
    bool full;      /* something of it was not kept */
};

struct sw_stores {
    struct store *first;
    size_t count;
    size_t used, used_max;
    size_t looks_left; /* see store_visible.h */
    int sees_trusted;  /* attributes "trusted." can be seen: 1, 0, or -1: not asked yet */
    bool full;         /* not all stores are kept */
};

/* False: that much more would be too much. */
bool store_charge(struct sw_stores *stores, struct store *store, size_t bytes);
/* NULL without memory. */
char *store_key(struct sw_view driver, struct sw_view id);
/* docker's name of a layer and all below it: SHA-256 of "chain id of those below" and
 * " sha256:diff id". `chain`: "" below the lowest. False: no diff id. */
bool store_next_chain(char chain[SW_SHA256_HEX_SIZE], const char *diff);

/* Makes store->owners: {"tool", "images", "image_count", "containers", "container_count"}
 * of each layer that the store knows of. */
void store_join(struct sw_stores *stores, struct store *store, bool *failed);

#endif
