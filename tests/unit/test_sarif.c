/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of SARIF documents: names as URIs, texts as messages, artifacts that nest,
 * rules with a severity each. tests/e2e/test_sarif.py has whole documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/sarif.h"
#include "sweeper/limits.h"

#define SHA_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA_B "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct sw_view view_of(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

static void names_become_uris(void **state)
{
    static const struct {
        const char *name;
        const char *uri;
        bool nested;
    } rows[] = {
        {"a/b.c-d_e~f", "a/b.c-d_e~f", false},
        {"a b%20#?", "a%20b%2520%23%3F", false},
        {"c:/x", "c%3A/x", false},
        {"//x", "/%2Fx", false},
        {"a///b", "a/%2F%2Fb", false},
        {"\xff\x01\n\"", "%FF%01%0A%22", false},
        {"..", "..", false},
        {"", "/", true},
        {"/", "/", true},
        {"x", "/x", true},
        {"/x", "/x", true},
        {"//x", "/%2Fx", true},
        {"../x", "/%2E%2E/x", true},
        {"./.x/..", "/%2E/.x/%2E%2E", true},
        {"...", "/...", true},
        {"a/./..b", "/a/%2E/..b", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_buf out;
        sw_buf_init(&out, SW_MIB);
        assert_int_equal(sw_sarif_uri(&out, view_of(rows[i].name), rows[i].nested), SW_OK);
        assert_int_equal(sw_buf_terminate(&out), SW_OK);
        assert_string_equal((const char *)out.data, rows[i].uri);
        sw_buf_done(&out);
    }
}

static void a_uri_is_not_longer_than_its_ceiling(void **state)
{
    struct sw_buf out;
    (void)state;
    sw_buf_init(&out, 4);
    assert_int_equal(sw_sarif_uri(&out, view_of("ab\xff"), false), SW_SKIP);
    sw_buf_done(&out);
}

static void paths_are_relative_below_the_base_only(void **state)
{
    static const struct {
        const char *path;
        const char *base;
        const char *uri;
        bool relative;
    } rows[] = {
        {"/w/a", "/w", "a", true},
        {"/w/a/b", "/w", "a/b", true},
        {"/w", "/w", "./", true},
        {"/wa", "/w", "file:///wa", false},
        {"/x/a", "/w", "file:///x/a", false},
        {"/a", "/", "a", true},
        {"/", "/", "./", true},
        {"/a", "", "file:///a", false},
        {"docker:app:1", "/w", "docker%3Aapp%3A1", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *location = sw_sarif_location(view_of(rows[i].path), rows[i].base, 7);
        assert_non_null(location);
        assert_string_equal(json_string_value(json_object_get(location, "uri")), rows[i].uri);
        assert_int_equal(json_object_get(location, "uriBaseId") != NULL, rows[i].relative);
        assert_int_equal(json_integer_value(json_object_get(location, "index")), 7);
        json_decref(location);
    }
}

static void assert_text(json_t *object, const char *expected)
{
    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "text")), expected);
    json_decref(object);
}

static void no_text_becomes_a_link_or_a_placeholder(void **state)
{
    (void)state;
    assert_text(sw_sarif_message("see [x](http://e) {0} \\"), "see \\[x\\](http://e) {{0}} \\\\");
    assert_text(sw_sarif_plain("[x] {0}"), "[x] {0}");
    assert_text(sw_sarif_message(""), "");
}

static void long_texts_are_cut_between_characters(void **state)
{
    char text[SW_SARIF_TEXT_MAX + 8];
    (void)state;
    for (size_t before = 0; before < 4; before++) {
        memset(text, 'a', sizeof text);
        /* U+1F600, four bytes, over the edge. */
        memcpy(text + SW_SARIF_TEXT_MAX - before, "\xf0\x9f\x98\x80", 4);
        text[SW_SARIF_TEXT_MAX + 4] = '\0';
        json_t *object = sw_sarif_plain(text);
        assert_non_null(object);
        assert_int_equal(json_string_length(json_object_get(object, "text")),
                         SW_SARIF_TEXT_MAX - before + 3);
        json_decref(object);
    }
    memset(text, 'a', SW_SARIF_TEXT_MAX);
    text[SW_SARIF_TEXT_MAX] = '\0';
    assert_text(sw_sarif_plain(text), text);
}

