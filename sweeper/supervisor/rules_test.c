/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_test.c - `sweeper rules test`: each case becomes an object in memory, and
 * all of them go through a sweep.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/write_all.h"
#include "supervisor/case_recipe.h"
#include "supervisor/facts_take.h"
#include "supervisor/rules_cases.h"
#include "supervisor/rules_check.h"
#include "supervisor/stand_in.h"
#include "sweeper/rules_verb.h"
#include "sweeper/text.h"

enum { HITS_MIN = 1, MISSES_MIN = 2 }; /* cases that --strict asks of a rule */

/* One case and what became of it. */
struct run {
    const struct sw_case_file *file;
    const struct sw_case *case_;
    bool found;                /* by its rule */
    enum sw_severity severity; /* of the worst of those findings */
    char *gap;                 /* the first: "timeout: ..."; or NULL */
    bool built;                /* it became an object */
};

/* What a rule has; the cases are those of the first rule of its name. */
struct cover {
    size_t hits, misses;
    bool indicator; /* made of one: as right as whatever makes them */
};

struct test {
    struct run *runs;
    size_t count;
    size_t next; /* to be given out */
    size_t bad;  /* cases that cannot be built */
    bool no_memory;
};

/* --- the stand-in --------------------------------------------------------- */

/* The label is absolute, as that of every object. */
static char *label_of(const struct sw_case *case_)
{
    char *label = NULL;
    if (asprintf(&label, "%s%s", case_->path[0] == '/' ? "" : "/", case_->path) < 0)
        return NULL;
    return label;
}

/* False without memory; `item` then owns what there is. */
static bool make_item(const struct sw_case *case_, struct sw_view content, struct sw_item *item)
{
    item->path = label_of(case_);
    if (item->path == NULL)
        return false;
    item->path_size = strlen(item->path);
    item->fd = memfd_create("sweeper-case", MFD_CLOEXEC);
    return item->fd >= 0 && sw_write_all(item->fd, content) == 0 &&
           fchmod(item->fd, case_->mode) == 0 && sw_facts_of_fd(item->fd, &item->facts) == 0;
}

/* Builds one case into the batch. A case that cannot be built is told and left
 * out. */
static void add_run(struct test *test, size_t index, struct sw_batch *batch, size_t *bytes)
{
    struct run *run = &test->runs[index];
    struct sw_item *item = &batch->items[batch->count];
    struct sw_error error;
    struct sw_buf content;

    sw_buf_init(&content, SW_CASE_SIZE_MAX);
    if (sw_case_build(run->file, run->case_, &content, &error) != SW_OK) {
        fprintf(stderr, "%s\n", error.text);
        test->bad++;
    } else {
        *item = (struct sw_item){.kind = SW_ITEM_OBJECT, .fd = -1, .root_index = (uint32_t)index};
        batch->count++;
        run->built = make_item(run->case_, sw_buf_view(&content), item);
        test->no_memory = !run->built;
        *bytes += content.size;
    }
    sw_buf_done(&content);
}

static struct sw_batch *next_batch(void *context)
{
    struct test *test = context;
    size_t bytes = 0;
    struct sw_batch *batch = calloc(1, sizeof(*batch));

    test->no_memory = batch == NULL;
    while (!test->no_memory && test->next < test->count && batch->count < SW_BATCH_ITEMS_MAX &&
           bytes < SW_BATCH_BYTES_MAX)
        add_run(test, test->next++, batch, &bytes);
    if (batch != NULL && (test->no_memory || batch->count == 0)) {
        sw_batch_free(batch);
        batch = NULL;
    }
    return batch;
}

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static void take_finding(struct run *run, const json_t *record)
{
    enum sw_severity severity = SW_SEVERITY_INFO;

    if (strcmp(text_at(json_object_get(record, "rule"), "name"), run->file->rule) != 0 ||
        !sw_severity_find(text_at(record, "severity"), &severity))
        return;
    if (!run->found || severity > run->severity)
        run->severity = severity;
    run->found = true;
}

static void take_record(void *context, const struct sw_item *item, const json_t *record)
{
    struct test *test = context;
    struct run *run = &test->runs[item->root_index];

    if (strcmp(text_at(record, "type"), "finding") == 0)
        take_finding(run, record);
    else if (run->gap == NULL && asprintf(&run->gap, "%s: %s", text_at(record, "reason"),
                                          text_at(record, "detail")) < 0)
        run->gap = NULL;
}

/* --- what came out -------------------------------------------------------- */

