/* SPDX-License-Identifier: Apache-2.0 */
/* The prefilter's door: what hits, what turns it off, blame, save and load.
 * That it never misses is the matter of test_prefilter_exact.c. */
#include "prefilter_bench.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sweeper/digest.h"

/* Extended, not bare: an atom alone does not send an object to libyara. */
static void atoms_alone_do_not_hit(void **state)
{
    (void)state;
    struct bench bench;

    bench_open(&bench,
               "rule r { strings: $a = /node-[0-9]{4}-ipc/ $b = \"litellm_init.pth\""
               " $c = { 6a 6b 6c 6d ?? 6e 6f } $d = \"hidden\" xor condition: any of them }");
    assert_false(hits(&bench, "node- ode- de-", 14));
    assert_false(hits(&bench, "litellm init litellm_i .pth", 27));
    assert_false(hits(&bench, "jklm jklmno", 11));
    assert_false(hits(&bench, "hidde idden", 11));
    assert_true(hits(&bench, "node-1234-ipc", 13));
    assert_true(hits(&bench, "jklm#no", 7));
    assert_false(hits(&bench, "", 0));
    bench_close(&bench);
}

/* Of a chain one part is looked for: the one that says most. */
static void chains_need_their_best_part(void **state)
{
    (void)state;
    struct bench bench;

    bench_open(&bench, "rule r { strings: $a = { 00 00 [300-400] 41 42 43 44 45 46 } "
                       "condition: $a }");
    assert_int_equal(bench.report.pattern_count, 1);
    assert_true(hits(&bench, "xxABCDEFxx", 10));
    assert_false(hits(&bench, "\0\0\0\0\0\0\0\0", 8));
    bench_close(&bench);
}

static void strings_without_atoms_turn_it_off(void **state)
{
    (void)state;
    YR_RULES *rules = compile("rule good { strings: $x = \"fine text\" condition: $x }\n"
                              "rule bad { strings: $r = /[a-z]+\\d/ $s = /\\w\\w/ "
                              "condition: any of them }");
    struct sw_prefilter *prefilter = NULL;
    struct sw_prefilter_report report;
    struct sw_error error = {0};

    assert_int_equal(sw_prefilter_build(rules, &prefilter, &report, &error), SW_PART);
    assert_null(prefilter);
    assert_false(report.on);
    assert_non_null(strstr(report.reason, "bad"));
    assert_int_equal(report.unfilterable_count, 2);
    assert_string_equal(report.unfilterable[0].rule->identifier, "bad");
    assert_string_equal(report.unfilterable[0].string->identifier, "$r");
    assert_string_equal(report.unfilterable[1].string->identifier, "$s");
    sw_prefilter_report_done(&report);
    /* A disabled rule's strings are not searched for. */
    YR_RULE *rule = NULL;
    yr_rules_foreach(rules, rule)
    {
        if (strcmp(rule->identifier, "bad") == 0)
            yr_rule_disable(rule);
    }
    assert_int_equal(sw_prefilter_build(rules, &prefilter, &report, &error), SW_OK);
    assert_true(report.on);
    assert_int_equal(report.pattern_count, 1);
    sw_prefilter_report_done(&report);
    sw_prefilter_free(prefilter);
    yr_rules_destroy(rules);
}

static void rules_without_strings_never_hit(void **state)
{
    (void)state;
    struct bench bench;

    bench_open(&bench, "rule r { condition: filesize > 10 }");
    assert_int_equal(bench.report.pattern_count, 0);
    assert_int_equal(sw_prefilter_overlap(bench.prefilter), 0);
    assert_false(hits(&bench, "anything at all", 15));
    bench_close(&bench);
}

static void patterns_are_shared_and_reduced(void **state)
{
    (void)state;
    struct bench bench;

    bench_open(&bench, "rule a { strings: $x = \"evil.example\" condition: $x }\n"
                       "rule b { strings: $x = \"evil.example\" condition: $x }\n"
                       "rule c { strings: $x = \"http://evil.example/path\" condition: $x }");
    assert_int_equal(bench.report.pattern_count, 1);
    assert_true(hits(&bench, "http://evil.example/path", 24));
    bench_close(&bench);
}

struct blamed {
    char names[8][16];
    size_t count;
};

static void note_blame(void *context, const YR_STRING *string)
{
    struct blamed *blamed = context;

    assert_true(blamed->count < 8);
    snprintf(blamed->names[blamed->count++], 16, "%s", string->identifier);
}

