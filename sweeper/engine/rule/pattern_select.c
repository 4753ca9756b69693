/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses, string by string, the patterns without which it cannot match. */
#include "engine/rule/pattern_select.h"

#include <stdbool.h>
#include <stdlib.h>

#include "engine/rule/atoms.h"
#include "engine/rule/pattern_extend.h"
#include "sweeper/rows.h"

/* A string without an atom is verified at every offset. Its code alone is a
 * pattern when it is as telling as three bytes; less would hit everywhere. */
#define BITS_MIN_WITHOUT_ATOM 21
/* Beyond this a pattern does not occur by accident, and fewer is better. */
#define BITS_ENOUGH 48

/* With more atoms than this, patterns are cut down to plain text where that
 * still tells enough: 20,000 masked ones took 9 s to compile, texts 1 s. */
#define ATOMS_MANY 4000

/* One string, or one part of a chain. */
struct part {
    size_t first, count; /* its atoms */
    unsigned bits;       /* of its least telling pattern; 0: it cannot be filtered */
    uint32_t head;       /* index of the string that conditions see */
    bool disabled;
};

struct select {
    const YR_RULES *rules;
    struct sw_atoms atoms;
    struct part *parts;      /* by string index */
    uint32_t *best;          /* by head: index of the chosen part */
    struct sw_selection *to; /* NULL while bits are counted */
    struct sw_patterns *patterns;
    const YR_STRING *string; /* now emitted */
    unsigned bits_min;
    unsigned bits_floor;
};

static enum sw_status count_bits(void *context, const uint16_t *sets, size_t size)
{
    struct select *select = context;
    unsigned bits = sw_patterns_bits(select->patterns, sets, size);

    if (bits < select->bits_floor)
        bits = 0;
    if (bits < select->bits_min)
        select->bits_min = bits;
    return SW_OK;
}

static enum sw_status keep(void *context, const uint16_t *sets, size_t size)
{
    struct select *select = context;
    struct sw_selection *to = select->to;
    size_t plain_size = size;
    uint32_t row = 0;

    if (select->atoms.count > ATOMS_MANY) {
        const uint16_t *plain = sw_patterns_plain(select->patterns, sets, &plain_size);
        if (plain_size > 0) {
            sets = plain;
            size = plain_size;
        }
    }
    if (sw_patterns_add(&to->patterns, sets, size, &row) != SW_OK)
        return SW_STOP;
    if (to->owner_count && to->owners[to->owner_count - 1].row == row &&
        to->owners[to->owner_count - 1].string == select->string)
        return SW_OK;
    if (!sw_rows_grow(&to->owners, &to->owner_capacity, to->owner_count + 1, sizeof(*to->owners)))
        return SW_STOP;
    to->owners[to->owner_count++] = (struct sw_owner){.row = row, .string = select->string};
    return SW_OK;
}

static enum sw_status extend_part(struct select *select, const struct part *part,
                                  sw_extend_fn *emit)
{
    enum sw_status status = SW_OK;

    for (size_t at = part->first; status == SW_OK && at < part->first + part->count; at++) {
        select->bits_floor = select->atoms.rows[at].size ? 1 : BITS_MIN_WITHOUT_ATOM;
        status = sw_pattern_extend(select->patterns, &select->atoms.rows[at], emit, select);
    }
    return status;
}

/* A chain cannot be longer than there are strings; the count ends a ring. */
static uint32_t head_of(const YR_RULES *rules, uint32_t index)
{
    const YR_STRING *string = &rules->strings_table[index];

    for (uint32_t steps = 0; string->chained_to && steps < rules->num_strings; steps++)
        string = string->chained_to;
    return string->idx;
}

static enum sw_status look_at_part(struct select *select, uint32_t index)
{
    const YR_STRING *string = &select->rules->strings_table[index];
    const YR_RULE *rule = &select->rules->rules_table[string->rule_idx];
    struct part *part = &select->parts[index];

    part->head = head_of(select->rules, index);
    part->disabled = STRING_IS_DISABLED(string) || RULE_IS_DISABLED(rule);
    select->bits_min = UINT32_MAX;
    enum sw_status status = extend_part(select, part, count_bits);
    /* libyara gives every string an atom, if an empty one. A string without
     * any would be one that is searched for in a way not known here. */
    part->bits = part->count ? select->bits_min : 0;
    if (part->bits > BITS_ENOUGH)
        part->bits = BITS_ENOUGH;
    return status;
}

