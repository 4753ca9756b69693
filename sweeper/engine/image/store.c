/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - see store.h. */
#include "engine/image/store.h"

#include "common/view.h"
#include "engine/image/fields.h"
#include "sweeper/image.h"

enum {
    NAMES_MAX = 16, /* of one image or container, and layers */
    END_SIZE = 64,  /* bytes of what stands behind the rows */
};

#define TEXT(name)                                                                                 \
    {                                                                                              \
        .key = (name), .type = SW_JSON_STRING                                                      \
    }
#define OBJECT(name)                                                                               \
    {                                                                                              \
        .key = (name), .type = SW_JSON_OBJECT                                                      \
    }
#define LIST(name)                                                                                 \
    {                                                                                              \
        .key = (name), .type = SW_JSON_ARRAY                                                       \
    }
#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

struct store {
    struct sw_image_out out;
    size_t rows;
    bool cut;
};

/* A row; what has no data is null. */
struct row {
    struct sw_view id, layer, image, reference;
    struct sw_view name;  /* the only one, or */
    struct sw_view names; /* an array of them */
    struct sw_view layers;
};

/* --- writing ---------------------------------------------------------------------- */

static void put_text(struct store *store, const char *key, struct sw_view raw)
{
    sw_image_put(&store->out, key);
    sw_image_put_text(&store->out, raw);
}

static void put_list(struct store *store, const char *key, struct sw_view one, struct sw_view texts)
{
    struct sw_image_list list = sw_image_list_of(texts);
    size_t count = 0;

    sw_image_put(&store->out, key);
    if (one.data != NULL) {
        put_text(store, "", one);
        count++;
    }
    while (texts.data != NULL && count < NAMES_MAX && sw_image_list_next(&list)) {
        if (list.event != SW_JSON_STRING)
            continue;
        put_text(store, count == 0 ? "" : ",", list.value);
        count++;
    }
    sw_image_put(&store->out, "]");
}

/* All of it, or nothing. False: that was the last one. */
static bool put_row(struct store *store, const struct row *row)
{
    const size_t before = store->out.text->size;

    if (store->rows == SW_STORE_LIST_MAX) {
        store->cut = true;
        return false;
    }
    put_text(store, store->rows == 0 ? "{\"id\":" : ",{\"id\":", row->id);
    put_text(store, ",\"layer\":", row->layer);
    put_text(store, ",\"image\":", row->image);
    put_text(store, ",\"reference\":", row->reference);
    put_list(store, ",\"names\":[", row->name, row->names);
    put_list(store, ",\"layers\":[", (struct sw_view){0}, row->layers);
    sw_image_put(&store->out, "}");
    if (store->out.full) {
        store->out.text->size = before;
        store->cut = true;
        return false;
    }
    store->rows++;
    return true;
}

/* --- docker ------------------------------------------------------------------------- */

/* {"Repositories": {"name": {"name:tag": "sha256:..."}}} */
static bool put_repositories(struct store *store, struct sw_view text)
{
    struct sw_image_field top[] = {OBJECT("repositories")};

    (void)sw_image_fields(text, top, COUNT(top));
    if (top[0].value.data == NULL)
        return false;
    struct sw_image_list names = sw_image_list_of(top[0].value);
    while (!store->cut && sw_image_list_next(&names)) {
        if (names.event != SW_JSON_OBJECT)
            continue;
        struct sw_image_list tags = sw_image_list_of(names.value);
        while (!store->cut && sw_image_list_next(&tags))
            if (tags.event == SW_JSON_STRING)
                (void)put_row(store, &(struct row){.id = tags.value, .name = tags.key});
    }
    return true;
}

static bool put_image(struct store *store, struct sw_view text)
{
    struct sw_image_field top[] = {OBJECT("rootfs")};
    struct sw_image_field rootfs[] = {LIST("diff_ids")};

    (void)sw_image_fields(text, top, COUNT(top));
    if (top[0].value.data != NULL)
        (void)sw_image_fields(top[0].value, rootfs, COUNT(rootfs));
    if (rootfs[0].value.data == NULL)
        return false;
    struct sw_image_list list = sw_image_list_of(rootfs[0].value);
    while (!store->cut && sw_image_list_next(&list)) {
        const bool is_text = list.event == SW_JSON_STRING;
        (void)put_row(store, &(struct row){.id = is_text ? list.value : (struct sw_view){0}});
    }
    return true;
}

