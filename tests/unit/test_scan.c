/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_scan.c - the scan path gives libyara's own answer, whatever it skips.
 *
 * Scanners are made with rules compiled on the spot and with sieves whose
 * answers the test controls; the real prefilter has its turn as well.
 */
#include "scan_kit.h"

/* ---- exactness over real files ------------------------------------------- */

static const char many_rules[] =
    "import \"pe\" import \"elf\" import \"math\" import \"hash\" import \"time\"\n"
    "private rule is_elf { condition: uint32(0) == 0x464c457f }\n"
    "global rule small { condition: filesize < 100MB }\n"
    "rule s_text { strings: $a = \"printf\" $b = \"malloc\" condition: any of them }\n"
    "rule s_nocase { strings: $a = \"COPYRIGHT\" nocase condition: $a }\n"
    "rule s_wide { strings: $a = \"usr\" wide ascii condition: #a > 3 }\n"
    "rule s_fullword { strings: $a = \"import\" fullword condition: $a }\n"
    "rule s_xored { strings: $a = \"This program cannot\" xor(1-255) condition: $a }\n"
    "rule s_b64 { strings: $a = \"This is a longer text\" base64 base64wide condition: $a }\n"
    "rule s_hex { strings: $a = { 7F 45 4C 46 ?? 01 } condition: $a at 0 }\n"
    "rule s_jump { strings: $a = { 47 43 43 3A [1-8] ( 47 | 44 ) } condition: $a }\n"
    "rule s_chain { strings: $a = { 2E 74 65 78 74 [0-400] 2E 64 61 74 61 } condition: $a }\n"
    "rule s_regex { strings: $a = /lib[a-z]{2,8}\\.so\\.[0-9]+/ condition: #a > 1 }\n"
    "rule s_greedy { strings: $a = /https?:\\/\\/[^ \\n]+/ condition: $a }\n"
    "rule s_wordy { strings: $a = /\\bfoo(bar|baz)?\\b/i condition: $a }\n"
    "rule s_anchored { strings: $a = /^#!.{1,40}/ condition: $a at 0 }\n"
    "rule s_anonymous { strings: $ = \"error\" $ = \"warning\" condition: all of them }\n"
    "rule s_hidden { strings: $a = \"version\" private $b = \"Version\" condition: $a or $b }\n"
    "rule s_absent { strings: $a = \"zqxjkvwq\" condition: not $a and filesize < 200 }\n"
    "rule s_counted { strings: $a = \"the\" condition: #a in (0..500) > 2 }\n"
    "rule s_placed { strings: $a = \"ELF\" condition: $a in (0..16) and @a[1] == 1 }\n"
    "rule s_long { strings: $a = /[a-z]{12}/ condition: !a[1] == 12 }\n"
    "rule s_looped { strings: $a = \"\\x00\\x00\\x00\\x00GNU\" condition:"
    " for any i in (1..#a) : (@a[i] % 4 == 0) }\n"
    "rule s_of_some { strings: $x1 = \"alloc\" $x2 = \"free\" $x3 = \"open\" condition:"
    " 2 of ($x*) }\n"
    "rule s_depends { condition: is_elf and not s_text }\n"
    "rule head_ints { condition: uint16(0) == 0x5A4D or uint16be(0) == 0x2321 }\n"
    "rule tail_ints { condition: uint8(filesize - 1) == 0x0a and uint32(filesize - 4) != 0 }\n"
    "rule far_ints { condition: uint32(1048574) != 0 or uint8(1048576) != 0 }\n"
    "rule modules { condition: elf.number_of_sections > 25 or pe.number_of_sections > 0 }\n"
    "rule entropy { condition: math.entropy(0, filesize) > 7.5 }\n"
    "rule hashed { condition: hash.md5(0, filesize) == hash.md5(0, filesize) and filesize < 99 }\n"
    "rule entry { condition: entrypoint < 0x2000 }\n"
    "rule named { condition: filename == \"File.TXT\" and extension == \".txt\" and"
    " filepath == \"/srv/Some.Dir\" and owner == \"daemon\" and mode == 0x1a0 }\n"
    "rule typed { condition: filetype == \"ELF\" or filetype == \"UNIX SCRIPT\" }\n"
    "rule timed { condition: time.now() > 0 }\n";

static char *paths[1200];
static size_t path_count;
static size_t path_skip;

