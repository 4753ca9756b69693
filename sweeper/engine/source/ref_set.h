/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ref_set.h - numbers that were met, so that nothing is walked twice: references of
 * directories in a file system that somebody may have tied into a knot.
 *
 * Runs in:  engine workers.
 * Threads:  one set, one thread.
 * Owns:     sw_ref_set_done() releases.
 * Trusts:   nothing: the numbers may be chosen by an attacker, who cannot know the
 *           key that says where they go.
 * Fails:    SW_SKIP (limit_memory) at SW_REFS_MAX numbers, or without memory.
 */
#ifndef SWEEPER_ENGINE_SOURCE_REF_SET_H
#define SWEEPER_ENGINE_SOURCE_REF_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/status.h"

enum { SW_REFS_MAX = 1 << 20 };

struct sw_ref_set {
    uint64_t *slots; /* a number plus 1; 0: free */
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    uint64_t key[2];
};

void sw_ref_set_init(struct sw_ref_set *set);
void sw_ref_set_done(struct sw_ref_set *set);
/* Adds `value`, which is not UINT64_MAX. *is_new: it was not there. */
enum sw_status sw_ref_set_add(struct sw_ref_set *set, uint64_t value, bool *is_new,
                              struct sw_error *error) SW_MUST_CHECK;

#endif
