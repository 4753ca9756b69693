/* SPDX-License-Identifier: Apache-2.0 */
/* test_context.c - time zone and language, out of files that may hold anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/context.h"

/* The value, to be freed; "" for none. The content ends where its memory does. */
static char *value_of(enum sw_context context, const char *content, size_t size)
{
    char *copy = malloc(size + (size == 0));

    assert_non_null(copy);
    memcpy(copy, content, size);
    struct sw_view value = context_value(context, (struct sw_view){(uint8_t *)copy, size});
    char *text = strndup(value.size == 0 ? "" : (const char *)value.data, value.size);
    assert_non_null(text);
    assert_true(value.size == 0 || sw_context_text_ok(value));
    free(copy);
    return text;
}

static void expect_sized(enum sw_context context, const char *content, size_t size,
                         const char *wanted)
{
    char *value = value_of(context, content, size);
    if (strcmp(value, wanted) != 0)
        fail_msg("\"%s\" gives \"%s\", not \"%s\"", content, value, wanted);
    free(value);
}

static void expect(enum sw_context context, const char *content, const char *wanted)
{
    expect_sized(context, content, strlen(content), wanted);
}

static void a_time_zone_is_the_whole_file(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"Europe/Rome\n", "Europe/Rome"},
        {"Europe/Rome", "Europe/Rome"},
        {" \t\r\n America/Port-au-Prince \v\f\r\n\n", "America/Port-au-Prince"},
        {"Etc/GMT+1", "Etc/GMT+1"},
        {"", ""},
        {"\n\n", ""},
        {"Europe/Rome\nEurope/Paris\n", ""},
        {"Europe/Rome Europe/Paris", ""},
        {"# Europe/Rome\n", ""},
        {"Europe/\x1b[2JRome\n", ""},
        {"Europe/R\xc3\xb4me\n", ""},
        {"\xef\xbb\xbfUTC\n", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(SW_CONTEXT_TIMEZONE, rows[i][0], rows[i][1]);
    expect_sized(SW_CONTEXT_TIMEZONE, "Europe/Rome\0", 12, "");
    expect_sized(SW_CONTEXT_TIMEZONE, "\0Europe/Rome", 12, "");
}

static void a_language_is_an_assignment(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"LANG=de_DE.UTF-8\n", "de_DE.UTF-8"},
        {"LANG=de_DE.UTF-8", "de_DE.UTF-8"},
        {"LANG=\"de_DE.UTF-8\"\r\n", "de_DE.UTF-8"},
        {"LANG='de_DE@euro'\n", "de_DE@euro"},
        {"# LANG=C\nLANGUAGE=en:de\n  export LANG=de_DE  # ours\nexport LANG\n", "de_DE"},
        {"LANG=de_DE; export LANG\n", "de_DE"},
        {"LANG=\"de_DE\"; export LANG\n", "de_DE"},
        {"LANG=C\nLANG=de_DE\n", "de_DE"},
        {"PATH=/bin\nMYLANG=C\nLC_ALL=C\n", ""},
        {"LANG =C\n", ""},
        {"LANG= C\n", ""},
        {"LANG=\n", ""},
        {"LANG=\"\"\n", ""},
        {"LANG=\"de_DE\n", ""},
        {"LANG=\"\n", ""},
        {"LANG=\"de\"_DE\n", ""},
        {"LANG=\"de DE\"\n", ""},
        {"LANG=$OTHER\n", ""},
        {"LANG=${LANG:-C.UTF-8}\n", ""},
        {"LANG=`cat x`\n", ""},
        {"LANG=de\x1b[2J\n", ""},
        {"LANG=C\nLANG=$X\n", ""}, /* it is not C */
        {"LANG", ""},
        {"", ""},
        {"\n\n", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(SW_CONTEXT_LANG, rows[i][0], rows[i][1]);
    expect_sized(SW_CONTEXT_LANG, "LANG=de\0DE\n", 11, "");
    expect_sized(SW_CONTEXT_LANG, "\0\0\nLANG=C\n", 10, "C");
}

static void nothing_is_asked(void **state)
{
    (void)state;
    expect(SW_CONTEXT_NONE, "LANG=C\n", "");
}

static void lengths_have_an_end(void **state)
{
    (void)state;
    char *content = malloc(CONTEXT_FILE_MAX + 1);
    char zone[SW_CONTEXT_TEXT_MAX + 3];

    assert_non_null(content);
    for (size_t size = SW_CONTEXT_TEXT_MAX - 1; size <= SW_CONTEXT_TEXT_MAX + 1; size++) {
        memset(zone, 'Z', size);
        zone[size] = '\0';
        char *wanted = strdup(size > SW_CONTEXT_TEXT_MAX ? "" : zone);
        zone[size] = '\n';
        expect_sized(SW_CONTEXT_TIMEZONE, zone, size + 1, wanted);
        free(wanted);
    }
    memset(content, '\n', CONTEXT_FILE_MAX + 1);
    memcpy(content, "Etc/UTC", 7);
    expect_sized(SW_CONTEXT_TIMEZONE, content, CONTEXT_FILE_MAX, "Etc/UTC");
    expect_sized(SW_CONTEXT_TIMEZONE, content, CONTEXT_FILE_MAX + 1, "");
    memcpy(content, "LANG=C\n", 7);
    expect_sized(SW_CONTEXT_LANG, content, CONTEXT_FILE_MAX, "C");
    expect_sized(SW_CONTEXT_LANG, content, CONTEXT_FILE_MAX + 1, "");
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_zone_is_the_whole_file),
        cmocka_unit_test(a_language_is_an_assignment),
        cmocka_unit_test(nothing_is_asked),
        cmocka_unit_test(lengths_have_an_end),
    };
    return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
