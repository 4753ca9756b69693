/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incident.h - findings of one root that belong together become one record:
 * what happened, how far it went, what to do, and which credentials are at
 * stake.
 *
 * Two collections, each keyed by a root index: the index of a target, and
 * later of an image or a disk inside one. `sw_incidents` keeps bounded facts of
 * findings, `sw_exposure` keeps which of the places that the campaign's stealer
 * reads exist. Both give the same answer in whatever order they are filled.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     everything taken is copied; a record is a new reference.
 * Trusts:   no path, no name and no value. Nothing here reads content: presence,
 *           size and times come from the walk, two facts of the wiper's gate
 *           come from the engine (sw_incidents_context()).
 * Fails:    a lack of memory while collecting is remembered, and given back as
 *           SW_STOP when the record is asked for.
 */
#ifndef SWEEPER_INCIDENT_H
#define SWEEPER_INCIDENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/facts.h"
#include "sweeper/options.h"
#include "sweeper/status.h"

/* How far it went, from the least to the worst. X(constant, name in records) */
#define SW_VERDICT_TABLE(X)                                                                        \
    X(EXPOSURE, "exposure")       /* no incident: --exposure=on asked for the list */              \
    X(PRESENT, "present")         /* the package or artefact is there */                           \
    X(EXECUTED, "executed")       /* traces that only running leaves */                            \
    X(PERSISTED, "persisted")     /* a backdoor or its unit in place */                            \
    X(DESTRUCTIVE, "destructive") /* code that wipes or encrypts */

enum sw_verdict {
#define SW_VERDICT_ENUM(constant, name) SW_VERDICT_##constant,
    SW_VERDICT_TABLE(SW_VERDICT_ENUM)
#undef SW_VERDICT_ENUM
        SW_VERDICT_COUNT
};
const char *sw_verdict_name(enum sw_verdict verdict);
/* SW_VERDICT_COUNT when no verdict has this name. */
enum sw_verdict sw_verdict_find(const char *name);

/* --- exposure.c: credentials that exist ------------------------------------ */

struct sw_exposure;

enum sw_status sw_exposure_new(struct sw_exposure **exposure, struct sw_error *error) SW_MUST_CHECK;
void sw_exposure_free(struct sw_exposure *exposure);

/* A root, before anything below it is noted. `path` is its own absolute path:
 * rows are written as paths below it, and a target that lies inside a home
 * (/home/a/.ssh) is recognised by it. */
void sw_exposure_root(struct sw_exposure *exposure, uint32_t root_index, struct sw_view path);

/* An object that the walk met, whether it is read or not. `path` is the path
 * below the root, without a slash at its beginning. `facts` is NULL, or of mode
 * 0, where nobody could ask. Costs some nanoseconds when it is no credential. */
void sw_exposure_note(struct sw_exposure *exposure, uint32_t root_index, struct sw_view path,
                      const struct sw_facts *facts);

/* --- incident.c: findings that belong together ------------------------------ */

struct sw_incidents;

enum sw_status sw_incidents_new(struct sw_incidents **incidents,
                                struct sw_error *error) SW_MUST_CHECK;
void sw_incidents_free(struct sw_incidents *incidents);

/* A completed finding record. One that is suppressed, or has no family, counts
 * for nothing. */
void sw_incidents_take(struct sw_incidents *incidents, uint32_t root_index, const json_t *finding);

/* A fact of the swept system by which the wiper decides. Names: "timezone" (content
 * of etc/timezone), "localtime" (target of the link etc/localtime), "lang" (a
 * value of LANG, of several files perhaps), "kubernetes" (any value: the service account's
 * directory exists). Other names are ignored. */
void sw_incidents_context(struct sw_incidents *incidents, uint32_t root_index, const char *name,
                          const char *value);

/* The record of a root. SW_END: there is nothing to say; *record stays as it
 * is. `exposure` may be NULL; `path` is the root's, exact bytes. */
struct sw_incident_request {
    const struct sw_incidents *incidents;
    const struct sw_exposure *exposure;
    enum sw_exposure_mode mode;
    uint32_t root_index;
    struct sw_view path;
};
enum sw_status sw_incident_record(const struct sw_incident_request *request, json_t **record,
                                  struct sw_error *error) SW_MUST_CHECK;

#endif
