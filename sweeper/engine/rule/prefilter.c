/* SPDX-License-Identifier: Apache-2.0 */
/* The prefilter's door: build it from rules, ask it about bytes. */
#include "sweeper/prefilter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule/prefilter_private.h"
#include "engine/rule/prefilter_proof.h"

struct sw_prefilter_scratch {
    struct sw_database_scratch *search;
    struct sw_database_scratch *gate; /* NULL when there is no gate */
    uint8_t *blamed;                  /* by row, for one call of sw_prefilter_blame() */
};

void sw_prefilter_report_done(struct sw_prefilter_report *report)
{
    free(report->unfilterable);
    report->unfilterable = NULL;
    report->unfilterable_count = 0;
}

void sw_prefilter_report_off(struct sw_prefilter_report *report, const struct sw_error *error)
{
    report->on = false;
    snprintf(report->reason, sizeof(report->reason), "%.*s", (int)sizeof(report->reason) - 1,
             error->text);
}

enum sw_status sw_prefilter_approve(struct sw_prefilter *prefilter,
                                    struct sw_prefilter_report *report, struct sw_error *error)
{
    prefilter->longest = sw_patterns_longest(&prefilter->patterns);
    report->pattern_count = prefilter->patterns.count;
    enum sw_status status = sw_gate_build(&prefilter->patterns, &prefilter->gate, error);
    if (status == SW_PART && prefilter->database == NULL)
        status = sw_database_compile(&prefilter->patterns, &prefilter->database, error);
    if (status == SW_STOP || (status != SW_OK && prefilter->database == NULL))
        return status;
    const struct sw_proof_subject subject = {&prefilter->patterns, prefilter->database,
                                             prefilter->gate};
    status = sw_prefilter_prove(&subject, &report->proof_count, error);
    report->on = status == SW_OK;
    return status;
}

/* Names the strings without patterns; one is enough to turn the prefilter off. */
static enum sw_status report_unfilterable(const YR_RULES *rules,
                                          const struct sw_selection *selection,
                                          struct sw_prefilter_report *report,
                                          struct sw_error *error)
{
    size_t count = selection->unfilterable_count;

    if (count == 0)
        return SW_OK;
    report->unfilterable = calloc(count, sizeof(*report->unfilterable));
    if (!report->unfilterable)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory for the prefilter's report");
    report->unfilterable_count = count;
    for (size_t at = 0; at < count; at++) {
        report->unfilterable[at].string = selection->unfilterable[at];
        report->unfilterable[at].rule = &rules->rules_table[selection->unfilterable[at]->rule_idx];
    }
    return sw_fail(error, SW_PART, "prefilter", 0, "%s of rule %s has no fixed bytes to look for%s",
                   report->unfilterable[0].string->identifier,
                   report->unfilterable[0].rule->identifier,
                   count > 1 ? " (and it is not the only one)" : "");
}

static enum sw_status build(const struct sw_prefilter_origin *origin,
                            struct sw_prefilter *prefilter, struct sw_prefilter_report *report,
                            struct sw_error *error)
{
    YR_RULES *rules = origin->rules;
    struct sw_selection selection = {0};
    enum sw_status status = sw_selection_make(rules, &selection, error);

    if (status != SW_OK)
        return status;
    status = report_unfilterable(rules, &selection, report, error);
    if (status == SW_OK) {
        prefilter->patterns = selection.patterns; /* ownership moves */
        prefilter->owners = selection.owners;
        prefilter->owner_count = selection.owner_count;
        selection.patterns = (struct sw_patterns){0};
        selection.owners = NULL;
        status = sw_prefilter_approve(prefilter, report, error);
    }
    sw_selection_done(&selection);
    return status;
}

enum sw_status sw_prefilter_make(sw_prefilter_fill_fn *fill,
                                 const struct sw_prefilter_origin *origin,
                                 struct sw_prefilter **prefilter,
                                 struct sw_prefilter_report *report, struct sw_error *error)
{
    struct sw_error own = {0};
    struct sw_prefilter *made = calloc(1, sizeof(*made));
    enum sw_status status = SW_STOP;

    if (!error)
        error = &own;
    *report = (struct sw_prefilter_report){0};
    if (made)
        status = fill(origin, made, report, error);
    else
        sw_fail(error, SW_STOP, "prefilter", 0, "no memory for the prefilter");
    if (status != SW_OK) {
        sw_prefilter_report_off(report, error);
        sw_prefilter_free(made);
        return status;
    }
    *prefilter = made;
    return SW_OK;
}

