/* SPDX-License-Identifier: Apache-2.0 */
/* Engine records are hostile until they are taken; records are as the schema
 * has them, in an order that does not depend on discovery. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/base64.h"
#include "supervisor/incident_private.h"
#include "supervisor/record_order.h"
#include "sweeper/package.h"
#include "sweeper/record.h"
#include "sweeper/rule.h"
#include "sweeper/rulepack.h"
#include "sweeper/text.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MATCH                                                                                      \
    "{\"pattern\":\"$a\",\"offset\":18,\"length\":6,\"data\":\"canary\",\"encoding\":\"text\"}"
#define RULE                                                                                       \
    "{\"name\":\"Canary\",\"namespace\":\"test.canary\",\"tags\":[\"pypi\"],"                      \
    "\"meta\":{\"title\":\"A canary\",\"score\":80,\"shipped\":false}}"
#define OBJECT                                                                                     \
    "{\"sha256\":\"" SHA "\",\"size\":24,\"type\":\"ASCII text\",\"mime\":\"text/plain\"}"
#define FINDING_HEAD                                                                               \
    "{\"type\":\"finding\",\"kind\":\"yara\",\"severity\":\"high\","                               \
    "\"rule_severity\":\"critical\",\"severity_reason\":\"prose\",\"family\":\"canary\","
#define FINDING                                                                                    \
    FINDING_HEAD "\"rule\":" RULE ",\"match_count\":2,\"matches\":[" MATCH                         \
                 ",{\"pattern\":\"$b\",\"offset\":0,\"length\":300,\"data\":\"AAEC\","             \
                 "\"encoding\":\"base64\"}],\"object\":" OBJECT ",\"chain\":[]}"
#define PACKAGE "\"package\":{\"ecosystem\":\"pypi\",\"name\":\"Bad.Pkg\",\"version\":\"1.2.0\"},"
#define HOP(encoding, offset, length)                                                              \
    "{\"kind\":\"decoded\",\"name\":\"" encoding "@" #offset "\",\"encoding\":\"" encoding         \
    "\",\"offset\":" #offset ",\"length\":" #length "}"
#define MEMBER_HOP(name)  "{\"kind\":\"tar\",\"mode\":493,\"name\":\"" name "\",\"mtime\":-5}"
#define CODED_HOP(base64) "{\"kind\":\"zip\",\"mode\":0,\"name_base64\":\"" base64 "\"}"
#define GAP                                                                                        \
    "{\"type\":\"gap\",\"reason\":\"rule_error\",\"detail\":\"error 31\","                         \
    "\"rule\":{\"name\":\"Canary\",\"namespace\":\"test.canary\"},\"chain\":[]}"
#define ACCOUNT                                                                                    \
    "{\"ruleset\":{\"digest\":\"" SHA "\",\"rules\":40,\"files\":9,\"disabled\":[{\"namespace\":"  \
    "\"a\",\"rule\":\"b\",\"why\":\"c\"}]},\"prefilter\":{\"on\":true,\"reason\":\"\","            \
    "\"patterns\":"                                                                                \
    "30,\"proofs\":900,\"unfilterable\":[{\"rule\":\"r\",\"namespace\":\"n\",\"pattern\":\"$p\"}]" \
    "},"                                                                                           \
    "\"sandbox\":{\"no_new_privs\":true,\"landlock_abi\":2,\"seccomp\":true,\"rlimits\":true,"     \
    "\"missing\":[\"Landlock ABI "                                                                 \
    "3\"]},\"libraries\":{\"libyara\":\"4.2.3\",\"libmagic\":\"5.44\","                            \
    "\"hyperscan\":null,\"openssl\":\"3.0.11\"}}"

static char plain_path[] = "/srv/app/canary.pth";
static char hostile_path[] = "/srv/a!b%\x1b[2J\xff\n\\c";

static struct sw_item item_at(char *path)
{
    return (struct sw_item){
        .kind = SW_ITEM_OBJECT,
        .fd = -1,
        .facts = {.device = 2049,
                  .inode = 77,
                  .size = 24,
                  .mode = 0100644,
                  .uid = 1000,
                  .gid = 1001,
                  .link_count = 2,
                  .mtime_ns = 1700000000000000001,
                  .ctime_ns = 1700000000000000002,
                  .btime_ns = 1700000000000000000,
                  .atime_ns = 1700000000000000003,
                  .origin = sw_origin_find("ext4")},
        .path = path,
        .path_size = strlen(path),
    };
}

static const char *text_at(const json_t *record, const char *object, const char *name)
{
    const json_t *from = object == NULL ? record : json_object_get(record, object);
    return json_string_value(json_object_get(from, name));
}

static enum sw_status complete(const char *text, size_t size, json_t **record,
                               struct sw_error *error)
{
    const struct sw_item item = item_at(plain_path);
    *error = (struct sw_error){0};
    *record = NULL;
    return sw_record_complete(text, size, &item, record, error);
}

static json_t *completed(const char *text, char *path)
{
    const struct sw_item item = item_at(path);
    struct sw_error error = {0};
    json_t *record = NULL;
    assert_int_equal(sw_record_complete(text, strlen(text), &item, &record, &error), SW_OK);
    assert_non_null(record);
    return record;
}

static void assert_dead(const char *text, size_t size, const char *why)
{
    struct sw_error error;
    json_t *record;
    if (complete(text, size, &record, &error) != SW_DEAD)
        fail_msg("taken: %.200s", text);
    assert_null(record);
    if (why != NULL && strstr(error.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.text, why);
    assert_true(sw_text_is_printable((struct sw_view){(uint8_t *)error.text, strlen(error.text)}));
}

/* FINDING, GAP or ACCOUNT with the first `from` replaced. */
static char *changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *result = NULL;
    if (at == NULL)
        fail_msg("nothing to change: %s", from);
    assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
    return result;
}

static void a_finding_is_completed(void **state)
{
    (void)state;
    json_t *record = completed(FINDING, plain_path);
    assert_string_equal(text_at(record, NULL, "locator"), plain_path);
    assert_string_equal(text_at(record, "object", "path"), plain_path);
    assert_null(text_at(record, "object", "path_base64"));
    assert_string_equal(text_at(record, "object", "mode"), "0644");
    assert_string_equal(text_at(record, "object", "sha256"), SHA);
    assert_string_equal(text_at(record, "object", "mtime"), "2023-11-14T22:13:20.000000001Z");
    const json_t *chain = json_object_get(record, "chain");
    assert_int_equal(json_array_size(chain), 1);
    assert_string_equal(text_at(json_array_get(chain, 0), NULL, "kind"), "file");
    json_decref(record);
}

/* The value was computed once with another implementation:
 * sha256(b"".join(len(b).to_bytes(4, "little") + b for b in
 *   (b"test.canary", b"Canary", SHA, b"/srv/app/canary.pth"))).hexdigest()[:32] */
static void the_id_is_what_the_documentation_says(void **state)
{
    (void)state;
    json_t *record = completed(FINDING, plain_path);
    assert_string_equal(text_at(record, NULL, "id"), "561730d10c7a90357f8e2f98041d4eee");
    json_decref(record);
}

static void ids_differ_where_findings_do(void **state)
{
    (void)state;
    char *other_rule = changed(FINDING, "\"Canary\"", "\"Canary2\"");
    char *other_namespace = changed(FINDING, "test.canary", "test.canarie");
    char *other_bytes = changed(FINDING, "\"sha256\":\"0", "\"sha256\":\"1");
    char other_path[] = "/srv/app/canary.pti";
    json_t *records[] = {completed(FINDING, plain_path), completed(other_rule, plain_path),
                         completed(other_namespace, plain_path), completed(other_bytes, plain_path),
                         completed(FINDING, other_path)};
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(text_at(records[i], NULL, "id"),
                                    text_at(records[k], NULL, "id"));
    }
    json_t *again = completed(FINDING, plain_path);
    assert_string_equal(text_at(records[0], NULL, "id"), text_at(again, NULL, "id"));
    json_decref(again);
    for (size_t i = 0; i < 5; i++)
        json_decref(records[i]);
    free(other_rule);
    free(other_namespace);
    free(other_bytes);
}

static void hostile_paths_are_escaped_and_kept(void **state)
{
    (void)state;
    uint8_t bytes[64];
    size_t size = 0;
    json_t *record = completed(FINDING, hostile_path);
    assert_string_equal(text_at(record, "object", "path"), "/srv/a!b%\\x1b[2J\\xff\\x0a\\x5cc");
    assert_string_equal(text_at(record, NULL, "locator"), "/srv/a%21b%25%1B[2J%FF%0A\\c");
    assert_true(
        sw_base64_decode(text_at(record, "object", "path_base64"), bytes, sizeof bytes, &size));
    assert_int_equal(size, strlen(hostile_path));
    assert_memory_equal(bytes, hostile_path, size);
    const json_t *hop = json_array_get(json_object_get(record, "chain"), 0);
    assert_string_equal(text_at(hop, NULL, "path_base64"),
                        text_at(record, "object", "path_base64"));
    json_decref(record);
}

