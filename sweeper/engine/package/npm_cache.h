/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npm_cache.h - what an index file of npm's cache says (cacache, index-v5): which
 * package a file below content-v2 is, which bears its digest for a name.
 *
 * A file has one line for each time that something was put or removed: the SHA-1 of
 * an object in JSON, a tab, the object. The last line for a key counts; all lines of
 * one file are of keys whose hash begins alike, which is nearly always one key.
 *
 * Runs in:  engine workers.
 * Threads:  any; no state.
 * Trusts:   nothing. Time is linear.
 */
#ifndef SWEEPER_ENGINE_PACKAGE_NPM_CACHE_H
#define SWEEPER_ENGINE_PACKAGE_NPM_CACHE_H

#include <stdbool.h>

#include "sweeper/package.h"

#define SW_NPM_CACHE_DIGEST 32 /* hexadecimal digits: as many as tell two files apart */

struct sw_npm_cache_entry {
    char name[SW_PACKAGE_TEXT_MAX + 1]; /* "" when the entry is none of a package's archive */
    char version[SW_PACKAGE_TEXT_MAX + 1];
    char digest[SW_NPM_CACHE_DIGEST + 1]; /* the beginning; "" when it was removed */
    const uint8_t *at;                    /* its key in the text */
};

/* The entry of one line. False when it is no line of an index. */
bool sw_npm_cache_line(struct sw_view line, struct sw_npm_cache_entry *entry);

/* "NAME@VERSION/DIGEST" of the last line that is of a package, as sw_context_text_ok()
 * wants it; its size, or 0: nothing of that kind, or too long. */
size_t sw_npm_cache_answer(struct sw_view content, char *text, size_t size);

#endif
