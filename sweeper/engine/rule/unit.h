/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit.h - one rule file of the pack through libyara's compiler, its includes
 * answered from the pack.
 *
 * Runs in:  engine; `sweeper rules ...` in process.
 * Threads:  one.
 * Owns:     the unit borrows everything.
 */
#ifndef SWEEPER_ENGINE_RULE_UNIT_H
#define SWEEPER_ENGINE_RULE_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <yara.h>

#include "sweeper/rule.h"
#include "sweeper/rulepack.h"

#define SW_INCLUDE_DEPTH_MAX YR_MAX_INCLUDE_DEPTH

struct sw_unit {
    const struct sw_rulepack *pack;
    const struct sw_rule_file *file;
    struct sw_diagnoses *diagnoses; /* where to list errors and warnings; NULL: nowhere */
    bool *included;                 /* one for each file of the pack: set when an include of this
                                       unit really brought it in; NULL: nobody asks */
    const char *undefined;          /* a variable's name to watch for; NULL: none */
    bool undefined_met;             /* libyara said that it is not defined */
    bool memory_short;

    /* Private. What is being read: libyara knows files by the words of the
     * directive only, so the unit keeps what they mean. */
    struct {
        char *words;
        const struct sw_rule_file *file;
    } stack[SW_INCLUDE_DEPTH_MAX];
    size_t depth;
    char refusal[512]; /* why the last include was refused, until libyara reports it */
};

/* A compiler with every external variable defined but `without` (SW_EXTERNAL_COUNT:
 * all); NULL when memory is short. */
YR_COMPILER *sw_unit_compiler(enum sw_external without);

/* Compiles unit->file into `compiler`. False on any error; the compiler can
 * then only be destroyed. */
bool sw_unit_compile(struct sw_unit *unit, YR_COMPILER *compiler);

#endif
