/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outwait.h - waiting for whoever reads an output, but not beyond an interrupt.
 *
 * The conductor blocks the signals that end a sweep and reads them when it has
 * time. A write(2) or open(2) that blocks, because nobody reads the pipe, would
 * never give it that time, and only SIGKILL would help. So nothing here blocks
 * in the kernel: it polls, and once SIGINT, SIGTERM or SIGHUP is pending (or
 * sw_out_hurry() was called) a reader gets two more seconds to take something.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Fails:    an errno value; ETIMEDOUT: nobody reads, and the sweep is to end.
 */
#ifndef SWEEPER_SUPERVISOR_OUTWAIT_H
#define SWEEPER_SUPERVISOR_OUTWAIT_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/buf.h"

/* From now on as if a signal were pending: the one that was has been read. */
void sw_out_hurry(void);

/* True when a write of up to PIPE_BUF bytes would not block now. */
bool sw_out_ready(int fd);
/* Waits until it would not; 0 or ETIMEDOUT. */
int sw_out_wait(int fd);
/* Writes until all is written or an error comes; *written says how far. */
int sw_out_write(int fd, struct sw_view bytes, size_t *written);
/* open(2) for writing, with O_NONBLOCK; waits for the reader of a FIFO. -1 with
 * errno set on failure. */
int sw_out_open(const char *file, int flags);

#endif
