/* SPDX-License-Identifier: Apache-2.0 */
/* budget.c - the shared purse of memory: first come, first served. */
#include "sweeper/budget.h"

#include <assert.h>
#include <inttypes.h>

/* glibc's default lets those who share pass those who wait to be alone. */
static int make_room(pthread_rwlock_t *room)
{
    pthread_rwlockattr_t attributes;
    int errnum = pthread_rwlockattr_init(&attributes);
    if (errnum != 0)
        return errnum;
    errnum =
        pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    if (errnum == 0)
        errnum = pthread_rwlock_init(room, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    return errnum;
}

enum sw_status sw_memory_budget_init(struct sw_memory_budget *budget, uint64_t size_max,
                                     struct sw_error *error)
{
    *budget = (struct sw_memory_budget){.size_max = size_max};
    int errnum = pthread_mutex_init(&budget->lock, NULL);
    if (errnum != 0)
        return sw_fail(error, SW_STOP, "budget", errnum, "cannot make a lock");
    errnum = pthread_cond_init(&budget->changed, NULL);
    if (errnum != 0) {
        pthread_mutex_destroy(&budget->lock);
        return sw_fail(error, SW_STOP, "budget", errnum, "cannot make a condition");
    }
    errnum = make_room(&budget->room);
    if (errnum != 0) {
        pthread_cond_destroy(&budget->changed);
        pthread_mutex_destroy(&budget->lock);
        return sw_fail(error, SW_STOP, "budget", errnum, "cannot make a lock");
    }
    return SW_OK;
}

void sw_memory_budget_done(struct sw_memory_budget *budget)
{
    pthread_rwlock_destroy(&budget->room);
    pthread_cond_destroy(&budget->changed);
    pthread_mutex_destroy(&budget->lock);
}

enum sw_status sw_memory_budget_reserve(struct sw_memory_budget *budget, uint64_t size,
                                        struct sw_error *error)
{
    if (budget == NULL)
        return SW_OK;
    if (size > budget->size_max)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "budget", 0,
                           "needs %" PRIu64 " bytes of memory at once, of %" PRIu64 " in all", size,
                           budget->size_max);
    pthread_mutex_lock(&budget->lock);
    uint64_t ticket = budget->next++;
    while (ticket != budget->serving || size > budget->size_max - budget->used)
        pthread_cond_wait(&budget->changed, &budget->lock);
    budget->used += size;
    budget->serving++;
    pthread_cond_broadcast(&budget->changed);
    pthread_mutex_unlock(&budget->lock);
    return SW_OK;
}

bool sw_memory_budget_try_reserve(struct sw_memory_budget *budget, uint64_t size)
{
    pthread_mutex_lock(&budget->lock);
    bool free_now = budget->next == budget->serving && size <= budget->size_max - budget->used;
    if (free_now)
        budget->used += size;
    pthread_mutex_unlock(&budget->lock);
    return free_now;
}

void sw_memory_budget_release(struct sw_memory_budget *budget, uint64_t size)
{
    if (budget == NULL)
        return;
    pthread_mutex_lock(&budget->lock);
    budget->used -= size;
    pthread_cond_broadcast(&budget->changed);
    pthread_mutex_unlock(&budget->lock);
}

bool sw_memory_budget_try_enter(struct sw_memory_budget *budget, bool alone)
{
    return (alone ? pthread_rwlock_trywrlock(&budget->room)
                  : pthread_rwlock_tryrdlock(&budget->room)) == 0;
}

void sw_memory_budget_enter(struct sw_memory_budget *budget, bool alone)
{
    int errnum =
        alone ? pthread_rwlock_wrlock(&budget->room) : pthread_rwlock_rdlock(&budget->room);
    assert(errnum == 0);
}

void sw_memory_budget_leave(struct sw_memory_budget *budget)
{
    pthread_rwlock_unlock(&budget->room);
}
