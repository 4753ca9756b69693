/* SPDX-License-Identifier: Apache-2.0 */
/* json_walk.c - the grammar of JSON as a machine with a stack of bits. */
#include "common/json_walk.h"

#include <string.h>

enum expect {
    VALUE,           /* at the start, after `:`, after `,` in an array */
    VALUE_OR_END,    /* after `[` */
    KEY,             /* after `,` in an object */
    KEY_OR_END,      /* after `{` */
    COMMA_OR_END,    /* after a value inside something */
    NOTHING_FURTHER, /* after the outermost value */
    BROKEN
};

struct sw_json_walk sw_json_walk_of(struct sw_view text)
{
    return (struct sw_json_walk){.text = text, .expect = VALUE};
}

static enum sw_json_event bad(struct sw_json_walk *walk)
{
    if (walk->expect != BROKEN)
        walk->cut = walk->next >= walk->text.size;
    walk->expect = BROKEN;
    return SW_JSON_BAD;
}

static bool peek(const struct sw_json_walk *walk, uint8_t *byte)
{
    if (walk->next >= walk->text.size)
        return false;
    *byte = walk->text.data[walk->next];
    return true;
}

static void skip_blanks(struct sw_json_walk *walk)
{
    uint8_t byte;

    while (peek(walk, &byte) && (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'))
        walk->next++;
}

static bool in_object(const struct sw_json_walk *walk)
{
    unsigned index = walk->depth - 1;

    return ((unsigned)walk->in_object[index / 8] >> index % 8 & 1U) != 0;
}

static void after_value(struct sw_json_walk *walk)
{
    walk->expect = walk->depth == 0 ? NOTHING_FURTHER : COMMA_OR_END;
}

static enum sw_json_event open_one(struct sw_json_walk *walk, bool object)
{
    unsigned index = walk->depth;
    uint8_t bit = (uint8_t)(1U << index % 8);

    if (walk->depth == SW_JSON_DEPTH_MAX)
        return bad(walk);
    if (object)
        walk->in_object[index / 8] |= bit;
    else
        walk->in_object[index / 8] &= (uint8_t)~bit;
    walk->depth++;
    walk->next++;
    walk->expect = object ? KEY_OR_END : VALUE_OR_END;
    return object ? SW_JSON_OBJECT : SW_JSON_ARRAY;
}

static enum sw_json_event close_one(struct sw_json_walk *walk)
{
    bool object = in_object(walk);

    if (walk->text.data[walk->next] != (object ? '}' : ']'))
        return bad(walk);
    walk->next++;
    walk->depth--;
    after_value(walk);
    return object ? SW_JSON_OBJECT_END : SW_JSON_ARRAY_END;
}

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* One escape at the front of the bytes: how many bytes it takes; 0: none. */
static size_t escape_size(struct sw_view bytes)
{
    if (bytes.size < 2)
        return 0;
    if (bytes.data[1] != 'u')
        return strchr("\"\\/bfnrt", bytes.data[1]) != NULL && bytes.data[1] != 0 ? 2 : 0;
    if (bytes.size < 6)
        return 0;
    for (size_t i = 2; i < 6; i++)
        if (hex_digit(bytes.data[i]) < 0)
            return 0;
    return 6;
}

static bool take_string(struct sw_json_walk *walk)
{
    size_t from = ++walk->next;
    uint8_t byte;

    while (peek(walk, &byte)) {
        struct sw_view rest = {walk->text.data + walk->next, walk->text.size - walk->next};
        size_t step = byte == '\\' ? escape_size(rest) : byte >= 0x20;
        if (byte == '"') {
            walk->raw = (struct sw_view){walk->text.data + from, walk->next - from};
            walk->next++;
            return true;
        }
        if (step == 0 && byte == '\\' && rest.size < 6)
            walk->next = walk->text.size; /* an escape cut short */
        if (step == 0)
            return false;
        walk->next += step;
    }
    return false;
}

static bool is_number(struct sw_view word)
{
    const uint8_t *at = word.data, *end = word.data + word.size;
    const uint8_t *digits;

#define DIGITS()                                                                                   \
    for (digits = at; at < end && *at >= '0' && *at <= '9';)                                       \
    at++
    if (at < end && *at == '-')
        at++;
    DIGITS();
    if (at == digits || (*digits == '0' && at - digits > 1))
        return false;
    if (at < end && *at == '.') {
        at++;
        DIGITS();
        if (at == digits)
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        DIGITS();
        if (at == digits)
            return false;
    }
#undef DIGITS
    return at == end;
}

static bool word_is(struct sw_view word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.data, text, word.size) == 0;
}

static enum sw_json_event take_scalar(struct sw_json_walk *walk)
{
    size_t from = walk->next;
    uint8_t byte;

    while (peek(walk, &byte) && ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                                 byte == '-' || byte == '+' || byte == '.' || byte == 'E'))
        walk->next++;
    walk->raw = (struct sw_view){walk->text.data + from, walk->next - from};
    if (!word_is(walk->raw, "true") && !word_is(walk->raw, "false") &&
        !word_is(walk->raw, "null") && !is_number(walk->raw))
        return bad(walk);
    after_value(walk);
    return SW_JSON_SCALAR;
}

