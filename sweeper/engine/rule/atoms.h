/* SPDX-License-Identifier: Apache-2.0 */
/*
 * atoms.h - what libyara's scan loop waits for, read out of the compiled rules.
 *
 * libyara looks at a string only when its Aho-Corasick automaton, after
 * consuming `i` bytes, stands in a state whose list holds a YR_AC_MATCH of
 * that string. In that moment the last bytes consumed are the bytes on the
 * path from the root to the state, whatever way the automaton took. One atom
 * here is one YR_AC_MATCH with the path of the state that owns it.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  one.
 * Owns:     sw_atoms_done() releases the rows; matches borrow from the rules.
 * Trusts:   the rules, which libyara compiled in this process.
 * Fails:    SW_STOP on a lack of memory or an automaton that is no tree.
 */
#ifndef SWEEPER_ENGINE_RULE_ATOMS_H
#define SWEEPER_ENGINE_RULE_ATOMS_H

#include <stddef.h>
#include <stdint.h>
#include <yara.h>

#include "sweeper/status.h"

#define SW_ATOM_PATH_MAX 16 /* bytes kept of a path; stock libyara's are at most 4 */

struct sw_atom {
    const YR_AC_MATCH *match;
    uint8_t path[SW_ATOM_PATH_MAX]; /* the last bytes consumed, oldest first */
    uint8_t size;                   /* bytes in path; 0: the string has no atom */
};

struct sw_atoms {
    struct sw_atom *rows; /* by string index, then in no particular order */
    size_t count;
};

enum sw_status sw_atoms_collect(const YR_RULES *rules, struct sw_atoms *atoms,
                                struct sw_error *error) SW_MUST_CHECK;
void sw_atoms_done(struct sw_atoms *atoms);

#endif
