/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.h - from items to messages: gathers a batch, sends what the socket
 * takes, and never waits.
 *
 * Threads:  the conductor's only.
 */
#ifndef SWEEPER_SUPERVISOR_FEED_H
#define SWEEPER_SUPERVISOR_FEED_H

#include <stdbool.h>

#include "flight.h"
#include "owner.h"
#include "sweeper/wire.h"

struct feed {
    const struct owners *owners; /* NULL: no rule asks for them */
    struct sw_buf body;
    struct sw_buf parts;       /* of one entry */
    int fds[SW_BATCH_FDS_MAX]; /* borrowed from the flight table */
    struct sw_wire_out out;
    bool busy; /* a message is partly sent */
};

void feed_init(struct feed *feed);
void feed_done(struct feed *feed);
/* The peer is gone: whatever was being sent is forgotten. */
void feed_reset(struct feed *feed);

/* Takes the next batch from the flight table and sends it. SW_OK: something was
 * sent whole. SW_PART: the socket is full; call again when it is writable.
 * SW_END: nothing to send, or the peer is gone (its socket tells). */
enum sw_status feed_next(struct feed *feed, struct flight *flight, int socket,
                         struct sw_error *error) SW_MUST_CHECK;

#endif
