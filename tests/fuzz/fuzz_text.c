/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text: escapes that can be undone, and numbers against slow, plain readings.
 * Input: u64 a number, then any bytes.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"
#include "sweeper/limits.h"
#include "sweeper/text.h"

/* --- bytes --- */

static int hex_value(uint8_t digit, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const char *found = digit == 0 ? NULL : strchr(digits, digit);
    FUZZ_CHECK(found != NULL);
    return (int)(found - digits);
}

/* Undoes an escape: `mark` (and an `x` after a backslash), then two digits. */
static void check_undone(const struct sw_buf *escaped, char mark, struct sw_view bytes)
{
    size_t skip = mark == '\\' ? 2 : 1;
    size_t out = 0;
    for (size_t at = 0; at < escaped->size; out++) {
        uint8_t byte = escaped->data[at++];
        if (byte == (uint8_t)mark) {
            FUZZ_CHECK(escaped->size - at >= skip + 1 && (skip == 1 || escaped->data[at] == 'x'));
            at += skip - 1;
            byte = (uint8_t)(hex_value(escaped->data[at], mark == '%') * 16 +
                             hex_value(escaped->data[at + 1], mark == '%'));
            at += 2;
        }
        FUZZ_CHECK(out < bytes.size && bytes.data[out] == byte);
    }
    FUZZ_CHECK(out == bytes.size);
}

static void try_escapes(struct sw_view bytes)
{
    struct sw_buf out;
    sw_buf_init(&out, bytes.size * 4 + 16);
    FUZZ_CHECK(sw_text_escape(&out, bytes) == SW_OK);
    FUZZ_CHECK(sw_text_is_printable(sw_buf_view(&out)));
    check_undone(&out, '\\', bytes);
    /* Printable text without a backslash stands for itself, and nothing else does. */
    bool plain = sw_text_is_printable(bytes) &&
                 (bytes.size == 0 || memchr(bytes.data, '\\', bytes.size) == NULL);
    FUZZ_CHECK(plain == (out.size == bytes.size));

    sw_buf_clear(&out);
    FUZZ_CHECK(sw_text_escape_hop(&out, bytes) == SW_OK);
    FUZZ_CHECK(sw_text_is_printable(sw_buf_view(&out)));
    FUZZ_CHECK(out.size == 0 || memchr(out.data, '!', out.size) == NULL);
    check_undone(&out, '%', bytes);
    sw_buf_done(&out);
}

/* A ceiling that is too low changes nothing. */
static void try_ceiling(struct sw_view bytes, size_t size_max)
{
    struct sw_buf out;
    sw_buf_init(&out, size_max % 64 + 4);
    FUZZ_CHECK(sw_buf_append(&out, "kept", 4) == SW_OK);
    if (sw_text_escape(&out, bytes) != SW_OK)
        FUZZ_CHECK(out.size == 4);
    FUZZ_CHECK(out.size <= out.size_max && memcmp(out.data, "kept", 4) == 0);
    sw_buf_done(&out);
}

/* Jansson takes exactly valid UTF-8. */
static void try_utf8(struct sw_view bytes)
{
    json_t *string = json_stringn((const char *)bytes.data, bytes.size);
    FUZZ_CHECK(sw_text_is_utf8(bytes) == (string != NULL));
    FUZZ_CHECK(!sw_text_is_printable(bytes) || string != NULL);
    json_decref(string);
}

static void try_error(const char *text)
{
    struct sw_error error;
    memset(&error, 0xa5, sizeof error);
    FUZZ_CHECK(sw_fail(&error, SW_SKIP, "fuzz", 2, "%s", text) == SW_SKIP);
    FUZZ_CHECK(strnlen(error.text, sizeof error.text) < sizeof error.text);
    FUZZ_CHECK(sw_text_is_printable(fuzz_view(error.text)));
    FUZZ_CHECK(sw_fail(&error, SW_DEAD, "fuzz", 0, "%s: %s", error.text, text) == SW_DEAD);
    FUZZ_CHECK(sw_text_is_printable(fuzz_view(error.text)));
}

/* --- numbers that people write --- */

/* Leading digits; false when there are none or they pass 64 bits. */
static bool model_digits(const char **text, uint64_t *value)
{
    size_t count = strspn(*text, "0123456789");
    __uint128_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum = sum * 10 + (unsigned)((*text)[i] - '0');
        if (sum > UINT64_MAX)
            return false;
    }
    *text += count;
    *value = (uint64_t)sum;
    return count > 0;
}

static bool model_size(const char *text, uint64_t *bytes)
{
    static const char *const units[][3] = {
        {"", "b", ""}, {"k", "kib", ""}, {"m", "mib", ""}, {"g", "gib", ""}, {"t", "tib", ""}};
    uint64_t value = 0;
    if (!model_digits(&text, &value))
        return false;
    if (text[0] == ' ' && text[1] != '\0')
        text++;
    for (unsigned power = 0; power < 5; power++) {
        bool fits =
            strcasecmp(text, units[power][0]) == 0 || strcasecmp(text, units[power][1]) == 0;
        if (!fits)
            continue;
        __uint128_t sum = (__uint128_t)value << (10 * power);
        *bytes = (uint64_t)sum;
        return sum <= UINT64_MAX && strcmp(text, "b") != 0;
    }
    return false;
}

