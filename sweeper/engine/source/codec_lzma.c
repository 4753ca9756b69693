/* SPDX-License-Identifier: Apache-2.0 */
/* xz, lzma and lzip, through liblzma: it is told how much a decoder may take, and
 * refuses a larger dictionary before it takes any of it. */
#include <inttypes.h>
#include <lzma.h>
#include <string.h>

#include "engine/source/stream.h"
#include "sweeper/limits.h"

/* What a decoder needs beside its dictionary. */
#define DECODER_SLACK (1 * SW_MIB)

struct state {
    lzma_stream lzma;
};

static const char *const names[] = {"xz", "lzma", "lzip"};
enum form { XZ, LZMA, LZIP };

/* What liblzma says, in our words. */
static enum sw_status judge(struct state *state, enum form form, lzma_ret said,
                            struct sw_error *error)
{
    const char *name = names[form];
    switch (said) {
    case LZMA_OK:
    case LZMA_BUF_ERROR: /* neither took nor made anything; the driver sees that */
        return SW_OK;
    case LZMA_STREAM_END:
        return SW_END;
    case LZMA_MEMLIMIT_ERROR:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "the %s dictionary needs %" PRIu64 " bytes", name,
                           lzma_memusage(&state->lzma));
    case LZMA_MEM_ERROR:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory for the %s decoder", name);
    case LZMA_OPTIONS_ERROR:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "source", 0,
                           "the %s stream uses options that cannot be read", name);
    default:
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0, "the %s stream is damaged",
                           name);
    }
}

static enum sw_status begin(struct state *state, enum form form,
                            const struct sw_source_setup *setup, struct sw_error *error)
{
    lzma_ret said = LZMA_PROG_ERROR;
    uint64_t most = 0;
    if (__builtin_add_overflow(setup->window_max, DECODER_SLACK, &most))
        most = UINT64_MAX;
    /* Starting again keeps what is allocated. */
    if (form == XZ)
        said = lzma_stream_decoder(&state->lzma, most, 0);
    else if (form == LZMA)
        said = lzma_alone_decoder(&state->lzma, most);
    else
        said = lzma_lzip_decoder(&state->lzma, most, 0);
    return judge(state, form, said, error);
}

static enum sw_status decode(struct state *state, enum form form, struct sw_view *in, bool last,
                             struct sw_room *out, struct sw_error *error)
{
    lzma_stream *lzma = &state->lzma;
    lzma->next_in = in->data;
    lzma->avail_in = in->size;
    lzma->next_out = out->data + out->size;
    lzma->avail_out = out->capacity - out->size;
    lzma_ret said = lzma_code(lzma, last ? LZMA_FINISH : LZMA_RUN);
    *in = (struct sw_view){lzma->next_in, lzma->avail_in};
    out->size = out->capacity - lzma->avail_out;
    return judge(state, form, said, error);
}

static void done(void *state)
{
    struct state *self = state;
    lzma_end(&self->lzma);
}

static bool starts_xz(struct sw_view head)
{
    return head.size >= 6 && memcmp(head.data,
                                    "\xfd"
                                    "7zXZ\0",
                                    6) == 0;
}

static bool starts_lzip(struct sw_view head)
{
    return head.size >= 5 && memcmp(head.data, "LZIP\1", 5) == 0;
}

/* An lzma stream has no mark to be known by: none follows another. */
static bool starts_never(struct sw_view head)
{
    (void)head;
    return false;
}

static size_t state_size(void)
{
    return sizeof(struct state);
}

#define LZMA_CODEC(symbol, form, starts_)                                                          \
    static enum sw_status begin_##symbol(void *state, struct sw_flow *flow,                        \
                                         const struct sw_source_setup *setup,                      \
                                         struct sw_stream_facts *facts, struct sw_error *error)    \
    {                                                                                              \
        (void)flow;                                                                                \
        (void)facts;                                                                               \
        return begin(state, form, setup, error);                                                   \
    }                                                                                              \
    static enum sw_status decode_##symbol(void *state, struct sw_view *in, bool last,              \
                                          struct sw_room *out, struct sw_error *error)             \
    {                                                                                              \
        return decode(state, form, in, last, out, error);                                          \
    }                                                                                              \
    const struct sw_codec sw_codec_##symbol = {                                                    \
        .kind = #symbol,                                                                           \
        .state_size = state_size,                                                                  \
        .head_size = 6,                                                                            \
        .starts = (starts_),                                                                       \
        .begin = begin_##symbol,                                                                   \
        .decode = decode_##symbol,                                                                 \
        .done = done,                                                                              \
    }

LZMA_CODEC(xz, XZ, starts_xz);
LZMA_CODEC(lzma, LZMA, starts_never);
LZMA_CODEC(lzip, LZIP, starts_lzip);
