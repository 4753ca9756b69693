/* SPDX-License-Identifier: Apache-2.0 */
/* rules_verb.c - `sweeper rules list` and `sweeper rules check`; see also rules_test.c. */
#include "sweeper/rules_verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/rules_check.h"
#include "supervisor/rules_gather.h"
#include "sweeper/buf.h"
#include "sweeper/text.h"

#define SAMPLE_DEFAULT    "/usr"
#define LITERAL_SHOWN_MAX 48

void sw_rules_print_text(FILE *out, const void *text, size_t size)
{
    struct sw_buf buf;
    sw_buf_init(&buf, (size_t)1 << 20);
    if (sw_text_escape(&buf, (struct sw_view){text, size}) == SW_OK && buf.size > 0)
        fwrite(buf.data, 1, buf.size, out);
    sw_buf_done(&buf);
}

static void print_cell(FILE *out, const char *text, size_t width)
{
    size_t size = strlen(text);
    sw_rules_print_text(out, text, size);
    if (width > 0)
        fprintf(out, "%*s", size < width ? (int)(width - size) + 2 : 2, "");
}

void sw_rules_print_name(FILE *out, const char *namespace_, const char *name)
{
    sw_rules_print_text(out, namespace_, strlen(namespace_));
    fprintf(out, ": %s", name);
}

void sw_rules_print_string(FILE *out, const YR_STRING *string)
{
    size_t size = (size_t)string->length;
    fputs(string->identifier, out);
    if (!STRING_IS_LITERAL(string) || size == 0)
        return;
    size_t shown = size < LITERAL_SHOWN_MAX ? size : LITERAL_SHOWN_MAX;
    fputs(" = \"", out);
    sw_rules_print_text(out, string->string, shown);
    fputs(shown < size ? "...\"" : "\"", out);
}

void sw_rules_print_diagnoses(const struct sw_diagnoses *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct sw_diagnosis *row = &list->rows[i];
        sw_rules_print_text(stderr, row->file, strlen(row->file));
        fprintf(stderr, ":%d: %s: ", row->line,
                row->level == SW_DIAGNOSIS_ERROR ? "error" : "warning");
        sw_rules_print_text(stderr, row->text, strlen(row->text));
        fputc('\n', stderr);
    }
}

static enum sw_exit fail(const struct sw_error *error, enum sw_exit exit_code)
{
    fprintf(stderr, "sweeper: %s\n", error->text);
    return exit_code;
}

enum sw_exit sw_rules_load(const struct sw_options *options, bool warnings, struct sw_ruleset **set,
                           struct sw_rulepack **kept)
{
    struct sw_rulepack *pack = NULL;
    struct sw_diagnoses diagnoses = {NULL, 0};
    struct sw_error error = {.errnum = 0};
    if (sw_rules_gather(options, &pack, &error) != SW_OK)
        return fail(&error, SW_EXIT_RULES);
    enum sw_exit exit_code = SW_EXIT_CLEAN;
    if (sw_ruleset_compile(pack, set, &diagnoses, &error) != SW_OK)
        exit_code = SW_EXIT_RULES;
    if (warnings || exit_code != SW_EXIT_CLEAN)
        sw_rules_print_diagnoses(&diagnoses);
    if (exit_code != SW_EXIT_CLEAN)
        fail(&error, exit_code);
    sw_diagnoses_done(&diagnoses);
    if (kept)
        *kept = pack; /* ownership moves */
    else
        sw_rulepack_free(pack);
    return exit_code;
}

static const char *meta_text(const YR_RULE *rule, const char *name)
{
    const YR_META *meta;
    yr_rule_metas_foreach(rule, meta)
    {
        if (meta->type == META_TYPE_STRING && strcmp(meta->identifier, name) == 0)
            return meta->string;
    }
    return "";
}

static size_t wider(size_t width, const char *text)
{
    size_t size = strlen(text);
    return size > width ? size : width;
}

