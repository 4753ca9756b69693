/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spill.h - room on disk for content that does not fit into memory: one unlinked
 * file for each worker, used as a stack.
 *
 * Containers open one inside the other, so what is spilled last is dropped
 * first: a region is always the last one, and dropping it cuts the file.
 *
 * Threads:  a struct sw_spill belongs to one worker; the purse to all.
 * Owns:     the descriptor.
 * Trusts:   nothing of the content; nothing of it becomes a name.
 * Fails:    SW_SKIP with gap limit_spill or no_space.
 */
#ifndef SWEEPER_ENGINE_UNPACK_SPILL_H
#define SWEEPER_ENGINE_UNPACK_SPILL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/status.h"

/* What all workers together may still put on disk. */
struct sw_spill_purse {
    _Atomic uint64_t left; /* bytes */
};

struct sw_spill {
    int fd;        /* -1: there is no place for one */
    uint64_t top;  /* end of the last region, a multiple of the page size */
    uint64_t paid; /* bytes behind `top` that are paid for */
    struct sw_spill_purse *purse;
};

/* The file is made in the first of `folders` (ends with NULL) that takes one;
 * with none there is no spilling, and whoever needs it gets a gap. Called before
 * the door closes. */
void sw_spill_open(struct sw_spill *spill, struct sw_spill_purse *purse,
                   const char *const *folders);
void sw_spill_close(struct sw_spill *spill);

/* Writes into the last region, which begins at `base` (sw_spill_top() when it
 * was begun): `offset` bytes behind it. What is skipped over reads as zeros. */
enum sw_status sw_spill_write(struct sw_spill *spill, uint64_t base, uint64_t offset,
                              const void *data, size_t size, struct sw_error *error) SW_MUST_CHECK;
/* The region is `size` bytes long (what was not written reads as zeros), and
 * the next begins behind it. */
enum sw_status sw_spill_keep(struct sw_spill *spill, uint64_t base, uint64_t size,
                             struct sw_error *error) SW_MUST_CHECK;
/* Drops the region that begins at `base`, and all behind it. */
void sw_spill_drop(struct sw_spill *spill, uint64_t base);

#endif
