/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulepack_read.h - reads rule files below a directory and never out of it.
 *
 * Runs in:  supervisor.
 * Threads:  any; no state.
 * Owns:     the caller closes descriptors and frees texts and lists.
 * Trusts:   the directory may hold symbolic links and special files; a link
 *           is followed only where it stays below the directory.
 * Fails:    as errno: EXDEV or ELOOP when a path leaves the directory.
 */
#ifndef SWEEPER_SUPERVISOR_RULEPACK_READ_H
#define SWEEPER_SUPERVISOR_RULEPACK_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "sweeper/rulepack.h"
#include "sweeper/status.h"

/* A descriptor for `path` below `root`, or -1 and errno. `flags` as for
 * open(2); O_CLOEXEC, O_NONBLOCK and O_NOCTTY are added. */
int sw_rules_open_beneath(int root, const char *path, int flags);
/* The same for kernels without openat2(2): follows no symbolic link at all. */
int sw_rules_open_unlinked(int root, const char *path, int flags);

/* The whole of a regular file, or of a pipe until its writer closes it, as a
 * NUL-terminated text, at most SW_RULE_FILE_SIZE_MAX bytes and without a NUL
 * inside. A pipe that was opened with O_NONBLOCK is not waited for: an error.
 * `name` is for the message. */
enum sw_status sw_rules_read_text(int fd, const char *name, char **text, size_t *size,
                                  struct sw_error *error) SW_MUST_CHECK;

/* True for *.yar and *.yara; for indicators: for *.json but schema.json. */
bool sw_rules_has_suffix(enum sw_pack_kind kind, const char *name);

struct sw_path_list {
    char **rows;
    size_t count;
    size_t capacity;
};
void sw_path_list_done(struct sw_path_list *list);

/* Every file of that kind below `root`, as sorted paths below it. Symbolic links
 * to directories are not entered: what they reach inside is listed anyway. */
enum sw_status sw_rules_list_directory(int root, enum sw_pack_kind kind, const char *name,
                                       struct sw_path_list *list,
                                       struct sw_error *error) SW_MUST_CHECK;

#endif
