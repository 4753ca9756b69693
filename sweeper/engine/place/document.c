/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.c - kinds of JSON documents that nothing applies, each by the closed
 * set of its outermost members. One member more, and it is a manifest again.
 */
#include "common/json_walk.h"
#include "engine/place/listing.h"
#include "engine/place/place_private.h"

enum { KEYS_MAX = 40, NEEDED_MAX = 4, INDICATORS_MIN = 3 };

struct kind {
    enum sw_place place;
    bool counted; /* only if it holds indicators */
    const char *needed[NEEDED_MAX + 1];
    const char *allowed[KEYS_MAX + 1]; /* besides */
};

static const struct kind kinds[] = {
    /* npm */
    {SW_PLACE_LOCK,
     false,
     {"lockfileVersion"},
     {"name", "version", "requires", "packages", "dependencies"}},
    /* pipenv */
    {SW_PLACE_LOCK, false, {"_meta", "default", "develop"}, {NULL}},
    /* OSV */
    {SW_PLACE_PROSE,
     false,
     {"id", "modified", "affected"},
     {"schema_version", "published", "withdrawn", "aliases", "upstream", "related", "summary",
      "details", "severity", "references", "credits", "database_specific"}},
    /* CSAF */
    {SW_PLACE_PROSE, false, {"document", "vulnerabilities"}, {"product_tree", "$schema"}},
    /* CVE */
    {SW_PLACE_PROSE, false, {"dataType", "cveMetadata", "containers"}, {"dataVersion"}},
    /* STIX */
    {SW_PLACE_INDICATORS, false, {"type", "id", "objects"}, {"spec_version"}},
    /* MISP */
    {SW_PLACE_INDICATORS, true, {"Event"}, {NULL}},
    /* ours */
    {SW_PLACE_INDICATORS, false, {"schema", "family", "sources", "entries"}, {"$schema"}},
    /* anybody's */
    {SW_PLACE_INDICATORS,
     true,
     {NULL},
     {"$schema",  "schema",       "version",      "name",   "title",   "description", "author",
      "date",     "updated",      "modified",     "source", "sources", "reference",   "references",
      "tags",     "campaign",     "family",       "threat", "actor",   "malware",     "iocs",
      "ioc",      "indicators",   "entries",      "hashes", "sha256",  "sha1",        "md5",
      "domains",  "ips",          "ip_addresses", "urls",   "files",   "filenames",   "paths",
      "packages", "last_updated", "severity",     "notes"}},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

struct document {
    bool excluded[KIND_COUNT];
    unsigned met[KIND_COUNT]; /* bits: which needed members are there */
    size_t strings, marks;
};

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
    return !document->excluded[index] && has_all(document, index) &&
           (!kinds[index].counted ||
            (document->marks >= INDICATORS_MIN && document->marks * 10 >= document->strings));
}

enum sw_place place_of_json(struct sw_view text, bool whole)
{
    struct sw_json_walk walk = sw_json_walk_of(text);
    struct document document = {0};
    enum sw_json_event event = sw_json_next(&walk);
    bool is_object = event == SW_JSON_OBJECT;

    while ((event = sw_json_next(&walk)) != SW_JSON_END && event != SW_JSON_BAD) {
        if (event == SW_JSON_KEY && walk.depth == 1)
            see_key(&document, walk.raw);
        else if (event == SW_JSON_STRING)
            see_string(&document, walk.raw);
    }
    if (event == SW_JSON_BAD && (whole || !walk.cut))
        return SW_PLACE_UNKNOWN;
    if (!is_object)
        return whole && document.marks >= INDICATORS_MIN && document.marks * 2 >= document.strings
                   ? SW_PLACE_INDICATORS
                   : SW_PLACE_CONFIG;
    /* What is longer than what was seen may still have a member that makes it something
     * else; a lock file that is cut is JSON up to there, which nothing runs. */
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (is_kind(&document, i) && (whole || kinds[i].place == SW_PLACE_LOCK))
            return kinds[i].place;
    return SW_PLACE_CONFIG;
}