static void print_place(const struct run *run)
{
    const char *name = run->case_->name;
    sw_rules_print_text(stdout, run->file->name, strlen(run->file->name));
    printf(":%zu: %s \"", sw_case_line(run->file, run->case_),
           run->case_->hit ? "hit" : "near miss");
    sw_rules_print_text(stdout, name, strlen(name));
    printf("\": ");
}

static void print_gap(const char *before, const char *gap)
{
    fputs(before, stdout);
    sw_rules_print_text(stdout, gap, strlen(gap));
}

/* Prints what is wrong with the outcome; false when nothing is. */
static bool print_failure(const struct run *run)
{
    const struct sw_case *case_ = run->case_;
    bool other = case_->severity_given && run->found && run->severity != case_->severity;
    bool unjudged = run->gap != NULL && !run->found;

    if (!run->built || (run->found == case_->hit && !other && !(unjudged && !case_->hit)))
        return false;
    print_place(run);
    if (other)
        printf("%s found it, but as %s, not %s", run->file->rule, sw_severity_name(run->severity),
               sw_severity_name(case_->severity));
    else
        printf("%s %s it", run->file->rule,
               run->found   ? "found"
               : case_->hit ? "did not find"
                            : "may or may not find");
    if (unjudged)
        print_gap("; not all of it was looked at: ", run->gap);
    putchar('\n');
    return true;
}

static void print_count(size_t count, const char *one, const char *many)
{
    char text[32];
    printf("%s %s", sw_text_count(count, text), count == 1 ? one : many);
}

/* --- which rules have cases ----------------------------------------------- */

static size_t cover_index(const json_t *names, const char *name)
{
    return (size_t)json_integer_value(json_object_get(names, name));
}

/* Sorts the cases to the names of rules; a file for a rule that is not in use is
 * a bad file. Rules of one name share its cases. */
static void count_cases(const struct sw_case_list *list, const json_t *names, struct cover *covers,
                        size_t *unknown)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct sw_case_file *file = list->files[i];
        if (json_object_get(names, file->rule) == NULL) {
            struct sw_error error;
            (void)sw_fail(&error, SW_SKIP, "cases", 0, "%s:%zu: error: no rule \"%s\" is in use",
                          file->name, sw_case_line(file, NULL), file->rule);
            fprintf(stderr, "%s\n", error.text);
            ++*unknown;
            continue;
        }
        struct cover *cover = &covers[cover_index(names, file->rule)];
        for (size_t k = 0; k < file->count; k++)
            *(file->cases[k].hit ? &cover->hits : &cover->misses) += 1;
    }
}

/* Returns how many rules have too few for --strict; those without any are
 * listed in any case. Private rules make no findings of their own. */
static size_t print_uncovered(const YR_RULES *rules, const json_t *names,
                              const struct cover *covers, bool strict)
{
    size_t poor = 0;
    for (uint32_t i = 0; i < rules->num_rules; i++) {
        const YR_RULE *rule = &rules->rules_table[i];
        const struct cover *cover = &covers[cover_index(names, rule->identifier)];
        bool none = cover->hits + cover->misses == 0;
        bool few = cover->hits < HITS_MIN || cover->misses < MISSES_MIN;
        if (RULE_IS_PRIVATE(rule) || covers[i].indicator || !few)
            continue;
        poor++;
        if (!none && !strict)
            continue;
        fputs(none ? "no cases: " : "too few cases: ", stdout);
        sw_rules_print_name(stdout, rule->ns->name, rule->identifier);
        if (!none)
            printf(" (hits: %zu, near misses: %zu)", cover->hits, cover->misses);
        putchar('\n');
    }
    return poor;
}

static enum sw_exit conclude(const struct test *test, size_t rule_count, size_t poor)
{
    size_t failed = 0;
    size_t run = 0;
    for (size_t i = 0; i < test->count; i++) {
        failed += print_failure(&test->runs[i]) ? 1 : 0;
        run += test->runs[i].built ? 1 : 0;
    }
    print_count(run, "case", "cases");
    fputs(" of ", stdout);
    print_count(rule_count, "rule", "rules");
    if (failed == 0)
        fputs(": all as expected", stdout);
    else
        printf(": %zu not as expected", failed);
    if (poor > 0) {
        fputs("; ", stdout);
        print_count(poor, "rule", "rules");
        fputs(" with too few", stdout);
    }
    putchar('\n');
    if (test->bad > 0)
        return SW_EXIT_RULES;
    return failed + poor > 0 ? SW_EXIT_FINDINGS : SW_EXIT_CLEAN;
}