static int keep_path(const char *path, const struct stat *facts, int kind, struct FTW *ftw)
{
    (void)ftw;
    if (kind != FTW_F || !S_ISREG(facts->st_mode) || (size_t)facts->st_size > 3 * MIB)
        return 0;
    /* Spread over the tree; large ones are rarer and therefore always taken. */
    if (++path_skip % 60 != 0 && ((size_t)facts->st_size < MIB || path_skip % 12 != 0))
        return 0;
    paths[path_count++] = strdup(path);
    return path_count == sizeof(paths) / sizeof(paths[0]);
}

static void real_files_find(size_t count_max)
{
    if (path_count == 0)
        (void)nftw("/usr", keep_path, 32, FTW_PHYS);
    if (path_count > count_max)
        path_count = count_max;
}

/* A perfect sieve: libyara itself says whether any string matches. */
struct oracle {
    YR_SCANNER *yara;
    bool found;
};

static int oracle_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
    (void)data;
    struct oracle *oracle = user;
    if (message == CALLBACK_MSG_SCAN_FINISHED) {
        for (uint32_t i = 0; i < context->rules->num_strings; i++)
            oracle->found = oracle->found || context->matches[i].count != 0;
    }
    return CALLBACK_CONTINUE;
}

static bool oracle_hit(void *context, const uint8_t *data, size_t size)
{
    struct oracle *oracle = context;
    oracle->found = false;
    assert_int_equal(yr_scanner_scan_mem(oracle->yara, data, size), ERROR_SUCCESS);
    return oracle->found;
}

static size_t compare_file(struct sw_scanner *scanner, YR_RULES *rules, const char *path)
{
    struct outcome expected = {0}, actual = {0};
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    assert_int_equal(fstat(fd, &facts), 0);
    size_t size = (size_t)facts.st_size;
    uint8_t *data = size == 0 ? NULL : malloc(size);
    assert_int_equal(size == 0 ? 0 : read(fd, data, size), (ssize_t)size);
    scan_plain(rules, data, size, &expected);
    assert_int_equal(scan_fd(scanner, fd, size, &actual), SW_OK);
    if (strcmp(expected.text, actual.text) != 0)
        fail_msg("%s: expected\n%s\nbut got\n%s", path, expected.text, actual.text);
    size_t hits = expected.hits;
    assert_int_equal(actual.gaps, 0);
    free(expected.text);
    free(actual.text);
    free(data);
    close(fd);
    return hits;
}

static void compare_files(const struct sw_sieve *sieve, YR_RULES *rules, size_t count_max)
{
    struct sw_scan_setup setup = {.rules = rules, .uses_entrypoint = true, .sieve = *sieve};
    size_t hits = 0, full = 0;
    for (enum sw_external i = 0; i < SW_EXTERNAL_COUNT; i++)
        setup.uses[i] = i != SW_EXTERNAL_MIME;
    struct sw_scanner *scanner = scanner_of(&setup);
    real_files_find(count_max);
    assert_true(path_count >= 300);
    for (size_t i = 0; i < path_count; i++) {
        hits += compare_file(scanner, rules, paths[i]);
        full += effort.full;
    }
    print_message("%zu files, %zu rule hits, %zu full scans\n", path_count, hits, full);
    assert_true(hits > path_count);
    sw_scanner_free(scanner);
}

static void full_scans_equal_libyara(void **state)
{
    (void)state;
    const struct sw_sieve none = {0};
    YR_RULES *rules = compile(many_rules);
    compare_files(&none, rules, 700);
    yr_rules_destroy(rules);
}

/* With few strings, most files are judged without a string search. */
static void skipped_scans_equal_libyara(void **state)
{
    (void)state;
    struct oracle oracle = {0};
    char *text = strdup(many_rules);
    /* Leaves only the rules whose strings are rare. */
    static const char *const common[] = {"text",    "nocase", "wide",      "fullword",
                                         "regex",   "greedy", "anonymous", "hidden",
                                         "counted", "long",   "of_some",   "depends"};
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        char start[64];
        snprintf(start, sizeof(start), "\nrule s_%s {", common[i]);
        char *at = strstr(text, start);
        assert_non_null(at);
        char *end = strchr(at + 1, '\n');
        memset(at + 1, ' ', (size_t)(end - at - 1));
    }
    YR_RULES *rules = compile(text);
    const struct sw_sieve sieve = {.hit = oracle_hit, .context = &oracle, .overlap = 4096};
    assert_int_equal(yr_scanner_create(rules, &oracle.yara), ERROR_SUCCESS);
    yr_scanner_set_callback(oracle.yara, oracle_message, &oracle);
    yr_scanner_set_flags(oracle.yara, SCAN_FLAGS_NO_TRYCATCH);
    compare_files(&sieve, rules, 700);
    yr_scanner_destroy(oracle.yara);
    yr_rules_destroy(rules);
    free(text);
}

