/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_scan_spans.c - large objects are searched in parts, and libyara's answer is the one
 * that it gives for the whole.
 */
#include <pthread.h>

#include "scan_kit.h"

/* Everything that can look beyond the bytes that the prefilter looks for. */
static const char loose_rules[] =
    "rule r_text { strings: $a = \"teampcp-canary\" condition: $a }\n"
    "rule r_nocase { strings: $a = \"SealedPayload\" nocase condition: #a > 1 }\n"
    "rule r_wide { strings: $a = \"sysmon.service\" wide ascii condition: $a }\n"
    "rule r_word { strings: $a = \"litellm_init\" fullword condition: $a }\n"
    "rule r_wide_word { strings: $a = \"litellm_init\" wide fullword condition: $a }\n"
    "rule r_xored { strings: $a = \"canister-worm\" xor(1-255) condition: $a }\n"
    "rule r_b64 { strings: $a = \"a long enough payload\" base64 base64wide condition: $a }\n"
    "rule r_jump { strings: $a = { 7A 71 78 6A [1-190] 4B 4A ( 01 | 02 03 ) } condition: $a }\n"
    "rule r_masked { strings: $a = { 7? 71 78 ?A ?? 6B 76 77 71 } condition: $a }\n"
    "rule r_greedy { strings: $a = /zqxj-begin[^\\n]+/ condition: $a }\n"
    "rule r_lazy { strings: $a = /zqxj-begin.*?end-jxqz/s condition: $a }\n"
    "rule r_behind { strings: $a = /[a-z ]+kvwq-tail/ condition: $a }\n"
    "rule r_ends { strings: $a = /kvwq-tail$/ condition: $a }\n"
    "rule r_begins { strings: $a = /^zqxj-begin/ condition: $a }\n"
    "rule r_edges { strings: $a = /\\bkvwq-tail\\b/ wide ascii condition: $a }\n"
    "rule r_fixed { strings: $a = \"zqxj-begin\" condition: $a at 1048576 }\n"
    "rule r_ranged { strings: $a = \"zqxj-begin\" condition: $a in (2097152..filesize) }\n"
    "rule r_near { strings: $a = \"zqxj-begin\" condition: for any i in (1..#a) :"
    " (uint32be(@a[i] + 10) == 0x20656e64 or uint8(@a[i] - 1) == 0x0a) }\n"
    "rule r_far { strings: $a = \"zqxj-begin\" condition: $a and"
    " uint32(filesize \\ 2) != 0 and uint16(filesize - 2) != 1 }\n"
    "rule r_absent { strings: $a = \"never-there-zqxj\" condition: not $a and filesize > 1MB }\n"
    "rule r_lengths { strings: $a = /zqxj-begin[a-z ]{3,2000}/ condition: !a[1] > 8 and @a[1] > 0 "
    "}\n";
static const char linked_rules[] =
    "rule r_chained { strings: $a = { 7A 71 78 6A 2D 62 [0-70000] 6B 76 77 71 2D 74 } condition: "
    "$a "
    "}\n"
    "rule r_unlimited { strings: $a = { 7A 71 78 6A 2D 62 [-] 6B 76 77 71 2D 74 } condition: $a }\n"
    "rule r_wildly { strings: $a = /zqxj-begin.{300,900}kvwq-tail/s condition: $a }\n"
    "rule r_text { strings: $a = \"teampcp-canary\" condition: $a }\n";
static const char parsing_rules[] =
    "import \"math\" import \"hash\"\n"
    "rule r_text { strings: $a = \"zqxj-begin\" condition: $a and math.entropy(0, filesize) > 0.1 "
    "}\n"
    "rule r_digest { strings: $a = \"zqxj-begin\" condition: $a and"
    " hash.crc32(0, filesize) == hash.crc32(0, filesize) and hash.md5(@a, 10) =="
    " hash.md5(@a, 10) }\n";

static uint64_t seed;

static size_t below(size_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(seed >> 33) % limit;
}

