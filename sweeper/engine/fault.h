/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - a hook of the test build: a file whose content begins with
 * "SWEEPER-FAULT:" and a word makes the worker that looks at it misbehave, so
 * that tests can see what one bad object costs. The shipped program has none
 * of this: fault_provoke() is then nothing.
 */
#ifndef SWEEPER_ENGINE_FAULT_H
#define SWEEPER_ENGINE_FAULT_H

#ifdef SWEEPER_FAULTS
/* Reads the head of the descriptor and does what it says. */
void fault_provoke(int fd);
#else
static inline void fault_provoke(int fd)
{
    (void)fd;
}
#endif

#endif
