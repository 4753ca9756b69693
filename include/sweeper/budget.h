/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - one purse of memory for all workers: whoever needs a large buffer
 * reserves its size first, and waits until others have given theirs back.
 *
 * Runs in:  engine.
 * Threads:  all workers share one budget. A worker never waits while it holds
 *           a reservation: nobody can wait for ever. Waiters are served in the order they came, so
 *           that small requests cannot starve a large one.
 *           What is not reserved (matches, say) may still run the process out
 *           of memory, and then it hits whoever asks next. So everyone works
 *           inside enter() and leave(), and who met a failure, not holding a
 *           reservation any more, enters once more, alone.
 * Owns:     nothing but its locks; it only counts.
 * Fails:    reserve: SW_SKIP with gap limit_memory when the request is larger
 *           than the whole budget. NULL in place of a budget means "no limit".
 */
#ifndef SWEEPER_BUDGET_H
#define SWEEPER_BUDGET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sweeper/status.h"

struct sw_memory_budget {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t size_max; /* bytes */
    uint64_t used;     /* bytes reserved now */
    uint64_t next;     /* ticket of the next to come */
    uint64_t serving;  /* ticket of the next to be served */
    pthread_rwlock_t room;
};

enum sw_status sw_memory_budget_init(struct sw_memory_budget *budget, uint64_t size_max,
                                     struct sw_error *error) SW_MUST_CHECK;
void sw_memory_budget_done(struct sw_memory_budget *budget);

/* Blocks until `size` bytes are free, and takes them. */
enum sw_status sw_memory_budget_reserve(struct sw_memory_budget *budget, uint64_t size,
                                        struct sw_error *error) SW_MUST_CHECK;
/* The same without waiting, so that one who holds a reservation may ask for
 * more; false when it is not free, or others wait for their turn. */
bool sw_memory_budget_try_reserve(struct sw_memory_budget *budget, uint64_t size) SW_MUST_CHECK;
/* Gives back what was taken, at once or in parts. */
void sw_memory_budget_release(struct sw_memory_budget *budget, uint64_t size);

/* False when it would have to wait. */
bool sw_memory_budget_try_enter(struct sw_memory_budget *budget, bool alone);
/* Waits until nobody is alone and, to be alone, until nobody else is in. Who
 * wants to be alone goes before those who come later. */
void sw_memory_budget_enter(struct sw_memory_budget *budget, bool alone);
void sw_memory_budget_leave(struct sw_memory_budget *budget);

#endif
