/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sarif.h - the parts of a SARIF 2.1.0 document (OASIS standard, errata 01), one
 * builder a part; sink_sarif.c puts them together.
 *
 * What is kept in memory: the artifacts that the current place lies in, and one id a
 * rule. Everything else goes through spools, so that a report of any length fits.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     returned JSON values are new references; NULL is a lack of memory.
 * Trusts:   records are ours, but their names and texts come from anywhere: they are
 *           percent-encoded in URIs, and escaped in messages so that no text becomes
 *           a link or a placeholder (sections 3.11.5 and 3.11.6).
 * Fails:    SW_STOP: no memory, or a spool that cannot be written.
 */
#ifndef SWEEPER_SUPERVISOR_SARIF_H
#define SWEEPER_SUPERVISOR_SARIF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "supervisor/spool.h"
#include "sweeper/buf.h"
#include "sweeper/severity.h"

/* The base of relative URIs: the directory that the sweep was started in, which CI
 * systems make the root of the sources. */
#define SW_SARIF_BASE_ID "SRCROOT"

enum {
    SW_SARIF_TEXT_MAX = 1000,    /* bytes of a description: code scanning shows 1,024 */
    SW_SARIF_TAGS_MAX = 20,      /* of a rule: code scanning refuses more */
    SW_SARIF_RELATED_MAX = 100,  /* locations of a result: code scanning shows no more */
    SW_SARIF_RULES_MAX = 25000,  /* of a run: code scanning refuses more */
    SW_SARIF_RESULTS_MAX = 25000 /* likewise */
};

/* --- names: sarif_uri.c --- */

/* Percent-encodes all but letters, digits and -._~/@+,= ; with `nested`, the result
 * starts with a slash and has no segment . or .. as it stands. */
enum sw_status sw_sarif_uri(struct sw_buf *out, struct sw_view bytes, bool nested) SW_MUST_CHECK;
/* artifactLocation of a path of this system: relative to `base` (an absolute path, or
 * "") when it lies below it, else a file: URI; what is no path of a file system (as
 * docker:NAME) is relative too. `index` < 0: none. */
json_t *sw_sarif_location(struct sw_view path, const char *base, int64_t index);
/* {"text": ...}: cut to SW_SARIF_TEXT_MAX bytes, braces and brackets escaped. */
json_t *sw_sarif_message(const char *text);
/* {"text": ...}: cut, and as it is: not a message but a string for display. */
json_t *sw_sarif_plain(const char *text);
/* A time of a record with milliseconds; NULL in *object's stead changes nothing when
 * the year has not four digits. */
void sw_sarif_put_time(json_t **object, const char *name, const char *time);

/* --- levels --- */

enum sw_severity sw_sarif_severity(const json_t *finding, const char *member);
/* "error", "warning", "note". */
const char *sw_sarif_level(enum sw_severity severity);

/* --- artifacts: sarif_artifact.c --- */

struct sw_sarif_artifacts;

/* Where a finding lies: the file, and the member in it, which may be the file. */
struct sw_sarif_place {
    uint64_t outer;
    uint64_t leaf;
    json_t *outer_location; /* artifactLocation */
    json_t *leaf_location;
};
void sw_sarif_place_done(struct sw_sarif_place *place);

enum sw_status sw_sarif_artifacts_new(const char *base, struct sw_sarif_artifacts **artifacts,
                                      struct sw_error *error) SW_MUST_CHECK;
void sw_sarif_artifacts_free(struct sw_sarif_artifacts *artifacts);
/* Findings come in the order of sw_sarif_key(). */
enum sw_status sw_sarif_artifact_find(struct sw_sarif_artifacts *artifacts, const json_t *finding,
                                      struct sw_sarif_place *place,
                                      struct sw_error *error) SW_MUST_CHECK;
struct sw_spool *sw_sarif_artifacts_spool(struct sw_sarif_artifacts *artifacts);

/* What records are sorted by: as in the format json, but all that lies in a file comes
 * right after the file, and twins (members of one name) stand apart. */
enum sw_status sw_sarif_key(const json_t *record, struct sw_buf *out) SW_MUST_CHECK;

/* --- rules: sarif_rule.c --- */

struct sw_sarif_rules;

enum sw_status sw_sarif_rules_new(struct sw_sarif_rules **rules,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_sarif_rules_free(struct sw_sarif_rules *rules);
/* Puts ruleId and ruleIndex into the result. */
enum sw_status sw_sarif_rule_put(struct sw_sarif_rules *rules, const json_t *finding,
                                 json_t **result, struct sw_error *error) SW_MUST_CHECK;
struct sw_spool *sw_sarif_rules_spool(struct sw_sarif_rules *rules);
uint64_t sw_sarif_rules_count(const struct sw_sarif_rules *rules);

/* --- results and notifications: sarif_result.c --- */

/* With `brief`, without the matches and where they are. ruleId is put by the caller. */
json_t *sw_sarif_result(const json_t *finding, const struct sw_sarif_place *place, bool brief);
/* Of a gap, an incident or the death of an engine. `level`: that of gaps. */
json_t *sw_sarif_notification(const json_t *record, const char *base, const char *level);
/* One that says what the document leaves out. */
json_t *sw_sarif_limit(const char *text);
/* invocations[0] without its notifications; each may be NULL. */
json_t *sw_sarif_invocation(const json_t *start, const json_t *end, const char *base);
/* tool.driver without its rules; `start` may be NULL. */
json_t *sw_sarif_driver(const json_t *start);

#endif
