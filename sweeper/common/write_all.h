/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_all.h - all of some bytes into a descriptor that takes them in parts.
 *
 * Runs in:  both processes.
 * Threads:  any; no state.
 * Fails:    an errno; EIO when write(2) takes nothing without saying why.
 */
#ifndef SWEEPER_COMMON_WRITE_ALL_H
#define SWEEPER_COMMON_WRITE_ALL_H

#include "sweeper/buf.h"

/* 0, or an errno. Waits as write(2) does. */
int sw_write_all(int fd, struct sw_view rest);

#endif
