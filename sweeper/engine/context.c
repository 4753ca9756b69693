/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - see context.h. */
#include "context.h"

#include <string.h>

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct sw_view trimmed(struct sw_view text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* Takes a word off the front. False when it is not there. */
static bool take(struct sw_view *text, const char *word)
{
    size_t size = strlen(word);

    if (text->size < size || memcmp(text->data, word, size) != 0)
        return false;
    text->data += size;
    text->size -= size;
    return true;
}

/* Bytes in front of the first one that ends an unquoted value, or of the quote. */
static size_t value_size(struct sw_view text, uint8_t quote)
{
    size_t size = 0;

    while (size < text.size && (quote != 0 ? text.data[size] != quote
                                           : !is_blank(text.data[size]) && text.data[size] != ';'))
        size++;
    return size;
}

/* The value that the rest of a line begins with; empty when it is not plain. */
static struct sw_view value_of(struct sw_view text)
{
    uint8_t first = text.size > 0 ? text.data[0] : 0;
    uint8_t quote = first == '"' || first == '\'' ? first : 0;

    if (quote != 0)
        text = (struct sw_view){text.data + 1, text.size - 1};
    const struct sw_view value = {text.data, value_size(text, quote)};
    if (quote != 0) {
        if (value.size == text.size)
            return (struct sw_view){0}; /* the quote does not end */
        const struct sw_view rest = {text.data + value.size + 1, text.size - value.size - 1};
        if (value_size(rest, 0) != 0)
            return (struct sw_view){0}; /* "a"b is ab */
    }
    return value;
}

static struct sw_view last_lang(struct sw_view content)
{
    struct sw_view found = {0};

    while (content.size > 0) {
        const uint8_t *end = memchr(content.data, '\n', content.size);
        size_t size = end != NULL ? (size_t)(end - content.data) : content.size;
        struct sw_view line = trimmed((struct sw_view){content.data, size});

        if (take(&line, "export "))
            line = trimmed(line);
        if (take(&line, "LANG="))
            found = value_of(line);
        size += end != NULL ? 1 : 0;
        content = (struct sw_view){content.data + size, content.size - size};
    }
    return found;
}

struct sw_view context_value(enum sw_context context, struct sw_view content)
{
    struct sw_view value = {0};

    if (content.size > CONTEXT_FILE_MAX)
        return value;
    if (context == SW_CONTEXT_TIMEZONE)
        value = trimmed(content);
    else if (context == SW_CONTEXT_LANG)
        value = last_lang(content);
    return sw_context_text_ok(value) ? value : (struct sw_view){0};
}
