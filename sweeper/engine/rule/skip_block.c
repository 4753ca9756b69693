/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skip_block.c - how libyara sees the object: as one block, which it is shown
 * for its string pass only when strings have to be searched.
 *
 * libyara asks an iterator for blocks twice: once to search strings in them,
 * and later, from conditions and modules, to read integers or to parse. An
 * iterator that has no block the first time, and one from then on, leaves out
 * the search and changes nothing else: all conditions are still evaluated, on
 * the real bytes.
 *
 * The bytes are fetched only when something looks at them. While no module that
 * looks at content is loaded, only integers are read (uint16(0) and its kin),
 * and these take the first block that holds all of the integer. So the head,
 * which is in memory anyway, is shown as a block of its own before the whole: a
 * look at the first bytes of a large file then costs nothing. A module gets the
 * whole and nothing else.
 *
 * Of a large object only the parts are shown to the string pass in which the
 * sieve found something (scan_spans.h), as blocks with their offsets; they are
 * in memory, so integers are read from them as they are from the head.
 */
#include <string.h>

#include "engine/rule/scan_core.h"

static YR_MEMORY_BLOCK *show(struct sw_block *block, size_t place)
{
    const struct sw_object *object = &block->scanner->object;

    block->place = place;
    if (place == 0) {
        block->head.size = object->head_size;
        return &block->head;
    }
    if (place <= object->spans.count) {
        const struct sw_span *span = &object->spans.rows[place - 1];
        block->span.base = span->from;
        block->span.size = (size_t)(span->to - span->from);
        return &block->span;
    }
    block->whole.size = (size_t)object->size;
    return &block->whole;
}

static YR_MEMORY_BLOCK *first(YR_MEMORY_BLOCK_ITERATOR *iterator)
{
    struct sw_block *block = iterator->context;
    if (block->strings_skipped) {
        block->strings_skipped = false;
        return NULL;
    }
    if (block->in_spans)
        return show(block, 1);
    return show(block, block->pieces_first ? 0 : block->scanner->object.spans.count + 1);
}

static YR_MEMORY_BLOCK *next(YR_MEMORY_BLOCK_ITERATOR *iterator)
{
    struct sw_block *block = iterator->context;
    size_t spans = block->scanner->object.spans.count;
    if (block->place < spans || (block->place == spans && !block->in_spans))
        return show(block, block->place + 1);
    block->in_spans = false; /* the string pass is over */
    return NULL;
}

static uint64_t file_size(YR_MEMORY_BLOCK_ITERATOR *iterator)
{
    const struct sw_block *block = iterator->context;
    const struct sw_object *object = &block->scanner->object;

    return object->label->raw ? SW_RAW_FILE_SIZE : object->size;
}

static const uint8_t *fetch_head(YR_MEMORY_BLOCK *self)
{
    const struct sw_block *block = self->context;
    return block->scanner->object.head;
}

static const uint8_t *fetch_span(YR_MEMORY_BLOCK *self)
{
    const struct sw_block *block = self->context;
    return block->scanner->object.spans.rows[block->place - 1].data;
}

/* An empty object has no bytes, not even a place: as yara(1) has it. */
static const uint8_t *fetch_whole(YR_MEMORY_BLOCK *self)
{
    struct sw_block *block = self->context;
    struct sw_object *object = &block->scanner->object;
    if (object->size == 0 || object->lost)
        return NULL;
    if (object->whole == NULL) {
        uint64_t size = object->size;
        /* Parsers get bytes that nobody can change under them. */
        enum sw_object_form form = block->parsed ? SW_OBJECT_COPIED : SW_OBJECT_MAPPED;
        object->lost = sw_object_make_whole(block->scanner, form, &object->lost_error) != SW_OK;
        /* libyara has been told the size; what is missing reads as zeros. */
        object->size = size;
    }
    return object->lost ? NULL : object->whole;
}

void sw_block_init(struct sw_scanner *scanner)
{
    struct sw_block *block = &scanner->block;
    block->scanner = scanner;
    block->iterator.context = block;
    block->iterator.first = first;
    block->iterator.next = next;
    block->iterator.file_size = file_size;
    block->whole.context = block;
    block->whole.fetch_data = fetch_whole;
    block->head.context = block;
    block->head.fetch_data = fetch_head;
    block->span.context = block;
    block->span.fetch_data = fetch_span;
}

void sw_block_start(struct sw_block *block, bool strings_skipped)
{
    block->iterator.last_error = ERROR_SUCCESS;
    block->strings_skipped = strings_skipped;
    block->in_spans = !strings_skipped && block->scanner->object.spans.count != 0;
    block->pieces_first = strings_skipped || block->in_spans;
    block->place = 0;
    block->parsed = false;
}

void sw_block_module(struct sw_block *block, const char *name)
{
    static const char *const blind[] = {"time", "console", "string"};
    static const char *const linear[] = {"hash", "math"};
    for (size_t i = 0; i < sizeof(blind) / sizeof(blind[0]); i++) {
        if (strcmp(name, blind[i]) == 0)
            return;
    }
    block->pieces_first = false;
    for (size_t i = 0; i < sizeof(linear) / sizeof(linear[0]); i++) {
        if (strcmp(name, linear[i]) == 0)
            return;
    }
    block->parsed = true;
}
