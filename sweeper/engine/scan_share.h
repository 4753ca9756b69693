/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_share.h - the sieve over one large object by several workers: those who have nothing
 * to do take blocks of it (rule/scan_shared.c), the owner waits for the last.
 *
 * Threads:  one struct scan_share, one worker: the owner of the object.
 * Owns:     nothing: the tasks are over when the scan has read the object.
 */
#ifndef SWEEPER_ENGINE_SCAN_SHARE_H
#define SWEEPER_ENGINE_SCAN_SHARE_H

#include "engine/share.h"
#include "sweeper/scan.h"

enum { SCAN_HELPERS_MAX = 15 };

struct scan_task {
    struct task task; /* first */
    struct sw_scan_part *part;
    uint64_t item;
};

struct scan_share {
    struct desk *desk;
    struct scan_task tasks[SCAN_HELPERS_MAX];
    size_t count; /* that were offered */
};

/* For the scanner of that desk; `share` stays as long as it does. */
struct sw_scan_help scan_share_help(struct scan_share *share, struct desk *desk);

#endif
