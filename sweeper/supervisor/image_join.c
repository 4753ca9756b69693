/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_join.c - the images of a scope: manifest, configuration and layers put together, and
 * each blob told which images it is part of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/bases.h"
#include "supervisor/image_model.h"
#include "sweeper/rows.h"

/* --- what documents name ------------------------------------------------------------------- */

json_t *image_document_of(const struct image_blob *blob, enum image_document kind)
{
    return blob != NULL && blob->kind == kind && blob->document != NULL
               ? json_loads(blob->document, 0, NULL)
               : NULL;
}

struct image_blob *image_find_digest(const struct image_scope *scope, const char *digest)
{
    char name[sizeof("blobs/sha256/") + SW_SHA256_HEX_SIZE];

    if (!sw_view_is_digest(sw_view_of(digest)))
        return NULL;
    const char *hex = digest + strlen("sha256:");
    snprintf(name, sizeof(name), "blobs/sha256/%s", hex);
    struct image_blob *blob = image_by_name(scope, sw_view_of(name));
    return blob != NULL ? blob : image_by_digest(scope, hex);
}

bool image_is_wanted(const struct sw_images *images, const char *platform)
{
    const struct sw_texts *asked = images->platforms;

    if (asked == NULL || asked->count == 0 || platform == NULL)
        return true;
    for (size_t i = 0; i < asked->count; i++)
        if (sw_image_platform_fits(sw_view_of(asked->rows[i]), sw_view_of(platform)))
            return true;
    return false;
}

/* --- images -------------------------------------------------------------------------------- */

static char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL && text[0] != '\0' ? strdup(text) : NULL;
}

static void add_references(struct image *image, const json_t *references)
{
    size_t i, k;
    json_t *reference, *known;

    json_array_foreach(references, i, reference)
    {
        bool there = json_array_size(image->references) >= IMAGE_TOLD_MAX;
        json_array_foreach(image->references, k, known)
        {
            there = there || json_equal(known, reference) != 0;
        }
        if (!there && json_is_string(reference))
            (void)json_array_append(image->references, reference);
    }
}

static struct image *image_new(struct image_joining *joining, struct image_blob *origin,
                               size_t layer_count)
{
    struct image_scope *scope = joining->scope;
    struct image_layer *layers = NULL;

    if (!image_charge(joining->images, sizeof(struct image) + layer_count * sizeof(*layers))) {
        joining->images->full = true;
        return NULL;
    }
    layers = calloc(layer_count + 1, sizeof(*layers));
    if (layers == NULL || !sw_rows_grow(&scope->images, &scope->image_capacity,
                                        scope->image_count + 1, sizeof(*scope->images))) {
        free(layers);
        joining->failed = true;
        return NULL;
    }
    struct image *image = &scope->images[scope->image_count++];
    *image = (struct image){.origin = origin,
                            .references = json_array(),
                            .layers = layers,
                            .layer_count = (uint32_t)layer_count};
    return image;
}

static void take_config(struct image_joining *joining, struct image *image,
                        struct image_blob *config)
{
    image->said = image_config_of(joining, config);
    if (image->said == NULL)
        return;
    if (image->platform == NULL && image->said->platform != NULL)
        image->platform = strdup(image->said->platform);
    for (size_t i = 0; i < image->said->step_count && i < image->layer_count; i++)
        image->layers[i].step = &image->said->steps[i];
}

static void note_absent(struct image_joining *joining, struct image *image, const json_t *name,
                        bool foreign)
{
    const char *text = json_string_value(name);
    char shown[128];

    if (image->absent == NULL)
        image->absent = calloc(1, sizeof(*image->absent));
    if (image->absent == NULL) {
        joining->failed = true;
        return;
    }
    snprintf(shown, sizeof(shown), "%.100s%s", text != NULL ? text : "(no name)",
             foreign ? " (kept elsewhere)" : "");
    image_absent_add(image->absent, shown);
}

/* Other things than images have manifests, and configurations of their own. */
static bool is_image_config(const json_t *named)
{
    const char *type = json_string_value(json_object_get(named, "media_type"));

    return type != NULL &&
           (strstr(type, "image.config.") != NULL || strstr(type, "container.image.") != NULL);
}