/* What matches, what nearly does, and what only has an atom of it. */
static const struct {
    const char *bytes;
    size_t size;
} fragments[] = {
#define FRAGMENT(text)                                                                             \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
    FRAGMENT("teampcp-canary"),
    FRAGMENT("teampcp-canarx"),
    FRAGMENT("sealedpayload SEALEDPAYLOAD"),
    FRAGMENT("sysmon.service"),
    FRAGMENT("s\0y\0s\0m\0o\0n\0.\0s\0e\0r\0v\0i\0c\0e\0"),
    FRAGMENT(" litellm_init "),
    FRAGMENT("xlitellm_init"),
    FRAGMENT("l\0i\0t\0e\0l\0l\0m\0_\0i\0n\0i\0t\0.\0"),
    FRAGMENT("l\0i\0t\0e\0l\0l\0m\0_\0i\0n\0i\0t\0x\0"),
    FRAGMENT("YSBsb25nIGVub3VnaCBwYXlsb2Fk"),
    FRAGMENT("zqxj........................................KJ\1"),
    FRAGMENT("vqxZ.kvwq"),
    FRAGMENT("zqxj-begin end-jxqz"),
    FRAGMENT("zqxj-begin"),
    FRAGMENT("\nzqxj-begin"),
    FRAGMENT("zqxj-b"),
    FRAGMENT("kvwq-tail"),
    FRAGMENT("kvwq-tail "),
    FRAGMENT("kvwq-tailx"),
    FRAGMENT("k\0v\0w\0q\0-\0t\0a\0i\0l\0"),
    FRAGMENT("bdohrudq,vnsl"), /* xor 1 of "canis"... nearly */
    FRAGMENT("b`orudq,vnsl"),
};

enum { FRAGMENTS = sizeof(fragments) / sizeof(fragments[0]), BEGINS = 13 };

static void plant(uint8_t *data, size_t size, size_t at, size_t which)
{
    if (at + fragments[which].size <= size)
        memcpy(data + at, fragments[which].bytes, fragments[which].size);
}

/* Around the edges of windows, steps, reaches and of the object. */
static size_t place_in(size_t size)
{
    static const size_t edges[] = {4096, 8192, 16384, 32768, 262144, 1048576};
    const size_t edge = edges[below(sizeof(edges) / sizeof(edges[0]))];
    const size_t around = (below(size / edge) + 1) * edge - 32 + below(64);

    switch (below(4)) {
    case 0:
        return below(size);
    case 1:
        return below(40);
    case 2:
        return size - 1 - below(60);
    default:
        return around < size ? around : below(size);
    }
}

static void fill(uint8_t *data, size_t size)
{
    static const char letters[] = "abcdefgh zqxjkvw-\n";
    const size_t kind = below(3);

    for (size_t i = 0; i < size; i++)
        data[i] = kind == 0   ? 0
                  : kind == 1 ? (uint8_t)letters[below(sizeof(letters) - 1)]
                              : (uint8_t)below(256);
    for (size_t count = below(12) + 1; count > 0; count--)
        plant(data, size, place_in(size), below(FRAGMENTS));
    /* Two that lie near one another, and perhaps a span away. */
    const size_t at = place_in(size), reach = below(40000);
    plant(data, size, at, 12 + below(4));
    plant(data, size, at + reach < size ? at + reach : at, 16 + below(3));
}

/* Two others, on threads of their own. */
struct helpers {
    struct filter filters[2];
    struct sw_scanner *scanners[2];
    pthread_t threads[2];
    struct sw_scan_part *part;
    size_t times;
};

struct helper {
    struct sw_scanner *scanner;
    struct sw_scan_part *part;
};

static void *help(void *argument)
{
    struct helper *helper = argument;

    sw_scan_help(helper->scanner, helper->part);
    free(helper);
    return NULL;
}

static bool ask(void *context, struct sw_scan_part *part)
{
    struct helpers *helpers = context;

    helpers->times++;
    for (size_t i = 0; i < 2; i++) {
        struct helper *helper = malloc(sizeof(*helper));
        *helper = (struct helper){helpers->scanners[i], part};
        assert_int_equal(pthread_create(&helpers->threads[i], NULL, help, helper), 0);
    }
    return true;
}

