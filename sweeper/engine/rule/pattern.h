/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.h - a pattern is a short row of byte sets: at each position, the
 * bytes that may stand there.
 *
 * Sets are interned: number 0..255 is the single byte of that value, SW_SET_ANY
 * is every byte, the rest are what the rules need (case pairs, nibbles,
 * classes). A pattern is then a row of 16-bit numbers, cheap to keep, compare
 * and write out.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  build: one thread; read-only afterwards.
 * Owns:     sw_patterns_done() releases everything inside.
 * Fails:    SW_STOP on a lack of memory; a set that cannot be kept becomes
 *           SW_SET_ANY, which is always safe: a pattern may say less than it
 *           could, never more.
 */
#ifndef SWEEPER_ENGINE_RULE_PATTERN_H
#define SWEEPER_ENGINE_RULE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

#define SW_SET_ANY        256
#define SW_SET_RANGES_MAX 24 /* a set with more runs of bytes is kept as any */

/* Positions of one pattern. Of a longer text the most telling stretch is
 * taken: 64 bytes are rare enough, and short patterns keep windows cheap. */
#define SW_PATTERN_MAX 64

struct sw_set {
    uint64_t bits[4];
};

struct sw_pattern {
    uint32_t start; /* in positions */
    uint16_t size;  /* 1..SW_PATTERN_MAX */
};

struct sw_patterns {
    struct sw_set *sets;
    size_t set_count, set_capacity;
    uint16_t *positions;
    size_t position_count, position_capacity;
    struct sw_pattern *rows;
    size_t count, capacity;
    uint32_t *buckets; /* hash to row + 1, for duplicates; only while building */
    size_t bucket_count;
};

enum sw_status sw_patterns_init(struct sw_patterns *patterns) SW_MUST_CHECK;
void sw_patterns_done(struct sw_patterns *patterns);

/* The number of a set. An empty set has none and must not be asked for. */
uint16_t sw_patterns_set(struct sw_patterns *patterns, const struct sw_set *set);

/* Adds a pattern unless it is there, and gives its row. */
enum sw_status sw_patterns_add(struct sw_patterns *patterns, const uint16_t *sets, size_t size,
                               uint32_t *row) SW_MUST_CHECK;

/* Takes out every pattern that contains another one whole: where it occurs the
 * other occurs too. `moved[old row]` is the new row, or UINT32_MAX for a
 * pattern that is gone. Does nothing when that would take long. */
enum sw_status sw_patterns_reduce(struct sw_patterns *patterns, uint32_t *moved) SW_MUST_CHECK;

/* How telling a row of sets is, in bits: about -log2 of the chance to meet it
 * by accident in files as they are. */
unsigned sw_patterns_bits(const struct sw_patterns *patterns, const uint16_t *sets, size_t size);

/* The most telling stretch of at most SW_PATTERN_MAX positions, without sets
 * at its ends that say next to nothing. *size is 0 when nothing is left. */
const uint16_t *sw_patterns_best(const struct sw_patterns *patterns, const uint16_t *sets,
                                 size_t *size);

/* The most telling stretch of single bytes and case pairs: a plain text, which
 * compiles several times faster. *size is 0 when it would tell too little. */
const uint16_t *sw_patterns_plain(const struct sw_patterns *patterns, const uint16_t *sets,
                                  size_t *size);

/* The pattern as an expression in PCRE's language, every byte escaped. */
enum sw_status sw_patterns_expression(const struct sw_patterns *patterns, size_t row,
                                      struct sw_buf *out) SW_MUST_CHECK;

size_t sw_patterns_longest(const struct sw_patterns *patterns);

/* What store and proof need: encode into a buffer, read back with all checks. */
enum sw_status sw_patterns_encode(const struct sw_patterns *patterns,
                                  struct sw_buf *out) SW_MUST_CHECK;
enum sw_status sw_patterns_decode(struct sw_cursor *cursor,
                                  struct sw_patterns *patterns) SW_MUST_CHECK;

static inline bool sw_set_has(const struct sw_set *set, uint8_t byte)
{
    return (set->bits[byte >> 6] >> (byte & 63)) & 1;
}
static inline void sw_set_put(struct sw_set *set, uint8_t byte)
{
    set->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}
static inline unsigned sw_set_size(const struct sw_set *set)
{
    return (unsigned)(__builtin_popcountll(set->bits[0]) + __builtin_popcountll(set->bits[1]) +
                      __builtin_popcountll(set->bits[2]) + __builtin_popcountll(set->bits[3]));
}

#endif
