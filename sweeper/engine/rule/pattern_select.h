/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_select.h - which patterns a ruleset needs, and which strings have
 * none.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  one.
 * Owns:     sw_selection_done() releases everything; strings borrow from the
 *           rules.
 * Fails:    SW_STOP on a lack of memory.
 */
#ifndef SWEEPER_ENGINE_RULE_PATTERN_SELECT_H
#define SWEEPER_ENGINE_RULE_PATTERN_SELECT_H

#include <stddef.h>
#include <stdint.h>
#include <yara.h>

#include "engine/rule/pattern.h"
#include "sweeper/status.h"

/* A string that cannot match where the pattern does not occur. */
struct sw_owner {
    uint32_t row; /* of the pattern */
    const YR_STRING *string;
};

struct sw_selection {
    struct sw_patterns patterns;
    struct sw_owner *owners; /* by row */
    size_t owner_count, owner_capacity;
    const YR_STRING **unfilterable; /* heads of chains where there is a chain */
    size_t unfilterable_count;
};

enum sw_status sw_selection_make(const YR_RULES *rules, struct sw_selection *selection,
                                 struct sw_error *error) SW_MUST_CHECK;
void sw_selection_done(struct sw_selection *selection);

#endif
