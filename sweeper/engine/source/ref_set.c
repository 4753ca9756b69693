/* SPDX-License-Identifier: Apache-2.0 */
/* ref_set.c - open addressing with a keyed place; see ref_set.h. */
#include "ref_set.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

enum { FIRST_CAPACITY = 256 };

void sw_ref_set_init(struct sw_ref_set *set)
{
    const void *random = (const void *)getauxval(AT_RANDOM);
    *set = (struct sw_ref_set){.slots = NULL};
    if (random != NULL)
        memcpy(set->key, random, sizeof set->key);
    set->key[1] |= 1;
}

void sw_ref_set_done(struct sw_ref_set *set)
{
    free(set->slots);
    set->slots = NULL;
    set->capacity = 0;
    set->count = 0;
}

static size_t place_of(const struct sw_ref_set *set, uint64_t value)
{
    uint64_t mixed = (value ^ set->key[0]) * set->key[1];
    mixed = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    size_t at = (size_t)(mixed >> 32) & (set->capacity - 1);
    while (set->slots[at] != 0 && set->slots[at] != value + 1)
        at = (at + 1) & (set->capacity - 1);
    return at;
}

static bool grow(struct sw_ref_set *set)
{
    struct sw_ref_set old = *set;
    set->capacity = old.capacity == 0 ? FIRST_CAPACITY : old.capacity * 2;
    set->slots = calloc(set->capacity, sizeof *set->slots);
    if (set->slots == NULL) {
        *set = old;
        return false;
    }
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i] != 0)
            set->slots[place_of(set, old.slots[i] - 1)] = old.slots[i];
    free(old.slots);
    return true;
}

enum sw_status sw_ref_set_add(struct sw_ref_set *set, uint64_t value, bool *is_new,
                              struct sw_error *error)
{
    if (set->count == SW_REFS_MAX || (set->count * 2 >= set->capacity && !grow(set)))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory to remember more than %zu directories", set->count);
    size_t at = place_of(set, value);
    *is_new = set->slots[at] == 0;
    if (*is_new) {
        set->slots[at] = value + 1;
        set->count++;
    }
    return SW_OK;
}
