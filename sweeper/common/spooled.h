/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spooled.h - bytes that come from elsewhere, kept in an unlinked file, within limits.
 *
 * Runs in:  supervisor (standard input), fetcher (everything else).
 * Threads:  one.
 * Owns:     nothing: the descriptor is the caller's.
 * Trusts:   not how much comes.
 * Fails:    SW_PART: the limit or the disk was met; error->reason is the gap (limit_spill,
 *           limit_size, no_space, io_error). What fitted has been kept.
 */
#ifndef SWEEPER_COMMON_SPOOLED_H
#define SWEEPER_COMMON_SPOOLED_H

#include <stdint.h>

#include "sweeper/buf.h"

struct sw_spooled {
    int fd;
    uint64_t size;          /* bytes kept */
    uint64_t spool_max;     /* bytes that --spill leaves */
    uint64_t file_size_max; /* --max-file-size */
    uint64_t checked;       /* so far the disk was asked for space */
};

enum sw_status sw_spooled_add(struct sw_spooled *spooled, struct sw_view bytes,
                              struct sw_error *error) SW_MUST_CHECK;
/* Forgets what was kept. */
enum sw_status sw_spooled_restart(struct sw_spooled *spooled, struct sw_error *error) SW_MUST_CHECK;

#endif
