/* SPDX-License-Identifier: Apache-2.0 */
/* map_blob.c - finds the row, the stripe in it, and reads there. */
#include "engine/disk/map_blob.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROOM "volume"

enum { FIRST_ROWS = 16 };

static struct sw_map *map_of(struct sw_blob *blob)
{
    return (struct sw_map *)(void *)blob;
}

/* The row that `offset`, which is in the map, lies in. */
static const struct sw_map_row *find_row(const struct sw_map *map, uint64_t offset)
{
    size_t low = 0;
    size_t high = map->row_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (map->rows[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return &map->rows[low];
}

/* A run of bytes that lie in one piece. */
struct run {
    struct sw_map_leg leg; /* at: of the first of them */
    uint64_t size;
    bool zeros;
};

static struct run find_run(const struct sw_map *map, uint64_t offset)
{
    const struct sw_map_row *row = find_row(map, offset);
    const uint64_t in_row = offset - row->start;

    if (row->leg_count == 0)
        return (struct run){.size = row->size - in_row, .zeros = true};
    struct run run = {.leg = map->legs[row->leg], .size = row->size - in_row};
    if (row->leg_count == 1) {
        run.leg.at += in_row;
        return run;
    }
    const uint64_t stripe = in_row / row->stripe_size;
    const uint64_t in_stripe = in_row % row->stripe_size;
    run.leg = map->legs[row->leg + stripe % row->leg_count];
    run.leg.at += stripe / row->leg_count * row->stripe_size + in_stripe;
    run.size = row->stripe_size - in_stripe;
    return run;
}

static enum sw_status read_run(const struct run *run, uint8_t *data, size_t size,
                               struct sw_error *error)
{
    size_t got = 0;

    if (run->zeros) {
        memset(data, 0, size);
        return SW_OK;
    }
    if (run->leg.under == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_MISSING_PART, ROOM, 0,
                           "the disk that has this part of the volume is not here");
    enum sw_status status = sw_blob_read_at(run->leg.under, run->leg.at, data, size, &got, error);
    if (status == SW_OK && got < size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                           "the disk ends before this part of the volume");
    return status;
}

static enum sw_status map_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                  size_t *got, struct sw_error *error)
{
    const struct sw_map *map = map_of(blob);
    const uint64_t left = offset < blob->size ? blob->size - offset : 0;
    size_t done = 0;

    if (size > left)
        size = (size_t)left;
    while (done < size) {
        const struct run run = find_run(map, offset + done);
        const size_t step = run.size < size - done ? (size_t)run.size : size - done;
        enum sw_status status = read_run(&run, (uint8_t *)data + done, step, error);
        if (status != SW_OK) {
            if (error != NULL)
                error->offset = offset + done;
            return status;
        }
        done += step;
    }
    *got = done;
    return SW_OK;
}

/* The data in a run, as offsets from its beginning; equal: there is none. */
static void data_in(const struct run *run, uint64_t *start, uint64_t *end)
{
    *start = *end = run->size;
    if (run->zeros || run->leg.under == NULL || run->leg.at >= run->leg.under->size)
        return;
    uint64_t from = 0;
    uint64_t to = 0;
    sw_blob_extent(run->leg.under, run->leg.at, &from, &to);
    if (from >= run->leg.under->size || from - run->leg.at >= run->size)
        return;
    *start = from - run->leg.at;
    if (to - run->leg.at < run->size)
        *end = to - run->leg.at;
}

static void map_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    const struct sw_map *map = map_of(blob);

    *start = *end = blob->size;
    while (offset < blob->size) {
        const struct sw_map_row *row = find_row(map, offset);
        struct run run = find_run(map, offset);
        uint64_t from = 0;
        uint64_t to = 0;
        if (row->leg_count > 1) { /* too small pieces to look for holes in them */
            *start = offset;
            *end = row->start + row->size;
            return;
        }
        data_in(&run, &from, &to);
        if (from < to) {
            *start = offset + from;
            *end = offset + to;
            return;
        }
        offset += run.size;
    }
}

static enum sw_status map_view(struct sw_blob *blob, const uint8_t **data, struct sw_error *error)
{
    (void)blob;
    *data = NULL;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                       "a volume of several pieces cannot be mapped");
}

static void map_close(struct sw_blob *blob)
{
    (void)blob; /* sw_map_done() does it */
}

void sw_map_init(struct sw_map *map)
{
    static const struct sw_blob_ops ops = {
        .read_at = map_read_at, .extent = map_extent, .view = map_view, .close = map_close};

    *map = (struct sw_map){.blob = {.ops = &ops, .size_known = true, .fd = -1}};
}

/* Room for `more` behind `count` rows; memory doubles. */
static void *grown(void *rows, size_t count, size_t more, size_t row_size)
{
    size_t have = count == 0 ? 0 : FIRST_ROWS;
    while (have < count)
        have *= 2;
    if (count + more <= have)
        return rows;
    size_t want = FIRST_ROWS;
    while (want < count + more)
        want *= 2;
    return reallocarray(rows, want, row_size);
}

enum sw_status sw_map_add(struct sw_map *map, uint64_t size, uint64_t stripe_size,
                          const struct sw_map_leg *legs, size_t leg_count, struct sw_error *error)
{
    uint64_t end = 0;

    if (size == 0)
        return SW_OK;
    if (__builtin_add_overflow(map->blob.size, size, &end) || end > INT64_MAX)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "a volume is larger than any disk");
    struct sw_map_row *rows = grown(map->rows, map->row_count, 1, sizeof(*rows));
    if (rows != NULL)
        map->rows = rows;
    struct sw_map_leg *all =
        leg_count == 0 ? map->legs : grown(map->legs, map->leg_count, leg_count, sizeof(*all));
    if (leg_count != 0 && all != NULL)
        map->legs = all;
    if (rows == NULL || (leg_count != 0 && all == NULL))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for the pieces of a volume");
    rows[map->row_count++] = (struct sw_map_row){.start = map->blob.size,
                                                 .size = size,
                                                 .stripe_size = stripe_size,
                                                 .leg = map->leg_count,
                                                 .leg_count = leg_count};
    for (size_t i = 0; i < leg_count; i++)
        map->legs[map->leg_count++] = legs[i];
    map->blob.size = end;
    return SW_OK;
}

void sw_map_done(struct sw_map *map)
{
    free(map->rows);
    free(map->legs);
    *map = (struct sw_map){0};
}

struct sw_map_state sw_map_state(const struct sw_map *map)
{
    struct sw_map_state state = {0};

    for (size_t i = 0; i < map->row_count; i++) {
        const struct sw_map_row *row = &map->rows[i];
        for (size_t n = 0; n < row->leg_count; n++) {
            const struct sw_map_leg *leg = &map->legs[row->leg + n];
            const uint64_t size = row->size / row->leg_count;
            if (leg->under == NULL)
                state.missing += size;
            else if (leg->at > leg->under->size)
                state.cut += size;
            else if (size > leg->under->size - leg->at)
                state.cut += size - (leg->under->size - leg->at);
        }
    }
    return state;
}
