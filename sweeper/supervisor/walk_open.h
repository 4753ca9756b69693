/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_open.h - the system calls of the walk: opening beneath a directory,
 * facts, what an errno means.
 *
 * Runs in:  supervisor.
 * Threads:  a struct sw_opener belongs to one thread.
 * Owns:     a returned descriptor is the caller's.
 * Trusts:   nothing: any name may have become anything since it was listed.
 * Fails:    -1 with errno, as the system call left it.
 */
#ifndef SUPERVISOR_WALK_OPEN_H
#define SUPERVISOR_WALK_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/facts.h"
#include "sweeper/gap.h"

#define SW_REFUSED_MAX 8

/* What one thread has learned about opening. */
struct sw_opener {
    bool openat2; /* the kernel has it and lets us use it */
    /* Owners whose files we may not open with O_NOATIME (we are neither they
     * nor CAP_FOWNER), so that each file costs one open and not two. */
    uint32_t refused[SW_REFUSED_MAX];
    unsigned refused_count;
    unsigned refused_next;
    uint32_t owner_last; /* of the file opened last: the best guess for the next */
};

/* Whether openat2(2) works here: a kernel before 5.6 and old seccomp filters
 * say no. */
bool sw_opener_probe(void);

/* Opens one name in `dir`, never through a symlink, and takes its facts. With
 * `directory` anything else than a directory fails with ENOTDIR. Neither a
 * FIFO nor a device is waited for; what was opened may be one: the facts say.
 * An access time is not changed where the kernel lets us choose. */
int sw_open_entry(struct sw_opener *opener, int dir, const char *name, bool directory,
                  struct sw_facts *facts);
/* A directory several components below `dir` (or, with dir AT_FDCWD, at an
 * absolute path); none may be a symlink. */
int sw_open_directory(struct sw_opener *opener, int dir, const char *path, struct sw_facts *facts);
/* A target by a path that has to be followed through magic links
 * (/proc/PID/root). */
int sw_open_followed(struct sw_opener *opener, const char *path, struct sw_facts *facts);

/* The type bits (S_IFMT) of a name that need not be openable: 0, or -1. */
int sw_type_of_entry(int dir, const char *name, uint32_t *mode);

/* The gap for an errno of open, stat or getdents. */
enum sw_gap sw_gap_of_errno(int errnum);

#endif
