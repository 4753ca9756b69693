/* SPDX-License-Identifier: Apache-2.0 */
/* image_model.c - scopes and blobs, and what they may cost. */
#include "supervisor/image_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/record_parts.h"

/* What jansson needs for an entry of a map, beside its name. */
enum { ENTRY_COST = 160 };

bool image_charge(struct sw_images *images, size_t bytes)
{
    if (images->used > images->used_max || bytes > images->used_max - images->used)
        return false;
    images->used += bytes;
    return true;
}

static void discharge(struct sw_images *images, size_t bytes)
{
    images->used -= bytes < images->used ? bytes : images->used;
}

/* --- maps ------------------------------------------------------------------------------ */

/* A pointer as a number: jansson's maps are the only ones here, and hold JSON. */
static bool map_put(json_t *map, const char *key, size_t size, const void *what)
{
    return json_object_setn_new_nocheck(map, key, size, json_integer((json_int_t)(intptr_t)what)) ==
           0;
}

static void *map_get(const json_t *map, const char *key, size_t size)
{
    return (void *)(intptr_t)json_integer_value(json_object_getn(map, key, size));
}

/* The same locator may be that of two items: a file that was named twice. What lies in an
 * archive is known by its item as well. */
static char *key_of(uint64_t item, bool inside, struct sw_view text)
{
    char *key = NULL;

    if (asprintf(&key, "%" PRIu64 ":%.*s", inside ? item : 0, (int)text.size, text.data) < 0)
        return NULL;
    return key;
}

static void *keyed(const json_t *map, uint64_t item, bool inside, struct sw_view text)
{
    char *key = key_of(item, inside, text);
    void *found = key != NULL ? map_get(map, key, strlen(key)) : NULL;

    free(key);
    return found;
}

struct image_blob *sw_images_find(const struct sw_images *images, uint64_t item,
                                  const struct image_place *place)
{
    return keyed(images->by_place, item, place->inside, place->place);
}

struct image_scope *sw_images_scope(const struct sw_images *images, uint64_t item,
                                    const struct image_place *place)
{
    return keyed(images->by_key, item, place->inside, place->scope);
}

struct image_blob *image_by_name(const struct image_scope *scope, struct sw_view name)
{
    return map_get(scope->names, (const char *)name.data, name.size);
}

struct image_blob *image_by_digest(const struct image_scope *scope, const char *hex)
{
    return map_get(scope->digests, hex, strlen(hex));
}

void image_name_digest(struct image_blob *blob)
{
    char diff_id[SW_SHA256_HEX_SIZE + 1];

    if (image_by_digest(blob->scope, blob->digest) == NULL)
        (void)!map_put(blob->scope->digests, blob->digest, strlen(blob->digest), blob);
    snprintf(diff_id, sizeof(diff_id), "=%s", blob->diff_id);
    if (blob->diff_id[0] != '\0' && image_by_digest(blob->scope, diff_id) == NULL)
        (void)!map_put(blob->scope->digests, diff_id, strlen(diff_id), blob);
}

/* --- blobs ------------------------------------------------------------------------------- */

void image_runs_free(struct sw_images *images, struct image_blob *blob)
{
    struct image_run *run = blob->runs, *next;

    for (; run != NULL; run = next) {
        next = run->next;
        discharge(images, sizeof(*run) + run->count * sizeof(run->rows[0]));
        free(run);
    }
    blob->runs = NULL;
    for (struct image_links *links = blob->links, *after; links != NULL; links = after) {
        after = links->next;
        discharge(images, links->size);
        free(links);
    }
    blob->links = NULL;
}

void image_document_free(struct sw_images *images, struct image_blob *blob)
{
    if (blob->document != NULL)
        discharge(images, strlen(blob->document));
    free(blob->document);
    blob->document = NULL;
}

static void release_source(struct image_source *source)
{
    if (source == NULL || --source->blobs > 0)
        return;
    free(source->item.path);
    free(source);
}

static size_t cost_of(const struct image_blob *blob)
{
    return sizeof(*blob) + 3 * (strlen(blob->place) + ENTRY_COST);
}

