/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sets.h - what the bytes of a file say about others beside it, for engine/parts.c.
 *
 * Threads:  any; no state.
 * Trusts:   nothing.
 */
#ifndef SWEEPER_ENGINE_DISK_SETS_H
#define SWEEPER_ENGINE_DISK_SETS_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/blob.h"
#include "sweeper/buf.h"

/* The number of a segment of an E01 image; 0: it is none. */
uint32_t sw_ewf_number(struct sw_blob *blob);
/* It is the first, and says that another follows. */
bool sw_ewf_goes_on(struct sw_blob *blob);
/* It is a descriptor of a VMware disk, and one of its extents has this name; empty: any. */
bool sw_vmdk_names(struct sw_blob *blob, struct sw_view base);
/* The size that a disk, or what begins it, says it has; 0: it does not say. */
uint64_t sw_disk_stated_size(struct sw_blob *blob);

#endif
