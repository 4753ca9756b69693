/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_listing.h - a directory while its entries are looked at; shared by
 * walk_list.c and walk_entry.c.
 */
#ifndef SUPERVISOR_WALK_LISTING_H
#define SUPERVISOR_WALK_LISTING_H

#include "supervisor/walk_private.h"

struct sw_listing {
    struct sw_walker *walker;
    struct sw_dir *dir;
    int fd; /* pinned */
    const struct sw_root *root;
    const struct sw_mount *mounts; /* that stand in this directory */
    size_t mount_count;
    bool path_ready; /* walker->path begins with the path of dir */
    /* Subdirectories found and not yet on the stack. */
    struct sw_dir *first;
    struct sw_dir *last;
    uint32_t child_count;
    uint32_t child_total; /* put on the stack by this listing */
};

struct sw_listing sw_listing_of(struct sw_walker *walker, struct sw_dir *dir, int fd);
/* One entry; `type` is a DT_ constant of dirent.h. */
void sw_listing_see(struct sw_listing *listing, const char *name, uint8_t type);
/* An entry that could not be opened as the `tried` type (S_IF constant): it
 * may have become something else by now. */
void sw_listing_see_changed(struct sw_listing *listing, const char *name, uint32_t tried,
                            int errnum);
/* Puts the subdirectories found so far on the stack. */
void sw_listing_publish(struct sw_listing *listing);
/* A directory that could not be opened, or not be listed to its end. */
void sw_walk_dir_lost(struct sw_walker *walker, const struct sw_dir *dir, int errnum);

#endif
