/* SPDX-License-Identifier: Apache-2.0 */
/* image_store_join.c - from images and containers down to the directories of their layers. */
#include "supervisor/image_store_join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/record_parts.h"
#include "sweeper/digest.h"

struct joining {
    struct sw_stores *stores;
    struct store *store;
    size_t steps; /* that may still be made */
    bool *failed;
};

/* An image, or a container. */
struct owner {
    struct sw_view driver;
    const char *list;  /* where it is told */
    const char *count; /* how many there are */
    json_t *row;       /* as it is told */
    json_t *lower;     /* of a container: as it is told of what it does not write to */
};

/* --- directories ---------------------------------------------------------------------------- */

/* NULL: no memory, or no more than is kept. Borrowed. */
static json_t *layer_get(const struct joining *joining, struct sw_view driver, const char *id,
                         const char *tool)
{
    char *key = store_key(driver, sw_view_of(id));
    json_t *layer = key != NULL ? json_object_get(joining->store->owners, key) : NULL;

    if (key == NULL)
        *joining->failed = true;
    if (key != NULL && layer == NULL &&
        store_charge(joining->stores, joining->store, STORE_ROW_COST)) {
        layer = json_object();
        sw_put_text(&layer, "tool", tool);
        sw_put(&layer, "images", json_array());
        sw_put_count(&layer, "image_count", 0);
        sw_put(&layer, "containers", json_array());
        sw_put_count(&layer, "container_count", 0);
        if (layer == NULL || json_object_set_new_nocheck(joining->store->owners, key, layer) != 0) {
            *joining->failed = true;
            layer = NULL;
        }
    }
    free(key);
    return layer;
}

/* Once for each owner, which come one after the other. False: it was the owner's before, and
 * so is all below it; or nothing is kept any more. */
static bool own(const struct joining *joining, const struct owner *owner, const char *id,
                const char *tool, bool lower)
{
    json_t *layer = layer_get(joining, owner->driver, id, tool);
    json_t *row = lower && owner->lower != NULL ? owner->lower : owner->row;
    json_t *list = json_object_get(layer, owner->list);
    json_t *count = json_object_get(layer, owner->count);

    if (layer == NULL || json_object_get(layer, "last") == owner->row)
        return false;
    if (json_object_set_nocheck(layer, "last", owner->row) != 0 ||
        json_integer_set(count, json_integer_value(count) + 1) != 0 ||
        (json_array_size(list) < STORE_TOLD_MAX && json_array_append(list, row) != 0))
        *joining->failed = true;
    return true;
}

/* --- containers/storage ---------------------------------------------------------------------- */

/* From a layer to what it lies on. */
static void own_down(struct joining *joining, const struct owner *owner, const char *id)
{
    const json_t *layers = joining->store->maps[STORE_LAYERS];
    bool lower = false;

    while (id != NULL && joining->steps > 0) {
        char *key = store_key(owner->driver, sw_view_of(id));
        const json_t *below = key != NULL ? json_object_get(layers, key) : NULL;
        *joining->failed = *joining->failed || key == NULL;
        free(key);
        if (below == NULL)
            return; /* nobody knows it */
        if (!own(joining, owner, id, "containers", lower))
            return;
        joining->steps--;
        lower = true;
        id = json_string_value(below);
    }
}

/* --- docker ------------------------------------------------------------------------------------
 */

bool store_next_chain(char chain[SW_SHA256_HEX_SIZE], const char *diff)
{
    char text[(sizeof("sha256:") + SW_SHA256_HEX_SIZE) * (size_t)2];

    if (strlen(diff) != SW_SHA256_HEX_SIZE - 1)
        return false;
    if (chain[0] == '\0') {
        memcpy(chain, diff, SW_SHA256_HEX_SIZE);
        return true;
    }
    const int size = snprintf(text, sizeof(text), "sha256:%s sha256:%s", chain, diff);
    return sw_digest_of(text, (size_t)size, chain) == SW_OK;
}

static void own_chain(struct joining *joining, const struct owner *owner, const json_t *diffs,
                      bool lower)
{
    char chain[SW_SHA256_HEX_SIZE] = "";

    for (size_t i = 0; i < json_array_size(diffs) && joining->steps > 0; i++) {
        if (!store_next_chain(chain, json_string_value(json_array_get(diffs, i))))
            return;
        joining->steps--;
        char *key = store_key(owner->driver, sw_view_of(chain));
        const char *id =
            key != NULL
                ? json_string_value(json_object_get(joining->store->maps[STORE_CHAINS], key))
                : NULL;
        *joining->failed = *joining->failed || key == NULL;
        free(key);
        if (id != NULL)
            (void)own(joining, owner, id, "docker", lower);
    }
}

/* --- owners ----------------------------------------------------------------------------------- */

/* "DRIVER/ID" into its halves. */
static const char *split(const char *key, struct sw_view *driver)
{
    const char *slash = strrchr(key, '/');

    *driver = (struct sw_view){(const uint8_t *)key, (size_t)(slash - key)};
    return slash + 1;
}

