/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_private.h - what the files of the walk share; the door is
 * sweeper/walk.h.
 *
 *   walk.c        new, start, stop, free; the threads and their stack of work
 *   walk_root.c   targets: resolved, looked at, overlaps found
 *   walk_reach.c  a directory's descriptor: held, opened, or opened again
 *   walk_list.c   one directory: opened beneath its parent, judged, listed
 *   walk_entry.c  one entry: left out, opened, lost, or more work
 *   walk_parts.c  files beside it that a file is one object with
 *   walk_item.c   items into batches, batches into the queue, counters
 *   walk_dir.c    nodes of directories and which of them hold a descriptor
 *   walk_open.c   the system calls
 *   mounts.c mount_policy.c fstypes.c exclude.c seen.c   what is left out
 */
#ifndef SUPERVISOR_WALK_PRIVATE_H
#define SUPERVISOR_WALK_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "supervisor/exclude.h"
#include "supervisor/mounts.h"
#include "supervisor/seen.h"
#include "supervisor/walk_dir.h"
#include "supervisor/walk_open.h"
#include "sweeper/walk.h"

enum {
    SW_WALK_ENTRIES_SIZE = 65536, /* bytes of one getdents64 */
    SW_WALK_PAUSE = 256,          /* subdirectories that are queued before they are walked */
    SW_WALK_HELD_MAX = 512,       /* directory descriptors */
    SW_WALK_HELD_MIN = 4,
};
#define SW_WALK_PATH_MAX   (2 * SW_MIB) /* bytes of a directory's path */
#define SW_WALK_LABELS_MAX (1 * SW_MIB) /* path bytes in one batch of several items */

/* Written by one thread, read by any. */
struct sw_tally {
    _Atomic uint64_t directories;
    _Atomic uint64_t objects;
    _Atomic uint64_t bytes;
    _Atomic uint64_t vanished;
    _Atomic uint64_t excluded[SW_EXCLUDED_COUNT];
};

static inline void sw_tally_add(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, value + more, memory_order_relaxed);
}

/* What the walk keeps of a target besides its struct sw_root. */
struct sw_root_state {
    const struct sw_mount *home; /* the mount it lies on; NULL: unknown */
    bool followed;               /* its path goes through a magic link and is not canonical */
    bool overlaps;               /* the same as an earlier target: not walked again */
    struct sw_fetcher *fetcher;  /* what brings it; NULL: it is here */
};

struct sw_file_target {
    struct sw_identity identity;
    const char *path;
    size_t root_index;
};

/* One thread of the walk. */
struct sw_walker {
    struct sw_walk *walk;
    pthread_t thread;
    bool busy; /* its last directory is still counted in walk->busy */
    struct sw_opener opener;
    struct sw_tally *tally;
    struct sw_batch *batch; /* being filled; NULL: none */
    uint64_t batch_bytes;
    size_t batch_labels; /* bytes of paths */
    char *entries;       /* SW_WALK_ENTRIES_SIZE, for getdents64 */
    char *path;
    size_t path_capacity;
    char *set_lead;         /* path of the part that leads the set last asked for; or NULL */
    uint32_t set_last;      /* number of the last part of that set */
    uint64_t origin_device; /* of the object last added, and who keeps its facts */
    enum sw_origin origin;
    struct sw_dir **chain; /* nodes between an ancestor and a directory */
    size_t chain_capacity;
};

struct sw_walk {
    struct sw_root *roots;
    struct sw_root_state *states;
    size_t root_count;
    struct sw_file_target *file_targets; /* sorted by identity */
    size_t file_target_count;
    struct sw_identity *own_outputs;
    size_t own_output_count;
    uint64_t file_size_max;
    uint64_t spool_left; /* bytes; the walker's that takes what is no path */
    struct sw_mounts mounts;
    struct sw_excludes excludes;
    struct sw_seen seen;
    struct sw_dirs dirs;
    bool openat2;

    struct sw_queue *queue; /* borrowed */
    struct sw_walker *walkers;
    struct sw_tally *tallies; /* one for each walker, and one for sw_walk_new() */
    unsigned walker_count;
    unsigned thread_count;    /* threads that were started */
    _Atomic size_t file_next; /* the next target to be looked at as a file */
    atomic_bool stop;
    atomic_bool finished;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t work;
    struct sw_dir *stack;
    struct sw_dir *later; /* mounts that wait until all else is walked */
    unsigned busy;        /* walkers that have a directory */
    unsigned running;     /* walkers that have not ended */
};

