/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squashfs.h - squashfs 4.0 images: snaps, live systems, firmware, AppImages' inside.
 *
 * The metadata is read here, in bounds and without building anything; libsquashfs
 * undoes the compression (gzip, lzma, xz, lz4, zstd; lzo is our own). Members come
 * in the order of the directories, each directory before what is in it.
 *
 * Needs no warming: nothing is opened late, and no decoder starts a thread. An
 * open image takes up to three blocks (3 MiB at most) and what its decoder needs.
 */
#ifndef SWEEPER_ENGINE_SOURCE_SQUASHFS_H
#define SWEEPER_ENGINE_SOURCE_SQUASHFS_H

#include "sweeper/source.h"

extern const struct sw_source sw_source_squashfs;

#endif
