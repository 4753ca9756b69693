/* SPDX-License-Identifier: Apache-2.0 */
/* image_store.c - see image_store.h. */
#include "supervisor/image_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/image_store_join.h"
#include "supervisor/record_form.h"
#include "supervisor/record_parts.h"
#include "supervisor/store_visible.h"
#include "sweeper/store.h"

/* --- the closed form of what is said ------------------------------------------------------- */

enum { ID_MAX = 128, TEXT_MAX = 8192 };

static const struct sw_form text_form = {
    .kind = SW_FORM_TEXT, .nullable = true, .size_max = TEXT_MAX};
static const struct sw_form boolean_form = {.kind = SW_FORM_BOOLEAN};
static const struct sw_form texts_form = {
    .kind = SW_FORM_LIST, .size_max = STORE_TOLD_MAX, .of = &text_form};
static const struct sw_form_member row_members[] = {
    {"id", false, &text_form},        {"layer", false, &text_form},  {"image", false, &text_form},
    {"reference", false, &text_form}, {"names", false, &texts_form}, {"layers", false, &texts_form},
};
static const struct sw_form row_form = {.kind = SW_FORM_OBJECT,
                                        .members = row_members,
                                        .member_count =
                                            sizeof(row_members) / sizeof(row_members[0])};
static const struct sw_form rows_form = {
    .kind = SW_FORM_LIST, .size_max = SW_STORE_LIST_MAX, .of = &row_form};
static const struct sw_form_member said_members[] = {
    {"rows", false, &rows_form},
    {"cut", false, &boolean_form},
};
static const struct sw_form said_form = {.kind = SW_FORM_OBJECT,
                                         .members = said_members,
                                         .member_count =
                                             sizeof(said_members) / sizeof(said_members[0])};

/* --- stores ---------------------------------------------------------------------------------- */

struct sw_stores *sw_stores_new(size_t used_max)
{
    struct sw_stores *stores = calloc(1, sizeof(*stores));

    if (stores == NULL)
        return NULL;
    stores->used_max = used_max;
    stores->looks_left = STORE_LOOKS_MAX;
    stores->sees_trusted = -1;
    return stores;
}

/* NULL, and half-built ones, are fine. */
static void store_free(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < STORE_MAP_COUNT; i++)
        json_decref(store->maps[i]);
    json_decref(store->owners);
    free(store->scope);
    free(store);
}

void sw_stores_free(struct sw_stores *stores)
{
    struct store *store, *next;

    if (stores == NULL)
        return;
    for (store = stores->first; store != NULL; store = next) {
        next = store->next;
        store_free(store);
    }
    free(stores);
}

static bool is_inside(const struct store *store, struct sw_view locator)
{
    const struct sw_view scope = sw_view_of(store->scope);

    return sw_view_starts(scope, locator) && scope.size > locator.size &&
           scope.data[locator.size] == '!';
}

void sw_stores_again(struct sw_stores *stores, struct sw_view locator)
{
    struct store **link = &stores->first;

    while (*link != NULL) {
        struct store *store = *link;
        if (!is_inside(store, locator)) {
            link = &store->next;
            continue;
        }
        *link = store->next;
        stores->used -= store->used;
        stores->count--;
        store_free(store);
    }
}

bool sw_stores_are_full(const struct sw_stores *stores)
{
    bool full = stores->full;

    for (const struct store *store = stores->first; store != NULL && !full; store = store->next)
        full = store->full;
    return full;
}

bool store_charge(struct sw_stores *stores, struct store *store, size_t bytes)
{
    if (bytes > stores->used_max - stores->used) {
        store->full = true;
        return false;
    }
    stores->used += bytes;
    store->used += bytes;
    return true;
}

static struct store *find(const struct sw_stores *stores, struct sw_view scope)
{
    struct store *store = stores->first;

    while (store != NULL && !sw_view_equal(sw_view_of(store->scope), scope))
        store = store->next;
    return store;
}

/* NULL: no memory, which sets *failed, or no more than `used_max`. */
static struct store *get(struct sw_stores *stores, struct sw_view scope, bool *failed)
{
    struct store *store = find(stores, scope);

