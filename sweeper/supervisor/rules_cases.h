/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_cases.h - all the case files that `sweeper rules test` runs.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Owns:     the list owns its files until sw_case_list_done().
 */
#ifndef SWEEPER_SUPERVISOR_RULES_CASES_H
#define SWEEPER_SUPERVISOR_RULES_CASES_H

#include "supervisor/case_file.h"
#include "sweeper/options.h"

struct sw_case_list {
    struct sw_case_file **files; /* the built-in ones, then as given, sorted by name */
    size_t count;
    size_t capacity;
    size_t bad; /* files that are none, each told on stderr */
};

/* The built-in cases unless `builtin` is false, then those of each path: a file,
 * or a directory with *.json below it. Goes on after a bad file. SW_STOP, told on
 * stderr, only without memory. */
enum sw_status sw_case_list_gather(struct sw_case_list *list, bool builtin,
                                   const struct sw_texts *paths) SW_MUST_CHECK;
void sw_case_list_done(struct sw_case_list *list);

#endif