static void huge_numbers_and_missing_births_are_said_right(void **state)
{
    (void)state;
    struct sw_item item = item_at(plain_path);
    item.facts.inode = UINT64_MAX;
    item.facts.mode = 0104755;
    item.facts.btime_ns = SW_TIME_UNKNOWN;
    json_t *record = sw_record_gap(&item, SW_GAP_TIMEOUT, NULL);
    assert_string_equal(text_at(record, "object", "inode"), "18446744073709551615");
    assert_string_equal(text_at(record, "object", "mode"), "4755");
    assert_null(text_at(record, "object", "btime"));
    assert_string_equal(text_at(record, NULL, "detail"), "");
    json_decref(record);
}

static void a_gap_without_facts_has_a_path_only(void **state)
{
    (void)state;
    struct sw_item item = {
        .kind = SW_ITEM_GAP, .fd = -1, .path = plain_path, .path_size = strlen(plain_path)};
    json_t *record = sw_record_gap(&item, SW_GAP_UNREADABLE, "open: \x1b[31m\xff");
    const json_t *object = json_object_get(record, "object");
    assert_int_equal(json_object_size(object), 2);
    assert_string_equal(text_at(object, NULL, "path"), plain_path);
    assert_true(json_is_false(json_object_get(object, "deleted")));
    assert_string_equal(text_at(record, NULL, "detail"), "open: \\x1b[31m\\xff");
    json_decref(record);
}

static void a_gap_of_the_engine_is_completed(void **state)
{
    (void)state;
    char *without =
        changed(GAP, "\"rule\":{\"name\":\"Canary\",\"namespace\":\"test.canary\"},", "");
    json_t *record = completed(GAP, plain_path);
    assert_string_equal(text_at(record, NULL, "reason"), "rule_error");
    assert_string_equal(text_at(record, "rule", "name"), "Canary");
    assert_null(text_at(record, "object", "sha256"));
    json_decref(record);
    record = completed(without, plain_path);
    assert_null(json_object_get(record, "rule"));
    json_decref(record);
    free(without);
}

static void a_moved_record_is_as_if_found_there(void **state)
{
    (void)state;
    const struct sw_item there = item_at(hostile_path);
    static const char *const texts[] = {FINDING, GAP};
    for (size_t i = 0; i < 2; i++) {
        json_t *here = completed(texts[i], plain_path);
        json_t *moved = sw_record_move(here, &there);
        json_t *direct = completed(texts[i], hostile_path);
        assert_true(json_equal(moved, direct));
        assert_false(json_equal(here, direct));
        /* Nothing is shared: what happens to one does not happen to the other. */
        json_object_clear(json_object_get(here, "rule"));
        assert_true(json_equal(moved, direct));
        json_decref(here);
        json_decref(moved);
        json_decref(direct);
    }
}

static void what_does_not_conform_is_dead(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *from;
        const char *to;
        const char *why;
    } rows[] = {
        {FINDING, "\"kind\":\"yara\"", "\"kind\":\"yara\",\"extra\":1", "unknown member"},
        {FINDING, "\"kind\":\"yara\"", "\"kind\":\"hunch\"", "finding.kind"},
        {FINDING, "\"rule_severity\":\"critical\",", "", "finding.rule_severity is missing"},
        {FINDING, "\"critical\"", "\"grave\"", "finding.rule_severity"},
        {FINDING, "\"critical\"", "\"CRITICAL\"", "finding.rule_severity"},
        {FINDING, "\"severity_reason\":\"prose\",", "", "finding.severity_reason is missing"},
        {FINDING, "\"prose\"", "null", "finding.severity_reason is not a string"},
        {FINDING, "\"kind\":\"yara\",", "", "finding.kind is missing"},
        {FINDING, "\"finding\"", "\"sweep_end\"", "neither"},
        {FINDING, "\"finding\"", "7", "neither"},
        {FINDING, "\"type\":\"finding\",", "", "neither"},
        {FINDING, "\"high\"", "\"terrible\"", "finding.severity"},
        {FINDING, "\"high\"", "null", "finding.severity is not a string"},
        {FINDING, "\"family\":\"canary\"", "\"family\":7", "finding.family"},
        {FINDING, "\"pypi\"", "\"pypi\",7", "finding.rule.tags[1] is not a string"},
        {FINDING, "\"Canary\"", "\"\"", "finding.rule.name is too short"},
        {FINDING, "\"score\":80", "\"score\":8.5", "finding.rule.meta[1]"},
        {FINDING, "\"score\":80", "\"score\":null", "finding.rule.meta[1]"},
        {FINDING, "\"score\":80", "\"score\":[]", "finding.rule.meta[1]"},
        {FINDING, "\"score\":80", "\"title\":80", "not JSON"},
        {FINDING, "\"offset\":18", "\"offset\":-1", "matches[0].offset is negative"},
        {FINDING, "\"offset\":18", "\"offset\":1.0", "matches[0].offset is not an integer"},
        {FINDING, "\"offset\":18", "\"offset\":9223372036854775808", "not JSON"},
        {FINDING, "\"length\":6", "\"length\":5", "more data than the match"},
        {FINDING, "\"match_count\":2", "\"match_count\":1", "more matches than it counts"},
        {FINDING, "\"AAEC\"", "\"AAE\"", "not base64"},
        {FINDING, "\"AAEC\"", "\"AA=C\"", "not base64"},
        {FINDING, "\"base64\"", "\"hex\"", "encoding"},
        {FINDING, "\"matches\":[", "\"matches\":[7,", "matches[0] is not an object"},
        {FINDING, "\"sha256\":\"0", "\"sha256\":\"A", "sha256"},
        {FINDING, "\"sha256\":\"0", "\"sha256\":\"", "sha256 is too short"},
        {FINDING, "\"size\":24", "\"size\":\"24\"", "size"},
        {FINDING, "\"chain\":[]", "\"chain\":[\"x\"]", "finding.chain"},
        {FINDING, "\"chain\":[]", "\"chain\":{}", "finding.chain is not an array"},
        {FINDING, "\"ASCII text\"", "\"ASCII\\u0000text\"", "not JSON"},
        {FINDING, "\"ASCII text\"", "\"ASCII\xff text\"", "not JSON"},
        {FINDING, "\"chain\":[]}", "\"chain\":[]} {}", "not JSON"},
        {FINDING, "\"mime\":\"text/plain\"", "\"mime\":\"text/plain\",\"path\":\"/etc\"",
         "finding.object has an unknown member"},
        {GAP, "\"rule_error\"", "\"boredom\"", "gap.reason"},
        {GAP, "\"rule_error\"", "\"\"", "gap.reason"},
        {GAP, "\"detail\":\"error 31\"", "\"detail\":null", "gap.detail"},
        {GAP, "\"rule\":{", "\"rule\":{\"tags\":[],", "gap.rule has an unknown member"},
        {GAP, "\"chain\":[]", "\"chain\":[],\"object\":{}", "gap has an unknown member"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = changed(rows[i].text, rows[i].from, rows[i].to);
        assert_dead(text, strlen(text), rows[i].why);
        free(text);
    }
    assert_dead("", 0, NULL);
    assert_dead("[]", 2, "neither");
    assert_dead("null", 4, NULL);
    assert_dead("{}", 2, "neither");
}

static void every_kind_of_finding_is_taken(void **state)
{
    (void)state;
    static const char *const kinds[] = {"yara", "hash", "path", "integrity"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *text = changed(FINDING, "yara", kinds[i]);
        json_t *record = completed(text, plain_path);
        assert_string_equal(text_at(record, NULL, "kind"), kinds[i]);
        assert_string_equal(text_at(record, NULL, "severity"), "high");
        assert_string_equal(text_at(record, NULL, "rule_severity"), "critical");
        assert_string_equal(text_at(record, NULL, "severity_reason"), "prose");
        json_decref(record);
        free(text);
    }
}

/* --- packages --- */

/* FINDING as one of a package. */
static char *of_package(void)
{
    char *kind = changed(FINDING, "\"yara\"", "\"package\"");
    char *text = changed(kind, "\"object\":", PACKAGE "\"object\":");
    free(kind);
    return text;
}

