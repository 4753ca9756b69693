/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - see json.h. */
#include "engine/package/json.h"

#include "common/view.h"

void sw_loose_json_init(struct sw_loose_json *json, struct sw_view text)
{
    json->rest = text;
    json->depth = 0;
    json->passed_over = 0;
    json->broken = false;
    json->key = json->value = (struct sw_view){NULL, 0};
}

static struct sw_view take(struct sw_loose_json *json, size_t count)
{
    struct sw_view taken = sw_view_first(json->rest, count);
    json->rest = sw_view_skip(json->rest, count);
    return taken;
}

/* The inside of a string; json->rest is at its opening quote. */
static struct sw_view take_string(struct sw_loose_json *json)
{
    (void)take(json, 1);
    const struct sw_view rest = json->rest;
    size_t size = 0;
    while (size < rest.size && rest.data[size] != '"')
        size += rest.data[size] == '\\' && size + 1 < rest.size ? 2 : 1;
    if (size >= rest.size)
        json->broken = true;
    struct sw_view inside = take(json, size);
    (void)take(json, 1);
    return inside;
}

/* Of a comment that begins with a slash and a star, both ends included. */
static size_t comment_size(struct sw_view text)
{
    size_t size = 2;
    while (size < text.size) {
        size += sw_view_find(sw_view_skip(text, size), '*') + 1;
        if (size < text.size && text.data[size] == '/')
            return size + 1;
    }
    return text.size;
}

/* Blanks, and comments as editors allow them. */
static void skip_blanks(struct sw_loose_json *json)
{
    for (;;) {
        size_t size = 0;
        while (size < json->rest.size && sw_is_blank(json->rest.data[size]))
            size++;
        (void)take(json, size);
        if (sw_view_starts(json->rest, SW_VIEW("//"))) {
            (void)take(json, sw_view_find(json->rest, '\n'));
        } else if (sw_view_starts(json->rest, SW_VIEW("/*"))) {
            (void)take(json, comment_size(json->rest));
        } else {
            return;
        }
    }
}

static void count_value(struct sw_loose_json *json)
{
    if (json->depth > 0)
        json->frames[json->depth - 1].count++;
}

/* True when there is an event: containers that are too deep have none. */
static bool open_container(struct sw_loose_json *json, bool is_array)
{
    (void)take(json, 1);
    struct sw_view key = json->key;
    json->key = (struct sw_view){NULL, 0};
    if (json->passed_over > 0 || json->depth == SW_LOOSE_DEPTH_MAX) {
        json->passed_over++;
        json->broken = true;
        return false;
    }
    count_value(json);
    json->frames[json->depth++] = (struct sw_loose_json_frame){.key = key, .is_array = is_array};
    return true;
}

static bool close_container(struct sw_loose_json *json)
{
    (void)take(json, 1);
    json->key = (struct sw_view){NULL, 0};
    if (json->passed_over > 0) {
        json->passed_over--;
        return false;
    }
    if (json->depth == 0) {
        json->broken = true;
        return false;
    }
    json->depth--;
    return true;
}

/* A key is a string that a colon follows, in an object. */
static bool string_is_value(struct sw_loose_json *json)
{
    struct sw_view text = take_string(json);
    bool in_object = json->depth > 0 && !json->frames[json->depth - 1].is_array;
    if (in_object || json->passed_over > 0)
        skip_blanks(json);
    if (in_object && json->rest.size > 0 && json->rest.data[0] == ':') {
        (void)take(json, 1);
        json->key = text;
        return false;
    }
    json->value = text;
    count_value(json);
    return json->passed_over == 0;
}

static bool other_is_value(struct sw_loose_json *json)
{
    size_t size = 0;
    while (size < json->rest.size &&
           (sw_is_alnum(json->rest.data[size]) || json->rest.data[size] == '-' ||
            json->rest.data[size] == '+' || json->rest.data[size] == '.'))
        size++;
    if (size == 0) {
        json->broken = true;
        (void)take(json, 1);
        return false;
    }
    json->value = take(json, size);
    count_value(json);
    return json->passed_over == 0;
}

