/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2, through its library. A decoder takes 3.7 MB at most. */
#include <bzlib.h>
#include <limits.h>
#include <string.h>

#include "engine/source/stream.h"

struct state {
    bz_stream bzip2;
    bool open;
};

static void done(void *state)
{
    struct state *self = state;
    if (self->open)
        (void)BZ2_bzDecompressEnd(&self->bzip2);
    self->open = false;
}

static enum sw_status begin(void *state, struct sw_flow *flow, const struct sw_source_setup *setup,
                            struct sw_stream_facts *facts, struct sw_error *error)
{
    struct state *self = state;
    (void)flow;
    (void)setup;
    (void)facts;
    done(self);
    self->bzip2 = (bz_stream){0};
    if (BZ2_bzDecompressInit(&self->bzip2, 0, 0) != BZ_OK)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory for the bzip2 decoder");
    self->open = true;
    return SW_OK;
}

static enum sw_status decode(void *state, struct sw_view *in, bool last, struct sw_room *out,
                             struct sw_error *error)
{
    struct state *self = state;
    bz_stream *bzip2 = &self->bzip2;
    size_t given = in->size < UINT_MAX ? in->size : UINT_MAX;
    (void)last;
    /* The library reads only; its interface says otherwise. */
    bzip2->next_in = (char *)(uintptr_t)in->data;
    bzip2->avail_in = (unsigned)given;
    bzip2->next_out = (char *)out->data + out->size;
    bzip2->avail_out = (unsigned)(out->capacity - out->size);
    int said = BZ2_bzDecompress(bzip2);
    size_t taken = given - bzip2->avail_in;
    in->data = taken > 0 ? in->data + taken : in->data;
    in->size -= taken;
    out->size = out->capacity - bzip2->avail_out;
    if (said == BZ_STREAM_END)
        return SW_END;
    if (said == BZ_OK)
        return SW_OK;
    if (said == BZ_MEM_ERROR)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory for the bzip2 decoder");
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0, "the bzip2 stream is damaged");
}

static bool starts(struct sw_view head)
{
    static const char block[] = "\x31\x41\x59\x26\x53\x59";
    static const char nothing[] = "\x17\x72\x45\x38\x50\x90";
    return head.size >= 10 && memcmp(head.data, "BZh", 3) == 0 && head.data[3] >= '1' &&
           head.data[3] <= '9' &&
           (memcmp(head.data + 4, block, 6) == 0 || memcmp(head.data + 4, nothing, 6) == 0);
}

static size_t state_size(void)
{
    return sizeof(struct state);
}

const struct sw_codec sw_codec_bzip2 = {
    .kind = "bzip2",
    .state_size = state_size,
    .head_size = 10,
    .starts = starts,
    .begin = begin,
    .decode = decode,
    .done = done,
};
