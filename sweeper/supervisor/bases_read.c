/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bases_read.c - the conductor's end of --base: a short sweep before the one that counts, of
 * which only the configurations of images are kept.
 */
#include <string.h>

#include "conductor.h"
#include "supervisor/bases.h"
#include "supervisor/image_form.h"
#include "sweeper/text.h"

enum { DOCUMENT_MAX = 16 << 20 /* what the engine reads of one: larger files are layers */ };

static bool is_in_folder(const struct conductor *conductor, const struct sw_item *item)
{
    size_t count = 0;
    const struct sw_root *roots = sw_walk_roots(conductor->walk, &count);

    return item->root_index < count && roots[item->root_index].is_directory;
}

void bases_item(struct conductor *conductor, struct sw_item *item)
{
    if (item->kind == SW_ITEM_GAP) {
        settle_record(conductor, sw_record_gap(item, item->gap, item->text));
        return;
    }
    /* In a layout whatever is no document by its name is nothing. */
    if (is_in_folder(conductor, item) && (item->facts.size > DOCUMENT_MAX || !images_own(item)))
        return;
    flight_add(&conductor->flight, item)->documents = true;
}

const char *bases_message(struct conductor *conductor, const struct flight_entry *entry,
                          const struct sw_image_message *message)
{
    struct image_said said = {0};

    if (message->part != SW_IMAGE_DOCUMENT)
        return NULL;
    const char *why = image_form_document(message->json, &said);
    if (why != NULL)
        return why;
    if (said.kind == IMAGE_CONFIG && !said.cut &&
        !sw_bases_add(conductor->bases, entry->item.root_index, message->json))
        settle_failure(conductor, "no room for the layers of the base images");
    return NULL;
}

void bases_record(struct conductor *conductor, json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));

    if (record == NULL || strcmp(type, "finding") != 0)
        settle_record(conductor, record);
    else
        json_decref(record);
}

static bool is_same(const struct sw_root *a, const struct sw_root *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == SW_TARGET_PATH
               ? a->facts.device == b->facts.device && a->facts.inode == b->facts.inode
               : strcmp(a->path, b->path) == 0;
}

/* What two of them name is looked at once. */
static bool is_found(const struct conductor *conductor, size_t option)
{
    size_t count = 0;
    const struct sw_root *roots = sw_walk_roots(conductor->walk, &count);

    for (size_t i = 0; i < count && option < count; i++)
        if (conductor->bases->found[i] != 0 && is_same(&roots[i], &roots[option]))
            return true;
    return false;
}

enum sw_status bases_check(const struct conductor *conductor, struct sw_error *error)
{
    const struct sw_texts *names = &conductor->options->bases;

    for (size_t i = 0; i < names->count; i++)
        if (!is_found(conductor, i))
            return sw_fail(error, SW_STOP, "sweep", 0,
                           "--base %s: no configuration of an image with layers is in it",
                           names->rows[i]);
    return SW_OK;
}
