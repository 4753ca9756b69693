/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps patterns: interned byte sets, duplicates found by hash, expressions. */
#include "engine/rule/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "sweeper/rows.h"

#define SETS_MAX      UINT16_MAX
#define POSITIONS_MAX (UINT32_MAX / 2)

enum sw_status sw_patterns_init(struct sw_patterns *patterns)
{
    *patterns = (struct sw_patterns){0};
    if (!sw_rows_grow(&patterns->sets, &patterns->set_capacity, SW_SET_ANY + 1,
                      sizeof(*patterns->sets)))
        return SW_STOP;
    memset(patterns->sets, 0, (SW_SET_ANY + 1) * sizeof(*patterns->sets));
    for (unsigned byte = 0; byte < 256; byte++) {
        sw_set_put(&patterns->sets[byte], (uint8_t)byte);
        sw_set_put(&patterns->sets[SW_SET_ANY], (uint8_t)byte);
    }
    patterns->set_count = SW_SET_ANY + 1;
    return SW_OK;
}

void sw_patterns_done(struct sw_patterns *patterns)
{
    free(patterns->sets);
    free(patterns->positions);
    free(patterns->rows);
    free(patterns->buckets);
    *patterns = (struct sw_patterns){0};
}

static unsigned count_ranges(const struct sw_set *set)
{
    unsigned ranges = 0;

    for (unsigned byte = 0; byte < 256; byte++)
        if (sw_set_has(set, (uint8_t)byte) && (byte == 0 || !sw_set_has(set, (uint8_t)(byte - 1))))
            ranges++;
    return ranges;
}

uint16_t sw_patterns_set(struct sw_patterns *patterns, const struct sw_set *set)
{
    unsigned size = sw_set_size(set);

    if (size == 1)
        for (unsigned word = 0; word < 4; word++)
            if (set->bits[word])
                return (uint16_t)(word * 64 + (unsigned)__builtin_ctzll(set->bits[word]));
    if (size == 0 || size == 256 || count_ranges(set) > SW_SET_RANGES_MAX)
        return SW_SET_ANY;
    for (size_t index = SW_SET_ANY + 1; index < patterns->set_count; index++)
        if (memcmp(&patterns->sets[index], set, sizeof(*set)) == 0)
            return (uint16_t)index;
    if (patterns->set_count == SETS_MAX || !sw_rows_grow(&patterns->sets, &patterns->set_capacity,
                                                         patterns->set_count + 1, sizeof(*set)))
        return SW_SET_ANY;
    patterns->sets[patterns->set_count] = *set;
    return (uint16_t)patterns->set_count++;
}

/* FNV-1a over the numbers, then mixed, so that the low bits are good. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

static uint64_t hash_step(uint64_t hash, uint16_t set)
{
    return (hash ^ set) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const uint16_t *sets, size_t size)
{
    uint64_t hash = HASH_START;

    for (size_t at = 0; at < size; at++)
        hash = hash_step(hash, sets[at]);
    return hash;
}

static const uint16_t *sets_of(const struct sw_patterns *patterns, size_t row)
{
    return patterns->positions + patterns->rows[row].start;
}

static uint32_t *find_bucket(const struct sw_patterns *patterns, uint64_t hash,
                             const uint16_t *sets, size_t size)
{
    size_t mask = patterns->bucket_count - 1;
    size_t at = (size_t)(hash ^ (hash >> 29)) & mask;

    while (patterns->buckets[at]) {
        size_t row = patterns->buckets[at] - 1;
        if (patterns->rows[row].size == size &&
            memcmp(sets_of(patterns, row), sets, size * sizeof(*sets)) == 0)
            break;
        at = (at + 1) & mask;
    }
    return &patterns->buckets[at];
}

static uint32_t *find_row(const struct sw_patterns *patterns, const uint16_t *sets, size_t size)
{
    return find_bucket(patterns, hash_of(sets, size), sets, size);
}

/* Rebuilds the table when it is more than half full. */
static bool make_buckets(struct sw_patterns *patterns)
{
    size_t count = patterns->bucket_count ? patterns->bucket_count : 1024;

    if (patterns->bucket_count > patterns->count * 2)
        return true;
    while (count <= patterns->count * 2 + 2)
        count *= 2;
    uint32_t *buckets = calloc(count, sizeof(*buckets));
    if (!buckets)
        return false;
    free(patterns->buckets);
    patterns->buckets = buckets;
    patterns->bucket_count = count;
    for (size_t row = 0; row < patterns->count; row++)
        *find_row(patterns, sets_of(patterns, row), patterns->rows[row].size) = (uint32_t)row + 1;
    return true;
}

