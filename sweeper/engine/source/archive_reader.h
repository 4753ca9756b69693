/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_reader.h - the one adapter to libarchive: an input becomes a struct
 * archive with exactly one format and no filter, an entry a member, a block of
 * data a piece, an error a step of the ladder with its gap.
 *
 * Runs in:  engine workers, behind the closed sandbox.
 * Threads:  one open container, one thread.
 * Owns:     as source.h says.
 * Trusts:   neither the bytes nor the library: calls that the library makes
 *           without getting on, headers that it gives up on in a row, entries
 *           that the bytes cannot hold and pieces that overlap are counted and
 *           bounded. What never comes back to us is the watchdog's.
 * Fails:    the ladder of source.h. A member whose content is lost costs the
 *           others nothing where the format can be opened again and passed over
 *           up to there.
 */
#ifndef SWEEPER_ENGINE_SOURCE_ARCHIVE_READER_H
#define SWEEPER_ENGINE_SOURCE_ARCHIVE_READER_H

#include "sweeper/source.h"

struct archive;

struct sw_archive_format {
    const char *kind;
    int (*support)(struct archive *archive); /* archive_read_support_format_...() */
    uint32_t entry_min;                      /* bytes that an entry takes at least; 0: unknown */
    bool sequential;                         /* read front to back, from a stream too */
    bool resumes;                            /* may be opened again behind a lost member */
    bool sparse;                             /* content may have holes */
    bool lies;                               /* content may lie in the input as it is */
    bool decrypts;                           /* the library can, with a password */
    bool lists_folders;                      /* as the content of folders */
    bool ends_early;                         /* in silence, inside a header that is cut off */
    bool weighs_headers;                     /* keeps what they hold, however much it is */
    bool trails;                             /* what follows the end is worth a word */
    /* Another one of the kind begins with these bytes, behind the first. */
    bool (*again)(struct sw_view head);
};

struct sw_archive_patch;

/* Which bytes of the input are the container. */
struct sw_archive_range {
    uint64_t base;      /* what stands before belongs to something else */
    uint64_t end;       /* the same for what stands behind; UINT64_MAX: all */
    const char *beside; /* what else is in the input and is not read; NULL: nothing */
    bool part;          /* one of a set: what is cut off is a missing part */
    /* Bytes that the library is shown instead of those that are there, by offset. */
    struct sw_archive_patch *patches;
    size_t patch_count;
};

struct sw_archive_patch {
    uint64_t at; /* in the input */
    uint8_t byte;
};

/* Takes the range's patches, also when it fails. */
enum sw_status sw_archive_open(const struct sw_archive_format *format,
                               const struct sw_archive_range *range, const struct sw_input *input,
                               const struct sw_source_setup *setup, void **state,
                               struct sw_error *error) SW_MUST_CHECK;
/* Passes over the first `count` entries, as if next() had shown them. Right behind
 * sw_archive_open(). Fails with SW_DEAD. */
enum sw_status sw_archive_pass(void *state, uint64_t count, struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_archive_next(void *state, struct sw_member *member, struct sw_error *error);
enum sw_status sw_archive_read(void *state, struct sw_piece *piece, struct sw_error *error);
void sw_archive_close(void *state);

#endif
