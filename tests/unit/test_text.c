/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bytes made printable and back; numbers, sizes, times; distances. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sweeper/text.h"

static struct sw_view view_of(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

/* The three, against every code point: encoded here by the book's bit layout. */
static size_t encode(uint32_t code, size_t length, uint8_t out[static 4])
{
    static const uint8_t leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1;) {
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (uint8_t)(leads[length] | code);
    return length;
}

static size_t length_of(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static void utf8_takes_exactly_the_code_points(void **state)
{
    uint8_t bytes[4];
    (void)state;
    for (uint32_t code = 0; code < 0x1fffff; code++) {
        bool valid = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
        size_t size = encode(code, length_of(code), bytes);
        assert_int_equal(sw_text_is_utf8((struct sw_view){bytes, size}), valid);
        if (size > 1)
            assert_false(sw_text_is_utf8((struct sw_view){bytes, size - 1}));
    }
    for (uint32_t code = 0; code < 0x10000; code++) {
        for (size_t length = length_of(code) + 1; length <= 4; length++) {
            size_t size = encode(code, length, bytes);
            assert_false(sw_text_is_utf8((struct sw_view){bytes, size}));
        }
    }
}

static bool forbidden(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0, 0x1f},        {0x7f, 0x7f},     {0x80, 0x9f},     {0x61c, 0x61c},
        {0x200e, 0x200f}, {0x2028, 0x2029}, {0x202a, 0x202e}, {0x2066, 0x2069},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    }
    return false;
}

static void printable_leaves_out_the_list(void **state)
{
    uint8_t bytes[4];
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        size_t size = encode(code, length_of(code), bytes);
        assert_int_equal(sw_text_is_printable((struct sw_view){bytes, size}), !forbidden(code));
    }
    assert_true(sw_text_is_printable((struct sw_view){NULL, 0}));
    assert_false(sw_text_is_printable(view_of("a\xff")));
}

static void check_escape(const char *in, const char *text, const char *hop)
{
    struct sw_buf out;
    sw_buf_init(&out, 1000);
    assert_int_equal(sw_text_escape(&out, view_of(in)), SW_OK);
    assert_int_equal(sw_buf_terminate(&out), SW_OK);
    assert_string_equal((char *)out.data, text);
    sw_buf_clear(&out);
    assert_int_equal(sw_text_escape_hop(&out, view_of(in)), SW_OK);
    assert_int_equal(sw_buf_terminate(&out), SW_OK);
    assert_string_equal((char *)out.data, hop);
    sw_buf_done(&out);
}

static void escapes_look_as_documented(void **state)
{
    (void)state;
    check_escape("", "", "");
    check_escape("/usr/lib/caf\xc3\xa9", "/usr/lib/caf\xc3\xa9", "/usr/lib/caf\xc3\xa9");
    check_escape("a\nb", "a\\x0ab", "a%0Ab");
    check_escape("back\\slash", "back\\x5cslash", "back\\slash");
    check_escape("50%!", "50%!", "50%25%21");
    check_escape("\xff\xfe", "\\xff\\xfe", "%FF%FE");
    check_escape("\xe2\x80\xae"
                 "gpj",
                 "\\xe2\\x80\\xaegpj", "%E2%80%AEgpj");
    /* A cut character: its bytes one by one, and what follows stays. */
    check_escape("\xe2\x82z", "\\xe2\\x82z", "%E2%82z");
    check_escape("\xc0\xaf", "\\xc0\\xaf", "%C0%AF");
}

static int digit(char letter)
{
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, letter >= 'A' && letter <= 'F' ? letter + 32 : letter);
    assert_non_null(at);
    return (int)(at - digits);
}

/* Undoes either escape. */
static size_t decode(struct sw_view text, char mark, uint8_t *out)
{
    size_t size = 0;
    size_t prefix = mark == '\\' ? 2 : 1;
    for (size_t i = 0; i < text.size; i++) {
        out[size] = text.data[i];
        if (text.data[i] == (uint8_t)mark) {
            out[size] = (uint8_t)(digit((char)text.data[i + prefix]) * 16 +
                                  digit((char)text.data[i + prefix + 1]));
            i += prefix + 1;
        }
        size++;
    }
    return size;
}

