/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_parts.h - a zip in several parts (.z01 .z02 ... .zip; APPNOTE.TXT 4.4.11 ff. and 8).
 *
 * Its offsets count from the beginning of a part, and libarchive reads none of that.
 * The central directory is written anew, in memory, as it would be if all parts were
 * one file: what `zip -s 0` writes. Everything before it is read where it lies.
 *
 * Threads:  one call, one thread; no state.
 * Owns:     the new directory is the caller's.
 * Trusts:   nothing. An entry that is said to be in no part, or behind the end of one,
 *           is given an offset where nothing is. One that begins in a part that is
 *           missing is left out and named: the library would give up at it.
 * Fails:    SW_DEAD with gap damaged, limit_memory, or what the blob said: missing_part,
 *           when the directory is in a part that is not there.
 */
#ifndef SWEEPER_ENGINE_SOURCE_ZIP_PARTS_H
#define SWEEPER_ENGINE_SOURCE_ZIP_PARTS_H

#include "engine/blob_join.h"
#include "sweeper/buf.h"

/* Whether `blob` says that it is the last of several parts, and of how many. */
bool sw_zip_is_last(struct sw_blob *blob, uint32_t *parts);

struct sw_zip_merged {
    struct sw_buf directory; /* what is to stand ... */
    uint64_t from;           /* ... here in the whole, in the place of all from there on */
    uint64_t lost;           /* entries that begin in a part that is missing: left out */
    struct sw_buf names;     /* of the first of them, for people */
};
void sw_zip_merged_done(struct sw_zip_merged *merged);
enum sw_status sw_zip_merge(const struct sw_join *join, size_t memory_max,
                            struct sw_zip_merged *merged, struct sw_error *error) SW_MUST_CHECK;

#endif
