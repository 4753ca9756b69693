/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - from targets to open descriptors: several threads list, stat and
 * open; nothing here reads a file's content.
 *
 * Runs in:  supervisor.
 * Threads:  start, free and the counters' getter: one thread (the conductor).
 *           The walker's own threads only push into the queue.
 * Owns:     a batch taken from the queue belongs to the taker, with every
 *           descriptor and path in it: sw_batch_free() releases what is left.
 * Trusts:   no name and no file type: everything below a target may change
 *           while it is walked. Files are opened beneath a held directory with
 *           openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
 *           O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC and, where allowed,
 *           O_NOATIME; the type is checked again on the descriptor.
 * Fails:    what cannot be opened becomes an item of kind SW_ITEM_GAP; the
 *           walk itself fails only at start.
 */
#ifndef SWEEPER_WALK_H
#define SWEEPER_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/facts.h"
#include "sweeper/limits.h"
#include "sweeper/part_set.h"
#include "sweeper/queue.h"
#include "sweeper/status.h"
#include "sweeper/target.h"

/* Why something was left out by policy. X(constant, name in records) */
#define SW_EXCLUDED_TABLE(X)                                                                       \
    X(GLOB, "glob")                             /* --exclude */                                    \
    X(OTHER_FILESYSTEM, "other_filesystem")     /* --one-file-system */                            \
    X(PSEUDO_FILESYSTEM, "pseudo_filesystem")   /* proc, sysfs, ...: not storage */                \
    X(NETWORK_FILESYSTEM, "network_filesystem") /* nfs, cifs, fuse.sshfs, ... */                   \
    X(SYMLINK, "symlink")                       /* never followed */                               \
    X(FIFO, "fifo")                                                                                \
    X(SOCKET, "socket")                                                                            \
    X(DEVICE, "device")                                                                            \
    X(OWN_OUTPUT, "own_output")         /* a file this sweep writes */                             \
    X(SEEN_DIRECTORY, "seen_directory") /* bind mount, loop, or overlapping targets */             \
    X(OTHER_PLATFORM, "other_platform") /* records of images that --platform does not name */

enum sw_excluded {
#define SW_EXCLUDED_ENUM(constant, name) SW_EXCLUDED_##constant,
    SW_EXCLUDED_TABLE(SW_EXCLUDED_ENUM)
#undef SW_EXCLUDED_ENUM
        SW_EXCLUDED_COUNT
};
const char *sw_excluded_name(enum sw_excluded excluded);

enum sw_item_kind {
    SW_ITEM_OBJECT, /* fd is open for reading on a regular file */
    SW_ITEM_GAP,    /* fd is -1; gap and text say what went wrong */
};

struct sw_item {
    enum sw_item_kind kind;
    int fd;                  /* owned; -1 when there is none */
    uint32_t root_index;     /* the target it was found under */
    struct sw_facts facts;   /* all zero for a gap before stat */
    char *path;              /* owned, absolute, exact bytes, NUL-terminated */
    size_t path_size;        /* bytes without the NUL */
    enum sw_gap gap;         /* SW_ITEM_GAP only */
    char *text;              /* owned, SW_ITEM_GAP only: detail for people; may be NULL */
    struct sw_part_set *set; /* owned, SW_ITEM_OBJECT only; NULL: it is part of nothing */
};

/* What travels through the queue: up to SW_BATCH_ITEMS_MAX items, and no more
 * than SW_BATCH_BYTES_MAX file bytes unless there is only one item. */
struct sw_batch {
    size_t count;
    struct sw_item items[SW_BATCH_ITEMS_MAX];
};
/* Closes and frees what the item still owns (likewise), and empties it. */
void sw_item_done(struct sw_item *item);
/* Closes and frees what the batch still owns (fd -1 and NULL are skipped). */
void sw_batch_free(struct sw_batch *batch);

/* A mount below a target that policy leaves out. */
struct sw_left_out {
    char *path;
    char *filesystem; /* "ext4", "nfs4", ... as in mountinfo */
    enum sw_excluded reason;
};

/* One target, looked at before the walk starts. */
struct sw_root {
    const char *target; /* as the user wrote it; borrowed from the options */
    enum sw_target_kind kind;
    /* Absolute, symlinks of the target itself resolved. Of what is no path its label: "-",
     * "docker:REF", "registry:HOST/NAME@DIGEST", without facts and without a file system. */
    char *path;
    bool is_directory;
    struct sw_facts facts;
    char *filesystem;     /* type, as in mountinfo, or NULL when unknown */
    bool one_file_system; /* in force for this target */
    struct sw_left_out *left_out;
    size_t left_out_count;
    char *image_id;     /* of an image that is fetched; else NULL */
    char **image_names; /* "app:1", "app@sha256:..." */
    size_t image_name_count;
};

/* How targets are read that are no paths. */
struct sw_fetch_options {
    uint64_t spill_max; /* bytes that all of them together may keep on disk */
    uint32_t timeout_s; /* how long nothing may come */
    bool insecure_registry;
    bool credential_helpers;
    bool require_sandbox;
    bool documents;               /* of an image only what its documents say */
    const char *const *platforms; /* of an image only these */
    size_t platform_count;
    bool (*interrupted)(void *context); /* asked while sw_walk_new() waits */
    void *context;
};

struct sw_walk_options {
    const char *const *targets;
    size_t target_count;
    const char *const *exclude_globs; /* see docs: fnmatch, with and without '/' */
    size_t exclude_count;
    int one_file_system;    /* 1 yes, 0 no, -1 default (yes for "/") */
    uint64_t file_size_max; /* bytes; larger files are gap limit_size, unopened */
    unsigned thread_count;  /* walker threads, at least 1 */
    /* (device, inode) pairs of files that this sweep writes itself. */
    const struct sw_facts *own_outputs;
    size_t own_output_count;
    struct sw_fetch_options fetch;
};

/* Monotonic counters; a snapshot may be taken while the walk runs. */
struct sw_walk_counts {
    uint64_t directories;
    uint64_t objects;  /* items of kind object pushed */
    uint64_t bytes;    /* their apparent size */
    uint64_t vanished; /* gone between listing and opening */
    uint64_t excluded[SW_EXCLUDED_COUNT];
    bool finished; /* every walker thread is done and every batch is pushed (after a
                    * stop: or thrown away) */
};

struct sw_walk;

/* Resolves every target and reads the mount table; nothing is walked yet. A
 * target that cannot be resolved or opened fails the call with SW_STOP and a
 * sentence that names it. */
enum sw_status sw_walk_new(const struct sw_walk_options *options, struct sw_walk **walk,
                           struct sw_error *error) SW_MUST_CHECK;
/* Starts the threads. Batches arrive in `queue`, which the walk closes when it
 * is finished (so that an empty, closed queue is the end). */
enum sw_status sw_walk_start(struct sw_walk *walk, struct sw_queue *queue,
                             struct sw_error *error) SW_MUST_CHECK;
/* Asks the threads to stop soon; returns at once. */
void sw_walk_stop(struct sw_walk *walk);
/* Joins the threads (the queue must be closed or still drained) and frees. A
 * walker stuck in the kernel on a dead mount cannot be joined: after
 * `patience_ms` it is left behind and false is returned; it may still push, so
 * that the queue must be left behind too. */
bool sw_walk_free(struct sw_walk *walk, unsigned patience_ms);

void sw_walk_counts_get(const struct sw_walk *walk, struct sw_walk_counts *counts);
const struct sw_root *sw_walk_roots(const struct sw_walk *walk, size_t *count);

#endif
