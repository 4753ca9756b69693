/* SPDX-License-Identifier: Apache-2.0 */
/* text_image.c - which layer of which image, and whether it is still there; whose directory. */
#include "supervisor/text_image.h"

#include <string.h>

#include "supervisor/columns.h"
#include "supervisor/summary.h"
#include "sweeper/limits.h"

enum { ROOM_MIN = 20, ID_SHOWN = 12 /* letters of an id */ };

struct line {
    struct sw_buf text;
    enum sw_status status;
};

static void put(struct line *line, const char *text)
{
    const enum sw_status status = sw_summary_safe(&line->text, text == NULL ? "" : text);

    line->status = status < line->status ? status : line->status;
}

static void put_number(struct line *line, json_int_t number)
{
    const enum sw_status status =
        sw_buf_append_format(&line->text, "%" JSON_INTEGER_FORMAT, number);

    line->status = status < line->status ? status : line->status;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* People count from one. */
static void put_layer(struct line *line, const json_t *layer)
{
    put(line, "layer ");
    put_number(line, json_integer_value(json_object_get(layer, "index")) + 1);
}

static void put_step(struct line *line, const json_t *layer)
{
    const char *history = text_of(layer, "history");

    put(line, history == NULL || history[0] == '\0' ? "" : ": ");
    put(line, history);
}

static void put_origin(struct line *line, const json_t *image, const json_t *layer)
{
    const char *reference =
        json_string_value(json_array_get(json_object_get(image, "references"), 0));
    const char *platform = text_of(image, "platform");

    put_layer(line, layer);
    put(line, " of ");
    put_number(line, json_integer_value(json_object_get(layer, "layers")));
    put(line, reference == NULL ? "" : " of ");
    put(line, reference);
    put(line, platform == NULL ? "" : " (");
    put(line, platform);
    put(line, platform == NULL ? "" : ")");
    if (json_object_get(layer, "inherited") != NULL)
        put(line, json_is_true(json_object_get(layer, "inherited")) ? ", inherited" : ", added");
    put_step(line, layer);
}

static void put_fate(struct line *line, const json_t *layer)
{
    const json_t *visible = json_object_get(layer, "visible");
    const json_t *removed = json_object_get(layer, "removed_by");
    const json_t *by = removed != NULL ? removed : json_object_get(layer, "replaced_by");

    if (json_is_true(visible)) {
        put(line, "visible in the finished image");
        if (text_of(layer, "visible_as") != NULL) {
            put(line, " as ");
            put(line, text_of(layer, "visible_as"));
        }
    } else if (json_is_null(visible)) {
        put(line, "not known whether it is visible: a layer above could not be read");
    } else if (by != NULL) {
        put(line, "shipped with the image, but not visible: ");
        put(line, removed != NULL ? "removed by " : "replaced by ");
        put_layer(line, by);
        put_step(line, by);
    } else if (visible != NULL) {
        put(line, "shipped with the image, but not visible: it has the name of a whiteout");
    }
}

static enum sw_status end(struct sw_buf *out, struct line *line, size_t indent, size_t width)
{
    const size_t room = width > indent + ROOM_MIN ? width - indent : ROOM_MIN;
    enum sw_status status = line->status;

    if (status == SW_OK && line->text.size > 0) {
        status = sw_buf_append_format(out, "%*s", (int)indent, "");
        if (status == SW_OK)
            status = sw_columns_shorten(out, sw_buf_view(&line->text), room);
        if (status == SW_OK)
            status = sw_buf_append_text(out, "\n");
    }
    sw_buf_done(&line->text);
    return status;
}

/* The outermost layer. */
static const json_t *layer_of(const json_t *chain)
{
    const json_t *layer = NULL;

    for (size_t i = 0; i < json_array_size(chain) && layer == NULL; i++)
        layer = json_object_get(json_array_get(chain, i), "layer");
    return layer;
}

/* --- directories of container engines ------------------------------------------------- */

static const json_t *store_of(const json_t *chain)
{
    const json_t *store = NULL;

    for (size_t i = 0; i < json_array_size(chain) && store == NULL; i++)
        store = json_object_get(json_array_get(chain, i), "store");
    return store;
}

/* What it is called, or the beginning of its id as the engines show it. */
static void put_owner(struct line *line, const char *what, const json_t *owner, const char *names)
{
    const char *name = json_string_value(json_array_get(json_object_get(owner, names), 0));
    const char *id = text_of(owner, "id");
    char beginning[ID_SHOWN + 1] = "";

    if (owner == NULL)
        return;
    put(line, what);
    if (id != NULL)
        strncat(beginning, id, ID_SHOWN);
    put(line, name != NULL ? name : beginning);
}

/* "and 3 more" */
static void put_more(struct line *line, const json_t *count)
{
    if (json_integer_value(count) <= 1)
        return;
    put(line, " and ");
    put_number(line, json_integer_value(count) - 1);
    put(line, " more");
}

static const char *how_it_has(const json_t *container)
{
    if (json_is_true(json_object_get(container, "writable")))
        return ", written by container ";
    return json_is_false(json_object_get(container, "visible")) ? ", not visible in container "
                                                                : ", seen by container ";
}

/* The container that wrote it, or else the images that brought it. */
static void put_store(struct line *line, const json_t *store)
{
    const json_t *image = json_array_get(json_object_get(store, "images"), 0);
    const json_t *container = json_array_get(json_object_get(store, "containers"), 0);
    const char *tool = text_of(store, "tool");

    put(line, "in the store of ");
    put(line, tool == NULL ? "a container engine"
                           : (strcmp(tool, "containers") == 0 ? "podman, buildah or CRI-O" : tool));
    put_owner(line, ": image ", image, "references");
    if (json_is_false(json_object_get(image, "visible")))
        put(line, " (not visible in it)");
    put_more(line, json_object_get(store, "image_count"));
    put_owner(line, how_it_has(container), container, "names");
    put_more(line, json_object_get(store, "container_count"));
}

static enum sw_status store_text(struct sw_buf *out, const json_t *store, size_t indent,
                                 size_t width)
{
    struct line line = {.status = SW_OK};

    if (store == NULL)
        return SW_OK;
    sw_buf_init(&line.text, SW_MIB);
    put_store(&line, store);
    return end(out, &line, indent, width);
}

enum sw_status sw_image_text(struct sw_buf *out, const json_t *record, size_t indent, size_t width)
{
    const json_t *chain = json_object_get(record, "chain");
    const json_t *image = json_object_get(json_array_get(chain, 0), "image");
    const json_t *layer = layer_of(chain);
    struct line origin = {.status = SW_OK}, fate = {.status = SW_OK};
    const enum sw_status stored = store_text(out, store_of(chain), indent, width);

    if (image == NULL || json_object_get(layer, "index") == NULL)
        return stored;
    sw_buf_init(&origin.text, SW_MIB);
    sw_buf_init(&fate.text, SW_MIB);
    put_origin(&origin, image, layer);
    put_fate(&fate, layer);
    const enum sw_status first = end(out, &origin, indent, width);
    const enum sw_status second = end(out, &fate, indent, width);
    const enum sw_status both = first < second ? first : second;
    return both < stored ? both : stored;
}
