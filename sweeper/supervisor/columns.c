/* SPDX-License-Identifier: Apache-2.0 */
/* Widths of UTF-8 text on a terminal. */
#include "supervisor/columns.h"

struct range {
    uint32_t first;
    uint32_t last;
};

/* Blocks that Unicode's EastAsianWidth.txt has as wide, joined generously. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2e80, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f000, 0x1faff},
    {0x20000, 0x3fffd},
};

static size_t code_size(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static size_t code_columns(const uint8_t *bytes, size_t size)
{
    uint32_t code = size == 1 ? bytes[0] : bytes[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (bytes[i] & 0x3fU);
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (code >= wide[i].first && code <= wide[i].last)
            return 2;
    }
    return 1;
}

/* Bytes of the code point at `at`, but never past the end. */
static size_t code_size_at(struct sw_view text, size_t at)
{
    size_t size = code_size(text.data[at]);
    return size > text.size - at ? text.size - at : size;
}

size_t sw_columns_count(struct sw_view text)
{
    size_t columns = 0;
    for (size_t at = 0; at < text.size;) {
        size_t size = code_size_at(text, at);
        columns += code_columns(text.data + at, size);
        at += size;
    }
    return columns;
}

size_t sw_columns_head(struct sw_view text, size_t columns)
{
    size_t at = 0;
    while (at < text.size) {
        size_t size = code_size_at(text, at);
        size_t width = code_columns(text.data + at, size);
        if (width > columns)
            break;
        columns -= width;
        at += size;
    }
    return at;
}

size_t sw_columns_tail(struct sw_view text, size_t columns)
{
    size_t at = text.size;
    while (at > 0) {
        size_t start = at - 1;
        while (start > 0 && (text.data[start] & 0xc0U) == 0x80)
            start--;
        size_t width = code_columns(text.data + start, at - start);
        if (width > columns)
            break;
        columns -= width;
        at = start;
    }
    return text.size - at;
}

enum sw_status sw_columns_shorten(struct sw_buf *out, struct sw_view text, size_t columns)
{
    static const size_t dots = 3;
    if (sw_columns_count(text) <= columns)
        return sw_buf_append(out, text.data, text.size);
    if (columns <= dots)
        return sw_buf_append(out, text.data, sw_columns_head(text, columns));
    /* The end of a path tells more than its start. */
    size_t room = columns - dots;
    size_t head = sw_columns_head(text, room / 3);
    size_t tail = sw_columns_tail(text, room - room / 3);
    if (sw_buf_append(out, text.data, head) != SW_OK || sw_buf_append(out, "...", dots) != SW_OK)
        return SW_SKIP;
    return sw_buf_append(out, text.data + text.size - tail, tail);
}