static enum sw_json_event take_value(struct sw_json_walk *walk, uint8_t byte)
{
    if (byte == '{' || byte == '[')
        return open_one(walk, byte == '{');
    if (byte != '"')
        return take_scalar(walk);
    if (!take_string(walk))
        return bad(walk);
    after_value(walk);
    return SW_JSON_STRING;
}

static enum sw_json_event take_key(struct sw_json_walk *walk, uint8_t byte)
{
    struct sw_view key;

    if (byte != '"' || !take_string(walk))
        return bad(walk);
    key = walk->raw;
    skip_blanks(walk);
    if (!peek(walk, &byte) || byte != ':')
        return bad(walk);
    walk->next++;
    walk->raw = key;
    walk->expect = VALUE;
    return SW_JSON_KEY;
}

enum sw_json_event sw_json_next(struct sw_json_walk *walk)
{
    uint8_t byte;

    if (walk->expect == BROKEN)
        return SW_JSON_BAD;
    skip_blanks(walk);
    if (walk->expect == NOTHING_FURTHER)
        return walk->next == walk->text.size ? SW_JSON_END : bad(walk);
    if (!peek(walk, &byte))
        return bad(walk);
    if (walk->expect == COMMA_OR_END && byte == ',') {
        walk->expect = in_object(walk) ? KEY : VALUE;
        walk->next++;
        skip_blanks(walk);
        if (!peek(walk, &byte))
            return bad(walk);
    }
    walk->start = walk->next;
    switch ((enum expect)walk->expect) {
    case VALUE:
        return take_value(walk, byte);
    case VALUE_OR_END:
        return byte == ']' ? close_one(walk) : take_value(walk, byte);
    case KEY:
        return take_key(walk, byte);
    case KEY_OR_END:
        return byte == '}' ? close_one(walk) : take_key(walk, byte);
    case COMMA_OR_END:
        return close_one(walk);
    case NOTHING_FURTHER:
    case BROKEN:
        break;
    }
    return bad(walk);
}

bool sw_json_skip(struct sw_json_walk *walk, enum sw_json_event event)
{
    unsigned outside = walk->depth - 1;

    if (event != SW_JSON_OBJECT && event != SW_JSON_ARRAY)
        return event != SW_JSON_BAD;
    while (walk->depth > outside)
        if (sw_json_next(walk) == SW_JSON_BAD)
            return false;
    return true;
}

static uint32_t hex_unit(const uint8_t *digits)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)hex_digit(digits[i]);
    return value;
}

static size_t encode_utf8(uint32_t code, uint8_t out[static 4])
{
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = size; i-- > 1; code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)(size == 1 ? code : (0xf00U >> size & 0xffU) | code);
    return size;
}

/* The bytes that the escape at the front stands for; *used: bytes it takes. */
static size_t decode_escape(struct sw_view raw, uint8_t out[static 4], size_t *used)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t code, low;

    if (raw.data[1] != 'u') {
        *used = 2;
        out[0] = (uint8_t)to[strchr(from, raw.data[1]) - from];
        return 1;
    }
    *used = 6;
    code = hex_unit(raw.data + 2);
    if (code >= 0xd800 && code < 0xdc00 && raw.size >= 12 && raw.data[6] == '\\' &&
        raw.data[7] == 'u' && (low = hex_unit(raw.data + 8)) >= 0xdc00 && low < 0xe000) {
        *used = 12;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return encode_utf8(code, out);
}

bool sw_json_raw_is(struct sw_view raw, struct sw_view text)
{
    while (raw.size > 0) {
        uint8_t plain[4] = {raw.data[0]};
        size_t used = 1, size = 1;

        if (raw.data[0] == '\\')
            size = decode_escape(raw, plain, &used);
        if (text.size < size || memcmp(text.data, plain, size) != 0)
            return false;
        raw = (struct sw_view){raw.data + used, raw.size - used};
        text = (struct sw_view){text.data + size, text.size - size};
    }
    return text.size == 0;
}
