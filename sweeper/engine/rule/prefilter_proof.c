/* SPDX-License-Identifier: Apache-2.0 */
/* Plants every pattern and looks for it again, before what looks for them is used. */
#include "engine/rule/prefilter_proof.h"

#include <stdbool.h>
#include <string.h>

#define BUFFER_MAX  300
#define ALIGN_MAX   64
#define FILLERS     4
#define RANDOM_SEED UINT64_C(0x9e3779b97f4a7c15) /* fixed: the proof is repeatable */

/* Plantings in all, shared out evenly, and what each pattern gets at most (all
 * sizes, three places) and at least. */
#define BUDGET        120000
#define PLANTINGS_MAX ((size_t)3 * BUFFER_MAX)
#define PLANTINGS_MIN 16

struct proof {
    const struct sw_patterns *patterns;
    const struct sw_database *database;
    const struct sw_gate *gate;
    struct sw_database_scratch *scratch;
    struct sw_database_scratch *gate_scratch;
    uint64_t random;
    uint8_t fillers[FILLERS][ALIGN_MAX + BUFFER_MAX];
    uint8_t planted[SW_PATTERN_MAX];
};

/* xorshift64* */
static uint32_t draw(struct proof *proof, uint32_t below)
{
    uint64_t x = proof->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    proof->random = x;
    uint64_t high = (x * UINT64_C(0x2545f4914f6cdd1d)) >> 32;
    return (uint32_t)((high * below) >> 32);
}

static void make_fillers(struct proof *proof)
{
    static const char text[] = "the quick brown fox; import os, sys\n\treturn 0x1F + path[i]\r\n";

    for (size_t at = 0; at < ALIGN_MAX + BUFFER_MAX; at++) {
        proof->fillers[0][at] = 0x00;
        proof->fillers[1][at] = 0xff;
        proof->fillers[2][at] = (uint8_t)text[draw(proof, sizeof(text) - 1)];
        proof->fillers[3][at] = (uint8_t)draw(proof, 256);
    }
}

static uint8_t draw_byte(struct proof *proof, const struct sw_set *set)
{
    unsigned skip = draw(proof, sw_set_size(set));
    unsigned word = 0;

    for (unsigned in; skip >= (in = (unsigned)__builtin_popcountll(set->bits[word])); word++)
        skip -= in;
    uint64_t bits = set->bits[word];
    for (; skip > 0; skip--)
        bits &= bits - 1; /* without its lowest */
    return (uint8_t)(word * 64 + (unsigned)__builtin_ctzll(bits));
}

/* One of the texts the pattern stands for; free places get any byte of theirs. */
static void draw_text(struct proof *proof, size_t row)
{
    const struct sw_pattern *pattern = &proof->patterns->rows[row];

    for (size_t at = 0; at < pattern->size; at++) {
        uint16_t number = proof->patterns->positions[pattern->start + at];
        proof->planted[at] = number < SW_SET_ANY ? (uint8_t)number
                                                 : draw_byte(proof, &proof->patterns->sets[number]);
    }
}

static bool is_wanted(void *context, uint32_t row)
{
    const uint32_t *wanted = context;

    return row == *wanted;
}

struct planting {
    size_t size;  /* of the buffer */
    size_t place; /* of the pattern in it */
};

/* The first are the places where matchers go wrong, the rest is all over:
 * sizes in turn, and head, tail and anywhere in turn. */
static struct planting choose(struct proof *proof, size_t length, size_t number, bool all)
{
    struct planting planting = {.size = length};
    size_t sizes = BUFFER_MAX - length + 1;

    if (number == 0)
        return planting;
    if (all)
        planting.size += (number / 3) % sizes;
    else
        planting.size += draw(proof, (uint32_t)sizes);
    if (number % 3 == 1)
        planting.place = planting.size - length;
    else if (number % 3 == 2)
        planting.place = draw(proof, (uint32_t)(planting.size - length + 1));
    return planting;
}

static bool find_again(struct proof *proof, size_t row, const struct planting *planting)
{
    uint8_t kept[SW_PATTERN_MAX];
    size_t length = proof->patterns->rows[row].size;
    uint8_t *buffer = proof->fillers[draw(proof, FILLERS)] + draw(proof, ALIGN_MAX);
    uint32_t wanted = (uint32_t)row;

    memcpy(kept, buffer + planting->place, length);
    memcpy(buffer + planting->place, proof->planted, length);
    bool found = proof->scratch == NULL ||
                 sw_database_search(proof->database, proof->scratch, buffer, planting->size,
                                    is_wanted, &wanted) == SW_FOUND_ENDED;
    bool passed = proof->gate_scratch == NULL ||
                  sw_gate_finds(proof->gate, proof->gate_scratch, buffer, planting->size);
    memcpy(buffer + planting->place, kept, length);
    return found && passed;
}

static enum sw_status prove_row(struct proof *proof, size_t row, size_t plantings,
                                struct sw_error *error)
{
    size_t length = proof->patterns->rows[row].size;
    bool all = plantings == PLANTINGS_MAX;

    for (size_t number = 0; number < plantings; number++) {
        struct planting planting = choose(proof, length, number, all);
        draw_text(proof, row);
        if (!find_again(proof, row, &planting))
            return sw_fail(error, SW_PART, "prefilter", 0,
                           "pattern %zu of %zu bytes was planted at %zu in %zu bytes and not "
                           "found: the matcher cannot be trusted on this machine",
                           row, length, planting.place, planting.size);
    }
    return SW_OK;
}

enum sw_status sw_prefilter_prove(const struct sw_proof_subject *subject, size_t *proof_count,
                                  struct sw_error *error)
{
    const size_t count = subject->patterns->count;
    struct proof proof = {.patterns = subject->patterns,
                          .database = subject->database,
                          .gate = subject->gate,
                          .random = RANDOM_SEED};
    size_t plantings = PLANTINGS_MAX;
    enum sw_status status = SW_OK;

    if (subject->database != NULL)
        status = sw_database_scratch_new(subject->database, &proof.scratch, error);
    if (status == SW_OK && subject->gate != NULL)
        status = sw_gate_scratch_new(subject->gate, &proof.gate_scratch, error);
    if (count * PLANTINGS_MAX > BUDGET)
        plantings = BUDGET / count;
    if (plantings < PLANTINGS_MIN)
        plantings = PLANTINGS_MIN;
    make_fillers(&proof);
    for (size_t row = 0; status == SW_OK && row < count; row++)
        status = prove_row(&proof, row, plantings, error);
    sw_database_scratch_free(proof.scratch);
    sw_database_scratch_free(proof.gate_scratch);
    if (status == SW_OK)
        *proof_count = count * plantings;
    return status;
}
