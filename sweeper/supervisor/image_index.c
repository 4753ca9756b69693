/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_index.c - from the indexes of a scope to its manifests.
 *
 * An index may name indexes. They are followed by an explicit stack; what has been followed
 * is not followed again, so that no arrangement of them costs more than its size.
 */
#include <stdio.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/image_model.h"

struct level {
    struct image_blob *blob;
    json_t *document;   /* owned */
    json_t *references; /* that led here; owned */
    size_t at;          /* in its manifests */
    size_t present;
    struct image_absent absent;
};

struct trail {
    struct image_joining *joining;
    struct level levels[IMAGE_DEPTH_MAX];
    size_t depth;
};

/* An index is not there to be read only in parts: that other platforms' manifests were never
 * fetched is usual. Only what index.json itself names belongs to the layout. */
static bool is_gap(const struct trail *trail, const struct level *level)
{
    const struct image_scope *scope = trail->joining->scope;

    return trail->joining->whole && (level->present == 0 || (trail->depth == 1 && scope->laid_out));
}

static void leave(struct trail *trail)
{
    struct level *level = &trail->levels[trail->depth - 1];

    if (is_gap(trail, level))
        image_absent_say(trail->joining, &level->absent, level->blob);
    json_decref(level->document);
    json_decref(level->references);
    trail->depth--;
}

static void say_deep(const struct trail *trail, const struct image_blob *blob, const char *why)
{
    struct image_scope *scope = trail->joining->scope;

    if (!scope->cut)
        image_say(trail->joining, IMAGE_TROUBLE_DEPTH, blob, why);
    scope->cut = true;
}

static bool is_on(const struct trail *trail, const struct image_blob *blob)
{
    for (size_t i = 0; i < trail->depth; i++)
        if (trail->levels[i].blob == blob)
            return true;
    return false;
}

static void enter(struct trail *trail, struct image_blob *blob, json_t *references)
{
    const struct image_blob *above = trail->depth > 0 ? trail->levels[trail->depth - 1].blob : blob;

    if (is_on(trail, blob)) {
        say_deep(trail, above, "is part of a circle of indexes");
    } else if (trail->depth == IMAGE_DEPTH_MAX) {
        say_deep(trail, above, "names an index, and lies in too many of them itself");
    } else if (!blob->visited) {
        blob->visited = true;
        trail->levels[trail->depth++] =
            (struct level){.blob = blob,
                           .document = image_document_of(blob, IMAGE_INDEX),
                           .references = json_incref(references)};
        return;
    }
}

/* How it is called here; else as what led here was called. */
static json_t *references_of(const struct level *level, const json_t *row)
{
    json_t *name = json_object_get(row, "full_name");

    if (json_string_length(name) == 0)
        name = json_object_get(row, "name");
    if (json_string_length(name) == 0)
        return json_incref(level->references);
    json_t *list = json_array();
    (void)json_array_append(list, name);
    return list;
}

static const char *platform_of(const json_t *row)
{
    return json_string_value(json_object_get(row, "platform"));
}

static void look(struct trail *trail, struct level *level, const json_t *row)
{
    const char *digest = json_string_value(json_object_get(row, "digest"));
    struct image_blob *blob =
        digest != NULL ? image_find_digest(trail->joining->scope, digest) : NULL;

    if (blob == NULL) {
        if (image_is_wanted(trail->joining->images, platform_of(row)))
            image_absent_add(&level->absent, digest);
        else
            trail->joining->passed_over = level->blob;
        return;
    }
    level->present++;
    json_t *references = references_of(level, row);
    if (blob->kind == IMAGE_INDEX)
        enter(trail, blob, references);
    else if (blob->kind == IMAGE_MANIFEST)
        image_add_manifest(trail->joining, blob, row, references);
    else if (blob->digest[0] != '\0' && blob->reading != IMAGE_READ)
        image_say(trail->joining,
                  blob->reading == IMAGE_NOT_JSON ? IMAGE_TROUBLE_DAMAGED : IMAGE_TROUBLE_LARGE,
                  blob, "is named as a manifest, and cannot be read as one");
    json_decref(references);
}

static void follow(struct trail *trail, struct image_blob *blob)
{
    json_t *none = json_array();

    enter(trail, blob, none);
    json_decref(none);
    while (trail->depth > 0) {
        struct level *level = &trail->levels[trail->depth - 1];
        const json_t *rows = json_object_get(level->document, "manifests");
        if (level->at == json_array_size(rows))
            leave(trail);
        else
            look(trail, level, json_array_get(rows, level->at++));
    }
}

static bool is_entry(const struct image_blob *blob)
{
    return strcmp(blob->name, "index.json") == 0;
}

void image_walk_indexes(struct image_joining *joining)
{
    struct trail trail = {.joining = joining};
    struct image_blob *blob;

    for (blob = joining->scope->blobs; blob != NULL; blob = blob->next)
        if (blob->kind == IMAGE_INDEX && is_entry(blob))
            follow(&trail, blob);
    for (blob = joining->scope->blobs; blob != NULL && !joining->scope->laid_out; blob = blob->next)
        if (blob->kind == IMAGE_INDEX && !blob->visited)
            follow(&trail, blob);
}
