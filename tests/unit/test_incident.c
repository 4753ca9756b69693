/* SPDX-License-Identifier: Apache-2.0 */
/* Findings that belong together make one record, the same in any order and of
 * bounded size; findings that do not make none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"
#include "supervisor/text_incident.h"
#include "sweeper/text.h"

#define MARCH "2026-03-24T10:39:24.000000000Z"
#define APRIL "2026-04-02T00:00:00.000000001Z"
#define NPM   "1985-10-26T08:15:00.000000000Z"

struct found {
    const char *family;
    const char *stage;
    const char *severity;
    const char *rule;
    const char *locator;
};

static json_t *finding_of(const struct found *found)
{
    json_t *finding =
        json_pack("{s:s,s:s,s:s,s:s?,s:{s:s,s:s,s:{s:s*}},s:{s:s,s:s,s:s},s:s}", "type", "finding",
                  "severity", found->severity, "kind", "yara", "family", found->family, "rule",
                  "name", found->rule, "namespace", "n", "meta", "stage", found->stage, "object",
                  "path", "/x", "mtime", MARCH, "ctime", APRIL, "locator", found->locator);
    assert_non_null(finding);
    return finding;
}

static struct sw_incidents *incidents_new(void)
{
    struct sw_incidents *incidents = NULL;
    struct sw_error error;
    assert_int_equal(sw_incidents_new(&incidents, &error), SW_OK);
    return incidents;
}

static void take(struct sw_incidents *incidents, const struct found *found)
{
    json_t *finding = finding_of(found);
    sw_incidents_take(incidents, 0, finding);
    json_decref(finding);
}

/* NULL: none. */
static json_t *record_with(const struct sw_incidents *incidents, const struct sw_exposure *exposure,
                           enum sw_exposure_mode mode)
{
    const struct sw_incident_request request = {.incidents = incidents,
                                                .exposure = exposure,
                                                .mode = mode,
                                                .path = sw_view_of_text("/mnt")};
    struct sw_error error;
    json_t *record = NULL;
    enum sw_status status = sw_incident_record(&request, &record, &error);
    assert_true(status == SW_OK || status == SW_END);
    assert_true((status == SW_OK) == (record != NULL));
    return record;
}

static json_t *record_of(const struct found *found, size_t count)
{
    struct sw_incidents *incidents = incidents_new();
    for (size_t i = 0; i < count; i++)
        take(incidents, &found[i]);
    json_t *record = record_with(incidents, NULL, SW_EXPOSURE_AUTO);
    sw_incidents_free(incidents);
    return record;
}
#define RECORD_OF(...)                                                                             \
    record_of((const struct found[]){__VA_ARGS__},                                                 \
              sizeof((const struct found[]){__VA_ARGS__}) / sizeof(struct found))

static const char *text_at(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text == NULL ? "(none)" : text;
}

static bool list_has(const json_t *record, const char *name, const char *words)
{
    const json_t *list = json_object_get(record, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strstr(json_string_value(json_array_get(list, i)), words) != NULL)
            return true;
    }
    return false;
}

static void assert_verdict(json_t *record, const char *severity, const char *verdict)
{
    assert_non_null(record);
    assert_string_equal(text_at(record, "severity"), severity);
    assert_string_equal(text_at(record, "verdict"), verdict);
    json_decref(record);
}

static void assert_none(json_t *record)
{
    if (record != NULL)
        fail_msg("an incident: %s", json_dumps(record, 0));
}

