/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map_blob.h - a volume that is put together of pieces of other blobs: extents of
 * a logical volume, stripes, zeros, and what is not there.
 *
 * Rows come in order, one behind the other. What is missing is a hole to extent(),
 * and cannot be read: SW_SKIP with gap missing_part.
 *
 * Runs in:  engine workers.
 * Threads:  one map, one thread.
 * Owns:     its rows; the blobs under it are the caller's, and stay.
 * Trusts:   nothing: rows may point behind the end of a blob (truncated).
 */
#ifndef SWEEPER_ENGINE_DISK_MAP_BLOB_H
#define SWEEPER_ENGINE_DISK_MAP_BLOB_H

#include "sweeper/blob.h"

/* Where bytes of a row lie. */
struct sw_map_leg {
    struct sw_blob *under; /* NULL: it is not there */
    uint64_t at;           /* in it, bytes */
};

enum { SW_MAP_LEGS_MAX = 128 }; /* stripes of one row, as LVM has them at most */

struct sw_map_row {
    uint64_t start; /* in the map */
    uint64_t size;
    uint64_t stripe_size; /* bytes that lie in one piece, then comes the next leg; 0: all of it */
    size_t leg;           /* the first, in the map's legs */
    size_t leg_count;     /* 0: zeros */
};

struct sw_map {
    struct sw_blob blob; /* first, so that the one leads to the other */
    struct sw_map_row *rows;
    size_t row_count;
    struct sw_map_leg *legs;
    size_t leg_count;
};

void sw_map_init(struct sw_map *map);
/* Adds a row behind the last one. With stripes `size` is a multiple of stripe_size times
 * leg_count. SW_SKIP: no memory, gap limit_memory. */
enum sw_status sw_map_add(struct sw_map *map, uint64_t size, uint64_t stripe_size,
                          const struct sw_map_leg *legs, size_t leg_count,
                          struct sw_error *error) SW_MUST_CHECK;
/* Of one that is all zeros, too. */
void sw_map_done(struct sw_map *map);
/* Bytes of it that are there to be read, and bytes that lie behind the end of what they lie in. */
struct sw_map_state {
    uint64_t missing;
    uint64_t cut;
};
struct sw_map_state sw_map_state(const struct sw_map *map);

#endif
