/* SPDX-License-Identifier: Apache-2.0 */
/* zstd, through its library, one thread. Skippable frames are frames without
 * content. The library refuses a window over the limit from the frame header. */
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "engine/source/stream.h"

struct state {
    ZSTD_DCtx *zstd;
};

/* The largest power of two that is allowed. */
static int window_log_max(uint64_t window_max)
{
    ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    int log = bounds.lowerBound;
    while (log < bounds.upperBound && UINT64_C(2) << log <= window_max)
        log++;
    return log;
}

static enum sw_status begin(void *state, struct sw_flow *flow, const struct sw_source_setup *setup,
                            struct sw_stream_facts *facts, struct sw_error *error)
{
    struct state *self = state;
    (void)flow;
    (void)facts;
    if (self->zstd != NULL)
        return SW_OK; /* the decoder goes on with the next frame by itself */
    self->zstd = ZSTD_createDCtx();
    if (self->zstd == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(self->zstd, ZSTD_d_windowLogMax,
                                            window_log_max(setup->window_max))))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory for the zstd decoder");
    return SW_OK;
}

static enum sw_status judge(size_t said, struct sw_error *error)
{
    switch (ZSTD_getErrorCode(said)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "the zstd window is larger than the limit");
    case ZSTD_error_memory_allocation:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory for the zstd decoder");
    case ZSTD_error_dictionary_wrong:
    case ZSTD_error_frameParameter_unsupported:
    case ZSTD_error_version_unsupported:
    case ZSTD_error_parameter_unsupported:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "source", 0,
                           "the zstd stream cannot be read: %s", ZSTD_getErrorName(said));
    case ZSTD_error_checksum_wrong:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                           "the zstd frame's checksum is wrong");
    default:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                           "the zstd stream is damaged: %s", ZSTD_getErrorName(said));
    }
}

static enum sw_status decode(void *state, struct sw_view *in, bool last, struct sw_room *out,
                             struct sw_error *error)
{
    struct state *self = state;
    ZSTD_inBuffer from = {in->data, in->size, 0};
    ZSTD_outBuffer to = {out->data, out->capacity, out->size};
    (void)last;
    size_t said = ZSTD_decompressStream(self->zstd, &to, &from);
    out->size = to.pos;
    in->size -= from.pos;
    in->data = from.pos > 0 ? in->data + from.pos : in->data;
    if (ZSTD_isError(said))
        return judge(said, error);
    return said == 0 ? SW_END : SW_OK;
}

static void done(void *state)
{
    struct state *self = state;
    (void)ZSTD_freeDCtx(self->zstd);
}

/* A frame, or a skippable one. */
static bool starts(struct sw_view head)
{
    return head.size >= 4 &&
           (memcmp(head.data, "\x28\xb5\x2f\xfd", 4) == 0 ||
            ((head.data[0] & 0xf0) == 0x50 && memcmp(head.data + 1, "\x2a\x4d\x18", 3) == 0));
}

static size_t state_size(void)
{
    return sizeof(struct state);
}

const struct sw_codec sw_codec_zstd = {
    .kind = "zstd",
    .state_size = state_size,
    .head_size = 4,
    .starts = starts,
    .begin = begin,
    .decode = decode,
    .done = done,
};
