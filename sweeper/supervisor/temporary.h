/* SPDX-License-Identifier: Apache-2.0 */
/*
 * temporary.h - files without a name, in $TMPDIR, /var/tmp or /tmp.
 *
 * Runs in:  supervisor.
 * Threads:  any.
 */
#ifndef SWEEPER_SUPERVISOR_TEMPORARY_H
#define SWEEPER_SUPERVISOR_TEMPORARY_H

/* A descriptor for reading and writing, the caller's; -1 with errno. */
int sw_temporary_file(void);

#endif