static void fill_config(struct image_joining *joining, struct image *image, const json_t *named)
{
    struct image_blob *config = NULL;

    image->config = text_of(named, "digest");
    if (image->config == NULL)
        return;
    config = image_find_digest(joining->scope, image->config);
    if (config == NULL)
        note_absent(joining, image, json_object_get(named, "digest"), false);
    else
        take_config(joining, image, config);
    image->config_bad = config != NULL && config->digest[0] != '\0' &&
                        config->kind != IMAGE_CONFIG && is_image_config(named);
}

static void fill_manifest(struct image_joining *joining, struct image *image,
                          const json_t *manifest)
{
    const json_t *layers = json_object_get(manifest, "layers");

    for (uint32_t i = 0; i < image->layer_count; i++) {
        const json_t *row = json_array_get(layers, i);
        const json_t *digest = json_object_get(row, "digest");
        image->layers[i].blob = json_is_string(digest)
                                    ? image_find_digest(joining->scope, json_string_value(digest))
                                    : NULL;
        if (image->layers[i].blob == NULL)
            note_absent(joining, image, digest, json_is_true(json_object_get(row, "foreign")));
    }
    fill_config(joining, image, json_object_get(manifest, "config"));
}

/* An index may name a manifest for several platforms: for one that is asked for it counts. */
static void take_platform(const struct image_joining *joining, struct image *image,
                          const json_t *row)
{
    char *platform = text_of(row, "platform");

    if (platform == NULL || image_is_wanted(joining->images, image->platform) ||
        !image_is_wanted(joining->images, platform)) {
        free(platform);
        return;
    }
    free(image->platform);
    image->platform = platform;
}

void image_add_manifest(struct image_joining *joining, struct image_blob *blob, const json_t *row,
                        const json_t *references)
{
    if (blob->image != 0) {
        struct image *known = &joining->scope->images[blob->image - 1];
        add_references(known, references);
        take_platform(joining, known, row);
        return;
    }
    json_t *manifest = image_document_of(blob, IMAGE_MANIFEST);
    const size_t count = json_array_size(json_object_get(manifest, "layers"));
    struct image *image = manifest != NULL ? image_new(joining, blob, count) : NULL;
    if (image != NULL) {
        blob->image = (uint32_t)joining->scope->image_count;
        if (asprintf(&image->manifest, "sha256:%s",
                     blob->promised[0] != '\0' ? blob->promised : blob->digest) < 0)
            image->manifest = NULL;
        image->platform = text_of(row, "platform");
        image->reached = row != NULL;
        add_references(image, references);
        fill_manifest(joining, image, manifest);
    }
    json_decref(manifest);
}

/* --- `docker save` --------------------------------------------------------------------------- */

static struct image_blob *by_name(const struct image_scope *scope, const json_t *name)
{
    const char *text = json_string_value(name);

    return text != NULL ? image_by_name(scope, image_place_plain(sw_view_of(text))) : NULL;
}

/* Of layers that are the same one only the first is there, and the others are links to it:
 * the configuration says which. */
static struct image_blob *by_diff_id(const struct image_scope *scope, const struct image *image,
                                     size_t layer)
{
    const char *id = image->said != NULL && layer < image->said->diff_id_count
                         ? image->said->diff_ids[layer]
                         : NULL;
    char key[SW_SHA256_HEX_SIZE + 1];

    if (id == NULL || !sw_view_is_digest(sw_view_of(id)))
        return NULL;
    snprintf(key, sizeof(key), "=%s", id + strlen("sha256:"));
    return image_by_digest(scope, key);
}

static void add_docker(struct image_joining *joining, struct image_blob *blob, const json_t *row)
{
    const struct image_scope *scope = joining->scope;
    const json_t *names = json_object_get(row, "layers");
    struct image *image = image_new(joining, blob, json_array_size(names));

    if (image == NULL)
        return;
    image->reached = true;
    struct image_blob *config = by_name(scope, json_object_get(row, "config"));
    if (config != NULL && config->digest[0] != '\0' &&
        asprintf(&image->config, "sha256:%s", config->digest) < 0)
        image->config = NULL;
    add_references(image, json_object_get(row, "tags"));
    if (config == NULL)
        note_absent(joining, image, json_object_get(row, "config"), false);
    image->config_bad = config != NULL && config->digest[0] != '\0' && config->kind != IMAGE_CONFIG;
    take_config(joining, image, config);
    for (uint32_t i = 0; i < image->layer_count; i++) {
        image->layers[i].blob = by_name(scope, json_array_get(names, i));
        if (image->layers[i].blob == NULL)
            image->layers[i].blob = by_diff_id(scope, image, i);
        if (image->layers[i].blob == NULL)
            note_absent(joining, image, json_array_get(names, i), false);
    }
}

