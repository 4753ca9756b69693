/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock.c - deny everything that the running kernel's Landlock can deny.
 *
 * Bits and structures: include/uapi/linux/landlock.h of Linux 6.12. They are
 * written out here because Debian 12's header stops at ABI 2 while its users
 * run newer kernels.
 */
#include "landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATE_RULESET_VERSION = 1 };

struct ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4 */
    uint64_t scoped;             /* ABI 6 */
};

/* How many file-system rights each ABI knows: they are the low bits. */
static uint64_t access_fs(int abi)
{
    unsigned bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;

    return (UINT64_C(1) << bits) - 1;
}

static size_t attr_size(int abi)
{
    if (abi >= 6)
        return sizeof(struct ruleset_attr);
    return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

int landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

int landlock_deny_all(int abi)
{
    struct ruleset_attr attr = {
        .handled_access_fs = access_fs(abi),
        .handled_access_net = 3, /* bind and connect TCP */
        .scoped = 3,             /* abstract UNIX sockets, signals */
    };
    long ruleset = syscall(SYS_landlock_create_ruleset, &attr, attr_size(abi), 0);

    if (ruleset < 0)
        return -1;
    long result = syscall(SYS_landlock_restrict_self, ruleset, 0);
    int errnum = errno;
    close((int)ruleset);
    errno = errnum;
    return result == 0 ? 0 : -1;
}
