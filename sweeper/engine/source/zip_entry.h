/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_entry.h - what a zip says of one plain entry: its two headers and their extra
 * fields, as facts of a member.
 *
 * Plain is an entry that every reader takes for the same file or folder: stored or
 * deflated, not encrypted, with headers that agree, a name that is one, and no field
 * that says it all again in another way. Of everything else the answer is "no", and
 * nothing more: libarchive is asked then (zip_members.h), and what is plain comes out
 * here exactly as it does there.
 *
 * Threads:  no state.
 * Owns:     nothing.
 * Trusts:   nothing.
 * Fails:    false; the entry is not to be used then.
 */
#ifndef SWEEPER_ENGINE_SOURCE_ZIP_ENTRY_H
#define SWEEPER_ENGINE_SOURCE_ZIP_ENTRY_H

#include "engine/source/zip_read.h"
#include "sweeper/origin.h"

enum sw_zip_method { SW_ZIP_STORED = 0, SW_ZIP_DEFLATED = 8 };

/* What both headers of an entry say. */
struct sw_zip_said {
    uint64_t local; /* where its local header is */
    uint64_t packed;
    uint64_t size;
    uint32_t crc;
    uint16_t method;
    bool folder;
    uint32_t mode; /* with its type */
    uint32_t uid;
    uint32_t gid;
    int64_t mtime_s;
    int64_t ctime_s; /* when it was made, for all its name in the extra field; 0: not there */
    int64_t atime_s; /* likewise */
};

/* Whose clock the times are of. DOS knows even seconds only, and when a file was written. */
static inline enum sw_origin sw_zip_origin(int64_t mtime_s, int64_t atime_s, int64_t ctime_s)
{
    return mtime_s % 2 != 0 || atime_s != 0 || ctime_s != 0 ? SW_ORIGIN_ZIP_UT : SW_ORIGIN_NONE;
}

/* The central record alone. False of one entry may mean, in libarchive, that there are
 * none: its extra fields are damaged, or it is not where the check of the zip says. */
bool sw_zip_central_is_sound(const struct sw_zip_entry *entry, const struct sw_zip_check *check,
                             struct sw_zip_said *plain);

/* The rest, with the local header: `local` is all of it, with its name and fields. */
bool sw_zip_entry_is_plain(const struct sw_zip_entry *entry, struct sw_view local,
                           struct sw_zip_said *plain);

#endif