static void content_free(struct sw_images *images, struct image_blob *blob)
{
    image_runs_free(images, blob);
    image_document_free(images, blob);
    if (blob->config != NULL)
        discharge(images, blob->config->cost);
    image_config_free(blob->config);
    discharge(images, blob->use_capacity * sizeof(*blob->uses));
    free(blob->uses);
}

void image_blob_free(struct sw_images *images, struct image_blob *blob)
{
    if (blob == NULL)
        return;
    content_free(images, blob);
    discharge(images, cost_of(blob));
    release_source(blob->source);
    free(blob->place);
    free(blob);
}

/* Blobs of one item share what is known of it; they come one after the other. */
static struct image_source *source_of(const struct image_scope *scope, const struct sw_item *item)
{
    struct image_source *last = scope->blobs != NULL ? scope->blobs->source : NULL;

    if (scope->inside && last != NULL) {
        last->blobs++;
        return last;
    }
    struct image_source *made = calloc(1, sizeof(*made));
    char *path = malloc(item->path_size + 1);
    if (made == NULL || path == NULL) {
        free(made);
        free(path);
        return NULL;
    }
    memcpy(path, item->path, item->path_size);
    path[item->path_size] = '\0';
    *made = (struct image_source){.item = {.kind = SW_ITEM_OBJECT,
                                           .fd = -1,
                                           .root_index = item->root_index,
                                           .facts = item->facts,
                                           .path = path,
                                           .path_size = item->path_size},
                                  .blobs = 1};
    return made;
}

/* --- scopes ------------------------------------------------------------------------------ */

static void free_images(struct sw_images *images, struct image_scope *scope)
{
    for (size_t i = 0; i < scope->image_count; i++) {
        struct image *image = &scope->images[i];
        discharge(images, sizeof(*image) + image->layer_count * sizeof(*image->layers));
        json_decref(image->references);
        free(image->absent);
        free(image->manifest);
        free(image->config);
        free(image->platform);
        free(image->layers);
        free(image->key);
    }
    free(scope->images);
    scope->images = NULL;
    scope->image_count = scope->image_capacity = 0;
}

/* Of a scope whose names and digests are forgotten as well. */
static void blob_drop(struct sw_images *images, struct image_blob *blob)
{
    const struct image_scope *scope = blob->scope;
    char *key = key_of(scope->item, scope->inside, sw_view_of_text(blob->place));

    if (key != NULL && map_get(images->by_place, key, strlen(key)) == blob)
        json_object_del(images->by_place, key);
    free(key);
    image_blob_free(images, blob);
}

static void scope_free(struct sw_images *images, struct image_scope *scope)
{
    struct image_blob *blob, *next;

    for (blob = scope->blobs; blob != NULL; blob = next) {
        next = blob->next;
        blob_drop(images, blob);
    }
    free_images(images, scope);
    json_decref(scope->names);
    json_decref(scope->digests);
    discharge(images, sizeof(*scope) + strlen(scope->key) + ENTRY_COST);
    free(scope->key);
    free(scope);
}

static struct image_scope *scope_new(struct sw_images *images, uint64_t item,
                                     const struct image_place *place)
{
    struct image_scope *scope = calloc(1, sizeof(*scope));

    if (scope == NULL)
        return NULL;
    scope->key = key_of(item, place->inside, place->scope);
    scope->names = json_object();
    scope->digests = json_object();
    scope->inside = place->inside;
    scope->searches_left = IMAGE_SEARCHES_ALL;
    scope->item = item;
    scope->registry =
        scope->key != NULL && strncmp(scope->key, IMAGE_REGISTRY, strlen(IMAGE_REGISTRY)) == 0;
    if (scope->key == NULL || scope->names == NULL || scope->digests == NULL ||
        !image_charge(images, sizeof(*scope) + strlen(scope->key) + ENTRY_COST)) {
        json_decref(scope->names);
        json_decref(scope->digests);
        free(scope->key);
        free(scope);
        return NULL;
    }
    if (!map_put(images->by_key, scope->key, strlen(scope->key), scope)) {
        scope_free(images, scope);
        return NULL;
    }
    struct image_scope **list = scope->inside ? &images->inside : &images->scopes;
    scope->next = *list;
    *list = scope;
    return scope;
}

