/* SPDX-License-Identifier: Apache-2.0 */
/* test_suppress.c - lines of members in JSON; files of suppressions; what an entry takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/json_walk.h"
#include "supervisor/json_lines.h"
#include "sweeper/suppress.h"

#define NOW_NS (INT64_C(1795219200) * 1000000000) /* 2026-11-21T00:00:00Z */
#define HASH   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* --- the walk --------------------------------------------------------------------- */

static bool is_json(const char *text, size_t size)
{
    char *copy = malloc(size + 1); /* its end is the end of the memory */
    enum sw_json_event event = SW_JSON_BAD;

    assert_non_null(copy);
    memcpy(copy, text, size);
    struct sw_json_walk walk = sw_json_walk_of((struct sw_view){(const uint8_t *)copy, size});
    do {
        event = sw_json_next(&walk);
    } while (event != SW_JSON_END && event != SW_JSON_BAD);
    assert_int_equal(sw_json_next(&walk), event); /* and stays there */
    free(copy);
    return event == SW_JSON_END;
}

static void grammar(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}",
        "[]",
        " [ ] ",
        "0",
        "-0",
        "-1.5e+10",
        "1E5",
        "true",
        "null",
        "\"\"",
        "\"\\u00e4\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "[1,2]",
        "{\"a\":{\"b\":[{}]},\"c\":1}",
        "{\n\"a\"\t:\r1}",
        "\"\x7f\xc3\xa4\"",
    };
    static const char *const bad[] = {
        "",
        " ",
        "[",
        "{",
        "]",
        "[1,]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "01",
        "1.",
        ".5",
        "-",
        "1e",
        "+1",
        "nul",
        "truex",
        "'a'",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"",
        "[}",
        "{]",
        "[]]",
        "{}{}",
        "[1],",
        "// x\n1",
        "NaN",
        "\"\\u12g4\"",
        "{\"a\":1 \"b\":2}",
        "{1:2}",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!is_json(good[i], strlen(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (is_json(bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
    assert_false(is_json("\"a\0b\"", 5));
}

static void depth_has_an_end(void **state)
{
    (void)state;
    char text[2 * SW_JSON_DEPTH_MAX + 2];

    for (size_t depth = SW_JSON_DEPTH_MAX; depth <= SW_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(is_json(text, 2 * depth), depth == SW_JSON_DEPTH_MAX);
    }
}

static void every_cut_is_cut(void **state)
{
    (void)state;
    static const char text[] = "{\"a\\u00e4\":[1.5e3,true,\"x\"],\"b\":{\"c\":null}}";

    for (size_t size = 0; size < strlen(text); size++) {
        struct sw_json_walk walk = sw_json_walk_of((struct sw_view){(const uint8_t *)text, size});
        enum sw_json_event event;
        assert_false(is_json(text, size));
        while ((event = sw_json_next(&walk)) != SW_JSON_BAD)
            assert_int_not_equal(event, SW_JSON_END);
        if (!walk.cut)
            fail_msg("not taken for cut at %zu", size);
        sw_json_next(&walk);
        assert_true(walk.cut);
    }
    struct sw_json_walk walk = sw_json_walk_of((struct sw_view){(const uint8_t *)"[!", 2});
    sw_json_next(&walk);
    assert_int_equal(sw_json_next(&walk), SW_JSON_BAD);
    assert_false(walk.cut);
}

static bool raw_is(const char *raw, const char *text)
{
    return sw_json_raw_is((struct sw_view){(const uint8_t *)raw, strlen(raw)},
                          (struct sw_view){(const uint8_t *)text, strlen(text)});
}

static void names_are_compared_without_escapes(void **state)
{
    (void)state;
    assert_true(raw_is("abc", "abc"));
    assert_true(raw_is("\\u0061\\n\\/", "a\n/"));
    assert_true(raw_is("\\u00e4\\u20ac", "\xc3\xa4\xe2\x82\xac"));
    assert_true(raw_is("\\ud83d\\ude00", "\xf0\x9f\x98\x80"));
    assert_false(raw_is("ab", "abc"));
    assert_false(raw_is("abc", "ab"));
    assert_false(raw_is("\\u0061", "b"));
    assert_true(raw_is("", ""));
}

/* --- lines ------------------------------------------------------------------------ */

static size_t line_of(const char *text, const char *pointer)
{
    return sw_json_line_of(text, strlen(text), pointer);
}

static void lines_of_members(void **state)
{
    (void)state;
    static const char text[] = "\n{\n \"schema\": \"1.0\",\n \"list\": [\n  {\"id\": \"a\"},\n"
                               "  {\n   \"id\"\n   :\n   \"b\",\n   \"a/b\": 1, \"c~d\": 2,\n"
                               "   \"\\u0065\": 3\n  }\n ],\n \"\": 4\n}\n";

    assert_int_equal(line_of(text, ""), 2);
    assert_int_equal(line_of(text, "/schema"), 3);
    assert_int_equal(line_of(text, "/list"), 4);
    assert_int_equal(line_of(text, "/list/0"), 5);
    assert_int_equal(line_of(text, "/list/0/id"), 5);
    assert_int_equal(line_of(text, "/list/1"), 6);
    assert_int_equal(line_of(text, "/list/1/id"), 7);
    assert_int_equal(line_of(text, "/list/1/a~1b"), 10);
    assert_int_equal(line_of(text, "/list/1/c~0d"), 10);
    assert_int_equal(line_of(text, "/list/1/e"), 11);
    assert_int_equal(line_of(text, "/"), 14);
    /* what is not there: where it would be */
    assert_int_equal(line_of(text, "/list/1/until"), 6);
    assert_int_equal(line_of(text, "/list/7"), 4);
    assert_int_equal(line_of(text, "/list/01"), 4);
    assert_int_equal(line_of(text, "/nothing/at/all"), 2);
    assert_int_equal(line_of(text, "/schema/x"), 3);
    /* no pointers, no JSON */
    assert_int_equal(line_of(text, "schema"), 0);
    assert_int_equal(line_of(text, "/list/1/~2"), 0);
    assert_int_equal(line_of("", ""), 0);
    assert_int_equal(line_of("{\"a\":1,\n\"b\"", "/b"), 0);
    assert_int_equal(line_of("{\"a\":1,\n\"b\"", "/a"), 1);
    assert_int_equal(line_of("[[[1],2],\n3]", "/1"), 2);
}

/* --- files ------------------------------------------------------------------------ */

static char path[] = "/tmp/sweeper-suppress-XXXXXX";
static const char *one_file[] = {path};
static const struct sw_texts files = {one_file, 1};

static enum sw_status load(const char *text, struct sw_suppressions **list, struct sw_error *error)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return sw_suppressions_load(&files, NOW_NS, list, error);
}

static void refused(const char *text, const char *line_and_message)
{
    struct sw_suppressions *list = NULL;
    struct sw_error error = {0};
    char expected[400];

    snprintf(expected, sizeof(expected), "%s:%s", path, line_and_message);
    if (load(text, &list, &error) == SW_OK) {
        sw_suppressions_free(list);
        fail_msg("taken: %s", text);
    }
    assert_null(list);
    if (strncmp(error.text, expected, strlen(expected)) != 0)
        fail_msg("%s\n  said: %s\n  not:  %s", text, error.text, expected);
}

#define FILE_OF(entries) "{\"schema\":\"1.0\",\"suppressions\":[\n" entries "\n]}\n"
#define COMMON           "\"id\":\"e\",\"reason\":\"r\",\"until\":\"2026-12-31\""

static void bad_files(void **state)
{
    (void)state;
    refused("", "1: ");
    refused("{\n\"schema\": 1.0,,}", "2: ");
    refused("[]", "1: not a file of suppressions");
    refused("{\"schema\":\"1.0\",\n\"suppresions\":[]}", "2: unknown field");
    refused("{\"schema\":\"1.0\",\n\"x/y\":[]}", "2: unknown field");
    refused("{\n\"schema\":\"2.0\",\"suppressions\":[]}", "2: the field \"schema\"");
    refused("{\"suppressions\":[]}", "1: the field \"schema\"");
    refused("{\"schema\":\"1.0\"}", "1: the field \"suppressions\"");
    refused("{\"schema\":\"1.0\",\n\"suppressions\":{}}", "2: the field \"suppressions\"");
    refused(FILE_OF("7"), "2: an entry must be an object");
    refused(FILE_OF("{" COMMON ",\n\"rule\":7}"), "3: must be a text (\"rule\")");
    refused(FILE_OF("{" COMMON ",\n\"rul\":\"x\"}"), "3: unknown field (\"rul\")");
    refused(FILE_OF("{" COMMON ",\"rule\":\"x\",\n\n\"a/b\":\"x\"}"), "4: unknown field (\"a/b\")");
    refused(FILE_OF("{" COMMON "}"), "2: needs at least one condition");
    refused(FILE_OF("\n{\"reason\":\"r\",\"until\":\"2026-12-31\",\"rule\":\"x\"}"),
            "3: the field \"id\" is missing");
    refused(FILE_OF("{\"id\":\"e\",\"until\":\"2026-12-31\",\"rule\":\"x\"}"),
            "2: the field \"reason\" is missing");
    refused(FILE_OF("{\"id\":\"e\",\"reason\":\"r\",\"rule\":\"x\"}"),
            "2: the field \"until\" is missing");
    refused(FILE_OF("{\"id\":\"e\",\n\"reason\":\" \",\"until\":\"2026-12-31\",\"rule\":\"x\"}"),
            "3: must not be empty (\"reason\")");
    refused(FILE_OF("{" COMMON ",\"rule\":\"x\"},\n{" COMMON ",\"rule\":\"y\"}"),
            "3: the id is taken");
    refused(FILE_OF("{" COMMON ",\"rule\":\"x\",\n\"rule\":\"y\"}"), "3: ");
    refused(FILE_OF("{" COMMON ",\"sha256\":\"00\"}"), "2: must be 64 hexadecimal digits");
    refused(FILE_OF("{" COMMON ",\"package\":\"x@\"}"), "2: must be a name");
    refused(FILE_OF("{" COMMON ",\"package\":\"x\",\n\"ecosystem\":\"cpan\"}"), "3: must be pypi");
    refused(FILE_OF("{" COMMON ",\"rule\":\"x\",\n\"ecosystem\":\"npm\"}"),
            "3: needs \"package\" beside it (\"ecosystem\")");
    refused(FILE_OF("{" COMMON ",\n\"ecosystem\":\"npm\"}"), "2: needs at least one condition");
    refused(FILE_OF("{" COMMON ",\"path\":\"\"}"), "2: must not be empty");
    refused(FILE_OF("{" COMMON ",\"path\":\"//\"}"), "2: must name more than the root");
}

static void bad_days(void **state)
{
    (void)state;
    static const char *const days[] = {"",           "tomorrow",    "2026-02-30", "2026-13-01",
                                       "2026-1-1",   "2026-12-31 ", "26-12-31",   "2026/12/31",
                                       "2026-00-10", "2026-12-00",  "-026-12-31"};
    char text[300];

    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        snprintf(text, sizeof(text),
                 FILE_OF("{\"id\":\"e\",\"reason\":\"r\",\n\"until\":\"%s\",\"rule\":\"x\"}"),
                 days[i]);
        refused(text, "3: must be a day");
    }
}

static void everything_is_no_condition(void **state)
{
    (void)state;
    static const char *const globs[] = {"*",  "**", "***",   "/*",  "*/",  "**/*", "/**",
                                        "?*", "*?", "[!,]*", "*/*", "/*/", "*[!,]"};
    static const char *const fine[] = {"*.md", "/srv/*", "node_modules/", "/usr/*", "a*", "*a"};
    struct sw_suppressions *list = NULL;
    struct sw_error error = {0};
    char text[300];

    for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
        snprintf(text, sizeof(text), FILE_OF("{" COMMON ",\n\"path\":\"%s\"}"), globs[i]);
        refused(text, "3: would suppress every finding");
        snprintf(text, sizeof(text), FILE_OF("{" COMMON ",\"rule\":\"x\",\"path\":\"%s\"}"),
                 globs[i]);
        assert_int_equal(load(text, &list, &error), SW_OK);
        sw_suppressions_free(list);
    }
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        snprintf(text, sizeof(text), FILE_OF("{" COMMON ",\"path\":\"%s\"}"), fine[i]);
        if (load(text, &list, &error) != SW_OK)
            fail_msg("%s", error.text);
        sw_suppressions_free(list);
    }
}

