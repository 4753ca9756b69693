/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h - one member's content as it comes in pieces: in memory while it is
 * small and memory is free, else spilled. When all of it is there, it is a blob.
 *
 * Threads:  a hold belongs to one worker.
 * Owns:     memory, its reservation, and a region of the spill file, until
 *           sw_hold_drop(). Holds are dropped in the reverse order of their
 *           beginning.
 * Fails:    SW_SKIP with gap limit_spill, no_space or io_error: what came
 *           before is there and can be looked at.
 */
#ifndef SWEEPER_ENGINE_UNPACK_HOLD_H
#define SWEEPER_ENGINE_UNPACK_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/unpack/pages.h"
#include "engine/unpack/spill.h"
#include "sweeper/blob.h"
#include "sweeper/budget.h"
#include "sweeper/source.h"

struct sw_hold {
    struct sw_memory_budget *budget;
    struct sw_pages *pages;
    struct sw_spill *spill;
    uint64_t size; /* bytes so far */
    uint8_t *bytes;
    size_t capacity;   /* of `bytes` */
    uint64_t reserved; /* of the budget */
    bool spilled;
    uint64_t base; /* in the spill file */
};

void sw_hold_init(struct sw_hold *hold, struct sw_memory_budget *budget, struct sw_pages *pages,
                  struct sw_spill *spill);
/* Gives back even the little that a drop keeps for the next member. */
void sw_hold_done(struct sw_hold *hold);

/* The next piece; between the last one and it are zeros. */
enum sw_status sw_hold_take(struct sw_hold *hold, const struct sw_piece *piece,
                            struct sw_error *error) SW_MUST_CHECK;
/* All that was taken; borrows from the hold. */
enum sw_status sw_hold_blob(struct sw_hold *hold, struct sw_blob *blob,
                            struct sw_error *error) SW_MUST_CHECK;
void sw_hold_drop(struct sw_hold *hold);
/* It will be held for long: no larger than it has to be and all of it paid for, or
 * spilled. Makes blobs of it bad. */
enum sw_status sw_hold_settle(struct sw_hold *hold, struct sw_error *error) SW_MUST_CHECK;
/* What is held changes hands: `hold` is as it was at its beginning. `to` is not
 * initialised; what is in memory may be done with on another thread. */
void sw_hold_move(struct sw_hold *to, struct sw_hold *hold);

#endif