static void blame_names_the_strings(void **state)
{
    (void)state;
    struct bench bench;
    struct blamed blamed = {0};

    bench_open(&bench, "rule a { strings: $one = \"alpha beta\" $two = \"gamma delta\" wide "
                       "$three = \"alpha beta\" condition: any of them }");
    const char text[] = "..alpha beta..alpha beta";
    sw_prefilter_blame(bench.prefilter, bench.scratch, (const uint8_t *)text, sizeof(text) - 1,
                       note_blame, &blamed);
    assert_int_equal(blamed.count, 2);
    assert_string_equal(blamed.names[0], "$one");
    assert_string_equal(blamed.names[1], "$three");
    blamed.count = 0;
    sw_prefilter_blame(bench.prefilter, bench.scratch, (const uint8_t *)"gamma delta", 11,
                       note_blame, &blamed);
    assert_int_equal(blamed.count, 0);
    bench_close(&bench);
}

/* ---- many patterns, save and load ---- */

static char *many_literals(size_t count)
{
    char *source = malloc(count * 64 + 256);
    size_t size = 0;

    assert_non_null(source);
    size += (size_t)sprintf(source, "rule r { strings:\n");
    for (size_t at = 0; at < count; at++)
        size += (size_t)sprintf(source + size, "$s%zu = \"%08x text %zu\" %s\n", at,
                                (unsigned)(at * 2654435761u), at, at % 7 ? "" : "nocase wide");
    sprintf(source + size, "condition: any of them }");
    return source;
}

/* libyara allows 10,000 strings a rule. */
static void thousands_of_patterns_work(void **state)
{
    (void)state;
    struct bench bench;
    char *source = many_literals(5000);
    char text[64];

    bench_open(&bench, source);
    free(source);
    assert_int_equal(bench.report.pattern_count, 5000);
    assert_true(bench.report.proof_count >= 5000);
    for (size_t at = 1; at < 5000; at += 37) {
        if (at % 7 == 0)
            continue;
        int size = snprintf(text, sizeof(text), "%08x text %zu", (unsigned)(at * 2654435761u), at);
        assert_true(hits(&bench, text, (size_t)size));
        assert_false(hits(&bench, text, 12));
    }
    bench_close(&bench);
}