enum sw_status sw_prefilter_build(YR_RULES *rules, struct sw_prefilter **prefilter,
                                  struct sw_prefilter_report *report, struct sw_error *error)
{
    const struct sw_prefilter_origin origin = {.rules = rules, .fd = -1};

    return sw_prefilter_make(build, &origin, prefilter, report, error);
}

void sw_prefilter_free(struct sw_prefilter *prefilter)
{
    if (!prefilter)
        return;
    sw_patterns_done(&prefilter->patterns);
    sw_database_free(prefilter->database);
    sw_gate_free(prefilter->gate);
    free(prefilter->owners);
    free(prefilter);
}

enum sw_status sw_prefilter_scratch_new(const struct sw_prefilter *prefilter,
                                        struct sw_prefilter_scratch **scratch,
                                        struct sw_error *error)
{
    struct sw_prefilter_scratch *made = calloc(1, sizeof(*made));

    if (!made)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory for a pattern scratch");
    enum sw_status status = SW_OK;
    if (prefilter->database)
        status = sw_database_scratch_new(prefilter->database, &made->search, error);
    if (status == SW_OK && prefilter->gate)
        status = sw_gate_scratch_new(prefilter->gate, &made->gate, error);
    if (status != SW_OK) {
        sw_prefilter_scratch_free(made);
        return status;
    }
    *scratch = made;
    return SW_OK;
}

void sw_prefilter_scratch_free(struct sw_prefilter_scratch *scratch)
{
    if (!scratch)
        return;
    sw_database_scratch_free(scratch->search);
    sw_database_scratch_free(scratch->gate);
    free(scratch->blamed);
    free(scratch);
}

static bool end_at_once(void *context, uint32_t row)
{
    (void)context;
    (void)row;
    return true;
}

bool sw_prefilter_hit(const struct sw_prefilter *prefilter, struct sw_prefilter_scratch *scratch,
                      const uint8_t *data, size_t size)
{
    if (prefilter->gate)
        return sw_gate_finds(prefilter->gate, scratch->gate, data, size);
    return sw_database_search(prefilter->database, scratch->search, data, size, end_at_once,
                              NULL) != SW_FOUND_NONE;
}

size_t sw_prefilter_overlap(const struct sw_prefilter *prefilter)
{
    return prefilter->longest ? prefilter->longest - 1 : 0;
}

struct accuser {
    const struct sw_prefilter *prefilter;
    uint8_t *blamed;
    sw_prefilter_blame_fn *blame;
    void *context;
};

/* The first owner of a row; owners are sorted by row. */
static size_t first_owner(const struct sw_prefilter *prefilter, uint32_t row)
{
    size_t low = 0;
    size_t high = prefilter->owner_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (prefilter->owners[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool accuse(void *context, uint32_t row)
{
    const struct accuser *accuser = context;
    const struct sw_prefilter *prefilter = accuser->prefilter;

    if (row >= prefilter->patterns.count || accuser->blamed[row])
        return false;
    accuser->blamed[row] = 1;
    for (size_t at = first_owner(prefilter, row);
         at < prefilter->owner_count && prefilter->owners[at].row == row; at++)
        accuser->blame(accuser->context, prefilter->owners[at].string);
    return false;
}

enum sw_status sw_prefilter_make_blame(struct sw_prefilter *prefilter, struct sw_error *error)
{
    if (prefilter->database)
        return SW_OK;
    return sw_database_compile(&prefilter->patterns, &prefilter->database, error);
}

void sw_prefilter_blame(const struct sw_prefilter *prefilter, struct sw_prefilter_scratch *scratch,
                        const uint8_t *data, size_t size, sw_prefilter_blame_fn *blame,
                        void *context)
{
    if (prefilter->owner_count == 0 || !scratch->search)
        return;
    if (!scratch->blamed)
        scratch->blamed = malloc(prefilter->patterns.count);
    if (!scratch->blamed)
        return;
    memset(scratch->blamed, 0, prefilter->patterns.count);
    struct accuser accuser = {prefilter, scratch->blamed, blame, context};
    (void)sw_database_search(prefilter->database, scratch->search, data, size, accuse, &accuser);
}
