/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - what a SIEM looks for: rules in YAML and TOML, and queries by themselves. */
#include "engine/place/place_private.h"

/* --- YAML -------------------------------------------------------------------------- */

static bool is_analytics_rule(struct sw_view text)
{
    static const char *const keys[] = {"id",
                                       "name",
                                       "version",
                                       "kind",
                                       "description",
                                       "description_detailed",
                                       "severity",
                                       "status",
                                       "requiredDataConnectors",
                                       "queryFrequency",
                                       "queryPeriod",
                                       "triggerOperator",
                                       "triggerThreshold",
                                       "tactics",
                                       "techniques",
                                       "relevantTechniques",
                                       "query",
                                       "entityMappings",
                                       "sentinelEntitiesMappings",
                                       "tags",
                                       "customDetails",
                                       "alertDetailsOverride",
                                       "eventGroupingSettings",
                                       "suppressionDuration",
                                       "suppressionEnabled",
                                       "incidentConfiguration",
                                       "metadata",
                                       "-",
                                       NULL};

    return place_has_only_keys(text, keys) && place_has_key(text, "id") &&
           place_has_key(text, "name") && place_has_key(text, "query") &&
           place_has_key(text, "tactics");
}

static bool is_search_rule(struct sw_view text)
{
    static const char *const keys[] = {"name",
                                       "id",
                                       "version",
                                       "date",
                                       "creation_date",
                                       "modification_date",
                                       "author",
                                       "status",
                                       "type",
                                       "description",
                                       "data_source",
                                       "search",
                                       "how_to_implement",
                                       "known_false_positives",
                                       "references",
                                       "drilldown_searches",
                                       "rba",
                                       "tags",
                                       "tests",
                                       "finding",
                                       "intermediate_findings",
                                       "-",
                                       NULL};

    return place_has_only_keys(text, keys) && place_has_key(text, "search") &&
           place_has_key(text, "how_to_implement") && place_has_key(text, "known_false_positives");
}

/* --- TOML -------------------------------------------------------------------------- */

static bool is_toml_key(struct sw_view line)
{
    size_t size = 0;

    while (size < line.size && (place_ident(line.data[size]) || line.data[size] == '.'))
        size++;
    return size > 0 && place_starts(place_trim(place_after(line, size)), "= ");
}

static bool is_rule_section(struct sw_view line)
{
    static const char *const sections[] = {"[metadata]", "[rule]", "[hunt]", NULL};

    return place_among(line, sections) ||
           ((place_starts(line, "[rule.") || place_starts(line, "[[rule.")) &&
            line.data[line.size - 1] == ']');
}

/* The quotes of a text of several lines that opens here and does not close. */
static const char *opens_text(struct sw_view line)
{
    static const char *const quotes[] = {"\"\"\"", "'''"};

    for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
        const uint8_t *at = memmem(line.data, line.size, quotes[i], 3);
        if (at != NULL && !place_has(place_after(line, (size_t)(at - line.data) + 3), quotes[i]))
            return quotes[i];
    }
    return NULL;
}

struct toml {
    const char *quotes; /* inside a text of several lines */
    bool array;         /* inside an array of several lines */
    bool section;       /* inside one */
    bool rule, query;
};

static bool see_toml(struct toml *toml, struct sw_view line)
{
    if (toml->quotes != NULL) {
        toml->quotes = place_has(line, toml->quotes) ? NULL : toml->quotes;
    } else if (line.size == 0 || line.data[0] == '#') {
        return true;
    } else if (toml->array) {
        if (strchr("\"']", line.data[0]) == NULL || place_is_statement(line))
            return false;
        toml->array = line.data[0] != ']';
    } else if (toml->section && is_toml_key(line)) {
        toml->query = toml->query || place_starts(line, "query = ");
        toml->array = place_ends(line, "= [");
        toml->quotes = opens_text(line);
    } else {
        toml->rule = toml->rule || place_is(line, "[rule]") || place_is(line, "[hunt]");
        toml->section = is_rule_section(line);
        return toml->section;
    }
    return true;
}

static bool is_detection_toml(struct sw_view text)
{
    struct sw_view line = {0};
    struct toml toml = {0};

    while (place_next_line(&text, &line))
        if (!see_toml(&toml, place_trim(line)))
            return false;
    return toml.rule && toml.query && toml.quotes == NULL && !toml.array;
}

/* --- a query ------------------------------------------------------------------------ */

/*
 * `// some words`, then at most definitions, then
 *
 *     Table
 *     | where Column ...
 *
 * Most parsers stop at the first line; those that take it for a comment stop at the two names
 * beside each other, and a shell at the bar. So it matters only that nothing before the bar is a
 * statement to a shell or opens what could swallow the bar.
 */
static bool is_remark(struct sw_view line)
{
    struct sw_view word = {0}, rest = place_after(line, 2);
    size_t words = 0;

    while (place_next_word(&rest, &word))
        words += place_letter(word.data[0]);
    return words >= 3;
}

/* Before the bar. A definition ends in `;` and opens brackets at most. */
static bool is_harmless_before(struct sw_view line)
{
    static const char signs[] = "`|&$<>\\;{}";

    if (place_has(line, "/*") || place_has(line, "'''") || place_has(line, "\"\"\""))
        return false;
    if (place_ends(line, ";"))
        line.size--;
    for (size_t i = 0; i < line.size; i++)
        if (strchr(signs, line.data[i]) != NULL)
            return false;
    return place_starts(line, "//") || place_starts(line, "let ") || place_starts(line, "\"") ||
           place_starts(line, "]") || place_starts(line, ")");
}

static bool is_table(struct sw_view line)
{
    for (size_t i = 0; i < line.size; i++)
        if (!place_ident(line.data[i]))
            return false;
    return line.size > 2 && place_letter(line.data[0]);
}

static bool is_where(struct sw_view line)
{
    struct sw_view rest = line, word = {0};

    return place_starts(line, "| where ") && place_next_word(&rest, &word) &&
           place_next_word(&rest, &word) && place_next_word(&rest, &word) && is_table(word) &&
           place_next_word(&rest, &word);
}

static bool is_hunting_query(struct sw_view text)
{
    struct sw_view line = {0};
    bool first = true, table = false;

    while (place_next_line(&text, &line)) {
        line = place_trim(line);
        if (line.size == 0)
            continue;
        if (first && (!place_starts(line, "// ") || !is_remark(line)))
            return false;
        if (table)
            return is_where(line);
        first = false;
        table = is_table(line);
        if (!table && !is_harmless_before(line))
            return false;
    }
    return false;
}

bool place_is_query(struct sw_view text)
{
    return is_analytics_rule(text) || is_search_rule(text) || is_detection_toml(text) ||
           is_hunting_query(text);
}
