/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matcher_private.h - the matcher's tables, shared by the files that fill and
 * ask them.
 */
#ifndef SWEEPER_ENGINE_INDICATOR_MATCHER_PRIVATE_H
#define SWEEPER_ENGINE_INDICATOR_MATCHER_PRIVATE_H

#include "engine/indicator/matcher.h"

/* Rows of a table that is searched by a text. */
struct sw_keyed {
    const char *key; /* borrowed from the set, or from `keys` */
    const struct sw_indicator *indicator;
};

struct sw_keyed_table {
    struct sw_keyed *rows; /* sorted by key */
    size_t count;
    size_t capacity;
};

/* A path or unit, ready to be refused by its last component. */
struct sw_path_row {
    const struct sw_indicator *indicator;
    struct sw_view base;
    bool literal;   /* no star in it, and case counts */
    bool fold_case; /* Windows */
};

struct sw_matcher {
    struct sw_indicators set;
    struct sw_path_row *paths;
    size_t path_count;
    size_t path_capacity;
    const struct sw_indicator **gates; /* every hash */
    size_t gate_count;
    size_t gate_capacity;
    struct sw_keyed_table hashes[SW_DIGEST_COUNT];
    struct sw_keyed_table packages[SW_ECOSYSTEM_COUNT]; /* by the name's key */
    struct sw_keyed_table digests;                      /* of packages, "sha256:..." */
    char **keys;                                        /* made here */
    size_t key_count;
    size_t key_capacity;
    char (*own)[SW_SHA256_HEX_SIZE]; /* sorted */
    size_t own_count;
    size_t own_capacity;
};

/* The rows with this key: *first, and how many. */
size_t sw_keyed_find(const struct sw_keyed_table *table, const char *key,
                     const struct sw_keyed **first);

/* True when the object is of the kind, by its first bytes and its name. */
bool sw_content_fits(enum sw_content content, struct sw_view path, struct sw_view head);
/* The last component. */
struct sw_view sw_base_name(struct sw_view path);
/* Only the star means something: any run of bytes, also an empty one. */
bool sw_glob_fits(struct sw_view glob, struct sw_view text, bool fold_case);

#endif
