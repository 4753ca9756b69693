/* SPDX-License-Identifier: Apache-2.0 */
/* The gate against a search that looks at every offset for every pattern. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule/gate.h"

enum { PATTERNS = 300, BUFFER = 700, ROUNDS = 40000 };

static uint64_t random_state = 88172645463325252U;

static unsigned draw(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state % below);
}

static uint16_t pair_of(struct sw_patterns *patterns, unsigned letter)
{
    struct sw_set set = {{0}};
    sw_set_put(&set, (uint8_t)letter);
    sw_set_put(&set, (uint8_t)(letter ^ 0x20));
    return sw_patterns_set(patterns, &set);
}

static uint16_t class_of(struct sw_patterns *patterns)
{
    struct sw_set set = {{0}};
    for (unsigned byte = '0'; byte <= '9'; byte++)
        sw_set_put(&set, (uint8_t)byte);
    return sw_patterns_set(patterns, &set);
}

/* Of few letters, so that grams are shared and nearly met all the time. */
static void make_patterns(struct sw_patterns *patterns)
{
    uint16_t sets[SW_PATTERN_MAX];
    uint32_t row;

    assert_int_equal(sw_patterns_init(patterns), SW_OK);
    while (patterns->count < PATTERNS) {
        /* A few are too short for a gram, others broken by classes. */
        size_t size = patterns->count < 20 ? 5 + draw(6) : 11 + draw(30);
        unsigned kind = draw(4);
        for (size_t i = 0; i < size; i++) {
            unsigned letter = 'a' + draw(3);
            sets[i] = kind == 1                    ? pair_of(patterns, letter)
                      : kind == 2 && i == size / 2 ? class_of(patterns)
                      : kind == 3 && i == size - 2 ? SW_SET_ANY
                                                   : (uint16_t)(letter - (draw(9) == 0 ? 32U : 0U));
        }
        assert_int_equal(sw_patterns_add(patterns, sets, size, &row), SW_OK);
    }
}

static bool has(const struct sw_patterns *patterns, uint16_t set, uint8_t byte)
{
    return set < SW_SET_ANY ? set == byte
                            : set == SW_SET_ANY || sw_set_has(&patterns->sets[set], byte);
}

static bool plainly_there(const struct sw_patterns *patterns, const uint8_t *data, size_t size)
{
    for (size_t row = 0; row < patterns->count; row++) {
        const struct sw_pattern *pattern = &patterns->rows[row];
        for (size_t at = 0; at + pattern->size <= size; at++) {
            size_t i = 0;
            while (i < pattern->size &&
                   has(patterns, patterns->positions[pattern->start + i], data[at + i]))
                i++;
            if (i == pattern->size)
                return true;
        }
    }
    return false;
}

static void plant(const struct sw_patterns *patterns, uint8_t *data, size_t size)
{
    const struct sw_pattern *pattern = &patterns->rows[draw((unsigned)patterns->count)];
    if (pattern->size > size)
        return;
    size_t at = draw((unsigned)(size - pattern->size + 1));
    size_t broken = draw(2) == 0 ? pattern->size : draw(pattern->size);
    for (size_t i = 0; i < pattern->size; i++) {
        uint8_t byte = 0;
        do
            byte = (uint8_t)draw(256);
        while (!has(patterns, patterns->positions[pattern->start + i], byte));
        data[at + i] = i == broken ? (uint8_t)~byte : byte;
    }
}

static void test_against_every_offset(void **state)
{
    struct sw_patterns patterns;
    struct sw_gate *gate = NULL;
    struct sw_database_scratch *scratch = NULL;
    struct sw_error error;
    unsigned found = 0;

    (void)state;
    make_patterns(&patterns);
    assert_int_equal(sw_gate_build(&patterns, &gate, &error), SW_OK);
    assert_int_equal(sw_gate_scratch_new(gate, &scratch, &error), SW_OK);
    for (unsigned round = 0; round < ROUNDS / 20; round++) {
        size_t size = draw(BUFFER);
        uint8_t *data = malloc(size + 1); /* exact, so that a sanitizer sees every step over it */
        assert_non_null(data);
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)(draw(3) == 0 ? draw(256) : 'a' + draw(3));
        plant(&patterns, data, size);
        bool there = plainly_there(&patterns, data, size);
        if (sw_gate_finds(gate, scratch, data, size) != there)
            fail_msg("round %u, %zu bytes: %d", round, size, there);
        found += there;
        free(data);
    }
    assert_in_range(found, ROUNDS / 100, ROUNDS / 20 - 1);
    sw_database_scratch_free(scratch);
    sw_gate_free(gate);
    sw_patterns_done(&patterns);
}

static void test_few_patterns_need_no_gate(void **state)
{
    struct sw_patterns patterns;
    struct sw_gate *gate = NULL;
    struct sw_error error;
    const uint16_t sets[] = {'s', 'o', 'm', 'e', 't', 'h', 'i', 'n', 'g', ' ', 'l', 'o', 'n', 'g'};
    uint32_t row;

    (void)state;
    assert_int_equal(sw_patterns_init(&patterns), SW_OK);
    assert_int_equal(sw_patterns_add(&patterns, sets, sizeof(sets) / sizeof(sets[0]), &row), SW_OK);
    assert_int_equal(sw_gate_build(&patterns, &gate, &error), SW_PART);
    assert_null(gate);
    sw_patterns_done(&patterns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_every_offset),
        cmocka_unit_test(test_few_patterns_need_no_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
