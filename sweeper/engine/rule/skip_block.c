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
 */
#include <string.h>

#include "engine/rule/scan_core.h"

static YR_MEMORY_BLOCK *present(struct sw_block *block)
{
    block->whole.size = (size_t)block->scanner->object.size;
    block->at_head = block->head_alone;
    if (!block->at_head)
        return &block->whole;
    block->head.size = block->scanner->object.head_size;
    return &block->head;
}

static YR_MEMORY_BLOCK *first(YR_MEMORY_BLOCK_ITERATOR *iterator)
{
    struct sw_block *block = iterator->context;
    if (block->strings_skipped) {
        block->strings_skipped = false;
        return NULL;
    }
    return present(block);
}

static YR_MEMORY_BLOCK *next(YR_MEMORY_BLOCK_ITERATOR *iterator)
{
    struct sw_block *block = iterator->context;
    if (!block->at_head)
        return NULL;
    block->at_head = false;
    return &block->whole;
}

static uint64_t file_size(YR_MEMORY_BLOCK_ITERATOR *iterator)
{
    const struct sw_block *block = iterator->context;
    return block->scanner->object.size;
}

static const uint8_t *fetch_head(YR_MEMORY_BLOCK *self)
{
    const struct sw_block *block = self->context;
    return block->scanner->object.head;
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
}

void sw_block_start(struct sw_block *block, bool strings_skipped)
{
    block->iterator.last_error = ERROR_SUCCESS;
    block->strings_skipped = strings_skipped;
    block->head_alone = strings_skipped;
    block->at_head = false;
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
    block->head_alone = false;
    for (size_t i = 0; i < sizeof(linear) / sizeof(linear[0]); i++) {
        if (strcmp(name, linear[i]) == 0)
            return;
    }
    block->parsed = true;
}
