/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 has it, one character at a time. */
#include "common/utf8.h"

/* One row a length: which lead bytes announce it, which code points may use it. */
struct form {
    uint8_t lead_mask;
    uint8_t lead_value;
    uint32_t code_min; /* smaller ones would be overlong */
    uint32_t code_max;
};

static const struct form forms[] = {
    {0x80, 0x00, 0x0, 0x7f},
    {0xe0, 0xc0, 0x80, 0x7ff},
    {0xf0, 0xe0, 0x800, 0xffff},
    {0xf8, 0xf0, 0x10000, 0x10ffff},
};

static bool in_range(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

static size_t decode(const struct form *form, size_t length, struct sw_view bytes, uint32_t *code)
{
    uint32_t value = bytes.data[0] & (uint8_t)~form->lead_mask;
    if (bytes.size < length)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((bytes.data[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes.data[i] & 0x3fU);
    }
    if (!in_range(value, form->code_min, form->code_max) || in_range(value, 0xd800, 0xdfff))
        return 0;
    *code = value;
    return length;
}

size_t sw_utf8_next(struct sw_view bytes, uint32_t *code)
{
    if (bytes.size == 0)
        return 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((bytes.data[0] & forms[i].lead_mask) == forms[i].lead_value)
            return decode(&forms[i], i + 1, bytes, code);
    }
    return 0;
}

bool sw_utf8_printable(uint32_t code)
{
    if (code < 0x20 || in_range(code, 0x7f, 0x9f))
        return false;
    if (code == 0x061c || code == 0x200e || code == 0x200f)
        return false;
    return !in_range(code, 0x2028, 0x202e) && !in_range(code, 0x2066, 0x2069);
}