static void a_package_is_taken(void **state)
{
    (void)state;
    char *text = of_package();
    json_t *record = completed(text, plain_path);
    assert_string_equal(text_at(record, NULL, "kind"), "package");
    assert_string_equal(text_at(record, "package", "ecosystem"), "pypi");
    assert_string_equal(text_at(record, "package", "name"), "Bad.Pkg");
    assert_string_equal(text_at(record, "package", "version"), "1.2.0");
    struct sw_item there = item_at(hostile_path);
    json_t *moved = sw_record_move(record, &there);
    assert_true(json_equal(json_object_get(moved, "package"), json_object_get(record, "package")));
    json_decref(moved);
    json_decref(record);
    free(text);
}

static void each_version_has_an_id_of_its_own(void **state)
{
    (void)state;
    char *text = of_package();
    char *other = changed(text, "1.2.0", "1.2.1");
    char *renamed = changed(text, "Bad.Pkg", "bad-pkg");
    json_t *records[] = {completed(text, plain_path), completed(other, plain_path),
                         completed(renamed, plain_path)};
    assert_string_not_equal(text_at(records[0], NULL, "id"), text_at(records[1], NULL, "id"));
    assert_string_equal(text_at(records[0], NULL, "id"), text_at(records[2], NULL, "id"));
    for (size_t i = 0; i < 3; i++)
        json_decref(records[i]);
    free(text);
    free(other);
    free(renamed);
}

static void a_package_is_closed(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        const char *why;
    } rows[] = {
        {PACKAGE, "", "names none"},
        {"\"kind\":\"package\"", "\"kind\":\"path\"", "or the reverse"},
        {PACKAGE, "\"package\":null,", "finding.package is not an object"},
        {"\"pypi\",\"name\"", "\"cpan\",\"name\"", "package.ecosystem"},
        {"\"ecosystem\":\"pypi\",", "", "package.ecosystem is missing"},
        {"\"name\":\"Bad.Pkg\",", "", "package.name is missing"},
        {",\"version\":\"1.2.0\"", "", "package.version is missing"},
        {"\"Bad.Pkg\"", "\"\"", "package.name is too short"},
        {"\"1.2.0\"", "\"\"", "package.version is too short"},
        {"\"1.2.0\"", "12", "package.version is not a string"},
        {"Bad.Pkg", "Bad Pkg", "package.name has a value"},
        {"1.2.0", "1.2\\u001b[2J", "package.version has a value"},
        {"1.2.0", "1.2\xc3\xa4", "package.version has a value"},
        {"\"1.2.0\"", "\"1.2.0\",\"use\":\"locked\"", "package has an unknown member"},
    };
    char *whole = of_package();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = changed(whole, rows[i].from, rows[i].to);
        assert_dead(text, strlen(text), rows[i].why);
        free(text);
    }
    for (size_t size = SW_PACKAGE_TEXT_MAX; size <= SW_PACKAGE_TEXT_MAX + 1; size++) {
        char name[SW_PACKAGE_TEXT_MAX + 2];
        memset(name, 'n', size);
        name[size] = '\0';
        char *text = changed(whole, "Bad.Pkg", name);
        if (size > SW_PACKAGE_TEXT_MAX)
            assert_dead(text, strlen(text), "package.name is too long");
        else
            json_decref(completed(text, plain_path));
        free(text);
    }
    free(whole);
}

/* --- hops below a file --- */

struct hop_change {
    const char *from;
    const char *to;
    const char *why;
};

/* Each change of the one hop makes a finding and a gap with it dead. */
static void assert_hop_closed(const char *chain, const struct hop_change *rows, size_t count)
{
    static const char *const texts[] = {FINDING, GAP};
    for (size_t t = 0; t < 2; t++) {
        char *whole = changed(texts[t], "\"chain\":[]", chain);
        json_decref(completed(whole, plain_path));
        for (size_t i = 0; i < count; i++) {
            char *text = changed(whole, rows[i].from, rows[i].to);
            assert_dead(text, strlen(text), rows[i].why);
            free(text);
        }
        free(whole);
    }
}

static void a_layer_s_hop_is_closed(void **state)
{
    (void)state;
    static const struct hop_change rows[] = {
        {"\"decoded\"", "\"member\"", "malformed hop"},
        {"\"decoded\"", "\"file\"", "chain[0].kind"},
        {"\"decoded\"", "\"De coded\"", "chain[0].kind"},
        {"\"kind\":\"decoded\",", "", "chain[0].kind is missing"},
        {"\"name\":\"base64@23\",", "", "malformed hop"},
        {"\"name\":\"base64@23\",", "\"name_base64\":\"/w==\",", "malformed hop"},
        {"\"base64@23\"", "\"\"", "chain[0].name is too short"},
        {"\"base64@23\"", "23", "chain[0].name is not a string"},
        {"\"encoding\":\"base64\",", "", "malformed hop"},
        {"\"offset\":23", "\"offset\":-23", "chain[0].offset is negative"},
        {"\"offset\":23", "\"offset\":\"23\"", "chain[0].offset is not an integer"},
        {"\"offset\":23,", "", "malformed hop"},
        {",\"length\":64", "", "malformed hop"},
        {"\"length\":64", "\"length\":64,\"path\":\"/etc\"", "chain[0] has an unknown member"},
        {"\"length\":64", "\"length\":64,\"mode\":420", "malformed hop"},
        {"\"length\":64", "\"length\":64,\"mtime\":1", "malformed hop"},
    };
    assert_hop_closed("\"chain\":[" HOP("base64", 23, 64) "]", rows, sizeof rows / sizeof rows[0]);
}

static void a_member_s_hop_is_closed(void **state)
{
    (void)state;
    static const struct hop_change rows[] = {
        {"\"tar\"", "\"file\"", "chain[0].kind"},
        {"\"tar\"", "\"decoded\"", "malformed hop"},
        {"\"tar\"", "\"\"", "chain[0].kind is too short"},
        {"\"tar\"", "\"a-name-too-long-for\"", "chain[0].kind is too long"},
        {"\"tar\"", "\"T!\"", "chain[0].kind"},
        {"\"mode\":493,", "", "malformed hop"},
        {"\"mode\":493", "\"mode\":-1", "chain[0].mode is negative"},
        {"\"mode\":493", "\"mode\":\"0755\"", "chain[0].mode is not an integer"},
        {"\"mtime\":-5", "\"mtime\":\"x\"", "chain[0].mtime is not an integer"},
        {"\"mtime\":-5", "\"mtime\":0.5", "chain[0].mtime is not an integer"},
        {"\"mtime\":-5", "\"encoding\":\"hex\"", "malformed hop"},
        {"\"mtime\":-5", "\"offset\":1", "malformed hop"},
        {"\"name\":\"a/b\",", "", "malformed hop"},
        {"\"a/b\"", "\"\"", "chain[0].name is too short"},
        {"\"name\":\"a/b\"", "\"name\":\"a/b\",\"name_base64\":\"/w==\"", "malformed hop"},
        {"\"name\":\"a/b\"", "\"name_base64\":\"\"", "chain[0].name_base64 is too short"},
        {"\"name\":\"a/b\"", "\"name_base64\":\"/w\"", "malformed hop"},
        {"\"name\":\"a/b\"", "\"name_base64\":\"/x==\"", "malformed hop"},
        {"\"name\":\"a/b\"", "\"name_base64\":\"no base64\"", "malformed hop"},
    };
    assert_hop_closed("\"chain\":[" MEMBER_HOP("a/b") "]", rows, sizeof rows / sizeof rows[0]);
}

/* A finding whose one hop has a name of so many bytes. */
static char *with_long_name(size_t size, bool coded)
{
    char *name = calloc(1, size * 2 + 8);
    char *chain = NULL;
    assert_non_null(name);
    memset(name, coded ? 'A' : 'n', coded ? (size + 2) / 3 * 4 : size);
    if (coded && size % 3 != 0)
        memset(name + (size + 2) / 3 * 4 - (3 - size % 3), '=', 3 - size % 3);
    assert_true(asprintf(&chain,
                         "\"chain\":[{\"kind\":\"tar\",\"mode\":0,\"%s\":\"%s\",\"mtime\":%lld}]",
                         coded ? "name_base64" : "name", name, (long long)INT64_MIN + 1) > 0);
    char *text = changed(FINDING, "\"chain\":[]", chain);
    free(chain);
    free(name);
    return text;
}

/* A container names its members as it likes: 8 KiB of it are taken. */
static void a_member_s_name_may_be_so_long_and_no_longer(void **state)
{
    (void)state;
    for (int coded = 0; coded < 2; coded++) {
        for (size_t size = 8191; size <= 8193; size++) {
            char *text = with_long_name(size, coded != 0);
            if (size > 8192)
                assert_dead(text, strlen(text), NULL);
            else
                json_decref(completed(text, plain_path));
            free(text);
        }
    }
}

