/* SPDX-License-Identifier: Apache-2.0 */
/* embed_check.c - see embed_check.h. */
#include "embed_check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- where a rule stands -------------------------------------------------- */

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

/* libyara keeps no line numbers of rules: the line of "rule NAME", or 1. */
static int line_of(const struct source *source, const char *name)
{
    int line = 1;
    size_t size = strlen(name);
    for (const char *at = source->text; *at; at++) {
        line += *at == '\n' ? 1 : 0;
        if (strncmp(at, "rule ", 5) == 0 && (at == source->text || !is_word(at[-1])) &&
            strncmp(at + 5, name, size) == 0 && !is_word(at[5 + size]))
            return line;
    }
    return 1;
}

static bool complain(const struct source *source, const char *name, const char *what,
                     const char *detail)
{
    fprintf(stderr, "%s:%d: error: rule %s %s%s\n", source->path, line_of(source, name), name, what,
            detail);
    return false;
}

/* --- the forms of values -------------------------------------------------- */

/* Each byte of the form stands for itself, but 9 for a digit; the text may go
 * on after it. NULL when it does not fit, else what follows. */
static const char *follow(const char *text, const char *form)
{
    for (; *form; form++, text++)
        if (*form == '9' ? !isdigit((unsigned char)*text) : *text != *form)
            return NULL;
    return text;
}

static bool is_any(const char *text, const char *const *words)
{
    while (*words && strcmp(*words, text) != 0)
        words++;
    return *words != NULL;
}

static bool is_given(const char *text)
{
    return *text != '\0' && strpbrk(text, "\n\r\t") == NULL;
}

static bool is_id(const char *text)
{
    const char *rest = follow(text, "SW-");
    size_t letters = rest ? strspn(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;
    rest = letters > 0 ? follow(rest + letters, "-999") : NULL;
    return rest && *rest == '\0';
}

static bool is_severity(const char *text)
{
    static const char *const words[] = {"critical", "high", "medium", "low", "info", NULL};
    return is_any(text, words);
}

static bool is_confidence(const char *text)
{
    static const char *const words[] = {"high", "medium", "low", NULL};
    return is_any(text, words);
}

static bool is_author(const char *text)
{
    return strcmp(text, "The sweeper authors") == 0;
}

static bool is_date(const char *text)
{
    const char *rest = follow(text, "9999-99-99");
    return rest && *rest == '\0';
}

static bool is_attack(const char *text)
{
    while (text) {
        const char *rest = follow(text, "T9999");
        const char *part = rest ? follow(rest, ".999") : NULL;
        rest = part ? part : rest;
        if (!rest || *rest == '\0')
            return rest != NULL;
        text = follow(rest, ", ");
    }
    return false;
}

static bool is_license(const char *text)
{
    return strcmp(text, "Apache-2.0") == 0;
}

/* What every finding of a built-in rule must be able to say. */
static const struct meta_row {
    const char *name;
    bool (*fits)(const char *text);
    const char *form; /* for messages */
} meta_rows[] = {
    {"id", is_id, "SW-FAMILY-001"},
    {"title", is_given, "one line"},
    {"family", is_given, "one line"},
    {"stage", is_given, "one line"},
    {"severity", is_severity, "critical, high, medium, low or info"},
    {"confidence", is_confidence, "high, medium or low"},
    {"description", is_given, "one line"},
    {"author", is_author, "\"The sweeper authors\""},
    {"date", is_date, "2026-01-31"},
    {"references", is_given, "one line"},
    {"attack", is_attack, "T1234.001, T1234"},
    {"false_positives", is_given, "one line"},
    {"license", is_license, "Apache-2.0"},
};

enum { META_COUNT = sizeof(meta_rows) / sizeof(meta_rows[0]) };

/* --- meta ----------------------------------------------------------------- */

static bool check_meta(const struct source *source, const YR_RULE *rule, const YR_META *meta,
                       unsigned seen[static META_COUNT])
{
    size_t i = 0;
    while (i < META_COUNT && strcmp(meta_rows[i].name, meta->identifier) != 0)
        i++;
    if (i == META_COUNT)
        return complain(source, rule->identifier, "has an unknown meta: ", meta->identifier);
    if (seen[i]++ > 0)
        return complain(source, rule->identifier, "has a meta twice: ", meta->identifier);
    if (meta->type == META_TYPE_STRING && meta_rows[i].fits(meta->string))
        return true;
    char wrong[128];
    snprintf(wrong, sizeof(wrong), "has a bad meta %s; its form is: ", meta->identifier);
    return complain(source, rule->identifier, wrong, meta_rows[i].form);
}

bool check_metas(const struct source *source)
{
    const YR_RULE *rule;
    bool good = true;
    yr_rules_foreach(source->rules, rule)
    {
        unsigned seen[META_COUNT] = {0};
        const YR_META *meta;
        yr_rule_metas_foreach(rule, meta)
        {
            good = check_meta(source, rule, meta, seen) && good;
        }
        for (size_t i = 0; i < META_COUNT; i++)
            if (seen[i] == 0)
                good = complain(source, rule->identifier, "lacks the meta: ", meta_rows[i].name);
    }
    return good;
}

/* --- one of a kind -------------------------------------------------------- */

struct taken {
    const struct source *source;
    const char *rule;
    const char *id;
};

static const char *id_of(const YR_RULE *rule)
{
    const YR_META *meta;
    yr_rule_metas_foreach(rule, meta)
    {
        if (meta->type == META_TYPE_STRING && strcmp(meta->identifier, "id") == 0)
            return meta->string;
    }
    return "";
}

static bool is_free(const struct taken *taken, size_t count, const struct taken *next)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        char other[512];
        snprintf(other, sizeof(other), "%s in %s", taken[i].rule, taken[i].source->name);
        if (strcmp(taken[i].rule, next->rule) == 0)
            good = complain(next->source, next->rule, "has the name of ", other);
        if (strcmp(taken[i].id, next->id) == 0)
            good = complain(next->source, next->rule, "has the id of ", other);
    }
    return good;
}

