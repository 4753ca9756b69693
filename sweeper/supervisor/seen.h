/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen.h - the set of (device, inode) of every directory that was entered, so
 * that bind mounts, loops and overlapping targets are walked once.
 *
 * Runs in:  supervisor.
 * Threads:  any, after init and before done.
 * Owns:     sw_seen_done() releases the table: 16 bytes a slot, at most three
 *           quarters full.
 * Fails:    init: SW_STOP. An add that cannot grow the table answers
 *           SW_SEEN_NO_MEMORY and has changed nothing.
 */
#ifndef SUPERVISOR_SEEN_H
#define SUPERVISOR_SEEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/status.h"

struct sw_identity {
    uint64_t device;
    uint64_t inode;
};

struct sw_seen {
    pthread_mutex_t lock;
    struct sw_identity *slots; /* device and inode 0: empty */
    size_t capacity;           /* a power of two */
    size_t count;
    uint64_t seed; /* so that nobody can prepare a tree that collides */
    bool has_zero; /* the identity (0, 0), which the slots cannot hold */
};

enum sw_seen_answer { SW_SEEN_NEW, SW_SEEN_BEFORE, SW_SEEN_NO_MEMORY };

enum sw_status sw_seen_init(struct sw_seen *seen, struct sw_error *error) SW_MUST_CHECK;
void sw_seen_done(struct sw_seen *seen);
enum sw_seen_answer sw_seen_add(struct sw_seen *seen, struct sw_identity identity);

#endif