/* Without the slash that docker writes in front of a container's name. */
static struct sw_view without_slash(struct sw_view name)
{
    return sw_view_skip(name, sw_view_starts(name, SW_VIEW("/")) ? 1 : 0);
}

static bool put_container(struct store *store, struct sw_view text)
{
    struct sw_image_field top[] = {TEXT("id"), TEXT("name"), TEXT("image"), OBJECT("config")};
    struct sw_image_field config[] = {TEXT("image")};

    (void)sw_image_fields(text, top, COUNT(top));
    if (top[3].value.data != NULL)
        (void)sw_image_fields(top[3].value, config, COUNT(config));
    return top[0].value.data != NULL &&
           put_row(store, &(struct row){.id = top[0].value,
                                        .image = top[2].value,
                                        .reference = config[0].value,
                                        .name = without_slash(top[1].value)});
}

/* Of all letters only those that need no escape. */
static bool put_word(struct store *store, struct sw_view text)
{
    text = sw_view_trim(text);
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_alnum(text.data[i]) && text.data[i] != '-')
            return false;
    return text.size > 0 && put_row(store, &(struct row){.id = text});
}

/* --- containers/storage --------------------------------------------------------------- */

/* An array of objects. `layer`: how they call the layer that they lie on, or are. */
static bool put_records(struct store *store, struct sw_view text, const char *layer)
{
    struct sw_image_list list = sw_image_list_of(text);

    if (text.data[0] != '[')
        return false;
    while (!store->cut && sw_image_list_next(&list)) {
        struct sw_image_field fields[] = {TEXT("id"), TEXT(layer), TEXT("image"), LIST("names"),
                                          LIST("mapped-layers")};
        if (list.event != SW_JSON_OBJECT)
            continue;
        (void)sw_image_fields(list.value, fields, COUNT(fields));
        if (fields[0].value.data != NULL)
            (void)put_row(store, &(struct row){.id = fields[0].value,
                                               .layer = fields[1].value,
                                               .image = fields[2].value,
                                               .names = fields[3].value,
                                               .layers = fields[4].value});
    }
    return true;
}

/* --- which it is ------------------------------------------------------------------------ */

static bool is_json(struct sw_view text)
{
    struct sw_json_walk walk = sw_json_walk_of(text);
    enum sw_json_event event;

    do
        event = sw_json_next(&walk);
    while (event != SW_JSON_END && event != SW_JSON_BAD);
    return event == SW_JSON_END;
}

static bool put_rows(struct store *store, struct sw_view text, enum sw_store_part part)
{
    if (sw_store_is_word(part))
        return text.size <= SW_STORE_WORD_MAX && put_word(store, text);
    if (!is_json(text))
        return false;
    text = sw_view_trim(text);
    switch (part) {
    case SW_STORE_REPOSITORIES:
        return put_repositories(store, text);
    case SW_STORE_IMAGE:
        return put_image(store, text);
    case SW_STORE_CONTAINER:
        return put_container(store, text);
    case SW_STORE_LAYERS:
        return put_records(store, text, "parent");
    case SW_STORE_IMAGES:
    case SW_STORE_CONTAINERS:
        return put_records(store, text, "layer");
    case SW_STORE_NONE:
    case SW_STORE_CACHE_ID:
    case SW_STORE_MOUNT_ID:
        break;
    }
    return false;
}

bool sw_image_store(struct sw_view text, enum sw_store_part part, struct sw_buf *json)
{
    struct store store = {.out = {.text = json, .size_max = SW_IMAGE_DOCUMENT_MAX - END_SIZE}};

    sw_image_put(&store.out, "{\"rows\":[");
    const bool good = put_rows(&store, text, part);
    store.out.full = false;
    store.out.size_max = SW_IMAGE_DOCUMENT_MAX;
    sw_image_put(&store.out, "],\"cut\":");
    sw_image_put(&store.out, store.cut ? "true}" : "false}");
    if (good && !store.out.full && !store.out.failed)
        return true;
    sw_buf_clear(json);
    return false;
}
