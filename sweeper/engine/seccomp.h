/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp.h - the system calls that an engine may still make. */
#ifndef SWEEPER_ENGINE_SECCOMP_H
#define SWEEPER_ENGINE_SECCOMP_H

/* Loads the allow-list for all threads of the process. 0, or -errno. */
int seccomp_close_door(void);

#endif
