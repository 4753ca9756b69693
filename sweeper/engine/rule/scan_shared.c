/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_shared.c - the sieve over what follows the head of a large object, by all who have
 * time: each takes the next block, and marks the steps of it in which something is.
 *
 * What the marks become is the owner's business, when nobody is at it any more. What is not
 * as it was (a shorter file, an error) is not judged here: the owner then begins again alone.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule/scan_core.h"

enum {
    STEP = 16 * 1024,                      /* bytes that are marked together */
    BLOCKS_MIN = 8,                        /* fewer are not worth the trouble */
    MARKS_MAX = SW_SPANS_BYTES_MAX / STEP, /* beyond, all of the object is searched */
};

struct sw_scan_part {
    struct sw_blob *blob;
    uint64_t from; /* in it; what comes before has been sieved */
    uint64_t end;
    size_t block;          /* bytes of one */
    _Atomic uint64_t next; /* the block that is taken next, counted from `from` */
    _Atomic uint32_t marked;
    _Atomic bool stop; /* nobody takes another one */
    _Atomic bool odd;  /* not as it was, or not to be read */
    _Atomic bool all;  /* all of the object is to be searched */
    uint8_t *marks;    /* for each step: something is in it */
};

static void give_up(struct sw_scan_part *part, _Atomic bool *why)
{
    atomic_store(why, true);
    atomic_store(&part->stop, true);
}

static void mark(struct sw_scan_part *part, uint64_t at, size_t size)
{
    for (uint64_t i = (at - part->from) / STEP; i <= (at - part->from + size - 1) / STEP; i++)
        part->marks[i] = 1;
    if (atomic_fetch_add(&part->marked, 1) >= MARKS_MAX)
        give_up(part, &part->all);
}

/* A window in which something is, in steps: `size` bytes at `at` of the object lie behind
 * `carry` bytes in the stream buffer. */
static void mark_window(struct sw_scanner *scanner, struct sw_scan_part *part, uint64_t at,
                        size_t carry, size_t size)
{
    const struct sw_sieve *sieve = &scanner->setup.sieve;
    size_t marked = 0;

    for (size_t from = 0; from < size; from += STEP) {
        const size_t before = carry + from < sieve->overlap ? carry + from : sieve->overlap;
        const size_t step = size - from < STEP ? size - from : STEP;
        if (!sieve->hit(sieve->context, scanner->stream + carry + from - before, before + step))
            continue;
        mark(part, at + from, step);
        marked++;
    }
    /* What the sieve found in all of it has to be in some part of it. */
    if (marked == 0)
        give_up(part, &part->all);
}

/* The object from `at` to `end`. */
static void sieve_block(struct sw_scanner *scanner, struct sw_scan_part *part, uint64_t at,
                        uint64_t end)
{
    const struct sw_sieve *sieve = &scanner->setup.sieve;
    const size_t window = scanner->setup.window;
    size_t carry = at < sieve->overlap ? (size_t)at : sieve->overlap;
    size_t ahead = carry; /* bytes of the carry that have to be read */

    while (at < end && !atomic_load_explicit(&part->stop, memory_order_relaxed)) {
        const size_t size = end - at < window ? (size_t)(end - at) : window;
        struct sw_error error;
        size_t got = 0;
        if (sw_blob_read_at(part->blob, at - ahead, scanner->stream + carry - ahead, ahead + size,
                            &got, &error) != SW_OK ||
            got != ahead + size) {
            give_up(part, &part->odd);
            return;
        }
        ahead = 0;
        if (sieve->hit(sieve->context, scanner->stream, carry + size))
            mark_window(scanner, part, at, carry, size);
        const size_t all = carry + size;
        carry = all < sieve->overlap ? all : sieve->overlap;
        memmove(scanner->stream, scanner->stream + all - carry, carry);
        at += size;
    }
}

static bool sieve_next(struct sw_scanner *scanner, struct sw_scan_part *part)
{
    const uint64_t begin = atomic_fetch_add(&part->next, 1) * part->block;

    if (begin >= part->end - part->from || atomic_load(&part->stop))
        return false;
    const uint64_t at = part->from + begin;
    sieve_block(scanner, part, at, part->end - at < part->block ? part->end : at + part->block);
    return true;
}

void sw_scan_help(struct sw_scanner *scanner, struct sw_scan_part *part)
{
    while (sieve_next(scanner, part))
        continue;
}

static bool is_worth_it(const struct sw_scanner *scanner)
{
    const struct sw_object *object = &scanner->object;
    uint64_t start = 0, end = 0;

    if (scanner->setup.help.ask == NULL || scanner->setup.reach == 0 || object->blob->fd < 0 ||
        object->size < scanner->setup.spans_from ||
        object->size - object->head_size < BLOCKS_MIN * scanner->setup.block)
        return false;
    /* Holes are passed over by one. */
    sw_blob_extent(object->blob, object->head_size, &start, &end);
    return start <= object->head_size && end == object->size;
}

/* What was marked becomes spans. False: all of the object is searched. */
static bool take_marks(struct sw_scanner *scanner, const struct sw_scan_part *part)
{
    const size_t overlap = scanner->setup.sieve.overlap;
    bool good = !atomic_load(&part->all);

    for (uint64_t at = part->from, i = 0; at < part->end && good; at += STEP, i++) {
        const size_t carry = at < overlap ? (size_t)at : overlap;
        const size_t size = part->end - at < STEP ? (size_t)(part->end - at) : STEP;
        if (part->marks[i] != 0)
            good = sw_spans_add(scanner, at - carry, carry + size);
    }
    if (!good)
        scanner->object.spans.count = 0;
    return good;
}

enum sw_status sw_scan_shared(struct sw_scanner *scanner, bool *done, bool *hit,
                              struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    const struct sw_scan_help *help = &scanner->setup.help;
    struct sw_scan_part part = {.blob = object->blob,
                                .from = object->head_size,
                                .end = object->size,
                                .block = scanner->setup.block};
    enum sw_status status = SW_OK;

    *done = false;
    if (!is_worth_it(scanner))
        return SW_OK;
    part.marks = calloc((size_t)((part.end - part.from) / STEP + 1), 1);
    if (part.marks == NULL || !help->ask(help->context, &part)) {
        free(part.marks);
        return SW_OK;
    }
    while (status == SW_OK && sieve_next(scanner, &part))
        if (sw_scan_out_of_time(scanner))
            status = sw_scan_timeout(scanner, error);
    if (status != SW_OK)
        atomic_store(&part.stop, true);
    help->end(help->context);
    *done = status != SW_OK || !atomic_load(&part.odd);
    if (status == SW_OK && *done) {
        *hit = !take_marks(scanner, &part);
        object->bytes_read = object->size;
    }
    free(part.marks);
    return status;
}
