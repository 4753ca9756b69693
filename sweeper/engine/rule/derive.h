/* SPDX-License-Identifier: Apache-2.0 */
/*
 * derive.h - what libyara compiles: the pack, with each file of indicators
 * replaced by the rules that its hosts and objects become.
 *
 * Threads:  any; no state.
 * Owns:     a derived pack borrows from the pack, which outlives it.
 * Fails:    SW_STOP: a file of indicators is wrong, or memory is short.
 */
#ifndef SWEEPER_ENGINE_RULE_DERIVE_H
#define SWEEPER_ENGINE_RULE_DERIVE_H

#include "sweeper/rulepack.h"

struct sw_derived {
    struct sw_rulepack pack;
    char **made; /* for each file: its text when it was made here, else NULL */
};

enum sw_status sw_derive(const struct sw_rulepack *pack, struct sw_derived *derived,
                         struct sw_error *error) SW_MUST_CHECK;
void sw_derived_done(struct sw_derived *derived);

#endif