static struct image_scope *scope_get(struct sw_images *images, uint64_t item,
                                     const struct image_place *place)
{
    struct image_scope *scope = sw_images_scope(images, item, place);

    return scope != NULL ? scope : scope_new(images, item, place);
}

void sw_images_drop(struct sw_images *images, uint64_t item, bool all)
{
    struct image_scope **link = &images->inside;

    while (*link != NULL) {
        struct image_scope *scope = *link;
        if (scope->item != item || (!all && scope->image_count > 0)) {
            link = &scope->next;
            continue;
        }
        *link = scope->next;
        json_object_del(images->by_key, scope->key);
        scope_free(images, scope);
    }
}

/* --- blobs in scopes ----------------------------------------------------------------------- */

static char *copy_of(struct sw_view text)
{
    char *copy = malloc(text.size + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

/* Stores differ in the folders that they have above a digest; documents do not. */
static bool enter_name(struct image_blob *blob, const struct image_place *place)
{
    char name[sizeof("blobs/sha256/") + SW_SHA256_HEX_SIZE];

    if (!place->blob)
        return map_put(blob->scope->names, blob->name, strlen(blob->name), blob);
    snprintf(name, sizeof(name), "blobs/sha256/%s", blob->promised);
    return map_put(blob->scope->names, name, strlen(name), blob);
}

/* As when nothing but records had told of it. */
static void unsay(struct sw_images *images, struct image_blob *blob)
{
    struct image_blob left = {.next = blob->next,
                              .scope = blob->scope,
                              .source = blob->source,
                              .place = blob->place,
                              .name = blob->name,
                              .unread = blob->unread,
                              .store = blob->store,
                              .fixed = blob->fixed,
                              .gap = blob->gap};

    content_free(images, blob);
    memcpy(left.promised, blob->promised, sizeof(left.promised));
    *blob = left;
}

/* All that the engine has said, and the names of what is left. */
static void forget_said(struct sw_images *images, struct image_scope *scope)
{
    struct image_blob **link = &scope->blobs;
    struct image_place place;

    json_object_clear(scope->names);
    json_object_clear(scope->digests);
    while (*link != NULL) {
        struct image_blob *blob = *link;
        if (blob->said && blob->unread)
            unsay(images, blob);
        if (blob->said || !image_place_of(sw_view_of_text(blob->place), &place) ||
            !enter_name(blob, &place)) {
            *link = blob->next;
            blob_drop(images, blob);
        } else {
            link = &blob->next;
        }
    }
}

void sw_images_again(struct sw_images *images, uint64_t item)
{
    struct image_scope **link = &images->inside;

    sw_images_restart(images, item);
    while (*link != NULL) {
        struct image_scope *scope = *link;
        if (scope->item == item)
            forget_said(images, scope);
        if (scope->item != item || scope->blobs != NULL) {
            link = &scope->next;
            continue;
        }
        *link = scope->next;
        json_object_del(images->by_key, scope->key);
        scope_free(images, scope);
    }
}

static bool enter(struct sw_images *images, struct image_blob *blob, uint64_t item,
                  const struct image_place *place)
{
    char *key = key_of(item, place->inside, place->place);
    const bool entered =
        key != NULL && map_put(images->by_place, key, strlen(key), blob) && enter_name(blob, place);

    free(key);
    return entered;
}

static struct image_blob *blob_alone(struct sw_images *images, struct sw_view place)
{
    struct image_blob *blob = calloc(1, sizeof(*blob));

    if (blob == NULL)
        return NULL;
    blob->place = copy_of(place);
    if (blob->place != NULL && image_charge(images, cost_of(blob)))
        return blob;
    free(blob->place);
    free(blob);
    return NULL;
}

static struct image_blob *blob_new(struct sw_images *images, struct image_scope *scope,
                                   const struct sw_item *item, uint64_t id,
                                   const struct image_place *place)
{
    struct image_blob *blob = blob_alone(images, place->place);

    if (blob == NULL)
        return NULL;
    blob->scope = scope;
    blob->name = blob->place + (place->place.size - place->name.size);
    if (place->promised.size != 0)
        memcpy(blob->promised, place->promised.data, place->promised.size);
    blob->store = place->blob;
    blob->fixed = place->fixed;
    blob->source = source_of(scope, item);
    if (blob->source == NULL || !enter(images, blob, id, place)) {
        image_blob_free(images, blob);
        return NULL;
    }
    blob->next = scope->blobs;
    scope->blobs = blob;
    return blob;
}

struct image_blob *image_blob_get(struct sw_images *images, const struct sw_item *item, uint64_t id,
                                  const struct image_place *place)
{
    struct image_blob *blob = sw_images_find(images, id, place);

    if (blob != NULL)
        return blob;
    struct image_scope *scope = scope_get(images, id, place);
    if (scope == NULL) {
        images->full = true;
        return NULL;
    }
    blob = blob_new(images, scope, item, id, place);
    images->full = images->full || blob == NULL;
    return blob;
}

void sw_images_unread(struct sw_images *images, const struct sw_item *item, uint64_t id,
                      struct sw_view locator, enum sw_gap told)
{
    struct image_place place;

    if (!image_place_of(locator, &place) || place.fixed)
        return;
    struct image_blob *blob = image_blob_get(images, item, id, &place);
    if (blob == NULL)
        return;
    blob->unread = true;
    if (told == SW_GAP_NONE)
        return;
    blob->gap = told;
    blob->scope->cut = blob->scope->cut || told == SW_GAP_LIMIT_DEPTH;
}

/* --- blobs that are being told of ------------------------------------------------------------ */

struct image_blob *image_blob_pending(struct sw_images *images, uint64_t item, struct sw_view place)
{
    struct image_blob *blob = images->pending;

    for (; blob != NULL; blob = blob->next)
        if (blob->item == item && strlen(blob->place) == place.size &&
            memcmp(blob->place, place.data, place.size) == 0)
            return blob;
    blob = blob_alone(images, place);
    if (blob == NULL)
        return NULL;
    blob->item = item;
    blob->complete = true;
    blob->next = images->pending;
    images->pending = blob;
    return blob;
}

void image_blob_forget_pending(struct sw_images *images, struct image_blob *pending)
{
    struct image_blob **link = &images->pending;

    while (*link != NULL && *link != pending)
        link = &(*link)->next;
    if (*link != NULL)
        *link = pending->next;
    image_blob_free(images, pending);
}

/* --- all of it ----------------------------------------------------------------------------- */

struct sw_images *sw_images_new(size_t used_max, const struct sw_texts *platforms)
{
    struct sw_images *images = calloc(1, sizeof(*images));

    if (images == NULL)
        return NULL;
    images->used_max = used_max;
    images->platforms = platforms;
    images->by_key = json_object();
    images->by_place = json_object();
    if (images->by_key == NULL || images->by_place == NULL) {
        sw_images_free(images);
        return NULL;
    }
    return images;
}

void sw_images_restart(struct sw_images *images, uint64_t item)
{
    struct image_blob **link = &images->pending;

    while (*link != NULL) {
        struct image_blob *blob = *link;
        if (item != 0 && blob->item != item) {
            link = &blob->next;
            continue;
        }
        *link = blob->next;
        image_blob_free(images, blob);
    }
}

static void free_scopes(struct sw_images *images, struct image_scope *scope)
{
    struct image_scope *next;

    for (; scope != NULL; scope = next) {
        next = scope->next;
        scope_free(images, scope);
    }
}

void sw_images_free(struct sw_images *images)
{
    if (images == NULL)
        return;
    sw_images_restart(images, 0);
    free_scopes(images, images->scopes);
    free_scopes(images, images->inside);
    json_decref(images->by_key);
    json_decref(images->by_place);
    free(images);
}
