/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-16: always UTF-8 comes out, the same however the text is cut, and what was
 * well-formed goes back to its bytes.
 * Input: u8 bytes a step, less 4; then the text.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/source/utf16.h"
#include "fuzz.h"
#include "sweeper/text.h"

static struct sw_buf converted(enum sw_utf16_order order, struct sw_view text, size_t step)
{
    struct sw_buf out;
    bool last = false;

    sw_buf_init(&out, text.size * 2 + 4);
    while (!last) {
        struct sw_view part = {text.data, text.size < step ? text.size : step};
        size_t done = SIZE_MAX;
        uint8_t *copy = fuzz_copy(part);
        last = part.size == text.size;
        FUZZ_CHECK(sw_utf16_convert(order, (struct sw_view){copy, part.size}, last, &out, &done) ==
                   SW_OK);
        FUZZ_CHECK(done <= part.size && part.size - done <= (last ? 0 : 3));
        free(copy);
        if (done > 0)
            text.data += done;
        text.size -= done;
    }
    return out;
}

/* The way back, for what is known to be UTF-8. Returns the bytes of the character. */
static size_t widen(enum sw_utf16_order order, const uint8_t *from, uint8_t to[static 4],
                    size_t *size)
{
    size_t more = from[0] < 0x80 ? 0 : from[0] < 0xe0 ? 1 : from[0] < 0xf0 ? 2 : 3;
    unsigned code = more == 0 ? from[0] : from[0] & (0x3fU >> more);
    for (size_t i = 1; i <= more; i++)
        code = code << 6 | (from[i] & 0x3fU);
    unsigned units[2] = {code, 0};
    if (code >= 0x10000) {
        units[0] = 0xd800 + ((code - 0x10000) >> 10);
        units[1] = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    *size = code >= 0x10000 ? 4 : 2;
    for (size_t i = 0; i < *size; i++) {
        bool high = (i % 2 == 0) == (order == SW_UTF16_BE);
        to[i] = (uint8_t)(high ? units[i / 2] >> 8 : units[i / 2]);
    }
    return more + 1;
}

/* Whatever differs was ill-formed, and is U+FFFD now. */
static void check_back(enum sw_utf16_order order, struct sw_view text, struct sw_view utf8)
{
    size_t at = 0;

    for (size_t i = 0; i < utf8.size;) {
        uint8_t wide[4];
        size_t size = 0;
        size_t step = widen(order, utf8.data + i, wide, &size);
        bool same = text.size - at >= size && memcmp(text.data + at, wide, size) == 0;
        if (!same) {
            size_t left = text.size - at;
            bool is_end = i + step == utf8.size;
            FUZZ_CHECK(step == 3 && memcmp(utf8.data + i, "\xef\xbf\xbd", 3) == 0);
            size = left == 1 || (left == 3 && is_end) ? left : 2;
        }
        at += size;
        i += step;
    }
    FUZZ_CHECK(at == text.size);
}

static void try_order(enum sw_utf16_order order, struct sw_view text, size_t step)
{
    struct sw_buf whole = converted(order, text, SIZE_MAX);
    struct sw_buf cut = converted(order, text, step);

    FUZZ_CHECK(sw_text_is_utf8(sw_buf_view(&whole)));
    FUZZ_CHECK(whole.size <= text.size / 2 * 3 + 3);
    FUZZ_CHECK(whole.size == cut.size);
    FUZZ_CHECK(whole.size == 0 || memcmp(whole.data, cut.data, whole.size) == 0);
    check_back(order, text, sw_buf_view(&whole));
    sw_buf_done(&whole);
    sw_buf_done(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    size_t step = 4 + (size_t)fuzz_u8(&input);
    uint8_t *copy = fuzz_copy(input.rest);
    const struct sw_view text = {copy, input.rest.size};

    try_order(SW_UTF16_LE, text, step);
    try_order(SW_UTF16_BE, text, step);
    struct sw_utf16 form = sw_utf16_of(text);
    FUZZ_CHECK(form.order < SW_UTF16_ORDER_COUNT && form.mark_size <= 2);
    FUZZ_CHECK(form.order != SW_UTF16_NONE || form.mark_size == 0);
    /* 512 bytes are enough. */
    if (text.size > 512)
        FUZZ_CHECK(sw_utf16_of((struct sw_view){copy, 512}).order == form.order);
    free(copy);
    return 0;
}
