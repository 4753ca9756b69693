/* SPDX-License-Identifier: Apache-2.0 */
/* text_image.c - which layer of which image, and whether it is still there. */
#include "supervisor/text_image.h"

#include <string.h>

#include "supervisor/columns.h"
#include "supervisor/summary.h"
#include "sweeper/limits.h"

enum { ROOM_MIN = 20 };

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
    } else if (json_is_null(visible)) {
        put(line, "not known whether it is visible: a layer above could not be read");
    } else if (by != NULL) {
        put(line, "shipped with the image, but not visible: ");
        put(line, removed != NULL ? "removed by " : "replaced by ");
        put_layer(line, by);
        put_step(line, by);
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

enum sw_status sw_image_text(struct sw_buf *out, const json_t *record, size_t indent, size_t width)
{
    const json_t *chain = json_object_get(record, "chain");
    const json_t *image = json_object_get(json_array_get(chain, 0), "image");
    const json_t *layer = layer_of(chain);
    struct line origin = {.status = SW_OK}, fate = {.status = SW_OK};

    if (image == NULL || json_object_get(layer, "index") == NULL)
        return SW_OK;
    sw_buf_init(&origin.text, SW_MIB);
    sw_buf_init(&fate.text, SW_MIB);
    put_origin(&origin, image, layer);
    put_fate(&fate, layer);
    const enum sw_status first = end(out, &origin, indent, width);
    const enum sw_status second = end(out, &fate, indent, width);
    return first < second ? first : second;
}
