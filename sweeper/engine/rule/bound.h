/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bound.h - which rules are bound to their strings: certainly false, or
 * undefined, when no string of any rule matches.
 *
 * Nearly all objects of a clean tree have no match of any string, and nearly
 * all rules ask for one. These rules need not be evaluated there at all.
 *
 * Decided from the compiled condition, by running it with values that are
 * partly known: no string is found, every count is 0, every offset undefined;
 * what a condition learns from the object, its name or a module may be anything.
 * Where both ways of a jump are possible both are followed, and joined where
 * they meet. Whatever is not understood (a loop that may have a round, an opcode
 * that is not on the list, a libyara with other opcodes) makes a rule not bound,
 * which costs time and never a finding.
 *
 * Threads:  any; no state.
 * Trusts:   rules that this process compiled.
 */
#ifndef SWEEPER_ENGINE_RULE_BOUND_H
#define SWEEPER_ENGINE_RULE_BOUND_H

#include <stdbool.h>
#include <yara.h>

/* Sets bound[i] for each rule; a disabled rule is bound. referred[i]: where no
 * string matches, the condition of some other rule may ask for this one. Both
 * have rules->num_rules elements. False when nothing could be decided: then no
 * rule is bound. */
bool sw_bound_find(const YR_RULES *rules, bool *bound, bool *referred);

#endif
