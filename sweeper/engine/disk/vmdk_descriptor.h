/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmdk_descriptor.h - the text that says of what extents a VMware disk is made: a file by
 * itself, or embedded in the first extent. VMware, "Virtual Disk Format 5.0".
 *
 * Threads:  any; no state.
 * Owns:     names borrow from the text.
 * Trusts:   nothing: names are labels, numbers are checked.
 */
#ifndef SWEEPER_ENGINE_DISK_VMDK_DESCRIPTOR_H
#define SWEEPER_ENGINE_DISK_VMDK_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

enum {
    SW_VMDK_EXTENTS_MAX = 1000,
    SW_VMDK_DESCRIPTOR_MAX = 256 * 1024, /* bytes */
};

enum sw_vmdk_type {
    SW_VMDK_SPARSE, /* of either kind: its header tells */
    SW_VMDK_FLAT,
    SW_VMDK_ZERO,
    SW_VMDK_OTHER, /* seSparse, a raw device */
};

struct sw_vmdk_extent_line {
    enum sw_vmdk_type type;
    uint64_t size; /* bytes */
    struct sw_view name;
    uint64_t offset; /* bytes; of a flat one, in its file */
};

struct sw_vmdk_descriptor {
    struct sw_view parent; /* its name; empty: there is none */
    bool has_parent;
    size_t count;
    bool cut; /* there are more extents */
    struct sw_vmdk_extent_line extents[SW_VMDK_EXTENTS_MAX];
};

/* Whether a text is one. */
bool sw_vmdk_is_descriptor(struct sw_view text);
/* False: it is none, or names no extent. */
bool sw_vmdk_read_descriptor(struct sw_view text, struct sw_vmdk_descriptor *descriptor);

#endif
