/* SPDX-License-Identifier: Apache-2.0 */
/* walk_entry.c - one entry of a directory, or one target that is a file: left
 * out, opened, lost, or more work. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/view.h"
#include "supervisor/walk_listing.h"
#include "sweeper/part_name.h"

struct sw_listing sw_listing_of(struct sw_walker *walker, struct sw_dir *dir, int fd)
{
    struct sw_listing listing = {
        .walker = walker, .dir = dir, .fd = fd, .root = &walker->walk->roots[dir->root_index]};

    listing.mounts =
        sw_mounts_children(&walker->walk->mounts, dir->path_hash, &listing.mount_count);
    return listing;
}

/* --- Paths --- */

static void path_reserve(struct sw_walker *walker, size_t size)
{
    size_t capacity = walker->path_capacity;
    char *path;

    if (size <= capacity)
        return;
    while (capacity < size)
        capacity = capacity == 0 ? 8192 : capacity * 2;
    path = sw_walk_alloc(capacity);
    free(walker->path);
    walker->path = path;
    walker->path_capacity = capacity;
}

/* The absolute path of an entry, in walker->path until the next call. */
static const char *entry_path(struct sw_listing *listing, const char *name, size_t *size)
{
    struct sw_walker *walker = listing->walker;
    size_t dir_size = listing->dir->path_size;
    size_t name_size = strlen(name);

    if (!listing->path_ready || walker->path_capacity < dir_size + name_size + 2) {
        path_reserve(walker, dir_size + name_size + 2);
        sw_dir_path(listing->dir, walker->path);
        listing->path_ready = true;
    }
    walker->path[dir_size] = '/';
    memcpy(walker->path + dir_size + 1, name, name_size + 1);
    *size = dir_size + 1 + name_size;
    return walker->path;
}

static const char *dir_path(struct sw_walker *walker, const struct sw_dir *dir, size_t *size)
{
    *size = dir->path_size == 0 ? 1 : dir->path_size;
    path_reserve(walker, *size + 1);
    sw_dir_path(dir, walker->path);
    if (dir->path_size == 0)
        memcpy(walker->path, "/", 2);
    return walker->path;
}

/* --- What could not be looked at --- */

static const char *why(int errnum)
{
    const char *text;

    if (errnum == EWOULDBLOCK)
        return "another process holds a lease on it";
    if (errnum == ESTALE)
        return "another object took its place while the tree was walked";
    text = strerrordesc_np(errnum);
    return text != NULL ? text : "unknown error";
}

/* Gone since it was listed. In /proc a process that ended says ESRCH. */
static bool is_gone(int errnum)
{
    return errnum == ENOENT || errnum == ESRCH;
}

static void entry_lost(struct sw_listing *listing, const char *name, int errnum)
{
    struct sw_walk_gap gap = {.gap = sw_gap_of_errno(errnum),
                              .root_index = listing->dir->root_index};

    if (is_gone(errnum)) {
        sw_tally_add(&listing->walker->tally->vanished, 1);
        return;
    }
    if (errnum == ECANCELED)
        return;
    gap.path = entry_path(listing, name, &gap.path_size);
    sw_walker_add_gap(listing->walker, &gap, "not opened: %s", why(errnum));
}

void sw_walk_dir_lost(struct sw_walker *walker, const struct sw_dir *dir, int errnum)
{
    struct sw_walk_gap gap = {.gap = sw_gap_of_errno(errnum), .root_index = dir->root_index};

    /* A target was there when the sweep began, and was named: that it is gone
     * must be said. */
    if (is_gone(errnum) && dir->parent != NULL) {
        sw_tally_add(&walker->tally->vanished, 1);
        return;
    }
    if (errnum == ECANCELED)
        return;
    gap.path = dir_path(walker, dir, &gap.path_size);
    sw_walker_add_gap(walker, &gap, "directory not listed%s: %s", dir->started ? " to its end" : "",
                      why(errnum));
}

/* --- Subdirectories --- */

static void add_child(struct sw_listing *listing, const char *name, const struct sw_mount *mount)
{
    struct sw_walker *walker = listing->walker;
    size_t name_size = strlen(name);
    unsigned attempts = 0;
    struct sw_dir *child;

    if (listing->dir->path_size + 1 + name_size > SW_WALK_PATH_MAX) {
        struct sw_walk_gap gap = {.gap = SW_GAP_UNREADABLE, .root_index = listing->dir->root_index};

        gap.path = entry_path(listing, name, &gap.path_size);
        sw_walker_add_gap(walker, &gap,
                          "directory not listed: its path is longer than %" PRIu64 " bytes",
                          (uint64_t)SW_WALK_PATH_MAX);
        return;
    }
    while ((child = sw_dir_new(listing->dir, listing->dir->root_index, name, name_size)) == NULL)
        sw_walk_wait_for_memory(&attempts);
    child->mount = mount;
    if (mount != NULL && mount->later) {
        sw_dirs_expect(&walker->walk->dirs, listing->dir, 1);
        sw_walk_push_later(walker->walk, child);
        return;
    }
    if (listing->last != NULL)
        listing->last->next = child;
    else
        listing->first = child;
    listing->last = child;
    listing->child_count++;
}

