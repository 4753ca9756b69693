/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c - see lines.h. */
#include "engine/place/lines.h"

#include <strings.h>

static bool is_end(uint8_t byte)
{
    return byte == '\n' || byte == '\r' || byte == '\f';
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

bool place_next_line(struct sw_view *rest, struct sw_view *line)
{
    size_t size = 0;

    if (rest->size == 0)
        return false;
    while (size < rest->size && !is_end(rest->data[size]))
        size++;
    *line = place_first(*rest, size);
    if (size + 1 < rest->size && rest->data[size] == '\r' && rest->data[size + 1] == '\n')
        size++;
    *rest = place_after(*rest, size < rest->size ? size + 1 : size);
    return true;
}

bool place_next_word(struct sw_view *rest, struct sw_view *word)
{
    size_t from = 0, to;

    while (from < rest->size && is_blank(rest->data[from]))
        from++;
    for (to = from; to < rest->size && !is_blank(rest->data[to]);)
        to++;
    *word = (struct sw_view){rest->data + from, to - from};
    *rest = place_after(*rest, to);
    return word->size > 0;
}

struct sw_view place_trim(struct sw_view text)
{
    while (text.size > 0 && (is_blank(text.data[0]) || is_end(text.data[0])))
        text = place_after(text, 1);
    while (text.size > 0 &&
           (is_blank(text.data[text.size - 1]) || is_end(text.data[text.size - 1])))
        text.size--;
    return text;
}

size_t place_indent(struct sw_view line)
{
    size_t columns = 0;

    for (size_t i = 0; i < line.size && is_blank(line.data[i]); i++)
        columns += line.data[i] == '\t' ? 4 : 1;
    return columns;
}

bool place_starts(struct sw_view text, const char *what)
{
    size_t size = strlen(what);

    return text.size >= size && memcmp(text.data, what, size) == 0;
}

bool place_starts_nocase(struct sw_view text, const char *what)
{
    size_t size = strlen(what);

    return text.size >= size && strncasecmp((const char *)text.data, what, size) == 0;
}

bool place_is(struct sw_view text, const char *what)
{
    return text.size == strlen(what) && place_starts(text, what);
}

bool place_is_nocase(struct sw_view text, const char *what)
{
    return text.size == strlen(what) && place_starts_nocase(text, what);
}

bool place_ends(struct sw_view text, const char *what)
{
    size_t size = strlen(what);

    return text.size >= size && memcmp(text.data + text.size - size, what, size) == 0;
}

bool place_has(struct sw_view text, const char *what)
{
    return text.size > 0 && memmem(text.data, text.size, what, strlen(what)) != NULL;
}

bool place_has_byte(struct sw_view text, char byte)
{
    return text.size > 0 && memchr(text.data, byte, text.size) != NULL;
}

bool place_only(struct sw_view text, const char *bytes)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == 0 || strchr(bytes, text.data[i]) == NULL)
            return false;
    return true;
}

bool place_among(struct sw_view text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (place_is(text, *words))
            return true;
    return false;
}

bool place_among_nocase(struct sw_view text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (place_is_nocase(text, *words))
            return true;
    return false;
}
