/* SPDX-License-Identifier: Apache-2.0 */
/* test_ruleset.c - compiling a pack: errors, includes, variables, severities, rules that libyara
 * cannot evaluate, and the built-in rules on forged text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweeper/rule.h"

/* A pack of {name, text} pairs in one root, ending with NULL. Names ending in
 * .inc are there for includes only. Borrows the texts. */
#define FILES_MAX 24
struct pack {
    struct sw_rulepack pack;
    struct sw_rule_file files[FILES_MAX];
};

static void fill(struct pack *pack, const char *const *pairs)
{
    memset(pack, 0, sizeof(*pack));
    pack->pack.files = pack->files;
    for (; pairs[0]; pairs += 2) {
        assert_true(pack->pack.count < FILES_MAX);
        struct sw_rule_file *file = &pack->files[pack->pack.count++];
        char *copy;
        memcpy(&copy, &pairs[0], sizeof(copy)); /* the struct owns elsewhere; here nobody frees */
        file->name = file->namespace_ = file->root_relative = copy;
        memcpy(&copy, &pairs[1], sizeof(copy));
        file->text = copy;
        file->text_size = strlen(copy);
        file->include_only = strstr(file->name, ".inc") != NULL;
        file->builtin = strncmp(file->name, "builtin.", 8) == 0;
    }
}

static enum sw_status compile(const char *const *pairs, struct sw_ruleset **set,
                              struct sw_diagnoses *diagnoses, struct sw_error *error)
{
    struct pack pack;
    fill(&pack, pairs);
    return sw_ruleset_compile(&pack.pack, set, diagnoses, error);
}

static struct sw_ruleset *compiled(const char *const *pairs)
{
    struct sw_ruleset *set = NULL;
    struct sw_diagnoses diagnoses = {NULL, 0};
    struct sw_error error = {.errnum = 0};
    if (compile(pairs, &set, &diagnoses, &error) != SW_OK)
        fail_msg("%s", error.text);
    sw_diagnoses_done(&diagnoses);
    return set;
}

static struct sw_ruleset *compiled_text(const char *text)
{
    const char *const pairs[] = {"a.yar", text, NULL};
    return compiled(pairs);
}

static bool says(const struct sw_diagnoses *list, enum sw_diagnosis_level level, const char *file,
                 int line, const char *words)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].level == level && strcmp(list->rows[i].file, file) == 0 &&
            list->rows[i].line == line && strstr(list->rows[i].text, words))
            return true;
    for (size_t i = 0; i < list->count; i++)
        print_message("%s:%d: %s\n", list->rows[i].file, list->rows[i].line, list->rows[i].text);
    return false;
}

#define assert_error(list, file, line, words)                                                      \
    assert_true(says(list, SW_DIAGNOSIS_ERROR, file, line, words))

static const YR_RULE *rule_of(const struct sw_ruleset *set, const char *name)
{
    const YR_RULE *rule;
    yr_rules_foreach(sw_ruleset_rules(set), rule)
    {
        if (strcmp(rule->identifier, name) == 0)
            return rule;
    }
    return NULL;
}

static void all_errors_of_all_files_are_listed(void **state)
{
    (void)state;
    const char *const pairs[] = {"a.yar", "rule a1 {condition: nope1}\nrule a2 {condition: nope2}",
                                 "b.yar", "rule b {condition: true}",
                                 "c.yar", "\n\nrule c {",
                                 "d.yar", "include \"d.inc\"\nrule d {condition: true}",
                                 "d.inc", "\nrule e {condition: nope3}",
                                 NULL};
    struct sw_ruleset *set = NULL;
    struct sw_diagnoses list = {NULL, 0};
    struct sw_error error = {.errnum = 0};
    assert_int_equal(compile(pairs, &set, &list, &error), SW_STOP);
    assert_null(set);
    assert_int_equal(list.count, 4);
    assert_error(&list, "a.yar", 1, "undefined identifier \"nope1\"");
    assert_error(&list, "a.yar", 2, "undefined identifier \"nope2\"");
    assert_error(&list, "c.yar", 3, "syntax error");
    assert_error(&list, "d.inc", 2, "undefined identifier \"nope3\"");
    assert_non_null(strstr(error.text, "4 errors"));
    sw_diagnoses_done(&list);
}

