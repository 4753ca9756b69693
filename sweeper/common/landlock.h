/* SPDX-License-Identifier: Apache-2.0 */
/* landlock.h - the three system calls, also where the C library's headers are
 * older than the kernel. */
#ifndef SWEEPER_COMMON_LANDLOCK_H
#define SWEEPER_COMMON_LANDLOCK_H

#include <stddef.h>

/* The kernel's ABI version, or 0 without Landlock. */
int landlock_abi(void);

/* Denies the calling thread everything that this kernel's Landlock knows: all
 * file-system rights (ABI 1 to 5), TCP (4), abstract sockets and signals to
 * others (6). Needs no_new_privs. 0, or -1 with errno. */
int landlock_deny_all(int abi);

/* The same, but files below `paths` can be read and directories there listed, and TCP
 * connections opened (not awaited). Paths that are not there are passed over. */
int landlock_allow_reading(int abi, const char *const *paths, size_t count);

#endif
