/* SPDX-License-Identifier: Apache-2.0 */
/* walk_list.c - one directory: opened beneath its parent, judged, listed. */
#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "supervisor/walk_listing.h"

/* struct linux_dirent64 of getdents64(2). */
struct entry {
    uint64_t inode;
    int64_t place;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* --- Entering --- */

/* What a directory on another device than its parent is left out as. Mounts of
 * the table were judged before; this one came later, or is a subvolume. */
static enum sw_excluded judge_device(struct sw_walk *walk, const struct sw_dir *dir, int fd,
                                     const struct sw_facts *facts)
{
    const struct sw_root *root = &walk->roots[dir->root_index];
    struct statfs found;

    if (facts->device == dir->parent->device)
        return SW_EXCLUDED_COUNT;
    if (root->one_file_system)
        return SW_EXCLUDED_OTHER_FILESYSTEM;
    if (facts->device == root->facts.device ||
        (dir->mount != NULL && facts->device == dir->mount->device) || fstatfs(fd, &found) != 0)
        return SW_EXCLUDED_COUNT;
    switch (sw_fstype_class_by_magic((uint32_t)found.f_type)) {
    case SW_FS_PSEUDO:
        return SW_EXCLUDED_PSEUDO_FILESYSTEM;
    case SW_FS_NETWORK:
        return SW_EXCLUDED_NETWORK_FILESYSTEM;
    case SW_FS_LOCAL:
        break;
    }
    return SW_EXCLUDED_COUNT;
}

static bool is_new(struct sw_walk *walk, const struct sw_facts *facts)
{
    struct sw_identity identity = {facts->device, facts->inode};
    enum sw_seen_answer answer;
    unsigned attempts = 0;

    while ((answer = sw_seen_add(&walk->seen, identity)) == SW_SEEN_NO_MEMORY)
        sw_walk_wait_for_memory(&attempts);
    return answer == SW_SEEN_NEW;
}

/* True when the directory is to be listed. */
static bool admit(struct sw_walker *walker, const struct sw_dir *dir, int fd,
                  const struct sw_facts *facts)
{
    enum sw_excluded reason = judge_device(walker->walk, dir, fd, facts);

    if (reason == SW_EXCLUDED_COUNT && !is_new(walker->walk, facts))
        reason = SW_EXCLUDED_SEEN_DIRECTORY;
    if (reason == SW_EXCLUDED_COUNT)
        return true;
    sw_walker_exclude(walker, reason);
    return false;
}

/* No directory any more? Then it is seen as what it is now. */
static void child_lost(struct sw_walker *walker, struct sw_dir *dir, int parent_fd, int errnum)
{
    struct sw_listing parent = sw_listing_of(walker, dir->parent, parent_fd);

    if (errnum == ENOTDIR || errnum == ELOOP) {
        sw_listing_see_changed(&parent, dir->name, S_IFDIR, errnum);
        sw_listing_publish(&parent);
    } else {
        sw_walk_dir_lost(walker, dir, errnum);
    }
}

/* Opens a directory for the first time, beneath its parent. -1: it is dealt
 * with, there is nothing to list. */
static int enter_child(struct sw_walker *walker, struct sw_dir *dir, struct sw_facts *facts)
{
    struct sw_dirs *dirs = &walker->walk->dirs;
    int parent_fd = sw_walk_reach(walker, dir->parent);
    int fd = -1;

    if (parent_fd < 0) {
        sw_walk_dir_lost(walker, dir, errno);
        sw_dirs_arrived(dirs, dir->parent);
        return -1;
    }
    fd = sw_walk_open_entry(walker, parent_fd, dir->name, true, facts);
    if (fd < 0) {
        child_lost(walker, dir, parent_fd, errno);
    } else if (!admit(walker, dir, fd, facts)) {
        close(fd);
        fd = -1;
    }
    sw_dirs_arrived(dirs, dir->parent);
    sw_dirs_unpin(dirs, dir->parent);
    return fd;
}

static int enter(struct sw_walker *walker, struct sw_dir *dir)
{
    struct sw_facts facts;
    int fd;

    if (dir->parent != NULL) {
        fd = enter_child(walker, dir, &facts);
    } else {
        fd = sw_walk_open_target(walker, dir->root_index, &facts);
        if (fd < 0)
            sw_walk_dir_lost(walker, dir, errno);
    }
    if (fd < 0)
        return -1;
    dir->device = facts.device;
    dir->inode = facts.inode;
    sw_tally_add(&walker->tally->directories, 1);
    return sw_dirs_hold(&walker->walk->dirs, dir, fd);
}

/* A directory whose listing was paused for its first subdirectories. */
static int enter_again(struct sw_walker *walker, struct sw_dir *dir)
{
    struct sw_dirs *dirs = &walker->walk->dirs;
    int fd = sw_walk_reach(walker, dir);

    if (fd >= 0 && sw_dirs_take_place_lost(dirs, dir) && lseek(fd, dir->place, SEEK_SET) < 0) {
        int saved = errno;

        sw_dirs_unpin(dirs, dir);
        errno = saved;
        fd = -1;
    }
    if (fd < 0)
        sw_walk_dir_lost(walker, dir, errno);
    return fd;
}

/* --- Listing --- */

enum listed { LISTED_ALL, LISTED_PAUSED, LISTED_STOPPED };

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static void see_entries(struct sw_listing *listing, size_t size)
{
    size_t at = 0;

    while (at < size && !sw_walk_stopped(listing->walker->walk)) {
        const struct entry *entry = (const void *)(listing->walker->entries + at);

        listing->dir->place = entry->place;
        listing->dir->started = true;
        if (!is_dots(entry->name))
            sw_listing_see(listing, entry->name, entry->type);
        at += entry->size;
    }
}

static enum listed list(struct sw_listing *listing)
{
    struct sw_walker *walker = listing->walker;

