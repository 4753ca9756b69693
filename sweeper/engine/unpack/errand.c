/* SPDX-License-Identifier: Apache-2.0 */
/* errand.c - packing: nothing in an errand borrows from its owner's desk. */
#include "engine/unpack/errand.h"

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
        size += object->hop.name.size + text_size(object->label.path) +
                text_size(object->label.owner) + text_size(object->label.unpack_chain) +
                text_size(object->next_part);
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
static void copy_way(struct errand *errand, const struct object *object)
{
    char *at = errand->texts;

    for (size_t i = errand->way_size; object != NULL && i-- > 0; object = object->parent) {
        struct object *copy = &errand->way[i];
        *copy = (struct object){.parent = i == 0 ? NULL : &errand->way[i - 1],
                                .hop = object->hop,
                                .label = object->label,
                                .parcel = object->parcel,
                                .part_count = object->part_count};
        if (object->hop.facts != NULL) {
            errand->facts[i] = *object->hop.facts;
            copy->hop.facts = &errand->facts[i];
        }
        put_name(&at, &copy->hop.name);
        copy->next_part = put_text(&at, object->next_part);
        copy->label.path = put_text(&at, object->label.path);
        copy->label.owner = put_text(&at, object->label.owner);
        copy->label.unpack_chain = put_text(&at, object->label.unpack_chain);
        copy->label.package_name = NULL; /* parcel_label() sets them again */
        copy->label.package_version = NULL;
    }
}

/* What is known of a package only ever becomes more. */
static unsigned known_around(const struct errand *errand)
{
    unsigned known = 0;

    for (size_t i = 0; i + 1 < errand->way_size; i++)
        known += errand->way[i].parcel.source;
    return known;
}

bool errand_has_told(const struct errand *errand)
{
    return known_around(errand) != errand->known;
}

struct errand *errand_new(const struct object *object, struct sw_hold *hold,
                          const struct sw_blob *in_place, const struct sw_tree *tree,
                          _Atomic uint64_t *captured)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    size_t count = 1;

    for (const struct object *at = object->parent; at != NULL; at = at->parent)
        count++;
    if (errand == NULL)
        return NULL;
    errand->item = object->desk->reporter.item;
    errand->way_size = count;
    errand->way = calloc(count, sizeof(errand->way[0]));
    errand->facts = calloc(count, sizeof(errand->facts[0]));
    errand->texts = malloc(texts_size(object) + 1);
    errand->tree = *tree;
    errand->dist_bytes = object->desk->dist_bytes;
    capture_init(&errand->findings, captured);
    capture_init(&errand->behind, captured);
    if (errand->way == NULL || errand->facts == NULL || errand->texts == NULL) {
        errand_free(errand);
        return NULL;
    }
    copy_way(errand, object);
    errand->known = known_around(errand);
    sw_hold_move(&errand->hold, hold);
    errand->blob = in_place != NULL
                       ? sw_blob_of_part(in_place, 0, in_place->size)
                       : sw_blob_of_bytes(errand->hold.bytes, (size_t)errand->hold.size);
    errand_member(errand)->blob = &errand->blob;
    return errand;
}

void errand_free(struct errand *errand)
{
    if (errand->blob.ops != NULL)
        sw_blob_close(&errand->blob);
    sw_hold_done(&errand->hold);
    capture_done(&errand->findings);
    capture_done(&errand->behind);
    free(errand->way);
    free(errand->facts);
    free(errand->texts);
    free(errand);
}
