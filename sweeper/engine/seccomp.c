/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp.c - an allow-list: what is not in it fails with EPERM.
 *
 * EPERM and not death, because libraries try to open things late (message
 * catalogues, time zones, /proc/sys/vm/overcommit_memory in malloc's arena
 * code) and cope with a refusal. clone3 answers ENOSYS, which glibc takes as
 * "use clone", which is then refused.
 */
#include "seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* One row a call; what it is for. */
static const int allowed[] = {
    /* content: reading descriptors that were handed over */
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(close),
    SCMP_SYS(fadvise64),
    /* spilled content: the only file that is open for writing */
    SCMP_SYS(pwrite64),
    SCMP_SYS(ftruncate),
    /* the socket to the supervisor */
    SCMP_SYS(recvmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(sendmsg),
    /* memory (never executable: see below) */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    /* threads that exist already */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(membarrier),
    /* time */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrusage),
    /* own signals and identity */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    /* the end */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

#ifdef SWEEPER_SANITIZED
/* Sanitizer run-times look at themselves when they report. */
static const int allowed_for_sanitizers[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),  SCMP_SYS(readlink),   SCMP_SYS(readlinkat),
    SCMP_SYS(prctl),     SCMP_SYS(getppid), SCMP_SYS(newfstatat), SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64), SCMP_SYS(write),
};
#endif

static int allow_rows(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return result;
}

/* Calls that are allowed with some arguments only. */
static int allow_narrowly(scmp_filter_ctx filter)
{
    int result = 0;
    const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp to_stderr = SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO);
    const struct scmp_arg_cmp to_self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());

    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable);
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable);
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, to_stderr);
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(writev), 1, to_stderr);
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, to_self);
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return result;
}

int seccomp_close_door(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int result = -ENOMEM;

    if (filter == NULL)
        goto out;
    result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (result == 0)
        result = allow_rows(filter, allowed, sizeof(allowed) / sizeof(allowed[0]));
#ifdef SWEEPER_SANITIZED
    if (result == 0)
        result = allow_rows(filter, allowed_for_sanitizers,
                            sizeof(allowed_for_sanitizers) / sizeof(allowed_for_sanitizers[0]));
#endif
    if (result == 0)
        result = allow_narrowly(filter);
    if (result == 0)
        result = seccomp_load(filter);
out:
    if (filter != NULL)
        seccomp_release(filter);
    return result;
}
