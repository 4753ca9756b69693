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

/* One line a rule: namespace, rule, severity, family, title; then a count. With
 * --json everything that is known of rules and indicators, for tools.
 * Rules of both verbs: the built-in set unless it is switched off, --rules, and
 * the targets (PATH...) of the command line. */
enum sw_exit sw_rules_list(const struct sw_options *options);

/* Every error and warning as file:line; then rules that libyara cannot
 * evaluate, strings that defeat the prefilter, the share of the bytes of a
 * clean sample that reaches libyara and because of which strings, and rules
 * that are slow. */
enum sw_exit sw_rules_check(const struct sw_options *options);

/* Sweeps every case of the built-in set (unless it is switched off) and of the
 * targets (CASES_PATH...: files, or directories of *.json) with the rules in
 * use, by an engine as a scan has it. One line for each case that did not go as
 * it should and for each rule without cases, and a closing line. 1 when a case
 * failed, or with --strict when a rule has too few; 65 for bad cases. */
enum sw_exit sw_rules_test(const struct sw_options *options);

/* Writes the rules and indicators of the options as one pack, in one step: the
 * file is there whole, or as it was. What does not compile is not packed. */
enum sw_exit sw_rules_pack(const struct sw_options *options);

/* Digest, files and signatures of each pack. 65 when one is damaged, has a
 * wrong signature, or none by a key that was given. */
enum sw_exit sw_rules_verify(const struct sw_options *options);

#endif
