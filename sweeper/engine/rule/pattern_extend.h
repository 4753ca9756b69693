/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_extend.h - from an atom to everything that must stand around it.
 *
 * When libyara verifies a match it looks at one offset: `backtrack` bytes
 * before the position at which the automaton stands. From there a literal
 * string's text must stand, or the compiled code must run: forward_code to the
 * right, backward_code to the left. Three facts are then true at once: the
 * path's bytes, what the forward code takes until it first has a choice, and
 * what the backward code takes until then. A pattern is their conjunction, so
 * that libyara cannot find the string where the pattern does not occur.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  one.
 * Fails:    never; what cannot be read ends the extension, and the pattern
 *           says less.
 */
#ifndef SWEEPER_ENGINE_RULE_PATTERN_EXTEND_H
#define SWEEPER_ENGINE_RULE_PATTERN_EXTEND_H

#include <stddef.h>
#include <stdint.h>

#include "engine/rule/atoms.h"
#include "engine/rule/pattern.h"
#include "sweeper/status.h"

/* Called with each pattern of an atom: one, or two when the string is ascii
 * and wide and the atom does not tell which. size 0: nothing must stand there,
 * so that the string cannot be filtered by this atom. */
typedef enum sw_status sw_extend_fn(void *context, const uint16_t *sets, size_t size);

enum sw_status sw_pattern_extend(struct sw_patterns *patterns, const struct sw_atom *atom,
                                 sw_extend_fn *emit, void *context) SW_MUST_CHECK;

#endif
