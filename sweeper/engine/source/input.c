/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a container, front to back. */
#include "engine/source/input.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A buffer of ours needs no copy: nobody else can change it. */
static bool in_memory(const struct sw_blob *blob)
{
    return blob->fd < 0 && blob->data != NULL;
}

static enum sw_status next_of_blob(struct sw_flow *flow, struct sw_view *piece,
                                   struct sw_error *error)
{
    struct sw_blob *blob = flow->input.blob;
    uint64_t left = flow->next < flow->end ? flow->end - flow->next : 0;
    size_t got = 0;
    if (in_memory(blob)) {
        if (left == 0 || left > SIZE_MAX)
            return SW_OK;
        *piece = (struct sw_view){blob->data + flow->next, (size_t)left};
        flow->next = flow->end;
        return SW_OK;
    }
    /* Up to the next multiple: pieces are the same, whatever was passed over before. */
    const size_t chunk = SW_FLOW_CHUNK - (size_t)(flow->next % SW_FLOW_CHUNK);
    size_t size = left < chunk ? (size_t)left : chunk;
    if (size == 0)
        return SW_OK;
    enum sw_status status = sw_blob_read_at(blob, flow->next, flow->buffer, size, &got, error);
    if (status != SW_OK)
        return status;
    *piece = (struct sw_view){flow->buffer, got};
    flow->next += got;
    return SW_OK;
}

static enum sw_status next_of_stream(struct sw_flow *flow, struct sw_view *piece,
                                     struct sw_error *error)
{
    struct sw_error said = {0};
    enum sw_status status = flow->input.pull(flow->input.context, piece, &said);
    if (status == SW_PART) {
        if (!flow->has_part)
            flow->part = said;
        flow->has_part = true;
        *piece = (struct sw_view){0};
        status = flow->input.pull(flow->input.context, piece, &said);
    }
    if (status == SW_END) {
        *piece = (struct sw_view){0};
        return SW_OK;
    }
    if (status != SW_OK && error != NULL)
        *error = said;
    return status;
}

static enum sw_status next_piece(struct sw_flow *flow, struct sw_view *piece,
                                 struct sw_error *error)
{
    *piece = (struct sw_view){0};
    if (flow->ended)
        return SW_OK;
    enum sw_status status = flow->input.blob != NULL ? next_of_blob(flow, piece, error)
                                                     : next_of_stream(flow, piece, error);
    if (status != SW_OK || piece->size == 0)
        flow->ended = true;
    return status;
}

enum sw_status sw_flow_init(struct sw_flow *flow, const struct sw_input *input, uint64_t offset,
                            struct sw_error *error)
{
    *flow = (struct sw_flow){.input = *input};
    if (input->blob == NULL) {
        enum sw_status status = sw_flow_skip(flow, offset, error);
        return status;
    }
    flow->end = input->blob->size_known ? input->blob->size : UINT64_MAX;
    flow->offset = flow->next = offset < flow->end ? offset : flow->end;
    if (in_memory(input->blob))
        return SW_OK;
    flow->buffer = malloc(SW_FLOW_CHUNK);
    if (flow->buffer == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory to read");
    return SW_OK;
}

void sw_flow_done(struct sw_flow *flow)
{
    free(flow->buffer);
    flow->buffer = NULL;
}

enum sw_status sw_flow_fill(struct sw_flow *flow, struct sw_error *error)
{
    if (flow->rest.size > 0)
        return SW_OK;
    if (flow->pending.size > 0) {
        flow->rest = flow->pending;
        flow->pending = (struct sw_view){0};
        return SW_OK;
    }
    return next_piece(flow, &flow->rest, error);
}

/* Moves what is there to the carry, and as much of the next piece as is asked for. */
static enum sw_status gather(struct sw_flow *flow, size_t size, struct sw_error *error)
{
    memmove(flow->carry, flow->rest.data, flow->rest.size);
    flow->rest.data = flow->carry;
    if (flow->pending.size == 0) {
        enum sw_status status = next_piece(flow, &flow->pending, error);
        if (status != SW_OK)
            return status;
    }
    size_t more = size - flow->rest.size;
    if (more > flow->pending.size)
        more = flow->pending.size;
    if (more == 0)
        return SW_OK;
    memcpy(flow->carry + flow->rest.size, flow->pending.data, more);
    flow->rest.size += more;
    flow->pending.data += more;
    flow->pending.size -= more;
    return SW_OK;
}

enum sw_status sw_flow_peek(struct sw_flow *flow, size_t size, struct sw_error *error)
{
    assert(size <= SW_PEEK_MAX);
    enum sw_status status = sw_flow_fill(flow, error);
    while (status == SW_OK && flow->rest.size > 0 && flow->rest.size < size) {
        size_t before = flow->rest.size;
        status = gather(flow, size, error);
        if (flow->rest.size == before)
            break;
    }
    return status;
}

void sw_flow_take(struct sw_flow *flow, size_t size)
{
    assert(size <= flow->rest.size);
    flow->offset += size;
    flow->rest.size -= size;
    if (size > 0)
        flow->rest.data += size;
}

enum sw_status sw_flow_skip(struct sw_flow *flow, uint64_t size, struct sw_error *error)
{
    while (size > 0) {
        if (flow->rest.size == 0 && flow->pending.size == 0 && flow->input.blob != NULL) {
            uint64_t left = flow->end - flow->next;
            uint64_t jump = size < left ? size : left;
            flow->next += jump;
            flow->offset += jump;
            break;
        }
        enum sw_status status = sw_flow_fill(flow, error);
        if (status != SW_OK)
            return status;
        if (flow->rest.size == 0)
            break;
        size_t step = size < flow->rest.size ? (size_t)size : flow->rest.size;
        sw_flow_take(flow, step);
        size -= step;
    }
    return SW_OK;
}

enum sw_status sw_flow_skip_zeros(struct sw_flow *flow, struct sw_error *error)
{
    for (;;) {
        size_t zeros = 0;
        enum sw_status status = sw_flow_fill(flow, error);
        if (status != SW_OK || flow->rest.size == 0)
            return status;
        while (zeros < flow->rest.size && flow->rest.data[zeros] == 0)
            zeros++;
        sw_flow_take(flow, zeros);
        if (flow->rest.size > 0)
            return SW_OK;
    }
}