static void findings_that_do_not_belong_together_make_none(void **state)
{
    (void)state;
    assert_none(record_of(NULL, 0));
    assert_none(RECORD_OF({"litellm", "2", "low", "a", "/a"}));
    assert_none(RECORD_OF({"litellm", "2", "low", "a", "/a"}, {"wiper", "wiper", "low", "b", "/b"},
                          {"litellm", "0a", "info", "c", "/c"}));
    /* One of medium severity: a look-alike is as good an explanation. */
    assert_none(RECORD_OF({"litellm", "3", "medium", "a", "/a"}));
    /* The same object twice, the same rule twice. */
    assert_none(
        RECORD_OF({"litellm", "3", "medium", "a", "/a"}, {"litellm", "3u", "medium", "b", "/a"}));
    assert_none(RECORD_OF({"litellm", "3", "medium", "a", "/a"},
                          {"litellm", "3", "medium", "a", "/b"},
                          {"litellm", "3", "medium", "a", "/c"}));
    /* Two medium ones of families that have nothing to do with each other. */
    assert_none(
        RECORD_OF({"litellm", "3", "medium", "a", "/a"}, {"vect", "encrypt", "medium", "b", "/b"}));
    /* Without a family nobody knows what it belongs to. */
    assert_none(RECORD_OF({NULL, NULL, "critical", "a", "/a"}, {"", NULL, "high", "b", "/b"}));
}

static void findings_that_belong_together_make_one(void **state)
{
    (void)state;
    assert_verdict(RECORD_OF({"litellm", "0a", "critical", "a", "/v/site-packages/x.pth"}),
                   "critical", "present");
    assert_verdict(
        RECORD_OF({"litellm", "0", "medium", "a", "/a"}, {"wiper", "1", "medium", "b", "/b"}),
        "medium", "present");
    /* A pair that only shows after a third one. */
    assert_verdict(RECORD_OF({"litellm", "0", "medium", "a", "/a"},
                             {"litellm", "0", "medium", "a", "/b"},
                             {"litellm", "0", "medium", "b", "/a"}),
                   "medium", "present");
    assert_verdict(
        RECORD_OF({"vect", "ransom", "medium", "a", "/a"}, {"vect", "ransom", "medium", "b", "/b"}),
        "medium", "destructive");
}

static void what_is_suppressed_counts_for_nothing(void **state)
{
    (void)state;
    struct sw_incidents *incidents = incidents_new();
    const struct found found = {"litellm", "0a", "critical", "a", "/a"};
    json_t *finding = finding_of(&found);
    json_object_set_new(finding, "suppressed", json_pack("{s:s}", "reason", "known"));
    sw_incidents_take(incidents, 0, finding);
    json_decref(finding);
    assert_none(record_with(incidents, NULL, SW_EXPOSURE_AUTO));
    sw_incidents_free(incidents);
}

