/* SPDX-License-Identifier: Apache-2.0 */
/* tool.driver.rules: a descriptor for each rule that found something.
 *
 * Code scanning takes the severity of an alert from the rule and not from the result.
 * Ours depends on the place (docs/places.md), so a rule has one descriptor for each
 * severity that its findings have: NAMESPACE.NAME for the rule's own, and
 * NAMESPACE.NAME/SEVERITY for the others. */
#include <stdlib.h>
#include <string.h>

#include "supervisor/record_order.h"
#include "supervisor/record_parts.h"
#include "supervisor/sarif.h"
#include "sweeper/limits.h"

struct sw_sarif_rules {
    struct sw_spool *spool;
    json_t *known; /* id -> index */
};

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "sarif", 0, "no memory for the rules");
    return SW_STOP;
}

enum sw_status sw_sarif_rules_new(struct sw_sarif_rules **made, struct sw_error *error)
{
    struct sw_sarif_rules *rules = calloc(1, sizeof *rules);
    if (rules == NULL)
        return no_memory(error);
    rules->known = json_object();
    enum sw_status status = rules->known == NULL
                                ? no_memory(error)
                                : sw_spool_new(SW_SPOOL_RUN_MAX / 4, &rules->spool, error);
    if (status != SW_OK) {
        sw_sarif_rules_free(rules);
        return status;
    }
    *made = rules;
    return SW_OK;
}

void sw_sarif_rules_free(struct sw_sarif_rules *rules)
{
    if (rules == NULL)
        return;
    sw_spool_free(rules->spool);
    json_decref(rules->known);
    free(rules);
}

struct sw_spool *sw_sarif_rules_spool(struct sw_sarif_rules *rules)
{
    return rules->spool;
}

uint64_t sw_sarif_rules_count(const struct sw_sarif_rules *rules)
{
    return json_object_size(rules->known);
}

/* What code scanning makes "critical" (over 9), "high" (over 7), "medium" (over 4) and
 * "low" of; it knows nothing below, so info is the least of low. */
static const char *score_of(enum sw_severity severity)
{
    static const char *const scores[] = {
        [SW_SEVERITY_INFO] = "0.1", [SW_SEVERITY_LOW] = "3.0",      [SW_SEVERITY_MEDIUM] = "5.5",
        [SW_SEVERITY_HIGH] = "8.0", [SW_SEVERITY_CRITICAL] = "9.5",
    };
    return scores[severity];
}

static const char *meta_text(const json_t *finding, const char *name)
{
    const json_t *meta = json_object_get(json_object_get(finding, "rule"), "meta");
    return json_string_value(json_object_get(meta, name));
}

static enum sw_status append_id(struct sw_buf *out, const json_t *finding)
{
    const json_t *rule = json_object_get(finding, "rule");
    const char *space = json_string_value(json_object_get(rule, "namespace"));
    const char *name = json_string_value(json_object_get(rule, "name"));
    enum sw_severity severity = sw_sarif_severity(finding, "severity");
    bool own = severity == sw_sarif_severity(finding, "rule_severity");
    return sw_buf_append_format(
        out, "%s%s%s%s%s", space == NULL ? "" : space, space == NULL || space[0] == '\0' ? "" : ".",
        name == NULL ? "" : name, own ? "" : "/", own ? "" : sw_severity_name(severity));
}

/* An absolute URI of the web, of nothing but the characters of URIs. */
static bool is_link(const char *text)
{
    if (text == NULL || (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0))
        return false;
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}%[]", *text) != NULL)
            return false;
    }
    return true;
}

static bool has_text(const json_t *list, const char *text)
{
    size_t i;
    const json_t *row;
    json_array_foreach(list, i, row)
    {
        if (strcmp(json_string_value(row), text) == 0)
            return true;
    }
    return false;
}

static void add_tag(json_t **tags, const char *text)
{
    if (text != NULL && text[0] != '\0' && json_array_size(*tags) < SW_SARIF_TAGS_MAX &&
        !has_text(*tags, text))
        sw_push(tags, json_string(text));
}

