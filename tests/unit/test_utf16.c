/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-16: what is taken for it, and that UTF-8 comes out as iconv(3) has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/utf16.h"

static const char *const codes[SW_UTF16_ORDER_COUNT] = {"", "UTF-16LE", "UTF-16BE"};

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

/* Through an exact copy, so that a sanitizer sees one byte too far. */
static struct sw_buf converted(enum sw_utf16_order order, const void *data, size_t size,
                               size_t step)
{
    struct sw_buf out;
    size_t at = 0;
    bool last = false;

    sw_buf_init(&out, 1 << 20);
    while (!last) {
        size_t part = size - at < step ? size - at : step;
        size_t done = SIZE_MAX;
        uint8_t *copy = malloc(part + 1);
        assert_non_null(copy);
        memcpy(copy + 1, (const uint8_t *)data + at, part);
        last = at + part == size;
        assert_int_equal(
            sw_utf16_convert(order, (struct sw_view){copy + 1, part}, last, &out, &done), SW_OK);
        assert_true(last ? done == part : done <= part && part - done <= 3);
        free(copy);
        at += done;
    }
    return out;
}

static void assert_converts(enum sw_utf16_order order, const void *data, size_t size,
                            const void *expected, size_t expected_size)
{
    for (size_t step = 4; step < 40; step++) {
        struct sw_buf out = converted(order, data, size, step);
        assert_int_equal(out.size, expected_size);
        if (expected_size > 0)
            assert_memory_equal(out.data, expected, expected_size);
        sw_buf_done(&out);
    }
}

static size_t by_iconv(const char *to, const char *from, const void *data, size_t size, char *out,
                       size_t room)
{
    iconv_t way = iconv_open(to, from);
    char *in = (char *)(uintptr_t)data;
    char *end = out;

    assert_true(way != (iconv_t)-1); /* NOLINT(performance-no-int-to-ptr) */
    assert_int_equal(iconv(way, &in, &size, &end, &room), 0);
    assert_int_equal(size, 0);
    assert_int_equal(iconv_close(way), 0);
    return (size_t)(end - out);
}

/* A character of every length, each as likely. */
static uint32_t random_character(void)
{
    static const uint32_t first[] = {0, 0x80, 0x800, 0xe000, 0x10000};
    static const uint32_t count[] = {0x80, 0x780, 0xd000, 0x2000, 0x100000};
    uint32_t kind = next_random() % 5;
    return first[kind] + next_random() % count[kind];
}

static void test_as_iconv_has_it(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        uint32_t text[64];
        char wide[4 * 64], narrow[4 * 64];
        size_t count = next_random() % 64;
        for (size_t i = 0; i < count; i++)
            text[i] = random_character();
        size_t narrow_size = by_iconv("UTF-8", "UTF-32LE", text, count * 4, narrow, sizeof(narrow));
        for (enum sw_utf16_order order = SW_UTF16_LE; order <= SW_UTF16_BE; order++) {
            size_t wide_size =
                by_iconv(codes[order], "UTF-32LE", text, count * 4, wide, sizeof(wide));
            assert_converts(order, wide, wide_size, narrow, narrow_size);
        }
    }
}

#define CONVERTS(wide, narrow)                                                                     \
    assert_converts(SW_UTF16_LE, wide, sizeof(wide) - 1, narrow, sizeof(narrow) - 1)
#define BAD "\xef\xbf\xbd"

