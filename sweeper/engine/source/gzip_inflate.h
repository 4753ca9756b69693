/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip_inflate.h - the seam between the gzip source and who inflates for it:
 * ISA-L where there is one (amd64, arm64), else zlib.
 *
 * An inflater begins behind a gzip header and reads the data and the trailer of
 * one gzip member, checking its CRC-32 and size.
 */
#ifndef SWEEPER_ENGINE_SOURCE_GZIP_INFLATE_H
#define SWEEPER_ENGINE_SOURCE_GZIP_INFLATE_H

#include "engine/source/stream.h"

enum sw_inflated {
    SW_INFLATED_MORE,    /* wants more of either */
    SW_INFLATED_END,     /* the member is whole, its sums are right */
    SW_INFLATED_SUMS,    /* it is over, its sums are wrong */
    SW_INFLATED_DAMAGED, /* no deflate data */
};

size_t sw_inflater_size(void); /* of the state, which begins as zeros */
/* False: no memory. */
bool sw_inflater_begin(void *state);
enum sw_inflated sw_inflater_run(void *state, struct sw_view *in, struct sw_room *out);
void sw_inflater_done(void *state);

#endif