    if (store != NULL)
        return store;
    if (stores->count == STORES_MAX) {
        stores->full = true;
        return NULL;
    }
    store = calloc(1, sizeof(*store));
    bool good =
        store != NULL && (store->scope = strndup((const char *)scope.data, scope.size)) != NULL;
    for (size_t i = 0; good && i < STORE_MAP_COUNT; i++)
        good = (store->maps[i] = json_object()) != NULL;
    if (!good || !store_charge(stores, store, sizeof(*store) + scope.size)) {
        stores->full = stores->full || good;
        *failed = *failed || !good;
        store_free(store);
        return NULL;
    }
    store->next = stores->first;
    stores->first = store;
    stores->count++;
    return store;
}

/* --- what is said ------------------------------------------------------------------------------
 */

/* One document of one store. */
struct taking {
    struct sw_stores *stores;
    struct store *store;
    struct sw_store_name name;
    bool *failed;
};

/* Ids of all makes, and nothing that could not be printed. */
static bool is_id(const char *text)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= ID_MAX &&
           text[strspn(
               text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

/* Without the algorithm that docker puts before its ids. */
static const char *plain_id(const json_t *text)
{
    const char *id = json_string_value(text);

    if (id != NULL && strncmp(id, "sha256:", 7) == 0)
        id += 7;
    return is_id(id) ? id : NULL;
}

char *store_key(struct sw_view driver, struct sw_view id)
{
    char *key = NULL;

    if (asprintf(&key, "%.*s/%.*s", (int)driver.size, driver.data, (int)id.size, id.data) < 0)
        return NULL;
    return key;
}

/* Takes the value. */
static void put(const struct taking *taking, enum store_map map, struct sw_view id, json_t *value)
{
    char *key = store_key(taking->name.driver, id);

    if (key == NULL || value == NULL ||
        json_object_setn_new_nocheck(taking->store->maps[map], key, strlen(key), value) != 0)
        *taking->failed = true;
    free(key);
}

static json_t *text_or_null(const json_t *row, const char *name)
{
    const char *id = plain_id(json_object_get(row, name));

    return id != NULL ? json_string(id) : json_null();
}

static size_t cost_of(const json_t *row)
{
    const json_t *lists[] = {json_object_get(row, "names"), json_object_get(row, "layers")};
    size_t cost = STORE_ROW_COST + json_string_length(json_object_get(row, "reference"));

    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++)
        for (size_t i = 0; i < json_array_size(lists[list]); i++)
            cost += STORE_TEXT_COST + json_string_length(json_array_get(lists[list], i));
    return cost;
}

static json_t *names_of(const json_t *row)
{
    const json_t *names = json_object_get(row, "names");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name != NULL && name[0] != '\0' && json_array_size(list) < STORE_TOLD_MAX)
            sw_push(&list, sw_json_prose(name));
    }
    return list;
}

static json_t *layers_of(const json_t *row)
{
    const json_t *more = json_object_get(row, "layers");
    const char *first = plain_id(json_object_get(row, "layer"));
    json_t *list = json_array();

    if (first != NULL)
        sw_push(&list, json_string(first));
    for (size_t i = 0; i < json_array_size(more); i++)
        if (plain_id(json_array_get(more, i)) != NULL)
            sw_push(&list, json_string(plain_id(json_array_get(more, i))));
    return list;
}

/* Docker has the names in a file of their own, one row each. */
static void take_repository(const struct taking *taking, const char *id, const json_t *row)
{
    char *key = store_key(taking->name.driver, sw_view_of(id));
    json_t *map = taking->store->maps[STORE_REFERENCES];
    json_t *list = key != NULL ? json_object_get(map, key) : NULL;
    const char *name = json_string_value(json_array_get(json_object_get(row, "names"), 0));

    if (key != NULL && list == NULL) {
        list = json_array();
        if (list == NULL || json_object_set_new_nocheck(map, key, list) != 0)
            list = NULL;
    }
    if (list == NULL || (name != NULL && json_array_size(list) < STORE_TOLD_MAX &&
                         json_array_append_new(list, sw_json_prose(name)) != 0))
        *taking->failed = true;
    free(key);
}

