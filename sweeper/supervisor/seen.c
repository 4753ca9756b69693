/* SPDX-License-Identifier: Apache-2.0 */
/* seen.c - an open-addressing hash set of (device, inode). */
#include "supervisor/seen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

#define CAPACITY_FIRST 1024

static uint64_t mix(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33);
}

enum sw_status sw_seen_init(struct sw_seen *seen, struct sw_error *error)
{
    *seen = (struct sw_seen){.capacity = CAPACITY_FIRST};
    /* Without random bytes the seed stays 0: slower for a hostile tree, as
     * right as before. */
    if (getrandom(&seen->seed, sizeof seen->seed, GRND_NONBLOCK) < 0)
        seen->seed = 0;
    seen->slots = calloc(seen->capacity, sizeof *seen->slots);
    if (seen->slots == NULL)
        return sw_fail(error, SW_STOP, "walk", 0, "no memory for the set of directories");
    pthread_mutex_init(&seen->lock, NULL);
    return SW_OK;
}

void sw_seen_done(struct sw_seen *seen)
{
    if (seen->slots == NULL)
        return;
    pthread_mutex_destroy(&seen->lock);
    free(seen->slots);
    seen->slots = NULL;
}

static bool is_zero(struct sw_identity identity)
{
    return identity.device == 0 && identity.inode == 0;
}

/* The slot that holds the identity, or the empty one where it belongs. */
static struct sw_identity *slot_of(const struct sw_seen *seen, struct sw_identity *slots,
                                   size_t capacity, struct sw_identity identity)
{
    size_t index = mix(identity.inode ^ mix(identity.device ^ seen->seed)) & (capacity - 1);

    while (!is_zero(slots[index]) &&
           (slots[index].inode != identity.inode || slots[index].device != identity.device))
        index = (index + 1) & (capacity - 1);
    return &slots[index];
}

static bool grow(struct sw_seen *seen)
{
    size_t capacity = seen->capacity * 2;
    struct sw_identity *slots = calloc(capacity, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t index = 0; index < seen->capacity; index++) {
        if (!is_zero(seen->slots[index]))
            *slot_of(seen, slots, capacity, seen->slots[index]) = seen->slots[index];
    }
    free(seen->slots);
    seen->slots = slots;
    seen->capacity = capacity;
    return true;
}

static enum sw_seen_answer add_locked(struct sw_seen *seen, struct sw_identity identity)
{
    struct sw_identity *slot;

    if (is_zero(identity)) {
        bool before = seen->has_zero;

        seen->has_zero = true;
        return before ? SW_SEEN_BEFORE : SW_SEEN_NEW;
    }
    if (!is_zero(*slot_of(seen, seen->slots, seen->capacity, identity)))
        return SW_SEEN_BEFORE;
    if (seen->count + 1 > seen->capacity / 4 * 3 && !grow(seen))
        return SW_SEEN_NO_MEMORY;
    slot = slot_of(seen, seen->slots, seen->capacity, identity);
    *slot = identity;
    seen->count++;
    return SW_SEEN_NEW;
}

enum sw_seen_answer sw_seen_add(struct sw_seen *seen, struct sw_identity identity)
{
    enum sw_seen_answer answer;

    pthread_mutex_lock(&seen->lock);
    answer = add_locked(seen, identity);
    pthread_mutex_unlock(&seen->lock);
    return answer;
}