static void warnings_are_listed(void **state)
{
    (void)state;
    const char *const pairs[] = {"a.yar", "\nrule a {strings: $a = /x.*y/ condition: $a}", NULL};
    struct sw_ruleset *set = NULL;
    struct sw_diagnoses list = {NULL, 0};
    struct sw_error error = {.errnum = 0};
    assert_int_equal(compile(pairs, &set, &list, &error), SW_OK);
    assert_true(says(&list, SW_DIAGNOSIS_WARNING, "a.yar", 2, "may slow down"));
    sw_diagnoses_done(&list);
    sw_ruleset_free(set);
}

static void included_files_are_compiled_once(void **state)
{
    (void)state;
    const char *const pairs[] = {
        "a.yar",
        "rule a {condition: true}", /* b includes it */
        "b.yar",
        "include \"a.yar\"\ninclude \"sub/c.inc\"\nrule b {condition: a and c and d}",
        "sub/c.inc",
        "include \"d.inc\" rule c {condition: true}",
        "sub/d.inc",
        "rule d {condition: true}",
        "unused.inc",
        "this is not even a rule",
        "z.yar",
        "// include \"a.yar\"\nrule z {strings: $a = \"include \\\"a.yar\\\"\" condition: $a}",
        NULL};
    struct sw_ruleset *set = compiled(pairs);
    assert_int_equal(sw_ruleset_rule_count(set), 5);
    assert_string_equal(sw_ruleset_file(set, rule_of(set, "a"))->name, "b.yar");
    assert_string_equal(sw_ruleset_file(set, rule_of(set, "d"))->name, "b.yar");
    assert_string_equal(sw_ruleset_file(set, rule_of(set, "z"))->name, "z.yar");
    sw_ruleset_free(set);
}

static void circles_are_errors(void **state)
{
    (void)state;
    const char *const pairs[] = {"a.yar", "\ninclude \"b.yar\"\nrule a {condition: true}",
                                 "b.yar", "include \"./a.yar\"\nrule b {condition: true}",
                                 "s.yar", "include \"s.yar\"\nrule s {condition: true}",
                                 NULL};
    struct sw_ruleset *set = NULL;
    struct sw_diagnoses list = {NULL, 0};
    struct sw_error error = {.errnum = 0};
    assert_int_equal(compile(pairs, &set, &list, &error), SW_STOP);
    assert_error(&list, "b.yar", 1, "circle");
    assert_error(&list, "a.yar", 2, "circle");
    assert_error(&list, "s.yar", 1, "circle");
    sw_diagnoses_done(&list);
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    static char names[20][16];
    static char texts[20][64];
    for (int depth = 16; depth <= 17; depth++) {
        const char *pairs[2 * 20 + 1] = {NULL};
        for (int i = 0; i <= depth; i++) {
            snprintf(names[i], sizeof(names[i]), i ? "i%d.inc" : "top.yar", i);
            snprintf(texts[i], sizeof(texts[i]),
                     i < depth ? "\ninclude \"i%d.inc\"" : "rule deep {condition: true}", i + 1);
            pairs[2 * i] = names[i];
            pairs[2 * i + 1] = texts[i];
        }
        struct sw_ruleset *set = NULL;
        struct sw_diagnoses list = {NULL, 0};
        struct sw_error error = {.errnum = 0};
        enum sw_status status = compile(pairs, &set, &list, &error);
        assert_int_equal(status, depth == 16 ? SW_OK : SW_STOP);
        if (depth == 17)
            assert_error(&list, "i16.inc", 2, "deep");
        sw_diagnoses_done(&list);
        sw_ruleset_free(set);
    }
}

