/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suppress_private.h - one entry, between the file that reads it and the file
 * that compares.
 */
#ifndef SWEEPER_SUPERVISOR_SUPPRESS_PRIVATE_H
#define SWEEPER_SUPERVISOR_SUPPRESS_PRIVATE_H

#include <stdbool.h>

#include "supervisor/exclude.h"
#include "sweeper/suppress.h"

/* Texts borrow from the documents that the list holds; NULL: no such condition. */
struct sw_suppression {
    const char *id;
    const char *reason;
    const char *until; /* YYYY-MM-DD; the last day on which it applies */
    const char *rule;
    const char *sha256;
    const char *package;   /* name, or name@version */
    const char *ecosystem; /* of the package; goes with it */
    struct sw_excludes path;
    const char *file;
    size_t line;
    bool expired;
};

struct sw_suppressions {
    struct sw_suppression *rows;
    size_t count, capacity;
    size_t expired;
    json_t *documents; /* array: what rows borrow from */
    json_t *ids;       /* object: id -> where it stands */
    const struct sw_texts *files;
};

/* True when the glob holds for a path that nobody would think of: it is no
 * condition. */
bool sw_suppression_is_everything(const char *glob);
bool sw_suppression_holds(const struct sw_suppression *entry, const json_t *finding);

#endif