static void the_verdict_follows_the_worst_evidence(void **state)
{
    (void)state;
    static const struct {
        struct found found;
        const char *verdict;
    } rows[] = {
        {{"litellm", "0b, 1", "critical", "packed", "/a/proxy.py"}, "present"},
        {{"teampcp", "3", "high", "x",
          "/tmp/.pg_st"
          "ate"},
         "executed"},
        {{"litellm", "0", "high", "a", "/a"}, "present"},
        {{"trivy", "2", "high", "x", "/disk.img!/tmp/runner_collected_99"}, "executed"},
        {{"teampcp", "2", "high", "x",
          "/var/tmp/q/tpcp"
          ".tar.gz"},
         "executed"},
        {{"litellm", "2", "high", "litellm_collector_output", "/tmp/q/c"}, "executed"},
        {{"litellm", "2", "high", "litellm_collector", "/tmp/q/c"}, "present"},
        {{"teampcp", "1", "high", "x",
          "/src/tpcp"
          "-docs/.git/config"},
         "executed"},
        {{"teampcp", "1", "high", "x", "/src/mine/.git/config"}, "present"},
        {{"teampcp", "1", "critical", "teampcp_bundle_tar", "/b"}, "executed"},
        {{"teampcp", "1", "critical", "teampcp_bundle_upload", "/b"}, "present"},
        {{"litellm", "2k", "high", "litellm_k8s_pod_etcd", "/db"}, "executed"},
        {{"litellm", "2k", "high", "litellm_k8s_pod_yaml", "/a.yaml"}, "present"},
        {{"wiper", "ransom", "high", "x", "/a"}, "destructive"},
        {{"litellm", "3", "critical", "x", "/root/.config/sysmon/sysmon.py"}, "persisted"},
        {{"trivy", "3", "high", "x", "/home/a/.config/sysmon.py"}, "persisted"},
        {{"canisterworm", "3", "critical", "x", "/home/a/.local/share/pgmon/service.py"},
         "persisted"},
        {{"canisterworm", "3", "critical", "x", "/a/node_modules/x/index.js"}, "present"},
        {{"litellm", "3", "critical", "x", "/v/site-packages/pgmon/x.py"}, "present"},
        {{"litellm", "persistence", "high", "x", "/h/.config/systemd/user/sysmon.service"},
         "persisted"},
        {{"litellm", "3u", "high", "x", "/src/units/sysmon.service"}, "present"},
        {{"wiper", "3", "high", "x", "/img.tar!var/lib/svc_internal/runner.py"}, "persisted"},
        {{"telnyx", "3", "high", "x", "/c/Programs/Startup/msbuild.exe"}, "persisted"},
        {{"wiper", "wiper", "critical", "x", "/tmp/kube.py"}, "destructive"},
        {{"wiper", "spread", "critical", "x", "/tmp/prop.py"}, "present"},
        {{"generic", "nonsense", "high", "x", "/a"}, "present"},
        {{"generic", NULL, "high", "x", "/a"}, "present"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *record = record_of(&rows[i].found, 1);
        assert_non_null(record);
        if (strcmp(text_at(record, "verdict"), rows[i].verdict) != 0)
            fail_msg("%s is %s", rows[i].found.locator, text_at(record, "verdict"));
        json_decref(record);
    }
}

static void weak_evidence_needs_company(void **state)
{
    (void)state;
    const struct found weak = {"teampcp", "3", "low", "x",
                               "/tmp/pg"
                               "log"};
    const struct found elsewhere = {"teampcp", "3", "low", "x",
                                    "/srv/pg"
                                    "log"};
    const struct found strong = {"litellm", "0", "high", "a", "/v/METADATA"};
    assert_none(record_of(&weak, 1));
    assert_verdict(RECORD_OF(strong, weak), "high", "executed");
    assert_verdict(RECORD_OF(strong, elsewhere), "high", "present");
    /* A low finding of another stage changes nothing. */
    assert_verdict(RECORD_OF(strong, {"wiper", "wiper", "low", "w", "/doc.md"}), "high", "present");
}

static void the_record_says_what_was_found(void **state)
{
    (void)state;
    struct sw_incidents *incidents = incidents_new();
    static const struct found found[] = {
        {"litellm", "0", "high", "version", "/mnt/v/litellm/METADATA"},
        {"litellm", "0a", "critical", "pth", "/mnt/v/x.pth"},
        {"litellm", "3", "critical", "backdoor", "/mnt/root/.config/sysmon/sysmon.py"},
        {"vect", "ransom", "low", "note", "/mnt/doc.md"},
    };
    for (size_t i = 0; i < 4; i++)
        take(incidents, &found[i]);
    sw_incidents_context(incidents, 0, "timezone",
                         "Asia/Teh"
                         "ran\n");
    json_t *record = record_with(incidents, NULL, SW_EXPOSURE_AUTO);
    json_t *families = json_pack(
        "[{s:s,s:s,s:[{s:s,s:s,s:s,s:i,s:[s]},{s:s,s:s,s:s,s:i,s:[s]},{s:s,s:s,s:s,s:i,s:[s]}]}]",
        "family", "litellm", "severity", "critical", "stages", "stage", "0", "title",
        "poisoned release", "severity", "high", "count", 1, "examples", "/mnt/v/litellm/METADATA",
        "stage", "0a", "title", "start-up file", "severity", "critical", "count", 1, "examples",
        "/mnt/v/x.pth", "stage", "3", "title", "backdoor", "severity", "critical", "count", 1,
        "examples", "/mnt/root/.config/sysmon/sysmon.py");
    assert_non_null(families);
    if (!json_equal(json_object_get(record, "families"), families))
        fail_msg("%s", json_dumps(record, JSON_INDENT(1)));
    json_decref(families);
    assert_string_equal(text_at(record, "root"), "/mnt");
    assert_string_equal(text_at(record, "earliest"), MARCH);
    assert_string_equal(text_at(record, "latest"), APRIL);
    assert_true(json_is_null(json_object_get(record, "exposure")));
    const json_t *wiper = json_object_get(record, "wiper_target");
    assert_string_equal(text_at(wiper, "action"), "wipe_host");
    assert_string_equal(text_at(wiper, "timezone"), "Asia/Teh"
                                                    "ran");
    assert_true(list_has(record, "what_it_means", "A backdoor is in its place"));
    assert_true(list_has(record, "what_it_means", "1.82.7 or 1.82.8"));
    assert_true(list_has(record, "what_it_means", "every Python process"));
    assert_false(list_has(record, "what_it_means", "VECT"));
    assert_true(list_has(record, "next_steps", "Isolate"));
    assert_true(list_has(record, "next_steps", "Keep the disk"));
    assert_true(list_has(record, "next_steps", "replace every credential that was ever readable"));
    assert_false(list_has(record, "next_steps", "npm:"));
    json_decref(record);
    sw_incidents_free(incidents);
}

static void times_of_packagers_are_not_the_earliest(void **state)
{
    (void)state;
    struct sw_incidents *incidents = incidents_new();
    const struct found found = {"canisterworm", "install", "high", "a", "/a"};
    const struct found low = {"canisterworm", "install", "low", "a", "/doc"};
    json_t *finding = finding_of(&found);
    json_object_set_new(json_object_get(finding, "object"), "mtime", json_string(NPM));
    json_object_set_new(json_object_get(finding, "object"), "btime", json_string("-1"));
    sw_incidents_take(incidents, 0, finding);
    json_decref(finding);
    take(incidents, &low);
    json_t *record = record_with(incidents, NULL, SW_EXPOSURE_AUTO);
    assert_string_equal(text_at(record, "earliest"), APRIL);
    json_decref(record);
    sw_incidents_free(incidents);
}

/* 20,000 findings of 200 families at names of which some are hostile, forwards
 * and backwards: the same record, and a small one. */
static void many_findings_in_any_order_give_one_bounded_record(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static const char *const stages[] = {"0", "0a, 2", "3", "wiper", "c2", "?"};
    static const char *const severities[] = {"low", "medium", "high", "critical"};
    json_t *records[2];
    char *longest = calloc(1, 5001);
    assert_non_null(longest);
    memset(longest, 'x', 5000);
    for (unsigned order = 0; order < 2; order++) {
        struct sw_incidents *incidents = incidents_new();
        for (unsigned k = 0; k < COUNT; k++) {
            unsigned i = order == 0 ? k : COUNT - 1 - k;
            char family[32], rule[32], locator[64];
            (void)snprintf(family, sizeof family, "f%u\x1b[2J", i * 7919 % 200);
            (void)snprintf(rule, sizeof rule, "rule_%u", i % 17);
            (void)snprintf(locator, sizeof locator,
                           "/tmp/%u/pg"
                           "log",
                           i * 31 % 9973);
            const struct found found = {i % 100 == 0 ? longest : family, stages[i % 6],
                                        severities[i / 200 % 4], rule,
                                        i % 100 == 1 ? longest : locator};
            take(incidents, &found);
        }
        records[order] = record_with(incidents, NULL, SW_EXPOSURE_AUTO);
        sw_incidents_free(incidents);
    }
    free(longest);
    assert_non_null(records[0]);
    assert_true(json_equal(records[0], records[1]));
    const json_t *families = json_object_get(records[0], "families");
    assert_int_equal(json_array_size(families), SW_FAMILIES_MAX + 1);
    json_int_t sum = 0;
    for (size_t i = 0; i < json_array_size(families); i++) {
        const json_t *list = json_object_get(json_array_get(families, i), "stages");
        for (size_t k = 0; k < json_array_size(list); k++) {
            const json_t *stage = json_array_get(list, k);
            assert_true(json_array_size(json_object_get(stage, "examples")) <= SW_EXAMPLES_MAX);
            sum += json_integer_value(json_object_get(stage, "count"));
        }
    }
    /* Every sixth finding has two stages. */
    assert_int_equal(sum, COUNT + (COUNT + 4) / 6);
    char *text = json_dumps(records[0], 0);
    assert_true(strlen(text) < 300000);
    free(text);
    json_decref(records[0]);
    json_decref(records[1]);
}

static void roots_are_kept_apart(void **state)
{
    (void)state;
    struct sw_incidents *incidents = incidents_new();
    static const uint32_t keys[] = {900, 3, 4000000000U, 12};
    for (size_t i = 0; i < 4; i++) {
        char rule[8];
        (void)snprintf(rule, sizeof rule, "r%zu", i);
        const struct found found = {"litellm", "0", "medium", rule, rule};
        json_t *finding = finding_of(&found);
        sw_incidents_take(incidents, keys[i], finding);
        json_decref(finding);
    }
    for (size_t i = 0; i < 4; i++) {
        const struct sw_root_facts *root = NULL;
        struct sw_error error;
        assert_int_equal(sw_incidents_find(incidents, keys[i], &root, &error), SW_OK);
        assert_int_equal(root->families[0]->pair.count, 1);
    }
    assert_none(record_with(incidents, NULL, SW_EXPOSURE_AUTO));
    sw_incidents_free(incidents);
}

static void nonsense_is_survived(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"type\":\"finding\",\"severity\":\"high\"}",
        "{\"severity\":7,\"family\":\"litellm\"}",
        "{\"severity\":\"terrible\",\"family\":\"litellm\",\"locator\":\"/a\"}",
        "{\"severity\":\"high\",\"family\":[],\"locator\":\"/a\",\"rule\":[]}",
        "{\"severity\":\"low\",\"family\":\"litellm\",\"locator\":7,\"rule\":{\"meta\":7},"
        "\"object\":[]}",
        "{\"severity\":\"low\",\"family\":\"litellm\",\"locator\":\"!\",\"rule\":{\"name\":\"\","
        "\"meta\":{\"stage\":\" ,, ,\"}},\"object\":{\"mtime\":\"\",\"ctime\":7}}",
        "{\"severity\":\"low\",\"family\":\"litellm\",\"locator\":\"////\",\"rule\":null}",
    };
    struct sw_incidents *incidents = incidents_new();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *finding = json_loads(texts[i], 0, NULL);
        assert_non_null(finding);
        sw_incidents_take(incidents, 0, finding);
        json_decref(finding);
    }
    assert_none(record_with(incidents, NULL, SW_EXPOSURE_AUTO));
    sw_incidents_free(incidents);
}

