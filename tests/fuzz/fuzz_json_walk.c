/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, one event at a time. Input: the text.
 *
 * jansson reads the same: whatever it takes the walk takes, with the same tree;
 * what only the walk takes is what jansson's data cannot hold. Offsets never go
 * back, skipping ends where stepping ends, and what is bad and not cut short is
 * bad with anything behind it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_walk.h"
#include "fuzz.h"

static enum sw_json_event step(struct sw_json_walk *walk)
{
    struct sw_json_walk before = *walk;
    enum sw_json_event event = sw_json_next(walk);
    const uint8_t *end = walk->text.data + walk->text.size;
    FUZZ_CHECK(walk->next >= before.next && walk->next <= walk->text.size);
    FUZZ_CHECK(walk->depth <= SW_JSON_DEPTH_MAX);
    if (event == SW_JSON_KEY || event == SW_JSON_STRING || event == SW_JSON_SCALAR)
        FUZZ_CHECK(walk->raw.data >= walk->text.data && walk->raw.data <= end &&
                   walk->raw.size <= (size_t)(end - walk->raw.data) &&
                   walk->start <= (size_t)(walk->raw.data - walk->text.data));
    if (event == SW_JSON_OBJECT || event == SW_JSON_ARRAY)
        FUZZ_CHECK(walk->depth == before.depth + 1);
    else if (event == SW_JSON_OBJECT_END || event == SW_JSON_ARRAY_END)
        FUZZ_CHECK(walk->depth == before.depth - 1);
    else
        FUZZ_CHECK(walk->depth == before.depth);
    if (event == SW_JSON_BAD)
        FUZZ_CHECK(sw_json_next(walk) == SW_JSON_BAD);
    return event;
}

/* Steps to the end; the same end by skipping. */
static enum sw_json_event walk_all(struct sw_view text, struct sw_json_walk *last)
{
    struct sw_json_walk walk = sw_json_walk_of(text);
    enum sw_json_event event;
    do {
        struct sw_json_walk skipping;
        event = step(&walk);
        skipping = walk;
        /* Each level is skipped again by the next: only the outer ones. */
        if ((event == SW_JSON_OBJECT || event == SW_JSON_ARRAY) && walk.depth <= 3) {
            struct sw_json_walk stepping = walk;
            unsigned outside = walk.depth - 1;
            bool whole = true;
            while (whole && stepping.depth > outside)
                whole = sw_json_next(&stepping) != SW_JSON_BAD;
            FUZZ_CHECK(sw_json_skip(&skipping, event) == whole);
            FUZZ_CHECK(skipping.next == stepping.next && skipping.depth == stepping.depth);
        }
    } while (event != SW_JSON_END && event != SW_JSON_BAD);
    *last = walk;
    return event;
}

/* ---- against jansson ---------------------------------------------------------- */

static void compare(struct sw_json_walk *walk, enum sw_json_event event, json_t *value);

static void compare_scalar(struct sw_view raw, json_t *value)
{
    char *text = fuzz_text(raw);
    if (json_is_integer(value))
        FUZZ_CHECK(strtoll(text, NULL, 10) == json_integer_value(value));
    else if (json_is_real(value))
        FUZZ_CHECK(!(strtod(text, NULL) < json_real_value(value)) &&
                   !(strtod(text, NULL) > json_real_value(value)));
    else if (json_is_null(value))
        FUZZ_CHECK(strcmp(text, "null") == 0);
    else
        FUZZ_CHECK(json_is_boolean(value) &&
                   strcmp(text, json_is_true(value) ? "true" : "false") == 0);
    free(text);
}

static void compare_string(struct sw_view raw, json_t *value)
{
    struct sw_view plain = {(const uint8_t *)json_string_value(value), json_string_length(value)};
    FUZZ_CHECK(json_is_string(value));
    FUZZ_CHECK(sw_json_raw_is(raw, plain));
    if (plain.size > 0)
        FUZZ_CHECK(!sw_json_raw_is(raw, (struct sw_view){plain.data, plain.size - 1}));
}

static size_t count_members(struct sw_json_walk walk)
{
    size_t count = 0;
    while (sw_json_next(&walk) == SW_JSON_KEY) {
        count++;
        FUZZ_CHECK(sw_json_skip(&walk, sw_json_next(&walk)));
    }
    return count;
}

