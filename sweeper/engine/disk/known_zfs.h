/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known_zfs.h - private to known.c: the label at the start of a device of a ZFS pool, which
 * names the pool in a list of names and values (XDR, RFC 4506; OpenZFS: module/nvpair/nvpair.c,
 * include/sys/vdev_impl.h).
 *
 * Runs in:  engine workers.
 * Trusts:   nothing: every size is held against the label's end.
 */
#ifndef SWEEPER_ENGINE_DISK_KNOWN_ZFS_H
#define SWEEPER_ENGINE_DISK_KNOWN_ZFS_H

#include <stdbool.h>

#include "sweeper/buf.h"

/* Bits that were verified; 0: no label. */
unsigned sw_known_zfs_probe(struct sw_view head);
/* Fills the error: unsupported, with the pool's name and GUID. false: no label. */
bool sw_known_zfs_say(struct sw_view head, struct sw_error *error);

#endif