bool sw_loose_json_next(struct sw_loose_json *json, enum sw_loose_json_kind *kind)
{
    struct sw_view none = {NULL, 0};
    if (json->value.data != NULL) { /* the event before was a value: its key is spent */
        json->key = none;
        json->value = none;
    }
    for (;;) {
        skip_blanks(json);
        if (json->rest.size == 0) {
            json->broken = json->broken || json->depth > 0 || json->passed_over > 0;
            return false;
        }
        uint8_t byte = json->rest.data[0];
        bool found = false;
        if (byte == '{' || byte == '[') {
            *kind = SW_LOOSE_OPEN;
            found = open_container(json, byte == '[');
        } else if (byte == '}' || byte == ']') {
            *kind = SW_LOOSE_CLOSE;
            found = close_container(json);
        } else if (byte == '"') {
            *kind = SW_LOOSE_STRING;
            found = string_is_value(json);
        } else if (byte == ',' || byte == ':') {
            (void)take(json, 1);
        } else {
            *kind = SW_LOOSE_OTHER;
            found = other_is_value(json);
        }
        if (found)
            return true;
    }
}

static int hex_value(uint8_t byte)
{
    if (!sw_is_hex(byte))
        return -1;
    return sw_is_digit(byte) ? byte - '0' : sw_lower(byte) - 'a' + 10;
}

/* One character off *raw; -1 when it cannot be one byte of ASCII. */
static int take_char(struct sw_view *raw)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    int byte = raw->data[0];
    if (byte != '\\' || raw->size == 1) {
        *raw = sw_view_skip(*raw, 1);
        return byte;
    }
    uint8_t letter = raw->data[1];
    if (letter == 'u' && raw->size >= 6) {
        int value = 0;
        for (size_t i = 2; i < 6; i++)
            value = value < 0 || hex_value(raw->data[i]) < 0 ? -1
                                                             : value * 16 + hex_value(raw->data[i]);
        *raw = sw_view_skip(*raw, 6);
        return value < 128 ? value : -1;
    }
    *raw = sw_view_skip(*raw, 2);
    for (size_t i = 0; i + 1 < sizeof(escapes); i += 2)
        if ((uint8_t)escapes[i] == letter)
            return escapes[i + 1];
    return -1;
}

bool sw_loose_json_is(struct sw_view raw, struct sw_view text)
{
    /* An escape has six characters. A longer key cannot be the one, and is not read
     * again for every value below it. */
    if (raw.size > 6 * text.size)
        return false;
    if (sw_view_find(raw, '\\') == raw.size)
        return sw_view_equal(raw, text);
    while (raw.size > 0 && text.size > 0) {
        if (take_char(&raw) != text.data[0])
            return false;
        text = sw_view_skip(text, 1);
    }
    return raw.size == 0 && text.size == 0;
}

struct sw_view sw_loose_json_text(struct sw_view raw, uint8_t *scratch, size_t size)
{
    struct sw_view rest = raw;
    size_t written = 0;
    if (raw.size > 6 * size || sw_view_find(raw, '\\') == raw.size)
        return raw;
    while (rest.size > 0) {
        int byte = take_char(&rest);
        if (byte < 0 || written == size)
            return raw;
        scratch[written++] = (uint8_t)byte;
    }
    return (struct sw_view){scratch, written};
}

bool sw_loose_json_at(const struct sw_loose_json *json, size_t count, const char *const *keys)
{
    if (json->depth != count + 1)
        return false;
    for (size_t i = 0; i < count; i++)
        if (keys[i] != NULL && !sw_loose_json_is(json->frames[i + 1].key, sw_view_of(keys[i])))
            return false;
    return true;
}
