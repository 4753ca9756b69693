/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lzo.h - decompresses LZO1X blocks (the stream format that the Linux kernel
 * describes in Documentation/staging/lzo.rst, without its run-length extension).
 *
 * Runs in:  engine workers.
 * Threads:  any; no state.
 * Trusts:   nothing; reads and writes stay within what is given.
 * Fails:    false: the block is damaged, or does not fit; what was written is good
 *           as far as *written says.
 */
#ifndef SWEEPER_ENGINE_SOURCE_LZO_H
#define SWEEPER_ENGINE_SOURCE_LZO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

bool sw_lzo1x(struct sw_view packed, uint8_t *out, size_t capacity, size_t *written) SW_MUST_CHECK;

#endif
