/* SPDX-License-Identifier: Apache-2.0 */
/* raw_windows.c - gathers runs until a window is full, and lays a blob over them. */
#include "engine/disk/raw_windows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweeper/rows.h"

#define ROOM "raw"

void sw_raw_windows_begin(struct sw_raw_windows *windows, struct sw_blob *volume,
                          sw_raw_next_run *next_run, void *context)
{
    sw_map_done(&windows->map);
    sw_map_init(&windows->map);
    sw_window_init(&windows->window, volume, 0, 0);
    windows->volume = volume;
    windows->next_run = next_run;
    windows->context = context;
    windows->rest = (struct sw_place_run){0};
    windows->run_count = 0;
    windows->ended = false;
    windows->failed = SW_OK;
}

void sw_raw_windows_done(struct sw_raw_windows *windows)
{
    sw_map_done(&windows->map);
    free(windows->runs);
    free(windows->look);
    *windows = (struct sw_raw_windows){0};
}

uint64_t sw_raw_place_of(const struct sw_raw_place *place, uint64_t offset)
{
    for (size_t i = 0; i < place->run_count; i++) {
        if (offset < place->runs[i].size)
            return place->runs[i].at + offset;
        offset -= place->runs[i].size;
    }
    return SW_RAW_NOWHERE;
}

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for runs of bytes");
}

/* --- runs --------------------------------------------------------------------------- */

/* Sees to it that there is something of a run at hand. */
static enum sw_status refill(struct sw_raw_windows *windows, struct sw_error *error)
{
    const uint64_t size = windows->volume->size;
    const enum sw_status failed = windows->failed;

    if (failed != SW_OK) {
        windows->failed = SW_OK;
        *error = windows->failure;
        return failed;
    }
    while (windows->rest.size == 0) {
        enum sw_status status =
            windows->ended ? SW_END : windows->next_run(windows->context, &windows->rest, error);
        if (status != SW_OK) {
            windows->ended = windows->ended || status == SW_END || status <= SW_DEAD;
            windows->rest = (struct sw_place_run){0};
            return status;
        }
        if (windows->rest.at >= size)
            windows->rest.size = 0;
        else if (windows->rest.size > size - windows->rest.at)
            windows->rest.size = size - windows->rest.at;
    }
    return SW_OK;
}

/* The next piece that is looked at by itself, of a run that is at hand. */
static struct sw_place_run piece_of(const struct sw_raw_windows *windows)
{
    const struct sw_place_run *rest = &windows->rest;
    const uint64_t to_edge = SW_RAW_LOOK - rest->at % SW_RAW_LOOK;

    return (struct sw_place_run){rest->at, rest->size < to_edge ? rest->size : to_edge};
}

static void drop(struct sw_raw_windows *windows, uint64_t size)
{
    windows->rest.at += size;
    windows->rest.size -= size;
}

static enum sw_status add(struct sw_raw_windows *windows, struct sw_place_run run,
                          struct sw_error *error)
{
    struct sw_place_run *last =
        windows->run_count != 0 ? &windows->runs[windows->run_count - 1] : NULL;

    if (run.size == 0)
        return SW_OK;
    if (last != NULL && last->at + last->size == run.at) {
        last->size += run.size;
        return SW_OK;
    }
    if (!sw_rows_grow(&windows->runs, &windows->run_room, windows->run_count + 1,
                      sizeof(*windows->runs)))
        return no_memory(error);
    windows->runs[windows->run_count++] = run;
    return SW_OK;
}

/* Keeps the last `size` bytes of the runs, at most; says how many that are. */
static uint64_t keep_tail(struct sw_raw_windows *windows, uint64_t size)
{
    size_t first = windows->run_count;
    uint64_t kept = 0;

    while (first > 0 && kept < size)
        kept += windows->runs[--first].size;
    if (kept > size) {
        windows->runs[first].at += kept - size;
        windows->runs[first].size -= kept - size;
        kept = size;
    }
    windows->run_count -= first;
    if (windows->run_count != 0)
        memmove(windows->runs, windows->runs + first, windows->run_count * sizeof(*windows->runs));
    return kept;
}

/* --- zeros --------------------------------------------------------------------------- */

