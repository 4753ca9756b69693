/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed streams: frames one after the other, as one content. */
#include "engine/source/stream.h"

#include <inttypes.h>
#include <stdlib.h>

enum phase {
    INSIDE,  /* of a frame */
    BETWEEN, /* behind one */
    OVER,
};

struct stream {
    const struct sw_codec *codec;
    struct sw_source_setup setup;
    struct sw_flow flow;
    struct sw_stream_facts facts;
    enum phase phase;
    bool listed;
    enum sw_status failed; /* what to say once the bytes before it are out */
    struct sw_error error;
    uint64_t made; /* bytes handed out */
    uint8_t *buffer;
    void *state;
};

void sw_stream_close(void *state)
{
    struct stream *stream = state;
    stream->codec->done(stream->state);
    free(stream->state);
    free(stream->buffer);
    sw_buf_done(&stream->facts.name);
    sw_flow_done(&stream->flow);
    free(stream);
}

enum sw_status sw_stream_open(const struct sw_codec *codec, const struct sw_input *input,
                              const struct sw_source_setup *setup, void **state,
                              struct sw_error *error)
{
    enum sw_status status = SW_DEAD;
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for %s",
                           codec->kind);
    stream->codec = codec;
    stream->setup = *setup;
    sw_buf_init(&stream->facts.name, SW_STREAM_NAME_MAX);
    stream->facts.mtime_ns = SW_TIME_UNKNOWN;
    stream->buffer = malloc(SW_STREAM_PIECE);
    stream->state = calloc(1, codec->state_size());
    status = sw_flow_init(&stream->flow, input, 0, error);
    if (status == SW_OK && (stream->buffer == NULL || stream->state == NULL))
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for %s",
                             codec->kind);
    if (status == SW_OK)
        status = codec->begin(stream->state, &stream->flow, setup, &stream->facts, error);
    if (status == SW_END)
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0, "there is no %s stream",
                             codec->kind);
    if (status == SW_OK) {
        *state = stream;
        return SW_OK;
    }
    if (stream->state == NULL) {
        free(stream->buffer);
        sw_flow_done(&stream->flow);
        free(stream);
    } else {
        sw_stream_close(stream);
    }
    return status == SW_STOP ? SW_STOP : SW_DEAD;
}

enum sw_status sw_stream_next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct stream *stream = state;
    (void)error;
    if (stream->listed)
        return SW_END;
    stream->listed = true;
    *member = (struct sw_member){
        .kind = SW_MEMBER_FILE,
        .name = sw_buf_view(&stream->facts.name),
        .facts = {.mode = stream->facts.mode,
                  .mtime_ns = stream->facts.mtime_ns,
                  .ctime_ns = SW_TIME_UNKNOWN,
                  .btime_ns = SW_TIME_UNKNOWN,
                  .atime_ns = SW_TIME_UNKNOWN},
    };
    return SW_OK;
}

static void keep(struct stream *stream, enum sw_status status)
{
    stream->failed = status;
    if (stream->error.offset == 0)
        stream->error.offset = stream->flow.offset;
}

/* Behind a frame: another one, nothing, or something else. */
static void go_between(struct stream *stream)
{
    struct sw_flow *flow = &stream->flow;
    const struct sw_codec *codec = stream->codec;
    stream->error = (struct sw_error){0};
    enum sw_status status = sw_flow_peek(flow, codec->head_size, &stream->error);
    if (status == SW_OK && flow->rest.size > 0 && !codec->starts(flow->rest)) {
        status = sw_flow_skip_zeros(flow, &stream->error);
        if (status == SW_OK)
            status = sw_flow_peek(flow, codec->head_size, &stream->error);
    }
    stream->phase = OVER;
    if (status != SW_OK) {
        keep(stream, SW_DEAD);
        return;
    }
    if (flow->rest.size == 0)
        return;
    if (codec->starts(flow->rest) || codec->loose) {
        status = codec->begin(stream->state, flow, &stream->setup, &stream->facts, &stream->error);
        if (status == SW_OK)
            stream->phase = INSIDE;
        else if (status != SW_END)
            keep(stream, SW_DEAD);
        return;
    }
    keep(stream, sw_fail_gap(&stream->error, SW_PART, SW_GAP_DAMAGED, "source", 0,
                             "bytes follow the end of the %s stream", codec->kind));
}

/* Nothing was taken and nothing was made: the end of the input, or of sense. */
static void give_up(struct stream *stream, bool last)
{
    const char *kind = stream->codec->kind;
    stream->phase = OVER;
    keep(stream, last ? sw_fail_gap(&stream->error, SW_PART, SW_GAP_TRUNCATED, "source", 0,
                                    "the %s stream ends too early", kind)
                      : sw_fail_gap(&stream->error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                                    "the %s stream makes no sense", kind));
}

/* One step inside a frame; false: the codec wants an empty room. */
static bool go_inside(struct stream *stream, struct sw_room *room)
{
    struct sw_flow *flow = &stream->flow;
    stream->error = (struct sw_error){0};
    enum sw_status status = sw_flow_peek(flow, stream->codec->look, &stream->error);
    if (status != SW_OK) {
        stream->phase = OVER;
        keep(stream, SW_DEAD);
        return true;
    }
    struct sw_view in = flow->rest;
    size_t made = room->size;
    bool last = in.size == 0;
    status = stream->codec->decode(stream->state, &in, last, room, &stream->error);
    size_t taken = flow->rest.size - in.size;
    sw_flow_take(flow, taken);
    if (status == SW_END || status == SW_PART)
        stream->phase = BETWEEN;
    else if (status != SW_OK)
        stream->phase = OVER;
    if (status < SW_OK)
        keep(stream, status);
    if (status != SW_OK || taken > 0 || room->size > made)
        return true;
    if (made > 0)
        return false;
    give_up(stream, last);
    return true;
}

static enum sw_status say(struct stream *stream, struct sw_error *error)
{
    enum sw_status status = stream->failed;
    stream->failed = SW_OK;
    if (error != NULL)
        *error = stream->error;
    return status;
}

enum sw_status sw_stream_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct stream *stream = state;
    struct sw_room room = {.data = stream->buffer, .capacity = SW_STREAM_PIECE};
    *piece = (struct sw_piece){0};
    while (stream->failed == SW_OK && stream->phase != OVER && room.size < room.capacity) {
        if (stream->phase == BETWEEN)
            go_between(stream);
        else if (!go_inside(stream, &room))
            break;
    }
    if (room.size > 0) {
        *piece = (struct sw_piece){room.data, room.size, stream->made};
        stream->made += room.size;
        return SW_OK;
    }
    if (stream->failed != SW_OK)
        return say(stream, error);
    if (stream->flow.has_part) {
        stream->flow.has_part = false;
        if (error != NULL)
            *error = stream->flow.part;
        return SW_PART;
    }
    return SW_END;
}