static void join_image(struct joining *joining, const char *key, const json_t *image)
{
    struct owner owner = {.list = "images", .count = "image_count", .row = json_object()};
    const char *id = split(key, &owner.driver);
    const json_t *diffs = json_object_get(image, "diffs");
    const json_t *layers = json_object_get(image, "layers");
    const json_t *names = diffs != NULL
                              ? json_object_get(joining->store->maps[STORE_REFERENCES], key)
                              : json_object_get(image, "names");
    json_t *references = json_array();
    size_t i;
    json_t *layer;

    for (i = 0; i < json_array_size(names) && i < STORE_TOLD_MAX; i++)
        sw_push(&references, json_incref(json_array_get(names, i)));
    sw_put_text(&owner.row, "id", id);
    sw_put(&owner.row, "references", references);
    if (owner.row == NULL) {
        *joining->failed = true;
        return;
    }
    own_chain(joining, &owner, diffs, false);
    json_array_foreach(layers, i, layer)
    {
        own_down(joining, &owner, json_string_value(layer));
    }
    json_decref(owner.row);
}

static json_t *container_row(const char *id, const json_t *container, bool writable)
{
    static const char *const names[] = {"names", "image", "reference"};
    json_t *row = json_object();

    sw_put_text(&row, "id", id);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *value = json_object_get(container, names[i]);
        sw_put(&row, names[i],
               value != NULL ? json_incref(value) : (i == 0 ? json_array() : json_null()));
    }
    sw_put_boolean(&row, "writable", writable);
    return row;
}

static void join_container(struct joining *joining, struct sw_view driver, const char *id,
                           const json_t *container, const char *mount)
{
    struct owner owner = {.driver = driver,
                          .list = "containers",
                          .count = "container_count",
                          .row = container_row(id, container, true),
                          .lower = container_row(id, container, false)};
    const char *image = json_string_value(json_object_get(container, "image"));
    char *key = image != NULL ? store_key(driver, sw_view_of(image)) : NULL;

    if (owner.row == NULL || owner.lower == NULL || (image != NULL && key == NULL)) {
        *joining->failed = true;
    } else if (mount != NULL) {
        (void)own(joining, &owner, mount, "docker", false);
        if (key != NULL)
            own_chain(
                joining, &owner,
                json_object_get(json_object_get(joining->store->maps[STORE_IMAGES], key), "diffs"),
                true);
    } else {
        own_down(joining, &owner, json_string_value(json_object_get(container, "layer")));
    }
    free(key);
    json_decref(owner.row);
    json_decref(owner.lower);
}

/* --- all of them --------------------------------------------------------------------------------
 */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Messages come in any order; what is told does not. NULL: none, or no memory. */
static const char **sorted_keys(const struct joining *joining, enum store_map map)
{
    json_t *object = joining->store->maps[map];
    const size_t count = json_object_size(object);
    const char **keys = count != 0 ? malloc(count * sizeof(*keys)) : NULL;
    const char *key;
    json_t *value;
    size_t i = 0;

    if (count != 0 && keys == NULL)
        *joining->failed = true;
    if (keys == NULL)
        return NULL;
    json_object_foreach(object, key, value)
    {
        keys[i++] = key;
    }
    qsort(keys, count, sizeof(*keys), by_text);
    return keys;
}

static void join_row(struct joining *joining, enum store_map map, const char *key)
{
    const json_t *value = json_object_get(joining->store->maps[map], key);
    struct sw_view driver;
    const char *id = split(key, &driver);

    if (map == STORE_IMAGES) {
        join_image(joining, key, value);
    } else if (map == STORE_CONTAINERS) {
        if (driver.size != 0) /* docker's come by their mounts */
            join_container(joining, driver, id, value, NULL);
    } else if (map == STORE_LAYERS) {
        (void)layer_get(joining, driver, id, "containers");
    } else if (map == STORE_CHAINS) {
        (void)layer_get(joining, driver, json_string_value(value), "docker");
    } else if (map == STORE_MOUNTS) {
        char *by_id = store_key((struct sw_view){0}, sw_view_of(id));
        *joining->failed = *joining->failed || by_id == NULL;
        if (by_id != NULL)
            join_container(joining, driver, id,
                           json_object_get(joining->store->maps[STORE_CONTAINERS], by_id),
                           json_string_value(value));
        free(by_id);
    }
}

void store_join(struct sw_stores *stores, struct store *store, bool *failed)
{
    static const enum store_map order[] = {STORE_LAYERS, STORE_CHAINS, STORE_IMAGES,
                                           STORE_CONTAINERS, STORE_MOUNTS};
    struct joining joining = {
        .stores = stores, .store = store, .steps = STORE_STEPS_MAX, .failed = failed};

    store->owners = json_object();
    if (store->owners == NULL) {
        *failed = true;
        return;
    }
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const size_t count = json_object_size(store->maps[order[i]]);
        const char **keys = sorted_keys(&joining, order[i]);
        for (size_t k = 0; keys != NULL && k < count; k++)
            join_row(&joining, order[i], keys[k]);
        free(keys);
    }
    if (joining.steps == 0)
        store->full = true;
}
