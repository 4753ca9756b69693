/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952): headers, members one after the other, and the source. */
#include <string.h>

#include "engine/source/inflater.h"
#include "engine/source/sources.h"

enum {
    FIXED = 10, /* bytes of a header before what is optional */
    FLAG_HEADER_SUM = 2,
    FLAG_EXTRA = 4,
    FLAG_NAME = 8,
    FLAG_COMMENT = 16,
    FLAGS_RESERVED = 0xe0,
    OS_LAST = 13,
    OS_UNKNOWN = 255,
    NS_IN_S = 1000000000,
};

static bool starts(struct sw_view head)
{
    return head.size >= 4 && head.data[0] == 0x1f && head.data[1] == 0x8b && head.data[2] == 8 &&
           (head.data[3] & FLAGS_RESERVED) == 0;
}

static enum sw_status cut(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "source", 0,
                       "the gzip header ends too early");
}

/* A text up to its NUL; kept where `name` is given. */
static enum sw_status take_text(struct sw_flow *flow, struct sw_buf *name, struct sw_error *error)
{
    for (;;) {
        enum sw_status status = sw_flow_fill(flow, error);
        if (status != SW_OK)
            return status;
        if (flow->rest.size == 0)
            return cut(error);
        const uint8_t *nul = memchr(flow->rest.data, 0, flow->rest.size);
        size_t size = nul == NULL ? flow->rest.size : (size_t)(nul - flow->rest.data);
        /* A name that is longer than names are is cut. */
        if (name != NULL) {
            size_t room = name->size_max - name->size;
            if (sw_buf_append(name, flow->rest.data, size < room ? size : room) != SW_OK)
                return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                                   "no memory for a name");
        }
        sw_flow_take(flow, nul == NULL ? size : size + 1);
        if (nul != NULL)
            return SW_OK;
    }
}

static enum sw_status take_extra(struct sw_flow *flow, struct sw_error *error)
{
    enum sw_status status = sw_flow_peek(flow, 2, error);
    if (status != SW_OK)
        return status;
    if (flow->rest.size < 2)
        return cut(error);
    return sw_flow_skip(
        flow, 2 + ((uint64_t)flow->rest.data[0] | (uint64_t)flow->rest.data[1] << 8), error);
}

/* The first member's header names the content. */
static enum sw_status take_header(struct sw_flow *flow, struct sw_stream_facts *facts,
                                  struct sw_error *error)
{
    bool first = flow->offset == 0;
    enum sw_status status = sw_flow_peek(flow, FIXED, error);
    if (status != SW_OK)
        return status;
    if (flow->rest.size < FIXED)
        return cut(error);
    if (!starts(flow->rest))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "source", 0,
                           "the gzip header has flags that nobody knows");
    const uint8_t *head = flow->rest.data;
    uint8_t flags = head[3];
    uint32_t seconds = (uint32_t)head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 |
                       (uint32_t)head[7] << 24;
    if (first && seconds != 0)
        facts->mtime_ns = (int64_t)seconds * NS_IN_S;
    sw_flow_take(flow, FIXED);
    if ((flags & FLAG_EXTRA) != 0)
        status = take_extra(flow, error);
    if (status == SW_OK && (flags & FLAG_NAME) != 0)
        status = take_text(flow, first ? &facts->name : NULL, error);
    if (status == SW_OK && (flags & FLAG_COMMENT) != 0)
        status = take_text(flow, NULL, error);
    if (status == SW_OK && (flags & FLAG_HEADER_SUM) != 0)
        status = sw_flow_skip(flow, 2, error);
    return status;
}

static enum sw_status begin(void *state, struct sw_flow *flow, const struct sw_source_setup *setup,
                            struct sw_stream_facts *facts, struct sw_error *error)
{
    (void)setup;
    enum sw_status status = take_header(flow, facts, error);
    if (status == SW_OK && !sw_inflater_begin(state, SW_INFLATER_GZIP))
        status =
            sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory to inflate");
    return status;
}

static enum sw_status decode(void *state, struct sw_view *in, bool last, struct sw_room *out,
                             struct sw_error *error)
{
    (void)last;
    switch (sw_inflater_run(state, in, out)) {
    case SW_INFLATED_MORE:
        return SW_OK;
    case SW_INFLATED_END:
        return SW_END;
    case SW_INFLATED_SUMS:
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "source", 0,
                           "the gzip content is not what its checksum and size say");
    default:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                           "the gzip stream is damaged");
    }
}

static const struct sw_codec codec = {
    .kind = "gzip",
    .state_size = sw_inflater_size,
    .head_size = 4,
    .starts = starts,
    .begin = begin,
    .decode = decode,
    .done = sw_inflater_done,
};

/* Magic and method, reserved flags, a known system and a known way to compress. */
static unsigned probe(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (!starts(head))
        return 0;
    unsigned bits = 24 + 3;
    if (head.size < FIXED)
        return bits;
    if (head.data[9] <= OS_LAST || head.data[9] == OS_UNKNOWN)
        bits += 4;
    if (head.data[8] == 0 || head.data[8] == 2 || head.data[8] == 4)
        bits += 6;
    return bits;
}

SW_STREAM_SOURCE(gzip, codec, probe);
