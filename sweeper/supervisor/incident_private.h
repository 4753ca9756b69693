/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incident_private.h - what the files of correlation share; the door is
 * sweeper/incident.h.
 *
 *   incident.c         takes findings and context, keeps bounded facts
 *   incident_take.c    what one finding says: stages, evidence
 *   incident_record.c  which families belong together, the verdict, the record
 *   incident_steps.c   what it means and what to do: tables of sentences
 *   incident_wiper.c   how the wiper would judge the root
 *   exposure.c, exposure_places.c   credentials that exist
 *   correlate.c        the conductor's end of it
 */
#ifndef SWEEPER_SUPERVISOR_INCIDENT_PRIVATE_H
#define SWEEPER_SUPERVISOR_INCIDENT_PRIVATE_H

#include "supervisor/exposure_places.h"
#include "sweeper/incident.h"

/* Stages as records write them. X(constant, name, title) */
#define SW_STAGE_TABLE(X)                                                                          \
    X(PACKAGE, "0", "poisoned release")                                                            \
    X(STARTUP, "0a", "start-up file")                                                              \
    X(SOURCE, "0b", "changed source file")                                                         \
    X(INSTALL, "install", "install hook")                                                          \
    X(LOADER, "loader", "loader")                                                                  \
    X(CARRIER, "carrier", "carrier of a hidden payload")                                           \
    X(PACKER, "1", "packer")                                                                       \
    X(COLLECTOR, "2", "credential collector")                                                      \
    X(STEALER, "stealer", "stealer")                                                               \
    X(KUBERNETES, "2k", "Kubernetes stage")                                                        \
    X(BACKDOOR, "3", "backdoor")                                                                   \
    X(UNIT, "persistence", "what starts the backdoor again")                                       \
    X(C2, "c2", "addresses of the attackers")                                                      \
    X(SPREAD, "spread", "spreading")                                                               \
    X(WIPE, "wiper", "wiper")                                                                      \
    X(ENCRYPT, "ransom", "encryption of files")                                                    \
    X(POST, "post-compromise", "use of what was stolen")                                           \
    X(OTHER, "other", "another part")

enum sw_stage {
#define SW_STAGE_ENUM(constant, name, title) SW_STAGE_##constant,
    SW_STAGE_TABLE(SW_STAGE_ENUM)
#undef SW_STAGE_ENUM
        SW_STAGE_COUNT
};
const char *sw_stage_name(enum sw_stage stage);
const char *sw_stage_title(enum sw_stage stage);

/* What a verdict rests on. X(constant, verdict, words) */
#define SW_TRACE_TABLE(X)                                                                          \
    X(STATE, EXECUTED, "state file of the backdoor")                                               \
    X(DOWNLOAD, EXECUTED,                                                                          \
      "file that the backdoor downloads to; weak alone, other programs use the name")              \
    X(RUNNER, EXECUTED, "what was collected on a build runner")                                    \
    X(BUNDLE, EXECUTED, "bundle of stolen data")                                                   \
    X(LOOT, EXECUTED, "output of the collector")                                                   \
    X(EXFIL, EXECUTED, "copy of a repository that carries stolen data")                            \
    X(CLUSTER, EXECUTED, "Kubernetes object that the attack made")                                 \
    X(BACKDOOR, PERSISTED, "backdoor in its place")                                                \
    X(UNIT, PERSISTED, "unit in its place")                                                        \
    X(WIPER, DESTRUCTIVE, "code of the wiper")                                                     \
    X(LOCKER, DESTRUCTIVE, "program or traces that encrypt files")

enum sw_trace {
#define SW_TRACE_ENUM(constant, verdict, words) SW_TRACE_##constant,
    SW_TRACE_TABLE(SW_TRACE_ENUM)
#undef SW_TRACE_ENUM
        SW_TRACE_COUNT
};
enum sw_verdict sw_trace_verdict(enum sw_trace evidence);
const char *sw_trace_words(enum sw_trace evidence);

enum {
    SW_FAMILIES_MAX = 32,        /* of one root; what is more is in the family "other" */
    SW_FAMILY_NAME_MAX = 64,     /* bytes; a longer name is in the family "other" */
    SW_EXAMPLES_MAX = 5,         /* of one stage: the first by locator */
    SW_EXAMPLE_BYTES_MAX = 1024, /* a longer locator is counted and not shown */
    SW_TIME_TEXT_SIZE = 40,
    SW_CONTEXT_BYTES_MAX = 128, /* of one value */
};