static void add_dockers(struct image_joining *joining, struct image_blob *blob)
{
    json_t *document = image_document_of(blob, IMAGE_DOCKER);
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(document, "images"), i, row)
    {
        add_docker(joining, blob, row);
    }
    json_decref(document);
}

static bool is_same(const struct image *a, const struct image *b)
{
    if (a->config == NULL || b->config == NULL || strcmp(a->config, b->config) != 0 ||
        a->layer_count != b->layer_count)
        return false;
    for (uint32_t i = 0; i < a->layer_count; i++)
        if (a->layers[i].blob != b->layers[i].blob)
            return false;
    return true;
}

/* What `docker save` writes may be an OCI layout as well: one image, told twice. True when
 * another one stands for it. */
static bool is_told_again(const struct image_scope *scope, const struct image *docker)
{
    for (size_t i = 0; i < scope->image_count; i++) {
        struct image *other = &scope->images[i];
        if (other->origin->kind == IMAGE_MANIFEST && is_same(other, docker)) {
            add_references(other, docker->references);
            return true;
        }
    }
    return false;
}

static void merge_dockers(struct image_scope *scope)
{
    for (size_t i = 0; i < scope->image_count; i++) {
        struct image *image = &scope->images[i];
        if (image->origin->kind == IMAGE_DOCKER && is_told_again(scope, image))
            image->dropped = true;
    }
}

/* --- order, and who uses what ------------------------------------------------------------------
 */

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct image *)a)->key, ((const struct image *)b)->key);
}

/* What a target was asked for as: several may be the same image. */
static void put_names(const struct sw_images *images, const struct image_scope *scope,
                      struct image *image)
{
    const char *label = scope->key + IMAGE_REGISTRY_AT;
    const size_t size = strlen(label);

    for (size_t i = 0; i < images->root_count; i++) {
        const struct sw_root *root = &images->roots[i];
        /* The scope has a slash behind it. */
        if (strlen(root->path) + 1 != size || memcmp(root->path, label, size - 1) != 0)
            continue;
        for (size_t k = 0; k < root->image_name_count; k++)
            (void)json_array_append_new(image->references, json_string(root->image_names[k]));
    }
}

/* What was fetched is called by what it was fetched as; without that, by its digest. */
static void name_fetched(const struct sw_images *images, struct image_scope *scope)
{
    const char *name = scope->key + strlen(IMAGE_REGISTRY);
    const size_t size = strlen(name);

    for (size_t i = 0; i < scope->image_count; i++) {
        struct image *image = &scope->images[i];
        if (json_array_size(image->references) != 0)
            continue;
        put_names(images, scope, image);
        if (json_array_size(image->references) == 0 && size > 0)
            (void)json_array_append_new(image->references, json_stringn(name, size - 1));
    }
}

static bool put_in_order(struct image_joining *joining)
{
    struct image_scope *scope = joining->scope;

    for (size_t i = 0; i < scope->image_count; i++) {
        struct image *image = &scope->images[i];
        const char *name = json_string_value(json_array_get(image->references, 0));
        image->left_out = !image_is_wanted(joining->images, image->platform);
        image->base = sw_bases_of(joining->images->bases, image);
        /* What is left over of another image comes last, what has a name first. */
        if (asprintf(&image->key, "%d %d %s %s %s", !image->reached, name == NULL,
                     name != NULL ? name : "", image->manifest != NULL ? image->manifest : "",
                     image->config != NULL ? image->config : "") < 0) {
            image->key = NULL;
            return false;
        }
    }
    if (scope->image_count != 0)
        qsort(scope->images, scope->image_count, sizeof(*scope->images), by_key);
    return true;
}