static void no_file(void **state)
{
    (void)state;
    const char *rows[] = {path, "/nowhere/at/all.json"};
    const struct sw_texts two = {rows, 2};
    struct sw_suppressions *list = NULL;
    struct sw_error error = {0};

    assert_int_equal(load(FILE_OF("{" COMMON ",\"rule\":\"x\"}"), &list, &error), SW_OK);
    sw_suppressions_free(list);
    list = NULL;
    assert_int_equal(sw_suppressions_load(&two, NOW_NS, &list, &error), SW_STOP);
    assert_null(list);
    assert_non_null(strstr(error.text, "/nowhere/at/all.json"));
    rows[1] = path; /* the same ids again */
    assert_int_equal(sw_suppressions_load(&two, NOW_NS, &list, &error), SW_STOP);
    assert_non_null(strstr(error.text, "the id is taken by the entry at "));
    rows[1] = "/";
    assert_int_equal(sw_suppressions_load(&two, NOW_NS, &list, &error), SW_STOP);
}

/* --- what an entry takes ------------------------------------------------------------- */

static json_t *finding_of(const char *object_path)
{
    json_t *finding = json_pack(
        "{s:s, s:{s:s, s:{s:s}}, s:{s:s, s:s}, s:[{s:s, s:s}], s:{s:s, s:s, s:s}}", "type",
        "finding", "rule", "name", "litellm_x", "meta", "id", "SW-LITELLM-001", "object", "path",
        object_path, "sha256", HASH, "chain", "kind", "file", "path", "/srv/image.tar", "package",
        "ecosystem", "pypi", "name", "Lite_LLM", "version", "1.82.8");

    assert_non_null(finding);
    return finding;
}