static void print_list(FILE *out, const YR_RULES *rules)
{
    size_t namespace_width = 0;
    size_t name_width = 0;
    size_t family_width = 0;
    char count[32];
    for (uint32_t i = 0; i < rules->num_rules; i++) {
        const YR_RULE *rule = &rules->rules_table[i];
        namespace_width = wider(namespace_width, rule->ns->name);
        name_width = wider(name_width, rule->identifier);
        family_width = wider(family_width, meta_text(rule, "family"));
    }
    for (uint32_t i = 0; i < rules->num_rules; i++) {
        const YR_RULE *rule = &rules->rules_table[i];
        const char *title = meta_text(rule, "title");
        if (!*title)
            title = meta_text(rule, "description");
        print_cell(out, rule->ns->name, namespace_width);
        print_cell(out, rule->identifier, name_width);
        print_cell(out, sw_severity_name(sw_rule_severity(rule)), strlen("critical"));
        print_cell(out, meta_text(rule, "family"), *title ? family_width : 0);
        sw_rules_print_text(out, title, strlen(title));
        fputc('\n', out);
    }
    fprintf(out, "%s rule%s\n", sw_text_count(rules->num_rules, count),
            rules->num_rules == 1 ? "" : "s");
}

static enum sw_exit finish(enum sw_exit exit_code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    fprintf(stderr, "sweeper: cannot write to standard output\n");
    return SW_EXIT_FAILED;
}

enum sw_exit sw_rules_list(const struct sw_options *options)
{
    struct sw_ruleset *set = NULL;
    struct sw_rulepack *pack = NULL;
    struct sw_error error = {.errnum = 0};
    enum sw_exit exit_code = sw_rules_load(options, false, &set, &pack);
    if (exit_code == SW_EXIT_CLEAN && !options->json)
        print_list(stdout, sw_ruleset_rules(set));
    else if (exit_code == SW_EXIT_CLEAN && sw_rules_print_json(stdout, pack, set, &error) != SW_OK)
        exit_code = fail(&error, SW_EXIT_FAILED);
    sw_ruleset_free(set);
    sw_rulepack_free(pack);
    return finish(exit_code);
}

static void print_disabled(FILE *out, const struct sw_ruleset *set)
{
    size_t count = 0;
    const struct sw_disabled_rule *rows = sw_ruleset_disabled(set, &count);
    if (count > 0)
        fputs("disabled rules:\n", out);
    for (size_t i = 0; i < count; i++) {
        fputs("  ", out);
        sw_rules_print_name(out, rows[i].namespace_, rows[i].name);
        fprintf(out, ": %s\n", rows[i].why);
    }
}

static enum sw_status check(FILE *out, const struct sw_options *options, struct sw_ruleset *set,
                            struct sw_error *error)
{
    const char *directory = options->sample ? options->sample : SAMPLE_DEFAULT;
    struct sw_sample sample = {NULL, 0};
    char count[32];
    fprintf(out, "rules: %s compiled\n", sw_text_count(sw_ruleset_rule_count(set), count));
    fprintf(out, "rules that need a string: %s (the others are evaluated on every object)\n",
            sw_text_count(sw_ruleset_bound_count(set), count));
    print_disabled(out, set);
    enum sw_status status = sw_sample_list(directory, &sample, error);
    if (status == SW_OK || !options->sample)
        status = sw_rules_check_prefilter(out, set, &sample, directory, error);
    if (status == SW_OK)
        status = sw_rules_check_speed(out, set, &sample, error);
    sw_sample_done(&sample);
    return status;
}

enum sw_exit sw_rules_check(const struct sw_options *options)
{
    struct sw_ruleset *set = NULL;
    struct sw_error error = {.errnum = 0};
    enum sw_exit exit_code = sw_rules_load(options, true, &set, NULL);
    if (exit_code == SW_EXIT_CLEAN && check(stdout, options, set, &error) != SW_OK)
        exit_code = fail(&error, SW_EXIT_FAILED);
    sw_ruleset_free(set);
    return finish(exit_code);
}
