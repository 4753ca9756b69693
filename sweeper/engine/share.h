/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.h - work that one worker passes to the others: errands
 * (unpack/errand.h), waiting in a queue. A worker takes one before it takes the
 * next message from the supervisor, and an errand is only offered while somebody
 * has nothing to do, or nothing but errands: with many files on hand nothing is
 * ever passed on.
 *
 * Threads:  all workers share one.
 * Owns:     nothing but its locks and the pair of sockets that wakes who waits
 *           for a message; made before the door closes.
 * Fails:    never blocks, but in share_await(): who runs an errand waits for
 *           nobody, so that every wait ends.
 */
#ifndef SWEEPER_ENGINE_SHARE_H
#define SWEEPER_ENGINE_SHARE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sweeper/status.h"

struct errand;

struct share {
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct errand *first, *last; /* that nobody has taken */
    unsigned waiting;            /* how many these are */
    _Atomic unsigned idle;       /* workers with nothing to do */
    _Atomic unsigned helping;    /* workers with an errand */
    int wake[2];                 /* a byte for each errand that was offered */
};

enum sw_status share_init(struct share *share, struct sw_error *error) SW_MUST_CHECK;

/* Whether somebody will take one soon. */
bool share_wanted(struct share *share);
/* The errand stays the caller's, who asks for it back by share_reclaim() or
 * share_await(). */
void share_offer(struct share *share, struct errand *errand);
/* The next errand, or NULL. Who takes one hands it back with share_finish(). */
struct errand *share_take(struct share *share);
void share_finish(struct share *share, struct errand *errand);
/* True: nobody has taken it, and nobody will. */
bool share_reclaim(struct share *share, struct errand *errand);
/* Whether it has been handed back. */
bool share_is_done(struct share *share, const struct errand *errand);
/* Until it is handed back. */
void share_await(struct share *share, const struct errand *errand);

/* Waits for a message at `fd` or for an errand that is offered after the caller has counted
 * itself among the idle; false: it is a message. */
bool share_wait(struct share *share, int fd);

#endif