static void test_what_is_ill_formed(void **state)
{
    (void)state;
    CONVERTS("", "");
    CONVERTS("a", BAD);
    CONVERTS("a\0b", "a" BAD);
    CONVERTS("\x00\xd8", BAD);             /* a first half alone */
    CONVERTS("\x00\xd8g", BAD);            /* and cut in the second */
    CONVERTS("\x00\xdc", BAD);             /* a second half alone */
    CONVERTS("\x00\xd8g\0", BAD "g");      /* what follows stays */
    CONVERTS("\x00\xd8\x00\xd8", BAD BAD); /* two first halves */
    CONVERTS("\x00\xdc\x00\xd8", BAD BAD); /* the wrong way round */
    CONVERTS("\x00\xd8\x00\xd8\x00\xdc", BAD "\xf0\x90\x80\x80");
    CONVERTS("\xff\xdb\xff\xdf", "\xf4\x8f\xbf\xbf"); /* U+10FFFF */
    CONVERTS("\xff\xfe"
             "a\0",
             "\xef\xbb\xbf"
             "a"); /* a mark in the text stays */
    CONVERTS("\xff\xff\xfe\xff", "\xef\xbf\xbf\xef\xbf\xbe");
    CONVERTS("\0\0\0\0", "\0\0");
}

/* A slow second reading of whatever it is. */
static size_t model(enum sw_utf16_order order, const uint8_t *bytes, size_t size, uint8_t *out)
{
    const int high = order == SW_UTF16_LE;
    size_t at = 0, made = 0;

    while (at < size) {
        unsigned unit = 0, low = 0, code = 0xfffd;
        size_t step = 2;
        if (size - at >= 2)
            unit = bytes[at + (size_t)high] * 256U + bytes[at + (size_t)!high];
        if (size - at >= 4)
            low = bytes[at + 2 + (size_t)high] * 256U + bytes[at + 2 + (size_t)!high];
        if (size - at < 2 || (unit / 0x400 == 0x36 && size - at == 3)) {
            step = size - at;
        } else if (unit / 0x400 == 0x36 && low / 0x400 == 0x37) {
            code = 0x10000 + unit % 0x400 * 0x400 + low % 0x400;
            step = 4;
        } else if (unit / 0x800 != 0x1b) {
            code = unit;
        }
        at += step;
        size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
        out[made++] = (uint8_t)(lead[more] | code >> 6 * more);
        while (more-- > 0)
            out[made++] = (uint8_t)(0x80 | (code >> 6 * more & 0x3f));
    }
    return made;
}

static void test_random_bytes(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t wide[67], narrow[sizeof(wide) / 2 * 3 + 3];
        size_t size = next_random() % sizeof(wide);
        for (size_t i = 0; i < size; i++)
            wide[i] = (uint8_t)(round % 2 == 0 && next_random() % 2 == 0 ? 0xd8 + next_random() % 8
                                                                         : next_random());
        for (enum sw_utf16_order order = SW_UTF16_LE; order <= SW_UTF16_BE; order++) {
            size_t expected = model(order, wide, size, narrow);
            struct sw_buf out = converted(order, wide, size, 4 + next_random() % 64);
            assert_int_equal(out.size, expected);
            if (expected > 0)
                assert_memory_equal(out.data, narrow, expected);
            sw_buf_done(&out);
        }
    }
}

static void test_no_room_changes_nothing(void **state)
{
    struct sw_buf out;
    size_t done = 77;

    (void)state;
    sw_buf_init(&out, 8);
    assert_int_equal(sw_buf_append_text(&out, "kept"), SW_OK);
    assert_int_equal(sw_utf16_convert(SW_UTF16_LE,
                                      (struct sw_view){(const uint8_t *)"\xac\x20\xac\x20", 4},
                                      true, &out, &done),
                     SW_SKIP);
    assert_int_equal(done, 77);
    assert_int_equal(out.size, 4);
    sw_buf_done(&out);
}

/* --- what is taken for it ----------------------------------------------------------- */

static struct sw_utf16 told(const void *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy + 1, data, size);
    struct sw_utf16 form = sw_utf16_of((struct sw_view){copy + 1, size});
    free(copy);
    return form;
}

static void assert_told(const void *data, size_t size, enum sw_utf16_order order, size_t mark)
{
    struct sw_utf16 form = told(data, size);
    assert_int_equal(form.order, order);
    assert_int_equal(form.mark_size, mark);
}

