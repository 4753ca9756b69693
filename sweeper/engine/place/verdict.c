/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - the table of places: one row a place, explained in docs/places.md. */
#include "sweeper/place.h"

struct row {
    const char *name;
    enum sw_severity content_most; /* a finding that rests on strings or names in the content */
    enum sw_severity package_most; /* a finding that rests on a package and its version */
    unsigned steps;                /* and so many steps lower than the rule says */
    const char *reason;
};

#define AS_THE_RULE_SAYS SW_SEVERITY_CRITICAL, SW_SEVERITY_CRITICAL, 0

static const struct row rows[SW_PLACE_COUNT] = {
    [SW_PLACE_UNKNOWN] = {"unknown", AS_THE_RULE_SAYS,
                          "Nothing shows that this content is harmless where it lies, so the "
                          "severity is that of the rule."},
    [SW_PLACE_RUNS] = {"runs", AS_THE_RULE_SAYS,
                       "This runs where it lies, or says what is installed and started there, so "
                       "the severity is that of the rule."},
    [SW_PLACE_CODE] = {"code", AS_THE_RULE_SAYS,
                       "This is program code, whatever its comments say, so the severity is that "
                       "of the rule."},
    [SW_PLACE_CONFIG] = {"config", AS_THE_RULE_SAYS,
                         "This is configuration or a manifest that a program applies, so the "
                         "severity is that of the rule."},
    [SW_PLACE_OUTPUT] = {"output", SW_SEVERITY_HIGH, SW_SEVERITY_HIGH, 0,
                         "This is output of a program (a log, a history, a dump): it tells of "
                         "something and does nothing itself, so it is high at most."},
    [SW_PLACE_DATA] = {"data", SW_SEVERITY_CRITICAL, SW_SEVERITY_CRITICAL, 1,
                       "This is a database or a capture that nothing runs, so it counts one step "
                       "less than the rule says."},
    [SW_PLACE_PROSE] = {"prose", SW_SEVERITY_LOW, SW_SEVERITY_LOW, 0,
                        "This is text for people, which speaks of such things and runs nothing, "
                        "so it is low at most."},
    [SW_PLACE_RULES] = {"rules", SW_SEVERITY_INFO, SW_SEVERITY_INFO, 0,
                        "These are detection rules, which quote what they look for, so it is for "
                        "information only."},
    [SW_PLACE_INDICATORS] = {"indicators", SW_SEVERITY_LOW, SW_SEVERITY_LOW, 0,
                             "This is a list of indicators or a set of sensor rules, which quote "
                             "what they look for, so it is low at most."},
    [SW_PLACE_LOCK] = {"lock", SW_SEVERITY_LOW, SW_SEVERITY_MEDIUM, 0,
                       "This is the lock file of a package manager: what is locked need not be "
                       "installed, so it is medium at most, and low for text."},
};

const char *sw_place_name(enum sw_place place)
{
    return rows[place].name;
}

struct sw_place_verdict sw_place_judge(enum sw_severity rule_severity, enum sw_evidence evidence,
                                       enum sw_place place)
{
    const struct row *row = &rows[place];
    enum sw_severity most = row->content_most;
    struct sw_place_verdict verdict = {rule_severity, row->reason};

    if (evidence == SW_EVIDENCE_HASH)
        return (struct sw_place_verdict){
            rule_severity, "The bytes are those of a known artefact, which counts the "
                           "same wherever they lie."};
    if (evidence == SW_EVIDENCE_PATH)
        return (struct sw_place_verdict){
            rule_severity, "The name and where it lies are the evidence, whatever the "
                           "content is."};
    if (evidence == SW_EVIDENCE_PACKAGE)
        most = row->package_most;
    if (row->steps > 0 && rule_severity >= SW_SEVERITY_INFO + row->steps)
        verdict.severity = (enum sw_severity)(rule_severity - row->steps);
    else if (row->steps > 0)
        verdict.severity = SW_SEVERITY_INFO;
    if (verdict.severity > most)
        verdict.severity = most;
    return verdict;
}
