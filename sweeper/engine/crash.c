/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.c - on a fatal signal, write slot and signal to the shared page and
 * die of it.
 *
 * The handler runs on an alternate stack (the ordinary one may be what broke)
 * and touches nothing but two atomics. SA_RESETHAND restores the default
 * action, so that returning to the faulting instruction ends the process with
 * the true signal.
 */
#include "crash.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALTERNATE_STACK_SIZE = 64 * 1024 };

static struct sw_slots *shared;
static _Thread_local unsigned own_slot; /* counted from 1; 0: not a worker */

#ifndef SWEEPER_SANITIZED /* a sanitizer's own report is worth more than a name */
static void last_words(int signal)
{
    uint32_t nobody = 0;

    if (own_slot != 0 && atomic_compare_exchange_strong(&shared->culprit, &nobody, own_slot))
        atomic_store(&shared->signal, (uint32_t)signal);
}

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
#endif

enum sw_status crash_init(struct sw_slots *slots, struct sw_error *error)
{
    shared = slots;
#ifndef SWEEPER_SANITIZED
    struct sigaction action = {.sa_handler = last_words,
                               .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        if (sigaction(fatal[i], &action, NULL) != 0)
            return sw_fail(error, SW_STOP, "crash", errno, "cannot handle signal %d", fatal[i]);
#endif
    (void)error;
    return SW_OK;
}

enum sw_status crash_thread_init(unsigned slot, struct sw_error *error)
{
    void *at = mmap(NULL, ALTERNATE_STACK_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    const stack_t stack = {.ss_sp = at, .ss_size = ALTERNATE_STACK_SIZE};

    if (at == MAP_FAILED || sigaltstack(&stack, NULL) != 0)
        return sw_fail(error, SW_STOP, "crash", errno, "no alternate signal stack");
    own_slot = slot + 1;
    return SW_OK;
}
