/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.h - sorts any number of records in bounded memory: sorted runs in an
 * unlinked temporary file, merged at the end.
 *
 * One run is held in memory; a small report never touches the disk. When the
 * run is full it is sorted and written; 16 runs of one level are merged into one
 * of the next, and their room in the file is given back.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     its file ($TMPDIR, /var/tmp or /tmp), which has no name.
 * Fails:    SW_STOP: no temporary file, no space, no memory. What was taken before is there
 *           all the same, and comes out at the end.
 */
#ifndef SWEEPER_SUPERVISOR_SPOOL_H
#define SWEEPER_SUPERVISOR_SPOOL_H

#include "sweeper/buf.h"
#include "sweeper/limits.h"
#include "sweeper/status.h"

struct sw_spool;

#define SW_SPOOL_RUN_MAX (16 * SW_MIB)

/* `run_max`: bytes of a run, at most SW_SPOOL_RUN_MAX. */
enum sw_status sw_spool_new(size_t run_max, struct sw_spool **spool,
                            struct sw_error *error) SW_MUST_CHECK;
void sw_spool_free(struct sw_spool *spool);

/* Rows are ordered by memcmp() of key and text together. */
enum sw_status sw_spool_add(struct sw_spool *spool, struct sw_view key, struct sw_view text,
                            struct sw_error *error) SW_MUST_CHECK;

/* Called for the text of each row, in order; a status other than SW_OK ends. */
typedef enum sw_status sw_spool_row_fn(void *context, struct sw_view text, struct sw_error *error);
/* Once, at the end. */
enum sw_status sw_spool_drain(struct sw_spool *spool, sw_spool_row_fn *row, void *context,
                              struct sw_error *error) SW_MUST_CHECK;

#endif
