/* SPDX-License-Identifier: Apache-2.0 */
/* scan_spans.c - parts with a hit: where they are, and their bytes. */
#include "engine/rule/scan_spans.h"

#include <string.h>

#include "engine/rule/scan_core.h"

enum {
    /* A window with a hit is looked at again in steps of this. */
    STEP = 16 * 1024,
    /* libyara follows an expression 4,096 bytes (YR_RE_SCAN_LIMIT) to either side of an atom,
     * and looks at two characters beyond for the ends of words. Four times that. */
    EXPRESSION_REACH = 16 * 1024,
};

size_t sw_spans_reach(const YR_RULES *rules)
{
    size_t longest = 0;

    for (uint32_t i = 0; i < rules->num_strings; i++) {
        const YR_STRING *string = &rules->strings_table[i];
        const size_t length = string->length > 0 ? (size_t)string->length : 0;
        if (STRING_IS_CHAIN_PART(string))
            return 0;
        longest = length > longest ? length : longest;
    }
    return EXPRESSION_REACH + 2 * longest; /* wide ones are twice as long */
}

uint64_t sw_spans_bytes(const struct sw_spans *spans)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < spans->count; i++)
        bytes += spans->rows[i].to - spans->rows[i].from;
    return bytes;
}

/* Spans that touch become one: an edge between two blocks would hide what lies across it. */
bool sw_spans_add(struct sw_scanner *scanner, uint64_t at, size_t size)
{
    const size_t reach = scanner->setup.reach;
    const struct sw_object *object = &scanner->object;
    struct sw_spans *spans = &scanner->object.spans;
    struct sw_span *last = spans->count != 0 ? &spans->rows[spans->count - 1] : NULL;
    const uint64_t from = at > reach ? at - reach : 0;
    const uint64_t rest = object->size - at;
    const uint64_t to = rest > size + reach ? at + size + reach : object->size;

    if (last != NULL && from <= last->to)
        last->to = to > last->to ? to : last->to;
    else if (spans->count < SW_SPANS_MAX)
        spans->rows[spans->count++] = (struct sw_span){.from = from, .to = to};
    else
        return false;
    const uint64_t bytes = sw_spans_bytes(spans);
    return bytes <= SW_SPANS_BYTES_MAX && bytes <= object->size / 2;
}

bool sw_spans_note(struct sw_scanner *scanner, const uint8_t *window, uint64_t at, size_t size)
{
    const struct sw_sieve *sieve = &scanner->setup.sieve;
    struct sw_spans *spans = &scanner->object.spans;
    bool good = scanner->setup.reach != 0 && scanner->object.size >= scanner->setup.spans_from;
    size_t noted = 0;

    for (size_t from = 0; from < size && good; from += STEP) {
        const size_t carry = from < sieve->overlap ? from : sieve->overlap;
        const size_t step = size - from < STEP ? size - from : STEP;
        if (!sieve->hit(sieve->context, window + from - carry, carry + step))
            continue;
        good = sw_spans_add(scanner, at + from - carry, carry + step);
        noted++;
    }
    /* What the sieve found in all of it has to be in some part of it. */
    good = good && noted != 0;
    if (!good)
        spans->count = 0;
    return good;
}

static enum sw_status read_span(struct sw_scanner *scanner, struct sw_span *span, uint8_t *memory,
                                struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    const size_t size = (size_t)(span->to - span->from);
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(object->blob, span->from, memory, size, &got, error);

    if (status == SW_OK && got < size)
        object->changed = true; /* what is missing reads as zeros */
    span->data = memory;
    return status;
}

enum sw_status sw_spans_load(struct sw_scanner *scanner, struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    struct sw_spans *spans = &object->spans;
    size_t used = 0;

    if (object->whole == NULL &&
        sw_memory_take(scanner, (size_t)sw_spans_bytes(spans), &object->parts, error) != SW_OK)
        return SW_PART;
    for (size_t i = 0; i < spans->count; i++) {
        struct sw_span *span = &spans->rows[i];
        enum sw_status status = SW_OK;
        if (object->whole != NULL)
            span->data = object->whole + span->from;
        else
            status = read_span(scanner, span, (uint8_t *)object->parts.at + used, error);
        if (status != SW_OK)
            return status;
        used += (size_t)(span->to - span->from);
    }
    return SW_OK;
}

const struct sw_span *sw_spans_at(const struct sw_spans *spans, uint64_t offset)
{
    for (size_t i = 0; i < spans->count; i++)
        if (offset >= spans->rows[i].from && offset < spans->rows[i].to)
            return &spans->rows[i];
    return NULL;
}
