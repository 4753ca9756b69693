/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile.c - a pack of sources becomes one compiled set.
 *
 * Which files stand on their own is decided by what libyara really includes,
 * not by how files are named: every file that has an include directive is
 * compiled once for nothing but its includes; what another file brought in is
 * left out of the real compile. After the first error libyara's compiler is of
 * no further use, so the rest is compiled file by file, to list all errors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/rule_lexer.h"
#include "engine/rule/bound.h"
#include "engine/rule/derive.h"
#include "engine/rule/diagnose.h"
#include "engine/rule/ruleset.h"
#include "engine/rule/unit.h"
#include "engine/rule/yara_version.h"

struct build {
    const struct sw_rulepack *pack;
    struct sw_diagnoses *diagnoses;
    struct sw_error *error;
    struct sw_ruleset *set;
    bool *own;      /* for each file: compiled by itself */
    bool *compiled; /* for each file: its text is in the set, by itself or by include */
    bool *scratch;
};

static enum sw_status no_memory(struct build *build)
{
    (void)sw_fail(build->error, SW_STOP, "rule", ENOMEM, "cannot compile the rules");
    return SW_STOP;
}

/* One file in a compiler of its own. What libyara thinks of it is in `unit`. */
static enum sw_status compile_alone(struct build *build, struct sw_unit *unit,
                                    enum sw_external without)
{
    YR_COMPILER *compiler = sw_unit_compiler(without);
    if (!compiler)
        return no_memory(build);
    (void)sw_unit_compile(unit, compiler);
    yr_compiler_destroy(compiler);
    return unit->memory_short ? no_memory(build) : SW_OK;
}

static bool has_include(const char *text)
{
    struct sw_rule_lexer lexer = sw_rule_lexer_of(text);
    struct sw_rule_token token;
    if (!strstr(text, "include"))
        return false;
    while (sw_rule_lexer_next(&lexer, &token))
        if (token.include)
            return true;
    return false;
}

/* Sets build->own. `reached` counts, for each file, how it can come into the
 * set: files that only include one another in a circle are reached from
 * nowhere, and are then compiled by themselves, which says what is wrong. */
static enum sw_status choose_own(struct build *build)
{
    const struct sw_rulepack *pack = build->pack;
    size_t count = pack->count;
    bool *included = calloc(count + 1, sizeof(*included));
    struct edges {
        bool *to;
    } *edges = calloc(count + 1, sizeof(*edges));
    enum sw_status status = included && edges ? SW_OK : no_memory(build);
    for (size_t i = 0; status == SW_OK && i < count; i++) {
        if (pack->files[i].include_only || !has_include(pack->files[i].text))
            continue;
        edges[i].to = calloc(count, sizeof(bool));
        struct sw_unit unit = {.pack = pack, .file = &pack->files[i], .included = edges[i].to};
        status = edges[i].to ? compile_alone(build, &unit, SW_EXTERNAL_COUNT) : no_memory(build);
        for (size_t k = 0; status == SW_OK && k < count; k++)
            included[k] = included[k] || (edges[i].to[k] && k != i);
    }
    for (size_t i = 0; status == SW_OK && i < count; i++) {
        build->own[i] = !pack->files[i].include_only && !included[i];
        for (size_t k = 0; build->own[i] && edges[i].to && k < count; k++)
            build->scratch[k] = build->scratch[k] || edges[i].to[k];
    }
    for (size_t i = 0; status == SW_OK && i < count; i++)
        if (!pack->files[i].include_only && !build->scratch[i])
            build->own[i] = true;
    for (size_t i = 0; edges && i < count; i++)
        free(edges[i].to);
    free(edges);
    free(included);
    return status;
}

static enum sw_status compile_all(struct build *build)
{
    const struct sw_rulepack *pack = build->pack;
    YR_COMPILER *compiler = sw_unit_compiler(SW_EXTERNAL_COUNT);
    enum sw_status status = compiler ? SW_OK : no_memory(build);
    bool good = true;
    for (size_t i = 0; status == SW_OK && i < pack->count; i++) {
        if (!build->own[i])
            continue;
        struct sw_unit unit = {.pack = pack,
                               .file = &pack->files[i],
                               .diagnoses = build->diagnoses,
                               .included = build->compiled};
        build->compiled[i] = true;
        if (good)
            good = sw_unit_compile(&unit, compiler);
        else
            status = compile_alone(build, &unit, SW_EXTERNAL_COUNT);
        if (unit.memory_short)
            status = no_memory(build);
    }
    if (status == SW_OK && good &&
        yr_compiler_get_rules(compiler, &build->set->rules) != ERROR_SUCCESS)
        status = no_memory(build);
    if (compiler)
        yr_compiler_destroy(compiler);
    return status;
}

static enum sw_status report_errors(struct build *build)
{
    size_t count = sw_diagnoses_error_count(build->diagnoses);
    for (size_t i = 0; i < build->diagnoses->count; i++) {
        const struct sw_diagnosis *row = &build->diagnoses->rows[i];
        if (row->level == SW_DIAGNOSIS_ERROR)
            return sw_fail(build->error, SW_STOP, "rule", 0,
                           "%zu error%s in the rules; first: %s:%d: %s", count,
                           count == 1 ? "" : "s", row->file, row->line, row->text);
    }
    return no_memory(build);
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct sw_rule_file *)a)->namespace_,
                  ((const struct sw_rule_file *)b)->namespace_);
}

