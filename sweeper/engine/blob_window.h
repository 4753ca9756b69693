/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_window.h - a part of another blob as a blob: a partition of a disk, a member
 * of a tar that lies in one piece.
 *
 * Threads:  one window, one thread.
 * Owns:     nothing but its view: the blob under it is the caller's, and stays.
 * Trusts:   nothing: what is under it may be shorter than it was.
 * Fails:    as the blob under it does. There is a view where that is a file or a
 *           buffer; else SW_SKIP with gap limit_memory.
 */
#ifndef SWEEPER_ENGINE_BLOB_WINDOW_H
#define SWEEPER_ENGINE_BLOB_WINDOW_H

#include "sweeper/blob.h"

struct sw_window {
    struct sw_blob blob; /* first, so that the one leads to the other */
    struct sw_blob *under;
    uint64_t start; /* in it, bytes */
};

/* `size` bytes of `under` from `start` on; what is not there of them is not in the
 * window either. */
void sw_window_init(struct sw_window *window, struct sw_blob *under, uint64_t start, uint64_t size);

#endif
