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
    /* For objects in which no string of any rule matches (bound.h). */
    size_t bound_count;
    bool shortcut;     /* `unbound` answers for the whole set there */
    YR_RULES *unbound; /* the files with rules that are not bound; NULL: there are none */
    uint32_t *places;  /* where each rule of `unbound` stands in `rules` */
};

/* Scans small made-up objects with every rule, and disables by name each rule
 * that libyara cannot evaluate (trial.c). A trouble that no rule is to blame
 * for becomes a warning. */
enum sw_status sw_ruleset_try(struct sw_ruleset *set, struct sw_diagnoses *diagnoses,
                              struct sw_error *error) SW_MUST_CHECK;

/* The rule of the whole set that `index` of `unbound` is a copy of. */
static inline uint32_t sw_ruleset_place(const uint32_t *places, uint32_t index)
{
    return places == NULL ? index : places[index];
}

#endif
