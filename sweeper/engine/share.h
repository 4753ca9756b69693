/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.h - work that one worker passes to the others: members to look at
 * (unpack/errand.h) and streams to read on (unpack/ahead.h), as tasks in a queue. A
 * worker takes one before it takes the next message from the supervisor, and a task is
 * only offered while somebody has nothing to do, or nothing but tasks: with many files
 * on hand nothing is ever passed on.
 *
 * Threads:  all workers share one.
 * Owns:     nothing but its locks and the pair of sockets that wakes who waits
 *           for a message; made before the door closes.
 * Fails:    never blocks, but in share_await(): who runs a task waits for nobody, so
 *           that every wait ends.
 */
#ifndef SWEEPER_ENGINE_SHARE_H
#define SWEEPER_ENGINE_SHARE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sweeper/status.h"

struct desk;

enum task_state { TASK_WAITING, TASK_TAKEN, TASK_DONE };

struct task {
    /* Called by the worker that has taken it, with its own desk. */
    void (*run)(struct task *task, struct desk *desk);
    enum task_state state; /* under the lock of the share */
    struct task *next;     /* in the queue; likewise */
    uint64_t size;         /* bytes of memory that it keeps while it waits */
};

struct share {
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct task *first, *last; /* that nobody has taken */
    unsigned waiting;          /* how many these are */
    uint64_t waiting_size;     /* bytes that they keep */
    _Atomic unsigned idle;     /* workers with nothing to do */
    _Atomic unsigned helping;  /* workers with a task */
    int wake[2];               /* a byte for each task that was offered */
};

enum sw_status share_init(struct share *share, struct sw_error *error) SW_MUST_CHECK;

/* Whether somebody has nothing to do, and nothing is waiting for him. */
bool share_idle(struct share *share);
/* Whether somebody will take a task that keeps `size` bytes soon. */
bool share_wanted(struct share *share, uint64_t size);
/* The task stays the caller's, who asks for it back by share_reclaim() or share_await(). */
void share_offer(struct share *share, struct task *task);
/* Likewise, and it is taken before the others. */
void share_offer_first(struct share *share, struct task *task);
/* The next task, or NULL. Who takes one hands it back with share_finish(). */
struct task *share_take(struct share *share);
void share_finish(struct share *share, struct task *task);
/* True: nobody has taken it, and nobody will. */
bool share_reclaim(struct share *share, struct task *task);
/* Whether it has been handed back. */
bool share_is_done(struct share *share, const struct task *task);
/* Until it is handed back. */
void share_await(struct share *share, const struct task *task);

/* Waits for a message at `fd` or for a task that is offered after the caller has counted
 * itself among the idle; false: it is a message. */
bool share_wait(struct share *share, int fd);

#endif
