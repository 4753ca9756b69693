/* SPDX-License-Identifier: Apache-2.0 */
/* part_set.c - the descriptors that go with an item. */
#include "sweeper/part_set.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "sweeper/limits.h"

/* The limit that it shares out is the process's, too. */
static _Atomic size_t purse_size = SW_PARTS_MAX;
static _Atomic size_t purse_taken;

void sw_part_purse_open(size_t descriptors)
{
    atomic_store(&purse_size, descriptors);
}

size_t sw_part_purse_size(void)
{
    return atomic_load(&purse_size);
}

bool sw_part_purse_take(size_t count)
{
    const size_t size = atomic_load(&purse_size);
    size_t taken = atomic_load(&purse_taken);

    do {
        if (count > size || taken > size - count)
            return false;
    } while (!atomic_compare_exchange_weak(&purse_taken, &taken, taken + count));
    return true;
}

void sw_part_purse_give(size_t count)
{
    atomic_fetch_sub(&purse_taken, count);
}

struct sw_part_set *sw_part_set_new(enum sw_set_role role, size_t count)
{
    struct sw_part_set *set = calloc(1, sizeof(*set) + count * sizeof(set->parts[0]));

    if (set == NULL)
        return NULL;
    set->role = role;
    set->count = count;
    for (size_t i = 0; i < count; i++) {
        set->parts[i].state = SW_PART_ABSENT;
        set->parts[i].fd = -1;
    }
    return set;
}

void sw_part_set_free(struct sw_part_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++) {
        if (set->parts[i].fd >= 0)
            close(set->parts[i].fd);
        free(set->parts[i].name);
    }
    sw_part_purse_give(set->taken);
    free(set);
}
