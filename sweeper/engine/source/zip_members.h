/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_members.h - the source for zips: plain entries are read here, with the fast
 * inflater; at the first thing that is not plain libarchive takes over.
 *
 * Both see the entries that the central directory lists, in the order of their data,
 * and a plain entry is the same in both. So the library can be asked at any point: an
 * archive that is odd as a whole is its own from the beginning, else it passes over as
 * many entries as were handed out and goes on to the end. That is also how damage is
 * told. Content whose sums are wrong, which ends too early or goes on behind its end is
 * read once more by the library, which says what is wrong; what was handed out before is
 * passed over. So one entry of an archive may be decompressed twice.
 *
 * Runs in:  engine workers.
 * Threads:  one open container, one thread.
 * Owns:     as source.h says.
 * Trusts:   nothing. Memory goes with the entries that are really listed (24 bytes
 *           each), never with a size that is declared; output is counted as it comes, and
 *           what grows past its declared size is the library's at once.
 * Fails:    as archive_reader.h says.
 */
#ifndef SWEEPER_ENGINE_SOURCE_ZIP_MEMBERS_H
#define SWEEPER_ENGINE_SOURCE_ZIP_MEMBERS_H

#include "sweeper/source.h"

enum sw_status sw_zip_members_open(const struct sw_input *input,
                                   const struct sw_source_setup *setup, void **state,
                                   struct sw_error *error);
enum sw_status sw_zip_members_next(void *state, struct sw_member *member, struct sw_error *error);
enum sw_status sw_zip_members_read(void *state, struct sw_piece *piece, struct sw_error *error);
void sw_zip_members_close(void *state);
/* Whether the library has taken over. */
bool sw_zip_members_left(const void *state);

/* archive_formats.c: the same zip by libarchive alone; the state is sw_archive_next()'s
 * and its kin's. */
enum sw_status sw_zip_by_library(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error) SW_MUST_CHECK;

#endif
