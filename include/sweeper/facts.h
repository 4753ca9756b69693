/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - what the file system says of an object, taken once, at opening.
 *
 * Runs in:  both processes; the supervisor takes it (statx on the open
 *           descriptor), the engine compares with it after reading.
 */
#ifndef SWEEPER_FACTS_H
#define SWEEPER_FACTS_H

#include <stdint.h>

#include "sweeper/origin.h"

#define SW_TIME_UNKNOWN INT64_MIN

struct sw_facts {
    uint64_t device; /* as makedev(3) packs it */
    uint64_t inode;
    uint64_t size; /* bytes, apparent */
    uint32_t mode; /* type and permission bits, as st_mode */
    uint32_t uid;
    uint32_t gid;
    uint32_t link_count;
    int64_t mtime_ns; /* nanoseconds since the epoch */
    int64_t ctime_ns;
    int64_t btime_ns;      /* birth; SW_TIME_UNKNOWN where the file system has none */
    int64_t atime_ns;      /* of the last reading, before ours */
    enum sw_origin origin; /* who keeps these facts, where the kind does not tell; see there */
};

#endif
