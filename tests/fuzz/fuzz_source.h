/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_source.h - opens, lists and reads a container, and checks the contract of
 * source.h on its way. */
#ifndef SWEEPER_TESTS_FUZZ_SOURCE_H
#define SWEEPER_TESTS_FUZZ_SOURCE_H

#include <stdlib.h>

#include "fuzz.h"
#include "sweeper/source.h"

#define FUZZ_CONTENT_MAX ((size_t)4 << 20) /* bytes of one container that are read */
enum { FUZZ_MEMBERS_MAX = 2000 };

/* How much content there was, and whether nothing was wrong with it. */
struct fuzz_got {
    uint64_t size;
    bool sound;
};

struct fuzz_puller {
    struct sw_cursor rest;
    size_t step;
    uint8_t *copy;
};

static inline enum sw_status fuzz_pull(void *context, struct sw_view *piece, struct sw_error *error)
{
    struct fuzz_puller *puller = context;
    struct sw_view next = fuzz_bytes(&puller->rest, puller->step);
    (void)error;
    free(puller->copy);
    puller->copy = fuzz_copy(next);
    *piece = (struct sw_view){puller->copy, next.size};
    return SW_OK;
}

static inline void fuzz_probe(const struct sw_source *source, struct sw_view data)
{
    size_t tail = data.size < SW_PROBE_TAIL_MAX ? data.size : SW_PROBE_TAIL_MAX;
    struct sw_probe probe = {
        .head = data,
        .tail = {data.data == NULL ? NULL : data.data + data.size - tail, tail},
        .size = data.size,
    };
    (void)source->probe(&probe);
}

/* The content, and how many bytes of it there were. */
static inline uint64_t fuzz_content(const struct sw_source *source, void *state, uint64_t most,
                                    struct sw_buf *out, bool *sound)
{
    uint64_t end = 0;
    for (unsigned calls = 0; end < most; calls++) {
        struct sw_piece piece = {0};
        struct sw_error error = {0};
        enum sw_status status = source->read(state, &piece, &error);
        FUZZ_CHECK(calls < 1000000);
        if (status == SW_END)
            break;
        if (status != SW_OK) {
            FUZZ_CHECK(error.reason != SW_GAP_NONE);
            *sound = false;
            if (status != SW_PART)
                break;
            continue;
        }
        FUZZ_CHECK(piece.offset >= end);
        end = piece.offset + piece.size;
        if (out != NULL)
            FUZZ_CHECK(sw_buf_append(out, piece.data, piece.size) == SW_OK);
    }
    return end < most ? end : most;
}

static inline struct fuzz_got fuzz_members(const struct sw_source *source, void *state,
                                           struct sw_buf *out)
{
    struct fuzz_got got = {.sound = true};
    for (unsigned i = 0; i < FUZZ_MEMBERS_MAX && got.size < FUZZ_CONTENT_MAX; i++) {
        struct sw_member member = {0};
        struct sw_error error = {0};
        enum sw_status status = source->next(state, &member, &error);
        if (status == SW_END)
            break;
        got.sound = got.sound && status == SW_OK;
        FUZZ_CHECK(status == SW_OK || error.reason != SW_GAP_NONE);
        if (status == SW_DEAD || status == SW_STOP)
            break;
        if (status != SW_SKIP && member.kind == SW_MEMBER_FILE)
            got.size += fuzz_content(source, state, FUZZ_CONTENT_MAX - got.size, out, &got.sound);
    }
    return got;
}

/* `step` 0: from a blob, else as a stream in pieces of so many bytes. The content
 * goes to `out`, where there is one. */
static inline struct fuzz_got fuzz_source_into(const struct sw_source *source, struct sw_view data,
                                               size_t step, struct sw_buf *out)
{
    struct sw_blob blob = sw_blob_of_bytes(data.data, data.size);
    struct fuzz_puller puller = {.rest = sw_cursor_of(data), .step = step};
    struct sw_input input = {.blob = &blob};
    static const char *const passwords[] = {"infected"};
    struct sw_source_setup setup = {
        .passwords = passwords, .password_count = 1, .window_max = (uint64_t)16 << 20};
    struct sw_error error = {0};
    void *state = NULL;
    struct fuzz_got got = {0};
    if (step > 0)
        input = (struct sw_input){.pull = fuzz_pull, .context = &puller};
    enum sw_status status = source->open(&input, &setup, &state, &error);
    if (status == SW_OK) {
        got = fuzz_members(source, state, out);
        source->close(state);
    } else {
        FUZZ_CHECK(error.reason != SW_GAP_NONE);
    }
    free(puller.copy);
    sw_blob_close(&blob);
    return got;
}

/* A stream's content is the same however it comes; of a damaged one more or less may
 * be had. */
static inline void fuzz_same(struct fuzz_got a, struct fuzz_got b)
{
    FUZZ_CHECK(a.sound == b.sound && (!a.sound || a.size == b.size));
}

static inline struct fuzz_got fuzz_source(const struct sw_source *source, struct sw_view data,
                                          size_t step)
{
    return fuzz_source_into(source, data, step, NULL);
}

#endif
