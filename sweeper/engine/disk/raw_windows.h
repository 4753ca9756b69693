/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw_windows.h - bytes as they lie, as members: windows of SW_RAW_STEP bytes, each of
 * which begins with SW_RAW_OVERLAP bytes of the one before it, over runs of a volume put
 * one behind the other. What lies across an edge is whole in one of them, and what is
 * whole in two is told once (struct sw_raw_place).
 *
 * Zeros are left out, in pieces of SW_RAW_LOOK bytes, but for one piece before and one
 * behind what is not zeros. Only these pieces are read here and once more by the search.
 *
 * Threads:  one at a time.
 * Owns:     sw_raw_windows_done() releases; the blob of the volume is the caller's.
 * Trusts:   nothing: runs may lie behind the end of the volume, and are cut there.
 * Fails:    SW_SKIP for a piece that cannot be read, and goes on behind it.
 */
#ifndef SWEEPER_ENGINE_DISK_RAW_WINDOWS_H
#define SWEEPER_ENGINE_DISK_RAW_WINDOWS_H

#include "engine/blob_window.h"
#include "engine/disk/map_blob.h"
#include "sweeper/source.h"

#define SW_RAW_STEP    ((uint64_t)16 << 20)
#define SW_RAW_OVERLAP ((uint64_t)1 << 20)
#define SW_RAW_LOOK    ((uint64_t)256 << 10)

/* The next run, in order; SW_END: there are no more. Anything else is handed on. */
typedef enum sw_status sw_raw_next_run(void *context, struct sw_place_run *run,
                                       struct sw_error *error);

struct sw_raw_windows {
    struct sw_blob *volume;
    sw_raw_next_run *next_run;
    void *context;
    struct sw_place_run rest;  /* of the run at hand */
    struct sw_place_run *runs; /* of the window at hand, and then of its end */
    size_t run_count, run_room;
    bool ended;
    enum sw_status failed; /* what the runs said while a window was filled; SW_OK: nothing */
    struct sw_error failure;
    struct sw_window window; /* what lies in one piece */
    struct sw_map map;       /* and what does not */
    struct sw_raw_place place;
    uint8_t *look; /* SW_RAW_LOOK bytes, made when first needed */
    char name[64];
};

/* Also of windows that were used before. */
void sw_raw_windows_begin(struct sw_raw_windows *windows, struct sw_blob *volume,
                          sw_raw_next_run *next_run, void *context);
/* As sw_source.next: a file in place, called "bytes A-B" after its first and last byte in
 * the volume. */
enum sw_status sw_raw_windows_next(struct sw_raw_windows *windows, struct sw_member *member,
                                   struct sw_error *error) SW_MUST_CHECK;
/* Of one that is all zeros, too. */
void sw_raw_windows_done(struct sw_raw_windows *windows);

/* Where byte `offset` of the member lies in the volume; SW_RAW_NOWHERE behind its end. */
uint64_t sw_raw_place_of(const struct sw_raw_place *place, uint64_t offset);
#define SW_RAW_NOWHERE UINT64_MAX

#endif
