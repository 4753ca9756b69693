/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - one purse of memory for all workers: whoever needs a large buffer
 * reserves its size first, and waits until others have given theirs back.
 *
 * Runs in:  engine.
 * Threads:  all workers share one budget. A worker holds at most one
 *           reservation at a time and never waits while it holds one: nobody
 *           can wait for ever. Waiters are served in the order they came, so
 *           that small requests cannot starve a large one.
 * Owns:     nothing but its lock; it only counts.
 * Fails:    reserve: SW_SKIP with gap limit_memory when the request is larger
 *           than the whole budget. NULL in place of a budget means "no limit".
 */
#ifndef SWEEPER_BUDGET_H
#define SWEEPER_BUDGET_H

#include <pthread.h>
#include <stdint.h>

#include "sweeper/status.h"

struct sw_memory_budget {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t size_max; /* bytes */
    uint64_t used;     /* bytes reserved now */
    uint64_t next;     /* ticket of the next to come */
    uint64_t serving;  /* ticket of the next to be served */
};

enum sw_status sw_memory_budget_init(struct sw_memory_budget *budget, uint64_t size_max,
                                     struct sw_error *error) SW_MUST_CHECK;
void sw_memory_budget_done(struct sw_memory_budget *budget);

/* Blocks until `size` bytes are free, and takes them. */
enum sw_status sw_memory_budget_reserve(struct sw_memory_budget *budget, uint64_t size,
                                        struct sw_error *error) SW_MUST_CHECK;
/* Gives back what one reserve() took. */
void sw_memory_budget_release(struct sw_memory_budget *budget, uint64_t size);

#endif
