/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache_path.h - which package manager's cache a path lies in, and which package,
 * as far as the path says it.
 *
 * Caches are known by their shape, wherever they are: PIP_CACHE_DIR and its like may
 * put them anywhere. A path proves nothing: what it says is shown, and nothing is
 * left out or judged milder for it.
 *
 * Runs in:  supervisor.
 * Threads:  any; no state.
 * Owns:     nothing; views borrow from the path.
 * Trusts:   nothing of the path.
 */
#ifndef SWEEPER_SUPERVISOR_CACHE_PATH_H
#define SWEEPER_SUPERVISOR_CACHE_PATH_H

#include <stdbool.h>

#include "sweeper/buf.h"

enum { SW_CACHE_DIGEST = 32 }; /* hexadecimal digits by which npm's files are told apart */

enum sw_cache_join {
    SW_CACHE_ALONE, /* the path says all there is */
    SW_CACHE_NPM,   /* `key` is the beginning of a digest; an index file says whose */
    SW_CACHE_UV,    /* `folder` is one unpacked wheel; its dist-info says which */
};

struct sw_cache {
    const char *tool;      /* static: "pip", "uv", "poetry", "npm", "pnpm", "yarn" */
    const char *part;      /* static: "http-v2", "wheels", "content-v2", ... */
    const char *ecosystem; /* static */
    struct sw_view name;   /* of the package; empty: the path does not say */
    struct sw_view version;
    enum sw_cache_join join;
    char key[SW_CACHE_DIGEST + 1];
    struct sw_view folder;
};

/* False for nearly all paths. */
bool sw_cache_of(struct sw_view path, struct sw_cache *cache);

#endif