static json_t *member(json_t *object, struct sw_view raw)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        if (sw_json_raw_is(raw, fuzz_view(key)))
            return value;
    }
    return NULL;
}

/* Of members with one name jansson keeps the last; such an object is passed over. */
static void compare_object(struct sw_json_walk *walk, json_t *object)
{
    bool unique = count_members(*walk) == json_object_size(object);
    FUZZ_CHECK(json_is_object(object));
    while (sw_json_next(walk) == SW_JSON_KEY) {
        json_t *value = member(object, walk->raw);
        FUZZ_CHECK(value != NULL);
        enum sw_json_event event = sw_json_next(walk);
        if (unique)
            compare(walk, event, value);
        else
            FUZZ_CHECK(sw_json_skip(walk, event));
    }
}

/* As deep as the text, which is SW_JSON_DEPTH_MAX at most. */
static void compare(struct sw_json_walk *walk, enum sw_json_event event, json_t *value)
{
    size_t count = 0;
    if (event == SW_JSON_OBJECT) {
        compare_object(walk, value);
        return;
    }
    if (event == SW_JSON_STRING) {
        compare_string(walk->raw, value);
        return;
    }
    if (event == SW_JSON_SCALAR) {
        compare_scalar(walk->raw, value);
        return;
    }
    FUZZ_CHECK(event == SW_JSON_ARRAY && json_is_array(value));
    while ((event = sw_json_next(walk)) != SW_JSON_ARRAY_END)
        compare(walk, event, json_array_get(value, count++));
    FUZZ_CHECK(count == json_array_size(value));
}

/* What the walk takes and jansson does not, for want of a place to put it. */
static bool only_data(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_invalid_utf8 || code == json_error_null_character ||
           code == json_error_null_byte_in_key || code == json_error_numeric_overflow ||
           strncmp(error->text, "invalid Unicode", 15) == 0;
}

static void check_jansson(struct sw_view text, enum sw_json_event last, unsigned depth)
{
    json_error_t error;
    /* jansson stops at a NUL between tokens as at the end. */
    if (text.size > 0 && memchr(text.data, 0, text.size) != NULL)
        return;
    json_t *value =
        json_loadb((const char *)text.data, text.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (value != NULL && last == SW_JSON_END) {
        struct sw_json_walk walk = sw_json_walk_of(text);
        compare(&walk, sw_json_next(&walk), value);
        FUZZ_CHECK(sw_json_next(&walk) == SW_JSON_END);
    }
    if (value != NULL)
        FUZZ_CHECK(last == SW_JSON_END || depth == SW_JSON_DEPTH_MAX);
    else
        FUZZ_CHECK(last == SW_JSON_BAD || only_data(&error));
    json_decref(value);
}

/* ---- what is cut short ----------------------------------------------------------- */

static void check_more(struct sw_view text)
{
    static const char *const more[] = {"}", "]",   "\"",   "0",       ",",
                                       ":", "\"}", "e\"]", "u0000\"", "ull"};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        size_t size = strlen(more[i]);
        struct sw_json_walk walk;
        uint8_t *longer = malloc(text.size + size);
        FUZZ_CHECK(longer != NULL);
        if (text.size > 0)
            memcpy(longer, text.data, text.size);
        memcpy(longer + text.size, more[i], size);
        FUZZ_CHECK(walk_all((struct sw_view){longer, text.size + size}, &walk) == SW_JSON_BAD);
        free(longer);
    }
}

static void check_prefix(struct sw_view text, size_t size)
{
    struct sw_json_walk walk;
    uint8_t *copy = fuzz_copy((struct sw_view){text.data, size});
    if (walk_all((struct sw_view){copy, size}, &walk) == SW_JSON_BAD)
        FUZZ_CHECK(walk.cut);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_view text = {data, size};
    struct sw_json_walk walk;
    enum sw_json_event last = walk_all(text, &walk);

    check_jansson(text, last, walk.depth);
    if (last == SW_JSON_BAD && !walk.cut)
        check_more(text);
    for (size_t i = 1; last == SW_JSON_END && i <= 16 && i <= size; i++) {
        check_prefix(text, size - i);
        check_prefix(text, size / (i + 1));
    }
    return 0;
}