static void a_member_s_hop_is_finished(void **state)
{
    (void)state;
    /* "e\xff!\n" */
    char *text = changed(FINDING, "\"chain\":[]",
                         "\"chain\":[" MEMBER_HOP("../a!b") "," CODED_HOP("Zf8hCg==") "]");
    json_t *record = completed(text, plain_path);
    assert_string_equal(text_at(record, NULL, "locator"),
                        "/srv/app/canary.pth!../a%21b!e%FF%21%0A");
    const json_t *chain = json_object_get(record, "chain");
    const json_t *hop = json_array_get(chain, 1);
    assert_int_equal(json_object_size(hop), 5);
    assert_string_equal(text_at(hop, NULL, "kind"), "tar");
    assert_string_equal(text_at(json_object_get(hop, "times"), NULL, "source"), "tar");
    assert_string_equal(text_at(hop, NULL, "name"), "../a!b");
    assert_string_equal(text_at(hop, NULL, "mode"), "0755");
    assert_string_equal(text_at(hop, NULL, "mtime"), "1969-12-31T23:59:59.999999995Z");
    hop = json_array_get(chain, 2);
    assert_int_equal(json_object_size(hop), 4);
    assert_string_equal(text_at(hop, NULL, "name"), "e\\xff!\\x0a");
    assert_string_equal(text_at(hop, NULL, "name_base64"), "Zf8hCg==");
    assert_string_equal(text_at(hop, NULL, "mode"), "0000");
    /* Under another name of the file it is the same. */
    json_t *there = completed(text, hostile_path);
    const struct sw_item item = item_at(hostile_path);
    json_t *moved = sw_record_move(record, &item);
    assert_true(json_equal(moved, there));
    json_decref(moved);
    json_decref(there);
    json_decref(record);
    free(text);
}