/* Gives the subdirectories found so far to whoever is free. */
void sw_listing_publish(struct sw_listing *listing)
{
    if (listing->child_count == 0)
        return;
    sw_dirs_expect(&listing->walker->walk->dirs, listing->dir, listing->child_count);
    listing->child_total += listing->child_count;
    listing->child_count = 0;
    sw_walk_push(listing->walker->walk, listing->first, listing->last);
    listing->first = NULL;
    listing->last = NULL;
}

/* --- One entry --- */

static uint32_t mode_of_type(uint8_t type)
{
    switch (type) {
    case DT_REG:
        return S_IFREG;
    case DT_DIR:
        return S_IFDIR;
    case DT_LNK:
        return S_IFLNK;
    case DT_FIFO:
        return S_IFIFO;
    case DT_SOCK:
        return S_IFSOCK;
    case DT_CHR:
    case DT_WHT: /* a whiteout is a character device to everybody else */
        return S_IFCHR;
    case DT_BLK:
        return S_IFBLK;
    default:
        return 0;
    }
}

bool sw_walk_is_own_output(const struct sw_walk *walk, const struct sw_facts *facts)
{
    for (size_t index = 0; index < walk->own_output_count; index++) {
        if (walk->own_outputs[index].inode == facts->inode &&
            walk->own_outputs[index].device == facts->device)
            return true;
    }
    return false;
}

static void exclude_special(struct sw_walker *walker, uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFLNK:
        sw_walker_exclude(walker, SW_EXCLUDED_SYMLINK);
        break;
    case S_IFIFO:
        sw_walker_exclude(walker, SW_EXCLUDED_FIFO);
        break;
    case S_IFSOCK:
        sw_walker_exclude(walker, SW_EXCLUDED_SOCKET);
        break;
    default:
        sw_walker_exclude(walker, SW_EXCLUDED_DEVICE);
        break;
    }
}

/* A regular file is open and its facts are known: `fd` and the set are given away. */
static void file_opened(struct sw_walker *walker, uint32_t root_index, int fd,
                        const struct sw_facts *facts, const char *path, size_t path_size,
                        struct sw_part_set *set)
{
    struct sw_walk_gap gap = {.gap = SW_GAP_LIMIT_SIZE,
                              .facts = facts,
                              .root_index = root_index,
                              .path = path,
                              .path_size = path_size};

    if (sw_walk_is_own_output(walker->walk, facts)) {
        close(fd);
        sw_part_set_free(set);
        sw_walker_exclude(walker, SW_EXCLUDED_OWN_OUTPUT);
        return;
    }
    if (facts->size > walker->walk->file_size_max) {
        close(fd);
        sw_part_set_free(set);
        sw_walker_add_gap(walker, &gap,
                          "%" PRIu64 " bytes, more than the %" PRIu64 " of --max-file-size",
                          facts->size, walker->walk->file_size_max);
        return;
    }
    sw_walker_add_object(walker, fd, facts, root_index, path, path_size, set);
}

static void see_file(struct sw_listing *listing, const char *name, const struct sw_mount *mount);

/* An entry by its type; `mode` may be what it was and not what it is. */
static void see_type(struct sw_listing *listing, const char *name, uint32_t mode,
                     const struct sw_mount *mount)
{
    if (S_ISREG(mode))
        see_file(listing, name, mount);
    else if (S_ISDIR(mode))
        add_child(listing, name, mount);
    else
        exclude_special(listing->walker, mode);
}

/* The entry could not be opened as what it was listed as: it may have become
 * something that is not opened at all. */
void sw_listing_see_changed(struct sw_listing *listing, const char *name, uint32_t tried,
                            int errnum)
{
    uint32_t mode;

    if (errnum != ELOOP && errnum != ENXIO && errnum != ENOTDIR && errnum != ENODEV) {
        entry_lost(listing, name, errnum);
    } else if (sw_type_of_entry(listing->fd, name, &mode) != 0) {
        entry_lost(listing, name, errno);
    } else if (mode == tried) {
        entry_lost(listing, name, errnum);
    } else {
        see_type(listing, name, mode, NULL);
    }
}

static struct sw_part_set *parts_beside(struct sw_listing *listing, const char *name,
                                        const struct sw_facts *facts)
{
    const struct sw_beside beside = {.walker = listing->walker,
                                     .dir = listing->fd,
                                     .root_index = listing->dir->root_index,
                                     .path = listing->walker->path,
                                     .path_size = listing->dir->path_size,
                                     .mounts = listing->mounts,
                                     .mount_count = listing->mount_count};

    return sw_walk_parts(&beside, name, facts);
}