static void missing_include_names_its_line(void **state)
{
    (void)state;
    const char *const pairs[] = {"a.yar", "\n\ninclude \"no.inc\"\nrule a {condition: nope}", NULL};
    struct sw_ruleset *set = NULL;
    struct sw_diagnoses list = {NULL, 0};
    struct sw_error error = {.errnum = 0};
    assert_int_equal(compile(pairs, &set, &list, &error), SW_STOP);
    assert_error(&list, "a.yar", 3, "include \"no.inc\" names no file");
    assert_error(&list, "a.yar", 4, "nope");
    sw_diagnoses_done(&list);
}

static void variables_are_defined_and_their_use_is_known(void **state)
{
    (void)state;
    struct sw_ruleset *set = compiled_text(
        "rule a {condition: filename == \"x\" and filepath contains \"y\" and extension == \".z\" "
        "and package_name == \"a\" and package_version == \"1\" and unpack_parent == \"zip\" and "
        "unpack_chain == \"zip\" "
        "and filetype == \"ELF\" and mime == \"a/b\" and owner == \"root\" and mode & 0o4000 != "
        "0}");
    for (unsigned i = 0; i < SW_EXTERNAL_COUNT; i++)
        assert_true(sw_ruleset_uses(set, (enum sw_external)i));
    assert_false(sw_ruleset_uses_entrypoint(set));
    sw_ruleset_free(set);
    /* Words that only look like the variables. */
    set = compiled_text("rule a : filename {meta: mime = \"mime\" entrypoint_ = 1 strings: $mime = "
                        "\"mime entrypoint\" $mode = /owner/ condition: any of them and for any "
                        "mode in (1, 2): (mode == 2)}");
    for (unsigned i = 0; i < SW_EXTERNAL_COUNT; i++)
        assert_false(sw_ruleset_uses(set, (enum sw_external)i));
    assert_false(sw_ruleset_uses_entrypoint(set));
    sw_ruleset_free(set);
    const char *const pairs[] = {"a.yar", "include \"b.inc\"",
                                 "b.inc", "rule b {condition: entrypoint == 3 and mime == \"\"}",
                                 "c.inc", "rule c {condition: owner == \"\"}",
                                 NULL};
    set = compiled(pairs);
    assert_true(sw_ruleset_uses(set, SW_EXTERNAL_MIME));
    assert_true(sw_ruleset_uses_entrypoint(set));
    assert_false(sw_ruleset_uses(set, SW_EXTERNAL_OWNER)); /* c.inc is nobody's */
    sw_ruleset_free(set);
}

static int count_match(YR_SCAN_CONTEXT *context, int message, void *data, void *user_data)
{
    (void)context;
    (void)data;
    if (message == CALLBACK_MSG_RULE_MATCHING)
        ++*(int *)user_data;
    return CALLBACK_CONTINUE;
}

static int matches_of(const struct sw_ruleset *set, const void *data, size_t size)
{
    int count = 0;
    assert_int_equal(
        yr_rules_scan_mem(sw_ruleset_rules(set), data, size, 0, count_match, &count, 0),
        ERROR_SUCCESS);
    return count;
}

/* Newer libraries evaluate it; then nothing may be disabled. */
static bool library_cannot_count_in_ranges(void)
{
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;
    int count = 0;
    yr_initialize();
    assert_int_equal(yr_compiler_create(&compiler), ERROR_SUCCESS);
    assert_int_equal(
        yr_compiler_add_string(compiler, "rule a {strings: $a=\"ab\" condition: #a in (1..9) == 1}",
                               NULL),
        0);
    assert_int_equal(yr_compiler_get_rules(compiler, &rules), ERROR_SUCCESS);
    int result = yr_rules_scan_mem(rules, (const uint8_t *)"xxab", 4, 0, count_match, &count, 0);
    yr_rules_destroy(rules);
    yr_compiler_destroy(compiler);
    yr_finalize();
    return result != ERROR_SUCCESS;
}

