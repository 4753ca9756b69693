/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_gather.h - the rules and indicators that the options name.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 */
#ifndef SWEEPER_SUPERVISOR_RULES_GATHER_H
#define SWEEPER_SUPERVISOR_RULES_GATHER_H

#include "sweeper/options.h"
#include "sweeper/rulepack.h"

/* Where `list`, `check` and `pack` have them, those of the verb's own arguments
 * come after --rules: elsewhere the arguments are something else. */
enum sw_status sw_rules_gather(const struct sw_options *options, struct sw_rulepack **pack,
                               struct sw_error *error) SW_MUST_CHECK;

#endif
