/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - what a container format implements, so that its members go round
 * as objects: anything that yields blobs from a blob.
 *
 * A format is one file in sweeper/engine/source/, one const struct sw_source,
 * and one row in the table of that folder. The auction: every source looks at
 * the head and bids the number of bits that it has verified; the best bid
 * opens the blob, and two good bids are an ambiguity that is reported, because
 * misidentification is evasion.
 *
 * Runs in:  engine workers, behind the closed sandbox.
 * Threads:  one open container, one thread.
 * Owns:     open() hands out state that close() releases. A member's blob and
 *           name borrow from the state until the next call of next().
 * Trusts:   nothing. Names are labels: shown escaped, never opened, never
 *           joined to a path. Sizes that a container declares are not believed;
 *           only real output counts against the limits.
 * Fails:    on a ladder: SW_PART (this member has damage, its bytes so far are
 *           good), SW_SKIP (this member is lost), SW_DEAD (this container is
 *           lost, what came before stands). Whoever goes on records one gap.
 */
#ifndef SWEEPER_SOURCE_H
#define SWEEPER_SOURCE_H

#include <stdint.h>

#include "sweeper/blob.h"
#include "sweeper/buf.h"
#include "sweeper/facts.h"
#include "sweeper/status.h"

/* One thing inside a container. */
struct sw_member {
    struct sw_view name;   /* exact bytes, as the container has them */
    struct sw_facts facts; /* what the container says; 0 and SW_TIME_UNKNOWN for the rest */
    struct sw_blob *blob;
};

struct sw_source {
    const char *kind; /* the hop's kind in records: "zip", "tar", "partition" */
    /* Bits verified in the head, without consuming anything; 0: not mine. */
    unsigned (*probe)(struct sw_view head, uint64_t size);
    enum sw_status (*open)(struct sw_blob *blob, void **state, struct sw_error *error);
    /* SW_OK and a member, SW_END, or the ladder above. */
    enum sw_status (*next)(void *state, struct sw_member *member, struct sw_error *error);
    void (*close)(void *state);
};

#endif
