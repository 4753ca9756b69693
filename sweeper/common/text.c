/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is made of arbitrary bytes: what may be shown as it is, escapes,
 * base64; and how far two words are apart. Numbers are in number.c. */
#include "sweeper/text.h"

#include <string.h>

#include "common/utf8.h"

static struct sw_view skip(struct sw_view bytes, size_t size)
{
    return (struct sw_view){bytes.data + size, bytes.size - size};
}

bool sw_text_is_utf8(struct sw_view bytes)
{
    uint32_t code = 0;
    while (bytes.size > 0) {
        size_t length = sw_utf8_next(bytes, &code);
        if (length == 0)
            return false;
        bytes = skip(bytes, length);
    }
    return true;
}

bool sw_text_is_printable(struct sw_view bytes)
{
    uint32_t code = 0;
    while (bytes.size > 0) {
        size_t length = sw_utf8_next(bytes, &code);
        if (length == 0 || !sw_utf8_printable(code))
            return false;
        bytes = skip(bytes, length);
    }
    return true;
}

/* How one kind of escape looks. */
struct escape {
    const char *prefix; /* before the two digits of a byte */
    const char *digits;
    const char *reserved; /* printable characters that are escaped all the same */
};

static const struct escape escape_text = {"\\x", "0123456789abcdef", "\\"};
static const struct escape escape_hop = {"%", "0123456789ABCDEF", "!%"};

static enum sw_status append_escaped(struct sw_buf *out, const struct escape *escape,
                                     struct sw_view bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        const char digits[2] = {escape->digits[bytes.data[i] >> 4],
                                escape->digits[bytes.data[i] & 15]};
        if (sw_buf_append_text(out, escape->prefix) != SW_OK ||
            sw_buf_append(out, digits, sizeof digits) != SW_OK)
            return SW_SKIP;
    }
    return SW_OK;
}

static bool stands_for_itself(const struct escape *escape, uint32_t code)
{
    if (!sw_utf8_printable(code))
        return false;
    return code >= 0x80 || strchr(escape->reserved, (int)code) == NULL;
}

static enum sw_status escape_bytes(struct sw_buf *out, const struct escape *escape,
                                   struct sw_view bytes)
{
    size_t size_before = out->size;
    while (bytes.size > 0) {
        uint32_t code = 0;
        enum sw_status status = SW_OK;
        size_t length = sw_utf8_next(bytes, &code);
        if (length > 0 && stands_for_itself(escape, code)) {
            status = sw_buf_append(out, bytes.data, length);
        } else {
            length = length > 0 ? length : 1;
            status = append_escaped(out, escape, (struct sw_view){bytes.data, length});
        }
        if (status != SW_OK) {
            out->size = size_before;
            return status;
        }
        bytes = skip(bytes, length);
    }
    return SW_OK;
}

enum sw_status sw_text_escape(struct sw_buf *out, struct sw_view bytes)
{
    return escape_bytes(out, &escape_text, bytes);
}

enum sw_status sw_text_escape_hop(struct sw_buf *out, struct sw_view bytes)
{
    return escape_bytes(out, &escape_hop, bytes);
}

enum sw_status sw_text_base64(struct sw_buf *out, struct sw_view bytes)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = 0;
    size_t groups = bytes.size / 3 + (bytes.size % 3 != 0);
    if (__builtin_mul_overflow(groups, (size_t)4, &size) || sw_buf_reserve(out, size) != SW_OK)
        return SW_SKIP;
    for (size_t at = 0; at < bytes.size; at += 3) {
        size_t present = bytes.size - at < 3 ? bytes.size - at : 3;
        uint32_t group = 0;
        char digits[4] = {'=', '=', '=', '='};
        for (size_t i = 0; i < 3; i++)
            group = group << 8 | (i < present ? bytes.data[at + i] : 0U);
        for (size_t i = 0; i <= present; i++)
            digits[i] = alphabet[group >> (18 - 6 * i) & 63];
        if (sw_buf_append(out, digits, sizeof digits) != SW_OK)
            return SW_SKIP;
    }
    return SW_OK;
}

#define WORD_MAX 63 /* bytes */

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t sw_text_distance(const char *a, const char *b)
{
    /* Three rows of the table suffice: a transposition looks back two. */
    size_t rows[3][WORD_MAX + 1];
    size_t a_size = strnlen(a, WORD_MAX + 1);
    size_t b_size = strnlen(b, WORD_MAX + 1);
    if (a_size > WORD_MAX || b_size > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *twice_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = min(min(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = min(row[j], twice_above[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}