/* libyara splits a string at long jumps into a chain of parts and reports a
 * match of the whole only when every part was found, each verified like a
 * string of its own. So the patterns of one part are necessary for the whole:
 * the part that occurs least by accident is enough. */
static void choose_part(struct select *select, uint32_t index)
{
    const struct part *part = &select->parts[index];
    uint32_t *best = &select->best[part->head];

    if (*best == UINT32_MAX || part->bits > select->parts[*best].bits ||
        (part->bits == select->parts[*best].bits && part->count < select->parts[*best].count))
        *best = index;
}

static enum sw_status take_part(struct select *select, uint32_t head)
{
    const struct part *part = &select->parts[select->best[head]];

    select->string = &select->rules->strings_table[head];
    if (part->bits > 0)
        return extend_part(select, part, keep);
    select->to->unfilterable[select->to->unfilterable_count++] = select->string;
    return SW_OK;
}

static int by_row(const void *left, const void *right)
{
    const struct sw_owner *a = left;
    const struct sw_owner *b = right;

    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return (a->string > b->string) - (a->string < b->string);
}

/* Owners follow their patterns through the reduction; a string listed twice
 * for one pattern is listed once. */
static enum sw_status reduce(struct sw_selection *selection)
{
    uint32_t *moved = calloc(selection->patterns.count + 1, sizeof(*moved));
    size_t kept = 0;

    if (!moved)
        return SW_STOP;
    enum sw_status status = sw_patterns_reduce(&selection->patterns, moved);
    for (size_t at = 0; status == SW_OK && at < selection->owner_count; at++) {
        struct sw_owner owner = selection->owners[at];
        owner.row = moved[owner.row];
        if (owner.row != UINT32_MAX)
            selection->owners[kept++] = owner;
    }
    free(moved);
    if (status != SW_OK)
        return status;
    selection->owner_count = kept;
    if (kept == 0)
        return SW_OK;
    qsort(selection->owners, kept, sizeof(*selection->owners), by_row);
    kept = 1;
    for (size_t at = 1; at < selection->owner_count; at++)
        if (by_row(&selection->owners[at], &selection->owners[kept - 1]) != 0)
            selection->owners[kept++] = selection->owners[at];
    selection->owner_count = kept;
    return SW_OK;
}

static enum sw_status fill(struct select *select, struct sw_error *error)
{
    uint32_t count = select->rules->num_strings;
    enum sw_status status = sw_atoms_collect(select->rules, &select->atoms, error);

    for (size_t at = 0; status == SW_OK && at < select->atoms.count; at++) {
        struct part *part = &select->parts[select->atoms.rows[at].match->string->idx];
        if (part->count++ == 0)
            part->first = at;
    }
    for (uint32_t index = 0; status == SW_OK && index < count; index++) {
        select->best[index] = UINT32_MAX;
        status = look_at_part(select, index);
    }
    for (uint32_t index = 0; status == SW_OK && index < count; index++)
        if (!select->parts[index].disabled)
            choose_part(select, index);
    for (uint32_t index = 0; status == SW_OK && index < count; index++)
        if (select->best[index] != UINT32_MAX)
            status = take_part(select, index);
    return status == SW_OK ? reduce(select->to) : status;
}

enum sw_status sw_selection_make(const YR_RULES *rules, struct sw_selection *selection,
                                 struct sw_error *error)
{
    struct sw_selection made = {0};
    struct select select = {.rules = rules, .to = &made, .patterns = &made.patterns};
    size_t count = (size_t)rules->num_strings + 1;

    select.parts = calloc(count, sizeof(*select.parts));
    select.best = calloc(count, sizeof(*select.best));
    made.unfilterable = calloc(count, sizeof(const YR_STRING *));
    enum sw_status status = sw_patterns_init(&made.patterns);
    if (!select.parts || !select.best || !made.unfilterable)
        status = SW_STOP;
    if (status == SW_OK)
        status = fill(&select, error);
    free(select.parts);
    free(select.best);
    sw_atoms_done(&select.atoms);
    if (status != SW_OK) {
        sw_selection_done(&made);
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory to collect the patterns");
    }
    *selection = made;
    return SW_OK;
}

void sw_selection_done(struct sw_selection *selection)
{
    sw_patterns_done(&selection->patterns);
    free(selection->owners);
    free(selection->unfilterable);
    *selection = (struct sw_selection){0};
}
