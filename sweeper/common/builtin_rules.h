/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builtin_rules.h - the rules and their cases that travel inside the
 * executable.
 *
 * The build compiles every file below rules/yara (a bad one fails the build)
 * and writes them into a generated C file as one blob that is masked by a keyed
 * stream, and what is below rules/cases into another one in the same way, so
 * that the executable's own bytes match none of its rules: a scanner that
 * carries plain rule text finds itself. This is no secret: the key stands
 * beside the blob.
 *
 * Runs in:  both processes; the build's embedding tool masks.
 * Threads:  any; the functions have no state.
 * Owns:     the blobs are static.
 *
 * The unmasked blob: for each file, in order of its path, a u32 length and the
 * path below its root, a u32 length and the text (integers little-endian).
 */
#ifndef SWEEPER_COMMON_BUILTIN_RULES_H
#define SWEEPER_COMMON_BUILTIN_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

enum sw_builtin { SW_BUILTIN_RULES, SW_BUILTIN_CASES };

/* The unmasked blob, to be freed, and a cursor at its beginning; NULL without
 * memory. */
uint8_t *sw_builtin_open(enum sw_builtin which, struct sw_cursor *cursor);

/* The masked bytes and their key: defined by the generated files. */
const uint8_t *sw_builtin_rules_data(void);
size_t sw_builtin_rules_size(void);
uint64_t sw_builtin_rules_key(void);
const uint8_t *sw_builtin_cases_data(void);
size_t sw_builtin_cases_size(void);
uint64_t sw_builtin_cases_key(void);

/* Next byte of the stream (xorshift64*, Vigna 2016); `state` starts as the key
 * and is never 0. Masking and unmasking are the same exclusive-or. */
static inline uint8_t sw_builtin_rules_mask(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint8_t)((*state * UINT64_C(0x2545F4914F6CDD1D)) >> 56);
}

#endif
