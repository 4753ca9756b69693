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
 *           is given an offset where nothing is.
 * Fails:    SW_DEAD with gap damaged, limit_memory, or what the blob said: missing_part,
 *           when the directory is in a part that is not there.
 */
#ifndef SWEEPER_ENGINE_SOURCE_ZIP_PARTS_H
#define SWEEPER_ENGINE_SOURCE_ZIP_PARTS_H

#include "engine/blob_join.h"
#include "sweeper/buf.h"

/* Whether `blob` says that it is the last of several parts, and of how many. */
bool sw_zip_is_last(struct sw_blob *blob, uint32_t *parts);

/* What is to stand at `*from` of the joined parts, in the place of all from there on. */
enum sw_status sw_zip_merge(const struct sw_join *join, size_t memory_max, struct sw_buf *directory,
                            uint64_t *from, struct sw_error *error) SW_MUST_CHECK;

#endif