static void random_bytes_come_back(void **state)
{
    static const uint8_t spice[] = {0x21, 0x25, 0x5c, 0xc3, 0xa9, 0xe2, 0x80, 0xae,
                                    0xf0, 0x9f, 0x98, 0x80, 0x0a, 0x7f, 0xed, 0xa0};
    unsigned seed = 20260321;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t in[24];
        uint8_t back[24 * 4];
        struct sw_buf out;
        size_t size = (size_t)rand_r(&seed) % sizeof in;
        for (size_t i = 0; i < size; i++) {
            in[i] = rand_r(&seed) % 3 == 0 ? (uint8_t)rand_r(&seed)
                                           : spice[(size_t)rand_r(&seed) % sizeof spice];
        }
        sw_buf_init(&out, 1000);
        assert_int_equal(sw_text_escape(&out, (struct sw_view){in, size}), SW_OK);
        assert_true(sw_text_is_printable(sw_buf_view(&out)));
        assert_int_equal(decode(sw_buf_view(&out), '\\', back), size);
        assert_memory_equal(back, in, size);
        sw_buf_clear(&out);
        assert_int_equal(sw_text_escape_hop(&out, (struct sw_view){in, size}), SW_OK);
        assert_true(sw_text_is_printable(sw_buf_view(&out)));
        assert_true(out.size == 0 || memchr(out.data, '!', out.size) == NULL);
        assert_int_equal(decode(sw_buf_view(&out), '%', back), size);
        assert_memory_equal(back, in, size);
        sw_buf_done(&out);
    }
}

static void failed_escape_leaves_the_buffer(void **state)
{
    struct sw_buf out;
    (void)state;
    sw_buf_init(&out, 12);
    assert_int_equal(sw_buf_append_text(&out, "keep"), SW_OK);
    assert_int_equal(sw_text_escape(&out, view_of("ab\n\n")), SW_SKIP);
    assert_int_equal(out.size, 4);
    assert_int_equal(sw_text_escape_hop(&out, view_of("!!!")), SW_SKIP);
    assert_int_equal(out.size, 4);
    assert_int_equal(sw_text_base64(&out, view_of("1234567")), SW_SKIP);
    assert_int_equal(out.size, 4);
    assert_int_equal(sw_text_base64(&out, view_of("123456")), SW_OK);
    assert_memory_equal(out.data, "keepMTIzNDU2", 12);
    sw_buf_done(&out);
}

static void base64_has_the_vectors_of_the_rfc(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct sw_buf out;
        sw_buf_init(&out, 100);
        assert_int_equal(sw_text_base64(&out, view_of(vectors[i][0])), SW_OK);
        assert_int_equal(sw_buf_terminate(&out), SW_OK);
        assert_string_equal((char *)out.data, vectors[i][1]);
        sw_buf_done(&out);
    }
}

static void sizes_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"4096", 4096},
        {"731B", 731},
        {"64M", 64 << 20},
        {"1GiB", 1 << 30},
        {"512 KiB", 512 << 10},
        {"2g", UINT64_C(2) << 30},
        {"1T", UINT64_C(1) << 40},
        {"2 tib", UINT64_C(2) << 40},
        {"18446744073709551615", UINT64_MAX},
        {"16777215T", UINT64_C(16777215) << 40},
        {"007", 7},
    };
    static const char *const bad[] = {
        "",
        " ",
        "M",
        "-1",
        "+1",
        "1.5G",
        "64MB",
        "64MM",
        "1 ",
        " 1",
        "1  M",
        "0x10",
        "1M ",
        "16777216T",
        "18446744073709551616",
        "99999999999999999999T",
        "1P",
        "1Ki",
        "3Ti",
        "64\tM",
        "1e3",
    };
    uint64_t bytes = 0;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(sw_text_parse_size(good[i].text, &bytes), SW_OK);
        assert_true(bytes == good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bytes = 42;
        if (sw_text_parse_size(bad[i], &bytes) == SW_OK)
            fail_msg("\"%s\" was taken for a size", bad[i]);
        assert_int_equal(bytes, 42);
    }
}

static void seconds_and_numbers_are_read(void **state)
{
    static const char *const bad_seconds[] = {"",           "0",         "0s",  "-1",  "1.5",
                                              "5 m",        "1d",        "5ms", "2hh", "m",
                                              "4294967296", "71582789m", "1s "};
    static const char *const bad_numbers[] = {"",   "0",  "65", "8 ",  " 8",
                                              "+8", "-8", "8x", "0x8", "18446744073709551624"};
    uint32_t seconds = 0;
    uint64_t value = 0;
    (void)state;
    assert_int_equal(sw_text_parse_seconds("300", &seconds), SW_OK);
    assert_int_equal(seconds, 300);
    assert_int_equal(sw_text_parse_seconds("90s", &seconds), SW_OK);
    assert_int_equal(seconds, 90);
    assert_int_equal(sw_text_parse_seconds("5m", &seconds), SW_OK);
    assert_int_equal(seconds, 300);
    assert_int_equal(sw_text_parse_seconds("2h", &seconds), SW_OK);
    assert_int_equal(seconds, 7200);
    assert_int_equal(sw_text_parse_seconds("4294967295", &seconds), SW_OK);
    assert_true(seconds == UINT32_MAX);
    for (size_t i = 0; i < sizeof bad_seconds / sizeof bad_seconds[0]; i++)
        assert_int_equal(sw_text_parse_seconds(bad_seconds[i], &seconds), SW_SKIP);
    assert_true(seconds == UINT32_MAX);
    assert_int_equal(sw_text_parse_number("1", 1, 64, &value), SW_OK);
    assert_int_equal(value, 1);
    assert_int_equal(sw_text_parse_number("64", 1, 64, &value), SW_OK);
    assert_int_equal(value, 64);
    for (size_t i = 0; i < sizeof bad_numbers / sizeof bad_numbers[0]; i++)
        assert_int_equal(sw_text_parse_number(bad_numbers[i], 1, 64, &value), SW_SKIP);
    assert_int_equal(value, 64);
}