enum sw_status sw_patterns_add(struct sw_patterns *patterns, const uint16_t *sets, size_t size,
                               uint32_t *row)
{
    if (size == 0 || size > SW_PATTERN_MAX || patterns->position_count + size > POSITIONS_MAX)
        return SW_STOP;
    if (!make_buckets(patterns))
        return SW_STOP;
    uint32_t *bucket = find_row(patterns, sets, size);
    if (*bucket) {
        *row = *bucket - 1;
        return SW_OK;
    }
    if (!sw_rows_grow(&patterns->positions, &patterns->position_capacity,
                      patterns->position_count + size, sizeof(*sets)) ||
        !sw_rows_grow(&patterns->rows, &patterns->capacity, patterns->count + 1,
                      sizeof(*patterns->rows)))
        return SW_STOP;
    memcpy(patterns->positions + patterns->position_count, sets, size * sizeof(*sets));
    patterns->rows[patterns->count] = (struct sw_pattern){
        .start = (uint32_t)patterns->position_count,
        .size = (uint16_t)size,
    };
    patterns->position_count += size;
    *row = (uint32_t)patterns->count++;
    *bucket = *row + 1;
    return SW_OK;
}

/* Looking up every stretch of every pattern costs the square of its length;
 * beyond this many look-ups the gain is not worth the time. */
#define REDUCE_STEPS_MAX 50000000

static bool contains_another(const struct sw_patterns *patterns, size_t row,
                             const bool lengths[static SW_PATTERN_MAX + 1])
{
    const uint16_t *sets = sets_of(patterns, row);
    size_t size = patterns->rows[row].size;

    for (size_t start = 0; start < size; start++) {
        uint64_t hash = HASH_START;
        for (size_t length = 1; start + length <= size && length < size; length++) {
            hash = hash_step(hash, sets[start + length - 1]);
            if (lengths[length] && *find_bucket(patterns, hash, sets + start, length))
                return true;
        }
    }
    return false;
}

enum sw_status sw_patterns_reduce(struct sw_patterns *patterns, uint32_t *moved)
{
    bool lengths[SW_PATTERN_MAX + 1] = {false};
    uint64_t steps = 0;
    size_t kept = 0;

    for (size_t row = 0; row < patterns->count; row++) {
        uint64_t size = patterns->rows[row].size;
        lengths[size] = true;
        steps += size * size / 2;
        moved[row] = (uint32_t)row;
    }
    if (patterns->count == 0 || steps > REDUCE_STEPS_MAX)
        return SW_OK;
    if (!make_buckets(patterns))
        return SW_STOP;
    for (size_t row = 0; row < patterns->count; row++)
        if (contains_another(patterns, row, lengths))
            moved[row] = UINT32_MAX;
    for (size_t row = 0; row < patterns->count; row++) {
        if (moved[row] == UINT32_MAX)
            continue;
        patterns->rows[kept] = patterns->rows[row];
        moved[row] = (uint32_t)kept++;
    }
    patterns->count = kept;
    free(patterns->buckets);
    patterns->buckets = NULL;
    patterns->bucket_count = 0;
    return SW_OK;
}

