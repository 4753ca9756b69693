/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case_file.h - what a rule must find, and what it must leave alone: the cases
 * of `sweeper rules test`, one JSON file a rule.
 *
 *   {"schema":"1.0","rule":"NAME",
 *    "hits":  [{"name":..,"path":..,"content":[PART,...],"mode":"0755"?,"severity":..?}],
 *    "misses":[{"name":..,"why":..,"path":..,"content":[PART,...],"mode":"0755"?}]}
 *
 * PART is a string, {"bytes":"00ff"} or one encoding of further parts
 * (case_recipe.h). Parts are joined. Files are closed: a member that is not
 * named here is an error.
 *
 * Runs in:  supervisor.
 * Threads:  one at a time.
 * Owns:     a file owns everything its cases point to.
 * Trusts:   the files are the user's, but may be wrong, and what they describe
 *           may be absurdly large: nesting, size and work are bounded, and
 *           nothing recurses.
 * Fails:    SW_SKIP with one "FILE:LINE: error: ..."; SW_STOP without memory.
 */
#ifndef SWEEPER_SUPERVISOR_CASE_FILE_H
#define SWEEPER_SUPERVISOR_CASE_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/severity.h"

struct sw_case {
    bool hit;            /* else a near miss */
    size_t index;        /* among the hits or among the misses */
    const char *name;    /* for people */
    const char *path;    /* label of the object */
    uint32_t mode;       /* permission bits */
    bool severity_given; /* hits only */
    enum sw_severity severity;
    const json_t *content; /* checked parts */
};

struct sw_case_file {
    char *name;       /* for messages */
    char *text;       /* what it was read from: lines are counted in it */
    size_t text_size; /* bytes */
    json_t *json;
    const char *rule;
    struct sw_case *cases; /* hits first, in the order of the file */
    size_t count;
};

/* Copies `text`. */
enum sw_status sw_case_file_parse(const char *name, const char *text, size_t size,
                                  struct sw_case_file **file, struct sw_error *error) SW_MUST_CHECK;
void sw_case_file_free(struct sw_case_file *file);

/* Where a case begins, 1-based; NULL: where its rule is named. */
size_t sw_case_line(const struct sw_case_file *file, const struct sw_case *case_);

/* Appends the bytes that the case describes to an empty buffer. SW_SKIP when
 * they, or something on the way, are over SW_CASE_SIZE_MAX; `content` may then
 * hold anything. */
enum sw_status sw_case_build(const struct sw_case_file *file, const struct sw_case *case_,
                             struct sw_buf *content, struct sw_error *error) SW_MUST_CHECK;

#endif
