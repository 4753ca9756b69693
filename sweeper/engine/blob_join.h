/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_join.h - several blobs, one behind the other, as one.
 *
 * Threads:  one join, one thread.
 * Owns:     nothing: the blobs and the rows are the caller's.
 * Trusts:   nothing: a part may shrink while it is read, and then nothing moves up.
 * Fails:    SW_SKIP with gap missing_part where a part that is not there would have
 *           to be read, changed_while_reading where one has become shorter. There is
 *           no view of the whole: SW_SKIP.
 */
#ifndef SWEEPER_ENGINE_BLOB_JOIN_H
#define SWEEPER_ENGINE_BLOB_JOIN_H

#include "sweeper/blob.h"
#include "sweeper/buf.h"

struct sw_join_part {
    struct sw_blob *blob; /* NULL: not there */
    uint64_t size;        /* bytes that it takes */
    uint64_t start;       /* in the whole; set by sw_join_init() */
    struct sw_view name;  /* of one that is not there */
};

struct sw_join {
    struct sw_blob blob; /* the whole; first, so that the one leads to the other */
    const struct sw_join_part *parts;
    size_t count;
};

/* False: together they are larger than any file. */
bool sw_join_init(struct sw_join *join, struct sw_join_part *parts, size_t count) SW_MUST_CHECK;

#endif