static void times_have_milliseconds(void **state)
{
    json_t *object = json_object();
    (void)state;
    sw_sarif_put_time(&object, "a", "2026-11-21T19:23:48.999999999Z");
    sw_sarif_put_time(&object, "b", "-001-11-21T19:23:48.999999999Z");
    sw_sarif_put_time(&object, "c", "12026-11-21T19:23:48.999999999Z");
    sw_sarif_put_time(&object, "d", NULL);
    assert_int_equal(json_object_size(object), 1);
    assert_string_equal(json_string_value(json_object_get(object, "a")),
                        "2026-11-21T19:23:48.999Z");
    json_decref(object);
}

/* --- artifacts --- */

static json_t *finding_at(const char *locator, const char *sha256)
{
    json_t *finding = json_pack("{s:s,s:s,s:s,s:{s:s},s:{s:s,s:s}}", "type", "finding", "severity",
                                "high", "locator", locator, "object", "sha256", sha256, "rule",
                                "name", "R", "namespace", "n");
    assert_non_null(finding);
    return finding;
}

static uint64_t leaf_of(struct sw_sarif_artifacts *artifacts, const char *locator,
                        const char *sha256)
{
    struct sw_sarif_place place = {0};
    struct sw_error error;
    json_t *finding = finding_at(locator, sha256);
    assert_int_equal(sw_sarif_artifact_find(artifacts, finding, &place, &error), SW_OK);
    uint64_t leaf = place.leaf;
    assert_int_equal(json_integer_value(json_object_get(place.leaf_location, "index")), leaf);
    sw_sarif_place_done(&place);
    json_decref(finding);
    return leaf;
}

static enum sw_status collect(void *context, struct sw_view text, struct sw_error *error)
{
    json_t *row = json_loadb((const char *)text.data, text.size, 0, NULL);
    (void)error;
    assert_non_null(row);
    assert_int_equal(json_array_append_new(context, row), 0);
    return SW_OK;
}

static json_int_t parent_of(const json_t *rows, uint64_t index)
{
    const json_t *parent = json_object_get(json_array_get(rows, index), "parentIndex");
    return parent == NULL ? -1 : json_integer_value(parent);
}

static void members_know_what_they_lie_in(void **state)
{
    struct sw_sarif_artifacts *artifacts = NULL;
    struct sw_error error;
    json_t *rows = json_array();
    (void)state;
    assert_int_equal(sw_sarif_artifacts_new("/w", &artifacts, &error), SW_OK);
    uint64_t a = leaf_of(artifacts, "/w/a", SHA_A);
    assert_int_equal(leaf_of(artifacts, "/w/a", SHA_A), a);
    uint64_t first = leaf_of(artifacts, "/w/a!x%21y", SHA_A);
    uint64_t second = leaf_of(artifacts, "/w/a!x%21y", SHA_B); /* its twin */
    uint64_t inside = leaf_of(artifacts, "/w/a!x%21y!z", SHA_B);
    uint64_t other = leaf_of(artifacts, "/w/b!c!d", SHA_A);
    assert_int_equal(sw_spool_drain(sw_sarif_artifacts_spool(artifacts), collect, rows, &error),
                     SW_OK);
    assert_int_equal(parent_of(rows, a), -1);
    assert_int_equal(parent_of(rows, first), a);
    assert_int_equal(parent_of(rows, second), a);
    /* Nobody knows which of the twins holds it: a third, of which nothing is known. */
    assert_int_not_equal(parent_of(rows, inside), first);
    assert_int_not_equal(parent_of(rows, inside), second);
    assert_int_equal(parent_of(rows, (uint64_t)parent_of(rows, inside)), a);
    assert_int_equal(parent_of(rows, (uint64_t)parent_of(rows, (uint64_t)parent_of(rows, other))),
                     -1);
    assert_int_equal(json_array_size(rows), 8);
    const json_t *location = json_object_get(json_array_get(rows, first), "location");
    assert_string_equal(json_string_value(json_object_get(location, "uri")), "/x%21y");
    json_decref(rows);
    sw_sarif_artifacts_free(artifacts);
}

