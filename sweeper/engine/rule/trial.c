/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial.c - every rule is evaluated before the first real object is, because a
 * rule that libyara cannot evaluate would cost all rules on every object.
 *
 * libyara 4.2.3 answers error 31 (internal fatal error) on `#a in (lo..hi)`
 * with lo other than 0 and names no rule. Evaluation stops at the first such
 * rule, so the smallest number of leading rules that fails ends with the
 * culprit. It is disabled by name, and the trial goes on until nothing fails. To
 * rules that refer to it, its value is undefined from then on.
 *
 * The rules that come with the program have been tried on all these objects by its
 * own tests; by themselves they are tried on the empty one at a start, for the others
 * would take a sixth of it. Other people's rules are tried on all.
 *
 * What remains for scan time: a condition that is cut short on all of these
 * objects (`filesize > 1MB and #a in (1..9)`) shows its trouble only on an
 * object that gets further. That scan's error becomes a gap of that object.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule/diagnose.h"
#include "engine/rule/ruleset.h"

#define OBJECT_SIZE      ((size_t)16 << 10)
#define LITERAL_SIZE_MAX 256
#define HEAD_SIZE_MAX    8
#define TIMEOUT_S        5
#define TIMEOUTS_MAX     2

/* First bytes that conditions often ask for before anything else. */
static const struct {
    uint8_t bytes[HEAD_SIZE_MAX];
    size_t size;
} heads[] = {
    {{0}, 0},
    {{'M', 'Z', 0x90, 0}, 4},
    {{0x7f, 'E', 'L', 'F', 2, 1, 1, 0}, 8},
    {{'P', 'K', 3, 4}, 4},
    {{'%', 'P', 'D', 'F', '-', '1', '.', '7'}, 8},
    {{'#', '!', '/', 'b', 'i', 'n', '/', 's'}, 8},
    {{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, 8},
    {{'{', '\\', 'r', 't', 'f'}, 5},
    {{0xcf, 0xfa, 0xed, 0xfe}, 4},
};

struct trial {
    const struct sw_ruleset *set;
    size_t heads;  /* so many objects, besides the empty one */
    bool others;   /* only other people's rules */
    bool hopeless; /* no rule is to blame */
    YR_SCANNER *scanner;
    uint8_t *object; /* HEAD_SIZE_MAX bytes, then the literals */
    size_t object_size;
};

static int ignore(YR_SCAN_CONTEXT *context, int message, void *data, void *user_data)
{
    (void)context;
    (void)message;
    (void)data;
    (void)user_data;
    return CALLBACK_CONTINUE;
}

/* The literal as it would stand in a file, if there is room. */
static size_t put_literal(const YR_STRING *string, uint8_t *out, size_t room)
{
    size_t size = (size_t)string->length;
    bool wide = STRING_IS_WIDE(string) && !STRING_IS_ASCII(string);
    if (!STRING_IS_LITERAL(string) || size == 0 || size > LITERAL_SIZE_MAX ||
        size * (wide ? 2 : 1) + 1 > room)
        return 0;
    size_t out_size = 0;
    for (size_t i = 0; i < size; i++) {
        out[out_size++] = string->string[i];
        if (wide)
            out[out_size++] = 0;
    }
    out[out_size++] = '\n'; /* so that `fullword` is met too */
    return out_size;
}

/* An object in which as many literals of the rules occur as fit, so that
 * conditions get past `$a and ...`. Each once: a thousand rules that share a
 * string would match a thousand times at each of a thousand places. */
static void make_object(struct trial *trial)
{
    const YR_RULES *rules = trial->set->rules;

    trial->object_size = HEAD_SIZE_MAX;
    for (uint32_t i = 0; i < rules->num_strings; i++) {
        uint8_t *end = trial->object + trial->object_size;
        size_t size = put_literal(&rules->strings_table[i], end, OBJECT_SIZE - trial->object_size);
        if (size > 0 && !memmem(trial->object, trial->object_size, end, size))
            trial->object_size += size;
    }
}

/* The first error on any object. Running out of time is not the rule's
 * inability: scan time has its own deadline. After two such objects the others
 * are left out, so that a slow rule does not hold up the start. */
static int scan_objects(struct trial *trial)
{
    unsigned timeouts = 0;
    int result = yr_scanner_scan_mem(trial->scanner, trial->object, 0);
    for (size_t i = 0; i < trial->heads; i++) {
        if (result != ERROR_SUCCESS && result != ERROR_SCAN_TIMEOUT)
            return result;
        timeouts += result == ERROR_SCAN_TIMEOUT ? 1 : 0;
        if (timeouts == TIMEOUTS_MAX)
            break;
        memset(trial->object, '\n', HEAD_SIZE_MAX);
        memcpy(trial->object, heads[i].bytes, heads[i].size);
        result = yr_scanner_scan_mem(trial->scanner, trial->object, trial->object_size);
    }
    return result == ERROR_SCAN_TIMEOUT ? ERROR_SUCCESS : result;
}

static bool is_disabled(const struct sw_ruleset *set, const YR_RULE *rule)
{
    for (size_t i = 0; i < set->disabled_count; i++)
        if (strcmp(set->disabled[i].name, rule->identifier) == 0 &&
            strcmp(set->disabled[i].namespace_, rule->ns->name) == 0)
            return true;
    return false;
}

static bool is_shipped(const struct sw_ruleset *set, const YR_RULE *rule)
{
    const struct sw_rule_file *file = sw_ruleset_file(set, rule);

    return file != NULL && file->builtin;
}

/* Leaves only the first `count` rules enabled, without those given up and those that
 * this trial is not about. */
static void enable_first(const struct trial *trial, size_t count)
{
    const struct sw_ruleset *set = trial->set;

    for (uint32_t i = 0; i < set->rules->num_rules; i++) {
        YR_RULE *rule = &set->rules->rules_table[i];
        if (i < count && !is_disabled(set, rule) && !(trial->others && is_shipped(set, rule)))
            yr_rule_enable(rule);
        else
            yr_rule_disable(rule);
    }
}

static enum sw_status give_up(struct sw_ruleset *set, const YR_RULE *rule, int result,
                              struct sw_error *error)
{
    struct sw_disabled_rule *rows =
        reallocarray(set->disabled, set->disabled_count + 1, sizeof(*rows));
    if (!rows)
        return sw_fail(error, SW_STOP, "rule", ENOMEM, "cannot try the rules");
    set->disabled = rows;
    struct sw_disabled_rule *row = &rows[set->disabled_count];
    row->namespace_ = strdup(rule->ns->name);
    row->name = strdup(rule->identifier);
    if (asprintf(&row->why, "libyara cannot evaluate it (error %d)%s", result,
                 result == ERROR_INTERNAL_FATAL_ERROR
                     ? "; a count in a range that does not start at 0 is a known cause"
                     : "") < 0)
        row->why = NULL;
    set->disabled_count++;
    if (!row->namespace_ || !row->name || !row->why)
        return sw_fail(error, SW_STOP, "rule", ENOMEM, "cannot try the rules");
    return SW_OK;
}

/* The number of leading rules that just fails; all of them are known to. */
static size_t find_culprit(struct sw_ruleset *set, struct trial *trial)
{
    size_t good = 0;
    size_t bad = set->rules->num_rules;
    while (bad - good > 1) {
        size_t middle = good + (bad - good) / 2;
        enable_first(trial, middle);
        if (scan_objects(trial) == ERROR_SUCCESS)
            good = middle;
        else
            bad = middle;
    }
    return bad;
}

static enum sw_status try_all(struct sw_ruleset *set, struct trial *trial,
                              struct sw_diagnoses *diagnoses, struct sw_error *error)
{
    int result;

    enable_first(trial, set->rules->num_rules);
    while ((result = scan_objects(trial)) != ERROR_SUCCESS) {
        enable_first(trial, 0);
        if (scan_objects(trial) != ERROR_SUCCESS) {
            char text[96];
            snprintf(text, sizeof(text), "libyara cannot scan with this set (error %d)", result);
            trial->hopeless = true;
            return sw_diagnoses_add(diagnoses, SW_DIAGNOSIS_WARNING, "(all rules)", 0, text)
                       ? SW_OK
                       : sw_fail(error, SW_STOP, "rule", ENOMEM, "cannot try the rules");
        }
        size_t bad = find_culprit(set, trial);
        enum sw_status status = give_up(set, &set->rules->rules_table[bad - 1], result, error);
        if (status != SW_OK)
            return status;
        enable_first(trial, set->rules->num_rules);
    }
    return SW_OK;
}

static bool all_are_shipped(const struct sw_ruleset *set)
{
    for (size_t i = 0; i < set->file_count; i++)
        if (!set->files[i].builtin)
            return false;
    return true;
}

enum sw_status sw_ruleset_try(struct sw_ruleset *set, struct sw_diagnoses *diagnoses,
                              struct sw_error *error)
{
    const bool shipped = all_are_shipped(set);
    struct trial trial = {.set = set, .heads = shipped ? 0 : 1};
    enum sw_status status = SW_STOP;
    if (set->rules->num_rules == 0)
        return SW_OK;
    trial.object = malloc(OBJECT_SIZE);
    if (!trial.object || yr_scanner_create(set->rules, &trial.scanner) != ERROR_SUCCESS) {
        sw_fail(error, SW_STOP, "rule", ENOMEM, "cannot try the rules");
        goto out;
    }
    yr_scanner_set_callback(trial.scanner, ignore, NULL);
    yr_scanner_set_timeout(trial.scanner, TIMEOUT_S);
    yr_scanner_set_flags(trial.scanner, SCAN_FLAGS_NO_TRYCATCH);
    make_object(&trial);
    status = try_all(set, &trial, diagnoses, error);
    if (status == SW_OK && !trial.hopeless && !shipped) {
        trial.heads = sizeof(heads) / sizeof(heads[0]);
        trial.others = true;
        status = try_all(set, &trial, diagnoses, error);
    }
    trial.others = false;
    enable_first(&trial, set->rules->num_rules);
out:
    if (trial.scanner)
        yr_scanner_destroy(trial.scanner);
    free(trial.object);
    return status;
}