/* The set outlives the pack: it keeps what names a rule's source. */
static enum sw_status copy_files(struct build *build)
{
    struct sw_ruleset *set = build->set;
    set->files = calloc(build->pack->count + 1, sizeof(*set->files));
    if (!set->files)
        return no_memory(build);
    for (size_t i = 0; i < build->pack->count; i++) {
        const struct sw_rule_file *from = &build->pack->files[i];
        if (!build->own[i])
            continue;
        struct sw_rule_file *file = &set->files[set->file_count++];
        *file = *from;
        file->text = NULL;
        file->text_size = 0;
        file->name = strdup(from->name);
        file->namespace_ = strdup(from->namespace_);
        file->root_relative = strdup(from->root_relative);
        if (!file->name || !file->namespace_ || !file->root_relative)
            return no_memory(build);
    }
    qsort(set->files, set->file_count, sizeof(*set->files), compare_files);
    return SW_OK;
}

/* Exact: the files that come with the word are compiled without the variable,
 * and libyara says whether it misses it. */
static enum sw_status ask_use(struct build *build, enum sw_external external)
{
    const struct sw_rulepack *pack = build->pack;
    const char *name = sw_external_name(external);
    enum sw_status status = SW_OK;
    bool word = false;
    for (size_t i = 0; i < pack->count && !word; i++)
        word = build->compiled[i] && sw_rule_text_has_word(pack->files[i].text, name);
    if (!word)
        return SW_OK;
    for (size_t i = 0; status == SW_OK && i < pack->count; i++) {
        const struct sw_rule_file *file = &pack->files[i];
        if (!build->own[i] ||
            (!has_include(file->text) && !sw_rule_text_has_word(file->text, name)))
            continue;
        struct sw_unit unit = {.pack = pack, .file = file, .undefined = name};
        status = compile_alone(build, &unit, external);
        if (unit.undefined_met) {
            build->set->uses[external] = true;
            break;
        }
    }
    return status;
}

/* `entrypoint` is a word of the language: as code it is nothing else. */
static void ask_entrypoint(struct build *build)
{
    for (size_t i = 0; i < build->pack->count && !build->set->uses_entrypoint; i++)
        build->set->uses_entrypoint =
            build->compiled[i] && sw_rule_text_has_word(build->pack->files[i].text, "entrypoint");
}

/* ---- the shortcut for objects without any string --------------------------- */

/* Scratch for each rule of a set. */
struct marks {
    bool *bound;
    bool *referred;
    size_t bound_count;
};

static void marks_done(struct marks *marks)
{
    free(marks->bound);
    free(marks->referred);
}

static enum sw_status mark(struct build *build, const YR_RULES *rules, struct marks *marks)
{
    *marks = (struct marks){.bound = calloc(rules->num_rules + 1, sizeof(bool)),
                            .referred = calloc(rules->num_rules + 1, sizeof(bool))};
    if (!marks->bound || !marks->referred) {
        marks_done(marks);
        return no_memory(build);
    }
    (void)sw_bound_find(rules, marks->bound, marks->referred);
    for (uint32_t i = 0; i < rules->num_rules; i++)
        marks->bound_count += marks->bound[i] ? 1 : 0;
    return SW_OK;
}

/* Sets `scratch` for each file that has a rule which is not bound. A namespace
 * is wanted as a whole, so that its global rules rule over the same. */
static bool want_files(struct build *build, const bool *bound)
{
    const struct sw_rulepack *pack = build->pack;
    const YR_RULES *rules = build->set->rules;
    const YR_NAMESPACE *last = NULL;
    bool any = false;
    memset(build->scratch, 0, pack->count * sizeof(bool));
    for (uint32_t i = 0; i < rules->num_rules; i++) {
        const YR_NAMESPACE *ns = rules->rules_table[i].ns;
        if (bound[i] || ns == last)
            continue;
        last = ns;
        any = true;
        for (size_t k = 0; k < pack->count; k++)
            if (build->own[k] && strcmp(pack->files[k].namespace_, ns->name) == 0)
                build->scratch[k] = true;
    }
    return any;
}

static enum sw_status compile_wanted(struct build *build)
{
    YR_COMPILER *compiler = sw_unit_compiler(SW_EXTERNAL_COUNT);
    enum sw_status status = compiler ? SW_OK : no_memory(build);
    for (size_t i = 0; status == SW_OK && i < build->pack->count; i++) {
        struct sw_unit unit = {.pack = build->pack, .file = &build->pack->files[i]};
        /* It compiled a moment ago: only memory can be short. */
        if (build->scratch[i] && !sw_unit_compile(&unit, compiler))
            status = no_memory(build);
    }
    if (status == SW_OK && yr_compiler_get_rules(compiler, &build->set->unbound) != ERROR_SUCCESS)
        status = no_memory(build);
    if (compiler)
        yr_compiler_destroy(compiler);
    return status;
}

