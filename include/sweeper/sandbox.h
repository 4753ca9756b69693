/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - the door that closes behind the engine before it sees a byte of
 * content: no new privileges, Landlock with nothing reachable, a seccomp
 * allow-list, resource limits.
 *
 * Order: every worker calls sw_sandbox_thread() (Landlock binds a thread),
 * then the main thread calls sw_sandbox_process() (seccomp is synchronised to
 * all threads). Afterwards no file can be opened, no socket made, no program
 * or thread started, by anybody in the process, for good.
 *
 * Runs in:  engine.
 * Threads:  as above.
 * Fails:    never with SW_STOP: what the kernel lacks stands in the report,
 *           and the caller decides (--sandbox=require).
 *
 * Landlock: kernel documentation, userspace-api/landlock.rst (ABI 1 to 7).
 */
#ifndef SWEEPER_SANDBOX_H
#define SWEEPER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/status.h"

enum { SW_SANDBOX_MISSING_MAX = 8 };

struct sw_sandbox_report {
    bool no_new_privs;
    int landlock_abi; /* 0: none */
    bool seccomp;
    bool rlimits;
    char missing[SW_SANDBOX_MISSING_MAX][160]; /* one sentence each */
    size_t missing_count;
};

/* no_new_privs and Landlock for the calling thread. True when the kernel gave
 * both. Safe to call from several threads at once. */
bool sw_sandbox_thread(void);

/* The same for the main thread, then rlimits and seccomp for all threads; says
 * what is in force. `memory_max`: bytes of private memory that the process may
 * have (RLIMIT_DATA); 0 for no limit. `threads_closed`: every worker's
 * sw_sandbox_thread() was true. */
void sw_sandbox_process(uint64_t memory_max, bool threads_closed, struct sw_sandbox_report *report);

#endif
