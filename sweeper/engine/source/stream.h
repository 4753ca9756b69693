/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - what all compressed streams have in common: frames one after the
 * other, padding, bytes that follow, damage, and one member that is the content.
 *
 * A codec decodes one frame (a gzip member, an xz stream, a zstd frame). The
 * driver here feeds it, hands out what it makes in pieces of up to
 * SW_STREAM_PIECE bytes, goes on with the next frame where one begins, passes
 * over zeros, and says SW_PART "bytes follow the end" (reason damaged, `offset`
 * is where they begin) where something else follows. Whatever was decoded
 * before damage is handed out before the error is.
 *
 * Runs in:  engine workers.
 * Threads:  one stream, one thread.
 * Owns:     struct sw_stream owns the codec's state.
 * Trusts:   nothing. A codec that neither takes nor makes anything is damage,
 *           not a loop.
 */
#ifndef SWEEPER_ENGINE_SOURCE_STREAM_H
#define SWEEPER_ENGINE_SOURCE_STREAM_H

#include "engine/source/input.h"

enum { SW_STREAM_PIECE = 256 * 1024 };

/* Where decoded bytes go. */
struct sw_room {
    uint8_t *data;
    size_t size; /* filled */
    size_t capacity;
};

/* What a frame's header says of the content. */
struct sw_stream_facts {
    struct sw_buf name;
    uint32_t mode;
    int64_t mtime_ns;
};
#define SW_STREAM_NAME_MAX ((size_t)65536)

struct sw_codec {
    const char *kind;
    size_t (*state_size)(void); /* of the state, which begins as zeros */
    size_t head_size;           /* bytes that `starts` wants to see; at most SW_PEEK_MAX */
    size_t look; /* bytes that decode() sees at least, unless the input ends before */
    bool loose;  /* text: what stands round frames belongs there */
    /* Whether another frame begins with these bytes. */
    bool (*starts)(struct sw_view head);
    /* Begins a frame; may consume its header. Called again for each frame. */
    enum sw_status (*begin)(void *state, struct sw_flow *flow, const struct sw_source_setup *setup,
                            struct sw_stream_facts *facts, struct sw_error *error);
    /* Takes from `in`, adds to `out`. SW_OK: wants more of either. SW_END: the
     * frame is whole. SW_PART: the frame is over, and what it gave may be wrong.
     * SW_DEAD: it cannot go on. `last`: nothing follows `in`. May do nothing when
     * `out` is not empty and it wants more room. */
    enum sw_status (*decode)(void *state, struct sw_view *in, bool last, struct sw_room *out,
                             struct sw_error *error);
    /* Releases what begin() and decode() took; also after a failed begin(). */
    void (*done)(void *state);
};

enum sw_status sw_stream_open(const struct sw_codec *codec, const struct sw_input *input,
                              const struct sw_source_setup *setup, void **state,
                              struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_stream_next(void *state, struct sw_member *member, struct sw_error *error);
enum sw_status sw_stream_read(void *state, struct sw_piece *piece, struct sw_error *error);
void sw_stream_close(void *state);

/* The source's functions for a codec. */
#define SW_STREAM_SOURCE(symbol, codec_, probe_)                                                   \
    static enum sw_status open_##symbol(const struct sw_input *input,                              \
                                        const struct sw_source_setup *setup, void **state,         \
                                        struct sw_error *error)                                    \
    {                                                                                              \
        return sw_stream_open(&(codec_), input, setup, state, error);                              \
    }                                                                                              \
    const struct sw_source sw_source_##symbol = {                                                  \
        .kind = #symbol,                                                                           \
        .sequential = true,                                                                        \
        .stream = true,                                                                            \
        .probe = (probe_),                                                                         \
        .open = open_##symbol,                                                                     \
        .next = sw_stream_next,                                                                    \
        .read = sw_stream_read,                                                                    \
        .close = sw_stream_close,                                                                  \
    }

/* codec_*.c */
extern const struct sw_codec sw_codec_bzip2;
extern const struct sw_codec sw_codec_xz;
extern const struct sw_codec sw_codec_lzma;
extern const struct sw_codec sw_codec_lzip;
extern const struct sw_codec sw_codec_zstd;
extern const struct sw_codec sw_codec_lz4;
extern const struct sw_codec sw_codec_compress;
extern const struct sw_codec sw_codec_uuencode;

/* codec_compress.c: how many of the first codes may stand where they do; 0: not
 * a stream of compress(1). */
unsigned sw_compress_codes(struct sw_view head);
/* codec_uuencode.c: where the line "begin ..." of a frame stands, or SIZE_MAX. */
size_t sw_uuencode_find(struct sw_view head);

#endif