static void use(struct image_joining *joining, struct image_blob *blob, uint32_t image,
                uint32_t layer)
{
    if (blob == NULL)
        return;
    const struct image_scope *scope = joining->scope;
    struct image_use *last = blob->use_count > 0 ? &blob->uses[blob->use_count - 1] : NULL;
    /* A layout may have manifests that nothing leads to any more. */
    if (last != NULL && scope->laid_out && !scope->images[image].reached &&
        scope->images[last->image].reached)
        return;
    if (last != NULL && last->image == image) {
        last->last = layer == UINT32_MAX ? last->last : layer;
        return;
    }
    blob->use_total++;
    if (blob->use_count == IMAGE_USES_MAX)
        return;
    const size_t before = blob->use_capacity;
    if (!sw_rows_grow(&blob->uses, &blob->use_capacity, blob->use_count + 1, sizeof(*blob->uses))) {
        joining->failed = true;
        return;
    }
    /* Few, and never more than the documents that name them are large. */
    joining->images->used += (blob->use_capacity - before) * sizeof(*blob->uses);
    blob->uses[blob->use_count++] =
        (struct image_use){.image = image, .first = layer, .last = layer};
}

static void use_parts(struct image_joining *joining, uint32_t index)
{
    const struct image *image = &joining->scope->images[index];

    if (image->dropped)
        return;
    for (uint32_t i = 0; i < image->layer_count; i++)
        use(joining, image->layers[i].blob, index, i);
    use(joining, image->origin, index, UINT32_MAX);
    if (image->config != NULL)
        use(joining, image_find_digest(joining->scope, image->config), index, UINT32_MAX);
}

/* --- all of it -----------------------------------------------------------------------------------
 */

static void survey(struct image_joining *joining)
{
    struct image_scope *scope = joining->scope;

    for (const struct image_blob *blob = scope->blobs; blob != NULL; blob = blob->next) {
        joining->parts = joining->parts || !blob->fixed;
        scope->docker = scope->docker || blob->kind == IMAGE_DOCKER;
        scope->laid_out =
            scope->laid_out || blob->kind == IMAGE_DOCKER || strcmp(blob->name, "index.json") == 0;
    }
}

static int by_place(const void *a, const void *b)
{
    const struct image_blob *const *left = a, *const *right = b;

    return strcmp((*left)->place, (*right)->place);
}

/* They came in any order; what is told of them does not. False: no memory. */
static bool sort_blobs(struct image_scope *scope)
{
    struct image_blob **rows = NULL, *blob;
    size_t count = 0, i = 0;

    for (blob = scope->blobs; blob != NULL; blob = blob->next)
        count++;
    if (count < 2)
        return true;
    rows = malloc(count * sizeof(*rows));
    if (rows == NULL)
        return false;
    for (blob = scope->blobs; blob != NULL; blob = blob->next)
        rows[i++] = blob;
    qsort(rows, count, sizeof(*rows), by_place);
    for (i = 0; i < count; i++)
        rows[i]->next = i + 1 < count ? rows[i + 1] : NULL;
    scope->blobs = rows[0];
    free(rows);
    return true;
}

bool sw_images_join(struct sw_images *images, struct image_scope *scope, bool whole,
                    image_remark_fn *remark, void *context)
{
    struct image_joining joining = {
        .images = images, .scope = scope, .whole = whole, .remark = remark, .context = context};
    struct image_blob *blob;

    if (scope->joined)
        return true;
    scope->joined = true;
    if (!sort_blobs(scope))
        return false;
    survey(&joining);
    image_walk_indexes(&joining);
    for (blob = scope->blobs; blob != NULL; blob = blob->next) {
        if (blob->kind == IMAGE_MANIFEST && blob->image == 0)
            image_add_manifest(&joining, blob, NULL, NULL);
        if (blob->kind == IMAGE_DOCKER)
            add_dockers(&joining, blob);
    }
    merge_dockers(scope);
    if (scope->registry)
        name_fetched(images, scope);
    if (!put_in_order(&joining))
        return false;
    for (uint32_t i = 0; i < scope->image_count; i++)
        use_parts(&joining, i);
    image_check_scope(&joining);
    return !joining.failed;
}
