/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.h - work that one worker passes to the others: parcels
 * (unpack/parcel.h), waiting in a queue. A worker takes one before it takes the
 * next message from the supervisor, and a parcel is only offered while somebody
 * has nothing to do: with many files on hand nothing is ever passed on.
 *
 * Threads:  all workers share one.
 * Owns:     nothing but its locks and the pair of sockets that wakes who waits
 *           for a message; made before the door closes.
 * Fails:    never blocks, but in share_await(): who runs a parcel waits for
 *           nobody, so that every wait ends.
 */
#ifndef SWEEPER_ENGINE_SHARE_H
#define SWEEPER_ENGINE_SHARE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sweeper/status.h"

struct parcel;

struct share {
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct parcel *first, *last; /* that nobody has taken */
    unsigned waiting;            /* how many these are */
    _Atomic unsigned idle;       /* workers with nothing to do */
    int wake[2];                 /* a byte for each parcel that was offered */
};

enum sw_status share_init(struct share *share, struct sw_error *error) SW_MUST_CHECK;

/* Whether somebody has nothing to do. */
bool share_wanted(struct share *share);
/* The parcel stays the caller's, who asks for it back by share_reclaim() or
 * share_await(). */
void share_offer(struct share *share, struct parcel *parcel);
/* The next parcel, or NULL. Who takes one hands it back with share_finish(). */
struct parcel *share_take(struct share *share);
void share_finish(struct share *share, struct parcel *parcel);
/* True: nobody has taken it, and nobody will. */
bool share_reclaim(struct share *share, struct parcel *parcel);
/* Whether it has been handed back. */
bool share_is_done(struct share *share, const struct parcel *parcel);
/* Until it is handed back. */
void share_await(struct share *share, const struct parcel *parcel);

/* Waits for a message at `fd` or for a parcel; false: it is a message. */
bool share_wait(struct share *share, int fd);

#endif