static bool is_zeros(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* SW_OK: `*zeros` says what the piece is. */
static enum sw_status look_at(struct sw_raw_windows *windows, struct sw_place_run piece,
                              bool *zeros, struct sw_error *error)
{
    uint64_t start = piece.at;
    uint64_t end = 0;
    size_t got = 0;

    sw_blob_extent(windows->volume, piece.at, &start, &end);
    *zeros = start >= piece.at + piece.size;
    if (*zeros)
        return SW_OK;
    if (windows->look == NULL)
        windows->look = malloc(SW_RAW_LOOK);
    if (windows->look == NULL)
        return no_memory(error);
    enum sw_status status =
        sw_blob_read_at(windows->volume, piece.at, windows->look, (size_t)piece.size, &got, error);
    if (status != SW_OK)
        return SW_SKIP;
    *zeros = is_zeros(windows->look, got);
    return SW_OK;
}

/* Large holes go at once, up to the last piece of them. */
static void drop_hole(struct sw_raw_windows *windows)
{
    const struct sw_place_run rest = windows->rest;
    uint64_t start = rest.at;
    uint64_t end = 0;

    sw_blob_extent(windows->volume, rest.at, &start, &end);
    if (start <= rest.at)
        return;
    const uint64_t hole = start - rest.at < rest.size ? start - rest.at : rest.size;
    if (hole > 2 * SW_RAW_LOOK)
        drop(windows, (hole - SW_RAW_LOOK) / SW_RAW_LOOK * SW_RAW_LOOK);
}

/* Leaves out zeros, and begins the window with the last piece of them. When what was
 * handed out before did not end in zeros, the window goes on with it (`*told` bytes). */
static enum sw_status begin_window(struct sw_raw_windows *windows, uint64_t *told,
                                   struct sw_error *error)
{
    struct sw_place_run before = {0};
    bool zeros = true;

    *told = keep_tail(windows, SW_RAW_OVERLAP);
    if (windows->run_count != 0) {
        const struct sw_place_run *last = &windows->runs[windows->run_count - 1];
        const uint64_t size = last->size < SW_RAW_LOOK ? last->size : SW_RAW_LOOK;
        const struct sw_place_run tail = {last->at + last->size - size, size};
        if (look_at(windows, tail, &zeros, error) == SW_OK && !zeros)
            return refill(windows, error);
    }
    *told = 0;
    windows->run_count = 0;
    for (;;) {
        enum sw_status status = refill(windows, error);
        if (status != SW_OK)
            return status;
        drop_hole(windows);
        const struct sw_place_run piece = piece_of(windows);
        status = look_at(windows, piece, &zeros, error);
        if (status == SW_SKIP)
            drop(windows, piece.size);
        if (status != SW_OK)
            return status;
        if (!zeros)
            return add(windows, before, error);
        before = piece;
        drop(windows, piece.size);
    }
}

/* --- windows -------------------------------------------------------------------------- */

static enum sw_status fill(struct sw_raw_windows *windows, uint64_t size, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    while (size < SW_RAW_STEP && status == SW_OK) {
        status = refill(windows, error);
        if (status == SW_END)
            return SW_OK;
        if (status != SW_OK) { /* what came before it comes first */
            windows->failed = status;
            windows->failure = *error;
            return SW_OK;
        }
        struct sw_place_run piece = windows->rest;
        if (piece.size > SW_RAW_STEP - size)
            piece.size = SW_RAW_STEP - size;
        status = add(windows, piece, error);
        drop(windows, piece.size);
        size += piece.size;
    }
    return status;
}

static struct sw_blob *lay_blob(struct sw_raw_windows *windows, struct sw_error *error)
{
    sw_map_done(&windows->map);
    sw_map_init(&windows->map);
    if (windows->run_count == 1) {
        sw_window_init(&windows->window, windows->volume, windows->runs[0].at,
                       windows->runs[0].size);
        return &windows->window.blob;
    }
    for (size_t i = 0; i < windows->run_count; i++) {
        const struct sw_map_leg leg = {windows->volume, windows->runs[i].at};
        if (sw_map_add(&windows->map, windows->runs[i].size, 0, &leg, 1, error) != SW_OK)
            return NULL;
    }
    return &windows->map.blob;
}

enum sw_status sw_raw_windows_next(struct sw_raw_windows *windows, struct sw_member *member,
                                   struct sw_error *error)
{
    uint64_t told = 0;

    sw_blob_close(&windows->window.blob);
    enum sw_status status = begin_window(windows, &told, error);
    if (status == SW_OK)
        status = fill(windows, 0, error);
    if (status != SW_OK)
        return status;
    struct sw_blob *blob = lay_blob(windows, error);
    if (blob == NULL)
        return SW_DEAD;
    windows->place =
        (struct sw_raw_place){.runs = windows->runs, .run_count = windows->run_count, .told = told};
    const struct sw_place_run *last = &windows->runs[windows->run_count - 1];
    const int size = snprintf(windows->name, sizeof(windows->name), "bytes %" PRIu64 "-%" PRIu64,
                              windows->runs[0].at, last->at + last->size - 1);
    *member = (struct sw_member){.kind = SW_MEMBER_FILE,
                                 .name = {(const uint8_t *)windows->name, (size_t)size},
                                 .facts = {.size = blob->size,
                                           .mtime_ns = SW_TIME_UNKNOWN,
                                           .atime_ns = SW_TIME_UNKNOWN,
                                           .ctime_ns = SW_TIME_UNKNOWN,
                                           .btime_ns = SW_TIME_UNKNOWN},
                                 .size_known = true,
                                 .in_place = blob,
                                 .raw = &windows->place};
    return SW_OK;
}
