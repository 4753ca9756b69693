/* SPDX-License-Identifier: Apache-2.0 */
/* gate.c - grams of patterns, and the patterns behind those that bytes show. */
#include "engine/rule/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GRAM    ((size_t)8)         /* bytes */
#define STRIDE  ((size_t)4)         /* bytes between two looks */
#define STRETCH (GRAM + STRIDE - 1) /* plain positions that a pattern needs in a row */

enum {
    FILTER_BITS = 19,   /* log2 of the bits of the first filter: 64 KiB */
    TOGETHER = 8,       /* looks between two branches */
    PATTERNS_MIN = 128, /* for fewer the search alone is as quick */
    SHORT_MAX = 64,     /* patterns that may go without grams */
};

/* Folds letters of either case into one; folding more than letters makes a gram
 * say less, never more. */
#define FOLD  UINT64_C(0x2020202020202020)
#define MIXER UINT64_C(0x9E3779B97F4A7C15)

/* A pattern that shows a gram. */
struct owner {
    uint32_t row;
    uint32_t next; /* owner of the same gram, plus 1; 0: none */
    uint8_t offset;
};

struct slot {
    uint64_t gram;  /* folded; 0 is empty */
    uint32_t first; /* owner, plus 1 */
};

struct sw_gate {
    uint64_t filter[(1U << FILTER_BITS) / 64];
    const struct sw_patterns *patterns;
    struct slot *slots; /* open addressing */
    size_t slot_mask;
    struct owner *owners;
    uint32_t owner_count;
    struct sw_database *shorts; /* patterns without grams */
};

static uint64_t mix(uint64_t gram)
{
    return gram * MIXER;
}

static uint64_t load(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return value | FOLD;
}

/* --- building ------------------------------------------------------------------ */

/* The byte, or the lower letter of a pair, of a position; -1: neither. */
static int plain_byte(const struct sw_patterns *patterns, uint16_t set)
{
    if (set < SW_SET_ANY)
        return set;
    if (set == SW_SET_ANY)
        return -1;
    const struct sw_set *bytes = &patterns->sets[set];
    if (sw_set_size(bytes) != 2)
        return -1;
    for (int byte = 'A'; byte <= 'Z'; byte++)
        if (sw_set_has(bytes, (uint8_t)byte) && sw_set_has(bytes, (uint8_t)(byte | 0x20)))
            return byte | 0x20;
    return -1;
}

/* The most telling stretch of a pattern as folded bytes, and where it begins;
 * false: it has none. */
static bool stretch_of(const struct sw_patterns *patterns, size_t row,
                       uint8_t bytes[static STRETCH], size_t *offset)
{
    const struct sw_pattern *pattern = &patterns->rows[row];
    const uint16_t *sets = patterns->positions + pattern->start;
    unsigned most = 0;
    size_t run = 0;

    for (size_t at = 0; at < pattern->size; at++) {
        run = plain_byte(patterns, sets[at]) < 0 ? 0 : run + 1;
        if (run < STRETCH)
            continue;
        unsigned bits = sw_patterns_bits(patterns, sets + at + 1 - STRETCH, STRETCH);
        if (most != 0 && bits <= most)
            continue;
        most = bits + 1;
        *offset = at + 1 - STRETCH;
        for (size_t i = 0; i < STRETCH; i++)
            bytes[i] = (uint8_t)plain_byte(patterns, sets[at + 1 - STRETCH + i]);
    }
    return most != 0;
}

static struct slot *slot_of(const struct sw_gate *gate, uint64_t gram)
{
    size_t at = (size_t)(mix(gram) >> 20) & gate->slot_mask;

    while (gate->slots[at].gram != 0 && gate->slots[at].gram != gram)
        at = (at + 1) & gate->slot_mask;
    return &gate->slots[at];
}

static void put_gram(struct sw_gate *gate, uint64_t gram, uint32_t row, size_t offset)
{
    uint64_t mixed = mix(gram);
    struct slot *slot = slot_of(gate, gram); /* FOLD keeps a gram from being 0 */

    gate->filter[mixed >> (64 - FILTER_BITS + 6)] |= UINT64_C(1)
                                                     << (mixed >> (64 - FILTER_BITS) & 63);
    gate->owners[gate->owner_count++] = (struct owner){row, slot->first, (uint8_t)offset};
    *slot = (struct slot){gram, gate->owner_count};
}

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "prefilter", ENOMEM, "cannot hold the patterns");
    return SW_STOP;
}

/* Patterns without a stretch are kept as they are: same sets, same positions. */
static enum sw_status add_short(const struct sw_patterns *from, size_t row, struct sw_patterns *to)
{
    const struct sw_pattern *pattern = &from->rows[row];
    uint16_t sets[SW_PATTERN_MAX];
    uint32_t made = 0;

    for (size_t i = 0; i < pattern->size; i++) {
        uint16_t set = from->positions[pattern->start + i];
        sets[i] = set <= SW_SET_ANY ? set : sw_patterns_set(to, &from->sets[set]);
    }
    return sw_patterns_add(to, sets, pattern->size, &made);
}

static enum sw_status fill(const struct sw_patterns *patterns, struct sw_gate *gate,
                           struct sw_patterns *shorts, struct sw_error *error)
{
    uint8_t bytes[STRETCH];
    size_t offset = 0;
    enum sw_status status = SW_OK;

