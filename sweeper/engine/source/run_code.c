/* SPDX-License-Identifier: Apache-2.0 */
/* run_code.c - base64 and hexadecimal, character by character. */
#include "engine/source/run_code.h"

#include <string.h>

#include "engine/source/inflate.h"
#include "engine/source/utf16.h"

void run_values(uint8_t value[static 256])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char marks[] = " \t\r\n\"'`+,()";

    memset(value, OTHER, 256);
    for (size_t i = 0; marks[i] != '\0'; i++)
        value[(uint8_t)marks[i]] = MARK;
    for (size_t i = 0; alphabet[i] != '\0'; i++)
        value[(uint8_t)alphabet[i]] = (uint8_t)i;
    value['-'] = 62;
    value['_'] = 63;
    value['='] = PAD;
    value['\\'] = BACKSLASH;
}

bool run_base64(const uint8_t value[static 256], struct sw_view run, size_t from,
                struct sw_buf *out)
{
    const uint8_t *in = run.data + from;
    size_t left = run.size - from;
    uint8_t *to;

    sw_buf_clear(out);
    if (sw_buf_reserve(out, left / 4 * 3 + 3) != SW_OK)
        return false;
    to = out->data;
    for (; left >= 4; left -= 4, in += 4) {
        uint32_t group = (uint32_t)value[in[0]] << 18 | (uint32_t)value[in[1]] << 12 |
                         (uint32_t)value[in[2]] << 6 | value[in[3]];
        *to++ = (uint8_t)(group >> 16);
        *to++ = (uint8_t)(group >> 8);
        *to++ = (uint8_t)group;
    }
    if (left >= 2)
        *to++ = (uint8_t)(value[in[0]] << 2 | value[in[1]] >> 4);
    if (left == 3)
        *to++ = (uint8_t)(value[in[1]] << 4 | value[in[2]] >> 2);
    out->size = (size_t)(to - out->data);
    return true;
}

int run_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t run_hex_size(struct sw_view run)
{
    size_t size = 0;

    while (size < run.size && run_hex_digit(run.data[size]) >= 0)
        size++;
    return size;
}

bool run_is_hex(struct sw_view run)
{
    return run_hex_size(run) == run.size;
}

bool run_hex(struct sw_view run, struct sw_buf *out)
{
    sw_buf_clear(out);
    if (sw_buf_reserve(out, run.size / 2) != SW_OK)
        return false;
    for (size_t i = 0; i + 1 < run.size; i += 2)
        out->data[out->size++] = (uint8_t)((unsigned)run_hex_digit(run.data[i]) << 4 |
                                           (unsigned)run_hex_digit(run.data[i + 1]));
    return true;
}

size_t run_plausibility(struct sw_view bytes)
{
    size_t size = bytes.size < RUN_PROBE_SIZE ? bytes.size : RUN_PROBE_SIZE;
    size_t printable = 0;

    if (sw_inflate_kind_of(bytes) != SW_INFLATE_NONE || sw_utf16_of(bytes).order != SW_UTF16_NONE ||
        (bytes.size > 4 && (memcmp(bytes.data,
                                   "\x7f"
                                   "ELF",
                                   4) == 0 ||
                            memcmp(bytes.data, "PK\x03\x04", 4) == 0)))
        return RUN_PROBE_SIZE;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = bytes.data[i];
        printable += (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t' ? 1 : 0;
    }
    return printable;
}
