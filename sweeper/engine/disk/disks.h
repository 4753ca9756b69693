/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disks.h - every source of this folder by name, for the table: forms of disk images,
 * volumes, file systems, and bytes as they lie.
 *
 * All of them have .disk set: what they hand out is what there is to look at. A probe
 * therefore checks far more than a magic number.
 */
#ifndef SWEEPER_ENGINE_DISK_DISKS_H
#define SWEEPER_ENGINE_DISK_DISKS_H

#include "sweeper/source.h"

/* Forms of images: the disk in them. */
extern const struct sw_source sw_source_ewf;
extern const struct sw_source sw_source_qcow2;
extern const struct sw_source sw_source_vmdk;
extern const struct sw_source sw_source_vhd;
extern const struct sw_source sw_source_vhdx;

/* Volumes. */
extern const struct sw_source sw_source_mbr;
extern const struct sw_source sw_source_gpt;
extern const struct sw_source sw_source_bsd;
extern const struct sw_source sw_source_sun;
extern const struct sw_source sw_source_apm;

/* File systems, through The Sleuth Kit. */
extern const struct sw_source sw_source_ntfs;
extern const struct sw_source sw_source_fat;
extern const struct sw_source sw_source_exfat;
extern const struct sw_source sw_source_hfs;
extern const struct sw_source sw_source_ufs;
/* File systems. */
extern const struct sw_source sw_source_ext2; /* see ext.h */
extern const struct sw_source sw_source_ext3;
extern const struct sw_source sw_source_ext4;

/* File systems, by our own readers. */
extern const struct sw_source sw_source_xfs;
extern const struct sw_source sw_source_apfs_container;
extern const struct sw_source sw_source_apfs;
/* Never opens: a gap that says which file system it is that cannot be read. */
extern const struct sw_source sw_source_known;

/* Areas whose bytes are searched as they lie (raw_windows.h). */
extern const struct sw_source sw_source_swap;
/* Never at the auction: of which nobody knows what it is. */
extern const struct sw_source sw_source_raw;
/* Nor this: space between volumes. */
extern const struct sw_source sw_source_unallocated;

/* Volumes: one disk inside, or many; encrypted ones open with --key. */
extern const struct sw_source sw_source_luks;
extern const struct sw_source sw_source_bitlocker;
extern const struct sw_source sw_source_lvm;
extern const struct sw_source sw_source_raid;

/* Has the libraries of this folder read what they read late, so that it works behind the
 * closed sandbox. Before there are workers. */
void sw_source_disk_warm(void);

#endif
