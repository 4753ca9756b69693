/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest_paths.h - which forms `sweeper selftest` puts into one another, and
 * what must come back of each.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Owns:     a list owns its paths and what is noted in them.
 */
#ifndef SWEEPER_SUPERVISOR_SELFTEST_PATHS_H
#define SWEEPER_SUPERVISOR_SELFTEST_PATHS_H

#include <jansson.h>

#include "supervisor/sample.h"

#define SW_SELFTEST_RULE "sweeper_selftest"

/* forms[0] holds the text; then they take turns, `depth` of them in all. */
struct selftest_path {
    const struct sw_sample_form *forms[3];
    unsigned form_count;
    unsigned depth;
    bool made;      /* the sample was swept */
    unsigned right; /* findings that are as they should be */
    unsigned other; /* further findings of the rule */
    char *note;     /* the first gap, or why it was not made; or NULL */
};

struct selftest_paths {
    struct selftest_path *rows;
    size_t count;
    size_t next; /* to be swept */
    bool no_memory;
};

/* All of them; false without memory. */
bool selftest_paths_init(struct selftest_paths *paths);
void selftest_paths_done(struct selftest_paths *paths);

/* The form at a level, 0 being the innermost. */
const struct sw_sample_form *selftest_form(const struct selftest_path *path, unsigned level);
/* True when the text was found once where it is. Further findings may be right too:
 * uuencode's base64 form is a run of base64 as well. */
bool selftest_seen(const struct selftest_path *path);

/* "zip-deflate in gzip, depth 4" */
enum sw_status selftest_name(const struct selftest_path *path, struct sw_buf *out) SW_MUST_CHECK;
/* "/selftest/7": the label of the outermost object. */
enum sw_status selftest_label(size_t index, struct sw_buf *out) SW_MUST_CHECK;
/* The locator of the text. */
enum sw_status selftest_locator(const struct selftest_path *path, size_t index,
                                struct sw_buf *out) SW_MUST_CHECK;

/* Wraps the text; SW_SKIP with a text when this cannot be made here. */
enum sw_status selftest_build(const struct selftest_path *path, struct sw_buf *out,
                              struct sw_error *error) SW_MUST_CHECK;
/* The rule that finds the text when all of it is there. */
const char *selftest_rule(void);
/* Notes what a finding or a gap says of its path. */
void selftest_judge(struct selftest_path *path, size_t index, const json_t *record);

#endif
