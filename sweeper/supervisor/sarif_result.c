/* SPDX-License-Identifier: Apache-2.0 */
/* run.results and run.invocations: findings, and what could not be looked at.
 *
 * Where a finding lies (section 3.27.12): code scanning shows files of the sources and
 * knows neither members nor byte offsets, so locations[0] is the file, without a region.
 * The exact place, member and bytes, is in relatedLocations (byteOffset, byteLength), in
 * logicalLocations as the locator, and in the properties. */
#include <stdio.h>
#include <string.h>

#include "supervisor/option_table.h"
#include "supervisor/record_parts.h"
#include "supervisor/sarif.h"
#include "supervisor/sink_format.h"
#include "sweeper/gap.h"
#include "sweeper/limits.h"
#include "sweeper/record.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* A message of parts, each of which may be of any length and content. */
static json_t *message_of(const char *const *parts, size_t count)
{
    struct sw_buf text;
    enum sw_status status = SW_OK;
    json_t *message = NULL;
    sw_buf_init(&text, SW_GIB);
    for (size_t i = 0; i < count && status == SW_OK; i++)
        status = sw_buf_append_text(&text, parts[i]);
    if (status == SW_OK && sw_buf_terminate(&text) == SW_OK)
        message = sw_sarif_message((const char *)text.data);
    sw_buf_done(&text);
    return message;
}

static json_t *result_message(const json_t *finding)
{
    const json_t *rule = json_object_get(finding, "rule");
    const json_t *meta = json_object_get(rule, "meta");
    const char *title = text_of(meta, "title");
    title = title[0] != '\0' ? title : text_of(meta, "description");
    const char *reason = text_of(finding, "severity_reason");
    const char *const parts[] = {text_of(finding, "severity"),
                                 ": ",
                                 text_of(rule, "name"),
                                 title[0] != '\0' ? " (" : "",
                                 title,
                                 title[0] != '\0' ? ")" : "",
                                 " in ",
                                 text_of(finding, "locator"),
                                 ". ",
                                 reason};
    return message_of(parts, sizeof parts / sizeof parts[0]);
}

static json_t *logical_locations(const json_t *record)
{
    json_t *list = json_array();
    json_t *logical = json_object();
    sw_put_text(&logical, "fullyQualifiedName", text_of(record, "locator"));
    sw_put_text(&logical, "kind", "object");
    sw_push(&list, logical);
    return list;
}

static json_t *physical(json_t *artifact_location, json_t *region)
{
    json_t *location = json_object();
    sw_put(&location, "artifactLocation", artifact_location);
    if (region != NULL)
        sw_put(&location, "region", region);
    return location;
}

static json_t *locations_of(const json_t *finding, const struct sw_sarif_place *place)
{
    json_t *list = json_array();
    json_t *location = json_object();
    sw_put(&location, "physicalLocation", physical(json_incref(place->outer_location), NULL));
    sw_put(&location, "logicalLocations", logical_locations(finding));
    sw_push(&list, location);
    return list;
}

static json_t *related_of(const struct sw_sarif_place *place, size_t id, const json_t *match)
{
    json_t *location = json_object();
    json_t *region = NULL;
    if (match != NULL) {
        region = json_object();
        sw_put(&region, "byteOffset", json_incref(json_object_get(match, "offset")));
        sw_put(&region, "byteLength", json_incref(json_object_get(match, "length")));
    }
    sw_put(&location, "id", json_integer((json_int_t)id));
    sw_put(&location, "physicalLocation", physical(json_incref(place->leaf_location), region));
    sw_put(&location, "message",
           sw_sarif_message(match != NULL ? text_of(match, "pattern") : "the object"));
    return location;
}

/* The bytes that matched; without matches, the member itself. */
static json_t *related_locations(const json_t *finding, const struct sw_sarif_place *place)
{
    json_t *list = json_array();
    const json_t *matches = json_object_get(finding, "matches");
    size_t count = json_array_size(matches);
    for (size_t i = 0; i < count && i < SW_SARIF_RELATED_MAX; i++)
        sw_push(&list, related_of(place, i + 1, json_array_get(matches, i)));
    if (count == 0 && place->leaf != place->outer)
        sw_push(&list, related_of(place, 1, NULL));
    return list;
}

/* primaryLocationLineHash is the only one that code scanning compares; without it, it
 * would take lines of the file. */
static json_t *fingerprints_of(const json_t *finding)
{
    char hash[128];
    json_t *fingerprints = json_object();
    (void)snprintf(hash, sizeof hash, "%.100s:1", text_of(finding, "id"));
    sw_put_text(&fingerprints, "primaryLocationLineHash", hash);
    sw_put_text(&fingerprints, "findingId/v1", text_of(finding, "id"));
    return fingerprints;
}