static bool takes(const char *conditions, const char *object_path)
{
    struct sw_suppressions *list = NULL;
    struct sw_error error = {0};
    json_t *finding = finding_of(object_path);
    char text[600];

    snprintf(text, sizeof(text), FILE_OF("{" COMMON ",%s}"), conditions);
    if (load(text, &list, &error) != SW_OK)
        fail_msg("%s", error.text);
    const struct sw_suppression *entry = sw_suppressions_find(list, finding);
    bool taken = entry != NULL;
    if (taken) {
        json_t *mark = sw_suppression_mark(entry);
        assert_string_equal(json_string_value(json_object_get(mark, "entry")), "e");
        assert_string_equal(json_string_value(json_object_get(mark, "reason")), "r");
        assert_string_equal(json_string_value(json_object_get(mark, "until")), "2026-12-31");
        json_decref(mark);
    }
    json_decref(finding);
    sw_suppressions_free(list);
    return taken;
}

static void conditions(void **state)
{
    (void)state;
    static const char where[] = "/srv/a b/node_modules/x/index.js";

    assert_true(takes("\"rule\":\"litellm_x\"", where));
    assert_true(takes("\"rule\":\"SW-LITELLM-001\"", where));
    assert_false(takes("\"rule\":\"litellm\"", where));
    assert_false(takes("\"rule\":\"litellm_*\"", where));
    assert_true(takes("\"sha256\":\"" HASH "\"", where));
    assert_true(takes("\"sha256\":\"00112233445566778899AABBCCDDEEFF00112233445566778899aabb"
                      "ccddeeff\"",
                      where));
    assert_false(takes("\"sha256\":\"10112233445566778899aabbccddeeff00112233445566778899aabb"
                       "ccddeeff\"",
                       where));
    assert_true(takes("\"package\":\"lite-llm\"", where)); /* PEP 503 */
    assert_true(takes("\"package\":\"lite.llm@1.82.8\"", where));
    assert_false(takes("\"package\":\"lite-llm@1.82.7\"", where));
    assert_false(takes("\"package\":\"litellm\"", where));
    assert_true(takes("\"package\":\"Lite-LLM@v1.82.8.0\"", where)); /* PEP 440 */
    assert_true(takes("\"package\":\"lite-llm\",\"ecosystem\":\"pypi\"", where));
    assert_true(takes("\"ecosystem\":\"pypi\",\"package\":\"lite-llm@1.82.8\"", where));
    assert_false(takes("\"package\":\"lite-llm@1.82.7\",\"ecosystem\":\"pypi\"", where));
    assert_false(takes("\"package\":\"Lite_LLM\",\"ecosystem\":\"npm\"", where));
    /* all of them, or it does not apply */
    assert_true(takes("\"rule\":\"litellm_x\",\"path\":\"*.js\",\"package\":\"lite-llm\"", where));
    assert_false(takes("\"rule\":\"litellm_x\",\"path\":\"*.py\"", where));
    assert_false(takes("\"rule\":\"other\",\"path\":\"*.js\"", where));
}