bool check_unique(const struct source *sources, size_t count)
{
    size_t rule_count = 0;
    for (size_t i = 0; i < count; i++)
        rule_count += sources[i].rules ? sources[i].rules->num_rules : 0;
    struct taken *taken = calloc(rule_count + 1, sizeof(*taken));
    bool good = taken != NULL;
    size_t done = 0;
    for (size_t i = 0; taken && i < count; i++) {
        const YR_RULE *rule;
        if (!sources[i].rules)
            continue;
        yr_rules_foreach(sources[i].rules, rule)
        {
            taken[done] = (struct taken){&sources[i], rule->identifier, id_of(rule)};
            good = is_free(taken, done, &taken[done]) && good;
            done++;
        }
    }
    free(taken);
    return good;
}

/* --- no rule matches what is shipped ---------------------------------------- */

struct look {
    const struct source *from;
    const struct source *at;
    bool good;
};

static int on_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user_data)
{
    struct look *look = user_data;
    (void)context;
    if (message == CALLBACK_MSG_RULE_MATCHING) {
        const YR_RULE *rule = data;
        fprintf(stderr, "%s:1: error: this file matches the rule %s of %s\n", look->at->path,
                rule->identifier, look->from->path);
        look->good = false;
    }
    return CALLBACK_CONTINUE;
}

/* As the file would be seen on a disk: under its own name. */
static bool name_file(YR_RULES *rules, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return yr_rules_define_string_variable(rules, "filename", base) == ERROR_SUCCESS &&
           yr_rules_define_string_variable(rules, "extension", dot ? dot : "") == ERROR_SUCCESS;
}

static bool look_at(const struct source *from, const struct source *at)
{
    struct look look = {from, at, true};
    if (!name_file(from->rules, at->path) ||
        yr_rules_scan_mem(from->rules, (const uint8_t *)at->text, at->size, 0, on_message, &look,
                          0) != ERROR_SUCCESS) {
        fprintf(stderr, "%s:1: error: libyara cannot judge it by %s\n", at->path, from->path);
        return false;
    }
    return look.good;
}

/* Indicators are values that must stand there as they are; the program knows
 * its own files of them by their digests. */
bool check_unseen(const struct source *sources, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; sources[i].rules && k < count; k++)
            if (sources[k].kind != SOURCE_INDICATORS)
                good = look_at(&sources[i], &sources[k]) && good;
    return good;
}