static json_t *suppressions_of(const json_t *suppressed)
{
    json_t *list = json_array();
    json_t *row = json_object();
    json_t *properties = json_object();
    sw_put_text(&properties, "until", text_of(suppressed, "until"));
    sw_put_text(&properties, "entry", text_of(suppressed, "entry"));
    sw_put_text(&row, "kind", "external");
    sw_put_text(&row, "status", "accepted");
    sw_put_text(&row, "justification", text_of(suppressed, "reason"));
    sw_put(&row, "properties", properties);
    sw_push(&list, row);
    return list;
}

/* The record's own members, for those who know them. */
static json_t *properties_of(const json_t *record, bool brief)
{
    static const char *const names[] = {
        "severity", "rule_severity", "severity_reason", "kind", "family",      "reason",  "package",
        "object",   "locator",       "chain",           "rule", "match_count", "matches",
    };
    json_t *properties = json_object();
    bool finding = strcmp(text_of(record, "type"), "finding") == 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *value = json_object_get(record, names[i]);
        bool left_out = (brief && strcmp(names[i], "matches") == 0) ||
                        (finding && strcmp(names[i], "rule") == 0); /* the descriptor has it */
        if (value != NULL && !left_out)
            sw_put(&properties, names[i], json_incref(value));
    }
    return properties;
}

json_t *sw_sarif_result(const json_t *finding, const struct sw_sarif_place *place, bool brief)
{
    json_t *result = json_object();
    const json_t *suppressed = json_object_get(finding, "suppressed");
    json_t *related = brief ? json_array() : related_locations(finding, place);
    sw_put_text(&result, "level", sw_sarif_level(sw_sarif_severity(finding, "severity")));
    sw_put(&result, "message", result_message(finding));
    sw_put(&result, "locations", locations_of(finding, place));
    if (json_array_size(related) > 0 || related == NULL)
        sw_put(&result, "relatedLocations", related);
    else
        json_decref(related);
    sw_put(&result, "partialFingerprints", fingerprints_of(finding));
    if (suppressed != NULL)
        sw_put(&result, "suppressions", suppressions_of(suppressed));
    sw_put(&result, "properties", properties_of(finding, brief));
    return result;
}

/* --- notifications --- */

static json_t *notification_of(const char *id, const char *level, json_t *message)
{
    json_t *notification = json_object();
    json_t *descriptor = json_object();
    sw_put_text(&descriptor, "id", id);
    sw_put(&notification, "descriptor", descriptor);
    sw_put_text(&notification, "level", level);
    sw_put(&notification, "message", message);
    return notification;
}

static json_t *gap_notification(const json_t *gap, const char *base, const char *level)
{
    const char *reason = text_of(gap, "reason");
    enum sw_gap kind = sw_gap_find(reason);
    char id[64];
    (void)snprintf(id, sizeof id, "gap/%.40s", reason);
    const char *detail = text_of(gap, "detail");
    const char *const parts[] = {"not looked at: ",
                                 text_of(gap, "locator"),
                                 ": ",
                                 kind == SW_GAP_NONE ? reason : sw_gap_meaning(kind),
                                 detail[0] != '\0' ? ": " : "",
                                 detail};
    json_t *notification =
        notification_of(id, level, message_of(parts, sizeof parts / sizeof parts[0]));
    const json_t *first = json_array_get(json_object_get(gap, "chain"), 0);
    struct sw_buf room;
    json_t *named = json_object();
    json_t *locations = json_array();
    json_t *location = json_object();
    sw_buf_init(&room, SW_GIB);
    /* The same two members as a hop's name. */
    sw_put(&named, "name", json_incref(json_object_get(first, "path")));
    if (json_object_get(first, "path_base64") != NULL)
        sw_put(&named, "name_base64", json_incref(json_object_get(first, "path_base64")));
    struct sw_view path = sw_hop_name(named, &room);
    sw_put(&location, "physicalLocation", physical(sw_sarif_location(path, base, -1), NULL));
    sw_put(&location, "logicalLocations", logical_locations(gap));
    sw_push(&locations, location);
    sw_put(&notification, "locations", locations);
    sw_put(&notification, "properties", properties_of(gap, false));
    sw_buf_done(&room);
    json_decref(named);
    return notification;
}

static json_t *incident_notification(const json_t *incident)
{
    static const char *const names[] = {"root",     "severity",      "verdict",
                                        "earliest", "latest",        "families",
                                        "evidence", "what_it_means", "next_steps"};
    const char *const parts[] = {"incident in ", text_of(incident, "root"),
                                 ": ",           text_of(incident, "verdict"),
                                 ", severity ",  text_of(incident, "severity")};
    json_t *notification =
        notification_of("incident", "note", message_of(parts, sizeof parts / sizeof parts[0]));
    json_t *properties = json_object();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sw_put(&properties, names[i], json_incref(json_object_get(incident, names[i])));
    sw_put(&notification, "properties", properties);
    return notification;
}