static bool same_rule(const YR_RULE *a, const YR_RULE *b)
{
    return strcmp(a->identifier, b->identifier) == 0 && strcmp(a->ns->name, b->ns->name) == 0;
}

/* Files come in the same order in both sets, so rules do. False when some rule
 * is not where it has to be. What is disabled in the whole set is here too. */
static bool find_places(struct sw_ruleset *set)
{
    uint32_t from = 0;
    for (uint32_t i = 0; i < set->unbound->num_rules; i++, from++) {
        YR_RULE *rule = &set->unbound->rules_table[i];
        while (from < set->rules->num_rules && !same_rule(rule, &set->rules->rules_table[from]))
            from++;
        if (from == set->rules->num_rules)
            return false;
        set->places[i] = from;
        if (RULE_IS_DISABLED(&set->rules->rules_table[from]))
            yr_rule_disable(rule);
    }
    return true;
}

/* Bound rules that stand beside others: false, and nobody asks. */
static enum sw_status disable_bound(struct build *build)
{
    YR_RULES *rules = build->set->unbound;
    struct marks marks;
    if (mark(build, rules, &marks) != SW_OK)
        return SW_STOP;
    for (uint32_t i = 0; i < rules->num_rules; i++) {
        YR_RULE *rule = &rules->rules_table[i];
        if (marks.bound[i] && !marks.referred[i] && !RULE_IS_GLOBAL(rule))
            yr_rule_disable(rule);
    }
    marks_done(&marks);
    return SW_OK;
}

static enum sw_status make_unbound(struct build *build)
{
    struct sw_ruleset *set = build->set;
    enum sw_status status = compile_wanted(build);
    if (status != SW_OK)
        return status;
    set->places = calloc((size_t)set->unbound->num_rules + 1, sizeof(*set->places));
    if (!set->places)
        return no_memory(build);
    if (!find_places(set)) {
        yr_rules_destroy(set->unbound);
        set->unbound = NULL;
        return SW_OK;
    }
    set->shortcut = true;
    return disable_bound(build);
}

/* A second set costs memory and time at the start: it has to be worth it. */
static enum sw_status make_shortcut(struct build *build)
{
    struct sw_ruleset *set = build->set;
    struct marks marks;
    enum sw_status status = mark(build, set->rules, &marks);
    if (status != SW_OK)
        return status;
    set->bound_count = marks.bound_count;
    if (marks.bound_count * 2 >= set->rules->num_rules) {
        if (want_files(build, marks.bound))
            status = make_unbound(build);
        else
            set->shortcut = true;
    }
    marks_done(&marks);
    return status;
}

static enum sw_status run(struct build *build)
{
    enum sw_status status = choose_own(build);
    if (status == SW_OK)
        status = compile_all(build);
    if (status == SW_OK && !build->set->rules)
        status = report_errors(build);
    if (status == SW_OK && !sw_yara_is_ours(build->set->rules))
        status = sw_fail(build->error, SW_STOP, "rule", 0,
                         "built with libyara %s, but another version is loaded: build sweeper anew",
                         YR_VERSION);
    if (status == SW_OK)
        status = copy_files(build);
    for (unsigned i = 0; status == SW_OK && i < SW_EXTERNAL_COUNT; i++)
        status = ask_use(build, (enum sw_external)i);
    if (status != SW_OK)
        return status;
    ask_entrypoint(build);
    status = sw_ruleset_try(build->set, build->diagnoses, build->error);
    return status == SW_OK ? make_shortcut(build) : status;
}

static enum sw_status compile_pack(const struct sw_rulepack *pack, struct sw_ruleset **set,
                                   struct sw_diagnoses *diagnoses, struct sw_error *error)
{
    struct build build = {.pack = pack, .diagnoses = diagnoses, .error = error};
    build.set = calloc(1, sizeof(*build.set));
    build.own = calloc(pack->count + 1, sizeof(bool));
    build.compiled = calloc(pack->count + 1, sizeof(bool));
    build.scratch = calloc(pack->count + 1, sizeof(bool));
    enum sw_status status = SW_STOP;
    /* Counted by libyara: each set holds libyara open until it is freed. */
    bool open = yr_initialize() == ERROR_SUCCESS;
    if (!open || !build.set || !build.own || !build.compiled || !build.scratch)
        no_memory(&build);
    else
        status = run(&build);
    if (build.set)
        build.set->libyara_open = open;
    else if (open)
        yr_finalize();
    if (status == SW_OK) {
        *set = build.set; /* the caller's from here on */
        build.set = NULL;
    }
    sw_ruleset_free(build.set);
    free(build.own);
    free(build.compiled);
    free(build.scratch);
    return status;
}

enum sw_status sw_ruleset_compile(const struct sw_rulepack *pack, struct sw_ruleset **set,
                                  struct sw_diagnoses *diagnoses, struct sw_error *error)
{
    struct sw_derived derived;
    if (sw_derive(pack, &derived, error) != SW_OK)
        return SW_STOP;
    enum sw_status status = compile_pack(&derived.pack, set, diagnoses, error);
    sw_derived_done(&derived);
    return status;
}
