/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incident.c - takes findings and keeps what an incident needs of them, in
 * bounded memory and such that the order of arrival makes no difference: sums,
 * worst severities, first and last times, and of names the first ones by text.
 */
#include <stdlib.h>
#include <string.h>

#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"

struct sw_incidents {
    struct sw_root_facts **roots; /* sorted by key */
    size_t count;
    bool out_of_memory;
};

#define OTHER_FAMILY "other"

/* Packagers write such times instead of real ones: npm 1985, zip 1980, tar 1970. */
#define PLACEHOLDERS_END "1990"

/* --- Pairs --- */

void sw_pair_merge(struct sw_pair *into, const struct sw_pair *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0) {
        *into = *from;
        return;
    }
    into->count += from->count;
    into->same_rule = into->same_rule && from->same_rule && into->rule == from->rule;
    into->same_object = into->same_object && from->same_object && into->object == from->object;
}

/* Pairs of (rule, object) of which no two differ in both share one of them all. */
bool sw_pair_supports(const struct sw_pair *pair)
{
    return pair->count > 1 && !pair->same_rule && !pair->same_object;
}

/* --- Keeping --- */

/* Puts a copy of `text` into a sorted row without repetition, of which the last
 * one falls out. False on a lack of memory. */
static bool keep_first(char **row, size_t size, const char *text)
{
    size_t at = 0;
    char *copy;

    if (strlen(text) > SW_EXAMPLE_BYTES_MAX)
        return true;
    while (at < size && row[at] != NULL && strcmp(row[at], text) < 0)
        at++;
    if (at == size || (row[at] != NULL && strcmp(row[at], text) == 0))
        return true;
    copy = strdup(text);
    if (copy == NULL)
        return false;
    free(row[size - 1]);
    memmove(&row[at + 1], &row[at], (size - 1 - at) * sizeof(char *));
    row[at] = copy;
    return true;
}

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* All times of records have the same form, so that they compare as texts. */
static void keep_time(struct sw_family_facts *family, const json_t *object, const char *name)
{
    const char *text = text_at(object, name);

    if (strlen(text) != strlen("2026-03-24T10:39:24.000000000Z") || text[0] == '-' ||
        strcmp(text, PLACEHOLDERS_END) < 0)
        return;
    if (family->earliest[0] == '\0' || strcmp(text, family->earliest) < 0)
        memcpy(family->earliest, text, strlen(text) + 1);
    if (strcmp(text, family->latest) > 0)
        memcpy(family->latest, text, strlen(text) + 1);
}

static bool keep_stage(struct sw_stage_facts *stage, const struct sw_taken *taken)
{
    stage->count++;
    if (taken->severity > stage->severity)
        stage->severity = taken->severity;
    return keep_first(stage->examples, SW_EXAMPLES_MAX, taken->locator);
}

static bool keep_finding(struct sw_family_facts *family, const struct sw_taken *taken)
{
    const struct sw_pair pair = {1, taken->rule_hash, taken->object_hash, true, true};
    uint32_t evidence = sw_taken_evidence(taken);
    bool ok = true;

    if (taken->severity > family->severity)
        family->severity = taken->severity;
    for (unsigned i = 0; i < SW_STAGE_COUNT; i++) {
        if (sw_taken_has_stage(taken, (enum sw_stage)i))
            ok = keep_stage(&family->stages[i], taken) && ok;
    }
    for (unsigned i = 0; i < SW_TRACE_COUNT; i++) {
        if ((evidence & 1U << i) != 0)
            ok = keep_first(&family->evidence[i], 1, taken->locator) && ok;
    }
    if (taken->severity < SW_SEVERITY_MEDIUM)
        return ok;
    sw_pair_merge(&family->pair, &pair);
    keep_time(family, taken->times, "mtime");
    keep_time(family, taken->times, "ctime");
    keep_time(family, taken->times, "btime");
    return ok;
}

/* --- Families --- */

static void family_free(struct sw_family_facts *family)
{
    if (family == NULL)
        return;
    for (size_t i = 0; i < SW_STAGE_COUNT; i++) {
        for (size_t k = 0; k < SW_EXAMPLES_MAX; k++)
            free(family->stages[i].examples[k]);
    }
    for (size_t i = 0; i < SW_TRACE_COUNT; i++)
        free(family->evidence[i]);
    free(family);
}

/* Everything of `from` as if it had come to `into`. */
static bool family_merge(struct sw_family_facts *into, const struct sw_family_facts *from)
{
    bool ok = true;

    if (from->severity > into->severity)
        into->severity = from->severity;
    sw_pair_merge(&into->pair, &from->pair);
    if (from->earliest[0] != '\0' &&
        (into->earliest[0] == '\0' || strcmp(from->earliest, into->earliest) < 0))
        memcpy(into->earliest, from->earliest, sizeof into->earliest);
    if (strcmp(from->latest, into->latest) > 0)
        memcpy(into->latest, from->latest, sizeof into->latest);
    for (size_t i = 0; i < SW_STAGE_COUNT; i++) {
        const struct sw_stage_facts *stage = &from->stages[i];
        into->stages[i].count += stage->count;
        if (stage->severity > into->stages[i].severity)
            into->stages[i].severity = stage->severity;
        for (size_t k = 0; k < SW_EXAMPLES_MAX && stage->examples[k] != NULL; k++)
            ok = keep_first(into->stages[i].examples, SW_EXAMPLES_MAX, stage->examples[k]) && ok;
    }
    for (size_t i = 0; i < SW_TRACE_COUNT; i++) {
        if (from->evidence[i] != NULL)
            ok = keep_first(&into->evidence[i], 1, from->evidence[i]) && ok;
    }
    return ok;
}

