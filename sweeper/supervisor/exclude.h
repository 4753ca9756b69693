/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exclude.h - the globs of --exclude.
 *
 * A glob is an fnmatch(3) pattern with `*`, `?`, `[...]` and `\`:
 *   without '/'    it matches the last component of a file or directory, at
 *                  any depth: `*.log`, `.git`;
 *   with '/'       it matches the absolute path, and `*` crosses '/':
 *                  `/var/cache/apt*` takes everything below it too;
 *                  one that starts with an ordinary character can match no
 *                  absolute path, so it is taken to start at any component:
 *                  `src/gen` means any path that ends in `/src/gen`;
 *   ending in '/'  it matches directories only: `node_modules/`.
 * An excluded directory is not entered. A target named on the command line is
 * never excluded itself.
 *
 * Runs in:  supervisor.
 * Threads:  match: any; the rest: one.
 * Owns:     sw_excludes_done() releases what init took.
 * Trusts:   paths and names are arbitrary bytes. Bytes that are no text in the
 *           locale are matched one by one.
 * Fails:    init: SW_STOP, without memory.
 */
#ifndef SUPERVISOR_EXCLUDE_H
#define SUPERVISOR_EXCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/status.h"

struct sw_exclude; /* one glob */

struct sw_excludes {
    struct sw_exclude *globs;
    size_t count;
    bool need_path;      /* some glob looks at the absolute path */
    bool need_directory; /* some glob is for directories only */
};

enum sw_status sw_excludes_init(struct sw_excludes *excludes, const char *const *globs,
                                size_t count, struct sw_error *error) SW_MUST_CHECK;
void sw_excludes_done(struct sw_excludes *excludes);

/* `path` may be NULL when need_path is false. */
bool sw_excludes_match(const struct sw_excludes *excludes, const char *name, const char *path,
                       bool is_directory);

#endif