static json_t *container_of(const json_t *row)
{
    const char *reference = json_string_value(json_object_get(row, "reference"));
    json_t *container = json_object();

    sw_put(&container, "names", names_of(row));
    sw_put(&container, "image", text_or_null(row, "image"));
    sw_put(&container, "reference",
           reference != NULL && reference[0] != '\0' ? sw_json_prose(reference) : json_null());
    sw_put(&container, "layer", text_or_null(row, "layer"));
    return container;
}

static json_t *image_of(const json_t *row)
{
    json_t *image = json_object();

    sw_put(&image, "names", names_of(row));
    sw_put(&image, "layers", layers_of(row));
    return image;
}

static void take_row(const struct taking *taking, const json_t *row)
{
    const char *text = plain_id(json_object_get(row, "id"));
    const struct sw_view id = sw_view_of(text != NULL ? text : "");

    if (text == NULL || !store_charge(taking->stores, taking->store, cost_of(row)))
        return;
    switch (taking->name.part) {
    case SW_STORE_REPOSITORIES:
        take_repository(taking, text, row);
        break;
    case SW_STORE_CACHE_ID:
        put(taking, STORE_CHAINS, taking->name.id, json_string(text));
        break;
    case SW_STORE_MOUNT_ID:
        put(taking, STORE_MOUNTS, taking->name.id, json_string(text));
        break;
    case SW_STORE_CONTAINER:
        put(taking, STORE_CONTAINERS, taking->name.id, container_of(row));
        break;
    case SW_STORE_LAYERS:
        put(taking, STORE_LAYERS, id, text_or_null(row, "layer"));
        break;
    case SW_STORE_IMAGES:
        put(taking, STORE_IMAGES, id, image_of(row));
        break;
    case SW_STORE_CONTAINERS:
        put(taking, STORE_CONTAINERS, id, container_of(row));
        break;
    case SW_STORE_NONE:
    case SW_STORE_IMAGE:
        break;
    }
}

/* All rows make one image; one that is missing in the middle would move the others. */
static void take_image(const struct taking *taking, const json_t *rows)
{
    json_t *diffs = json_array(), *image = json_object();
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *id = plain_id(json_object_get(row, "id"));
        if (id == NULL || !store_charge(taking->stores, taking->store, STORE_ROW_COST))
            break;
        sw_push(&diffs, json_string(id));
    }
    sw_put(&image, "diffs", diffs);
    put(taking, STORE_IMAGES, taking->name.id, image);
}

/* A file may be said again, when it is looked at again: names would come twice. */
static void forget_references(const struct taking *taking, const json_t *rows)
{
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *id = plain_id(json_object_get(row, "id"));
        char *key = id != NULL ? store_key(taking->name.driver, sw_view_of(id)) : NULL;
        if (key != NULL)
            (void)json_object_del(taking->store->maps[STORE_REFERENCES], key);
        free(key);
    }
}

static void take_all(const struct taking *taking, const json_t *said)
{
    const json_t *rows = json_object_get(said, "rows");
    size_t i;
    json_t *row;

    if (json_is_true(json_object_get(said, "cut")))
        taking->store->full = true;
    if (taking->name.part == SW_STORE_IMAGE) {
        take_image(taking, rows);
        return;
    }
    if (taking->name.part == SW_STORE_REPOSITORIES)
        forget_references(taking, rows);
    json_array_foreach(rows, i, row)
    {
        take_row(taking, row);
    }
}

const char *sw_stores_take(struct sw_stores *stores, struct sw_view locator, struct sw_view json,
                           bool *failed)
{
    const size_t mark = sw_view_find_last(locator, '!');
    const size_t start = mark == locator.size ? 0 : mark + 1;
    struct taking taking = {
        .stores = stores, .name = sw_store_name_of(sw_view_skip(locator, start)), .failed = failed};
    json_error_t trouble;
    struct sw_error error;

    if (taking.name.part == SW_STORE_NONE)
        return "what a store says, where none can be";
    json_t *said = json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &trouble);
    if (said == NULL) {
        *failed = json_error_code(&trouble) == json_error_out_of_memory;
        return *failed ? NULL : "what a store says, and it is not JSON";
    }
    const char *why = NULL;
    if (sw_form_check(said, &said_form, "store", &error) != SW_OK) {
        why = "what a store says, in no known form";
    } else {
        taking.store = get(stores, sw_view_first(locator, start + taking.name.scope), failed);
        if (taking.store != NULL && taking.store->owners == NULL)
            take_all(&taking, said);
    }
    json_decref(said);
    return why;
}

