/* SPDX-License-Identifier: Apache-2.0 */
/* image_tell.c - images and layers in records. */
#include "supervisor/image_tell.h"

#include <stdio.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/bases.h"
#include "supervisor/fingerprint.h"
#include "supervisor/record_parts.h"

enum { NAMES_MAX = SW_HOP_DEPTH_MAX + 2 };

bool image_concerns(struct sw_view locator, bool *file)
{
    struct image_place place;
    size_t at = 0;
    bool concerns = false;

    *file = false;
    while (image_place_next(locator, &at, &place)) {
        if (!place.inside && place.fixed)
            continue; /* any directory may have one */
        concerns = true;
        *file = *file || !place.inside;
    }
    return concerns;
}

/* --- one record ---------------------------------------------------------------------------- */

struct telling {
    const struct sw_images *images;
    json_t *record;
    json_t *chain;
    uint64_t item;
    const struct image_blob *blob;         /* that is told of now */
    size_t hop;                            /* which hop it is */
    const struct image_use *lead;          /* the image that stands for all; NULL: none */
    bool in_tar;                           /* about a path in a layer */
    struct image_lineage path;             /* that one */
    struct image_end ends[IMAGE_USES_MAX]; /* what became of it in each image */
    bool ended[IMAGE_USES_MAX];            /* that is known */
    bool failed;
};

/* The part of the path that a layer's tar knows; empty: it is not about a path in one. */
static struct sw_view path_in_layer(const struct telling *telling, struct sw_buf *room)
{
    const json_t *hop = json_array_get(telling->chain, telling->hop + telling->blob->hops + 1);
    const char *kind = json_string_value(json_object_get(hop, "kind"));

    if (!telling->blob->is_layer || kind == NULL || strcmp(kind, "tar") != 0)
        return (struct sw_view){0};
    return sw_hop_name(hop, room);
}

static const struct image *image_of(const struct telling *telling, const struct image_use *use)
{
    return &telling->blob->scope->images[use->image];
}

static bool is_left_out(const struct telling *telling)
{
    const struct image_blob *blob = telling->blob;

    for (size_t i = 0; i < blob->use_count; i++)
        if (!image_of(telling, &blob->uses[i])->left_out)
            return false;
    return blob->use_count > 0 && blob->use_total == blob->use_count;
}

static const struct image_end *end_of(struct telling *telling, const struct image_use *use)
{
    const size_t at = (size_t)(use - telling->blob->uses);

    if (!telling->ended[at])
        image_layer_end(image_of(telling, use), use->last, &telling->path, &telling->ends[at]);
    telling->ended[at] = true;
    return &telling->ends[at];
}

static json_t *visible_of(const struct image_end *end)
{
    return end->visible == IMAGE_MAYBE ? json_null() : json_boolean(end->visible == IMAGE_YES);
}

/* The first of those that were asked for in which the path is visible, else the first that has
 * it for a layer. */
static const struct image_use *lead_of(struct telling *telling)
{
    const struct image_blob *blob = telling->blob;
    const struct image_use *lead = NULL, *other = NULL;

    for (size_t i = 0; i < blob->use_count; i++) {
        const struct image_use *use = &blob->uses[i];
        if (image_of(telling, use)->left_out)
            continue;
        if (use->first == UINT32_MAX) {
            other = other == NULL ? use : other;
            continue;
        }
        if (!telling->in_tar || end_of(telling, use)->visible == IMAGE_YES)
            return use;
        lead = lead == NULL ? use : lead;
    }
    return lead != NULL ? lead : other;
}

/* --- what is told ---------------------------------------------------------------------------- */

static void put_digest(json_t **object, const char *name, const char *hex)
{
    char text[sizeof("sha256:") + SW_SHA256_HEX_SIZE];

    snprintf(text, sizeof(text), "sha256:%s", hex);
    sw_put(object, name, hex[0] != '\0' ? json_string(text) : json_null());
}

static void put_prose(json_t **object, const char *name, const char *text)
{
    sw_put(object, name, text != NULL ? sw_json_prose(text) : json_null());
}

/* The line that made a layer. */
static void put_history(json_t **object, const struct image_layer *layer)
{
    put_prose(object, "history", layer->step != NULL ? layer->step->created_by : NULL);
    put_prose(object, "created", layer->step != NULL ? layer->step->created : NULL);
}

