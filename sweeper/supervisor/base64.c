/* SPDX-License-Identifier: Apache-2.0 */
/* Strict base64 decoding: one text for each sequence of bytes, no other. */
#include "supervisor/base64.h"

#include <string.h>

static const char sw_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a digit, or -1. */
static int digit_value(char digit)
{
    const char *found = digit == '\0' ? NULL : strchr(sw_digits, digit);
    return found == NULL ? -1 : (int)(found - sw_digits);
}

/* Decodes one group of four; `count` bytes of it are wanted (1 to 3). */
static bool group_decode(const char *group, size_t count, uint8_t bytes[static 3])
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i <= count ? digit_value(group[i]) : 0;
        if (value < 0 || (i > count && group[i] != '='))
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    bytes[0] = (uint8_t)(bits >> 16);
    bytes[1] = (uint8_t)(bits >> 8);
    bytes[2] = (uint8_t)bits;
    /* Bits under the padding must be zero, or two texts would mean the same. */
    return count == 3 || (bits & (count == 2 ? 0xffU : 0xffffU)) == 0;
}

bool sw_base64_decode(const char *text, uint8_t *data, size_t size_max, size_t *size)
{
    size_t length = strlen(text);
    size_t decoded = 0;
    if (length % 4 != 0)
        return false;
    for (size_t at = 0; at < length; at += 4) {
        uint8_t bytes[3];
        size_t count = 3;
        if (at + 4 == length && text[length - 1] == '=')
            count = text[length - 2] == '=' ? 1 : 2;
        if (!group_decode(text + at, count, bytes) || size_max - decoded < count)
            return false;
        if (data != NULL)
            memcpy(data + decoded, bytes, count);
        decoded += count;
    }
    *size = decoded;
    return true;
}
