/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - a hook of the test build: a file, or a member of a container,
 * whose content begins with "SWEEPER-FAULT:" and a word makes the worker that
 * looks at it misbehave, so that tests can see what one bad object costs. The
 * shipped program has none of this: the functions are then nothing.
 */
#ifndef SWEEPER_ENGINE_FAULT_H
#define SWEEPER_ENGINE_FAULT_H

#include "sweeper/blob.h"
#include "sweeper/buf.h"

#ifdef SWEEPER_FAULTS
/* Reads the head of the object and does what it says. */
void fault_provoke(struct sw_blob *blob);
/* The answer about the object at hand: the truth, or the lie that it asks for. */
struct sw_view fault_lie(struct sw_view truth);
/* Whether the object at hand asks that there be no memory, once. */
bool fault_starves(void);
#else
static inline void fault_provoke(struct sw_blob *blob)
{
    (void)blob;
}
static inline struct sw_view fault_lie(struct sw_view truth)
{
    return truth;
}
static inline bool fault_starves(void)
{
    return false;
}
#endif

#endif