static json_t *references_of(const struct image *image)
{
    json_t *list = json_array();
    size_t i;
    json_t *reference;

    json_array_foreach(image->references, i, reference)
    {
        sw_push(&list, sw_json_prose(json_string_value(reference)));
    }
    return list;
}

static void put_image(json_t **object, const struct image *image)
{
    sw_put(object, "references", references_of(image));
    put_prose(object, "manifest", image->manifest);
    put_prose(object, "config", image->config);
    put_prose(object, "platform", image->platform);
}

/* What took it away, and the name that it has all the same. */
static void put_end(struct telling *telling, json_t **object)
{
    const struct image_end *end = end_of(telling, telling->lead);

    sw_put(object, "visible", visible_of(end));
    if (end->link.size != 0)
        sw_put(object, "visible_as", sw_json_escaped(end->link));
    if ((end->fate != IMAGE_REMOVED && end->fate != IMAGE_REPLACED) || end->by == UINT32_MAX)
        return;
    const struct image_layer *layer = &image_of(telling, telling->lead)->layers[end->by];
    json_t *what = json_object();
    sw_put_count(&what, "index", end->by);
    put_digest(&what, "digest", layer->blob->digest);
    put_history(&what, layer);
    sw_put(object, end->fate == IMAGE_REMOVED ? "removed_by" : "replaced_by", what);
}

/* In every image that has it. */
static bool is_inherited(const struct telling *telling)
{
    const struct image_blob *blob = telling->blob;
    bool used = false;

    for (size_t i = 0; i < blob->use_count; i++) {
        const struct image_use *use = &blob->uses[i];
        if (image_of(telling, use)->left_out)
            continue;
        if (!image_inherits(image_of(telling, use), use, blob))
            return false;
        used = true;
    }
    return used && blob->use_total == blob->use_count;
}

static json_t *images_of(struct telling *telling)
{
    const struct image_blob *blob = telling->blob;
    json_t *list = json_array();

    for (size_t i = 0; i < blob->use_count && json_array_size(list) < IMAGE_TOLD_MAX; i++) {
        const struct image_use *use = &blob->uses[i];
        if (use->first == UINT32_MAX || image_of(telling, use)->left_out)
            continue;
        json_t *row = json_object();
        put_image(&row, image_of(telling, use));
        sw_put_count(&row, "index", use->first);
        if (telling->in_tar)
            sw_put(&row, "visible", visible_of(end_of(telling, use)));
        if (telling->images->bases != NULL)
            sw_put_boolean(&row, "inherited", image_inherits(image_of(telling, use), use, blob));
        sw_push(&list, row);
    }
    return list;
}

static json_t *layer_new(struct telling *telling)
{
    const struct image_use *lead = telling->lead;
    json_t *layer = json_object();

    put_digest(&layer, "digest", telling->blob->digest);
    put_digest(&layer, "diff_id", telling->blob->diff_id);
    if (lead != NULL && lead->first != UINT32_MAX) {
        const struct image *image = image_of(telling, lead);
        sw_put_count(&layer, "index", lead->first);
        sw_put_count(&layer, "layers", image->layer_count);
        put_history(&layer, &image->layers[lead->first]);
        if (telling->in_tar)
            put_end(telling, &layer);
    }
    if (telling->blob->cached)
        sw_put_boolean(&layer, "cached", true);
    if (telling->images->bases != NULL)
        sw_put_boolean(&layer, "inherited", is_inherited(telling));
    sw_put(&layer, "images", images_of(telling));
    sw_put_count(&layer, "image_count", telling->blob->use_total);
    return layer;
}

static const char *form_of(const struct image_scope *scope)
{
    if (scope->registry)
        return "registry";
    if (scope->docker)
        return scope->inside ? "docker-archive" : "docker-directory";
    if (!scope->laid_out)
        return scope->inside ? "archive" : "store";
    return scope->inside ? "oci-archive" : "oci-layout";
}

static const char *part_of(const struct image_blob *blob)
{
    static const char *const names[] = {[IMAGE_NO_DOCUMENT] = "blob",
                                        [IMAGE_INDEX] = "index",
                                        [IMAGE_MANIFEST] = "manifest",
                                        [IMAGE_CONFIG] = "config",
                                        [IMAGE_DOCKER] = "manifest"};
    return blob->kind == IMAGE_NO_DOCUMENT && blob->is_layer ? "layer" : names[blob->kind];
}

