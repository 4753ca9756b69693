/* SPDX-License-Identifier: Apache-2.0 */
/* fields.c - see fields.h. */
#include "engine/image/fields.h"

#include "common/utf8.h"
#include "common/view.h"
#include "engine/package/json.h"

enum {
    KEY_MAX = 64,     /* bytes of the longest key that is wanted, and room for escapes */
    SIZE_DIGITS = 18, /* of a number that fits a signed one of 64 bits */
};

/* --- reading ---------------------------------------------------------------------- */

struct sw_image_list sw_image_list_of(struct sw_view text)
{
    struct sw_image_list list = {.walk = sw_json_walk_of(text)};

    (void)sw_json_next(&list.walk); /* what opens it */
    return list;
}

bool sw_image_list_next(struct sw_image_list *list)
{
    struct sw_json_walk *walk = &list->walk;

    list->key = (struct sw_view){0};
    list->event = sw_json_next(walk);
    if (list->event == SW_JSON_KEY) {
        list->key = walk->raw;
        list->event = sw_json_next(walk);
    }
    list->value = walk->raw;
    if (list->event == SW_JSON_STRING || list->event == SW_JSON_SCALAR)
        return true;
    if (list->event != SW_JSON_OBJECT && list->event != SW_JSON_ARRAY)
        return false;
    const size_t start = walk->start;
    const bool whole = sw_json_skip(walk, list->event);
    list->value = (struct sw_view){walk->text.data + start, walk->next - start};
    return whole;
}

static struct sw_image_field *find(struct sw_image_field *fields, size_t count, struct sw_view raw)
{
    uint8_t scratch[KEY_MAX];
    const struct sw_view key = sw_loose_json_text(raw, scratch, sizeof(scratch));

    for (size_t i = 0; i < count; i++)
        if (sw_view_equal_fold(key, sw_view_of(fields[i].key)))
            return &fields[i];
    return NULL;
}

size_t sw_image_fields(struct sw_view object, struct sw_image_field *fields, size_t count)
{
    struct sw_image_list list = sw_image_list_of(object);
    size_t wrong = 0;

    while (sw_image_list_next(&list)) {
        struct sw_image_field *field = find(fields, count, list.key);
        if (field == NULL)
            continue;
        bool is_null = list.event == SW_JSON_SCALAR && sw_view_equal(list.value, SW_VIEW("null"));
        field->value = list.event == field->type && !is_null ? list.value : (struct sw_view){0};
        wrong += list.event != field->type && !is_null ? 1 : 0;
    }
    return wrong;
}

/* --- writing ---------------------------------------------------------------------- */

static void put_bytes(struct sw_image_out *out, const void *bytes, size_t size)
{
    if (out->full || size > out->size_max || out->text->size > out->size_max - size)
        out->full = true;
    else if (sw_buf_append(out->text, bytes, size) != SW_OK)
        out->full = out->failed = true;
}

void sw_image_put(struct sw_image_out *out, const char *json)
{
    put_bytes(out, json, strlen(json));
}

static bool is_escape_of(struct sw_view raw, const char *low, const char *high)
{
    return raw.size >= 6 && raw.data[0] == '\\' && raw.data[1] == 'u' &&
           sw_lower(raw.data[2]) == 'd' && sw_lower(raw.data[3]) >= (uint8_t)*low &&
           sw_lower(raw.data[3]) <= (uint8_t)*high;
}

/* Bytes of the character at the front; *good: it may stand in a text as it is. */
static size_t unit_of(struct sw_view raw, bool *good)
{
    uint32_t code = 0;

    *good = true;
    if (raw.data[0] != '\\') {
        const size_t size = sw_utf8_next(raw, &code);
        *good = size != 0;
        return size == 0 ? 1 : size;
    }
    if (raw.size < 6 || raw.data[1] != 'u')
        return 2;
    if (is_escape_of(raw, "8", "b") && is_escape_of(sw_view_skip(raw, 6), "c", "f"))
        return 12;
    *good = !is_escape_of(raw, "8", "f") && memcmp(raw.data + 2, "0000", 4) != 0;
    return 6;
}

void sw_image_put_part(struct sw_image_out *out, struct sw_view raw)
{
    static const char instead[] = "\\ufffd";
    size_t written = 0;

    while (raw.size > 0 && !out->full) {
        bool good;
        const size_t size = unit_of(raw, &good);
        const size_t more = good ? size : sizeof(instead) - 1;
        if (more > SW_IMAGE_TEXT_MAX - written) {
            out->cut = true;
            return;
        }
        put_bytes(out, good ? (const void *)raw.data : instead, more);
        raw = sw_view_skip(raw, size);
        written += more;
    }
}

void sw_image_put_text(struct sw_image_out *out, struct sw_view raw)
{
    if (raw.data == NULL) {
        sw_image_put(out, "null");
        return;
    }
    sw_image_put(out, "\"");
    sw_image_put_part(out, raw);
    sw_image_put(out, "\"");
}

bool sw_image_put_size(struct sw_image_out *out, struct sw_view number)
{
    bool good = number.size > 0 && number.size <= SIZE_DIGITS;

    for (size_t i = 0; i < number.size && good; i++)
        good = sw_is_digit(number.data[i]);
    if (good)
        put_bytes(out, number.data, number.size);
    else
        sw_image_put(out, "null");
    return good || number.data == NULL;
}
