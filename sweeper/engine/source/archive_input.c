/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a container, as libarchive asks for them. */
#include <stdlib.h>
#include <string.h>

#include "engine/source/archive_private.h"

enum {
    ERRNO_OTHER = -1, /* not one of the errors of errno.h */
    CHUNK_MIN = 16 * 1024,
    CHUNK_MAX = 256 * 1024,
    CALLS_MIN = 20000, /* without an entry or a piece */
    CALLS_AGAIN = 8,   /* how often all bytes may be read meanwhile */
};

/* Every call of the library comes by here. A stream gets on by itself: there, and
 * with a blob that is read front to back, only asking on at the end counts. */
static bool may_go_on(struct reader *reader)
{
    uint64_t most = CALLS_MIN + reader->window.size / CHUNK_MIN * CALLS_AGAIN;
    reader->calls++;
    if (reader->calls <= most)
        return true;
    reader->stuck = true;
    archive_set_error(reader->archive, ERRNO_OTHER, "no end is in sight");
    return false;
}

static ssize_t refuse(struct reader *reader)
{
    reader->input_failed = true;
    archive_set_error(reader->archive, ERRNO_OTHER, "the input failed");
    return ARCHIVE_FATAL;
}

/* --- front to back --- */

static void take_shown(struct reader *reader)
{
    sw_flow_take(&reader->flow, reader->shown);
    reader->shown = 0;
}

static ssize_t read_flow(struct archive *archive, void *context, const void **data)
{
    struct reader *reader = context;
    struct sw_flow *flow = &reader->flow;
    (void)archive;
    take_shown(reader);
    if (sw_flow_fill(flow, &reader->input_error) != SW_OK)
        return refuse(reader);
    /* What is in memory comes whole: it is weighed in pieces. */
    size_t size = flow->rest.size;
    const size_t chunk = CHUNK_MAX - (size_t)(flow->offset % CHUNK_MAX);
    if (reader->format->weighs_headers && size > chunk)
        size = chunk;
    if (size > reader->header_left) {
        reader->stuck = true;
        archive_set_error(reader->archive, ERRNO_OTHER, "%s", SW_ARCHIVE_HEAVY);
        return ARCHIVE_FATAL;
    }
    if (reader->header_left != UINT64_MAX)
        reader->header_left -= size;
    reader->shown = size;
    reader->met_end |= flow->rest.size == 0;
    if (flow->rest.size == 0 && !may_go_on(reader))
        return ARCHIVE_FATAL;
    *data = flow->rest.data;
    return (ssize_t)size;
}

static la_int64_t skip_flow(struct archive *archive, void *context, la_int64_t size)
{
    struct reader *reader = context;
    struct sw_flow *flow = &reader->flow;
    (void)archive;
    /* What a stream passes over, it has to read: the library does that itself. */
    if (flow->input.blob == NULL || size <= 0)
        return 0;
    take_shown(reader);
    uint64_t before = flow->offset;
    if (sw_flow_skip(flow, (uint64_t)size, &reader->input_error) != SW_OK)
        return refuse(reader);
    return (la_int64_t)(flow->offset - before);
}

/* --- here and there --- */

static bool window_in_memory(const struct reader *reader)
{
    const struct archive_window *window = &reader->window;
    return window->blob->fd < 0 && window->blob->data != NULL && reader->range.patch_count == 0;
}

