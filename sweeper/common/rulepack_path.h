/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulepack_path.h - paths of rule files below their root, by text alone.
 *
 * Runs in:  both processes.
 * Threads:  any; no state.
 * Owns:     the caller frees what is returned.
 */
#ifndef SWEEPER_COMMON_RULEPACK_PATH_H
#define SWEEPER_COMMON_RULEPACK_PATH_H

#include <stddef.h>

/* Bytes of one pack and of one rule file; more is an error. */
#define SW_RULEPACK_SIZE_MAX  ((size_t)64 << 20)
#define SW_RULE_FILE_SIZE_MAX ((size_t)16 << 20)

/* The path below the root that `target` means in the file at `from` (a path
 * below the root): `.`, `..` and doubled slashes resolved. NULL when it is
 * empty, absolute or leaves the root, and when memory is short. */
char *sw_rulepack_join(const char *from, const char *target);

#endif