static int saved(const struct bench *bench, size_t *size)
{
    struct sw_error error = {0};
    int fd = memfd_create("prefilter", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(sw_prefilter_save(bench->prefilter, fd, &error), SW_OK);
    *size = (size_t)lseek(fd, 0, SEEK_END);
    return fd;
}

static void load_gives_back_what_was_saved(void **state)
{
    (void)state;
    struct bench bench;
    struct sw_prefilter_report report;
    struct sw_prefilter *loaded = NULL;
    struct sw_error error = {0};
    size_t size = 0;
    static struct bytes bytes;

    bench_open(&bench, "rule r { strings: $a = \"some text\" nocase $b = { 01 02 ?3 [2] 04 05 } "
                       "$c = /re[a-f]{3}gex/ wide condition: any of them }");
    int fd = saved(&bench, &size);
    assert_int_equal(sw_prefilter_load(fd, &loaded, &report, &error), SW_OK);
    assert_true(report.on);
    assert_int_equal(report.pattern_count, bench.report.pattern_count);
    assert_int_equal(report.proof_count, bench.report.proof_count);
    assert_int_equal(sw_prefilter_overlap(loaded), sw_prefilter_overlap(bench.prefilter));
    struct sw_prefilter_scratch *scratch = NULL;
    assert_int_equal(sw_prefilter_scratch_new(loaded, &scratch, &error), SW_OK);
    static const struct kind kind = {
        "", NULL, {"some TEXT", "\\x01\\x02\\x13..\\x04\\x05", "\\Wreabcgex\\E", "\\Wreabc\\E"}};
    for (unsigned turn = 0; turn < 2000; turn++) {
        make_buffer(&kind, &bytes);
        assert_int_equal(sw_prefilter_hit(loaded, scratch, bytes.data, bytes.size),
                         hits(&bench, bytes.data, bytes.size));
    }
    struct blamed blamed = {0};
    sw_prefilter_blame(loaded, scratch, (const uint8_t *)"some text", 9, note_blame, &blamed);
    assert_int_equal(blamed.count, 0);
    sw_prefilter_scratch_free(scratch);
    sw_prefilter_free(loaded);
    close(fd);
    bench_close(&bench);
}

/* Loads a changed copy; it must be refused with a reason, and never crash. */
static void refuse(const uint8_t *data, size_t size)
{
    struct sw_prefilter_report report;
    struct sw_prefilter *loaded = NULL;
    struct sw_error error = {0};
    int fd = memfd_create("damaged", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    assert_int_equal(sw_prefilter_load(fd, &loaded, &report, &error), SW_PART);
    assert_null(loaded);
    assert_false(report.on);
    assert_true(report.reason[0] != '\0');
    close(fd);
}

static void load_refuses_damage(void **state)
{
    (void)state;
    struct bench bench;
    size_t size = 0;

    bench_open(&bench, "rule r { strings: $a = \"some text\" nocase condition: $a }");
    int fd = saved(&bench, &size);
    uint8_t *data = malloc(size);
    assert_non_null(data);
    assert_int_equal(pread(fd, data, size, 0), (ssize_t)size);
    for (size_t cut = 0; cut < size; cut += cut < 300 ? 1 : 97)
        refuse(data, cut);
    for (size_t at = 0; at < size; at += at < 300 ? 1 : 89) {
        data[at] ^= 0x40;
        refuse(data, size);
        data[at] ^= 0x40;
    }
    free(data);
    close(fd);
    bench_close(&bench);
}

/* Behind the digest: a payload that says something else is refused, or is a
 * prefilter that proved itself; in no case is memory touched that is not ours. */
static void load_survives_forgery(void **state)
{
    (void)state;
    struct bench bench;
    size_t size = 0;

    bench_open(&bench, "rule r { strings: $a = \"some text\" nocase $b = /x[0-9]{4}y/ "
                       "condition: any of them }");
    int fd = saved(&bench, &size);
    uint8_t *data = malloc(size);
    assert_non_null(data);
    assert_int_equal(pread(fd, data, size, 0), (ssize_t)size);
    size_t payload = size - 4 - 4 - (SW_SHA256_HEX_SIZE - 1);
    size_t refused = 0;
    size_t tried = 0;
    for (size_t at = 0; at < payload; at += at < 400 ? 1 : 101) {
        char hex[SW_SHA256_HEX_SIZE];
        struct sw_prefilter *loaded = NULL;
        struct sw_prefilter_report report;
        struct sw_error error = {0};
        data[4 + at] ^= 0x81;
        assert_int_equal(sw_digest_of(data + 4, payload, hex), SW_OK);
        memcpy(data + size - (SW_SHA256_HEX_SIZE - 1), hex, SW_SHA256_HEX_SIZE - 1);
        assert_int_equal(pwrite(fd, data, size, 0), (ssize_t)size);
        enum sw_status status = sw_prefilter_load(fd, &loaded, &report, &error);
        assert_int_equal(report.on, status == SW_OK);
        tried++;
        refused += status != SW_OK;
        if (status == SW_OK)
            sw_prefilter_free(loaded);
        data[4 + at] ^= 0x81;
    }
    assert_true(refused > tried * 9 / 10);
    free(data);
    close(fd);
    bench_close(&bench);
}

static void an_empty_prefilter_can_be_saved(void **state)
{
    (void)state;
    struct bench bench;
    struct sw_prefilter *loaded = NULL;
    struct sw_prefilter_report report;
    struct sw_error error = {0};
    size_t size = 0;

    bench_open(&bench, "rule r { condition: filesize == 3 }");
    int fd = saved(&bench, &size);
    assert_int_equal(sw_prefilter_load(fd, &loaded, &report, &error), SW_OK);
    assert_true(report.on);
    sw_prefilter_free(loaded);
    close(fd);
    bench_close(&bench);
}

/* Without a matcher every object takes the full scan, and the report says why. */
static void says_that_there_is_no_matcher(void **state)
{
    (void)state;
    YR_RULES *rules = compile("rule r { strings: $a = \"text\" condition: $a }");
    struct sw_prefilter *prefilter = NULL;
    struct sw_prefilter_report report;
    struct sw_error error = {0};

    assert_int_equal(sw_prefilter_build(rules, &prefilter, &report, &error), SW_PART);
    assert_null(prefilter);
    assert_false(report.on);
    assert_non_null(strstr(report.reason, "Hyperscan"));
    sw_prefilter_report_done(&report);
    yr_rules_destroy(rules);
}

int main(void)
{
    const struct CMUnitTest without_matcher[] = {
        cmocka_unit_test(says_that_there_is_no_matcher),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atoms_alone_do_not_hit),
        cmocka_unit_test(chains_need_their_best_part),
        cmocka_unit_test(strings_without_atoms_turn_it_off),
        cmocka_unit_test(rules_without_strings_never_hit),
        cmocka_unit_test(patterns_are_shared_and_reduced),
        cmocka_unit_test(blame_names_the_strings),
        cmocka_unit_test(thousands_of_patterns_work),
        cmocka_unit_test(load_gives_back_what_was_saved),
        cmocka_unit_test(load_refuses_damage),
        cmocka_unit_test(load_survives_forgery),
        cmocka_unit_test(an_empty_prefilter_can_be_saved),
    };
    if (!matcher_exists())
        return cmocka_run_group_tests(without_matcher, start, stop);
    return cmocka_run_group_tests(tests, start, stop);
}
