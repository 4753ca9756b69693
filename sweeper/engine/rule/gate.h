/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - whether any of hundreds of patterns is in these bytes, asked quickly.
 *
 * A pattern that has GRAM + STRIDE - 1 plain positions in a row (11: bytes, or
 * letters of either case) shows one of its four 8-byte grams at an offset that
 * is a multiple of 4, wherever it stands. So it is enough to look at every fourth
 * offset whether a gram of any pattern is there: one multiplication and one bit
 * for four bytes, where a search for hundreds of patterns costs five times that.
 * Where one is, its patterns are compared as they stand. Patterns that are too
 * short for it are searched for by themselves; there are few.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  build: one thread; read-only afterwards, a scratch belongs to one.
 * Owns:     sw_gate_free() releases; NULL is fine. A gate borrows the patterns.
 * Fails:    SW_PART when a gate is not worth it for these patterns (few of them,
 *           or most of them short), SW_STOP on a lack of memory.
 */
#ifndef SWEEPER_ENGINE_RULE_GATE_H
#define SWEEPER_ENGINE_RULE_GATE_H

#include "engine/rule/pattern.h"
#include "engine/rule/pattern_database.h"

struct sw_gate;

enum sw_status sw_gate_build(const struct sw_patterns *patterns, struct sw_gate **gate,
                             struct sw_error *error) SW_MUST_CHECK;
void sw_gate_free(struct sw_gate *gate);

enum sw_status sw_gate_scratch_new(const struct sw_gate *gate, struct sw_database_scratch **scratch,
                                   struct sw_error *error) SW_MUST_CHECK;

/* True when a pattern is in the bytes, or when nobody can say. */
bool sw_gate_finds(const struct sw_gate *gate, struct sw_database_scratch *scratch,
                   const uint8_t *data, size_t size);

#endif
