/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lvm_group.h - private to the LVM source: a volume group, and its logical volumes put
 * together of the physical ones that are here.
 *
 * Linear and striped volumes, zeros, and one leg of mirrors and RAID 1. What is made of
 * other segments (thin, cache, snapshots, other RAID) is gap unsupported, and the hidden
 * volumes that it would have been made of are handed out as they are.
 *
 * Runs in:  engine workers.
 * Threads:  one group, one thread.
 * Owns:     sw_lvm_group_open() is released by sw_lvm_group_close(). A volume's blob is
 *           the group's.
 * Trusts:   nothing: counts are bounded, and no volume is made of another one that is
 *           made of others.
 */
#ifndef SWEEPER_ENGINE_DISK_LVM_GROUP_H
#define SWEEPER_ENGINE_DISK_LVM_GROUP_H

#include "engine/disk/lvm_text.h"
#include "engine/disk/map_blob.h"

enum {
    SW_LVM_PVS_MAX = 1024,
    SW_LVM_LVS_MAX = 4096,
    SW_LVM_NAME_MAX = 128, /* bytes, as LVM has it */
};

struct sw_lvm_physical {
    struct sw_view name;  /* "pv0" */
    struct sw_view id;    /* with its dashes */
    struct sw_blob *blob; /* NULL: it is not here */
    uint64_t size;        /* bytes; 0: unknown */
    uint64_t data_at;     /* of its first extent, bytes; UINT64_MAX: unknown */
};

enum sw_lvm_made { SW_LVM_NOT_YET, SW_LVM_MADE, SW_LVM_FAILED };

struct sw_lvm_logical {
    const struct sw_lvm_node *section;
    bool visible;
    bool used; /* another one is made of it */
    enum sw_lvm_made made;
    struct sw_map map;
    struct sw_map_state state;
    const struct sw_lvm_physical *missing; /* the first that it would have needed; or NULL */
};

struct sw_lvm_group {
    struct sw_lvm_text text;
    struct sw_view name;
    struct sw_view id;
    uint64_t extent_size; /* bytes */
    struct sw_lvm_physical *physicals;
    size_t physical_count;
    struct sw_lvm_logical *logicals;
    size_t logical_count;
};

/* `text` must live as long as the group. No physical volume has a blob yet. SW_DEAD and a gap. */
enum sw_status sw_lvm_group_open(struct sw_lvm_group *group, struct sw_view text,
                                 struct sw_error *error) SW_MUST_CHECK;
/* Of one that is all zeros, too. */
void sw_lvm_group_close(struct sw_lvm_group *group);
/* By its UUID without dashes; NULL: the group has no such one. */
struct sw_lvm_physical *sw_lvm_physical(struct sw_lvm_group *group, const char *uuid);
/* Puts it together. SW_OK; SW_PART: a part of it is missing, the error says which; SW_SKIP: it
 * cannot be had, likewise. */
enum sw_status sw_lvm_make(struct sw_lvm_group *group, struct sw_lvm_logical *logical,
                           struct sw_error *error) SW_MUST_CHECK;

#endif
