/* SPDX-License-Identifier: Apache-2.0 */
/* door.c - no_new_privs, limits, Landlock, and a filter of system calls. */
#include "fetch/door.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/landlock.h"
#include "sweeper/limits.h"

/* Where names are resolved, certificates kept, and the libraries for both. */
static const char *const readable[] = {
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/ld.so.cache",
    "/etc/ssl",
    "/etc/pki/tls",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/lib",
    "/lib64",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/nscd",
    "/dev/null",
    "/dev/urandom",
};

/* What a client of a network has no use for. Answered with EPERM. */
static const int refused[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(reboot),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
};

static int filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result = filter == NULL ? -ENOMEM : 0;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]) && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
    if (result == 0)
        result = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    return result;
}

static void limit(int resource, uint64_t value)
{
    struct rlimit limits;

    if (getrlimit((__rlimit_resource_t)resource, &limits) != 0)
        return;
    if (limits.rlim_max == RLIM_INFINITY || limits.rlim_max > value)
        limits.rlim_max = (rlim_t)value;
    limits.rlim_cur = limits.rlim_max;
    setrlimit((__rlimit_resource_t)resource, &limits);
}

static int restrict_files(const char *ca_file)
{
    const char *paths[sizeof(readable) / sizeof(readable[0]) + 1];
    size_t count = 0;

    for (; count < sizeof(readable) / sizeof(readable[0]); count++)
        paths[count] = readable[count];
    if (ca_file != NULL)
        paths[count++] = ca_file;
    return landlock_allow_reading(landlock_abi(), paths, count);
}

enum sw_status sw_fetch_close_door(uint64_t file_size_max, const char *ca_file, bool require,
                                   struct sw_error *error)
{
    const char *missing = NULL;

    signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 128);
    limit(RLIMIT_FSIZE, file_size_max);
#ifndef SWEEPER_SANITIZED
    limit(RLIMIT_DATA, 512 * SW_MIB);
#endif
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        missing = "no_new_privs";
    else if (restrict_files(ca_file) != 0)
        missing = "Landlock";
    else if (filter_calls() != 0)
        missing = "seccomp";
    if (missing != NULL && require)
        return sw_fail(error, SW_STOP, "fetch", 0,
                       "--sandbox=require: there is no %s for what fetches", missing);
    return SW_OK;
}