/* Who keeps the times is the kind's, unless the hop knows better. */
static void a_member_s_times_have_a_source(void **state)
{
    (void)state;
    static const char facts[] = "{\"kind\":\"%s\",\"name\":\"a\",\"mode\":420,\"mtime\":2,"
                                "\"atime\":3,\"btime\":5%s,\"uid\":7,\"gid\":8,\"inode\":9}";
    static const struct {
        const char *kind, *origin, *source, *zone;
        json_int_t mtime_ns;
        json_int_t atime_ns;
    } cases[] = {
        {"ext4", "", "ext4", "utc", 1, 1},
        {"fat32", "", "fat32", "unknown", 2000000000, 86400000000000},
        {"tar", ",\"origin\":\"pax\"", "pax", "utc", 1, 1},
        {"tar", ",\"origin\":\"tar\"", "tar", "utc", 1000000000, 1000000000},
        {"unheard-of", "", "unheard-of", "utc", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char hop_text[256], chain[320];
        (void)snprintf(hop_text, sizeof hop_text, facts, cases[i].kind, cases[i].origin);
        (void)snprintf(chain, sizeof chain, "\"chain\":[%s]", hop_text);
        char *text = changed(FINDING, "\"chain\":[]", chain);
        json_t *record = completed(text, plain_path);
        const json_t *hop = json_array_get(json_object_get(record, "chain"), 1);
        const json_t *times = json_object_get(hop, "times");
        const json_t *resolution = json_object_get(times, "resolution_ns");
        assert_string_equal(text_at(hop, NULL, "atime"), "1970-01-01T00:00:00.000000003Z");
        assert_string_equal(text_at(hop, NULL, "btime"), "1970-01-01T00:00:00.000000005Z");
        assert_null(json_object_get(hop, "ctime"));
        assert_null(json_object_get(hop, "origin"));
        assert_int_equal(json_integer_value(json_object_get(hop, "uid")), 7);
        assert_int_equal(json_integer_value(json_object_get(hop, "gid")), 8);
        assert_int_equal(json_integer_value(json_object_get(hop, "inode")), 9);
        assert_string_equal(text_at(times, NULL, "source"), cases[i].source);
        assert_string_equal(text_at(times, NULL, "zone"), cases[i].zone);
        assert_int_equal(json_integer_value(json_object_get(resolution, "mtime")),
                         cases[i].mtime_ns);
        assert_int_equal(json_integer_value(json_object_get(resolution, "atime")),
                         cases[i].atime_ns);
        assert_null(json_object_get(resolution, "ctime"));
        json_decref(record);
        free(text);
    }
    char *text = changed(FINDING, "\"chain\":[]",
                         "\"chain\":[{\"kind\":\"tar\",\"name\":\"a\",\"mode\":420,"
                         "\"origin\":\"nobody\"}]");
    assert_dead(text, strlen(text), "origin has a value that is not allowed");
    free(text);
}

/* FINDING or GAP with so many hops. */
static char *with_hops(const char *text, size_t count)
{
    static const char hop[] = HOP("base64", 23, 64);
    char chain[8192];
    size_t size = (size_t)snprintf(chain, sizeof chain, "\"chain\":[");
    for (size_t i = 0; i < count; i++)
        size += (size_t)snprintf(chain + size, sizeof chain - size, "%s%s", i == 0 ? "" : ",", hop);
    (void)snprintf(chain + size, sizeof chain - size, "]");
    assert_true(size + 1 < sizeof chain);
    return changed(text, "\"chain\":[]", chain);
}

/* The file itself is the first hop of SW_HOP_DEPTH_MAX. */
static void a_chain_may_be_so_long_and_no_longer(void **state)
{
    (void)state;
    static const char *const texts[] = {FINDING, GAP};
    for (size_t t = 0; t < 2; t++) {
        for (size_t count = SW_HOP_DEPTH_MAX - 2; count <= SW_HOP_DEPTH_MAX; count++) {
            char *text = with_hops(texts[t], count);
            if (count >= SW_HOP_DEPTH_MAX) {
                assert_dead(text, strlen(text), "chain has too many");
            } else {
                json_t *record = completed(text, plain_path);
                assert_int_equal(json_array_size(json_object_get(record, "chain")), count + 1);
                json_decref(record);
            }
            free(text);
        }
    }
}

static void hops_are_in_the_locator_and_the_chain(void **state)
{
    (void)state;
    char *text = changed(FINDING, "\"chain\":[]",
                         "\"chain\":[" HOP("base64", 23, 64) "," HOP("gzip", 0, 40) "]");
    json_t *record = completed(text, plain_path);
    assert_string_equal(text_at(record, NULL, "locator"), "/srv/app/canary.pth!base64@23!gzip@0");
    const json_t *chain = json_object_get(record, "chain");
    assert_int_equal(json_array_size(chain), 3);
    assert_string_equal(text_at(json_array_get(chain, 0), NULL, "kind"), "file");
    const json_t *hop = json_array_get(chain, 1);
    assert_string_equal(text_at(hop, NULL, "kind"), "decoded");
    assert_string_equal(text_at(hop, NULL, "encoding"), "base64");
    assert_int_equal(json_integer_value(json_object_get(hop, "offset")), 23);
    assert_int_equal(json_integer_value(json_object_get(hop, "length")), 64);
    /* The path of the file stays what `object` tells; the rest is what was decoded. */
    assert_string_equal(text_at(record, "object", "path"), plain_path);
    json_t *there = completed(text, hostile_path);
    assert_string_equal(text_at(there, NULL, "locator"),
                        "/srv/a%21b%25%1B[2J%FF%0A\\c!base64@23!gzip@0");
    const struct sw_item item = item_at(hostile_path);
    json_t *moved = sw_record_move(record, &item);
    assert_true(json_equal(moved, there));
    json_decref(moved);
    json_decref(there);
    json_decref(record);
    free(text);
}

/* A name cannot pass for two: what separates hops is escaped in each. */
static void a_hop_s_name_is_escaped_in_the_locator(void **state)
{
    (void)state;
    char *plain = changed(FINDING, "\"chain\":[]", "\"chain\":[" HOP("base64", 23, 64) "]");
    char *text = changed(plain, "base64@23", "a!b%\\u001b\\n");
    json_t *record = completed(text, plain_path);
    assert_string_equal(text_at(record, NULL, "locator"), "/srv/app/canary.pth!a%21b%25%1B%0A");
    json_decref(record);
    free(text);
    free(plain);
}

/* sha256 as above, with b"base64@23" (and then b"gzip@0") as further blocks. */
static void hops_are_in_the_fingerprint(void **state)
{
    (void)state;
    static const struct {
        const char *hops;
        const char *id;
    } rows[] = {
        {"", "561730d10c7a90357f8e2f98041d4eee"},
        {HOP("base64", 23, 64), "97e44dde47157f3183d4ce7c3a6cfaec"},
        {HOP("base64", 23, 64) "," HOP("gzip", 0, 40), "6c9c0af34e16485b3cb08bb96c66e1d2"},
        {HOP("base64", 24, 64), "9f9de9b2e8dbe7004c81b683ed2f2aa3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char chain[1024];
        (void)snprintf(chain, sizeof chain, "\"chain\":[%s]", rows[i].hops);
        char *text = changed(FINDING, "\"chain\":[]", chain);
        json_t *record = completed(text, plain_path);
        assert_string_equal(text_at(record, NULL, "id"), rows[i].id);
        json_decref(record);
        free(text);
    }
}

static void a_cut_record_is_dead_at_every_byte(void **state)
{
    (void)state;
    static const char *const texts[] = {FINDING, GAP};
    for (size_t i = 0; i < 2; i++) {
        size_t size = strlen(texts[i]);
        for (size_t cut = 0; cut < size; cut++) {
            /* A copy of that size, so that a sanitizer sees a read past it. */
            char *piece = malloc(cut + 1);
            assert_non_null(piece);
            memcpy(piece, texts[i], cut);
            char *exact = realloc(piece, cut == 0 ? 1 : cut);
            assert_dead(exact == NULL ? piece : exact, cut, NULL);
            free(exact == NULL ? piece : exact);
        }
    }
}

/* Whatever one byte becomes: taken whole or dead, nothing else. */
static void a_changed_byte_is_survived(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, '"', '\\', '{', '}', '[', ',', '9', '-', 0x1b, 0x80, 0xff};
    char text[] = FINDING;
    for (size_t at = 0; at < sizeof text - 1; at++) {
        char kept = text[at];
        for (size_t i = 0; i < sizeof values; i++) {
            struct sw_error error;
            json_t *record;
            text[at] = (char)values[i];
            enum sw_status status = complete(text, sizeof text - 1, &record, &error);
            assert_true(status == SW_OK || status == SW_DEAD);
            assert_true((status == SW_OK) == (record != NULL));
            json_decref(record);
        }
        text[at] = kept;
    }
}

/* A finding whose family is so long that the record has `size` bytes. */
static char *finding_of_size(size_t size)
{
    size_t fixed = strlen(FINDING) - strlen("canary");
    char *family = calloc(1, size - fixed + 3);
    char *text = NULL;
    assert_non_null(family);
    family[0] = '"';
    memset(family + 1, 'x', size - fixed);
    family[size - fixed + 1] = '"';
    text = changed(FINDING, "\"canary\"", family);
    free(family);
    assert_int_equal(strlen(text), size);
    return text;
}

static void a_record_may_be_so_long_and_no_longer(void **state)
{
    (void)state;
    for (size_t size = SW_RECORD_MAX - 1; size <= SW_RECORD_MAX + 1; size++) {
        char *text = finding_of_size(size);
        if (size > SW_RECORD_MAX) {
            assert_dead(text, size, "too long");
        } else {
            json_t *record = completed(text, plain_path);
            json_decref(record);
        }
        free(text);
    }
}

static void deep_and_wide_nonsense_is_dead(void **state)
{
    (void)state;
    char *text = malloc(SW_RECORD_MAX);
    assert_non_null(text);
    memset(text, '[', SW_RECORD_MAX);
    assert_dead(text, SW_RECORD_MAX, "not JSON");
    for (size_t i = 0; i + 1 < SW_RECORD_MAX; i += 2)
        memcpy(text + i, "1,", 2);
    text[0] = '[';
    text[1] = '1';
    text[SW_RECORD_MAX - 1] = ']';
    assert_dead(text, SW_RECORD_MAX, "neither");
    free(text);
}

static void data_of_a_match_ends_at_the_limit(void **state)
{
    (void)state;
    for (size_t size = SW_MATCH_DATA_MAX - 1; size <= SW_MATCH_DATA_MAX + 1; size++) {
        char data[512];
        (void)snprintf(data, sizeof data, "\"length\":9999,\"data\":\"%0*d\"", (int)size, 0);
        char *text = changed(FINDING, "\"length\":6,\"data\":\"canary\"", data);
        if (size > SW_MATCH_DATA_MAX)
            assert_dead(text, strlen(text), "more data");
        else
            json_decref(completed(text, plain_path));
        free(text);
    }
}

static void control_characters_in_texts_are_data(void **state)
{
    (void)state;
    struct sw_buf line;
    char *text = changed(FINDING, "canary", "\\u001b[2J\\u009b\\u202e\\u007f\\u2028\\u061c");
    json_t *record = completed(text, plain_path);
    assert_string_equal(text_at(record, NULL, "family"),
                        "\x1b[2J\xc2\x9b\xe2\x80\xae\x7f\xe2\x80\xa8\xd8\x9c");
    sw_buf_init(&line, SW_MIB);
    assert_int_equal(sw_record_encode(record, &line), SW_OK);
    assert_true(sw_text_is_printable(sw_buf_view(&line)));
    json_t *back = json_loadb((const char *)line.data, line.size, 0, NULL);
    assert_true(json_equal(back, record));
    json_decref(back);
    json_decref(record);
    sw_buf_done(&line);
    free(text);
}

static void base64_is_strict(void **state)
{
    (void)state;
    static const char *const wrong[] = {"A",    "AA",   "AAA",  "A===",  "====",     "AA=A",
                                        "AB==", "AAB=", "AA A", "AAA\n", "AA==AAAA", "-_AA"};
    uint8_t data[8];
    size_t size = 99;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(sw_base64_decode(wrong[i], data, sizeof data, &size));
    assert_true(sw_base64_decode("", data, sizeof data, &size));
    assert_int_equal(size, 0);
    assert_true(sw_base64_decode("/+8=", data, 2, &size));
    assert_int_equal(size, 2);
    assert_memory_equal(data, "\xff\xef", 2);
    assert_false(sw_base64_decode("/+8=", data, 1, &size));
    assert_true(sw_base64_decode("AQ==", NULL, 1, &size));
    assert_int_equal(size, 1);
}

static void the_engine_account_is_closed(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
    } rows[] = {
        {"\"rules\":40", "\"rules\":-1"},
        {"\"rules\":40", "\"rules\":40,\"x\":1"},
        {"\"rules\":40,", ""},
        {"\"on\":true", "\"on\":1"},
        {"\"reason\":\"\"", "\"reason\":7"},
        {"\"landlock_abi\":2", "\"landlock_abi\":\"2\""},
        {"\"missing\":[", "\"missing\":[7,"},
        {"\"hyperscan\":null", "\"hyperscan\":false"},
        {"\"libraries\":", "\"libs\":"},
        {"{\"ruleset\":", "{\"ruleset2\":1,\"ruleset\":"},
        {SHA, "abc"},
        {"\"why\":\"c\"", "\"why\":null"},
    };
    json_t *account = json_loads(ACCOUNT, 0, NULL);
    assert_true(sw_record_engine_account_ok(account));
    json_decref(account);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = changed(ACCOUNT, rows[i].from, rows[i].to);
        account = json_loads(text, 0, NULL);
        assert_non_null(account);
        if (sw_record_engine_account_ok(account))
            fail_msg("taken: %s", text);
        json_decref(account);
        free(text);
    }
    assert_false(sw_record_engine_account_ok(NULL));
}

static struct sw_totals some_totals(void)
{
    return (struct sw_totals){
        .scanned = 1000,
        .bytes = 5000000,
        .members = 60,
        .member_bytes = 70000,
        .full_objects = 3,
        .full_bytes = 4096,
        .hard_links = 2,
        .engine_deaths = 1,
        .findings = {[SW_SEVERITY_HIGH] = 2, [SW_SEVERITY_INFO] = 1},
        .gaps = {[SW_GAP_UNREADABLE] = 2, [SW_GAP_CRASH] = 1},
        .incidents = {[SW_VERDICT_EXECUTED] = 1},
        .walk = {.directories = 12,
                 .objects = 1002,
                 .bytes = 5000000,
                 .vanished = 1,
                 .excluded = {[SW_EXCLUDED_SYMLINK] = 4, [SW_EXCLUDED_GLOB] = 3},
                 .finished = true},
        .started_ns = 1700000000000000000,
        .finished_ns = 1700000003250000000,
        .duration_s = 3.2504,
        .exit_code = SW_EXIT_FINDINGS,
    };
}

