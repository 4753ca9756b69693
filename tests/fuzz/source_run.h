/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_run.h - reads a container to its end, as a worker would, and checks what
 * every source promises: pieces in order, names that are there, one word about
 * every failure, and an end.
 */
#ifndef SWEEPER_TESTS_SOURCE_RUN_H
#define SWEEPER_TESTS_SOURCE_RUN_H

#include "fuzz.h"
#include "sweeper/limits.h"
#include "sweeper/source.h"

enum {
    RUN_MEMBERS_MAX = 5000, /* then the run stops, as a budget would stop it */
    RUN_BYTES_MAX = 32 << 20,
    RUN_CALLS_MAX = 200000,
};

struct source_run {
    uint64_t members;
    uint64_t bytes;
    uint64_t calls;
    uint64_t sum; /* of everything that was seen, in its order */
};

static inline void run_add(struct source_run *run, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    FUZZ_CHECK(bytes != NULL || size == 0);
    run->sum = run->sum * 31 + size;
    for (size_t i = 0; i < size; i++)
        run->sum = run->sum * 31 + bytes[i];
}

static inline void run_check_error(enum sw_status status, const struct sw_error *error)
{
    if (status == SW_OK || status == SW_END)
        return;
    FUZZ_CHECK(error->reason != SW_GAP_NONE && error->text[0] != '\0');
}

static inline bool run_goes_on(struct source_run *run)
{
    return run->members < RUN_MEMBERS_MAX && run->bytes < RUN_BYTES_MAX &&
           ++run->calls < RUN_CALLS_MAX;
}

static inline enum sw_status run_read(const struct sw_source *source, void *state,
                                      struct source_run *run)
{
    uint64_t end = 0;
    enum sw_status status = SW_OK;
    while (run_goes_on(run)) {
        struct sw_piece piece = {.data = NULL};
        struct sw_error error = {.reason = SW_GAP_NONE};
        status = source->read(state, &piece, &error);
        run_check_error(status, &error);
        if (status != SW_OK && status != SW_PART)
            break;
        FUZZ_CHECK(piece.offset >= end && piece.size <= UINT64_MAX - piece.offset);
        end = piece.offset + piece.size;
        run_add(run, piece.data, piece.size);
        run->bytes += piece.size;
    }
    return status;
}

static inline void run_source(const struct sw_source *source, const struct sw_input *input,
                              struct source_run *run)
{
    static const char *const passwords[] = {"infected"};
    const struct sw_source_setup setup = {
        .passwords = passwords, .password_count = 1, .window_max = 16 * SW_MIB};
    struct sw_error error = {.reason = SW_GAP_NONE};
    void *state = NULL;
    *run = (struct source_run){.members = 0};
    enum sw_status status = source->open(input, &setup, &state, &error);
    run_check_error(status, &error);
    if (status < SW_PART)
        return;
    while (run_goes_on(run)) {
        struct sw_member member = {.encrypted = false};
        error = (struct sw_error){.reason = SW_GAP_NONE};
        status = source->next(state, &member, &error);
        run_check_error(status, &error);
        if (status == SW_END || status == SW_DEAD || status == SW_STOP)
            break;
        if (status == SW_SKIP)
            continue;
        run->members++;
        run_add(run, member.name.data, member.name.size);
        run_add(run, member.target.data, member.target.size);
        run_add(run, &member.facts, sizeof member.facts);
        if (member.kind == SW_MEMBER_FILE && !member.encrypted)
            status = run_read(source, state, run);
        if (status == SW_DEAD || status == SW_STOP)
            break;
    }
    source->close(state);
}

/* Twice, with the same outcome. */
static inline void run_twice(const struct sw_source *source, const uint8_t *data, size_t size)
{
    struct source_run first;
    struct source_run again;
    struct sw_blob blob = sw_blob_of_bytes(data, size);
    const struct sw_input input = {.blob = &blob};
    run_source(source, &input, &first);
    run_source(source, &input, &again);
    FUZZ_CHECK(first.sum == again.sum && first.members == again.members);
    sw_blob_close(&blob);
}

#endif
