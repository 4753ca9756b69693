/* SPDX-License-Identifier: Apache-2.0 */
/* blob_window.c - reads that begin further on. */
#include "engine/blob_window.h"

static const struct sw_window *window_of(const struct sw_blob *blob)
{
    return (const struct sw_window *)(const void *)blob;
}

static enum sw_status window_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                     size_t *got, struct sw_error *error)
{
    const struct sw_window *window = window_of(blob);
    const uint64_t left = offset < blob->size ? blob->size - offset : 0;

    *got = 0;
    if (left == 0 || size == 0)
        return SW_OK;
    return sw_blob_read_at(window->under, window->start + offset, data,
                           size < left ? size : (size_t)left, got, error);
}

static void window_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    const struct sw_window *window = window_of(blob);

    *start = *end = blob->size;
    if (offset >= blob->size)
        return;
    sw_blob_extent(window->under, window->start + offset, start, end);
    *start = *start - window->start < blob->size ? *start - window->start : blob->size;
    *end = *end - window->start < blob->size ? *end - window->start : blob->size;
}

static enum sw_status window_view(struct sw_blob *blob, const uint8_t **data,
                                  struct sw_error *error)
{
    (void)blob;
    *data = NULL;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "blob", 0,
                       "a part of a volume cannot be mapped");
}

static void window_close(struct sw_blob *blob)
{
    blob->size = 0;
}

void sw_window_init(struct sw_window *window, struct sw_blob *under, uint64_t start, uint64_t size)
{
    static const struct sw_blob_ops ops = {.read_at = window_read_at,
                                           .extent = window_extent,
                                           .view = window_view,
                                           .close = window_close};

    if (start > under->size)
        start = under->size;
    if (size > under->size - start)
        size = under->size - start;
    window->under = under;
    window->start = start;
    if (under->fd >= 0)
        window->blob = sw_blob_of_part(under, start, size);
    else if (under->data != NULL)
        window->blob = sw_blob_of_bytes(under->data + start, (size_t)size);
    else
        window->blob = (struct sw_blob){.ops = &ops, .size = size, .size_known = true, .fd = -1};
}