static void paths(void **state)
{
    (void)state;
    static const char where[] = "/srv/a b/node_modules/x/index.js";

    assert_true(takes("\"path\":\"index.js\"", where));
    assert_true(takes("\"path\":\"*.js\"", where));
    assert_true(takes("\"path\":\"/srv/a b/*\"", where));
    assert_true(takes("\"path\":\"x/index.js\"", where));
    assert_true(takes("\"path\":\"node_modules/\"", where)); /* a folder on the way */
    assert_true(takes("\"path\":\"node_modules\"", where));
    assert_true(takes("\"path\":\"/srv/a b\"", where));
    assert_true(takes("\"path\":\"/srv/a b/\"", where));
    assert_false(takes("\"path\":\"index.js/\"", where)); /* no folder */
    assert_false(takes("\"path\":\"/srv/a\"", where));
    assert_false(takes("\"path\":\"/srv/b/*\"", where));
    assert_false(takes("\"path\":\"dex.js\"", where));
    /* by what it lies in, and by exact bytes */
    assert_true(takes("\"path\":\"/srv/image.tar\"", "usr/lib/x"));
    assert_true(takes("\"path\":\"/srv/a\\\\\\\\b\"", "/srv/a\\x5cb"));
    assert_true(takes("\"path\":\"/srv/a?b\"", "/srv/a\\x0ab"));
    assert_false(takes("\"path\":\"/srv/a\\\\\\\\x0ab\"", "/srv/a\\x0ab"));
}

