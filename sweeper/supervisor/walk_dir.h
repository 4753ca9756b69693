/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_dir.h - directories that wait to be listed or whose children do: small
 * nodes that know their parent, and the few descriptors that are held open.
 *
 * A node keeps its parent alive, so that its path can be written at any time
 * and so that it can be opened again from an ancestor. Its descriptor is held
 * from opening until its last child was opened, but no more than held_max
 * descriptors are: the one longest unused is closed first, and opened again
 * when it is needed, in steps that each fit in PATH_MAX. Every directory on
 * the way that is opened again must be the (device, inode) it was.
 *
 * Runs in:  supervisor.
 * Threads:  every function from any; a node's fields are written by the thread
 *           that lists it, but those marked, which the lock of struct sw_dirs
 *           guards.
 * Owns:     sw_dir_new() gives one reference; sw_dir_drop() gives it back.
 *           A pinned descriptor stays open until it is unpinned and is never
 *           closed by the caller.
 * Trusts:   nothing about the disk.
 */
#ifndef SUPERVISOR_WALK_DIR_H
#define SUPERVISOR_WALK_DIR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/mounts.h"
#include "sweeper/facts.h"

struct sw_dir {
    struct sw_dir *parent; /* counted; NULL for a target */
    struct sw_dir *next;   /* on whatever list of work it is */
    atomic_uint references;
    uint32_t root_index;
    uint64_t path_hash;
    uint64_t device; /* both 0 until it was opened */
    uint64_t inode;
    const struct sw_mount *mount; /* its row when it is a mount point */
    /* Under the lock: */
    struct sw_dir *newer; /* among the held */
    struct sw_dir *older;
    int fd;           /* -1: not held */
    unsigned pins;    /* threads that use fd now */
    uint32_t waiting; /* children still to be opened from it */
    bool listed;      /* to the end */
    bool place_lost;  /* fd was closed in the middle of the listing */
    /* Of the thread that lists it: */
    bool started;       /* some entries were seen; go on at `place` */
    int64_t place;      /* d_off of the last entry seen */
    uint32_t path_size; /* bytes of the absolute path; 0 for "/" */
    uint16_t name_size;
    char name[]; /* a target's name is its whole path; "" for "/" */
};

struct sw_dirs {
    pthread_mutex_t lock;
    struct sw_dir *newest;
    struct sw_dir *oldest;
    unsigned held;
    unsigned held_max;
    unsigned held_peak; /* for tests */
};

void sw_dirs_init(struct sw_dirs *dirs, unsigned held_max);
/* No node may be left. */
void sw_dirs_done(struct sw_dirs *dirs);

/* NULL without memory. A target has no parent and an absolute path as name. */
struct sw_dir *sw_dir_new(struct sw_dir *parent, uint32_t root_index, const char *name,
                          size_t name_size);
void sw_dir_drop(struct sw_dirs *dirs, struct sw_dir *dir);

/* Writes path_size bytes and a NUL to `out`, which has room for them. */
void sw_dir_path(const struct sw_dir *dir, char *out);

/* The descriptor, if it is held; -1 if not. */
int sw_dirs_pin(struct sw_dirs *dirs, struct sw_dir *dir);
/* The nearest of `dir` and its ancestors that is held; NULL when none is. */
struct sw_dir *sw_dirs_pin_nearest(struct sw_dirs *dirs, struct sw_dir *dir, int *fd);
/* Gives `fd` to the node and pins it. Returns the descriptor to use: another
 * thread may have been first, then `fd` was closed. */
int sw_dirs_hold(struct sw_dirs *dirs, struct sw_dir *dir, int fd);
void sw_dirs_unpin(struct sw_dirs *dirs, struct sw_dir *dir);

/* `count` more children will be opened from it; one has been; all are known. */
void sw_dirs_expect(struct sw_dirs *dirs, struct sw_dir *dir, uint32_t count);
void sw_dirs_arrived(struct sw_dirs *dirs, struct sw_dir *dir);
void sw_dirs_listed(struct sw_dirs *dirs, struct sw_dir *dir);
/* Whether the place in the listing has to be sought again; clears the mark. */
bool sw_dirs_take_place_lost(struct sw_dirs *dirs, struct sw_dir *dir);

/* Closes every descriptor that no thread uses now. */
void sw_dirs_shed(struct sw_dirs *dirs);

#endif