static void prefiltered_scans_equal_libyara(void **state)
{
    (void)state;
    YR_RULES *rules = compile(many_rules);
    struct filter filter = {0};
    struct sw_prefilter_report report = {0};
    struct sw_error error = {0};
    enum sw_status status = sw_prefilter_build(rules, &filter.prefilter, &report, &error);
    if (status == SW_OK) {
        assert_int_equal(sw_prefilter_scratch_new(filter.prefilter, &filter.scratch, &error),
                         SW_OK);
        const struct sw_sieve sieve = {.hit = filter_hit,
                                       .context = &filter,
                                       .overlap = sw_prefilter_overlap(filter.prefilter)};
        compare_files(&sieve, rules, 700);
        sw_prefilter_scratch_free(filter.scratch);
        sw_prefilter_free(filter.prefilter);
    } else {
        print_message("no prefilter here: %s\n", report.reason);
    }
    sw_prefilter_report_done(&report);
    yr_rules_destroy(rules);
}

/* ---- matches ------------------------------------------------------------- */

static void matches_are_capped_but_counted(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule r { strings: $a = \"ab\" $b = \"b\" $c = \"zz\""
                              " condition: any of them }");
    const struct sw_scan_setup setup = {.rules = rules, .matches_max = 2};
    struct sw_scanner *scanner = scanner_of(&setup);
    assert_int_equal(scan_text(scanner, "ab ab ab b", &outcome), SW_OK);
    char expected[256];
    snprintf(expected, sizeof(expected),
             "r 7\n  $a 0 2 %08x\n  $a 3 2 %08x\n  $b 1 1 %08x\n  $b 4 1 %08x\n",
             checksum((const uint8_t *)"ab", 2), checksum((const uint8_t *)"ab", 2),
             checksum((const uint8_t *)"b", 1), checksum((const uint8_t *)"b", 1));
    assert_string_equal(outcome.text, expected);
    assert_int_equal(scan_text(scanner, "nothing", &outcome), SW_OK);
    assert_string_equal(outcome.text, "");
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void too_many_matches_cost_one_string(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    YR_RULES *rules =
        compile("rule noisy { strings: $a = \"a\" $b = \"needle\" condition: $a and $b }"
                "rule calm { strings: $b = \"needle\" condition: $b }");
    const struct sw_scan_setup setup = {.rules = rules, .matches_max = 1};
    struct sw_scanner *scanner = scanner_of(&setup);
    size_t size = YR_MAX_STRING_MATCHES + 100000;
    char *data = malloc(size + 1);
    memset(data, 'a', size);
    memcpy(data + size - 6, "needle", 6);
    data[size] = '\0';
    assert_int_equal(scan_text(scanner, data, &outcome), SW_PART);
    assert_int_equal(outcome.gaps, 1);
    assert_int_equal(outcome.last_gap, SW_GAP_RULE_ERROR);
    assert_string_equal(outcome.gap_rule->identifier, "noisy");
    assert_non_null(strstr(outcome.gap_text, "$a"));
    assert_int_equal(outcome.hits, 2);
    /* the next object starts afresh */
    assert_int_equal(scan_text(scanner, "a needle", &outcome), SW_OK);
    assert_int_equal(outcome.hits, 2);
    assert_int_equal(outcome.gaps, 0);
    free(data);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static enum sw_status refuse_hit(void *context, const struct sw_rule_hit *hit)
{
    (void)hit;
    ++*(size_t *)context;
    return SW_STOP;
}

static void a_hit_that_is_refused_ends_the_scan(void **state)
{
    (void)state;
    size_t calls = 0;
    YR_RULES *rules = compile("rule a { condition: true } rule b { condition: true }");
    const struct sw_scan_setup setup = {.rules = rules};
    const struct sw_scan_output output = {.context = &calls, .hit = refuse_hit, .gap = take_gap};
    struct sw_scanner *scanner = scanner_of(&setup);
    struct sw_blob blob = sw_blob_of_bytes("x", 1);
    assert_int_equal(
        sw_scanner_scan(scanner, &blob, &some_label, &output, &effort, &head, &last_error),
        SW_STOP);
    assert_int_equal(calls, 1);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* ---- externals ----------------------------------------------------------- */

static void externals_follow_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *path, *filename, *filepath, *extension;
    } cases[] = {
        {"/usr/lib/libc.so.6", "libc.so.6", "/usr/lib", ".6"},
        {"/Setup.EXE", "Setup.EXE", "/", ".exe"},
        {"plain", "plain", "", ""},
        {"/home/x/.profile", ".profile", "/home/x", ""},
        {"/home/x/..a.B", "..a.B", "/home/x", ".b"},
        {"/a/b.", "b.", "/a", "."},
        {"/a/\xff\x01.T\xc4", "\xff\x01.T\xc4", "/a", ".t\xc4"},
    };
    YR_RULES *rules = compile("rule never { condition: false }");
    struct sw_scan_setup setup = {.rules = rules};
    for (enum sw_external i = 0; i < SW_EXTERNAL_COUNT; i++)
        setup.uses[i] = i != SW_EXTERNAL_MIME;
    struct sw_scanner *scanner = scanner_of(&setup);
    struct outcome outcome = {0};
    const struct sw_scan_output output = {.context = &outcome, .hit = take_hit, .gap = take_gap};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sw_label label = {.path = cases[i].path, .owner = "o", .mode = (uint32_t)i};
        const char *names[] = {"filename", "filepath", "extension"};
        const char *values[] = {cases[i].filename, cases[i].filepath, cases[i].extension};
        struct sw_blob blob = sw_blob_of_bytes("MZ", 2);
        assert_int_equal(
            sw_scanner_scan(scanner, &blob, &label, &output, &effort, &head, &last_error), SW_OK);
        for (size_t k = 0; k < 3; k++) {
            const YR_OBJECT *object =
                yr_hash_table_lookup(scanner->yara->objects_table, names[k], NULL);
            assert_string_equal(object->value.ss->c_string, values[k]);
        }
    }
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* ---- time and failing rules ---------------------------------------------- */

static void cpu_time_ends_a_scan(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule first { condition: true } rule slow { condition:"
                              " for all i in (0..9000000000) : (i >= 0) }");
    const struct sw_scan_setup setup = {.rules = rules, .time_max_s = 1};
    struct sw_scanner *scanner = scanner_of(&setup);
    assert_int_equal(scan_text(scanner, "x", &outcome), SW_SKIP);
    assert_int_equal(last_error.reason, SW_GAP_TIMEOUT);
    assert_int_equal(outcome.hits + outcome.gaps, 0);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void waiting_does_not_count_as_time(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    struct counted_blob counted;
    YR_RULES *rules = compile("rule first { condition: true }"
                              "rule late { condition: uint8(2000000) == 0 and"
                              " for all i in (0..2000) : (i >= 0) }");
    const struct sw_scan_setup setup = {.rules = rules, .time_max_s = 1, .sieve = {.hit = never}};
    struct sw_scanner *scanner = scanner_of(&setup);
    int fd = file_of("", 0);
    assert_int_equal(ftruncate(fd, 3 * MIB), 0);
    counted_init(&counted, fd, 3 * MIB);
    counted.sleep_ms = 1300;
    assert_int_equal(scan_blob(scanner, &counted.blob, &outcome), SW_OK);
    assert_string_equal(outcome.text, "first 0\nlate 0\n");
    sw_blob_close(&counted.blob);
    close(fd);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

#define BAD_CONDITION "#a in (1..9) == 1"

static bool libyara_fails_on(YR_RULES *rules, const char *text)
{
    struct outcome outcome = {0};
    struct plain plain = {.outcome = &outcome, .data = (const uint8_t *)text};
    int answer = yr_rules_scan_mem(rules, (const uint8_t *)text, strlen(text),
                                   SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING,
                                   plain_message, &plain, 0);
    free(outcome.text);
    return answer != ERROR_SUCCESS;
}

static void a_failing_rule_costs_only_itself(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    char text[8192] = "";
    YR_RULES *rules;
    for (int i = 0; i < 40; i++) {
        size_t size = strlen(text);
        snprintf(text + size, sizeof(text) - size,
                 "rule r%d { strings: $a = \"needle\" condition: %s }\n", i,
                 i == 7 || i == 29 ? BAD_CONDITION : "$a");
    }
    rules = compile(text);
    if (!libyara_fails_on(rules, "a needle")) {
        yr_rules_destroy(rules);
        skip(); /* a libyara without that defect */
    }
    const struct sw_scan_setup setup = {.rules = rules};
    struct sw_scanner *scanner = scanner_of(&setup);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(scan_text(scanner, "a needle", &outcome), SW_PART);
        assert_string_equal(last_error.text, "");
        assert_int_equal(outcome.hits, 38);
        assert_int_equal(outcome.gaps, 2);
        assert_int_equal(outcome.last_gap, SW_GAP_RULE_ERROR);
        assert_string_equal(outcome.gap_rule->identifier, "r29");
        assert_non_null(strstr(outcome.gap_text, "r29"));
        assert_null(strstr(outcome.text, "r7 "));
        assert_null(strstr(outcome.text, "r29 "));
        assert_non_null(strstr(outcome.text, "r39 "));
    }
    assert_false(RULE_IS_DISABLED(&rules->rules_table[7]));
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void a_failing_global_rule_costs_its_namespace(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    YR_RULES *rules = compile("global rule g { strings: $a = \"needle\" condition: " BAD_CONDITION
                              " } rule r { condition: true }");
    if (!libyara_fails_on(rules, "needle")) {
        yr_rules_destroy(rules);
        skip();
    }
    const struct sw_scan_setup setup = {.rules = rules};
    struct sw_scanner *scanner = scanner_of(&setup);
    assert_int_equal(scan_text(scanner, "needle", &outcome), SW_PART);
    assert_int_equal(outcome.hits, 0);
    assert_int_equal(outcome.gaps, 1);
    assert_string_equal(outcome.gap_rule->identifier, "g");
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* ---- warming ------------------------------------------------------------- */

static void warming_leaves_no_trace(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    YR_RULES *rules = compile("import \"hash\" import \"pe\" import \"math\""
                              " rule r { strings: $a = \"needle\" condition: $a }");
    const struct sw_scan_setup setup = {.rules = rules, .sieve = {.hit = never}};
    struct sw_scanner *scanner = scanner_of(&setup);
    struct sw_error error = {0};
    assert_int_equal(sw_scanner_warm(scanner, &error), SW_OK);
    assert_int_equal(sw_scanner_warm(scanner, &error), SW_OK);
    assert_ptr_equal(scanner->setup.sieve.hit, never);
    assert_int_equal(scan_text(scanner, "needle", &outcome), SW_OK);
    assert_false(effort.full);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void warming_loads_the_magic_module(void **state)
{
    (void)state;
    YR_COMPILER *compiler = NULL;
    assert_int_equal(yr_compiler_create(&compiler), ERROR_SUCCESS);
    int answer =
        yr_compiler_add_string(compiler, "import \"magic\" rule r { condition: true }", NULL);
    yr_compiler_destroy(compiler);
    if (answer != 0)
        skip(); /* a libyara built without it */
    struct outcome outcome = {0};
    /* The function is reached by no dummy: only by a file of one size. */
    YR_RULES *rules = compile("import \"magic\" rule r { condition: filesize == 6 and"
                              " magic.mime_type() == \"image/gif\" }");
    const struct sw_scan_setup setup = {.rules = rules, .sieve = {.hit = never}};
    struct sw_scanner *scanner = scanner_of(&setup);
    assert_int_equal(sw_scanner_warm(scanner, NULL), SW_OK);
    assert_int_equal(setenv("MAGIC", "/nonexistent", 1), 0);
    assert_int_equal(scan_text(scanner, "GIF89a", &outcome), SW_OK);
    assert_int_equal(unsetenv("MAGIC"), 0);
    assert_int_equal(outcome.hits, 1);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static int start(void **state)
{
    (void)state;
    return yr_initialize() == ERROR_SUCCESS ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    for (size_t i = 0; i < path_count; i++)
        free(paths[i]);
    return yr_finalize() == ERROR_SUCCESS ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_scans_equal_libyara),
        cmocka_unit_test(skipped_scans_equal_libyara),
        cmocka_unit_test(prefiltered_scans_equal_libyara),
        cmocka_unit_test(matches_are_capped_but_counted),
        cmocka_unit_test(too_many_matches_cost_one_string),
        cmocka_unit_test(a_hit_that_is_refused_ends_the_scan),
        cmocka_unit_test(externals_follow_the_path),
        cmocka_unit_test(cpu_time_ends_a_scan),
        cmocka_unit_test(waiting_does_not_count_as_time),
        cmocka_unit_test(a_failing_rule_costs_only_itself),
        cmocka_unit_test(a_failing_global_rule_costs_its_namespace),
        cmocka_unit_test(warming_leaves_no_trace),
        cmocka_unit_test(warming_loads_the_magic_module),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