static void the_exit_code_follows_the_precedence(void **state)
{
    (void)state;
    /* Bits of the case: failed, interrupted, finding at the threshold, finding
     * below it, gap, --strict, --allow-gaps, --fail-on never. */
    for (unsigned bits = 0; bits < 256; bits++) {
        struct sw_totals totals = {.failed = bits & 1, .interrupted = bits & 2};
        struct sw_options options = {.fail_on = SW_SEVERITY_MEDIUM};
        totals.findings[SW_SEVERITY_MEDIUM] = bits & 4 ? 1 : 0;
        totals.findings[SW_SEVERITY_LOW] = bits & 8 ? 7 : 0;
        totals.gaps[SW_GAP_IO_ERROR] = bits & 16 ? 1 : 0;
        options.strict = bits & 32;
        options.allow_gaps = bits & 64;
        options.fail_on_never = bits & 128;
        bool found = (bits & 4) && !(bits & 128);
        bool gaps = (bits & 16) && !(bits & 64);
        enum sw_exit expected = SW_EXIT_CLEAN;
        if (gaps)
            expected = SW_EXIT_GAPS;
        if (found && !(gaps && (bits & 32)))
            expected = SW_EXIT_FINDINGS;
        if (bits & 2)
            expected = SW_EXIT_INTERRUPTED;
        if (bits & 1)
            expected = SW_EXIT_FAILED;
        assert_int_equal(sw_totals_exit(&totals, &options), expected);
    }
}

static void the_verdict_says_what_was_proved(void **state)
{
    (void)state;
    struct sw_totals totals = {0};
    assert_string_equal(sw_totals_verdict(&totals), "clean");
    totals.gaps[SW_GAP_TIMEOUT] = 1;
    assert_string_equal(sw_totals_verdict(&totals), "incomplete");
    totals.findings[SW_SEVERITY_INFO] = 1;
    assert_string_equal(sw_totals_verdict(&totals), "findings");
    totals.interrupted = true;
    assert_string_equal(sw_totals_verdict(&totals), "interrupted");
    totals.failed = true;
    assert_string_equal(sw_totals_verdict(&totals), "failed");
    assert_int_equal(sw_totals_gaps(&totals), 1);
    assert_int_equal(sw_totals_findings(&totals), 1);
}

static void the_summary_is_short_and_printable(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    size_t lines = 0;
    struct sw_totals totals = some_totals();
    totals.types = json_pack("{s:i,s:i,s:i,s:i,s:i,s:i}", "a/a", 1, "b/\x1b[2J", 900, "c/c", 50,
                             "d/d", 50, "e/e", 2, "f/f", 3);
    FILE *out = open_memstream(&text, &size);
    sw_totals_print(out, &totals);
    (void)fclose(out);
    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n' ? 1 : 0;
        assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
    }
    assert_true(lines >= 5 && lines <= 10);
    assert_non_null(strstr(text, "findings: something was found (exit code 1)"));
    assert_non_null(strstr(text, "1,000 objects"));
    assert_non_null(strstr(text, "3: 2 high, 1 info"));
    assert_non_null(strstr(text, "incidents 1: 1 executed"));
    assert_non_null(strstr(text, "3 not looked at: 2 unreadable, 1 crash"));
    assert_non_null(strstr(text, "900 b/\\x1b[2J, 50 c/c, 50 d/d, 3 f/f, 2 e/e, and 1 more"));
    json_decref(totals.types);
    free(text);
}