/* --- the wiper --- */

static json_t *wiper_of(const char *const *rows, size_t count)
{
    struct sw_wiper_facts facts = {0};
    for (size_t i = 0; i + 1 < count; i += 2)
        sw_wiper_note(&facts, rows[i], rows[i + 1]);
    assert_true(sw_wiper_known(&facts) == (count > 0));
    return sw_wiper_target(&facts);
}

static void the_wiper_judges_as_its_table_says(void **state)
{
    (void)state;
    static const struct {
        const char *rows[6];
        size_t count;
        const char *action;
    } cases[] = {
        {{0}, 0, "none"},
        {{"timezone", "Europe/Rome\n"}, 2, "none"},
        {{"timezone", "Asia/Teh"
                      "ran\n"},
         2,
         "wipe_host"},
        {{"timezone", "Iran"}, 2, "wipe_host"},
        {{"timezone", "Asia/Teh"
                      "ran2"},
         2,
         "none"},
        {{"localtime", "/usr/share/zoneinfo/Asia/Teh"
                       "ran"},
         2,
         "wipe_host"},
        {{"localtime", "../usr/share/zoneinfo/posix/Iran"}, 2, "wipe_host"},
        /* The file speaks before the link. */
        {{"localtime", "/usr/share/zoneinfo/Iran", "timezone", "Etc/UTC"}, 4, "none"},
        {{"lang", "fa_"
                  "IR.UTF-8"},
         2,
         "wipe_host"},
        {{"lang", "en_US.UTF-8", "lang",
          "fa_"
          "IR"},
         4,
         "wipe_host"},
        {{"lang",
          "fa_"
          "IR",
          "lang", "en_US.UTF-8"},
         4,
         "wipe_host"},
        {{"lang", "en_US.UTF-8"}, 2, "none"},
        {{"kubernetes", "yes"}, 2, "backdoor_cluster"},
        {{"kubernetes", "yes", "timezone", "Iran"}, 4, "wipe_cluster"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *target = wiper_of(cases[i].rows, cases[i].count);
        if (strcmp(text_at(target, "action"), cases[i].action) != 0)
            fail_msg("case %zu: %s", i, text_at(target, "action"));
        json_decref(target);
    }
}

static void context_is_bounded_and_printable(void **state)
{
    (void)state;
    struct sw_wiper_facts facts = {0};
    char value[5000];
    memset(value, '\x1b', sizeof value);
    value[sizeof value - 1] = '\0';
    sw_wiper_note(&facts, "timezone", value);
    sw_wiper_note(&facts, "lang", "\xff\n\t ");
    sw_wiper_note(&facts, "weather", "rain");
    sw_wiper_note(&facts, "localtime", "");
    json_t *target = sw_wiper_target(&facts);
    const char *zone = text_at(target, "timezone");
    assert_true(sw_text_is_printable((struct sw_view){(const uint8_t *)zone, strlen(zone)}));
    assert_string_equal(text_at(target, "lang"), "\\xff");
    json_decref(target);
}

/* --- exposure --- */

static void exposure_is_told_as_it_was_asked_for(void **state)
{
    (void)state;
    struct sw_incidents *none = incidents_new();
    struct sw_incidents *high = incidents_new();
    struct sw_incidents *medium = incidents_new();
    struct sw_exposure *exposure = NULL;
    struct sw_error error;
    static const struct found found[] = {{"litellm", "0", "high", "a", "/a"},
                                         {"litellm", "0", "medium", "a", "/a"},
                                         {"litellm", "2", "medium", "b", "/b"}};
    take(high, &found[0]);
    take(medium, &found[1]);
    take(medium, &found[2]);
    assert_int_equal(sw_exposure_new(&exposure, &error), SW_OK);
    sw_exposure_root(exposure, 0, sw_view_of_text("/mnt"));
    /* Nothing there: no record for --exposure=on either. */
    assert_none(record_with(none, exposure, SW_EXPOSURE_ON));
    sw_exposure_note(exposure, 0, sw_view_of_text("root/.aws/credentials"), NULL);

    assert_none(record_with(none, exposure, SW_EXPOSURE_AUTO));
    assert_none(record_with(none, NULL, SW_EXPOSURE_ON));
    json_t *record = record_with(none, exposure, SW_EXPOSURE_ON);
    assert_int_equal(json_array_size(json_object_get(record, "families")), 0);
    assert_true(json_is_null(json_object_get(record, "earliest")));
    assert_true(list_has(record, "next_steps", "Nothing has to be done"));
    assert_false(list_has(record, "next_steps", "AWS"));
    assert_verdict(record, "info", "exposure");

    record = record_with(medium, exposure, SW_EXPOSURE_AUTO);
    assert_true(json_is_null(json_object_get(record, "exposure")));
    assert_verdict(record, "medium", "present");
    record = record_with(high, exposure, SW_EXPOSURE_OFF);
    assert_true(json_is_null(json_object_get(record, "exposure")));
    assert_verdict(record, "high", "present");
    record = record_with(high, exposure, SW_EXPOSURE_AUTO);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(record, "exposure"), "count")), 1);
    assert_true(list_has(record, "next_steps", "AWS: deactivate"));
    assert_true(list_has(record, "next_steps", "every credential under exposure"));
    assert_false(list_has(record, "next_steps", "SSH: make"));
    assert_verdict(record, "high", "present");

    sw_exposure_free(exposure);
    sw_incidents_free(none);
    sw_incidents_free(high);
    sw_incidents_free(medium);
}

