/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflater.h - the seam between the sources that hold deflate data (RFC 1951) and who
 * inflates for them: ISA-L where there is one (amd64, arm64), else zlib.
 *
 * Of gzip an inflater begins behind the header, and reads the data and the trailer of
 * one member, checking its CRC-32 and size. Of raw data nothing is checked: who knows
 * the sums compares them.
 *
 * Runs in:  engine workers.
 * Threads:  one inflater, one thread.
 * Owns:     the state is the caller's; it holds memory between a begin() and done().
 * Trusts:   nothing.
 */
#ifndef SWEEPER_ENGINE_SOURCE_INFLATER_H
#define SWEEPER_ENGINE_SOURCE_INFLATER_H

#include "engine/source/stream.h"

enum sw_inflater_form {
    SW_INFLATER_GZIP, /* data, then a trailer */
    SW_INFLATER_RAW,  /* data only */
};

enum sw_inflated {
    SW_INFLATED_MORE,    /* wants more of either */
    SW_INFLATED_END,     /* the data is whole, and its sums are right where it has some */
    SW_INFLATED_SUMS,    /* it is over, its sums are wrong */
    SW_INFLATED_DAMAGED, /* no deflate data */
};

size_t sw_inflater_size(void); /* of the state, which begins as zeros */
/* False: no memory. Again and again, with the same state. */
bool sw_inflater_begin(void *state, enum sw_inflater_form form);
enum sw_inflated sw_inflater_run(void *state, struct sw_view *in, struct sw_room *out);
/* After the end of raw data: bytes behind it that were taken all the same. */
size_t sw_inflater_unused(const void *state);
void sw_inflater_done(void *state);

/* The CRC-32 of gzip and zip, of what comes behind that of `crc` (0: nothing). */
uint32_t sw_inflater_crc(uint32_t crc, struct sw_view bytes);

#endif
