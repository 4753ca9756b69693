/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin.h - who keeps the facts of a file, and what its times are worth: how
 * fine they are, and whether they are in UTC. One row a file system or format
 * of containers; a format that keeps times in two ways has two rows.
 *
 * Sources of the resolutions: ext4 - kernel Documentation/filesystems/ext4
 * (i_mtime_extra); NTFS, exFAT, FAT - [MS-FSCC] 2.1.1, the exFAT specification
 * 7.4, the FAT specification (fatgen103) "Date and Time Formats"; HFS+ - Apple
 * TN1150 "HFS Plus Dates"; APFS - Apple File System Reference, j_inode_val_t;
 * XFS - XFS Algorithms & Data Structures, xfs_timestamp; ZIP - APPNOTE 4.4.6 and
 * Info-ZIP's extra field 0x5455; tar - POSIX pax; 7z, CAB, RAR, LHA, XAR, cpio,
 * ar - their descriptions; statx(2) for what is mounted.
 *
 * Runs in:  both processes.
 * Threads:  any; all of it is constant.
 */
#ifndef SWEEPER_ORIGIN_H
#define SWEEPER_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

/* In sw_facts: NONE is "as the kind of the container, or of the mount, has it". */
enum sw_origin {
    SW_ORIGIN_NONE,
    SW_ORIGIN_COPY,        /* a file without a name, made for the sweep: its times are the copy's */
    SW_ORIGIN_EXT,         /* ext2, ext3 or ext4, an inode with room for fractions of seconds */
    SW_ORIGIN_EXT_SECONDS, /* one without: of 128 bytes */
    SW_ORIGIN_PAX,         /* a tar that keeps fractions of seconds */
    SW_ORIGIN_ZIP_UT,      /* a zip with Info-ZIP's times */
};

struct sw_origin_row {
    const char *name; /* "ext4", "zip": as mountinfo(5) or the hop's kind has it */
    int64_t mtime_ns; /* between two times that differ; 0: not known, or not kept */
    int64_t atime_ns;
    int64_t ctime_ns;
    int64_t btime_ns;
    bool local;    /* the clock of a zone that is not recorded, shown as if it were UTC */
    bool lived_in; /* a file system that systems run on: its times are of what happened there, those
                      of containers of how they were made */
    bool owners;   /* keeps who owns a file: uid and gid are numbers of that system */
};

/* The row of this name, or SW_ORIGIN_NONE. */
enum sw_origin sw_origin_find(const char *name);
/* Never NULL; that of SW_ORIGIN_NONE has no name and knows nothing. */
const struct sw_origin_row *sw_origin_row(enum sw_origin origin);

#endif