static void a_finding_without_a_package(void **state)
{
    (void)state;
    struct sw_suppressions *list = NULL;
    struct sw_error error = {0};
    json_t *finding = finding_of("/x");

    json_object_del(finding, "package");
    assert_int_equal(load(FILE_OF("{" COMMON ",\"package\":\"lite-llm\"}"), &list, &error), SW_OK);
    assert_null(sw_suppressions_find(list, finding));
    assert_null(sw_suppressions_find(NULL, finding));
    json_decref(finding);
    sw_suppressions_free(list);
}

static void the_last_day(void **state)
{
    (void)state;
    struct sw_suppressions *list = NULL;
    struct sw_error error = {0};
    char *told = NULL;
    size_t told_size = 0;
    json_t *finding = finding_of("/x");
    const struct {
        const char *until;
        bool applies;
    } rows[] = {
        {"2026-11-22", true}, {"2026-11-21", true}, {"2026-11-20", false}, {"1999-01-01", false}};
    char text[300];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text),
                 FILE_OF("{\"id\":\"e\\u001b\",\"reason\":\"r\",\"until\":\"%s\","
                         "\"rule\":\"litellm_x\"}"),
                 rows[i].until);
        assert_int_equal(load(text, &list, &error), SW_OK);
        assert_int_equal(sw_suppressions_expired(list), rows[i].applies ? 0 : 1);
        assert_int_equal(sw_suppressions_find(list, finding) != NULL, rows[i].applies);
        FILE *out = open_memstream(&told, &told_size);
        const char *here[] = {"/usr"};
        sw_suppressions_print(list, &(struct sw_texts){here, 1}, out);
        fclose(out);
        assert_int_equal(strstr(told, ":2: the suppression \"e\\x1b\" expired after") != NULL,
                         !rows[i].applies);
        assert_null(strchr(told, '\x1b'));
        free(told);
        sw_suppressions_free(list);
    }
    /* the last nanosecond of the day, and the next one */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            sw_suppressions_load(&files, 915235200 * INT64_C(1000000000) - 1 + i, &list, &error),
            SW_OK); /* 1999-01-02 */
        assert_int_equal(sw_suppressions_expired(list), i);
        sw_suppressions_free(list);
    }
    json_decref(finding);
}

static void a_file_in_the_swept_tree_is_told(void **state)
{
    (void)state;
    struct sw_suppressions *list = NULL;
    struct sw_error error = {0};
    const char *targets[] = {"/usr", "/tmp", "/"};
    char *told = NULL;
    size_t size = 0;

    assert_int_equal(load(FILE_OF("{" COMMON ",\"rule\":\"x\"}"), &list, &error), SW_OK);
    for (size_t count = 1; count <= 3; count++) {
        FILE *out = open_memstream(&told, &size);
        sw_suppressions_print(list, &(struct sw_texts){targets, count}, out);
        fclose(out);
        assert_int_equal(strstr(told, "lies in what is swept") != NULL, count >= 2);
        free(told);
    }
    sw_suppressions_free(list);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);

    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar),
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(every_cut_is_cut),
        cmocka_unit_test(names_are_compared_without_escapes),
        cmocka_unit_test(lines_of_members),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(bad_days),
        cmocka_unit_test(everything_is_no_condition),
        cmocka_unit_test(no_file),
        cmocka_unit_test(conditions),
        cmocka_unit_test(paths),
        cmocka_unit_test(a_finding_without_a_package),
        cmocka_unit_test(the_last_day),
        cmocka_unit_test(a_file_in_the_swept_tree_is_told),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