static json_t *image_new(const struct telling *telling)
{
    json_t *image = json_object();

    sw_put_text(&image, "form", form_of(telling->blob->scope));
    put_image(&image, image_of(telling, telling->lead));
    sw_put_text(&image, "part", part_of(telling->blob));
    return image;
}

static void set(struct telling *telling, json_t *object, const char *name, json_t *value)
{
    if (value == NULL || json_object_set_new(object, name, value) != 0)
        telling->failed = true;
}

/* --- the id ------------------------------------------------------------------------------------
 */

/* Over the layer's diff id, which is the same however it is packed, and the names of the
 * hops in its tar; of other parts over their digest. */
static void set_id(struct telling *telling)
{
    const struct image_blob *blob = telling->blob;
    const bool layer = blob->is_layer && blob->diff_id[0] != '\0';
    const size_t from = telling->hop + 1 + (blob->is_layer ? blob->hops : 0);
    const char *hex = layer                     ? blob->diff_id
                      : blob->digest[0] != '\0' ? blob->digest
                                                : blob->promised;
    char anchor[sizeof("sha256:") + SW_SHA256_HEX_SIZE];
    struct sw_view names[NAMES_MAX];
    size_t count = 0;

    if (hex[0] == '\0')
        return;
    snprintf(anchor, sizeof(anchor), "sha256:%s", hex);
    names[count++] = sw_view_of(anchor);
    for (size_t i = from; i < json_array_size(telling->chain) && count < NAMES_MAX; i++) {
        const json_t *hop = json_array_get(telling->chain, i);
        const char *name = json_string_value(json_object_get(hop, "name"));
        if (name != NULL)
            names[count++] = sw_view_of(name);
    }
    set(telling, telling->record, "id",
        sw_fingerprint(&(struct sw_fingerprint_parts){
            .rule = json_object_get(telling->record, "rule"),
            .object = json_object_get(telling->record, "object"),
            .package = json_object_get(telling->record, "package"),
            .hops = names,
            .hop_count = count,
        }));
}

/* --- all of it
 * ------------------------------------------------------------------------------------ */

/* Part of an image that is known, or kept under the right digest. */
static bool is_part(const struct image_blob *blob)
{
    return blob->use_count > 0 ||
           (blob->store && blob->digest[0] != '\0' && strcmp(blob->digest, blob->promised) == 0);
}

static void tell_blob(struct telling *telling, bool outermost)
{
    struct sw_buf room;

    sw_buf_init(&room, SW_RECORD_MAX);
    const struct sw_view path = path_in_layer(telling, &room);
    telling->in_tar = path.size != 0;
    if (telling->in_tar)
        image_lineage_of(telling->blob->scope, path, &telling->path);
    memset(telling->ended, 0, sizeof(telling->ended));
    telling->lead = lead_of(telling);
    if (telling->blob->is_layer)
        set(telling, json_array_get(telling->chain, telling->hop), "layer", layer_new(telling));
    if (outermost && telling->lead != NULL)
        set(telling, json_array_get(telling->chain, 0), "image", image_new(telling));
    if (outermost && json_object_get(telling->record, "id") != NULL)
        set_id(telling);
    sw_buf_done(&room);
}

enum image_told image_tell(const struct sw_images *images, uint64_t item, json_t *record)
{
    struct telling telling = {.images = images,
                              .record = record,
                              .chain = json_object_get(record, "chain"),
                              .item = item};
    const char *locator = json_string_value(json_object_get(record, "locator"));
    struct image_place place;
    bool outermost = true;
    size_t at = 0;

    while (locator != NULL && image_place_next(sw_view_of(locator), &at, &place)) {
        telling.blob = sw_images_find(images, item, &place);
        telling.hop = place.hop;
        if (telling.blob == NULL || !is_part(telling.blob))
            continue;
        if (is_left_out(&telling))
            return IMAGE_LEFT_OUT;
        tell_blob(&telling, outermost);
        outermost = false;
    }
    return telling.failed ? IMAGE_NO_MEMORY : IMAGE_TOLD;
}