    for (;;) {
        long got = syscall(SYS_getdents64, listing->fd, walker->entries, SW_WALK_ENTRIES_SIZE);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != ENOENT) /* ENOENT: removed, so empty */
            sw_walk_dir_lost(walker, listing->dir, errno);
        if (got <= 0)
            return LISTED_ALL;
        see_entries(listing, (size_t)got);
        if (sw_walk_stopped(walker->walk))
            return LISTED_STOPPED;
        if (listing->child_count + listing->child_total >= SW_WALK_PAUSE)
            return LISTED_PAUSED;
        sw_listing_publish(listing);
    }
}

/* The rest of the directory waits below its subdirectories on the stack, so
 * that a directory of a million of them is never a million nodes. Another
 * thread may take it over at once: it is not touched after the push. */
static void pause_listing(struct sw_listing *listing)
{
    struct sw_walk *walk = listing->walker->walk;
    struct sw_dir *dir = listing->dir;

    sw_dirs_unpin(&walk->dirs, dir);
    if (listing->last == NULL) {
        sw_walk_push(walk, dir, dir);
    } else {
        sw_dirs_expect(&walk->dirs, dir, listing->child_count);
        listing->last->next = dir;
        sw_walk_push(walk, listing->first, dir);
    }
}

void sw_walk_visit(struct sw_walker *walker, struct sw_dir *dir)
{
    struct sw_dirs *dirs = &walker->walk->dirs;
    int fd = dir->started ? enter_again(walker, dir) : enter(walker, dir);
    struct sw_listing listing;
    enum listed listed;

    if (fd < 0) {
        sw_dirs_listed(dirs, dir);
        sw_dir_drop(dirs, dir);
        return;
    }
    listing = sw_listing_of(walker, dir, fd);
    listed = list(&listing);
    if (listed == LISTED_PAUSED) {
        pause_listing(&listing);
        return;
    }
    sw_listing_publish(&listing);
    sw_dirs_listed(dirs, dir);
    sw_dirs_unpin(dirs, dir);
    sw_dir_drop(dirs, dir);
}
