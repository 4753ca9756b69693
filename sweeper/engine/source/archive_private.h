/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_private.h - what the files of the adapter to libarchive share.
 *
 *   archive_reader.c  entries and data, what is given up and what is tried again
 *   archive_input.c   the bytes, as the library asks for them
 *   archive_error.c   what the library says, as a gap
 *   archive_member.c  an entry, as a member
 *   archive_tar.c     members of a tar, where they lie
 */
#ifndef SWEEPER_ENGINE_SOURCE_ARCHIVE_PRIVATE_H
#define SWEEPER_ENGINE_SOURCE_ARCHIVE_PRIVATE_H

#include <archive.h>
#include <archive_entry.h>

#include "engine/blob_window.h"
#include "engine/source/archive_reader.h"
#include "engine/source/input.h"

/* The bytes of a container that wants to jump. */
struct archive_window {
    struct sw_blob *blob;
    uint64_t base;
    uint64_t size;
    uint64_t position;
    uint8_t *buffer; /* what was read last, unless the blob lies in memory */
    uint64_t buffer_start;
    size_t buffer_size;
    size_t chunk; /* how much to read: grows as reading goes on, shrinks at a jump */
};

struct reader {
    const struct sw_archive_format *format;
    struct sw_archive_range range;
    struct sw_source_setup setup;
    struct archive *archive;
    struct sw_flow flow;          /* sequential formats */
    size_t shown;                 /* bytes of it that the library has and that are not consumed */
    struct archive_window window; /* the others */
    uint64_t calls;               /* by the library, since it last got on */
    bool met_end;                 /* it has asked for more than there is */
    bool stuck;                   /* it made too many of them */
    uint64_t header_left;         /* bytes that the next header may take; UINT64_MAX: any */
    bool in_data;                 /* the library may still pass over data of the last entry */
    bool input_failed;
    struct sw_error input_error;

    uint64_t entries; /* listed so far */
    unsigned resumed;
    bool said_rest;       /* it has been told that it ends early */
    bool over;            /* nothing more is to come */
    bool lost;            /* no more is to be had of this entry's data */
    bool broken;          /* and the library has given up the archive for it */
    enum sw_gap lost_gap; /* why */
    bool encrypted;       /* the entry at hand is */
    bool overlaps;        /* pieces of it do, and that has been told */
    uint64_t piece_end;   /* of the entry's last piece */
    struct sw_piece held; /* read ahead */
    bool has_held;
    enum sw_status failed; /* to be said by the next read() */
    struct sw_error error;
    enum sw_status next_status; /* to be said by the next next(); SW_OK: an entry */
    bool has_next;
    struct sw_error next_error;
    struct archive_entry *entry; /* of has_next */
    struct sw_buf name;
    struct sw_buf target;
    struct sw_window in_place; /* the content of the entry at hand, unless it is to be brought */
};

/* archive_input.c */
enum sw_status sw_archive_input_open(struct reader *reader, const struct sw_input *input,
                                     struct sw_error *error) SW_MUST_CHECK;
void sw_archive_input_done(struct reader *reader);
int sw_archive_input_attach(struct reader *reader); /* ARCHIVE_OK or what libarchive said */
/* Of the next byte that the library has not used, in the input. */
uint64_t sw_archive_input_offset(const struct reader *reader);

/* What a header that is larger than any is said to be. */
#define SW_ARCHIVE_HEAVY "a header that would need too much memory"

/* archive_error.c */
enum sw_status sw_archive_judge(const struct reader *reader, enum sw_status status,
                                struct sw_error *error);
/* A warning that costs nothing: names in other character sets and the like. */
bool sw_archive_warning_is_idle(const struct reader *reader);

/* archive_member.c */
void sw_archive_member(struct reader *reader, struct archive_entry *entry,
                       struct sw_member *member);

/* archive_tar.c */
/* Sets member->in_place where the content stands in the input as it is, all of it, and is
 * large enough. Right behind the entry's header. */
void sw_archive_leave_in_place(struct reader *reader, struct archive_entry *entry,
                               struct sw_member *member);
/* The member is done with. */
void sw_archive_leave_place(struct reader *reader);

#endif
