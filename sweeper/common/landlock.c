/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock.c - deny everything that the running kernel's Landlock can deny.
 *
 * Bits and structures: include/uapi/linux/landlock.h of Linux 6.12. They are
 * written out here because Debian 12's header stops at ABI 2 while its users
 * run newer kernels.
 */
#include "common/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CREATE_RULESET_VERSION = 1,
    RULE_PATH_BENEATH = 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    NET_BIND = 1,
    NET_CONNECT = 2,
};

struct path_beneath_attr {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

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

/* Closes `ruleset` whatever comes. */
static int restrict_self(long ruleset)
{
    long result = syscall(SYS_landlock_restrict_self, ruleset, 0);
    int errnum = errno;

    close((int)ruleset);
    errno = errnum;
    return result == 0 ? 0 : -1;
}

int landlock_deny_all(int abi)
{
    struct ruleset_attr attr = {
        .handled_access_fs = access_fs(abi),
        .handled_access_net = NET_BIND | NET_CONNECT,
        .scoped = 3, /* abstract UNIX sockets, signals */
    };
    long ruleset = syscall(SYS_landlock_create_ruleset, &attr, attr_size(abi), 0);

    return ruleset < 0 ? -1 : restrict_self(ruleset);
}

/* Of a file only what a file can have is allowed: the kernel refuses the rest. */
static void allow_reading(long ruleset, const char *path)
{
    struct path_beneath_attr rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
    struct stat facts;

    if (rule.parent_fd < 0)
        return;
    if (fstat(rule.parent_fd, &facts) == 0) {
        rule.allowed_access = FS_READ_FILE | (S_ISDIR(facts.st_mode) ? FS_READ_DIR : 0);
        (void)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    close(rule.parent_fd);
}

int landlock_allow_reading(int abi, const char *const *paths, size_t count)
{
    struct ruleset_attr attr = {
        .handled_access_fs = access_fs(abi),
        .handled_access_net = NET_BIND,
        .scoped = 3,
    };
    long ruleset = syscall(SYS_landlock_create_ruleset, &attr, attr_size(abi), 0);

    if (ruleset < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        allow_reading(ruleset, paths[i]);
    return restrict_self(ruleset);
}