    for (size_t row = 0; row < patterns->count && status == SW_OK; row++) {
        if (!stretch_of(patterns, row, bytes, &offset)) {
            status = add_short(patterns, row, shorts);
            continue;
        }
        for (size_t i = 0; i < STRIDE; i++)
            put_gram(gate, load(bytes + i), (uint32_t)row, offset + i);
    }
    if (status != SW_OK)
        return no_memory(error);
    if (shorts->count > SHORT_MAX)
        return sw_fail(error, SW_PART, "prefilter", 0, "too many patterns are short");
    return sw_database_compile(shorts, &gate->shorts, error);
}

enum sw_status sw_gate_build(const struct sw_patterns *patterns, struct sw_gate **gate,
                             struct sw_error *error)
{
    struct sw_patterns shorts;
    struct sw_gate *made = NULL;
    size_t room = 64;

    if (patterns->count < PATTERNS_MIN)
        return sw_fail(error, SW_PART, "prefilter", 0, "few patterns");
    while (room < 4 * STRIDE * patterns->count)
        room *= 2;
    if (sw_patterns_init(&shorts) != SW_OK)
        return no_memory(error);
    made = calloc(1, sizeof(*made));
    if (made != NULL) {
        made->patterns = patterns;
        made->slot_mask = room - 1;
        made->slots = calloc(room, sizeof(*made->slots));
        made->owners = calloc(STRIDE * patterns->count, sizeof(*made->owners));
    }
    enum sw_status status =
        made != NULL && made->slots != NULL && made->owners != NULL ? SW_OK : no_memory(error);
    if (status == SW_OK) {
        status = fill(patterns, made, &shorts, error);
    }
    sw_patterns_done(&shorts);
    if (status != SW_OK) {
        sw_gate_free(made);
        return status;
    }
    *gate = made;
    return SW_OK;
}

void sw_gate_free(struct sw_gate *gate)
{
    if (gate == NULL)
        return;
    sw_database_free(gate->shorts);
    free(gate->slots);
    free(gate->owners);
    free(gate);
}

enum sw_status sw_gate_scratch_new(const struct sw_gate *gate, struct sw_database_scratch **scratch,
                                   struct sw_error *error)
{
    return sw_database_scratch_new(gate->shorts, scratch, error);
}

/* --- asking ---------------------------------------------------------------------- */

/* The bytes, and the offset at which one looks. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

static bool stands_at(const struct sw_patterns *patterns, const struct sw_pattern *pattern,
                      const uint8_t *data)
{
    const uint16_t *sets = patterns->positions + pattern->start;

    for (size_t i = 0; i < pattern->size; i++)
        if (sets[i] < SW_SET_ANY
                ? sets[i] != data[i]
                : sets[i] != SW_SET_ANY && !sw_set_has(&patterns->sets[sets[i]], data[i]))
            return false;
    return true;
}

/* A pattern whose gram is at this offset stands there whole. */
static bool confirm(const struct sw_gate *gate, const struct bytes *bytes, size_t at)
{
    const struct slot *slot = slot_of(gate, load(bytes->data + at));

    if (slot->gram == 0)
        return false;
    for (uint32_t next = slot->first; next != 0;) {
        const struct owner *owner = &gate->owners[next - 1];
        const struct sw_pattern *pattern = &gate->patterns->rows[owner->row];
        if (at >= owner->offset && bytes->size - (at - owner->offset) >= pattern->size &&
            stands_at(gate->patterns, pattern, bytes->data + (at - owner->offset)))
            return true;
        next = owner->next;
    }
    return false;
}

static inline uint64_t look(const struct sw_gate *gate, const uint8_t *bytes)
{
    uint64_t mixed = mix(load(bytes));
    return gate->filter[mixed >> (64 - FILTER_BITS + 6)] >> (mixed >> (64 - FILTER_BITS) & 63);
}

static bool confirm_some(const struct sw_gate *gate, const struct bytes *bytes, size_t at,
                         size_t looks)
{
    for (; looks > 0; looks--, at += STRIDE)
        if ((look(gate, bytes->data + at) & 1) != 0 && confirm(gate, bytes, at))
            return true;
    return false;
}

static bool grams_find(const struct sw_gate *gate, const struct bytes *bytes)
{
    size_t looks = bytes->size < GRAM ? 0 : (bytes->size - GRAM) / STRIDE + 1;
    size_t at = 0;

    for (; looks >= TOGETHER; looks -= TOGETHER, at += TOGETHER * STRIDE) {
        const uint8_t *data = bytes->data + at;
        uint64_t seen = look(gate, data) | look(gate, data + STRIDE) |
                        look(gate, data + 2 * STRIDE) | look(gate, data + 3 * STRIDE) |
                        look(gate, data + 4 * STRIDE) | look(gate, data + 5 * STRIDE) |
                        look(gate, data + 6 * STRIDE) | look(gate, data + 7 * STRIDE);
        if ((seen & 1) != 0 && confirm_some(gate, bytes, at, TOGETHER))
            return true;
    }
    return confirm_some(gate, bytes, at, looks);
}

static bool end_at_once(void *context, uint32_t row)
{
    (void)context;
    (void)row;
    return true;
}

bool sw_gate_finds(const struct sw_gate *gate, struct sw_database_scratch *scratch,
                   const uint8_t *data, size_t size)
{
    const struct bytes bytes = {data, size};
    return grams_find(gate, &bytes) || sw_database_search(gate->shorts, scratch, data, size,
                                                          end_at_once, NULL) != SW_FOUND_NONE;
}