static const char script[] = "$ErrorActionPreference = 'Stop'\r\nInvoke-Thing -Path C:\\x\r\n";
static const char russian[] = "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, "
                              "\xd0\xbc\xd0\xb8\xd1\x80";

static void test_text_is_told(void **state)
{
    (void)state;
    for (enum sw_utf16_order order = SW_UTF16_LE; order <= SW_UTF16_BE; order++) {
        static const char marks[SW_UTF16_ORDER_COUNT][2] = {"", "\xff\xfe", "\xfe\xff"};
        char wide[512];
        memcpy(wide, marks[order], 2);
        size_t size =
            by_iconv(codes[order], "UTF-8", script, strlen(script), wide + 2, sizeof(wide) - 2);
        assert_told(wide, size + 2, order, 2);
        assert_told(wide + 2, size, order, 0);
        assert_told(wide + 2, size - 1, order, 0); /* odd length */
        assert_told(wide + 2, 16, order, 0);
        assert_told(wide + 2, 15, SW_UTF16_NONE, 0);
        /* Other letters need the mark. */
        size =
            by_iconv(codes[order], "UTF-8", russian, strlen(russian), wide + 2, sizeof(wide) - 2);
        assert_told(wide, size + 2, order, 2);
        assert_told(wide + 2, size, SW_UTF16_NONE, 0);
    }
    assert_string_equal(sw_utf16_name(SW_UTF16_LE), "utf-16le");
    assert_string_equal(sw_utf16_name(SW_UTF16_BE), "utf-16be");
}

/* 256 characters are judged: 25 may be anything, 26 not. */
static void test_the_share_without_a_mark(void **state)
{
    (void)state;
    for (unsigned strangers = 24; strangers < 28; strangers++) {
        uint8_t wide[600];
        for (size_t i = 0; i < sizeof(wide); i += 2) {
            wide[i] = i / 2 < strangers || i >= 512 ? 0x01 : 'a';
            wide[i + 1] = 0;
        }
        assert_told(wide, sizeof(wide), strangers <= 25 ? SW_UTF16_LE : SW_UTF16_NONE, 0);
    }
}

static void test_binaries_are_not(void **state)
{
    uint8_t bytes[512];
    unsigned taken = 0;

    (void)state;
    assert_told("", 0, SW_UTF16_NONE, 0);
    assert_told("\xff\xfe", 2, SW_UTF16_NONE, 0);
    assert_told(script, strlen(script), SW_UTF16_NONE, 0);
    memset(bytes, 0, sizeof(bytes));
    assert_told(bytes, sizeof(bytes), SW_UTF16_NONE, 0);
    /* Small numbers of 16 and of 32 bits. */
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = i % 2 == 0 ? (uint8_t)(i / 2) : 0;
    assert_told(bytes, sizeof(bytes), SW_UTF16_NONE, 0);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = i % 4 == 0 ? 'a' : 0;
    assert_told(bytes, sizeof(bytes), SW_UTF16_NONE, 0);
    /* UTF-32 with its mark, which begins as that of UTF-16 does. */
    bytes[0] = 0xff;
    bytes[1] = 0xfe;
    assert_told(bytes, sizeof(bytes), SW_UTF16_NONE, 0);
    /* Sound that begins as a mark does, or none at all. */
    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)next_random();
        bytes[0] = round % 3 == 0 ? 0xfe : 0xff;
        bytes[1] = round % 3 == 0 ? 0xff : 0xfe;
        taken +=
            told(bytes + (size_t)(round % 2) * 2, sizeof(bytes) - 2).order != SW_UTF16_NONE ? 1 : 0;
    }
    assert_int_equal(taken, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_iconv_has_it),  cmocka_unit_test(test_what_is_ill_formed),
        cmocka_unit_test(test_random_bytes),     cmocka_unit_test(test_no_room_changes_nothing),
        cmocka_unit_test(test_text_is_told),     cmocka_unit_test(test_the_share_without_a_mark),
        cmocka_unit_test(test_binaries_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
