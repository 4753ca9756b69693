/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts_take.h - how the facts of an object are taken from the kernel.
 *
 * Runs in:  supervisor.
 * Threads:  any.
 */
#ifndef SWEEPER_SUPERVISOR_FACTS_TAKE_H
#define SWEEPER_SUPERVISOR_FACTS_TAKE_H

#include <sys/stat.h>

#include "sweeper/facts.h"

/* Of an open descriptor (O_PATH will do). 0, or -1 with errno. By statx(2), and
 * by fstatat(2), which knows no time of birth, where statx is not to be had: old
 * kernels answer ENOSYS, the system call filters of old container engines EPERM. */
int sw_facts_of_fd(int fd, struct sw_facts *facts);
/* The same from a struct stat. */
struct sw_facts sw_facts_of_stat(const struct stat *found);

#endif