static inline bool sw_walk_stopped(const struct sw_walk *walk)
{
    return atomic_load_explicit(&walk->stop, memory_order_relaxed);
}

/* Memory that the walk cannot do without: waits for it for some seconds, then
 * ends the process with a sentence, because going on would skip in silence.
 * sw_walk_wait_for_memory() is the waiting alone; *attempts starts at 0. */
void *sw_walk_alloc(size_t size);
void sw_walk_wait_for_memory(unsigned *attempts);

/* --- walk_root.c --- */
enum sw_status sw_walk_roots_init(struct sw_walk *walk, const struct sw_walk_options *options,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_walk_roots_done(struct sw_walk *walk);
/* Whether this file is a target itself, at this very path. */
bool sw_walk_is_file_target(const struct sw_walk *walk, const struct sw_facts *facts,
                            const char *path);

/* --- walk_reach.c: a pinned descriptor, or -1 with errno; ECANCELED after a
 * stop, ESTALE when another directory stands where this one was --- */
int sw_walk_open_entry(struct sw_walker *walker, int dir, const char *name, bool directory,
                       struct sw_facts *facts);
int sw_walk_open_target(struct sw_walker *walker, uint32_t root_index, struct sw_facts *facts);
int sw_walk_reach(struct sw_walker *walker, struct sw_dir *dir);

/* --- walk_list.c, walk_entry.c --- */
/* Walks one directory; takes the caller's reference. */
void sw_walk_visit(struct sw_walker *walker, struct sw_dir *dir);
/* Whether it is a file that this sweep writes. */
bool sw_walk_is_own_output(const struct sw_walk *walk, const struct sw_facts *facts);
/* Opens one target that is a file. */
void sw_walk_visit_file(struct sw_walker *walker, uint32_t root_index);

/* --- walk_fetch.c: targets that are no paths --- */
enum sw_status sw_walk_root_elsewhere(const struct sw_walk_options *options, struct sw_root *root,
                                      struct sw_root_state *state,
                                      struct sw_error *error) SW_MUST_CHECK;
void sw_walk_visit_elsewhere(struct sw_walker *walker);

/* --- walk_parts.c --- */
/* Where a file lies: what else lies there is asked for by name. */
struct sw_beside {
    struct sw_walker *walker;
    int dir;
    uint32_t root_index;
    const char *path; /* of the directory, exact bytes */
    size_t path_size;
    const struct sw_mount *mounts; /* that stand in it */
    size_t mount_count;
    bool target; /* the file is a target by itself: the others may never be met */
};
/* The set that a file belongs to by its name and the names beside it; NULL: none. A
 * set that is larger than can be opened is a gap. */
struct sw_part_set *sw_walk_parts(const struct sw_beside *beside, const char *name,
                                  const struct sw_facts *facts);
/* A regular file of that name, which may be opened. */
bool sw_walk_is_beside(const struct sw_beside *beside, const char *name);
/* A set of which the first name is the item's own. NULL: there are no descriptors for it. */
struct sw_part_set *sw_walk_gather(const struct sw_beside *beside, char *const names[],
                                   size_t count);

/* --- walk_image.c --- */
struct sw_part_name;
/* A disk image, and beside it the files that it may be made of or have behind it; NULL: none. */
struct sw_part_set *sw_walk_image(const struct sw_beside *beside, const struct sw_part_name *part,
                                  const char *name);

/* --- walk.c --- */
/* Puts a chain of directories on the stack: the first one is walked first. */
void sw_walk_push(struct sw_walk *walk, struct sw_dir *first, struct sw_dir *last);
void sw_walk_push_later(struct sw_walk *walk, struct sw_dir *dir);

/* --- walk_item.c --- */
/* Takes fd and the set, which may be NULL. `path` has path_size bytes and is copied. */
void sw_walker_add_object(struct sw_walker *walker, int fd, const struct sw_facts *facts,
                          uint32_t root_index, const char *path, size_t path_size,
                          struct sw_part_set *set);
struct sw_walk_gap {
    enum sw_gap gap;
    const struct sw_facts *facts; /* NULL: none were taken */
    uint32_t root_index;
    const char *path;
    size_t path_size;
};
void sw_walker_add_gap(struct sw_walker *walker, const struct sw_walk_gap *gap, const char *format,
                       ...) SW_PRINTF(3, 4);
void sw_walker_flush(struct sw_walker *walker);
void sw_walker_exclude(struct sw_walker *walker, enum sw_excluded excluded);

#endif
