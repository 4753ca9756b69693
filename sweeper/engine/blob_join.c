/* SPDX-License-Identifier: Apache-2.0 */
/* blob_join.c - reads that go on in the next part. */
#include "engine/blob_join.h"

#include <inttypes.h>

#include "sweeper/text.h"

static const struct sw_join *join_of(const struct sw_blob *blob)
{
    return (const struct sw_join *)(const void *)blob;
}

/* The part that holds `offset`, which is inside the whole. */
static size_t part_at(const struct sw_join *join, uint64_t offset)
{
    size_t low = 0;
    size_t high = join->count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (join->parts[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum sw_status missing(const struct sw_join_part *part, struct sw_error *error)
{
    struct sw_buf name;

    sw_buf_init(&name, (size_t)4 * 256 + 1);
    const bool shown =
        sw_text_escape(&name, part->name) == SW_OK && sw_buf_terminate(&name) == SW_OK;
    (void)sw_fail_gap(error, SW_SKIP, SW_GAP_MISSING_PART, "join", 0, "it goes on in %s, %s",
                      shown ? (const char *)name.data : "another part", "which cannot be read");
    sw_buf_done(&name);
    return SW_SKIP;
}

static enum sw_status read_part(const struct sw_join_part *part, uint64_t offset, uint8_t *data,
                                size_t size, struct sw_error *error)
{
    size_t got = 0;

    if (part->blob == NULL)
        return missing(part, error);
    enum sw_status status = sw_blob_read_at(part->blob, offset, data, size, &got, error);
    if (status == SW_OK && got < size)
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_CHANGED_WHILE_READING, "join", 0,
                             "a part of it has %" PRIu64 " bytes, and had %" PRIu64, offset + got,
                             part->size);
    return status;
}

static enum sw_status join_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                   size_t *got, struct sw_error *error)
{
    const struct sw_join *join = join_of(blob);
    size_t done = 0;

    if (offset >= blob->size)
        size = 0;
    else if (size > blob->size - offset)
        size = (size_t)(blob->size - offset);
    for (size_t i = size == 0 ? 0 : part_at(join, offset); done < size; i++) {
        const struct sw_join_part *part = &join->parts[i];
        const uint64_t into = offset + done - part->start;
        const uint64_t left = part->size - into;
        const size_t step = left < size - done ? (size_t)left : size - done;
        enum sw_status status =
            step == 0 ? SW_OK : read_part(part, into, (uint8_t *)data + done, step, error);
        if (status != SW_OK && done == 0)
            return status;
        if (status != SW_OK)
            break; /* what comes before it is good */
        done += step;
    }
    *got = done;
    return SW_OK;
}

static void join_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    const struct sw_join *join = join_of(blob);

    *start = *end = blob->size;
    for (size_t i = offset < blob->size ? part_at(join, offset) : join->count; i < join->count;
         i++) {
        const struct sw_join_part *part = &join->parts[i];
        uint64_t from = offset > part->start ? offset - part->start : 0;
        uint64_t to = part->size;
        if (part->blob != NULL)
            sw_blob_extent(part->blob, from, &from, &to);
        if (from >= part->size)
            continue;
        *start = part->start + from;
        *end = part->start + (to < part->size ? to : part->size);
        return;
    }
}

static enum sw_status join_view(struct sw_blob *blob, const uint8_t **data, struct sw_error *error)
{
    (void)blob;
    (void)data;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, "join", 0,
                       "what is in several parts is not seen as one block");
}

static void join_close(struct sw_blob *blob)
{
    blob->size = 0;
}

bool sw_join_init(struct sw_join *join, struct sw_join_part *parts, size_t count)
{
    static const struct sw_blob_ops ops = {
        .read_at = join_read_at, .extent = join_extent, .view = join_view, .close = join_close};
    uint64_t size = 0;

    for (size_t i = 0; i < count; i++) {
        parts[i].start = size;
        if (__builtin_add_overflow(size, parts[i].size, &size) || size > INT64_MAX)
            return false;
    }
    *join = (struct sw_join){.blob = {.ops = &ops, .size = size, .size_known = true, .fd = -1},
                             .parts = parts,
                             .count = count};
    return true;
}