static void rules_that_cannot_be_evaluated_are_disabled(void **state)
{
    (void)state;
    const char *const pairs[] = {
        "a.yar",
        "rule good1 {condition: true} rule bad {strings: $a = \"abcd\" condition: "
        "#a in (1..9) == 2}",
        "b.yar",
        "private rule helper {condition: filesize < 100KB} rule good2 {condition: true} "
        "rule bad {strings: $a = \"some text\" wide condition: helper and $a and "
        "#a in (1..900) > 0}",
        "c.yar",
        "rule bad_elf {strings: $a = \"zzzz\" condition: uint32be(0) == 0x7f454c46 and "
        "$a and #a in (2..3) == 1} rule good3 {condition: bad_elf or true}",
        NULL};
    struct sw_ruleset *set = compiled(pairs);
    size_t count = 0;
    const struct sw_disabled_rule *rows = sw_ruleset_disabled(set, &count);
    if (!library_cannot_count_in_ranges()) {
        assert_int_equal(count, 0);
    } else {
        assert_int_equal(count, 3);
        assert_string_equal(rows[0].namespace_, "a.yar");
        assert_string_equal(rows[0].name, "bad");
        assert_non_null(strstr(rows[0].why, "error 31"));
        assert_string_equal(rows[1].namespace_, "b.yar");
        assert_string_equal(rows[1].name, "bad");
        assert_string_equal(rows[2].name, "bad_elf");
    }
    /* good1, good2, good3; the private helper is not reported. */
    assert_int_equal(matches_of(set, "abcd", 4), 3);
    sw_ruleset_free(set);
}

static void evaluable_sets_stay_whole(void **state)
{
    (void)state;
    struct sw_ruleset *set = compiled_text(
        "import \"pe\" import \"elf\" import \"math\" import \"hash\" rule a {strings: "
        "$a = \"abcd\" condition: #a in (0..9) == 1 or pe.is_pe or elf.machine == 3 or "
        "math.entropy(0, filesize) > 9.0 or hash.md5(0, 1) == \"\"}");
    size_t count = 1;
    sw_ruleset_disabled(set, &count);
    assert_int_equal(count, 0);
    assert_int_equal(matches_of(set, "abcd", 4), 1);
    sw_ruleset_free(set);
}

static void empty_pack_is_an_empty_set(void **state)
{
    (void)state;
    const char *const pairs[] = {"a.yar", "// nothing", NULL};
    struct sw_ruleset *set = compiled(pairs);
    assert_int_equal(sw_ruleset_rule_count(set), 0);
    sw_ruleset_free(set);
}

static void severity_comes_from_meta(void **state)
{
    (void)state;
    static const struct {
        const char *meta;
        enum sw_severity severity;
    } cases[] = {
        {"", SW_SEVERITY_MEDIUM},
        {"meta: severity = \"critical\"", SW_SEVERITY_CRITICAL},
        {"meta: severity = \"HIGH\"", SW_SEVERITY_HIGH},
        {"meta: Severity = \"Info\"", SW_SEVERITY_INFO},
        {"meta: severity = \"low\" score = 90", SW_SEVERITY_LOW},
        {"meta: score = 90 severity = \"low\"", SW_SEVERITY_LOW},
        {"meta: score = 80", SW_SEVERITY_HIGH},
        {"meta: score = 79", SW_SEVERITY_MEDIUM},
        {"meta: score = 60", SW_SEVERITY_MEDIUM},
        {"meta: score = 59", SW_SEVERITY_LOW},
        {"meta: score = 40", SW_SEVERITY_LOW},
        {"meta: score = 39", SW_SEVERITY_INFO},
        {"meta: score = \"85\"", SW_SEVERITY_HIGH},
        {"meta: score = \"many\"", SW_SEVERITY_MEDIUM},
        {"meta: severity = \"\"", SW_SEVERITY_MEDIUM},
        {"meta: severity = \"dreadful\" score = 40", SW_SEVERITY_LOW},
        {"meta: severity = 100", SW_SEVERITY_HIGH},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "rule a {%s condition: true}", cases[i].meta);
        struct sw_ruleset *set = compiled_text(text);
        if (sw_rule_severity(rule_of(set, "a")) != cases[i].severity)
            fail_msg("%s is not %s", cases[i].meta, sw_severity_name(cases[i].severity));
        sw_ruleset_free(set);
    }
    enum sw_severity severity = SW_SEVERITY_LOW;
    assert_true(sw_severity_find("Critical", &severity));
    assert_int_equal(severity, SW_SEVERITY_CRITICAL);
    assert_false(sw_severity_find("criticall", &severity));
}

