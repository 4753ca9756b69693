/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.c - kinds of JSON documents that nothing applies, each by the closed
 * set of its outermost members. One member more, and it is a manifest again.
 */
#include "common/json_walk.h"
#include "engine/place/listing.h"
#include "engine/place/place_private.h"

enum { KEYS_MAX = 44, NEEDED_MAX = 4, INDICATORS_MIN = 3 };

struct kind {
    enum sw_place place;
    bool counted; /* only if it holds indicators */
    bool list;    /* an array of such objects */
    const char *needed[NEEDED_MAX + 1];
    const char *allowed[KEYS_MAX + 1]; /* besides */
    const char *inside;                /* and somewhere below a member of this name */
};

static const struct kind kinds[] = {
    /* npm */
    {.place = SW_PLACE_LOCK,
     .needed = {"lockfileVersion"},
     .allowed = {"name", "version", "requires", "packages", "dependencies"}},
    /* pipenv */
    {.place = SW_PLACE_LOCK, .needed = {"_meta", "default", "develop"}},
    /* OSV */
    {.place = SW_PLACE_PROSE,
     .needed = {"id", "modified", "affected"},
     .allowed = {"schema_version", "published", "withdrawn", "aliases", "upstream", "related",
                 "summary", "details", "severity", "references", "credits", "database_specific"}},
    /* CSAF */
    {.place = SW_PLACE_PROSE,
     .needed = {"document", "vulnerabilities"},
     .allowed = {"product_tree", "$schema"}},
    /* CVE */
    {.place = SW_PLACE_PROSE,
     .needed = {"dataType", "cveMetadata", "containers"},
     .allowed = {"dataVersion"}},
    /* STIX */
    {.place = SW_PLACE_INDICATORS,
     .needed = {"type", "id", "objects"},
     .allowed = {"spec_version"}},
    /* MISP */
    {.place = SW_PLACE_INDICATORS, .needed = {"Event"}, .inside = "Attribute"},
    /* the advisory database of GitHub, as its interface answers */
    {.place = SW_PLACE_PROSE,
     .needed = {"ghsa_id", "summary", "vulnerabilities"},
     .allowed = {"cve_id",
                 "url",
                 "html_url",
                 "description",
                 "type",
                 "severity",
                 "repository_advisory_url",
                 "source_code_location",
                 "identifiers",
                 "references",
                 "published_at",
                 "updated_at",
                 "github_reviewed_at",
                 "nvd_published_at",
                 "withdrawn_at",
                 "cvss",
                 "cvss_severities",
                 "cwes",
                 "epss",
                 "credits",
                 "vulnerable_functions"}},
    /* pip-audit */
    {.place = SW_PLACE_PROSE, .needed = {"dependencies"}, .allowed = {"fixes"}, .inside = "vulns"},
    /* Trivy */
    {.place = SW_PLACE_PROSE,
     .needed = {"SchemaVersion", "ArtifactName", "ArtifactType"},
     .allowed = {"CreatedAt", "Metadata", "Results", "ReportID", "ArtifactID", "Trivy"}},
    /* SARIF */
    {.place = SW_PLACE_PROSE,
     .needed = {"version", "runs"},
     .allowed = {"$schema", "inlineExternalProperties", "properties"},
     .inside = "results"},
    /* this program's */
    {.place = SW_PLACE_PROSE, .needed = {"schema", "records"}, .inside = "ruleset"},
    /* CycloneDX */
    {.place = SW_PLACE_PROSE,
     .needed = {"bomFormat", "specVersion"},
     .allowed = {"$schema", "serialNumber", "version", "metadata", "components", "services",
                 "dependencies", "compositions", "vulnerabilities", "annotations", "formulation",
                 "externalReferences", "properties", "declarations", "definitions", "signature"}},
    /* SPDX */
    {.place = SW_PLACE_PROSE,
     .needed = {"spdxVersion", "SPDXID", "creationInfo"},
     .allowed = {"name", "dataLicense", "documentNamespace", "packages", "files", "snippets",
                 "relationships", "annotations", "externalDocumentRefs", "comment",
                 "documentDescribes", "hasExtractedLicensingInfos", "reviewers"}},
    /* chats: Slack by the day, Telegram */
    {.place = SW_PLACE_PROSE,
     .list = true,
     .needed = {"type", "text", "ts"},
     .allowed = {"user",
                 "team",
                 "blocks",
                 "client_msg_id",
                 "attachments",
                 "files",
                 "reactions",
                 "thread_ts",
                 "reply_count",
                 "reply_users",
                 "reply_users_count",
                 "latest_reply",
                 "replies",
                 "subscribed",
                 "last_read",
                 "parent_user_id",
                 "user_team",
                 "root",
                 "source_team",
                 "user_profile",
                 "upload",
                 "display_as_bot",
                 "edited",
                 "subtype",
                 "bot_id",
                 "bot_profile",
                 "app_id",
                 "username",
                 "icons",
                 "channel",
                 "hidden",
                 "is_locked",
                 "inviter",
                 "purpose",
                 "topic",
                 "name",
                 "permalink",
                 "x_files"}},
    {.place = SW_PLACE_PROSE, .needed = {"name", "type", "id", "messages"}, .inside = "text"},
    /* cases for the tests of a scanner */
    {.place = SW_PLACE_INDICATORS,
     .list = true,
     .needed = {"name", "expected"},
     .allowed = {"id", "title", "description", "comment", "input", "content", "text", "path",
                 "rule", "rules", "severity", "label", "why", "notes", "tags"}},
    /* ours */
    {.place = SW_PLACE_INDICATORS,
     .needed = {"schema", "family", "sources", "entries"},
     .allowed = {"$schema"}},
    /* anybody's */
    {.place = SW_PLACE_INDICATORS,
     .counted = true,
     .allowed = {"$schema",      "schema",     "version", "name",      "title",      "description",
                 "author",       "date",       "updated", "modified",  "source",     "sources",
                 "reference",    "references", "tags",    "campaign",  "family",     "threat",
                 "actor",        "malware",    "iocs",    "ioc",       "indicators", "entries",
                 "hashes",       "sha256",     "sha1",    "md5",       "domains",    "ips",
                 "ip_addresses", "urls",       "files",   "filenames", "paths",      "packages",
                 "last_updated", "severity",   "notes"}},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

struct document {
    bool list;
    bool excluded[KIND_COUNT], inside[KIND_COUNT];
    unsigned met[KIND_COUNT]; /* bits: which needed members are there */
    bool runs;                /* holds a member that a job, a task or a node has */
    bool mixed;               /* a list that holds something else than objects */
    size_t strings, marks;
};

/* Programs that take any outermost name for that of a job find these below. */
static bool is_deed(struct sw_view key)
{
    static const char *const deeds[] = {
        "script",     "before_script", "after_script", "run",   "trigger", "tasks", "pre_tasks",
        "post_tasks", "steps",         "func",         "shell", "command", "exec",  NULL};

    return place_among(key, deeds) || place_has(key, "\\u");
}

static void see_key(struct document *document, struct sw_view key)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        bool needed = false;
        for (size_t j = 0; kinds[i].needed[j] != NULL; j++)
            if (place_is(key, kinds[i].needed[j])) {
                document->met[i] |= 1U << j;
                needed = true;
            }
        if (!needed && !place_among(key, kinds[i].allowed))
            document->excluded[i] = true;
    }
}

