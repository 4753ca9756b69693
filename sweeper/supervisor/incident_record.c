/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incident_record.c - from facts to a record: which families belong together,
 * whether they make an incident, how far it went.
 */
#include <stdlib.h>
#include <string.h>

#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"

/* One actor's tools in one campaign: findings of these support each other. What
 * is generic supports them; every other family stands for itself. */
static const char *const campaign[] = {"litellm", "canisterworm", "wiper",   "trivy",
                                       "kics",    "telnyx",       "teampcp", "generic"};

enum { FAMILIES_ALL = SW_FAMILIES_MAX + 1 };

struct judged {
    const struct sw_family_facts *families[FAMILIES_ALL]; /* those of the incident */
    size_t count;
    enum sw_severity severity;
    enum sw_verdict verdict;
    const char *earliest; /* NULL: not known */
    const char *latest;
};

static bool is_campaign(const char *family)
{
    for (size_t i = 0; i < sizeof campaign / sizeof campaign[0]; i++) {
        if (strcmp(campaign[i], family) == 0)
            return true;
    }
    return false;
}

static size_t families_of(const struct sw_root_facts *root,
                          const struct sw_family_facts *families[static FAMILIES_ALL])
{
    size_t count = 0;
    for (size_t i = 0; i < root->family_count; i++)
        families[count++] = root->families[i];
    if (root->other != NULL)
        families[count++] = root->other;
    return count;
}

/* One finding of high severity is enough; of medium ones it takes two that
 * neither the same rule nor the same object explains. */
static bool is_incident(const struct sw_family_facts *const *families, size_t count)
{
    struct sw_pair pair = {0};
    for (size_t i = 0; i < count; i++) {
        if (families[i]->severity >= SW_SEVERITY_HIGH)
            return true;
        sw_pair_merge(&pair, &families[i]->pair);
    }
    return sw_pair_supports(&pair);
}

static void choose_families(const struct sw_root_facts *root, struct judged *judged)
{
    const struct sw_family_facts *all[FAMILIES_ALL];
    const struct sw_family_facts *together[FAMILIES_ALL] = {NULL};
    size_t count = families_of(root, all);
    size_t together_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_campaign(all[i]->name))
            together[together_count++] = all[i];
    }
    bool campaign_is = is_incident(together, together_count);
    for (size_t i = 0; i < count; i++) {
        if (is_campaign(all[i]->name) ? campaign_is : is_incident(&all[i], 1))
            judged->families[judged->count++] = all[i];
    }
}

static void judge(const struct sw_root_facts *root, struct judged *judged)
{
    *judged = (struct judged){.verdict = SW_VERDICT_PRESENT};
    if (root != NULL)
        choose_families(root, judged);
    for (size_t i = 0; i < judged->count; i++) {
        const struct sw_family_facts *family = judged->families[i];

        if (family->severity > judged->severity)
            judged->severity = family->severity;
        for (unsigned k = 0; k < SW_TRACE_COUNT; k++) {
            enum sw_verdict verdict = sw_trace_verdict((enum sw_trace)k);
            if (family->evidence[k] != NULL && verdict > judged->verdict)
                judged->verdict = verdict;
        }
        if (family->earliest[0] != '\0' &&
            (judged->earliest == NULL || strcmp(family->earliest, judged->earliest) < 0))
            judged->earliest = family->earliest;
        if (family->latest[0] != '\0' &&
            (judged->latest == NULL || strcmp(family->latest, judged->latest) > 0))
            judged->latest = family->latest;
    }
}

/* --- The record --- */

static json_t *stage_new(const struct sw_stage_facts *facts, enum sw_stage stage)
{
    json_t *object = json_object();
    json_t *examples = json_array();

    sw_put_text(&object, "stage", sw_stage_name(stage));
    sw_put_text(&object, "title", sw_stage_title(stage));
    sw_put_text(&object, "severity", sw_severity_name(facts->severity));
    sw_put_count(&object, "count", facts->count);
    for (size_t i = 0; i < SW_EXAMPLES_MAX && facts->examples[i] != NULL; i++)
        sw_push(&examples, sw_json_prose(facts->examples[i]));
    sw_put(&object, "examples", examples);
    return object;
}

static json_t *family_new(const struct sw_family_facts *family)
{
    json_t *object = json_object();
    json_t *stages = json_array();

    sw_put(&object, "family", sw_json_prose(family->name));
    sw_put_text(&object, "severity", sw_severity_name(family->severity));
    for (unsigned i = 0; i < SW_STAGE_COUNT; i++) {
        if (family->stages[i].count > 0)
            sw_push(&stages, stage_new(&family->stages[i], (enum sw_stage)i));
    }
    sw_put(&object, "stages", stages);
    return object;
}

