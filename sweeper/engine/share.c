/* SPDX-License-Identifier: Apache-2.0 */
/* share.c - a queue under a lock, and a socket that wakes. */
#include "share.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

enum share_end { WAKER, SLEEPER };
enum {
    WAITING_MAX = 8,                    /* for each who may take them: nobody waits between two */
    WAITING_SIZE_MAX = 8 * 1024 * 1024, /* bytes, beyond one for each who has nothing to do */
};

enum sw_status share_init(struct share *share, struct sw_error *error)
{
    *share = (struct share){.wake = {-1, -1}};
    if (pthread_mutex_init(&share->lock, NULL) != 0 || pthread_cond_init(&share->done, NULL) != 0)
        return sw_fail(error, SW_STOP, "share", ENOMEM, "cannot make a lock");
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, share->wake) != 0)
        return sw_fail(error, SW_STOP, "share", errno, "cannot make a pair of sockets");
    return SW_OK;
}

bool share_wanted(struct share *share, uint64_t size)
{
    const unsigned idle = atomic_load_explicit(&share->idle, memory_order_relaxed);
    const unsigned helpers = idle + atomic_load_explicit(&share->helping, memory_order_relaxed);

    if (helpers == 0)
        return false;
    pthread_mutex_lock(&share->lock);
    bool wanted = share->waiting < idle ||
                  (share->waiting < helpers * WAITING_MAX && size <= WAITING_SIZE_MAX &&
                   share->waiting_size <= WAITING_SIZE_MAX - size);
    pthread_mutex_unlock(&share->lock);
    return wanted;
}

bool share_idle(struct share *share)
{
    const unsigned idle = atomic_load_explicit(&share->idle, memory_order_relaxed);

    if (idle == 0)
        return false;
    pthread_mutex_lock(&share->lock);
    const bool free_hands = share->waiting < idle;
    pthread_mutex_unlock(&share->lock);
    return free_hands;
}

static void wake_one(struct share *share)
{
    static char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    /* Who is at a task looks for the next by itself. */
    if (atomic_load_explicit(&share->idle, memory_order_relaxed) == 0)
        return;
    /* When there is no room for one more, enough are there to wake everybody. */
    (void)!sendmsg(share->wake[WAKER], &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Takes its place behind `before`; NULL: the first. */
static void put_behind(struct share *share, struct task *before, struct task *task)
{
    struct task **link = before == NULL ? &share->first : &before->next;

    task->state = TASK_WAITING;
    task->next = *link;
    *link = task;
    if (share->last == before)
        share->last = task;
    share->waiting++;
    share->waiting_size += task->size;
}

/* It waits no longer. */
static void take_behind(struct share *share, struct task *before, struct task *task,
                        enum task_state state)
{
    *(before == NULL ? &share->first : &before->next) = task->next;
    if (share->last == task)
        share->last = before;
    share->waiting--;
    share->waiting_size -= task->size;
    task->state = state;
}

void share_offer(struct share *share, struct task *task)
{
    pthread_mutex_lock(&share->lock);
    put_behind(share, share->last, task);
    pthread_mutex_unlock(&share->lock);
    wake_one(share);
}

void share_offer_first(struct share *share, struct task *task)
{
    pthread_mutex_lock(&share->lock);
    put_behind(share, NULL, task);
    pthread_mutex_unlock(&share->lock);
    wake_one(share);
}

struct task *share_take(struct share *share)
{
    pthread_mutex_lock(&share->lock);
    struct task *task = share->first;
    if (task != NULL)
        take_behind(share, NULL, task, TASK_TAKEN);
    pthread_mutex_unlock(&share->lock);
    return task;
}

void share_finish(struct share *share, struct task *task)
{
    pthread_mutex_lock(&share->lock);
    task->state = TASK_DONE;
    pthread_cond_broadcast(&share->done);
    pthread_mutex_unlock(&share->lock);
}

bool share_reclaim(struct share *share, struct task *task)
{
    struct task *before = NULL;

    pthread_mutex_lock(&share->lock);
    bool waiting = task->state == TASK_WAITING;
    for (struct task *at = share->first; waiting && at != task; at = at->next)
        before = at;
    if (waiting)
        take_behind(share, before, task, TASK_DONE);
    pthread_mutex_unlock(&share->lock);
    return waiting;
}

bool share_is_done(struct share *share, const struct task *task)
{
    pthread_mutex_lock(&share->lock);
    bool done = task->state == TASK_DONE;
    pthread_mutex_unlock(&share->lock);
    return done;
}

void share_await(struct share *share, const struct task *task)
{
    pthread_mutex_lock(&share->lock);
    while (task->state != TASK_DONE)
        pthread_cond_wait(&share->done, &share->lock);
    pthread_mutex_unlock(&share->lock);
}

/* One byte for one who wakes: the others sleep on. */
static bool take_byte(struct share *share)
{
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    return recvmsg(share->wake[SLEEPER], &message, MSG_DONTWAIT) == 1;
}

bool share_wait(struct share *share, int fd)
{
    struct pollfd ends[] = {{.fd = share->wake[SLEEPER], .events = POLLIN},
                            {.fd = fd, .events = POLLIN}};

    /* Without an answer the caller asks for a message, which blocks. */
    while (poll(ends, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return (ends[0].revents & POLLIN) != 0 && take_byte(share);
}