/* --- the verb ------------------------------------------------------------- */

static enum sw_exit no_memory(void)
{
    fprintf(stderr, "sweeper: no memory for the cases\n");
    return SW_EXIT_FAILED;
}

/* Name of each rule to the index of the first one of that name. */
static json_t *name_rules(const YR_RULES *rules)
{
    json_t *names = json_object();
    for (uint32_t i = 0; names != NULL && i < rules->num_rules; i++) {
        const char *name = rules->rules_table[i].identifier;
        if (json_object_get(names, name) == NULL &&
            json_object_set_new(names, name, json_integer(i)) != 0) {
            json_decref(names);
            return NULL;
        }
    }
    return names;
}

static bool list_runs(const struct sw_case_list *list, struct test *test)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->files[i]->count;
    test->runs = calloc(count + 1, sizeof(*test->runs));
    for (size_t i = 0; test->runs != NULL && i < list->count; i++)
        for (size_t k = 0; k < list->files[i]->count; k++)
            test->runs[test->count++] =
                (struct run){.file = list->files[i], .case_ = &list->files[i]->cases[k]};
    return test->runs != NULL;
}

/* Sweeps the cases. Takes the pack over. */
static enum sw_exit sweep_cases(const struct sw_options *options, struct sw_rulepack *pack,
                                struct test *test)
{
    const struct sw_stand_in stand_in = {
        .context = test, .pack = pack, .next = next_batch, .record = take_record};
    struct sw_options quiet = *options;

    quiet.progress = SW_WHEN_NEVER;
    enum sw_exit exit_code = sw_sweep_stand_in(&quiet, &stand_in);
    if (test->no_memory)
        return no_memory();
    /* Findings and gaps are what the cases are about. */
    return exit_code == SW_EXIT_FINDINGS || exit_code == SW_EXIT_GAPS ? SW_EXIT_CLEAN : exit_code;
}

/* Takes the pack over. */
static enum sw_exit test_rules(const struct sw_options *options, struct sw_rulepack *pack,
                               const YR_RULES *rules, const struct sw_case_list *list)
{
    json_t *names = name_rules(rules);
    struct cover *covers = calloc((size_t)rules->num_rules + 1, sizeof(*covers));
    struct test test = {.next = 0};
    size_t unknown = 0;
    enum sw_exit exit_code = SW_EXIT_RULES;

    if (names == NULL || covers == NULL || !list_runs(list, &test)) {
        exit_code = no_memory();
        goto out;
    }
    count_cases(list, names, covers, &unknown);
    if (unknown + list->bad > 0)
        goto out;
    for (size_t i = 0; i < rules->num_rules; i++)
        covers[i].indicator = sw_rules_is_indicator(pack, &rules->rules_table[i]);
    exit_code = sweep_cases(options, pack, &test);
    pack = NULL;
    if (exit_code != SW_EXIT_CLEAN)
        goto out;
    size_t rule_count = 0;
    for (size_t i = 0; i < rules->num_rules; i++)
        rule_count += covers[i].hits + covers[i].misses > 0 ? 1 : 0;
    size_t poor = print_uncovered(rules, names, covers, options->strict);
    exit_code = conclude(&test, rule_count, options->strict ? poor : 0);
out:
    for (size_t i = 0; i < test.count; i++)
        free(test.runs[i].gap);
    free(test.runs);
    free(covers);
    json_decref(names);
    sw_rulepack_free(pack);
    return exit_code;
}

enum sw_exit sw_rules_test(const struct sw_options *options)
{
    struct sw_rulepack *pack = NULL;
    struct sw_ruleset *set = NULL;
    struct sw_case_list list = {.count = 0};
    enum sw_exit exit_code = sw_rules_load(options, false, &set, &pack);

    if (exit_code == SW_EXIT_CLEAN &&
        sw_case_list_gather(&list, options->builtin_rules, &options->targets) != SW_OK)
        exit_code = SW_EXIT_FAILED;
    if (exit_code == SW_EXIT_CLEAN && list.count + list.bad == 0) {
        fprintf(stderr, "sweeper: no cases: name a file or a directory of them\n");
        exit_code = SW_EXIT_USAGE;
    }
    if (exit_code == SW_EXIT_CLEAN) {
        exit_code = test_rules(options, pack, sw_ruleset_rules(set), &list);
        pack = NULL;
    }
    sw_case_list_done(&list);
    sw_ruleset_free(set);
    sw_rulepack_free(pack);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    fprintf(stderr, "sweeper: cannot write to standard output\n");
    return SW_EXIT_FAILED;
}