static void see_file(struct sw_listing *listing, const char *name, const struct sw_mount *mount)
{
    struct sw_walker *walker = listing->walker;
    struct sw_facts facts;
    const char *path;
    size_t path_size;
    int fd = sw_walk_open_entry(walker, listing->fd, name, false, &facts);

    if (fd < 0) {
        sw_listing_see_changed(listing, name, S_IFREG, errno);
        return;
    }
    if (!S_ISREG(facts.mode)) {
        close(fd);
        see_type(listing, name, facts.mode, NULL);
        return;
    }
    if (mount != NULL && listing->root->one_file_system && facts.device != listing->dir->device) {
        close(fd);
        sw_walker_exclude(walker, SW_EXCLUDED_OTHER_FILESYSTEM);
        return;
    }
    path = entry_path(listing, name, &path_size);
    if (walker->walk->file_target_count > 0 && sw_walk_is_file_target(walker->walk, &facts, path)) {
        close(fd);
        sw_walker_exclude(walker, SW_EXCLUDED_SEEN_DIRECTORY);
        return;
    }
    file_opened(walker, listing->dir->root_index, fd, &facts, path, path_size,
                parts_beside(listing, name, &facts));
}

static const struct sw_mount *mount_of(struct sw_listing *listing, const char *name)
{
    const struct sw_mount *mount = sw_mounts_child(listing->mounts, listing->mount_count, name);
    size_t size;

    if (mount == NULL || strcmp(mount->path, entry_path(listing, name, &size)) != 0)
        return NULL;
    return mount;
}

static bool is_excluded(struct sw_listing *listing, const char *name, uint32_t mode)
{
    const struct sw_excludes *excludes = &listing->walker->walk->excludes;
    const char *path = NULL;
    size_t size;

    if (excludes->count == 0)
        return false;
    if (excludes->need_path)
        path = entry_path(listing, name, &size);
    return sw_excludes_match(excludes, name, path, S_ISDIR(mode));
}

void sw_listing_see(struct sw_listing *listing, const char *name, uint8_t type)
{
    struct sw_walk *walk = listing->walker->walk;
    const struct sw_mount *mount = mount_of(listing, name);
    uint32_t mode = mode_of_type(type);

    if (mount != NULL) {
        /* Before anything asks the file system that is mounted there: it may
         * never answer. */
        enum sw_excluded reason = sw_mount_policy(
            mount, walk->states[listing->dir->root_index].home, listing->root->one_file_system);

        if (reason != SW_EXCLUDED_COUNT) {
            sw_walker_exclude(listing->walker, reason);
            return;
        }
        if (!S_ISDIR(mode))
            mode = 0; /* the listing tells what the mount covers, not what it is */
    }
    if (mode == 0 && sw_type_of_entry(listing->fd, name, &mode) != 0) {
        entry_lost(listing, name, errno);
        return;
    }
    if (is_excluded(listing, name, mode))
        sw_walker_exclude(listing->walker, SW_EXCLUDED_GLOB);
    else
        see_type(listing, name, mode, mount);
}

/* A path through a magic link has no directory that could be opened beside it. */
static struct sw_part_set *parts_of_target(struct sw_walker *walker, uint32_t root_index,
                                           const struct sw_facts *facts)
{
    const struct sw_root *root = &walker->walk->roots[root_index];
    const char *slash = strrchr(root->path, '/');
    struct sw_part_set *set = NULL;
    struct sw_part_name part;
    struct sw_facts above;

    if (walker->walk->states[root_index].followed || slash == NULL ||
        !sw_part_name_read(sw_view_of(slash + 1), &part))
        return NULL;
    char *path = sw_walk_alloc((size_t)(slash - root->path) + 2);
    const size_t path_size = (size_t)(slash - root->path);
    memcpy(path, root->path, path_size);
    memcpy(path + path_size, path_size == 0 ? "/" : "", path_size == 0 ? 2 : 1);
    const int dir = sw_open_directory(&walker->opener, AT_FDCWD, path, &above);
    if (dir >= 0) {
        const struct sw_beside beside = {.walker = walker,
                                         .dir = dir,
                                         .root_index = root_index,
                                         .path = path,
                                         .path_size = path_size,
                                         .target = true};
        set = sw_walk_parts(&beside, slash + 1, facts);
        close(dir);
    }
    free(path);
    return set;
}

void sw_walk_visit_file(struct sw_walker *walker, uint32_t root_index)
{
    const struct sw_root *root = &walker->walk->roots[root_index];
    struct sw_walk_gap gap = {
        .root_index = root_index, .path = root->path, .path_size = strlen(root->path)};
    struct sw_facts facts;
    int fd = sw_walk_open_target(walker, root_index, &facts);

    if (fd >= 0) {
        file_opened(walker, root_index, fd, &facts, root->path, gap.path_size,
                    parts_of_target(walker, root_index, &facts));
    } else if (errno != ECANCELED) {
        gap.gap = sw_gap_of_errno(errno);
        sw_walker_add_gap(walker, &gap, "not opened: %s", why(errno));
    }
}