static void see_inner_key(struct document *document, struct sw_view key)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (kinds[i].inside != NULL && place_is(key, kinds[i].inside))
            document->inside[i] = true;
}

static void see_string(struct document *document, struct sw_view text)
{
    document->strings++;
    document->marks += place_mark_of(text) == PLACE_MARK_SURE;
}

static bool has_all(const struct document *document, size_t index)
{
    size_t count = 0;

    while (kinds[index].needed[count] != NULL)
        count++;
    return document->met[index] == (1U << count) - 1;
}

static bool is_kind(const struct document *document, size_t index)
{
    return kinds[index].list == document->list && !document->excluded[index] &&
           has_all(document, index) && (kinds[index].inside == NULL || document->inside[index]) &&
           (!kinds[index].counted ||
            (document->marks >= INDICATORS_MIN && document->marks * 10 >= document->strings));
}

enum sw_place place_of_json(struct sw_view text, bool whole)
{
    struct sw_json_walk walk = sw_json_walk_of(text);
    struct document document = {0};
    enum sw_json_event event = sw_json_next(&walk);
    unsigned top;

    document.list = event != SW_JSON_OBJECT;
    top = document.list ? 2 : 1;
    while ((event = sw_json_next(&walk)) != SW_JSON_END && event != SW_JSON_BAD) {
        if (event == SW_JSON_KEY && is_deed(walk.raw))
            document.runs = true;
        if (event == SW_JSON_KEY && walk.depth == top)
            see_key(&document, walk.raw);
        else if (event == SW_JSON_KEY)
            see_inner_key(&document, walk.raw);
        else if (event == SW_JSON_STRING)
            see_string(&document, walk.raw);
        if (document.list && walk.depth == 1 && event != SW_JSON_OBJECT_END)
            document.mixed = true;
    }
    if (event == SW_JSON_BAD && (whole || !walk.cut))
        return SW_PLACE_UNKNOWN;
    if (document.runs)
        return SW_PLACE_CONFIG;
    if (document.list && whole && document.marks >= INDICATORS_MIN &&
        document.marks * 2 >= document.strings)
        return SW_PLACE_INDICATORS;
    if (document.mixed)
        return SW_PLACE_CONFIG;
    /* What is longer than what was seen may still have a member that makes it something
     * else; a lock file that is cut is JSON up to there, which nothing runs. */
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (is_kind(&document, i) && (whole || kinds[i].place == SW_PLACE_LOCK))
            return kinds[i].place;
    return SW_PLACE_CONFIG;
}

/* One record a line, the first of them the start of a sweep. */
bool place_is_report(struct sw_view text)
{
    struct sw_view line = {0};
    size_t lines = 0;

    while (place_next_line(&text, &line)) {
        struct sw_json_walk walk = sw_json_walk_of(line);
        enum sw_json_event event = sw_json_next(&walk);
        bool typed = event == SW_JSON_OBJECT && sw_json_next(&walk) == SW_JSON_KEY &&
                     place_is(walk.raw, "type") && sw_json_next(&walk) == SW_JSON_STRING;
        if (!typed || (lines++ == 0 && (!place_is(walk.raw, "sweep_start") ||
                                        !place_has(line, "\"program\":\"sweeper\""))))
            return false;
        while ((event = sw_json_next(&walk)) != SW_JSON_END)
            if (event == SW_JSON_BAD)
                return false;
    }
    return lines > 0;
}
