/* SPDX-License-Identifier: Apache-2.0 */
/* json_lines.c - follows a pointer through the events of a JSON text. */
#include "supervisor/json_lines.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/json_walk.h"

enum { NAME_MAX_SIZE = 512 }; /* of one component of a pointer */

static size_t line_at(const char *text, size_t offset)
{
    size_t line = 1;

    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

/* The next component, with `~1` and `~0` undone; false when there is none, or
 * it is malformed or too long. */
static bool next_component(const char **pointer, char name[static NAME_MAX_SIZE], size_t *size)
{
    const char *at = *pointer;

    if (*at++ != '/')
        return false;
    for (*size = 0; *at != '\0' && *at != '/'; at++) {
        char byte = *at;
        if (*size == NAME_MAX_SIZE)
            return false;
        if (byte == '~') {
            at++;
            if (*at != '0' && *at != '1')
                return false;
            byte = *at == '0' ? '~' : '/';
        }
        name[(*size)++] = byte;
    }
    *pointer = at;
    return true;
}

static bool index_of(const char *name, size_t size, size_t *index)
{
    if (size == 0 || size > 9 || (name[0] == '0' && size > 1))
        return false;
    *index = 0;
    for (size_t i = 0; i < size; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        *index = *index * 10 + (size_t)(name[i] - '0');
    }
    return true;
}

/* Inside an object: on to the value of the member. *start: where its name is. */
static enum sw_json_event find_member(struct sw_json_walk *walk, struct sw_view name, size_t *start)
{
    enum sw_json_event event;

    while ((event = sw_json_next(walk)) == SW_JSON_KEY) {
        bool found = sw_json_raw_is(walk->raw, name);
        size_t at = walk->start;
        event = sw_json_next(walk);
        if (found) {
            *start = at;
            return event;
        }
        if (!sw_json_skip(walk, event))
            return SW_JSON_BAD;
    }
    return event;
}

static enum sw_json_event find_element(struct sw_json_walk *walk, size_t index, size_t *start)
{
    enum sw_json_event event;

    while ((event = sw_json_next(walk)) != SW_JSON_ARRAY_END && event != SW_JSON_BAD) {
        if (index-- == 0) {
            *start = walk->start;
            return event;
        }
        if (!sw_json_skip(walk, event))
            return SW_JSON_BAD;
    }
    return event;
}

size_t sw_json_line_of(const char *text, size_t size, const char *pointer)
{
    struct sw_json_walk walk = sw_json_walk_of((struct sw_view){(const uint8_t *)text, size});
    enum sw_json_event event = sw_json_next(&walk);
    size_t start = walk.start, index = 0, name_size = 0;
    char name[NAME_MAX_SIZE];

    while (event != SW_JSON_BAD && *pointer != '\0') {
        if (!next_component(&pointer, name, &name_size))
            return 0;
        if (event == SW_JSON_OBJECT)
            event = find_member(&walk, (struct sw_view){(const uint8_t *)name, name_size}, &start);
        else if (event == SW_JSON_ARRAY && index_of(name, name_size, &index))
            event = find_element(&walk, index, &start);
        else
            break;
        if (event == SW_JSON_OBJECT_END || event == SW_JSON_ARRAY_END)
            break;
    }
    return event == SW_JSON_BAD ? 0 : line_at(text, start);
}