static bool model_seconds(const char *text, uint32_t *seconds)
{
    uint64_t value = 0;
    if (!model_digits(&text, &value))
        return false;
    uint64_t factor = strcmp(text, "h") == 0 ? 3600 : strcmp(text, "m") == 0 ? 60 : 1;
    if (factor == 1 && text[0] != '\0' && strcmp(text, "s") != 0)
        return false;
    __uint128_t sum = (__uint128_t)value * factor;
    *seconds = (uint32_t)sum;
    return sum >= 1 && sum <= UINT32_MAX;
}

static void try_readers(const char *text, uint64_t number)
{
    uint64_t size = 1, expected_size = 1;
    uint32_t seconds = 1, expected_seconds = 1;
    uint64_t value = 7;
    if (model_size(text, &expected_size)) {
        FUZZ_CHECK(sw_text_parse_size(text, &size) == SW_OK && size == expected_size);
    } else {
        FUZZ_CHECK(sw_text_parse_size(text, &size) == SW_SKIP && size == 1);
    }
    if (model_seconds(text, &expected_seconds)) {
        FUZZ_CHECK(sw_text_parse_seconds(text, &seconds) == SW_OK && seconds == expected_seconds);
    } else {
        FUZZ_CHECK(sw_text_parse_seconds(text, &seconds) == SW_SKIP && seconds == 1);
    }
    const char *rest = text;
    if (model_digits(&rest, &expected_size) && *rest == '\0' && expected_size <= number) {
        FUZZ_CHECK(sw_text_parse_number(text, 0, number, &value) == SW_OK);
        FUZZ_CHECK(value == expected_size);
    } else {
        FUZZ_CHECK(sw_text_parse_number(text, 0, number, &value) == SW_SKIP && value == 7);
    }
}

/* --- numbers that are written for people --- */

static void try_count(uint64_t number)
{
    char out[32];
    char plain[32];
    size_t size = 0;
    uint64_t again = 0;
    FUZZ_CHECK(sw_text_count(number, out) == out && strlen(out) < sizeof out);
    for (size_t i = 0; out[i] != '\0'; i++) {
        FUZZ_CHECK((out[i] == ',') == ((strlen(out) - i) % 4 == 0));
        if (out[i] != ',')
            plain[size++] = out[i];
    }
    plain[size] = '\0';
    FUZZ_CHECK(sw_text_parse_number(plain, 0, UINT64_MAX, &again) == SW_OK && again == number);
}

static void try_size(uint64_t number)
{
    static const char letters[] = "BKMGTPE";
    char out[24];
    double value = 0;
    char unit[4] = "";
    FUZZ_CHECK(sw_text_size(number, out) == out && strlen(out) < sizeof out);
    FUZZ_CHECK(sscanf(out, "%lf %3s", &value, unit) == 2);
    const char *letter = strchr(letters, unit[0]);
    FUZZ_CHECK(letter != NULL && (unit[0] == 'B' || strcmp(unit + 1, "iB") == 0));
    double scale = (double)(UINT64_C(1) << (10 * (letter - letters)));
    double off = value * scale - (double)number;
    FUZZ_CHECK(value < 1024 && (off < 0 ? -off : off) <= scale * 0.0501);
}

static void try_time(int64_t nanoseconds)
{
    char out[40];
    char expected[64];
    struct tm parts;
    int64_t fraction = nanoseconds % 1000000000;
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    if (fraction < 0) {
        fraction += 1000000000;
        seconds--;
    }
    FUZZ_CHECK(gmtime_r(&seconds, &parts) != NULL);
    (void)snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ",
                   parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                   parts.tm_min, parts.tm_sec, (int)fraction);
    FUZZ_CHECK(strcmp(sw_text_time(nanoseconds, out), expected) == 0);
}

static void try_distance(const char *text, struct sw_view bytes)
{
    char *other =
        fuzz_text((struct sw_view){bytes.data + bytes.size / 2, bytes.size - bytes.size / 2});
    size_t size = strlen(text), other_size = strlen(other);
    size_t distance = sw_text_distance(text, other);
    FUZZ_CHECK(distance == sw_text_distance(other, text));
    if (size <= 63 && other_size <= 63) {
        size_t longer = size > other_size ? size : other_size;
        size_t shorter = size > other_size ? other_size : size;
        FUZZ_CHECK(distance >= longer - shorter && distance <= longer);
        FUZZ_CHECK((distance == 0) == (strcmp(text, other) == 0));
    } else {
        FUZZ_CHECK(distance == SIZE_MAX);
    }
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    uint64_t number = fuzz_u64(&input);
    uint8_t *copy = fuzz_copy(input.rest);
    struct sw_view bytes = {copy, input.rest.size};
    char *text = fuzz_text(bytes);
    char out[32];
    double seconds = 0;

    try_escapes(bytes);
    try_ceiling(bytes, (size_t)number);
    try_utf8(bytes);
    try_error(text);
    try_readers(text, number);
    try_count(number);
    try_size(number);
    try_time((int64_t)number);
    try_distance(text, bytes);
    memcpy(&seconds, &number, sizeof seconds);
    FUZZ_CHECK(strlen(sw_text_duration(seconds, out)) < sizeof out);
    free(text);
    free(copy);
    return 0;
}