json_t *sw_sarif_notification(const json_t *record, const char *base, const char *level)
{
    const char *type = text_of(record, "type");
    if (strcmp(type, "gap") == 0)
        return gap_notification(record, base, level);
    if (strcmp(type, "incident") == 0)
        return incident_notification(record);
    const char *const parts[] = {"an engine ended: ", text_of(record, "cause"), ": ",
                                 text_of(record, "detail")};
    json_t *notification = notification_of("engine_death", "warning",
                                           message_of(parts, sizeof parts / sizeof parts[0]));
    sw_sarif_put_time(&notification, "timeUtc", text_of(record, "at"));
    return notification;
}

json_t *sw_sarif_limit(const char *text)
{
    return notification_of("sarif_limit", "warning", sw_sarif_message(text));
}

/* --- the run --- */

static const char *exit_meaning(json_int_t code)
{
    size_t count = 0;
    const struct sw_exit_row *rows = sw_exit_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if ((json_int_t)rows[i].code == code)
            return rows[i].meaning;
    }
    return "";
}

static void push_all(json_t **list, const json_t *more)
{
    size_t i;
    json_t *row;
    json_array_foreach(more, i, row)
    {
        sw_push(list, json_incref(row));
    }
}

json_t *sw_sarif_invocation(const json_t *start, const json_t *end, const char *base)
{
    const json_t *code = json_object_get(end, "exit_code");
    json_int_t value = json_is_integer(code) ? json_integer_value(code) : SW_EXIT_FAILED;
    json_t *invocation = json_object();
    json_t *arguments = json_array();
    sw_push(&arguments, json_string("scan"));
    push_all(&arguments, json_object_get(start, "options"));
    push_all(&arguments, json_object_get(start, "targets"));
    sw_put(&invocation, "arguments", arguments);
    sw_sarif_put_time(&invocation, "startTimeUtc", text_of(start, "started_at"));
    sw_sarif_put_time(&invocation, "endTimeUtc", text_of(end, "finished_at"));
    sw_put_text(&invocation, "machine", text_of(json_object_get(start, "host"), "name"));
    if (base[0] != '\0')
        sw_put(&invocation, "workingDirectory",
               sw_sarif_location((struct sw_view){(const uint8_t *)base, strlen(base)}, base, -1));
    sw_put(&invocation, "exitCode", json_integer(value));
    sw_put_text(&invocation, "exitCodeDescription", exit_meaning(value));
    /* With 3, not everything was looked at, and nobody has allowed that. */
    sw_put_boolean(&invocation, "executionSuccessful",
                   value == SW_EXIT_CLEAN || value == SW_EXIT_FINDINGS);
    json_t *properties = end != NULL ? json_deep_copy(end) : json_object();
    if (json_object_get(start, "case") != NULL)
        sw_put(&properties, "case", json_deep_copy(json_object_get(start, "case")));
    if (end != NULL || json_object_size(properties) > 0)
        sw_put(&invocation, "properties", properties);
    else
        json_decref(properties);
    return invocation;
}

/* Every notification that can occur, with what it means. */
static json_t *notification_kinds(void)
{
    static const struct {
        const char *id;
        const char *meaning;
    } others[] = {
        {"incident", "findings of one root that belong together"},
        {"engine_death", "the process that looks at content ended and was replaced"},
        {"sarif_limit", "this document holds less than was found"},
    };
    json_t *list = json_array();
    for (size_t i = SW_GAP_NONE + 1; i < SW_GAP_COUNT; i++) {
        char id[64];
        json_t *kind = json_object();
        (void)snprintf(id, sizeof id, "gap/%s", sw_gap_name((enum sw_gap)i));
        sw_put_text(&kind, "id", id);
        sw_put(&kind, "shortDescription", sw_sarif_plain(sw_gap_meaning((enum sw_gap)i)));
        sw_push(&list, kind);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        json_t *kind = json_object();
        sw_put_text(&kind, "id", others[i].id);
        sw_put(&kind, "shortDescription", sw_sarif_plain(others[i].meaning));
        sw_push(&list, kind);
    }
    return list;
}

json_t *sw_sarif_driver(const json_t *start)
{
    json_t *driver = json_object();
    const json_t *ruleset = json_object_get(start, "ruleset");
    sw_put_text(&driver, "name", "sweeper");
    sw_put_text(&driver, "version", SWEEPER_VERSION);
    sw_put_text(&driver, "semanticVersion", SWEEPER_VERSION);
    sw_put(&driver, "notifications", notification_kinds());
    if (ruleset != NULL) {
        json_t *properties = json_object();
        sw_put(&properties, "ruleset", json_deep_copy(ruleset));
        sw_put(&driver, "properties", properties);
    }
    return driver;
}
