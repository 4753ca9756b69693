/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.c - packing: nothing in a parcel borrows from its owner's desk. */
#include "engine/unpack/parcel.h"

#include <stdlib.h>
#include <string.h>

static size_t text_size(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

static size_t texts_size(const struct object *object)
{
    size_t size = 0;

    for (; object != NULL; object = object->parent)
        size +=
            object->hop.name.size + text_size(object->label.path) + text_size(object->label.owner);
    return size;
}

static const char *put_text(char **at, const char *text)
{
    char *copy = *at;
    size_t size = text_size(text);

    if (text == NULL)
        return NULL;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static void put_name(char **at, struct sw_view *name)
{
    if (name->size == 0)
        return;
    memcpy(*at, name->data, name->size);
    name->data = (const uint8_t *)*at;
    *at += name->size;
}

/* What an object on the way lends to those inside it: how it was taken out, and
 * what it is called. */
static void copy_way(struct parcel *parcel, const struct object *object)
{
    char *at = parcel->texts;

    for (size_t i = parcel->way_size; i-- > 0; object = object->parent) {
        struct object *copy = &parcel->way[i];
        *copy = (struct object){.parent = i == 0 ? NULL : &parcel->way[i - 1],
                                .hop = object->hop,
                                .label = object->label};
        if (object->hop.facts != NULL) {
            parcel->facts[i] = *object->hop.facts;
            copy->hop.facts = &parcel->facts[i];
        }
        put_name(&at, &copy->hop.name);
        copy->label.path = put_text(&at, object->label.path);
        copy->label.owner = put_text(&at, object->label.owner);
    }
}

struct parcel *parcel_new(const struct object *object, struct sw_hold *hold,
                          const struct sw_tree *tree, _Atomic uint64_t *captured)
{
    struct parcel *parcel = calloc(1, sizeof(*parcel));
    size_t count = 0;

    for (const struct object *at = object; at != NULL; at = at->parent)
        count++;
    if (parcel == NULL)
        return NULL;
    parcel->item = object->desk->reporter.item;
    parcel->way_size = count;
    parcel->way = calloc(count, sizeof(parcel->way[0]));
    parcel->facts = calloc(count, sizeof(parcel->facts[0]));
    parcel->texts = malloc(texts_size(object) + 1);
    parcel->tree = *tree;
    capture_init(&parcel->findings, captured);
    capture_init(&parcel->behind, captured);
    if (parcel->way == NULL || parcel->facts == NULL || parcel->texts == NULL) {
        parcel_free(parcel);
        return NULL;
    }
    copy_way(parcel, object);
    sw_hold_move(&parcel->hold, hold);
    parcel->blob = sw_blob_of_bytes(parcel->hold.bytes, (size_t)parcel->hold.size);
    parcel_member(parcel)->blob = &parcel->blob;
    return parcel;
}

void parcel_free(struct parcel *parcel)
{
    sw_hold_done(&parcel->hold);
    capture_done(&parcel->findings);
    capture_done(&parcel->behind);
    free(parcel->way);
    free(parcel->facts);
    free(parcel->texts);
    free(parcel);
}
