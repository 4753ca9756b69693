/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetcher.h - the supervisor's end of a fetcher (fetch.h): one process for one target.
 *
 * Runs in:  supervisor.
 * Threads:  a fetcher belongs to one thread at a time.
 * Owns:     sw_fetcher_free() ends the process; NULL is fine. Texts of what was fetched are
 *           the fetcher's until the next call.
 * Trusts:   no message: one that makes no sense here ends the fetcher (SW_DEAD).
 * Fails:    SW_STOP: it cannot be started, or `stopped` said so. SW_DEAD: it said why it cannot
 *           go on, or died; error has a sentence.
 */
#ifndef SWEEPER_SUPERVISOR_FETCHER_H
#define SWEEPER_SUPERVISOR_FETCHER_H

#include <stdbool.h>

#include "sweeper/fetch.h"

struct sw_fetcher;

/* Asked every now and then while a call waits; true: give up. */
typedef bool sw_fetcher_stopped_fn(void *context);

/* Something that came. */
struct sw_fetched {
    enum sw_fetch_kind kind; /* ROOT, DONE, GAP or END */
    int fd;                  /* DONE: the content, for reading; the caller's */
    uint64_t size;           /* DONE: bytes of it */
    enum sw_gap reason;      /* GAP */
    struct sw_view name;     /* as in the message */
    struct sw_view text;
    const struct sw_view *rows;
    uint32_t row_count;
};

enum sw_status sw_fetcher_start(const struct sw_fetch_order *order, struct sw_fetcher **fetcher,
                                struct sw_error *error) SW_MUST_CHECK;
void sw_fetcher_free(struct sw_fetcher *fetcher);
/* Waits for the next thing. The first is ROOT; nothing follows it before sw_fetcher_go(). */
enum sw_status sw_fetcher_next(struct sw_fetcher *fetcher, sw_fetcher_stopped_fn *stopped,
                               void *context, struct sw_fetched *fetched,
                               struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_fetcher_go(struct sw_fetcher *fetcher, uint64_t spool_max,
                             struct sw_error *error) SW_MUST_CHECK;
/* For reading only, where the system can do that; closes `fd`. */
int sw_fetcher_read_only(int fd);

#endif
