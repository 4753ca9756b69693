/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_blame.c - when libyara gives up on an object because of one rule, all
 * rules lose it. This finds the rule, sets it aside for this object, and lets
 * the others be judged.
 *
 * yr_rule_disable() writes to rules that other workers are reading. Instead the
 * scanner gets a copy of struct YR_RULES whose table of rules is its own; only
 * flags in that table are changed, everything else is shared and only read.
 * libyara may be built to check that a rule lies in the arena of its ruleset
 * (Debian's is), so the copy has an arena of its own too, in which the one
 * buffer that holds the rules is replaced.
 *
 * A rule refers only to rules before it, and conditions run in order. So "the
 * first k rules alone" fails or not as it would in the full set, and the rule to
 * blame is found by halving: k where k - 1 rules still work and k fail.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/rule/scan_core.h"

#define NO_RULE UINT32_MAX

struct culprit {
    uint32_t rule_index;
    int answer;
};

void sw_blame_apply(struct sw_scanner *scanner)
{
    for (size_t i = 0; i < scanner->blame.string_count; i++)
        yr_bitmask_set(scanner->yara->strings_temp_disabled, scanner->blame.strings[i]);
}

static void rule_disable(struct sw_blame *blame, uint32_t index)
{
    blame->table[index].flags |= RULE_FLAGS_DISABLED;
}

/* A global rule decides for its whole namespace; without it nothing there can
 * be judged. */
static void set_aside(struct sw_blame *blame, uint32_t index)
{
    const YR_RULE *rule = &blame->table[index];
    bool global = RULE_IS_GLOBAL(rule) != 0;
    rule_disable(blame, index);
    for (uint32_t i = 0; global && i < blame->rules.num_rules; i++) {
        if (blame->table[i].ns == rule->ns)
            rule_disable(blame, i);
    }
}

/* The private copy; false when there is no memory for it. */
static bool copy_rules(struct sw_blame *blame, const YR_RULES *rules)
{
    blame->rules = *rules;
    blame->arena = *rules->arena;
    for (uint32_t i = 0; i < blame->arena.num_buffers; i++) {
        YR_ARENA_BUFFER *buffer = &blame->arena.buffers[i];
        if (buffer->data != (const uint8_t *)rules->rules_table)
            continue;
        blame->table = malloc(buffer->used);
        if (blame->table == NULL)
            return false;
        memcpy(blame->table, buffer->data, buffer->used);
        buffer->data = (uint8_t *)blame->table;
        blame->rules.arena = &blame->arena;
        blame->rules.rules_table = blame->table;
        return true;
    }
    return false;
}

/* What libyara answers to the first `count` rules. */
static int probe(struct sw_scanner *scanner, bool full, uint32_t count)
{
    struct sw_blame *blame = &scanner->blame;
    size_t size = (size_t)blame->rules.num_rules * sizeof(YR_RULE);
    if (sw_scan_out_of_time(scanner))
        return ERROR_SCAN_TIMEOUT;
    YR_RULE *saved = malloc(size);
    if (saved == NULL)
        return ERROR_INSUFFICIENT_MEMORY;
    memcpy(saved, blame->table, size);
    for (uint32_t i = count; i < blame->rules.num_rules; i++)
        rule_disable(blame, i);
    scanner->collect.muted = true;
    int answer = sw_scan_attempt(scanner, full, scanner->setup.time_max_s);
    scanner->collect.muted = false;
    memcpy(blame->table, saved, size);
    free(saved);
    return answer;
}

static bool is_rule_failure(int answer)
{
    return answer != ERROR_SUCCESS && answer != ERROR_SCAN_TIMEOUT &&
           answer != ERROR_INSUFFICIENT_MEMORY && answer != ERROR_CALLBACK_ERROR;
}

/* Moves one of the bounds: `works` rules do, `fails` rules do not. */
static int narrow(struct sw_scanner *scanner, bool full, uint32_t count, uint32_t *works,
                  uint32_t *fails)
{
    int answer = probe(scanner, full, count);
    if (answer == ERROR_SUCCESS)
        *works = count;
    else if (is_rule_failure(answer))
        *fails = count;
    else
        return answer;
    return ERROR_SUCCESS;
}

/* The rule whose condition fails, or NO_RULE when libyara fails without any
 * rule (a module cannot be loaded). Another answer than success ends it all. */
static int find_rule(struct sw_scanner *scanner, bool full, uint32_t *index)
{
    struct sw_blame *blame = &scanner->blame;
    uint32_t works = 0, fails = blame->rules.num_rules;
    *index = NO_RULE;
    int answer = probe(scanner, full, 0);
    if (is_rule_failure(answer))
        return ERROR_SUCCESS;
    /* A rule that failed on an earlier object is the likely one again. */
    if (answer == ERROR_SUCCESS && blame->hint < fails) {
        answer = narrow(scanner, full, blame->hint + 1, &works, &fails);
        if (answer == ERROR_SUCCESS && fails == blame->hint + 1 && blame->hint > works)
            answer = narrow(scanner, full, blame->hint, &works, &fails);
    }
    while (answer == ERROR_SUCCESS && fails - works > 1)
        answer = narrow(scanner, full, works + (fails - works) / 2, &works, &fails);
    if (answer == ERROR_SUCCESS) {
        *index = fails - 1;
        blame->hint = *index;
    }
    return answer;
}

/* One more rule (and, when libyara names one, string) is set aside. */
static int blame_one(struct sw_scanner *scanner, bool full, uint32_t *index)
{
    struct sw_blame *blame = &scanner->blame;
    const YR_STRING *string = scanner->yara->last_error_string;
    int answer = ERROR_SUCCESS;
    *index = NO_RULE;
    if (string == NULL)
        answer = find_rule(scanner, full, index);
    else if (blame->string_count < SW_BLAME_MAX) {
        blame->strings[blame->string_count++] = string->idx;
        *index = string->rule_idx;
    }
    if (answer == ERROR_SUCCESS && *index != NO_RULE)
        set_aside(blame, *index);
    return answer;
}

static void emit_culprit(struct sw_scanner *scanner, const struct sw_scan_output *output,
                         const struct culprit *culprit)
{
    const YR_RULE *rule = sw_scan_rule(scanner, culprit->rule_index);
    struct sw_error gap = {0};
    (void)!sw_fail_gap(&gap, SW_PART, SW_GAP_RULE_ERROR, "scan", 0,
                       "rule %s could not be evaluated: %s (libyara error %d)%s", rule->identifier,
                       sw_scan_error_name(culprit->answer), culprit->answer,
                       RULE_IS_GLOBAL(rule)
                           ? "; it is global, so no rule of its namespace was judged"
                           : "; rules that refer to it were judged as if it did not match");
    output->gap(output->context, &gap, rule);
}

static int set_aside_until_whole(struct sw_scanner *scanner, bool full, int answer,
                                 struct culprit culprits[SW_BLAME_MAX], size_t *count)
{
    int failure = answer;
    while (is_rule_failure(failure) && *count < SW_BLAME_MAX) {
        uint32_t index = NO_RULE;
        int found = blame_one(scanner, full, &index);
        if (found != ERROR_SUCCESS)
            return found;
        if (index == NO_RULE)
            return failure;
        culprits[(*count)++] = (struct culprit){.rule_index = index, .answer = failure};
        if (sw_scan_out_of_time(scanner))
            return ERROR_SCAN_TIMEOUT;
        failure = sw_scan_attempt(scanner, full, scanner->setup.time_max_s);
    }
    return failure;
}

enum sw_status sw_blame_run(struct sw_scanner *scanner, bool full, int answer,
                            const struct sw_scan_output *output, struct sw_error *error)
{
    struct sw_blame *blame = &scanner->blame;
    struct culprit culprits[SW_BLAME_MAX];
    size_t count = 0;
    if (!copy_rules(blame, scanner->rules))
        return sw_scan_failure(scanner, answer, error);
    scanner->yara->rules = &blame->rules;

    int last = set_aside_until_whole(scanner, full, answer, culprits, &count);

    scanner->yara->rules = scanner->rules;
    blame->string_count = 0;
    free(blame->table);
    blame->table = NULL;
    if (scanner->object.lost) {
        *error = scanner->object.lost_error;
        return SW_SKIP;
    }
    if (last != ERROR_SUCCESS)
        return sw_scan_failure(scanner, last, error);
    for (size_t i = 0; i < count; i++)
        emit_culprit(scanner, output, &culprits[i]);
    return SW_PART;
}
