/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.c - the order in which the door closes, and the report on it. */
#include "sweeper/sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/landlock.h"
#include "seccomp.h"

static void say_missing(struct sw_sandbox_report *report, const char *format, ...) SW_PRINTF(2, 3);

static void say_missing(struct sw_sandbox_report *report, const char *format, ...)
{
    va_list args;

    if (report->missing_count == SW_SANDBOX_MISSING_MAX)
        return;
    va_start(args, format);
    vsnprintf(report->missing[report->missing_count], sizeof(report->missing[0]), format, args);
    va_end(args);
    report->missing_count++;
}

bool sw_sandbox_thread(void)
{
    int abi = landlock_abi();

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    return abi > 0 && landlock_deny_all(abi) == 0;
}

/* Private memory includes the stacks that exist already; a core file would
 * hold evidence. */
static bool limit_resources(uint64_t memory_max)
{
    const struct rlimit none = {0, 0};
    const struct rlimit data = {memory_max, memory_max};
    bool ok = setrlimit(RLIMIT_CORE, &none) == 0;

    ok = setrlimit(RLIMIT_NPROC, &none) == 0 && ok;
#ifndef SWEEPER_SANITIZED /* shadow memory counts as private */
    if (memory_max != 0)
        ok = setrlimit(RLIMIT_DATA, &data) == 0 && ok;
#else
    (void)data;
#endif
    return ok;
}

void sw_sandbox_process(uint64_t memory_max, bool threads_closed, struct sw_sandbox_report *report)
{
    int abi = landlock_abi();
    bool main_closed = sw_sandbox_thread();

    *report = (struct sw_sandbox_report){0};
    report->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    if (!report->no_new_privs)
        say_missing(report, "no_new_privs was refused");
    if (abi == 0)
        say_missing(report, "the kernel has no Landlock");
    else if (!main_closed || !threads_closed)
        say_missing(report, "Landlock (ABI %d) refused to restrict a thread", abi);
    else
        report->landlock_abi = abi;

    report->rlimits = limit_resources(memory_max);
    if (!report->rlimits)
        say_missing(report, "resource limits were refused");

    int result = seccomp_close_door();
    report->seccomp = result == 0;
    if (!report->seccomp)
        say_missing(report, "seccomp was refused: %s", strerror(-result));
#ifdef SWEEPER_SANITIZED
    report->seccomp = false;
    say_missing(report, "built with sanitizers: the seccomp list is wider");
#endif
}
