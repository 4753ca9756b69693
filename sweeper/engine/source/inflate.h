/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflate.h - gzip (RFC 1952) and zlib (RFC 1950) streams that lie in memory, by
 * zlib, in bounds.
 *
 * Runs in:  engine workers.
 * Threads:  any; no state.
 * Trusts:   nothing; only real output counts.
 * Fails:    SW_SKIP when nothing came out, or there is no memory.
 */
#ifndef SWEEPER_ENGINE_SOURCE_INFLATE_H
#define SWEEPER_ENGINE_SOURCE_INFLATE_H

#include <stdbool.h>

#include "sweeper/buf.h"

enum sw_inflate_kind { SW_INFLATE_NONE, SW_INFLATE_GZIP, SW_INFLATE_ZLIB, SW_INFLATE_KIND_COUNT };

/* By the first bytes. */
enum sw_inflate_kind sw_inflate_kind_of(struct sw_view bytes);

/* How it ended. */
struct sw_inflated {
    bool cut;    /* there was more than the limits allow */
    bool ended;  /* the stream came to its own end, undamaged */
    size_t left; /* bytes behind that */
};

/* `out` is cleared first; its own limit is the limit. A stream that is damaged or
 * ends early gives what it has; of gzip all members count. */
enum sw_status sw_inflate(enum sw_inflate_kind kind, struct sw_view bytes, struct sw_buf *out,
                          struct sw_inflated *end) SW_MUST_CHECK;

#endif
