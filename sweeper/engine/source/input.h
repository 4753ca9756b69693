/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h - the bytes of a container, front to back, wherever they come from: a
 * blob from some offset on, or a compressed stream as it flows.
 *
 * A flow shows a run of bytes that were not consumed yet; its user consumes as
 * much of it as it likes. A few bytes can be looked at whole even where two
 * pieces of a stream meet.
 *
 * Runs in:  engine workers.
 * Threads:  one flow, one thread.
 * Owns:     a flow owns a buffer until sw_flow_done(); it borrows the input.
 *           Views are good until the next call.
 * Trusts:   nothing: an object that shrinks simply ends.
 * Fails:    with what the blob or the stream said. A stream's SW_PART does not
 *           end it: it is kept in `part` for the user to hand on.
 */
#ifndef SWEEPER_ENGINE_SOURCE_INPUT_H
#define SWEEPER_ENGINE_SOURCE_INPUT_H

#include "sweeper/source.h"

enum {
    SW_FLOW_CHUNK = 256 * 1024, /* bytes read from a blob at a time */
    SW_PEEK_MAX = 512,          /* bytes; a tar header */
};

struct sw_flow {
    struct sw_input input;
    struct sw_view rest;    /* not consumed yet; empty after sw_flow_fill(): the end */
    struct sw_view pending; /* what follows `rest`, where that lies in `carry` */
    uint64_t offset;        /* of `rest` in the input */
    uint64_t next;          /* of what the blob is to be asked for next */
    uint64_t end;           /* of the blob, as far as it is of interest */
    uint8_t *buffer;
    bool ended;
    bool has_part;
    struct sw_error part;
    uint8_t carry[SW_PEEK_MAX];
};

/* From `offset` on: a stream's first bytes are read and dropped. */
enum sw_status sw_flow_init(struct sw_flow *flow, const struct sw_input *input, uint64_t offset,
                            struct sw_error *error) SW_MUST_CHECK;
void sw_flow_done(struct sw_flow *flow);
/* Makes `rest` not empty, unless the input is at its end. */
enum sw_status sw_flow_fill(struct sw_flow *flow, struct sw_error *error) SW_MUST_CHECK;
/* Makes `rest` at least `size` bytes (at most SW_PEEK_MAX), unless the input ends before. */
enum sw_status sw_flow_peek(struct sw_flow *flow, size_t size,
                            struct sw_error *error) SW_MUST_CHECK;
/* Consumes; `size` is at most what is in `rest`. */
void sw_flow_take(struct sw_flow *flow, size_t size);
/* Consumes that many bytes; the input may end before. */
enum sw_status sw_flow_skip(struct sw_flow *flow, uint64_t size,
                            struct sw_error *error) SW_MUST_CHECK;
/* Consumes zeros: padding that holds nothing. */
enum sw_status sw_flow_skip_zeros(struct sw_flow *flow, struct sw_error *error) SW_MUST_CHECK;

#endif
