/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - memory that members are held in, going round: fresh pages from the
 * kernel cost more than what is written into them (a fault and a clearing each),
 * and giving them back stops the other workers for a moment.
 *
 * Threads:  any; a lock of its own.
 * Owns:     what was given to it, until it is taken; the rest goes with the process.
 * Fails:    NULL: the kernel has none.
 */
#ifndef SWEEPER_ENGINE_UNPACK_PAGES_H
#define SWEEPER_ENGINE_UNPACK_PAGES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/status.h"

enum {
    SW_PAGES_RUNS_MAX = 32,
};
#define SW_PAGES_RUN_MIN ((size_t)256 * 1024)      /* bytes of the smallest run */
#define SW_PAGES_RUN_MAX ((size_t)4 * 1024 * 1024) /* of the largest that is kept */
#define SW_PAGES_MAX     ((size_t)8 * 1024 * 1024) /* of all that is kept */

/* Pages that follow each other: a power of two of bytes. */
struct sw_page_run {
    uint8_t *bytes;
    size_t size;
};

struct sw_pages {
    pthread_mutex_t lock;
    struct sw_page_run runs[SW_PAGES_RUNS_MAX]; /* that nobody uses */
    size_t count;
    size_t size; /* bytes of them */
};

enum sw_status sw_pages_init(struct sw_pages *pages, struct sw_error *error) SW_MUST_CHECK;

/* A run of `size` bytes, with anything in it. */
uint8_t *sw_pages_take(struct sw_pages *pages, size_t size);
/* A run of `size` that was kept; NULL: none is. */
uint8_t *sw_pages_take_kept(struct sw_pages *pages, size_t size);
void sw_pages_give(struct sw_pages *pages, uint8_t *bytes, size_t size);

#endif
