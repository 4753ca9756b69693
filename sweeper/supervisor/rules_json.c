/* SPDX-License-Identifier: Apache-2.0 */
/* rules_json.c - `sweeper rules list --json`: everything that is known of the
 * rules and indicators in use, for tools. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/rule/rule_json.h"
#include "supervisor/rules_check.h"

static const char schema_version[] = "1.0";

/* Why libyara cannot evaluate the rule; null when it can. */
static json_t *disabled_json(const struct sw_ruleset *set, const YR_RULE *rule)
{
    size_t count = 0;
    const struct sw_disabled_rule *rows = sw_ruleset_disabled(set, &count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, rule->identifier) == 0 &&
            strcmp(rows[i].namespace_, rule->ns->name) == 0)
            return sw_text_json(rows[i].why);
    return json_null();
}

static json_t *rule_json(const struct sw_ruleset *set, const YR_RULE *rule)
{
    const struct sw_rule_file *file = sw_ruleset_file(set, rule);

    return json_pack(
        "{s:s, s:o, s:o, s:b, s:s, s:b, s:o, s:o, s:o}", "name", rule->identifier, "namespace",
        sw_text_json(rule->ns->name), "file", sw_text_json(file != NULL ? file->name : ""),
        "builtin", file != NULL && file->builtin, "severity",
        sw_severity_name(sw_rule_severity(rule)), "private", RULE_IS_PRIVATE(rule) != 0, "disabled",
        disabled_json(set, rule), "tags", sw_rule_tags_json(rule), "meta", sw_rule_meta_json(rule));
}

bool sw_rules_is_indicator(const struct sw_rulepack *pack, const YR_RULE *rule)
{
    for (size_t i = 0; i < pack->count; i++)
        if (pack->files[i].kind == SW_PACK_INDICATORS &&
            strcmp(pack->files[i].namespace_, rule->ns->name) == 0)
            return true;
    return false;
}

static json_t *rules_json(const struct sw_rulepack *pack, const struct sw_ruleset *set)
{
    const YR_RULES *rules = sw_ruleset_rules(set);
    json_t *rows = json_array();
    bool good = rows != NULL;

    for (uint32_t i = 0; good && i < rules->num_rules; i++)
        if (!sw_rules_is_indicator(pack, &rules->rules_table[i]))
            good = json_array_append_new(rows, rule_json(set, &rules->rules_table[i])) == 0;
    if (good)
        return rows;
    json_decref(rows);
    return NULL;
}

/* The entries of one indicator file, each with where it comes from. */
static bool add_indicators(json_t *rows, const struct sw_rule_file *file)
{
    json_t *json = json_loadb(file->text, file->text_size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *entries = json_object_get(json, "entries");
    json_t *family = json_object_get(json, "family");
    bool good = json != NULL;
    json_t *entry;
    size_t i;

    json_array_foreach(entries, i, entry)
    {
        json_t *row = json_pack("{s:o, s:o, s:b, s:O, s:O}", "namespace",
                                sw_text_json(file->namespace_), "file", sw_text_json(file->name),
                                "builtin", file->builtin, "family", family, "entry", entry);
        good = json_array_append_new(rows, row) == 0 && good;
    }
    json_decref(json);
    return good;
}

static json_t *indicators_json(const struct sw_rulepack *pack)
{
    json_t *rows = json_array();
    bool good = rows != NULL;

    for (size_t i = 0; good && i < pack->count; i++)
        if (pack->files[i].kind == SW_PACK_INDICATORS)
            good = add_indicators(rows, &pack->files[i]);
    if (good)
        return rows;
    json_decref(rows);
    return NULL;
}

enum sw_status sw_rules_print_json(FILE *out, const struct sw_rulepack *pack,
                                   const struct sw_ruleset *set, struct sw_error *error)
{
    json_t *document = json_pack("{s:s, s:s, s:s, s:o, s:o}", "schema", schema_version, "version",
                                 SWEEPER_VERSION, "ruleset_digest", pack->digest, "rules",
                                 rules_json(pack, set), "indicators", indicators_json(pack));
    if (document == NULL)
        return sw_fail(error, SW_STOP, "rules", 0,
                       "cannot list the rules: no memory, or an indicator file that is none");
    /* Only ASCII: nothing of it can steer a terminal. */
    int failed = json_dumpf(document, out, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    json_decref(document);
    if (failed == 0 && fputc('\n', out) != EOF)
        return SW_OK;
    return sw_fail(error, SW_STOP, "rules", errno, "cannot write the list");
}