static void end(void *context)
{
    struct helpers *helpers = context;

    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(helpers->threads[i], NULL), 0);
}

static void helpers_make(struct helpers *helpers, const struct sw_scan_setup *setup,
                         struct sw_prefilter *prefilter)
{
    struct sw_error error;

    for (size_t i = 0; i < 2; i++) {
        struct filter *filter = &helpers->filters[i];
        struct sw_scan_setup own = *setup;
        filter->prefilter = prefilter;
        assert_int_equal(sw_prefilter_scratch_new(prefilter, &filter->scratch, &error), SW_OK);
        own.sieve.context = filter;
        helpers->scanners[i] = scanner_of(&own);
    }
}

static void helpers_free(struct helpers *helpers)
{
    for (size_t i = 0; i < 2; i++) {
        sw_scanner_free(helpers->scanners[i]);
        sw_prefilter_scratch_free(helpers->filters[i].scratch);
    }
}

struct tally {
    size_t parts, wholes, none, hits;
};

static void compare(struct sw_scanner *scanner, YR_RULES *rules, const uint8_t *data, size_t size,
                    struct tally *tally)
{
    struct outcome expected = {0}, actual = {0};
    struct sw_blob bytes = sw_blob_of_bytes(data, size);
    int fd = file_of(data, size);

    scan_plain(rules, data, size, &expected);
    assert_int_equal(scan_fd(scanner, fd, size, &actual), SW_OK);
    if (strcmp(expected.text, actual.text) != 0)
        fail_msg("expected\n%s\nbut got\n%s", expected.text, actual.text);
    tally->hits += actual.hits;
    *(!effort.full ? &tally->none : effort.full_bytes < size ? &tally->parts : &tally->wholes) += 1;
    assert_int_equal(scan_blob(scanner, &bytes, &actual), SW_OK);
    assert_string_equal(expected.text, actual.text);
    assert_int_equal(actual.gaps, 0);
    close(fd);
    free(expected.text);
    free(actual.text);
}

static struct tally compare_many(const char *text, size_t rounds, bool shared)
{
    YR_RULES *rules = compile(text);
    struct filter filter = {0};
    struct sw_prefilter_report report = {0};
    struct sw_error error = {0};
    struct tally tally = {0};

    if (sw_prefilter_build(rules, &filter.prefilter, &report, &error) != SW_OK) {
        print_message("no prefilter here: %s\n", report.reason);
        skip();
    }
    assert_int_equal(sw_prefilter_scratch_new(filter.prefilter, &filter.scratch, &error), SW_OK);
    struct helpers helpers = {.times = 0};
    struct sw_scan_setup setup = {
        .rules = rules,
        .sieve = {filter_hit, &filter, sw_prefilter_overlap(filter.prefilter)},
        .spans_from = MIB,
        .reach = sw_spans_reach(rules),
        .block = (size_t)32 * 1024};
    helpers_make(&helpers, &setup, filter.prefilter);
    if (shared)
        setup.help = (struct sw_scan_help){.ask = ask, .end = end, .context = &helpers};
    struct sw_scanner *scanner = scanner_of(&setup);
    uint8_t *data = malloc(3 * MIB);
    for (size_t round = 0; round < rounds; round++) {
        const size_t size = MIB + below(2 * MIB);
        fill(data, size);
        compare(scanner, rules, data, size, &tally);
    }
    print_message("%zu in parts, %zu whole, %zu without a search; %zu hits\n", tally.parts,
                  tally.wholes, tally.none, tally.hits);
    assert_true(setup.reach == 0 || !shared ? helpers.times == 0 : helpers.times > rounds / 2);
    free(data);
    helpers_free(&helpers);
    sw_scanner_free(scanner);
    sw_prefilter_scratch_free(filter.scratch);
    sw_prefilter_free(filter.prefilter);
    sw_prefilter_report_done(&report);
    yr_rules_destroy(rules);
    return tally;
}