/* --- text --- */

/* Everything at once, at every width: never more lines than a screen has. */
static void the_text_fits_a_screen(void **state)
{
    (void)state;
    struct sw_incidents *incidents = incidents_new();
    struct sw_exposure *exposure = NULL;
    struct sw_error error;
    static const char *const names[] = {"litellm", "wiper",   "trivy", "kics",      "telnyx",
                                        "vect",    "related", "x",     "\x1b[2Jbad"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (unsigned stage = 0; stage < SW_STAGE_COUNT; stage++) {
            const struct found found = {names[i], sw_stage_name((enum sw_stage)stage), "critical",
                                        "loot_of", "/h/.config/systemd/x.service\x1b"};
            take(incidents, &found);
        }
    }
    sw_incidents_context(incidents, 0, "lang",
                         "fa_"
                         "IR");
    assert_int_equal(sw_exposure_new(&exposure, &error), SW_OK);
    sw_exposure_root(exposure, 0, sw_view_of_text("/mnt"));
    sw_exposure_note(exposure, 0, sw_view_of_text("root/.aws/credentials"), NULL);
    json_t *record = record_with(incidents, exposure, SW_EXPOSURE_AUTO);
    for (size_t width = 1; width < 200; width += 7) {
        struct sw_buf text;
        size_t lines = 0;
        sw_buf_init(&text, 1 << 20);
        assert_int_equal(sw_incident_text(&text, record, 10, width), SW_OK);
        for (size_t i = 0; i < text.size; i++) {
            lines += text.data[i] == '\n' ? 1 : 0;
            assert_true(text.data[i] == '\n' || text.data[i] >= ' ');
        }
        assert_true(lines <= SW_INCIDENT_LINES_MAX);
        assert_int_equal(text.data[text.size - 1], '\n');
        assert_int_equal(sw_buf_terminate(&text), SW_OK);
        assert_non_null(strstr((const char *)text.data, "critical, destructive: /mnt\n"));
        assert_non_null(strstr((const char *)text.data, " more steps"));
        sw_buf_done(&text);
    }
    json_decref(record);
    sw_exposure_free(exposure);
    sw_incidents_free(incidents);
}

