/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.h - the mount table (proc_pid_mountinfo(5)), read once, so that the
 * walk knows what is mounted where without asking a file system that may not
 * answer.
 *
 * Runs in:  supervisor.
 * Threads:  read-only after sw_mounts_parse(): any.
 * Owns:     sw_mounts_done() releases the rows and their texts.
 * Trusts:   the kernel wrote the table; a line that cannot be understood is
 *           left out, and statfs(2) after opening decides on that mount.
 * Fails:    SW_STOP without memory. A missing /proc is an empty table.
 */
#ifndef SUPERVISOR_MOUNTS_H
#define SUPERVISOR_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/fstypes.h"
#include "sweeper/status.h"
#include "sweeper/walk.h"

struct sw_mount {
    char *path;       /* mount point, octal escapes decoded */
    char *root;       /* the directory of the file system that is seen there */
    char *filesystem; /* "ext4" */
    const char *name; /* last component, inside path; "" for "/" */
    size_t path_size;
    size_t parent_size;   /* bytes of path before the last '/' */
    uint64_t parent_hash; /* of those bytes; 0 for "/" */
    uint64_t device;      /* as makedev(3) packs it */
    uint64_t subvolume;   /* btrfs: one device number, many subvolumes */
    int id;
    int parent_id;
    enum sw_fs_class class;
    /* Another mount shows the same file system, and is the one to walk first:
     * what both show is reported by its path there, on every run. */
    bool later;
};

struct sw_mounts {
    struct sw_mount *rows; /* what can be reached by path, by (parent_hash, name) */
    size_t count;
};

/* FNV-1a, continued: the hash of "/a/b" is that of "/a", continued by "/b".
 * The path "/" counts as "". */
#define SW_PATH_HASH_START 0xcbf29ce484222325ULL
uint64_t sw_path_hash(uint64_t hash, const char *bytes, size_t size);
/* True when `path` is `above` or lies below it. Both absolute, without a final
 * '/' unless they are "/". */
bool sw_path_is_within(const char *path, size_t size, const char *above, size_t above_size);

/* `text` is the content of a mountinfo file, NUL-terminated. Mounts that
 * others cover are dropped: no path leads to them. */
enum sw_status sw_mounts_parse(const char *text, struct sw_mounts *mounts,
                               struct sw_error *error) SW_MUST_CHECK;
/* Parses /proc/self/mountinfo. */
enum sw_status sw_mounts_read(struct sw_mounts *mounts, struct sw_error *error) SW_MUST_CHECK;
void sw_mounts_done(struct sw_mounts *mounts);

/* The rows whose parent directory has this path hash: a run of *count rows,
 * sorted by name. NULL when there are none. Two paths may share a hash: who
 * takes a row compares its path. */
const struct sw_mount *sw_mounts_children(const struct sw_mounts *mounts, uint64_t parent_hash,
                                          size_t *count);
/* Of such a run, the row with this name, or NULL. */
const struct sw_mount *sw_mounts_child(const struct sw_mount *rows, size_t count, const char *name);
/* The mount that an absolute path lies on; NULL when the table has none. */
const struct sw_mount *sw_mounts_find(const struct sw_mounts *mounts, const char *path);

/* Why policy leaves `mount` out of a walk whose target lies on `home` (NULL:
 * unknown): SW_EXCLUDED_COUNT when it does not. A target's own file system is
 * never left out, whatever it is. */
enum sw_excluded sw_mount_policy(const struct sw_mount *mount, const struct sw_mount *home,
                                 bool one_file_system);

/* Every mount below `path` (absolute; a directory) that policy keeps the walk
 * from, also those that lie inside such a mount. Sorted by path. The caller
 * frees with sw_left_out_free(). */
enum sw_status sw_mounts_left_out(const struct sw_mounts *mounts, const char *path,
                                  bool one_file_system, struct sw_left_out **rows, size_t *count,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_left_out_free(struct sw_left_out *rows, size_t count);

#endif