static void assert_verdict(const struct sw_totals *totals, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    sw_totals_print_verdict(out, totals);
    (void)fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void the_last_line_is_for_logs(void **state)
{
    (void)state;
    struct sw_totals totals = {.exit_code = SW_EXIT_CLEAN};
    assert_verdict(&totals, "sweeper: PASS nothing found; 0 gaps (exit 0)\n");
    totals.exit_code = SW_EXIT_GAPS;
    totals.gaps[SW_GAP_CRASH] = 1;
    assert_verdict(&totals, "sweeper: INCOMPLETE nothing found; 1 gap (exit 3)\n");
    totals.exit_code = SW_EXIT_FINDINGS;
    totals.gaps[SW_GAP_TIMEOUT] = 2;
    totals.findings[SW_SEVERITY_CRITICAL] = 2;
    totals.findings[SW_SEVERITY_INFO] = 1;
    assert_verdict(&totals, "sweeper: FAIL 2 critical, 1 info; 3 gaps (exit 1)\n");
    totals.suppressed = 4;
    totals.exit_code = SW_EXIT_INTERRUPTED;
    assert_verdict(&totals,
                   "sweeper: INTERRUPTED 2 critical, 1 info; 3 gaps; 4 suppressed (exit 130)\n");
    totals = (struct sw_totals){.exit_code = SW_EXIT_FAILED};
    assert_verdict(&totals, "sweeper: ERROR nothing found; 0 gaps (exit 2)\n");
}

/* --- order --- */

static json_t *record_of(const char *text)
{
    json_t *record = json_loads(text, 0, NULL);
    assert_non_null(record);
    return record;
}

static const char *const ordered[] = {
    "{\"type\":\"sweep_start\"}",
    "{\"type\":\"root\",\"path\":\"/a\"}",
    "{\"type\":\"root\",\"path\":\"/a/b\"}",
    "{\"type\":\"finding\",\"locator\":\"/a\",\"rule\":{\"namespace\":\"n\",\"name\":\"r\"}}",
    "{\"type\":\"finding\",\"locator\":\"/a\",\"rule\":{\"namespace\":\"n\",\"name\":\"r2\"}}",
    "{\"type\":\"finding\",\"locator\":\"/a\",\"rule\":{\"namespace\":\"o\",\"name\":\"a\"}}",
    "{\"type\":\"finding\",\"locator\":\"/a!b\",\"rule\":{\"namespace\":\"a\",\"name\":\"a\"}}",
    "{\"type\":\"finding\",\"locator\":\"/aa\",\"rule\":{\"namespace\":\"a\",\"name\":\"a\"}}",
    "{\"type\":\"finding\",\"locator\":\"/"
    "\xc3\xa9\",\"rule\":{\"namespace\":\"a\",\"name\":\"a\"}}",
    "{\"type\":\"gap\",\"locator\":\"/a\",\"reason\":\"crash\"}",
    "{\"type\":\"gap\",\"locator\":\"/a\",\"reason\":\"timeout\",\"detail\":\"a\",\"x\":9}",
    "{\"type\":\"gap\",\"locator\":\"/"
    "a\",\"reason\":\"timeout\",\"detail\":\"b\",\"x\":\"\\u009b\"}",
    "{\"type\":\"gap\",\"locator\":\"/a\",\"reason\":\"timeout\",\"detail\":\"b\",\"x\":1}",
    "{\"type\":\"gap\",\"locator\":\"/a\",\"reason\":\"timeout\",\"detail\":\"b\",\"x\":2}",
    "{\"type\":\"incident\",\"root\":\"/\",\"severity\":\"low\"}",
    "{\"type\":\"incident\",\"root\":\"/a\",\"severity\":\"high\"}",
    "{\"type\":\"engine_death\",\"at\":\"2023\"}",
    "{\"type\":\"engine_death\",\"at\":\"2024\"}",
    "{\"type\":\"sweep_end\"}",
};
enum { ORDERED_COUNT = sizeof ordered / sizeof ordered[0] };

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* The key and the line, by which the spool sorts. */
static int compare_keys(const json_t *a, const json_t *b)
{
    struct sw_buf buf_a;
    struct sw_buf buf_b;
    sw_buf_init(&buf_a, SW_MIB);
    sw_buf_init(&buf_b, SW_MIB);
    assert_int_equal(sw_record_key(a, &buf_a), SW_OK);
    assert_int_equal(sw_record_encode(a, &buf_a), SW_OK);
    assert_int_equal(sw_record_key(b, &buf_b), SW_OK);
    assert_int_equal(sw_record_encode(b, &buf_b), SW_OK);
    int order = memcmp(buf_a.data, buf_b.data, buf_a.size < buf_b.size ? buf_a.size : buf_b.size);
    if (order == 0)
        order = (buf_a.size > buf_b.size) - (buf_a.size < buf_b.size);
    sw_buf_done(&buf_a);
    sw_buf_done(&buf_b);
    return order;
}

static void the_order_is_total(void **state)
{
    (void)state;
    json_t *records[ORDERED_COUNT];
    for (size_t i = 0; i < ORDERED_COUNT; i++)
        records[i] = record_of(ordered[i]);
    for (int i = 0; i < ORDERED_COUNT; i++) {
        for (int k = 0; k < ORDERED_COUNT; k++) {
            int expected = sign(i - k);
            if (sign(sw_record_compare(records[i], records[k])) != expected)
                fail_msg("%s <> %s", ordered[i], ordered[k]);
            assert_int_equal(sign(compare_keys(records[i], records[k])), expected);
        }
    }
    for (size_t i = 0; i < ORDERED_COUNT; i++)
        json_decref(records[i]);
}

/* --- the schema and the golden file --- */

static json_t *file_json(const char *relative, size_t flags)
{
    char path[4096];
    json_error_t trouble;
    const char *slash = strrchr(__FILE__, '/');
    (void)snprintf(path, sizeof path, "%.*s/../../%s", (int)(slash - __FILE__), __FILE__, relative);
    json_t *value = json_load_file(path, flags, &trouble);
    if (value == NULL)
        fail_msg("%s: %s", path, trouble.text);
    return value;
}

static void assert_lists(const json_t *schema, const char *definition, const char *const *names,
                         size_t count)
{
    const json_t *defs = json_object_get(schema, "$defs");
    const json_t *list = json_object_get(json_object_get(defs, definition), "enum");
    assert_int_equal(json_array_size(list), count);
    for (size_t i = 0; i < count; i++) {
        bool listed = false;
        for (size_t k = 0; k < count; k++)
            listed = listed || strcmp(json_string_value(json_array_get(list, k)), names[i]) == 0;
        if (!listed)
            fail_msg("%s is not in %s of the schema", names[i], definition);
    }
}

static void the_schema_has_the_names_of_the_tables(void **state)
{
    (void)state;
#define GAP_NAME(constant, name, meaning) name,
#define EXCLUDED_NAME(constant, name)     name,
    static const char *const gaps[] = {SW_GAP_TABLE(GAP_NAME)};
    static const char *const excluded[] = {SW_EXCLUDED_TABLE(EXCLUDED_NAME)};
    const char *severities[SW_SEVERITY_CRITICAL + 1];
    for (size_t i = 0; i <= SW_SEVERITY_CRITICAL; i++)
        severities[i] = sw_severity_name((enum sw_severity)i);
    json_t *schema = file_json("docs/schema/record-1.0.schema.json", 0);
    assert_lists(schema, "gap_reason", gaps, sizeof gaps / sizeof gaps[0]);
    assert_lists(schema, "excluded_reason", excluded, sizeof excluded / sizeof excluded[0]);
    assert_lists(schema, "severity", severities, SW_SEVERITY_CRITICAL + 1);
    const char *verdicts[SW_VERDICT_COUNT];
    for (size_t i = 0; i < SW_VERDICT_COUNT; i++)
        verdicts[i] = sw_verdict_name((enum sw_verdict)i);
    assert_lists(schema, "verdict", verdicts, SW_VERDICT_COUNT);
    const char *stages[SW_STAGE_COUNT];
    for (size_t i = 0; i < SW_STAGE_COUNT; i++)
        stages[i] = sw_stage_name((enum sw_stage)i);
    assert_lists(schema, "stage", stages, SW_STAGE_COUNT);
    const char *ecosystems[SW_ECOSYSTEM_COUNT];
    for (size_t i = 0; i < SW_ECOSYSTEM_COUNT; i++)
        ecosystems[i] = sw_ecosystem_name((enum sw_ecosystem)i);
    assert_lists(schema, "ecosystem", ecosystems, SW_ECOSYSTEM_COUNT);
    const char *forms[SW_PARCEL_FORM_COUNT];
    for (size_t i = 0; i < SW_PARCEL_FORM_COUNT; i++)
        forms[i] = sw_parcel_form_name((enum sw_parcel_form)i);
    assert_lists(schema, "parcel_form", forms, SW_PARCEL_FORM_COUNT);
    json_decref(schema);
}

static json_t *start_record(void)
{
    static const char *given[] = {"--threads=2", "--exclude=a\xff"};
    static const char *targets[] = {"/srv"};
    struct sw_options options = {.given = {.rows = given, .count = 2},
                                 .targets = {.rows = targets, .count = 1},
                                 .thread_count = 2,
                                 .fail_on = SW_SEVERITY_MEDIUM,
                                 .limits = {.file_size_max = 64 * SW_GIB,
                                            .memory_max = 512 * SW_MIB,
                                            .time_max_s = 300,
                                            .matches_max = 64,
                                            .depth_max = 16,
                                            .members_max = 1000000,
                                            .bytes_max = 64 * SW_GIB,
                                            .ratio_max = 1000,
                                            .spill_max = 16 * SW_GIB}};
    json_t *account = json_loads(ACCOUNT, 0, NULL);
    char pack_name[] = "site\xff.pack";
    struct sw_loaded_pack pack = {
        .name = pack_name, .digest = SHA, .signers = {SHA}, .signer_count = 1};
    struct sw_rulepack rules = {.builtin_digest = SHA, .packs = &pack, .pack_count = 1};
    struct sw_start_facts facts = {.options = &options,
                                   .started_ns = 1700000000000000000,
                                   .ruleset_digest = SHA,
                                   .pack = &rules,
                                   .engine = account};
    json_t *record = sw_record_sweep_start(&facts);
    json_decref(account);
    assert_non_null(record);
    /* What differs from machine to machine. */
    json_object_set_new(record, "version", json_string("0.1.0"));
    json_object_set_new(record, "host",
                        json_pack("{s:s,s:s,s:s,s:i}", "name", "host", "kernel", "6.1", "arch",
                                  "x86_64", "cpus", 2));
    return record;
}

static json_t *root_record(void)
{
    char filesystem[] = "ext4";
    char mount[] = "/srv/n\xff";
    char nfs[] = "nfs4";
    struct sw_left_out left_out = {
        .path = mount, .filesystem = nfs, .reason = SW_EXCLUDED_NETWORK_FILESYSTEM};
    char path[] = "/srv";
    struct sw_root root = {.target = "./srv",
                           .path = path,
                           .is_directory = true,
                           .facts = {.device = 2049, .inode = 2},
                           .filesystem = filesystem,
                           .left_out = &left_out,
                           .left_out_count = 1};
    return sw_record_root(&root);
}

static json_t *engine_death_record(int number, int exit_status)
{
    struct sw_item item = item_at(hostile_path);
    const struct sw_item *suspects[] = {&item};
    struct sw_engine_death death = {.cause = number == 0 ? "protocol" : "crash",
                                    .signal = number,
                                    .exit_status = exit_status,
                                    .detail = "worker 1 was at it",
                                    .suspects = suspects,
                                    .suspect_count = 1};
    json_t *record = sw_record_engine_death(&death);
    assert_non_null(record);
    json_object_set_new(record, "at", json_string("2023-11-14T22:13:20.000000000Z"));
    return record;
}

/* A finding of high severity below /srv, and what comes with it. */
static json_t *incident_record(void)
{
    struct sw_error error;
    struct sw_incidents *incidents = NULL;
    struct sw_exposure *exposure = NULL;
    json_t *record = NULL;
    json_t *finding = completed(FINDING, plain_path);
    json_object_set_new(json_object_get(json_object_get(finding, "rule"), "meta"), "stage",
                        json_string("wiper, 3u"));
    assert_int_equal(sw_incidents_new(&incidents, &error), SW_OK);
    assert_int_equal(sw_exposure_new(&exposure, &error), SW_OK);
    sw_incidents_take(incidents, 0, finding);
    sw_incidents_context(incidents, 0, "timezone", "Etc/UTC\n");
    sw_incidents_context(incidents, 0, "lang", "C.UTF-8");
    sw_exposure_root(exposure, 0, (struct sw_view){(const uint8_t *)"/srv", 4});
    sw_exposure_note(exposure, 0, (struct sw_view){(const uint8_t *)"root/\xff/.npmrc", 13},
                     &(struct sw_facts){.mode = 0100600, .size = 30, .ctime_ns = 1});
    const struct sw_incident_request request = {
        .incidents = incidents, .exposure = exposure, .path = {(const uint8_t *)"/srv", 4}};
    assert_int_equal(sw_incident_record(&request, &record, &error), SW_OK);
    sw_exposure_free(exposure);
    sw_incidents_free(incidents);
    json_decref(finding);
    return record;
}

/* A member of the container that is this package; the texts of JSON. */
#define PARCEL                                                                                     \
    "{\"form\":\"wheel\",\"name\":\"Bad.Pkg\",\"version\":\"1.2.0\",\"known_by\":\"content\"}"
#define PARCEL_HOP "{\"kind\":\"zip\",\"name\":\"a.py\",\"mode\":420,\"package\":" PARCEL "}"

static void a_container_may_be_a_package(void **state)
{
    (void)state;
    static const struct hop_change rows[] = {
        {PARCEL, "null", "chain[0].package is not an object"},
        {PARCEL, "{}", "chain[0].package.form is missing"},
        {"\"wheel\"", "\"wheels\"", "chain[0].package.form"},
        {"\"wheel\"", "\"\"", "chain[0].package.form"},
        {"\"form\":\"wheel\",", "", "chain[0].package.form is missing"},
        {"\"name\":\"Bad.Pkg\",", "", "chain[0].package.name is missing"},
        {"Bad.Pkg", "", "chain[0].package.name is too short"},
        {"Bad.Pkg", "Bad Pkg", "chain[0].package.name has a value"},
        {"1.2.0", "1\xc3\xa4", "chain[0].package.version has a value"},
        {"\"1.2.0\"", "1", "chain[0].package.version is not a string"},
        {"\"content\"", "\"guess\"", "chain[0].package.known_by"},
        {"\"form\"", "\"ecosystem\":\"pypi\",\"form\"", "chain[0].package has an unknown member"},
    };
    assert_hop_closed("\"chain\":[" PARCEL_HOP "]", rows, sizeof rows / sizeof rows[0]);
    char *text = changed(FINDING, "\"chain\":[]", "\"chain\":[" PARCEL_HOP "]");
    json_t *record = completed(text, plain_path);
    const json_t *hop = json_array_get(json_object_get(record, "chain"), 1);
    assert_string_equal(text_at(hop, "package", "ecosystem"), "pypi");
    assert_string_equal(text_at(hop, "package", "form"), "wheel");
    json_decref(record);
    free(text);
    text =
        changed(FINDING, "\"chain\":[]",
                "\"chain\":[{\"kind\":\"decoded\",\"name\":\"x\",\"encoding\":\"hex\",\"offset\":1,"
                "\"length\":1,\"package\":" PARCEL "}]");
    assert_dead(text, strlen(text), "malformed hop");
    free(text);
}

#define DISK_IMAGE                                                                                 \
    "{\"type\":\"disk_image\",\"format\":\"ewf\",\"size\":1024,"                                   \
    "\"acquisition\":{\"case_number\":\"7\"},"                                                     \
    "\"stored\":{\"md5\":\"0123456789abcdef0123456789abcdef\"},"                                   \
    "\"computed\":{\"md5\":\"0123456789abcdef0123456789abcdef\",\"sha256\":\"" DISK_SHA256 "\"},"  \
    "\"files\":[{\"name\":\"x.E01\",\"size\":512,\"sha256\":\"" DISK_SHA256 "\"}],"                \
    "\"verified\":\"match\",\"chain\":[]}"
#define DISK_SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void a_disk_image_is_closed(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        const char *said;
    } rows[] = {
        {"\"format\":\"ewf\",", "", "format is missing"},
        {"\"ewf\"", "\"E W F\"", "format"},
        {"1024", "-1", "size"},
        {"\"7\"", "7", "acquisition"},
        {"\"match\"", "\"maybe\"", "verified"},
        {"\"md5\":\"01", "\"md5\":\"x1", "md5"},
        {"\"name\":\"x.E01\"", "\"name\":\"\"", "name"},
        {"\"chain\":[]", "\"chain\":[],\"more\":1", "unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = changed(DISK_IMAGE, rows[i].from, rows[i].to);
        assert_dead(text, strlen(text), rows[i].said);
        free(text);
    }
}