struct sw_stage_facts {
    uint64_t count;
    enum sw_severity severity;
    char *examples[SW_EXAMPLES_MAX]; /* sorted; NULL after the last */
};

/* Whether findings of at least medium severity agree in rule or object: two
 * that agree in neither support each other. */
struct sw_pair {
    uint64_t count;
    uint64_t rule; /* hash of the first one's */
    uint64_t object;
    bool same_rule;
    bool same_object;
};

struct sw_family_facts {
    char name[SW_FAMILY_NAME_MAX + 1];
    enum sw_severity severity;
    struct sw_pair pair;
    char earliest[SW_TIME_TEXT_SIZE]; /* "": none known */
    char latest[SW_TIME_TEXT_SIZE];
    struct sw_stage_facts stages[SW_STAGE_COUNT];
    char *evidence[SW_TRACE_COUNT]; /* the first locator of each kind */
};

struct sw_wiper_facts {
    bool kubernetes;
    char timezone[SW_CONTEXT_BYTES_MAX]; /* "": unknown */
    char localtime[SW_CONTEXT_BYTES_MAX];
    char lang[SW_CONTEXT_BYTES_MAX];
};

struct sw_root_facts {
    uint32_t key;
    size_t family_count;
    struct sw_family_facts *families[SW_FAMILIES_MAX]; /* sorted by name */
    struct sw_family_facts *other;                     /* all further ones; NULL: none */
    struct sw_wiper_facts wiper;
};

/* --- incident_take.c --- */
/* A finding, as far as it matters here; borrows from the record. */
struct sw_taken {
    enum sw_severity severity;
    const char *family;
    const char *kind;
    const char *rule;
    const char *locator;
    struct sw_view base;   /* the last component of the last hop */
    struct sw_view parent; /* the one above */
    struct sw_view hop;    /* the last hop */
    uint32_t stages;
    uint64_t rule_hash;
    uint64_t object_hash;
    const json_t *times; /* what has those that count */
};
/* False when it counts for nothing. */
bool sw_taken_from(const json_t *finding, struct sw_taken *taken);
bool sw_taken_has_stage(const struct sw_taken *taken, enum sw_stage stage);
/* What it shows, as a set of bits 1 << enum sw_trace. */
uint32_t sw_taken_evidence(const struct sw_taken *taken);

/* --- incident.c --- */
/* NULL when nothing was taken for this root. SW_STOP: memory ran out. */
enum sw_status sw_incidents_find(const struct sw_incidents *incidents, uint32_t root_index,
                                 const struct sw_root_facts **root,
                                 struct sw_error *error) SW_MUST_CHECK;

/* Two pairs as if all findings had come to one. */
void sw_pair_merge(struct sw_pair *into, const struct sw_pair *from);
bool sw_pair_supports(const struct sw_pair *pair);

/* --- incident_wiper.c --- */
void sw_wiper_note(struct sw_wiper_facts *facts, const char *name, const char *value);
bool sw_wiper_known(const struct sw_wiper_facts *facts);
/* The member "wiper_target". */
json_t *sw_wiper_target(const struct sw_wiper_facts *facts);
/* Whether the wiper would destroy this target or its cluster. */
bool sw_wiper_would_destroy(const struct sw_wiper_facts *facts);

/* --- incident_steps.c --- */
/* What the sentences depend on. */
struct sw_incident_case {
    enum sw_verdict verdict;
    const struct sw_family_facts *const *families; /* those of the incident */
    size_t family_count;
    const struct sw_wiper_facts *wiper; /* NULL: nothing known */
    const uint64_t *exposed;            /* by credential; NULL: not reported */
};
json_t *sw_incident_meaning(const struct sw_incident_case *incident);
json_t *sw_incident_next_steps(const struct sw_incident_case *incident);

/* --- exposure.c --- */
/* Files a group. SW_STOP: memory ran out. */
enum sw_status sw_exposure_tally(const struct sw_exposure *exposure, uint32_t root_index,
                                 uint64_t counts[static SW_CREDENTIAL_COUNT]) SW_MUST_CHECK;
/* The member "exposure". */
json_t *sw_exposure_report(const struct sw_exposure *exposure, uint32_t root_index);

#endif