static void no_step_destroys_evidence(void **state)
{
    (void)state;
    static const char *const words[] = {"delete the", "remove the", "rm ",    "apt ",
                                        "reboot",     "reinstall",  "format", "shred"};
    struct sw_incidents *incidents = incidents_new();
    for (unsigned stage = 0; stage < SW_STAGE_COUNT; stage++) {
        static const char *const names[] = {"litellm", "wiper", "trivy", "kics", "canisterworm"};
        for (size_t i = 0; i < 5; i++) {
            const struct found found = {names[i], sw_stage_name((enum sw_stage)stage), "critical",
                                        "a", "/a"};
            take(incidents, &found);
        }
    }
    json_t *record = record_with(incidents, NULL, SW_EXPOSURE_AUTO);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (list_has(record, "next_steps", words[i]))
            fail_msg("a step says \"%s\"", words[i]);
    }
    json_decref(record);
    sw_incidents_free(incidents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_that_do_not_belong_together_make_none),
        cmocka_unit_test(findings_that_belong_together_make_one),
        cmocka_unit_test(what_is_suppressed_counts_for_nothing),
        cmocka_unit_test(the_verdict_follows_the_worst_evidence),
        cmocka_unit_test(weak_evidence_needs_company),
        cmocka_unit_test(the_record_says_what_was_found),
        cmocka_unit_test(times_of_packagers_are_not_the_earliest),
        cmocka_unit_test(many_findings_in_any_order_give_one_bounded_record),
        cmocka_unit_test(roots_are_kept_apart),
        cmocka_unit_test(nonsense_is_survived),
        cmocka_unit_test(the_wiper_judges_as_its_table_says),
        cmocka_unit_test(context_is_bounded_and_printable),
        cmocka_unit_test(exposure_is_told_as_it_was_asked_for),
        cmocka_unit_test(the_text_fits_a_screen),
        cmocka_unit_test(no_step_destroys_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
