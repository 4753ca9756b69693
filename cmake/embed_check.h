/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed_check.h - what the build demands of the rules that are shipped.
 *
 * Runs on the build machine only, as part of embed-rules. Errors go to stderr
 * as file:line: error: text; every one of them, not only the first.
 */
#ifndef SWEEPER_CMAKE_EMBED_CHECK_H
#define SWEEPER_CMAKE_EMBED_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <yara.h>

enum source_kind { SOURCE_RULES, SOURCE_INDICATORS, SOURCE_CASES };

struct source {
    enum source_kind kind;
    const char *path; /* as given */
    const char *name; /* below the root of its kind */
    char *text;       /* NUL-terminated */
    size_t size;
    YR_RULES *rules; /* compiled; NULL for other kinds */
};

/* The meta of every rule is closed: each key there once, none else, each value
 * of its form. */
bool check_metas(const struct source *source);
/* No two rules have one id or one name. */
bool check_unique(const struct source *sources, size_t count);
/* No rule matches a file of rules or of cases, which lie on disks where somebody
 * sweeps. */
bool check_unseen(const struct source *sources, size_t count);

#endif