/* --- records -----------------------------------------------------------------------------------
 */

/* The outermost directory of a store; *scope the store, *hop which hop it is in. */
static bool locate(struct sw_view locator, struct sw_store_layer *layer, struct sw_view *scope,
                   size_t *hop)
{
    size_t start = 0;

    for (*hop = 0; start <= locator.size; ++*hop) {
        const struct sw_view rest = sw_view_skip(locator, start);
        const size_t size = sw_view_find(rest, '!');
        if (sw_store_layer_of(sw_view_first(rest, size), layer)) {
            *scope = sw_view_first(locator, start + layer->scope);
            return true;
        }
        start += size + 1;
    }
    return false;
}

bool sw_stores_concern(struct sw_view locator)
{
    struct sw_store_layer layer;
    struct sw_view scope;
    size_t hop;

    return locate(locator, &layer, &scope, &hop);
}

static json_t *tool_of(const struct sw_store_layer *layer, const json_t *owner)
{
    static const char *const names[] = {[SW_STORE_OF_DOCKER] = "docker",
                                        [SW_STORE_OF_CONTAINERS] = "containers",
                                        [SW_STORE_OF_CONTAINERD] = "containerd"};
    if (layer->tool != SW_STORE_OF_EITHER)
        return json_string(names[layer->tool]);
    const json_t *known = json_object_get(owner, "tool");
    return known != NULL ? json_string(json_string_value(known)) : json_null();
}

/* What docker prepares for a container it calls as what the container writes to. */
static struct sw_view without_init(struct sw_view id)
{
    if (sw_view_ends(id, SW_VIEW("-init")))
        id.size -= sizeof("-init") - 1;
    return id;
}

static void put_owner(json_t **object, const json_t *owner)
{
    static const char *const names[] = {"images", "image_count", "containers", "container_count"};

    for (size_t i = 0; owner != NULL && i < sizeof(names) / sizeof(names[0]); i++)
        sw_put(object, names[i], json_deep_copy(json_object_get(owner, names[i])));
}

static const json_t *owner_of(struct sw_stores *stores, struct sw_view scope,
                              const struct sw_store_layer *layer, bool *failed)
{
    struct store *store = stores != NULL ? find(stores, scope) : NULL;

    if (store == NULL || layer->tool == SW_STORE_OF_CONTAINERD)
        return NULL;
    if (store->owners == NULL)
        store_join(stores, store, failed);
    char *key = store_key(layer->driver, without_init(layer->id));
    const json_t *owner = key != NULL ? json_object_get(store->owners, key) : NULL;
    *failed = *failed || key == NULL;
    free(key);
    return owner;
}

/* Of a file; of what is written in base64 the other text is not its path. */
static bool add_visible(struct sw_stores *stores, struct sw_view scope, const json_t *hop,
                        json_t *shown)
{
    const char *path = json_string_value(json_object_get(hop, "path"));

    if (shown == NULL || path == NULL || json_object_get(hop, "path_base64") != NULL)
        return shown != NULL;
    return store_visible(stores, find(stores, scope), path, shown);
}

bool sw_stores_tell(struct sw_stores *stores, json_t *record)
{
    const char *locator = json_string_value(json_object_get(record, "locator"));
    struct sw_store_layer layer;
    struct sw_view scope;
    size_t at = 0;
    bool failed = false;

    if (locator == NULL || !locate(sw_view_of(locator), &layer, &scope, &at))
        return true;
    json_t *hop = json_array_get(json_object_get(record, "chain"), at);
    if (hop == NULL)
        return true;
    const json_t *owner = owner_of(stores, scope, &layer, &failed);
    json_t *shown = json_object();
    sw_put(&shown, "tool", tool_of(&layer, owner));
    sw_put(&shown, "layer", json_stringn((const char *)layer.id.data, layer.id.size));
    put_owner(&shown, owner);
    if (owner != NULL && at == 0)
        failed = !add_visible(stores, scope, hop, shown) || failed;
    return shown != NULL && json_object_set_new(hop, "store", shown) == 0 && !failed;
}
