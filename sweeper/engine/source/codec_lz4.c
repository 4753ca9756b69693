/* SPDX-License-Identifier: Apache-2.0 */
/* lz4, through its library: the frame format, and the older one that is a magic
 * number and blocks of up to 8 MiB. */
#include <lz4.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/stream.h"

enum {
    LEGACY_BLOCK = 8 << 20,
    LEGACY_PACKED = LZ4_COMPRESSBOUND(LEGACY_BLOCK),
};
#define LEGACY_MAGIC "\x02\x21\x4c\x18"
#define FRAME_MAGIC  "\x04\x22\x4d\x18"

struct state {
    LZ4F_dctx *frame;
    bool legacy;
    uint8_t *packed; /* a block as it is read */
    uint8_t *plain;  /* the same, decoded */
    uint8_t size_bytes[4];
    size_t size_filled;
    size_t packed_size; /* 0: not known yet */
    size_t packed_filled;
    size_t plain_size;
    size_t plain_given;
};

static bool skippable(struct sw_view head)
{
    return (head.data[0] & 0xf0) == 0x50 && memcmp(head.data + 1, "\x2a\x4d\x18", 3) == 0;
}

static bool starts(struct sw_view head)
{
    return head.size >= 4 && (memcmp(head.data, FRAME_MAGIC, 4) == 0 ||
                              memcmp(head.data, LEGACY_MAGIC, 4) == 0 || skippable(head));
}

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                       "no memory for the lz4 decoder");
}

static enum sw_status begin_legacy(struct state *self, struct sw_flow *flow,
                                   const struct sw_source_setup *setup, struct sw_error *error)
{
    if (setup->window_max < (uint64_t)LEGACY_BLOCK)
        return no_memory(error);
    if (self->packed == NULL)
        self->packed = malloc(LEGACY_PACKED);
    if (self->plain == NULL)
        self->plain = malloc(LEGACY_BLOCK);
    if (self->packed == NULL || self->plain == NULL)
        return no_memory(error);
    sw_flow_take(flow, 4);
    self->size_filled = self->packed_size = self->packed_filled = 0;
    self->plain_size = self->plain_given = 0;
    return SW_OK;
}

static enum sw_status begin(void *state, struct sw_flow *flow, const struct sw_source_setup *setup,
                            struct sw_stream_facts *facts, struct sw_error *error)
{
    struct state *self = state;
    (void)facts;
    enum sw_status status = sw_flow_peek(flow, 4, error);
    if (status != SW_OK)
        return status;
    self->legacy = flow->rest.size >= 4 && memcmp(flow->rest.data, LEGACY_MAGIC, 4) == 0;
    if (self->legacy)
        return begin_legacy(self, flow, setup, error);
    if (self->frame == NULL &&
        LZ4F_isError(LZ4F_createDecompressionContext(&self->frame, LZ4F_VERSION)))
        return no_memory(error);
    LZ4F_resetDecompressionContext(self->frame);
    return SW_OK;
}

static void advance(struct sw_view *in, size_t size)
{
    in->size -= size;
    if (size > 0)
        in->data += size;
}

static enum sw_status damaged(struct sw_error *error, const char *what)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0, "the lz4 stream is damaged: %s",
                       what);
}

/* Copies what is missing of `filled` bytes up to `wanted`. */
static bool collect(struct sw_view *in, uint8_t *to, size_t *filled, size_t wanted)
{
    size_t more = wanted - *filled < in->size ? wanted - *filled : in->size;
    if (more > 0)
        memcpy(to + *filled, in->data, more);
    *filled += more;
    advance(in, more);
    return *filled == wanted;
}

static bool give(struct state *self, struct sw_room *out)
{
    size_t more = self->plain_size - self->plain_given;
    if (more > out->capacity - out->size)
        more = out->capacity - out->size;
    if (more > 0)
        memcpy(out->data + out->size, self->plain + self->plain_given, more);
    self->plain_given += more;
    out->size += more;
    return self->plain_given == self->plain_size;
}

/* There is no mark at the end: the input is over, or what stands in the place of
 * a block's size cannot be one. */
static enum sw_status legacy_block_size(struct state *self, struct sw_view *in, bool last,
                                        struct sw_error *error)
{
    if (self->size_filled == 0 && last)
        return SW_END;
    /* Of what cannot be a size nothing is taken: it may begin another frame. Four bytes
     * are there, unless the input ends. */
    if (self->size_filled == 0 && in->size >= 4) {
        uint32_t size = (uint32_t)in->data[0] | (uint32_t)in->data[1] << 8 |
                        (uint32_t)in->data[2] << 16 | (uint32_t)in->data[3] << 24;
        if (size == 0 || size > (uint32_t)LEGACY_PACKED)
            return SW_END;
    }
    if (!collect(in, self->size_bytes, &self->size_filled, 4))
        return SW_OK;
    uint32_t size = (uint32_t)self->size_bytes[0] | (uint32_t)self->size_bytes[1] << 8 |
                    (uint32_t)self->size_bytes[2] << 16 | (uint32_t)self->size_bytes[3] << 24;
    if (size == 0 || size > (uint32_t)LEGACY_PACKED)
        return damaged(error, "no size of a block");
    self->packed_size = size;
    self->packed_filled = 0;
    return SW_OK;
}

static enum sw_status decode_legacy(struct state *self, struct sw_view *in, bool last,
                                    struct sw_room *out, struct sw_error *error)
{
    if (!give(self, out))
        return SW_OK;
    if (self->packed_size == 0) {
        enum sw_status status = legacy_block_size(self, in, last, error);
        if (status != SW_OK || self->packed_size == 0)
            return status;
    }
    if (!collect(in, self->packed, &self->packed_filled, self->packed_size))
        return SW_OK;
    int made = LZ4_decompress_safe((const char *)self->packed, (char *)self->plain,
                                   (int)self->packed_size, LEGACY_BLOCK);
    if (made < 0)
        return damaged(error, "a block");
    self->plain_size = (size_t)made;
    self->plain_given = 0;
    self->size_filled = self->packed_size = 0;
    (void)give(self, out);
    return SW_OK;
}

static enum sw_status decode(void *state, struct sw_view *in, bool last, struct sw_room *out,
                             struct sw_error *error)
{
    struct state *self = state;
    if (self->legacy)
        return decode_legacy(self, in, last, out, error);
    size_t made = out->capacity - out->size;
    size_t taken = in->size;
    size_t said =
        LZ4F_decompress(self->frame, out->data + out->size, &made, in->data, &taken, NULL);
    if (LZ4F_isError(said))
        return LZ4F_getErrorName(said) != NULL && strstr(LZ4F_getErrorName(said), "alloc") != NULL
                   ? no_memory(error)
                   : damaged(error, LZ4F_getErrorName(said));
    advance(in, taken);
    out->size += made;
    return said == 0 ? SW_END : SW_OK;
}

static void done(void *state)
{
    struct state *self = state;
    (void)LZ4F_freeDecompressionContext(self->frame);
    free(self->packed);
    free(self->plain);
}

static size_t state_size(void)
{
    return sizeof(struct state);
}

const struct sw_codec sw_codec_lz4 = {
    .kind = "lz4",
    .state_size = state_size,
    .head_size = 4,
    .look = 4,
    .starts = starts,
    .begin = begin,
    .decode = decode,
    .done = done,
};