static struct sw_family_facts *family_new(const char *name)
{
    struct sw_family_facts *family = calloc(1, sizeof *family);
    if (family != NULL)
        memcpy(family->name, name, strlen(name) + 1);
    return family;
}

static struct sw_family_facts *family_other(struct sw_root_facts *root)
{
    if (root->other == NULL)
        root->other = family_new(OTHER_FAMILY);
    return root->other;
}

/* The family of that name, made when it is new. Of too many, the last by name
 * goes to the others, so that the result is the same in any order. */
static struct sw_family_facts *family_of(struct sw_root_facts *root, const char *name)
{
    size_t at = root->family_count;
    struct sw_family_facts *family;

    if (strlen(name) > SW_FAMILY_NAME_MAX || strcmp(name, OTHER_FAMILY) == 0)
        return family_other(root);
    while (at > 0 && strcmp(root->families[at - 1]->name, name) >= 0)
        at--;
    if (at < root->family_count && strcmp(root->families[at]->name, name) == 0)
        return root->families[at];
    if (at == SW_FAMILIES_MAX)
        return family_other(root);
    if (root->family_count == SW_FAMILIES_MAX) {
        struct sw_family_facts *last = root->families[SW_FAMILIES_MAX - 1];
        if (family_other(root) == NULL || !family_merge(root->other, last))
            return NULL;
        family_free(last);
        root->family_count--;
    }
    family = family_new(name);
    if (family == NULL)
        return NULL;
    memmove(&root->families[at + 1], &root->families[at],
            (root->family_count - at) * sizeof root->families[0]);
    root->families[at] = family;
    root->family_count++;
    return family;
}

/* --- Roots --- */

static size_t root_place(const struct sw_incidents *incidents, uint32_t key)
{
    size_t low = 0, high = incidents->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (incidents->roots[middle]->key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct sw_root_facts *root_of(struct sw_incidents *incidents, uint32_t key)
{
    size_t at = root_place(incidents, key);
    struct sw_root_facts **grown;
    struct sw_root_facts *root;

    if (at < incidents->count && incidents->roots[at]->key == key)
        return incidents->roots[at];
    grown = reallocarray(incidents->roots, incidents->count + 1, sizeof(struct sw_root_facts *));
    if (grown == NULL)
        return NULL;
    incidents->roots = grown;
    root = calloc(1, sizeof *root);
    if (root == NULL)
        return NULL;
    root->key = key;
    memmove(&grown[at + 1], &grown[at], (incidents->count - at) * sizeof(struct sw_root_facts *));
    grown[at] = root;
    incidents->count++;
    return root;
}

/* --- The door --- */

enum sw_status sw_incidents_new(struct sw_incidents **incidents, struct sw_error *error)
{
    struct sw_incidents *made = calloc(1, sizeof *made);
    if (made == NULL)
        return sw_fail(error, SW_STOP, "incident", 0, "no memory for incidents");
    *incidents = made;
    return SW_OK;
}

void sw_incidents_free(struct sw_incidents *incidents)
{
    if (incidents == NULL)
        return;
    for (size_t i = 0; i < incidents->count; i++) {
        struct sw_root_facts *root = incidents->roots[i];
        for (size_t k = 0; k < root->family_count; k++)
            family_free(root->families[k]);
        family_free(root->other);
        free(root);
    }
    free(incidents->roots);
    free(incidents);
}

void sw_incidents_take(struct sw_incidents *incidents, uint32_t root_index, const json_t *finding)
{
    struct sw_taken taken;
    struct sw_root_facts *root;
    struct sw_family_facts *family = NULL;

    if (!sw_taken_from(finding, &taken))
        return;
    root = root_of(incidents, root_index);
    if (root != NULL)
        family = family_of(root, taken.family);
    if (family == NULL || !keep_finding(family, &taken))
        incidents->out_of_memory = true;
}

void sw_incidents_context(struct sw_incidents *incidents, uint32_t root_index, const char *name,
                          const char *value)
{
    struct sw_root_facts *root = root_of(incidents, root_index);

    if (root == NULL)
        incidents->out_of_memory = true;
    else
        sw_wiper_note(&root->wiper, name, value);
}

enum sw_status sw_incidents_find(const struct sw_incidents *incidents, uint32_t root_index,
                                 const struct sw_root_facts **root, struct sw_error *error)
{
    size_t at = root_place(incidents, root_index);

    if (incidents->out_of_memory)
        return sw_fail(error, SW_STOP, "incident", 0, "no memory for incidents");
    *root = at < incidents->count && incidents->roots[at]->key == root_index ? incidents->roots[at]
                                                                             : NULL;
    return SW_OK;
}