/* What lies in a file sorts right after the file, before names that go on with less. */
static void keys_keep_members_with_their_container(void **state)
{
    static const char *const ordered[] = {"/a", "/a!x", "/a!x!y", "/a!x y", "/a b", "/a%21"};
    struct sw_buf keys[2];
    (void)state;
    sw_buf_init(&keys[0], SW_MIB);
    sw_buf_init(&keys[1], SW_MIB);
    for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++) {
        struct sw_buf *now = &keys[i % 2];
        const struct sw_buf *before = &keys[(i + 1) % 2];
        json_t *finding = finding_at(ordered[i], SHA_A);
        sw_buf_clear(now);
        assert_int_equal(sw_sarif_key(finding, now), SW_OK);
        json_decref(finding);
        size_t size = now->size < before->size ? now->size : before->size;
        assert_true(i == 0 || memcmp(before->data, now->data, size) < 0);
    }
    sw_buf_done(&keys[0]);
    sw_buf_done(&keys[1]);
}

/* --- rules --- */

static void put_rule(struct sw_sarif_rules *rules, const char *severity, const char *rule_severity,
                     const char *id, json_int_t index)
{
    struct sw_error error;
    json_t *result = json_object();
    json_t *finding =
        json_pack("{s:s,s:s,s:n,s:{s:s,s:s,s:[s,s],s:{s:s,s:s}}}", "severity", severity,
                  "rule_severity", rule_severity, "family", "rule", "name", "R", "namespace", "n.m",
                  "tags", "t", "t", "meta", "reference", "https://a b", "title", "T");
    assert_non_null(finding);
    assert_int_equal(sw_sarif_rule_put(rules, finding, &result, &error), SW_OK);
    assert_string_equal(json_string_value(json_object_get(result, "ruleId")), id);
    assert_int_equal(json_integer_value(json_object_get(result, "ruleIndex")), index);
    json_decref(finding);
    json_decref(result);
}

static void a_rule_has_a_descriptor_for_each_severity(void **state)
{
    struct sw_sarif_rules *rules = NULL;
    struct sw_error error;
    json_t *rows = json_array();
    (void)state;
    assert_int_equal(sw_sarif_rules_new(&rules, &error), SW_OK);
    put_rule(rules, "high", "high", "n.m.R", 0);
    put_rule(rules, "low", "high", "n.m.R/low", 1);
    put_rule(rules, "high", "high", "n.m.R", 0);
    assert_int_equal(sw_sarif_rules_count(rules), 2);
    assert_int_equal(sw_spool_drain(sw_sarif_rules_spool(rules), collect, rows, &error), SW_OK);
    const json_t *properties = json_object_get(json_array_get(rows, 1), "properties");
    assert_string_equal(json_string_value(json_object_get(properties, "security-severity")), "3.0");
    assert_int_equal(json_array_size(json_object_get(properties, "tags")), 2);
    /* Not a URI: no link. */
    assert_null(json_object_get(json_array_get(rows, 0), "helpUri"));
    json_decref(rows);
    sw_sarif_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_uris),
        cmocka_unit_test(a_uri_is_not_longer_than_its_ceiling),
        cmocka_unit_test(paths_are_relative_below_the_base_only),
        cmocka_unit_test(no_text_becomes_a_link_or_a_placeholder),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(times_have_milliseconds),
        cmocka_unit_test(members_know_what_they_lie_in),
        cmocka_unit_test(keys_keep_members_with_their_container),
        cmocka_unit_test(a_rule_has_a_descriptor_for_each_severity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
