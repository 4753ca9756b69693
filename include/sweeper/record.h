/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - the records of a report: JSON objects as docs/schema/ has them.
 *
 * The engine knows what it found, the supervisor knows where: the engine sends
 * a finding or a gap in *engine form* (below), and the supervisor checks it,
 * adds path, facts, chain, locator and id, and writes what it has parsed -
 * never the engine's own bytes.
 *
 * Engine form of a finding:
 *   {"type":"finding","kind":"yara","severity":"high","family":"litellm"|null,
 *    "rule":{"name":..,"namespace":..,"tags":[..],"meta":{..}},
 *    "match_count":3,
 *    "matches":[{"pattern":"$a","offset":0,"length":5,"data":"..","encoding":"text"|"base64"}],
 *    "package":{"ecosystem":..,"name":..,"version":..},  of kind "package", and then always
 *    "object":{"sha256":..,"size":..,"type":..,"mime":..},
 *    "chain":[]}            hops below the item itself; empty for a plain file. A member's hop may
 * have "package":{"form":..,"name":..,"version":..,"known_by":"name"|"content"}: the package that
 * the container around it is, and "parts": of how many parts that container is
 * Engine form of a gap:
 *   {"type":"gap","reason":"timeout","detail":"..","rule":{"name":..,"namespace":..}|absent,
 *    "chain":[]}
 *
 * Runs in:  supervisor (all of it); the engine shares only the form.
 * Threads:  the conductor's only.
 * Owns:     every returned record is a new reference (json_decref()).
 * Trusts:   engine records are hostile until sw_record_complete() has taken them.
 * Fails:    NULL on a lack of memory, which the caller treats as SW_STOP.
 */
#ifndef SWEEPER_RECORD_H
#define SWEEPER_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/incident.h"
#include "sweeper/options.h"
#include "sweeper/walk.h"

#define SW_SCHEMA_VERSION "1.0"

/* Checks an engine record (closed form: known members only, right types, known
 * names, lengths within bounds) and completes it for the item it belongs to.
 * SW_DEAD when the form is wrong: the engine is then not to be believed any
 * more; the error's text never quotes it. SW_STOP on a lack of memory. */
enum sw_status sw_record_complete(const char *text, size_t size, const struct sw_item *item,
                                  json_t **record, struct sw_error *error) SW_MUST_CHECK;

/* The same finding or gap at another name of the same file (a hard link). */
json_t *sw_record_move(const json_t *record, const struct sw_item *item);

/* A gap that the supervisor itself has to report about an item. `text` may be
 * NULL. */
json_t *sw_record_gap(const struct sw_item *item, enum sw_gap reason, const char *text);

/* What is in force, gathered by the conductor. Texts are borrowed. */
struct sw_start_facts {
    const struct sw_options *options;
    int64_t started_ns;
    const char *ruleset_digest;
    const struct sw_rulepack *pack; /* for what only the supervisor knows of it; NULL: nothing */
    const json_t *engine; /* the engine's own account of itself: members "ruleset", "prefilter",
                             "sandbox", "libraries" as the schema has them; checked on arrival */
};
json_t *sw_record_sweep_start(const struct sw_start_facts *facts);
/* Checks the engine's account against the schema's form, as sw_record_complete() does. */
bool sw_record_engine_account_ok(const json_t *engine);

json_t *sw_record_root(const struct sw_root *root);

/* An engine died. cause: "crash", "killed", "timeout", "protocol". */
struct sw_engine_death {
    const char *cause;
    int signal;                            /* 0 when it was not a signal */
    int exit_status;                       /* -1 when it was a signal */
    const char *detail;                    /* one sentence */
    const struct sw_item *const *suspects; /* what its workers were at */
    size_t suspect_count;
};
json_t *sw_record_engine_death(const struct sw_engine_death *death);

/* Everything sweep_end says; kept up to date by the conductor. */
struct sw_totals {
    uint64_t scanned;      /* objects judged, wholly or in part */
    uint64_t bytes;        /* content bytes looked at */
    uint64_t full_objects; /* objects in which libyara searched strings */
    uint64_t full_bytes;
    uint64_t members; /* of containers: judged, wholly or in part */
    uint64_t member_bytes;
    uint64_t hard_links; /* further names of objects already scanned */
    uint64_t engine_deaths;
    uint64_t findings[SW_SEVERITY_CRITICAL + 1];
    uint64_t gaps[SW_GAP_COUNT];
    uint64_t other_platform; /* records left out by --platform */
    bool layer_caching;      /* --layer-cache was given */
    uint64_t layers_used;    /* that were not read again */
    uint64_t layers_stored;
    bool basing;                                  /* --base was given */
    uint64_t inherited[SW_SEVERITY_CRITICAL + 1]; /* of the findings: in layers of a base image */
    uint64_t added;                               /* and in images, but not there */
    bool suppressing;                             /* --suppress was given */
    uint64_t suppressed;
    uint64_t suppressions_expired;
    uint64_t incidents[SW_VERDICT_COUNT];
    struct sw_walk_counts walk;
    json_t *types; /* --types: {"text/plain": 12, ...}; NULL otherwise */
    int64_t started_ns;
    int64_t finished_ns;
    double duration_s;
    bool interrupted;
    bool failed; /* a fatal error ended the sweep */
    enum sw_exit exit_code;
};
uint64_t sw_totals_gaps(const struct sw_totals *totals);
uint64_t sw_totals_findings(const struct sw_totals *totals);
/* "clean", "findings", "incomplete", "interrupted", "failed": what the run proved. */
const char *sw_totals_verdict(const struct sw_totals *totals);
/* The exit code that options and totals make (DESIGN: precedence 2, 130, 1, 3, 0; with
 * --strict gaps come before findings). */
enum sw_exit sw_totals_exit(const struct sw_totals *totals, const struct sw_options *options);
json_t *sw_record_sweep_end(const struct sw_totals *totals);

/* The summary at the end, for people, on stderr: ten lines at most. */
void sw_totals_print(FILE *out, const struct sw_totals *totals);
/* One line for logs, the very last: "sweeper: FAIL 2 critical, 1 high; 3 gaps (exit 1)". PASS,
 * FAIL, INCOMPLETE, INTERRUPTED or ERROR, as the exit code is 0, 1, 3, 130 or 2. */
void sw_totals_print_verdict(FILE *out, const struct sw_totals *totals);

/* Order of records in documents: type (sweep_start first, sweep_end last),
 * locator (root: path; engine_death: at), namespace, rule, reason, detail, and then
 * the whole line: a total order, whatever the order of discovery. <0, 0, >0. */
int sw_record_compare(const json_t *a, const json_t *b);

#endif