static json_t *all_records(void)
{
    struct sw_item unseen = {
        .kind = SW_ITEM_GAP, .fd = -1, .path = hostile_path, .path_size = strlen(hostile_path)};
    struct sw_item seen = item_at(plain_path);
    struct sw_totals totals = some_totals();
    json_t *list = json_array();
    json_array_append_new(list, start_record());
    json_array_append_new(list, root_record());
    json_array_append_new(list, completed(FINDING, plain_path));
    json_array_append_new(list, completed(FINDING, hostile_path));
    char *layered = changed(FINDING, "\"chain\":[]", "\"chain\":[" HOP("base64", 23, 64) "]");
    json_array_append_new(list, completed(layered, plain_path));
    free(layered);
    char *package = of_package();
    json_array_append_new(list, completed(package, plain_path));
    free(package);
    char *member = changed(FINDING, "\"chain\":[]",
                           "\"chain\":[" MEMBER_HOP("../a!b") "," CODED_HOP("Zf8hCg==") "]");
    json_array_append_new(list, completed(member, plain_path));
    char *parcel = changed(FINDING, "\"chain\":[]", "\"chain\":[" PARCEL_HOP "]");
    char cached[] =
        "/r/yarn/v6/npm-a-1.0.0-0123456789012345678901234567890123456789/node_modules/a/x";
    json_array_append_new(list, completed(parcel, cached));
    free(parcel);
    char *integrity = changed(member, "yara", "integrity");
    json_array_append_new(list, completed(integrity, plain_path));
    free(integrity);
    free(member);
    json_array_append_new(list, completed(GAP, plain_path));
    json_array_append_new(list, sw_record_gap(&unseen, SW_GAP_UNREADABLE, "Permission denied"));
    json_array_append_new(list, sw_record_gap(&seen, SW_GAP_CRASH, NULL));
    json_array_append_new(list, completed(DISK_IMAGE, plain_path));
    json_array_append_new(list, incident_record());
    json_array_append_new(list, engine_death_record(SIGSEGV, -1));
    json_array_append_new(list, engine_death_record(0, 3));
    json_array_append_new(list, sw_record_sweep_end(&totals));
    totals.types = json_pack("{s:i}", "text/plain", 12);
    json_array_append_new(list, sw_record_sweep_end(&totals));
    json_decref(totals.types);
    return list;
}

/* The golden file is what tests/e2e/test_schema.py holds against the schema. */
static void records_are_as_in_the_golden_file(void **state)
{
    (void)state;
    json_t *made = all_records();
    const char *rewrite = getenv("SWEEPER_GOLDEN_RECORDS");
    if (rewrite != NULL)
        assert_int_equal(json_dump_file(made, rewrite, JSON_INDENT(1) | JSON_REAL_PRECISION(15)),
                         0);
    json_t *golden = file_json("tests/golden/records.json", JSON_REJECT_DUPLICATES);
    assert_int_equal(json_array_size(made), json_array_size(golden));
    for (size_t i = 0; i < json_array_size(made); i++) {
        if (!json_equal(json_array_get(made, i), json_array_get(golden, i)))
            fail_msg("record %zu: %s", i, json_dumps(json_array_get(made, i), JSON_COMPACT));
    }
    json_decref(golden);
    json_decref(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_is_completed),
        cmocka_unit_test(the_id_is_what_the_documentation_says),
        cmocka_unit_test(ids_differ_where_findings_do),
        cmocka_unit_test(hostile_paths_are_escaped_and_kept),
        cmocka_unit_test(huge_numbers_and_missing_births_are_said_right),
        cmocka_unit_test(a_gap_without_facts_has_a_path_only),
        cmocka_unit_test(a_gap_of_the_engine_is_completed),
        cmocka_unit_test(a_moved_record_is_as_if_found_there),
        cmocka_unit_test(what_does_not_conform_is_dead),
        cmocka_unit_test(every_kind_of_finding_is_taken),
        cmocka_unit_test(a_package_is_taken),
        cmocka_unit_test(each_version_has_an_id_of_its_own),
        cmocka_unit_test(a_package_is_closed),
        cmocka_unit_test(a_container_may_be_a_package),
        cmocka_unit_test(a_layer_s_hop_is_closed),
        cmocka_unit_test(a_member_s_hop_is_closed),
        cmocka_unit_test(a_member_s_name_may_be_so_long_and_no_longer),
        cmocka_unit_test(a_member_s_hop_is_finished),
        cmocka_unit_test(a_member_s_times_have_a_source),
        cmocka_unit_test(a_chain_may_be_so_long_and_no_longer),
        cmocka_unit_test(hops_are_in_the_locator_and_the_chain),
        cmocka_unit_test(a_hop_s_name_is_escaped_in_the_locator),
        cmocka_unit_test(hops_are_in_the_fingerprint),
        cmocka_unit_test(a_cut_record_is_dead_at_every_byte),
        cmocka_unit_test(a_changed_byte_is_survived),
        cmocka_unit_test(a_record_may_be_so_long_and_no_longer),
        cmocka_unit_test(deep_and_wide_nonsense_is_dead),
        cmocka_unit_test(data_of_a_match_ends_at_the_limit),
        cmocka_unit_test(control_characters_in_texts_are_data),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(the_engine_account_is_closed),
        cmocka_unit_test(the_exit_code_follows_the_precedence),
        cmocka_unit_test(the_verdict_says_what_was_proved),
        cmocka_unit_test(the_summary_is_short_and_printable),
        cmocka_unit_test(the_last_line_is_for_logs),
        cmocka_unit_test(the_order_is_total),
        cmocka_unit_test(the_schema_has_the_names_of_the_tables),
        cmocka_unit_test(a_disk_image_is_closed),
        cmocka_unit_test(records_are_as_in_the_golden_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