/* "security" makes code scanning read the score. */
static json_t *tags_of(const json_t *finding)
{
    const json_t *all = json_object_get(json_object_get(finding, "rule"), "tags");
    json_t *tags = json_array();
    size_t i;
    const json_t *tag;
    add_tag(&tags, "security");
    add_tag(&tags, json_string_value(json_object_get(finding, "family")));
    json_array_foreach(all, i, tag)
    {
        add_tag(&tags, json_string_value(tag));
    }
    return tags;
}

static json_t *properties_of(const json_t *finding)
{
    const json_t *rule = json_object_get(finding, "rule");
    const char *confidence = meta_text(finding, "confidence");
    enum sw_severity severity = sw_sarif_severity(finding, "severity");
    json_t *properties = json_object();
    sw_put(&properties, "tags", tags_of(finding));
    sw_put_text(&properties, "security-severity", score_of(severity));
    if (confidence != NULL && (strcmp(confidence, "high") == 0 ||
                               strcmp(confidence, "medium") == 0 || strcmp(confidence, "low") == 0))
        sw_put_text(&properties, "precision", confidence);
    sw_put_text(&properties, "severity", sw_severity_name(severity));
    sw_put(&properties, "family", json_incref(json_object_get(finding, "family")));
    sw_put(&properties, "namespace", json_incref(json_object_get(rule, "namespace")));
    sw_put(&properties, "yaraTags", json_incref(json_object_get(rule, "tags")));
    sw_put(&properties, "meta", json_incref(json_object_get(rule, "meta")));
    return properties;
}

static json_t *descriptor_of(const json_t *finding, const char *id)
{
    const char *name = json_string_value(json_object_get(json_object_get(finding, "rule"), "name"));
    const char *title = meta_text(finding, "title");
    const char *description = meta_text(finding, "description");
    const char *reference = meta_text(finding, "reference");
    title = title != NULL ? title : description != NULL ? description : name;
    description = description != NULL ? description : title;
    json_t *rule = json_object();
    json_t *configuration = json_object();
    sw_put_text(&configuration, "level", sw_sarif_level(sw_sarif_severity(finding, "severity")));
    sw_put_text(&rule, "id", id);
    sw_put_text(&rule, "name", name == NULL ? "" : name);
    sw_put(&rule, "shortDescription", sw_sarif_plain(title == NULL ? "" : title));
    sw_put(&rule, "fullDescription", sw_sarif_plain(description == NULL ? "" : description));
    sw_put(&rule, "help", sw_sarif_plain(description == NULL ? "" : description));
    if (is_link(reference))
        sw_put_text(&rule, "helpUri", reference);
    sw_put(&rule, "defaultConfiguration", configuration);
    sw_put(&rule, "properties", properties_of(finding));
    return rule;
}

static enum sw_status add_rule(struct sw_sarif_rules *rules, const json_t *finding, const char *id,
                               struct sw_error *error)
{
    uint64_t index = json_object_size(rules->known);
    uint8_t key[8];
    struct sw_buf line;
    enum sw_status status = SW_STOP;
    json_t *rule = descriptor_of(finding, id);
    sw_buf_init(&line, SW_GIB);
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(index >> (56 - 8 * i));
    if (rule == NULL || sw_record_encode(rule, &line) != SW_OK ||
        json_object_set_new(rules->known, id, json_integer((json_int_t)index)) != 0)
        status = no_memory(error);
    else
        status = sw_spool_add(rules->spool, (struct sw_view){key, sizeof key}, sw_buf_view(&line),
                              error);
    sw_buf_done(&line);
    json_decref(rule);
    return status;
}

enum sw_status sw_sarif_rule_put(struct sw_sarif_rules *rules, const json_t *finding,
                                 json_t **result, struct sw_error *error)
{
    struct sw_buf id;
    enum sw_status status = SW_OK;
    sw_buf_init(&id, SW_MIB);
    if (append_id(&id, finding) != SW_OK || sw_buf_terminate(&id) != SW_OK)
        status = no_memory(error);
    const char *text = (const char *)id.data;
    if (status == SW_OK && json_object_get(rules->known, text) == NULL)
        status = add_rule(rules, finding, text, error);
    if (status == SW_OK) {
        sw_put_text(result, "ruleId", text);
        sw_put(result, "ruleIndex", json_incref(json_object_get(rules->known, text)));
    }
    sw_buf_done(&id);
    return status;
}