/* Bytes that fill files say less than others; a run of one byte says little. */
static unsigned bits_at(const struct sw_patterns *patterns, const uint16_t *sets, size_t at)
{
    uint16_t set = sets[at];
    unsigned size = 0;

    if (set == SW_SET_ANY)
        return 0;
    if (set < SW_SET_ANY) {
        if (at > 0 && sets[at - 1] == set)
            return 1;
        if (set == 0x00)
            return 2;
        return set == 0xff || set == ' ' ? 3 : 7;
    }
    size = sw_set_size(&patterns->sets[set]);
    return 7 - (31 - (unsigned)__builtin_clz(size));
}

unsigned sw_patterns_bits(const struct sw_patterns *patterns, const uint16_t *sets, size_t size)
{
    unsigned bits = 0;

    for (size_t at = 0; at < size; at++)
        bits += bits_at(patterns, sets, at);
    return bits;
}

const uint16_t *sw_patterns_best(const struct sw_patterns *patterns, const uint16_t *sets,
                                 size_t *size)
{
    size_t window = *size < SW_PATTERN_MAX ? *size : SW_PATTERN_MAX;
    size_t best = 0;
    unsigned bits = sw_patterns_bits(patterns, sets, window);
    unsigned most = bits;

    for (size_t start = 1; start + window <= *size; start++) {
        bits += bits_at(patterns, sets, start + window - 1);
        bits -= bits_at(patterns, sets, start - 1);
        if (bits > most) {
            most = bits;
            best = start;
        }
    }
    sets += best;
    while (window > 0 && bits_at(patterns, sets, window - 1) == 0)
        window--;
    while (window > 0 && bits_at(patterns, sets, 0) == 0) {
        sets++;
        window--;
    }
    *size = window;
    return sets;
}

/* As telling as four bytes. */
#define PLAIN_BITS_MIN 28

static bool is_plain(const struct sw_patterns *patterns, uint16_t set)
{
    return set < SW_SET_ANY || sw_set_size(&patterns->sets[set]) <= 2;
}

const uint16_t *sw_patterns_plain(const struct sw_patterns *patterns, const uint16_t *sets,
                                  size_t *size)
{
    const uint16_t *best = sets;
    size_t best_size = 0;
    unsigned most = PLAIN_BITS_MIN - 1;

    for (size_t start = 0, end = 0; start < *size; start = end + 1) {
        for (end = start; end < *size && is_plain(patterns, sets[end]);)
            end++;
        unsigned bits = sw_patterns_bits(patterns, sets + start, end - start);
        if (bits > most) {
            most = bits;
            best = sets + start;
            best_size = end - start;
        }
    }
    *size = best_size;
    return best;
}

static enum sw_status append_byte(struct sw_buf *out, unsigned byte)
{
    return sw_buf_append_format(out, "\\x%02x", byte);
}

static enum sw_status append_set(struct sw_buf *out, const struct sw_set *set)
{
    enum sw_status status = sw_buf_append_text(out, "[");

    for (unsigned byte = 0; status == SW_OK && byte < 256; byte++) {
        if (!sw_set_has(set, (uint8_t)byte))
            continue;
        unsigned last = byte;
        while (last < 255 && sw_set_has(set, (uint8_t)(last + 1)))
            last++;
        status = append_byte(out, byte);
        if (status == SW_OK && last > byte + 1)
            status = sw_buf_append_text(out, "-");
        if (status == SW_OK && last > byte)
            status = append_byte(out, last);
        byte = last;
    }
    return status == SW_OK ? sw_buf_append_text(out, "]") : status;
}

enum sw_status sw_patterns_expression(const struct sw_patterns *patterns, size_t row,
                                      struct sw_buf *out)
{
    const uint16_t *sets = sets_of(patterns, row);
    enum sw_status status = SW_OK;

