/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_journal.h - what the journal of a file system that was not unmounted has, put over
 * it in memory: which blocks are newer there. Nothing is written.
 *
 * Source of the format: "Journal (jbd2)" in the kernel's documentation
 * (filesystems/ext4), and the order of jbd2's recovery.c. Big-endian.
 *
 * Runs in:  engine workers.
 * Owns:     the rows become the file system's: 24 bytes for each block that is newer.
 * Trusts:   nothing: a journal has as many blocks as its file, and each is read once.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_JOURNAL_H
#define SWEEPER_ENGINE_DISK_EXT_JOURNAL_H

#include "ext_image.h"

enum sw_ext_journal {
    SW_EXT_JOURNAL_CLEAN,   /* there was nothing to do, or it is done */
    SW_EXT_JOURNAL_AWAY,    /* it is on another device */
    SW_EXT_JOURNAL_DAMAGED, /* it cannot be read: the file system is as it lies */
    SW_EXT_JOURNAL_FAST,    /* done, but for fast commits behind it */
    SW_EXT_JOURNAL_LARGE,   /* it has more than can be remembered */
};

/* Of a file system that has just been opened. */
enum sw_ext_journal sw_ext_journal_replay(struct sw_ext *ext);

#endif
