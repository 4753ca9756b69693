/* SPDX-License-Identifier: Apache-2.0 */
/* case_recipe.c - see case_recipe.h. */
#define ZLIB_CONST 1 /* next_in may point to what is not ours to change */
#include "supervisor/case_recipe.h"

#include <string.h>
#include <zlib.h>

#include "sweeper/text.h"

enum { WIDTH_MAX = 1000000, GZIP_WINDOW_BITS = MAX_WBITS + 16 };

static enum sw_status to_base64(struct sw_view bytes, uint64_t number, struct sw_buf *out)
{
    (void)number;
    return sw_text_base64(out, bytes);
}

static enum sw_status to_hex(struct sw_view bytes, uint64_t number, struct sw_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    (void)number;
    enum sw_status status = sw_buf_reserve(out, 2 * bytes.size);
    for (size_t i = 0; status == SW_OK && i < bytes.size; i++) {
        const char pair[] = {digits[bytes.data[i] >> 4], digits[bytes.data[i] & 15]};
        status = sw_buf_append(out, pair, sizeof(pair));
    }
    return status;
}

/* In one go: the output has room for the worst case. zlib writes no time and no
 * name, so that the same content always makes the same bytes. */
static enum sw_status deflate_all(struct sw_view bytes, int window_bits, struct sw_buf *out)
{
    static const Bytef nothing[1] = {0};
    z_stream stream = {.next_in = bytes.size > 0 ? bytes.data : nothing,
                       .avail_in = (uInt)bytes.size};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return SW_SKIP;
    size_t room = deflateBound(&stream, (uLong)bytes.size);
    enum sw_status status = sw_buf_reserve(out, room);
    if (status == SW_OK) {
        stream.next_out = out->data + out->size;
        stream.avail_out = (uInt)room;
        status = deflate(&stream, Z_FINISH) == Z_STREAM_END ? SW_OK : SW_SKIP;
    }
    if (status == SW_OK)
        out->size += room - stream.avail_out;
    deflateEnd(&stream);
    return status;
}

static enum sw_status to_gzip(struct sw_view bytes, uint64_t number, struct sw_buf *out)
{
    (void)number;
    return deflate_all(bytes, GZIP_WINDOW_BITS, out);
}

static enum sw_status to_zlib(struct sw_view bytes, uint64_t number, struct sw_buf *out)
{
    (void)number;
    return deflate_all(bytes, MAX_WBITS, out);
}

/* The next character of valid UTF-8; its size in bytes is in *size. */
static uint32_t character_at(const uint8_t *at, size_t *size)
{
    *size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    uint32_t value = *size == 1 ? at[0] : at[0] & (0x3fU >> (*size - 1));
    for (size_t i = 1; i < *size; i++)
        value = value << 6 | (at[i] & 0x3fU);
    return value;
}

static enum sw_status append_unit(struct sw_buf *out, uint32_t unit)
{
    const uint8_t pair[] = {(uint8_t)unit, (uint8_t)(unit >> 8)};
    return sw_buf_append(out, pair, sizeof(pair));
}

static enum sw_status to_utf16le(struct sw_view bytes, uint64_t number, struct sw_buf *out)
{
    size_t size = 0;
    enum sw_status status = SW_OK;
    (void)number;
    if (!sw_text_is_utf8(bytes))
        return SW_DEAD;
    for (size_t i = 0; status == SW_OK && i < bytes.size; i += size) {
        uint32_t value = character_at(bytes.data + i, &size);
        if (value < 0x10000) {
            status = append_unit(out, value);
            continue;
        }
        status = append_unit(out, 0xd800 + ((value - 0x10000) >> 10));
        if (status == SW_OK)
            status = append_unit(out, 0xdc00 + ((value - 0x10000) & 0x3ff));
    }
    return status;
}

static enum sw_status to_repeat(struct sw_view bytes, uint64_t count, struct sw_buf *out)
{
    if (bytes.size == 0)
        return SW_OK;
    if (count > out->size_max / bytes.size)
        return SW_SKIP;
    enum sw_status status = sw_buf_reserve(out, bytes.size * (size_t)count);
    for (uint64_t i = 0; status == SW_OK && i < count; i++)
        status = sw_buf_append(out, bytes.data, bytes.size);
    return status;
}

static enum sw_status to_crlf(struct sw_view bytes, uint64_t number, struct sw_buf *out)
{
    enum sw_status status = SW_OK;
    size_t done = 0;
    (void)number;
    while (status == SW_OK && done < bytes.size) {
        const uint8_t *start = bytes.data + done;
        const uint8_t *end = memchr(start, '\n', bytes.size - done);
        size_t size = end != NULL ? (size_t)(end - start) : bytes.size - done;
        status = sw_buf_append(out, start, size);
        if (status == SW_OK && end != NULL)
            status = sw_buf_append_text(out, "\r\n");
        done += size + (end != NULL ? 1 : 0);
    }
    return status;
}

/* Line ends stand between lines, not after the last one. */
static enum sw_status to_lines(struct sw_view bytes, uint64_t width, struct sw_buf *out)
{
    enum sw_status status = SW_OK;
    for (size_t done = 0; status == SW_OK && done < bytes.size; done += (size_t)width) {
        size_t left = bytes.size - done;
        if (done > 0)
            status = sw_buf_append_u8(out, '\n');
        if (status == SW_OK)
            status = sw_buf_append(out, bytes.data + done, left < width ? left : (size_t)width);
    }
    return status;
}

static const struct sw_recipe recipes[] = {
    {.word = "base64", .encode = to_base64},
    {.word = "hex", .encode = to_hex},
    {.word = "gzip", .encode = to_gzip},
    {.word = "zlib", .encode = to_zlib},
    {.word = "utf16le", .encode = to_utf16le},
    {.word = "repeat", .number = "count", .number_max = SW_CASE_SIZE_MAX, .encode = to_repeat},
    {.word = "crlf", .encode = to_crlf},
    {.word = "lines", .number = "width", .number_max = WIDTH_MAX, .encode = to_lines},
};

const struct sw_recipe *sw_recipe_find(const char *word)
{
    for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++)
        if (strcmp(recipes[i].word, word) == 0)
            return &recipes[i];
    return NULL;
}

const char *sw_recipe_words(void)
{
    return "base64, hex, gzip, zlib, utf16le, bytes, repeat, crlf, lines";
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

enum sw_status sw_recipe_bytes(const char *digits, struct sw_buf *out)
{
    enum sw_status status = SW_OK;
    for (; status == SW_OK && digits[0] != '\0'; digits += 2) {
        int high = digit_value(digits[0]);
        int low = high < 0 ? -1 : digit_value(digits[1]);
        if (low < 0)
            return SW_DEAD;
        status = sw_buf_append_u8(out, (uint8_t)(high * 16 + low));
    }
    return status;
}