    for (size_t at = 0; status == SW_OK && at < patterns->rows[row].size; at++) {
        if (sets[at] < SW_SET_ANY)
            status = append_byte(out, sets[at]);
        else if (sets[at] == SW_SET_ANY)
            status = sw_buf_append_text(out, ".");
        else
            status = append_set(out, &patterns->sets[sets[at]]);
    }
    return status == SW_OK ? sw_buf_terminate(out) : status;
}

size_t sw_patterns_longest(const struct sw_patterns *patterns)
{
    size_t longest = 0;

    for (size_t row = 0; row < patterns->count; row++)
        if (patterns->rows[row].size > longest)
            longest = patterns->rows[row].size;
    return longest;
}

enum sw_status sw_patterns_encode(const struct sw_patterns *patterns, struct sw_buf *out)
{
    size_t extra = patterns->set_count - (SW_SET_ANY + 1);
    enum sw_status status = sw_buf_append_u32(out, (uint32_t)extra);

    for (size_t index = SW_SET_ANY + 1; status == SW_OK && index < patterns->set_count; index++)
        for (unsigned word = 0; status == SW_OK && word < 4; word++)
            status = sw_buf_append_u64(out, patterns->sets[index].bits[word]);
    if (status == SW_OK)
        status = sw_buf_append_u32(out, (uint32_t)patterns->count);
    for (size_t row = 0; status == SW_OK && row < patterns->count; row++)
        status = sw_buf_append_block(out, sets_of(patterns, row),
                                     patterns->rows[row].size * sizeof(uint16_t));
    return status;
}

static enum sw_status decode_sets(struct sw_cursor *cursor, struct sw_patterns *patterns)
{
    uint32_t extra = 0;
    struct sw_set set = {{0}};

    if (sw_cursor_u32(cursor, &extra) != SW_OK || extra > SETS_MAX - (SW_SET_ANY + 1))
        return SW_DEAD;
    for (uint32_t index = 0; index < extra; index++) {
        for (unsigned word = 0; word < 4; word++)
            if (sw_cursor_u64(cursor, &set.bits[word]) != SW_OK)
                return SW_DEAD;
        /* A set that interning would not have kept was not written by us. */
        if (sw_patterns_set(patterns, &set) != SW_SET_ANY + 1 + index)
            return SW_DEAD;
    }
    return SW_OK;
}

static enum sw_status decode_row(struct sw_cursor *cursor, struct sw_patterns *patterns)
{
    uint16_t sets[SW_PATTERN_MAX];
    struct sw_view bytes = {0};
    size_t count = patterns->count;
    uint32_t row = 0;

    if (sw_cursor_block(cursor, &bytes) != SW_OK || bytes.size == 0 ||
        bytes.size % sizeof(*sets) != 0 || bytes.size > sizeof(sets))
        return SW_DEAD;
    memcpy(sets, bytes.data, bytes.size);
    for (size_t at = 0; at < bytes.size / sizeof(*sets); at++)
        if (sets[at] >= patterns->set_count)
            return SW_DEAD;
    if (sw_patterns_add(patterns, sets, bytes.size / sizeof(*sets), &row) != SW_OK)
        return SW_STOP;
    return row == count ? SW_OK : SW_DEAD;
}

enum sw_status sw_patterns_decode(struct sw_cursor *cursor, struct sw_patterns *patterns)
{
    struct sw_patterns read = {0};
    enum sw_status status = sw_patterns_init(&read);
    uint32_t count = 0;

    if (status == SW_OK)
        status = decode_sets(cursor, &read);
    if (status == SW_OK && sw_cursor_u32(cursor, &count) != SW_OK)
        status = SW_DEAD;
    for (uint32_t row = 0; status == SW_OK && row < count; row++)
        status = decode_row(cursor, &read);
    if (status != SW_OK) {
        sw_patterns_done(&read);
        return status;
    }
    *patterns = read;
    return SW_OK;
}