static void sizes_are_written(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 B"},
        {731, "731 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {(1 << 20) - 52, "1023.9 KiB"},
        {(1 << 20) - 51, "1 MiB"},
        {(1 << 20) - 1, "1 MiB"},
        {1 << 20, "1 MiB"},
        {(UINT64_C(3) << 30) / 2, "1.5 GiB"},
        {UINT64_C(64) << 30, "64 GiB"},
        {UINT64_MAX, "16 EiB"},
    };
    char out[24];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(sw_text_size(rows[i].bytes, out), rows[i].text);
}

static void counts_and_durations_are_written(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } rows[] = {
        {0, "0.0 s"},           {3.2, "3.2 s"},           {59.94, "59.9 s"},
        {59.96, "1 min 00 s"},  {245, "4 min 05 s"},      {3599.4, "59 min 59 s"},
        {3599.6, "1 h 00 min"}, {7380, "2 h 03 min"},     {7199, "2 h 00 min"},
        {-5, "0.0 s"},          {360000, "100 h 00 min"},
    };
    char out[32];
    (void)state;
    assert_string_equal(sw_text_count(0, out), "0");
    assert_string_equal(sw_text_count(999, out), "999");
    assert_string_equal(sw_text_count(1000, out), "1,000");
    assert_string_equal(sw_text_count(1234567, out), "1,234,567");
    assert_string_equal(sw_text_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(sw_text_duration(rows[i].seconds, out), rows[i].text);
    assert_string_equal(sw_text_duration((double)NAN, out), "0.0 s");
    assert_true(strlen(sw_text_duration((double)INFINITY, out)) < sizeof out);
}

static void times_are_written(void **state)
{
    char out[40];
    (void)state;
    assert_string_equal(sw_text_time(0, out), "1970-01-01T00:00:00.000000000Z");
    assert_string_equal(sw_text_time(-1, out), "1969-12-31T23:59:59.999999999Z");
    assert_string_equal(sw_text_time(INT64_C(1795289028000000001), out),
                        "2026-11-21T19:23:48.000000001Z");
    assert_string_equal(sw_text_time(INT64_MAX, out), "2262-04-11T23:47:16.854775807Z");
    assert_string_equal(sw_text_time(INT64_MIN, out), "1677-09-21T00:12:43.145224192Z");
}

/* The C library's calendar is the reference, a step of 9 hours at a time. */
static void times_agree_with_the_calendar(void **state)
{
    (void)state;
    for (int64_t seconds = -9223372036; seconds <= 9223372036; seconds += 32399) {
        char out[40];
        char expected[40];
        struct tm parts;
        time_t clock = (time_t)seconds;
        assert_non_null(gmtime_r(&clock, &parts));
        (void)strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000000Z", &parts);
        assert_string_equal(sw_text_time(seconds * 1000000000, out), expected);
    }
}

static void distances_are_right(void **state)
{
    char word[65];
    (void)state;
    assert_int_equal(sw_text_distance("", ""), 0);
    assert_int_equal(sw_text_distance("", "abc"), 3);
    assert_int_equal(sw_text_distance("abc", ""), 3);
    assert_int_equal(sw_text_distance("kitten", "sitting"), 3);
    assert_int_equal(sw_text_distance("exlude", "exclude"), 1);
    assert_int_equal(sw_text_distance("excldue", "exclude"), 1);
    assert_int_equal(sw_text_distance("exclude", "exclude"), 0);
    /* The restricted distance does not edit what it has transposed. */
    assert_int_equal(sw_text_distance("ca", "abc"), 3);
    memset(word, 'a', 64);
    word[64] = '\0';
    assert_true(sw_text_distance(word, "a") == SIZE_MAX);
    assert_true(sw_text_distance("a", word) == SIZE_MAX);
    word[63] = '\0';
    assert_int_equal(sw_text_distance(word, "a"), 62);
    assert_int_equal(sw_text_distance(word, word), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_takes_exactly_the_code_points),
        cmocka_unit_test(printable_leaves_out_the_list),
        cmocka_unit_test(escapes_look_as_documented),
        cmocka_unit_test(random_bytes_come_back),
        cmocka_unit_test(failed_escape_leaves_the_buffer),
        cmocka_unit_test(base64_has_the_vectors_of_the_rfc),
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(seconds_and_numbers_are_read),
        cmocka_unit_test(sizes_are_written),
        cmocka_unit_test(counts_and_durations_are_written),
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(times_agree_with_the_calendar),
        cmocka_unit_test(distances_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
