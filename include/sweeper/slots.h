/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots.h - one shared page on which every worker of the engine says what it
 * is at, so that its last words survive it.
 *
 * Runs in:  engine (writes; also from a signal handler), supervisor (reads).
 * Threads:  each worker writes its own slot; everything is atomic.
 * Owns:     sw_slots_map() is undone by sw_slots_unmap(); the memfd is the
 *           caller's.
 * Trusts:   the supervisor believes nothing it reads here beyond "which of the
 *           items I sent": a lie moves the blame to another item in flight.
 */
#ifndef SWEEPER_SLOTS_H
#define SWEEPER_SLOTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "sweeper/limits.h"
#include "sweeper/status.h"

/* X(constant, words for SIGUSR1) */
#define SW_PHASE_TABLE(X)                                                                          \
    X(IDLE, "waiting for work")                                                                    \
    X(SCAN, "matching rules")                                                                      \
    X(UNPACK, "unpacking")                                                                         \
    X(DIGEST, "hashing")                                                                           \
    X(TYPE, "naming the type")                                                                     \
    X(REPORT, "reporting")

enum sw_phase {
#define SW_PHASE_ENUM(constant, words) SW_PHASE_##constant,
    SW_PHASE_TABLE(SW_PHASE_ENUM)
#undef SW_PHASE_ENUM
        SW_PHASE_COUNT
};
const char *sw_phase_words(unsigned phase);

/* In a step: several workers are at this item, and the number says only that it
 * is another one than before. */
#define SW_STEP_SHARED (UINT64_C(1) << 63)

struct sw_slot {
    _Atomic uint64_t item;  /* 0: none */
    _Atomic uint64_t step;  /* inside it (engine/unpack/unpack.h); 0: the item itself */
    _Atomic uint32_t phase; /* enum sw_phase */
    _Atomic uint32_t tid;   /* of the worker, for its CPU time */
};

struct sw_slots {
    struct sw_slot slot[SW_THREADS_MAX];
    /* Written by the fatal-signal handler: the slot it ran in, counted from 1
     * (0: no handler ran), and the signal. */
    _Atomic uint32_t culprit;
    _Atomic uint32_t signal;
};

/* A memfd of the right size, all zero. */
enum sw_status sw_slots_create(int *fd, struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_slots_map(int fd, struct sw_slots **slots, struct sw_error *error) SW_MUST_CHECK;
void sw_slots_unmap(struct sw_slots *slots);
/* All zero again, for the next engine. */
void sw_slots_clear(struct sw_slots *slots);

#endif
