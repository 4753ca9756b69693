/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_raw_windows.c - windows over runs of bytes: nothing but zeros is left out, each byte is
 * new in one window only, and each window knows where its bytes lie.
 */
#include "engine/disk/raw_windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

struct list {
    const struct sw_place_run *runs;
    size_t count, at;
    size_t fails_at; /* run before which it fails once; SIZE_MAX: none */
};

static enum sw_status next_run(void *context, struct sw_place_run *run, struct sw_error *error)
{
    struct list *list = context;

    if (list->at == list->fails_at) {
        list->fails_at = SIZE_MAX;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "test", 0, "a run that is lost");
    }
    if (list->at == list->count)
        return SW_END;
    *run = list->runs[list->at++];
    return SW_OK;
}

static uint32_t seed;
static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % sides;
}

/* One window: what it holds is what lies where it says; `seen` counts bytes that are new. */
static void check_window(const struct sw_member *member, const uint8_t *volume, uint8_t *seen)
{
    const struct sw_raw_place *place = member->raw;
    const size_t size = (size_t)member->in_place->size;
    uint8_t *content = malloc(size);
    struct sw_error error;
    size_t got = 0;
    uint64_t at = 0;

    assert_non_null(content);
    assert_true(size <= SW_RAW_STEP + SW_RAW_OVERLAP + SW_RAW_LOOK && place->told < size);
    assert_int_equal(sw_blob_read_at(member->in_place, 0, content, size, &got, &error), SW_OK);
    assert_int_equal(got, size);
    for (size_t i = 0; i < place->run_count; i++) {
        const struct sw_place_run *run = &place->runs[i];
        assert_memory_equal(content + at, volume + run->at, run->size);
        assert_int_equal(sw_raw_place_of(place, at), run->at);
        assert_int_equal(sw_raw_place_of(place, at + run->size - 1), run->at + run->size - 1);
        for (uint64_t k = at < place->told ? place->told - at : 0; k < run->size; k++)
            seen[run->at + k]++;
        at += run->size;
    }
    assert_int_equal(at, size);
    assert_int_equal(sw_raw_place_of(place, at), SW_RAW_NOWHERE);
    free(content);
}

/* Returns the number of windows. */
static unsigned walk(const uint8_t *volume, size_t size, struct list *list, unsigned failures)
{
    struct sw_blob blob = sw_blob_of_bytes(volume, size);
    struct sw_raw_windows windows = {0};
    struct sw_member member;
    struct sw_error error;
    uint8_t *seen = calloc(1, size);
    unsigned count = 0;
    enum sw_status status;

    assert_non_null(seen);
    sw_raw_windows_begin(&windows, &blob, next_run, list);
    while ((status = sw_raw_windows_next(&windows, &member, &error)) != SW_END) {
        if (status == SW_SKIP) {
            assert_true(failures-- > 0);
            continue;
        }
        assert_int_equal(status, SW_OK);
        check_window(&member, volume, seen);
        count++;
    }
    assert_int_equal(failures, 0);
    for (size_t i = 0; i < list->count; i++) {
        const struct sw_place_run *run = &list->runs[i];
        for (uint64_t k = 0; k < run->size && run->at + k < size; k++) {
            assert_true(seen[run->at + k] <= 1);
            assert_true(seen[run->at + k] == 1 || volume[run->at + k] == 0);
            seen[run->at + k] = 2;
        }
    }
    for (size_t i = 0; i < size; i++)
        assert_true(seen[i] == 2 || seen[i] == 0); /* and nothing else */
    free(seen);
    sw_raw_windows_done(&windows);
    return count;
}

static uint8_t *noise(size_t size)
{
    uint8_t *volume = malloc(size);

    assert_non_null(volume);
    for (size_t i = 0; i < size; i++)
        volume[i] = (uint8_t)(i * 2654435761U >> 13 | 1);
    return volume;
}

static void one_run_at_every_edge(void **state)
{
    static const size_t sizes[] = {1,
                                   2,
                                   SW_RAW_LOOK - 1,
                                   SW_RAW_LOOK,
                                   SW_RAW_LOOK + 1,
                                   SW_RAW_STEP - 1,
                                   SW_RAW_STEP,
                                   SW_RAW_STEP + 1};
    uint8_t *volume = noise(2 * SW_RAW_STEP + MIB);

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct sw_place_run run = {3, sizes[i]};
        struct list list = {&run, 1, 0, SIZE_MAX};
        assert_int_equal(walk(volume, sizes[i] + 7, &list, 0), sizes[i] > SW_RAW_STEP ? 2 : 1);
    }
    free(volume);
}

static void zeros_and_what_lies_behind_the_end(void **state)
{
    const size_t size = 6 * MIB;
    uint8_t *volume = calloc(1, size);
    const struct sw_place_run runs[] = {{0, 5 * MIB}, {5 * MIB, UINT64_MAX / 2}, {7 * MIB, 1}};
    struct list list = {runs, 3, 0, SIZE_MAX};

    (void)state;
    assert_non_null(volume);
    assert_int_equal(walk(volume, size, &list, 0), 0);
    volume[size - 1] = 1;
    volume[2 * MIB] = 1;
    list.at = 0;
    assert_int_equal(walk(volume, size, &list, 0), 1);
    free(volume);
}

/* Runs of any size with gaps, zeros here and there, and one that is lost. */
static void any_runs(void **state)
{
    enum { ROWS = 3000 };
    const size_t size = 40 * MIB;
    static struct sw_place_run runs[ROWS];
    uint8_t *volume = noise(size);

    (void)state;
    for (seed = 1; seed < 4; seed++) {
        const uint32_t first = seed;
        size_t count = 0;
        uint64_t at = dice(1000);
        while (at < size && count < ROWS) {
            const uint64_t length = 1 + dice(dice(20) == 0 ? 2 * MIB : 8192);
            runs[count++] = (struct sw_place_run){at, length < size - at ? length : size - at};
            if (dice(3) == 0)
                memset(volume + at, 0, (size_t)runs[count - 1].size);
            at += length + dice(5000);
        }
        struct list list = {runs, count, 0, count / 2};
        assert_true(walk(volume, size, &list, 1) >= 1);
        seed = first;
    }
    free(volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run_at_every_edge),
        cmocka_unit_test(zeros_and_what_lies_behind_the_end),
        cmocka_unit_test(any_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
