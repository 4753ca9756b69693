/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dist_tree.h - what dist_check.c and dist_tell.c share: the paths as a tree, each name
 * kept once, and what is known of each file.
 */
#ifndef SWEEPER_COMMON_DIST_TREE_H
#define SWEEPER_COMMON_DIST_TREE_H

#include "common/view.h"
#include "sweeper/dist_check.h"

enum {
    DIST_PRESENT = 1, /* a file, and it is there */
    DIST_KNOWN = 2,   /* `found` is its digest */
    DIST_TWICE = 4,   /* it is there twice, with two contents */
    DIST_RUNS = 8,
    DIST_LISTED = 16,
    DIST_BASE = 32,     /* a folder around distributions */
    DIST_BASE_CUT = 64, /* of one of them not all rows are known */
    DIST_FOLDER = 128,  /* something lies in it */
};
#define DIST_NONE UINT32_MAX /* no such node, no such distribution */

struct dist_node {
    uint32_t parent; /* of the top: itself */
    uint32_t name_at;
    uint16_t name_size;
    uint8_t flags;
    uint8_t hash;    /* enum sw_dist_hash of the row */
    uint32_t lister; /* the distribution whose row it is */
    uint32_t dist;   /* of a RECORD: its distribution */
    uint32_t owner;  /* of a folder, at the end: a distribution */
    uint64_t found_size;
    uint64_t wanted_size;
    uint8_t found[SW_SHA256_SIZE];
    uint8_t wanted[SW_SHA256_SIZE];
};

/* A further row for the same path. */
struct dist_extra {
    uint32_t node;
    uint32_t dist;
    enum sw_dist_hash hash;
    uint64_t size;
    uint8_t sha256[SW_SHA256_SIZE];
};

struct dist {
    uint32_t record; /* nodes */
    uint32_t folder; /* the *.dist-info */
    uint32_t base;   /* around it */
    bool cut;
    uint64_t bad;
    uint64_t outside;      /* rows */
    char outside_path[80]; /* the first of them by name, as printed */
};

struct sw_dist_check {
    enum sw_dist_scope scope;
    size_t size_max;
    bool full;
    uint8_t key[16];
    struct dist_node *nodes; /* the first is the top */
    size_t node_count, node_capacity;
    struct sw_buf names;
    uint32_t *table; /* of nodes, by parent and name; DIST_NONE: free */
    size_t table_capacity;
    struct dist *dists;
    size_t dist_count, dist_capacity;
    struct dist_extra *extras;
    size_t extra_count, extra_capacity;
};

/* The node of a path below `from` (0: an absolute path, or one in a container), made
 * when there is none and `make`. DIST_NONE: no room, or none there; *outside (may be
 * NULL): the path leads out of the top. */
uint32_t dist_tree_at(struct sw_dist_check *check, uint32_t from, struct sw_view path, bool make,
                      bool *outside);
/* A name in a folder; DIST_NONE: none. */
uint32_t dist_tree_child(const struct sw_dist_check *check, uint32_t folder, struct sw_view name);
struct sw_view dist_tree_name(const struct sw_dist_check *check, uint32_t node);
/* Whether `node` lies below `folder`. */
bool dist_tree_is_below(const struct sw_dist_check *check, uint32_t node, uint32_t folder);
/* Order of paths: <0, 0, >0. */
int dist_tree_compare(const struct sw_dist_check *check, uint32_t a, uint32_t b);
/* The path of a node, seen from `from`, when it lies below that; without a slash in front. */
enum sw_status dist_tree_path(const struct sw_dist_check *check, uint32_t node, uint32_t from,
                              struct sw_buf *path) SW_MUST_CHECK;

#endif
