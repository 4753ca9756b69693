/* SPDX-License-Identifier: Apache-2.0 */
/* utf16.c - tells text in UTF-16 from everything else, and makes UTF-8 of it. */
#include "engine/source/utf16.h"

enum {
    HEAD_SIZE = 512,      /* bytes that are judged */
    UNITS_MIN = 8,        /* in fewer there is nothing to find */
    STRANGERS_SHARE = 20, /* behind a mark, at most one unit in so many is no text; of random
                            bytes every eighth is none */
    ASCII_SHARE = 10,     /* without one, at most one in so many is not ASCII */
    REPLACEMENT = 0xfffd,
};

static unsigned unit_at(enum sw_utf16_order order, const uint8_t *at)
{
    return order == SW_UTF16_LE ? at[0] | (unsigned)at[1] << 8 : at[1] | (unsigned)at[0] << 8;
}

static bool is_high(unsigned unit)
{
    return (unit & 0xfc00) == 0xd800;
}

static bool is_low(unsigned unit)
{
    return (unit & 0xfc00) == 0xdc00;
}

/* --- what it is ---------------------------------------------------------------- */

static bool is_ascii_text(unsigned unit)
{
    return (unit >= 0x20 && unit < 0x7f) || unit == '\n' || unit == '\r' || unit == '\t';
}

/* Controls, halves of pairs (`before` is the unit in front), private use, and
 * what no character will ever be. */
static bool is_stranger(unsigned before, unsigned unit)
{
    return (unit < 0x20 && !is_ascii_text(unit)) || (is_low(unit) && !is_high(before)) ||
           (is_high(before) && !is_low(unit)) || (unit >= 0xe000 && unit < 0xf900) ||
           (unit >= 0xfdd0 && unit < 0xfdf0) || unit >= 0xfffe;
}

static bool is_marked_text(enum sw_utf16_order order, struct sw_view text)
{
    size_t strangers = 0;
    unsigned before = 0;

    for (size_t at = 0; at + 2 <= text.size; at += 2) {
        unsigned unit = unit_at(order, text.data + at);
        strangers += is_stranger(before, unit) ? 1 : 0;
        before = unit;
    }
    return strangers * STRANGERS_SHARE <= text.size / 2;
}

/* Other files are known by a few bytes: it ends when too many are something else. */
static bool is_wide_ascii(enum sw_utf16_order order, struct sw_view text)
{
    size_t left = text.size / 2 / ASCII_SHARE;

    for (size_t at = 0; at + 2 <= text.size; at += 2)
        if (!is_ascii_text(unit_at(order, text.data + at)) && left-- == 0)
            return false;
    return true;
}

struct sw_utf16 sw_utf16_of(struct sw_view head)
{
    struct sw_view text = {head.data, head.size < HEAD_SIZE ? head.size : HEAD_SIZE};
    enum sw_utf16_order marked = SW_UTF16_NONE;

    if (text.size < (size_t)2 * UNITS_MIN)
        return (struct sw_utf16){SW_UTF16_NONE, 0};
    if (head.data[0] == 0xff && head.data[1] == 0xfe)
        marked = SW_UTF16_LE;
    if (head.data[0] == 0xfe && head.data[1] == 0xff)
        marked = SW_UTF16_BE;
    if (marked != SW_UTF16_NONE) {
        text = (struct sw_view){text.data + 2, text.size - 2};
        return is_marked_text(marked, text) ? (struct sw_utf16){marked, 2}
                                            : (struct sw_utf16){SW_UTF16_NONE, 0};
    }
    for (enum sw_utf16_order order = SW_UTF16_LE; order <= SW_UTF16_BE; order++)
        if (is_wide_ascii(order, text))
            return (struct sw_utf16){order, 0};
    return (struct sw_utf16){SW_UTF16_NONE, 0};
}

const char *sw_utf16_name(enum sw_utf16_order order)
{
    static const char *const names[SW_UTF16_ORDER_COUNT] = {
        [SW_UTF16_NONE] = "", [SW_UTF16_LE] = "utf-16le", [SW_UTF16_BE] = "utf-16be"};
    return names[order];
}

/* --- what it says ---------------------------------------------------------------- */

/* The form of RFC 3629; returns where the next character goes. */
static uint8_t *put(uint8_t *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (uint8_t)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (uint8_t)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = (uint8_t)(0xe0 | code >> 12);
        } else {
            *to++ = (uint8_t)(0xf0 | code >> 18);
            *to++ = (uint8_t)(0x80 | (code >> 12 & 0x3f));
        }
        *to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    }
    *to++ = (uint8_t)(0x80 | (code & 0x3f));
    return to;
}

/* The character at the front, and how many bytes it takes: 0 when the end cuts it. */
static size_t next_character(enum sw_utf16_order order, struct sw_view bytes, unsigned *code)
{
    unsigned unit, low;

    if (bytes.size < 2)
        return 0;
    unit = unit_at(order, bytes.data);
    *code = is_high(unit) || is_low(unit) ? REPLACEMENT : unit;
    if (!is_high(unit))
        return 2;
    if (bytes.size < 4)
        return 0;
    low = unit_at(order, bytes.data + 2);
    if (!is_low(low))
        return 2;
    *code = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
    return 4;
}

enum sw_status sw_utf16_convert(enum sw_utf16_order order, struct sw_view bytes, bool last,
                                struct sw_buf *out, size_t *done)
{
    size_t at = 0, size = 0;

    /* Two bytes never become more than three, half a character not either. */
    if (sw_buf_reserve(out, bytes.size / 2 * 3 + 3) != SW_OK)
        return SW_SKIP;
    uint8_t *to = out->data + out->size;
    do {
        unsigned code = REPLACEMENT;
        size = next_character(order, (struct sw_view){bytes.data + at, bytes.size - at}, &code);
        if (size > 0)
            to = put(to, code);
        at += size;
    } while (size > 0);
    if (last && at < bytes.size) {
        to = put(to, REPLACEMENT);
        at = bytes.size;
    }
    out->size = (size_t)(to - out->data);
    *done = at;
    return SW_OK;
}