/* As somebody else's, they are tried on more objects than at each start. */
static struct sw_ruleset *builtin_set(bool shipped)
{
    struct sw_rulepack *pack = NULL;
    struct sw_ruleset *set = NULL;
    struct sw_diagnoses list = {NULL, 0};
    struct sw_error error = {.errnum = 0};
    assert_int_equal(sw_rulepack_gather(&(struct sw_rule_sources){.builtin = true}, &pack, &error),
                     SW_OK);
    for (size_t i = 0; i < pack->count; i++)
        pack->files[i].builtin = shipped;
    assert_int_equal(sw_ruleset_compile(pack, &set, &list, &error), SW_OK);
    assert_int_equal(list.count, 0);
    sw_rulepack_free(pack); /* the set must not need it */
    sw_diagnoses_done(&list);
    return set;
}

/* What they find and what they leave alone is shown by rules/cases/. */
static void builtin_rules_compile_without_a_word(void **state)
{
    (void)state;
    for (int shipped = 0; shipped <= 1; shipped++) {
        struct sw_ruleset *set = builtin_set(shipped == 1);
        size_t disabled = 0;
        sw_ruleset_disabled(set, &disabled);
        assert_int_equal(disabled, 0);
        assert_true(sw_ruleset_rule_count(set) >= 45);
        sw_ruleset_free(set);
    }
}

/* A rule that cannot be evaluated only with the first bytes of an ELF file, in a file of
 * the program's own and in another: the first is not tried on such. */
static void shipped_rules_are_tried_on_less(void **state)
{
    (void)state;
    const char *const trap = "rule bad {strings: $a = \"abcd\" condition: filesize > 8 and "
                             "uint32be(0) == 0x7f454c46 and #a in (3..9) > 0}";
    const char *const others[] = {"a.yar", trap, "b.yar", trap, NULL};
    const char *const both[] = {"builtin.a.yar", trap, "b.yar", trap, NULL};
    size_t all = 0, other = 0;

    struct sw_ruleset *set = compiled(others);
    sw_ruleset_disabled(set, &all);
    sw_ruleset_free(set);
    set = compiled(both);
    const struct sw_disabled_rule *rows = sw_ruleset_disabled(set, &other);
    assert_int_equal(other, all == 2 ? 1 : 0); /* newer libraries can do it */
    if (other == 1)
        assert_string_equal(rows[0].namespace_, "b.yar");
    assert_int_equal(matches_of(set, "abcd", 4), 0);
    sw_ruleset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_errors_of_all_files_are_listed),
        cmocka_unit_test(warnings_are_listed),
        cmocka_unit_test(included_files_are_compiled_once),
        cmocka_unit_test(circles_are_errors),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(missing_include_names_its_line),
        cmocka_unit_test(variables_are_defined_and_their_use_is_known),
        cmocka_unit_test(rules_that_cannot_be_evaluated_are_disabled),
        cmocka_unit_test(evaluable_sets_stay_whole),
        cmocka_unit_test(empty_pack_is_an_empty_set),
        cmocka_unit_test(severity_comes_from_meta),
        cmocka_unit_test(builtin_rules_compile_without_a_word),
        cmocka_unit_test(shipped_rules_are_tried_on_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