static json_t *families_new(const struct judged *judged)
{
    json_t *list = json_array();
    for (size_t i = 0; i < judged->count; i++)
        sw_push(&list, family_new(judged->families[i]));
    return list;
}

/* Worst first; of each kind the first place by text. */
static json_t *evidence_new(const struct judged *judged)
{
    json_t *list = json_array();

    for (unsigned i = SW_TRACE_COUNT; i-- > 0;) {
        const char *first = NULL;
        for (size_t k = 0; k < judged->count; k++) {
            const char *locator = judged->families[k]->evidence[i];
            if (locator != NULL && (first == NULL || strcmp(locator, first) < 0))
                first = locator;
        }
        if (first == NULL)
            continue;
        json_t *row = json_object();
        sw_put_text(&row, "verdict", sw_verdict_name(sw_trace_verdict((enum sw_trace)i)));
        sw_put_text(&row, "what", sw_trace_words((enum sw_trace)i));
        sw_put(&row, "locator", sw_json_prose(first));
        sw_push(&list, row);
    }
    return list;
}

static void put_root(json_t **record, struct sw_view path)
{
    json_t *named = json_object();

    sw_put_bytes(&named, "path", path);
    if (named == NULL) {
        json_decref(*record);
        *record = NULL;
        return;
    }
    sw_put(record, "root", json_incref(json_object_get(named, "path")));
    if (json_object_get(named, "path_base64") != NULL)
        sw_put(record, "root_base64", json_incref(json_object_get(named, "path_base64")));
    json_decref(named);
}

static void put_text_or_null(json_t **record, const char *name, const char *text)
{
    sw_put(record, name, text == NULL ? json_null() : json_string(text));
}

static json_t *record_new(const struct sw_incident_request *request, const struct judged *judged,
                          const struct sw_incident_case *incident)
{
    json_t *record = json_object();

    sw_put_text(&record, "type", "incident");
    put_root(&record, request->path);
    sw_put_text(&record, "severity", sw_severity_name(judged->severity));
    sw_put_text(&record, "verdict", sw_verdict_name(judged->verdict));
    put_text_or_null(&record, "earliest", judged->earliest);
    put_text_or_null(&record, "latest", judged->latest);
    sw_put(&record, "families", families_new(judged));
    sw_put(&record, "evidence", evidence_new(judged));
    sw_put(&record, "what_it_means", sw_incident_meaning(incident));
    sw_put(&record, "next_steps", sw_incident_next_steps(incident));
    sw_put(&record, "exposure",
           incident->exposed == NULL ? json_null()
                                     : sw_exposure_report(request->exposure, request->root_index));
    sw_put(&record, "wiper_target",
           incident->wiper == NULL ? json_null() : sw_wiper_target(incident->wiper));
    return record;
}

/* Whether the list of credentials belongs into the record. */
static bool exposure_is_wanted(const struct sw_incident_request *request,
                               const struct judged *judged)
{
    if (request->exposure == NULL || request->mode == SW_EXPOSURE_OFF)
        return false;
    return request->mode == SW_EXPOSURE_ON || judged->severity >= SW_SEVERITY_HIGH;
}

static bool any_of(const uint64_t counts[static SW_CREDENTIAL_COUNT])
{
    for (size_t i = 0; i < SW_CREDENTIAL_COUNT; i++) {
        if (counts[i] > 0)
            return true;
    }
    return false;
}

enum sw_status sw_incident_record(const struct sw_incident_request *request, json_t **record,
                                  struct sw_error *error)
{
    const struct sw_root_facts *root = NULL;
    uint64_t counts[SW_CREDENTIAL_COUNT] = {0};
    struct judged judged;
    enum sw_status status =
        sw_incidents_find(request->incidents, request->root_index, &root, error);

    if (status != SW_OK)
        return status;
    judge(root, &judged);
    bool wanted = exposure_is_wanted(request, &judged);
    if (wanted && sw_exposure_tally(request->exposure, request->root_index, counts) != SW_OK)
        return sw_fail(error, SW_STOP, "exposure", 0, "no memory for the list of credentials");
    if (judged.count == 0) {
        if (!any_of(counts))
            return SW_END;
        judged.verdict = SW_VERDICT_EXPOSURE;
    }
    const struct sw_incident_case incident = {
        .verdict = judged.verdict,
        .families = judged.families,
        .family_count = judged.count,
        .wiper = root != NULL && sw_wiper_known(&root->wiper) ? &root->wiper : NULL,
        .exposed = wanted ? counts : NULL,
    };
    json_t *made = record_new(request, &judged, &incident);
    if (made == NULL)
        return sw_fail(error, SW_STOP, "incident", 0, "no memory for a record");
    *record = made;
    return SW_OK;
}