static void parts_equal_the_whole(void **state)
{
    (void)state;
    seed = 1;
    const struct tally tally = compare_many(loose_rules, 70, false);
    assert_true(tally.parts > 50);
    assert_true(tally.hits > 150);
}

static void several_threads_find_the_same(void **state)
{
    (void)state;
    seed = 4;
    const struct tally tally = compare_many(loose_rules, 70, true);
    assert_true(tally.parts > 50);
    assert_true(tally.hits > 150);
    assert_int_equal(compare_many(linked_rules, 5, true).parts, 0);
}

static void strings_in_pieces_are_searched_for_in_the_whole(void **state)
{
    (void)state;
    seed = 2;
    const struct tally tally = compare_many(linked_rules, 20, false);
    assert_int_equal(tally.parts, 0);
    assert_true(tally.hits > 10);
}

static void modules_see_all_of_it(void **state)
{
    (void)state;
    seed = 3;
    const struct tally tally = compare_many(parsing_rules, 20, false);
    assert_true(tally.parts > 5);
    assert_true(tally.hits > 5);
}

/* --- what it is for ------------------------------------------------------------------- */

static bool word_hit(void *context, const uint8_t *data, size_t size)
{
    (void)context;
    return memmem(data, size, "zqxj-begin", 10) != NULL;
}

/* Of a gigabyte with a word at each end, nothing is mapped, and little is searched. */
static void little_of_a_large_object_is_read_twice(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    struct counted_blob counted;
    YR_RULES *rules = compile("rule r_r { strings: $a = \"zqxj-begin\" condition: #a == 2 and"
                              " uint8(@a[2] - 1) == 0 }");
    const struct sw_scan_setup setup = {.rules = rules,
                                        .sieve = {word_hit, NULL, 9},
                                        .spans_from = MIB,
                                        .reach = sw_spans_reach(rules)};
    struct sw_scanner *scanner = scanner_of(&setup);
    const uint64_t size = UINT64_C(1) << 30;
    int fd = file_of("zqxj-begin", 10);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, "zqxj-begin", 10, (off_t)size - 10), 10);
    counted_init(&counted, fd, size);
    assert_int_equal(scan_blob(scanner, &counted.blob, &outcome), SW_OK);
    assert_int_equal(outcome.hits, 1);
    assert_int_equal(counted.views, 0);
    assert_true(effort.full);
    assert_true(effort.full_bytes < 200000);
    assert_int_equal(effort.bytes_read, size);
    sw_blob_close(&counted.blob);
    close(fd);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* A word in every page: then the whole is searched. */
static void an_object_full_of_hits_is_searched_whole(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule r_r { strings: $a = \"zqxj-begin\" condition: #a == 512 }");
    const struct sw_scan_setup setup = {.rules = rules,
                                        .sieve = {word_hit, NULL, 9},
                                        .spans_from = MIB,
                                        .reach = sw_spans_reach(rules)};
    struct sw_scanner *scanner = scanner_of(&setup);
    uint8_t *data = calloc(1, 2 * MIB);
    for (size_t at = 0; at < 2 * MIB; at += 4096)
        plant(data, 2 * MIB, at, BEGINS);
    int fd = file_of(data, 2 * MIB);
    assert_int_equal(scan_fd(scanner, fd, 2 * MIB, &outcome), SW_OK);
    assert_int_equal(outcome.hits, 1);
    assert_int_equal(effort.full_bytes, 2 * MIB);
    close(fd);
    free(data);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_equal_the_whole),
        cmocka_unit_test(several_threads_find_the_same),
        cmocka_unit_test(strings_in_pieces_are_searched_for_in_the_whole),
        cmocka_unit_test(modules_see_all_of_it),
        cmocka_unit_test(little_of_a_large_object_is_read_twice),
        cmocka_unit_test(an_object_full_of_hits_is_searched_whole),
    };

    yr_initialize();
    yr_set_configuration_uint32(YR_CONFIG_MAX_MATCH_DATA, 0);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    yr_finalize();
    return failed;
}
