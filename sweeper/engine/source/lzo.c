/* SPDX-License-Identifier: Apache-2.0 */
/* lzo.c - LZO1X, one instruction at a time; see lzo.h. */
#include "lzo.h"

#include <string.h>

struct lzo {
    struct sw_cursor in;
    uint8_t *out;
    size_t size;
    size_t capacity;
};

/* What an instruction asks for: a piece of what was written, then bytes as they are. */
struct copy {
    size_t length;
    size_t distance;
    size_t literals;
};

static bool literals(struct lzo *lzo, size_t count)
{
    struct sw_view bytes;
    if (count > lzo->capacity - lzo->size || sw_cursor_bytes(&lzo->in, count, &bytes) != SW_OK)
        return false;
    if (count > 0)
        memcpy(lzo->out + lzo->size, bytes.data, count);
    lzo->size += count;
    return true;
}

/* The piece may run into what it writes. */
static bool match(struct lzo *lzo, size_t distance, size_t length)
{
    if (distance == 0 || distance > lzo->size || length > lzo->capacity - lzo->size)
        return false;
    for (; length > 0; length--, lzo->size++)
        lzo->out[lzo->size] = lzo->out[lzo->size - distance];
    return true;
}

/* A length of 0 in its field is continued: each zero byte is 255 more, and the
 * first other byte ends it. */
static bool long_length(struct lzo *lzo, size_t field, size_t field_max, size_t *length)
{
    uint8_t byte = 0;
    *length = field;
    if (field != 0)
        return true;
    *length = field_max;
    while (sw_cursor_u8(&lzo->in, &byte) == SW_OK) {
        *length += byte == 0 ? 255 : byte;
        if (byte != 0)
            return true;
    }
    return false;
}

static bool low_high(struct lzo *lzo, size_t *value)
{
    uint8_t low = 0;
    uint8_t high = 0;
    if (sw_cursor_u8(&lzo->in, &low) != SW_OK || sw_cursor_u8(&lzo->in, &high) != SW_OK)
        return false;
    *value = (size_t)low | (size_t)high << 8;
    return true;
}

/* 0000DDSS: near or not so near, by how many literals came before. */
static bool short_match(struct lzo *lzo, uint8_t code, bool after_run, struct copy *copy)
{
    uint8_t high = 0;
    if (sw_cursor_u8(&lzo->in, &high) != SW_OK)
        return false;
    copy->distance = ((size_t)high << 2) + (code >> 2) + (after_run ? 2049 : 1);
    copy->length = after_run ? 3 : 2;
    copy->literals = code & 3;
    return true;
}

/* 1LLDDDSS and 01LDDDSS */
static bool middle_match(struct lzo *lzo, uint8_t code, struct copy *copy)
{
    uint8_t high = 0;
    if (sw_cursor_u8(&lzo->in, &high) != SW_OK)
        return false;
    copy->distance = ((size_t)high << 3) + (code >> 2 & 7) + 1;
    copy->length = code >= 128 ? 5 + (code >> 5 & 3U) : 3 + (code >> 5 & 1U);
    copy->literals = code & 3;
    return true;
}

/* 001LLLLL and 0001HLLL; the latter with the distance 16,384 is the end. */
static bool long_match(struct lzo *lzo, uint8_t code, struct copy *copy)
{
    size_t low = 0;
    bool far = code < 32;
    if (!long_length(lzo, code & (far ? 7 : 31), far ? 7 : 31, &copy->length) ||
        !low_high(lzo, &low))
        return false;
    copy->length += 2;
    copy->distance = (low >> 2) + (far ? 16384 + ((size_t)(code & 8) << 11) : 1);
    copy->literals = low & 3;
    return true;
}

/* The first byte may say how many bytes to take as they are. *run: they count as a
 * whole run of literals. */
static bool first_literals(struct lzo *lzo, size_t *state)
{
    if (lzo->in.rest.size == 0 || lzo->in.rest.data[0] < 18)
        return true;
    uint8_t code = 0;
    if (sw_cursor_u8(&lzo->in, &code) != SW_OK || !literals(lzo, code - 17U))
        return false;
    *state = code - 17U < 4 ? code - 17U : 4;
    return true;
}

/* `state`: how many literals came last, 0 to 3, or 4: a run of them. */
static bool decode(struct lzo *lzo)
{
    size_t state = 0;
    uint8_t code = 0;
    if (!first_literals(lzo, &state))
        return false;
    while (sw_cursor_u8(&lzo->in, &code) == SW_OK) {
        struct copy copy = {.length = 0};
        bool good = false;
        if (code >= 64) {
            good = middle_match(lzo, code, &copy);
        } else if (code >= 16) {
            good = long_match(lzo, code, &copy);
            if (good && code < 32 && copy.distance == 16384)
                return sw_cursor_at_end(&lzo->in);
        } else if (state != 0) {
            good = short_match(lzo, code, state == 4, &copy);
        } else {
            if (!long_length(lzo, code, 15, &copy.length) || !literals(lzo, copy.length + 3))
                return false;
            state = 4;
            continue;
        }
        if (!good || !match(lzo, copy.distance, copy.length) || !literals(lzo, copy.literals))
            return false;
        state = copy.literals;
    }
    return false;
}

bool sw_lzo1x(struct sw_view packed, uint8_t *out, size_t capacity, size_t *written)
{
    struct lzo lzo = {.in = sw_cursor_of(packed), .out = out, .capacity = capacity};
    bool good = decode(&lzo);
    *written = lzo.size;
    return good;
}
