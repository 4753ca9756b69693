/* SPDX-License-Identifier: Apache-2.0 */
/* ruleset.h - the inside of a compiled set, for the files that build it. */
#ifndef SWEEPER_ENGINE_RULE_RULESET_H
#define SWEEPER_ENGINE_RULE_RULESET_H

#include "sweeper/rule.h"

struct sw_ruleset {
    bool libyara_open; /* yr_initialize() was called for this set */
    YR_RULES *rules;
    struct sw_rule_file *files; /* the compiled files without their texts, by namespace */
    size_t file_count;
    bool uses[SW_EXTERNAL_COUNT];
    bool uses_entrypoint;
    struct sw_disabled_rule *disabled;
    size_t disabled_count;
};

/* Scans small made-up objects with every rule, and disables by name each rule
 * that libyara cannot evaluate (trial.c). A trouble that no rule is to blame
 * for becomes a warning. */
enum sw_status sw_ruleset_try(struct sw_ruleset *set, struct sw_diagnoses *diagnoses,
                              struct sw_error *error) SW_MUST_CHECK;

#endif