/* The first patch at `offset` of the input or behind it. */
static size_t first_patch(const struct sw_archive_range *range, uint64_t offset)
{
    size_t low = 0;
    size_t high = range->patch_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (range->patches[middle].at < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void window_patch(struct reader *reader)
{
    const struct sw_archive_range *range = &reader->range;
    struct archive_window *window = &reader->window;
    uint64_t start = window->base + window->buffer_start;
    for (size_t i = first_patch(range, start);
         i < range->patch_count && range->patches[i].at - start < window->buffer_size; i++)
        window->buffer[range->patches[i].at - start] = range->patches[i].byte;
}

static bool window_fill(struct reader *reader)
{
    struct archive_window *window = &reader->window;
    uint64_t left = window->size - window->position;
    size_t size = left < window->chunk ? (size_t)left : window->chunk;
    if (sw_blob_read_at(window->blob, window->base + window->position, window->buffer, size,
                        &window->buffer_size, &reader->input_error) != SW_OK)
        return false;
    window->buffer_start = window->position;
    window_patch(reader);
    if (window->chunk < CHUNK_MAX)
        window->chunk *= 2;
    return true;
}

static ssize_t read_window(struct archive *archive, void *context, const void **data)
{
    struct reader *reader = context;
    struct archive_window *window = &reader->window;
    (void)archive;
    if (!may_go_on(reader))
        return ARCHIVE_FATAL;
    if (window->position >= window->size) {
        reader->met_end = true;
        return 0;
    }
    if (window_in_memory(reader)) {
        uint64_t left = window->size - window->position;
        *data = window->blob->data + window->base + window->position;
        window->position = window->size;
        return (ssize_t)left;
    }
    uint64_t into = window->position - window->buffer_start;
    if (window->position < window->buffer_start || into >= window->buffer_size) {
        if (!window_fill(reader))
            return refuse(reader);
        into = 0;
    }
    *data = window->buffer + into;
    size_t given = window->buffer_size - (size_t)into;
    window->position += given;
    return (ssize_t)given;
}

static void window_jump(struct archive_window *window, uint64_t position)
{
    window->position = position;
    window->chunk = CHUNK_MIN;
}

static la_int64_t skip_window(struct archive *archive, void *context, la_int64_t size)
{
    struct reader *reader = context;
    struct archive_window *window = &reader->window;
    (void)archive;
    if (size <= 0 || !may_go_on(reader))
        return 0;
    uint64_t left = window->size - window->position;
    uint64_t jump = (uint64_t)size < left ? (uint64_t)size : left;
    window_jump(window, window->position + jump);
    return (la_int64_t)jump;
}

static la_int64_t seek_window(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    struct reader *reader = context;
    struct archive_window *window = &reader->window;
    la_int64_t from = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? (la_int64_t)window->position
                                           : (la_int64_t)window->size;
    la_int64_t target = 0;
    (void)archive;
    if (!may_go_on(reader) || __builtin_add_overflow(from, offset, &target) || target < 0)
        return ARCHIVE_FATAL;
    if ((uint64_t)target > window->size)
        target = (la_int64_t)window->size;
    window_jump(window, (uint64_t)target);
    return target;
}

/* --- both --- */

enum sw_status sw_archive_input_open(struct reader *reader, const struct sw_input *input,
                                     struct sw_error *error)
{
    struct archive_window *window = &reader->window;
    if (reader->format->sequential)
        return sw_flow_init(&reader->flow, input, reader->range.base, error);
    uint64_t end = input->blob->size < reader->range.end ? input->blob->size : reader->range.end;
    *window = (struct archive_window){
        .blob = input->blob,
        .base = reader->range.base,
        .size = end > reader->range.base ? end - reader->range.base : 0,
        .chunk = CHUNK_MIN,
    };
    if (window_in_memory(reader))
        return SW_OK;
    window->buffer = malloc(CHUNK_MAX);
    if (window->buffer == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory to read");
    return SW_OK;
}

void sw_archive_input_done(struct reader *reader)
{
    sw_flow_done(&reader->flow);
    free(reader->window.buffer);
}

int sw_archive_input_attach(struct reader *reader)
{
    struct archive *archive = reader->archive;
    reader->met_end = false;
    window_jump(&reader->window, 0);
    archive_read_set_callback_data(archive, reader);
    if (reader->format->sequential) {
        archive_read_set_read_callback(archive, read_flow);
        archive_read_set_skip_callback(archive, skip_flow);
    } else {
        archive_read_set_read_callback(archive, read_window);
        archive_read_set_skip_callback(archive, skip_window);
        archive_read_set_seek_callback(archive, seek_window);
    }
    return archive_read_open1(archive);
}

uint64_t sw_archive_input_offset(const struct reader *reader)
{
    la_int64_t used = archive_filter_bytes(reader->archive, -1);
    return reader->range.base + (used > 0 ? (uint64_t)used : 0);
}
