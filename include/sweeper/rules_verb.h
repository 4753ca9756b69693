/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_verb.h - `sweeper rules list` and `sweeper rules check`: the ruleset in
 * use for people to read, and what is wrong with other people's rules.
 *
 * Runs in:  supervisor; everything happens in this process, because nothing
 *           but the user's own rules and a sample of clean files is looked at.
 * Threads:  one.
 * Owns:     nothing outlives the call.
 * Fails:    as an exit code: 0; 65 when something does not compile; 2 when the
 *           output could not be written. Messages go to standard error.
 */
#ifndef SWEEPER_RULES_VERB_H
#define SWEEPER_RULES_VERB_H

#include "sweeper/options.h"

/* One line a rule: namespace, rule, severity, family, title; then a count.
 * Rules of both verbs: the built-in set unless it is switched off, --rules, and
 * the targets (PATH...) of the command line. */
enum sw_exit sw_rules_list(const struct sw_options *options);

/* Every error and warning as file:line; then rules that libyara cannot
 * evaluate, strings that defeat the prefilter, the share of the bytes of a
 * clean sample that reaches libyara and because of which strings, and rules
 * that are slow. */
enum sw_exit sw_rules_check(const struct sw_options *options);

#endif
