/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fstypes.h - which file systems hold files of this machine, which only show
 * the kernel's state, and which live on another machine.
 *
 * Runs in:  supervisor.
 * Threads:  any; constant tables.
 */
#ifndef SUPERVISOR_FSTYPES_H
#define SUPERVISOR_FSTYPES_H

#include <stdint.h>

enum sw_fs_class {
    SW_FS_LOCAL,   /* holds real files: block devices, tmpfs, overlay, ... */
    SW_FS_PSEUDO,  /* proc, sysfs, ...: nothing is stored there */
    SW_FS_NETWORK, /* another machine's files, or a FUSE program's */
};

/* By the name that stands in mountinfo. A name nobody knows is local: better
 * to read too much than to skip a disk. */
enum sw_fs_class sw_fstype_class(const char *filesystem);

/* By statfs.f_type, for a mount that the mount table did not have. FUSE says
 * only that it is FUSE and counts as network. */
enum sw_fs_class sw_fstype_class_by_magic(uint32_t magic);

#endif
