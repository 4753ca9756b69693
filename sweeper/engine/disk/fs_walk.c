/* SPDX-License-Identifier: Apache-2.0 */
/* fs_walk.c - a stack of directories and their names; see fs_walk.h. */
#include "fs_walk.h"

#include <stdlib.h>
#include <string.h>

enum {
    ENTRIES_MAX = 2 << 20, /* of all directories on the stack */
    NAMES_MAX = 48 << 20,
    PATH_SIZE_MAX = 512 * 1024,
};

/* ---- listings -------------------------------------------------------------------- */

static void cut(struct fs_listing *listing, size_t count, size_t names_size)
{
    listing->count = count;
    listing->names.size = names_size;
}

static bool grow(struct fs_listing *listing)
{
    enum { FIRST = 256 };
    size_t capacity = listing->capacity == 0 ? FIRST : listing->capacity * 2;
    if (capacity > ENTRIES_MAX)
        return false;
    struct fs_entry *entries = reallocarray(listing->entries, capacity, sizeof *entries);
    if (entries == NULL)
        return false;
    listing->entries = entries;
    listing->capacity = capacity;
    return true;
}

static bool is_dots(const uint8_t *name, size_t size)
{
    return (size == 1 && name[0] == '.') || (size == 2 && memcmp(name, "..", 2) == 0);
}

bool fs_listing_add(struct fs_listing *listing, uint64_t inode, const uint8_t *name,
                    size_t name_size)
{
    size_t name_at = listing->names.size;
    if (is_dots(name, name_size))
        return true;
    if (name_size > UINT16_MAX || (listing->count == listing->capacity && !grow(listing)) ||
        sw_buf_append(&listing->names, name, name_size) != SW_OK)
        return false;
    listing->entries[listing->count++] = (struct fs_entry){
        .inode = inode, .name_at = (uint32_t)name_at, .name_size = (uint16_t)name_size};
    return true;
}

static int by_inode(const void *left, const void *right)
{
    const struct fs_entry *a = left;
    const struct fs_entry *b = right;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return a->name_at < b->name_at ? -1 : a->name_at > b->name_at;
}

static int by_name_at(const void *left, const void *right)
{
    const struct fs_entry *a = left;
    const struct fs_entry *b = right;
    return a->name_at < b->name_at ? -1 : a->name_at > b->name_at;
}

/* ---- directories ----------------------------------------------------------------- */

/* Where damage is: the path of the directory that is open. */
static enum sw_status at_path(struct fs_walk *walk, struct sw_error *error)
{
    enum { SHOWN_MAX = 200 }; /* bytes of the path */
    struct sw_error said = *error;
    struct sw_view path = sw_buf_view(&walk->path);
    if (path.size == 0)
        path = (struct sw_view){(const uint8_t *)"/", 1};
    return sw_fail_gap(error, SW_SKIP, said.reason, walk->room, said.errnum, "in %.*s: %s",
                       (int)(path.size < SHOWN_MAX ? path.size : SHOWN_MAX),
                       (const char *)path.data, said.text);
}

static enum sw_status damaged(struct fs_walk *walk, struct sw_error *error, const char *what)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, walk->room, 0, "%s", what);
}

/* Reads the next chunk of the directory on top. */
static enum sw_status list(struct fs_walk *walk, struct sw_error *error)
{
    struct fs_level *level = &walk->levels[walk->depth - 1];
    cut(&walk->listing, level->first, level->names_first);
    level->next = level->first;
    level->kept = 0;
    level->entering = false;
    enum sw_status status =
        walk->list(walk->context, level->inode, walk->depth, &level->from, &walk->listing, error);
    if (status < SW_PART)
        level->from = UINT64_MAX;
    if (walk->listing.count > level->first)
        qsort(walk->listing.entries + level->first, walk->listing.count - level->first,
              sizeof *walk->listing.entries, by_inode);
    return status == SW_OK ? SW_OK : at_path(walk, error);
}

/* Goes into the directory that walk->path names. */
static enum sw_status enter(struct fs_walk *walk, uint64_t inode, struct sw_error *error)
{
    bool is_new = false;
    if (walk->depth == FS_LEVELS_MAX) {
        (void)damaged(walk, error, "a directory is deeper than any system allows");
        return at_path(walk, error);
    }
    if (sw_ref_set_add(&walk->seen, inode, &is_new, error) != SW_OK)
        return at_path(walk, error);
    if (!is_new) {
        (void)damaged(walk, error, "this directory is in more than one place");
        return at_path(walk, error);
    }
    walk->levels[walk->depth++] = (struct fs_level){
        .inode = inode,
        .path_size = walk->path.size,
        .first = walk->listing.count,
        .names_first = walk->listing.names.size,
    };
    return list(walk, error);
}

/* The files of a chunk are done: only the directories in it are kept, in their order. */
static void keep_directories(struct fs_walk *walk, struct fs_level *level)
{
    struct fs_entry *entries = walk->listing.entries + level->first;
    size_t size = level->names_first;
    level->entering = true;
    level->next = level->first;
    if (level->kept > 0)
        qsort(entries, level->kept, sizeof *entries, by_name_at);
    for (size_t i = 0; i < level->kept; i++) {
        memmove(walk->listing.names.data + size, walk->listing.names.data + entries[i].name_at,
                entries[i].name_size);
        entries[i].name_at = (uint32_t)size;
        size += entries[i].name_size;
    }
    if (level->kept > 0)
        qsort(entries, level->kept, sizeof *entries, by_inode);
    cut(&walk->listing, level->first + level->kept, size);
}

/* ---- the walk -------------------------------------------------------------------- */

static enum sw_status take_entry(struct fs_walk *walk, struct fs_level *level,
                                 struct sw_error *error)
{
    walk->entry = walk->listing.entries[level->next++];
    walk->path.size = level->path_size;
    if (sw_buf_append_u8(&walk->path, '/') != SW_OK ||
        sw_buf_append(&walk->path, walk->listing.names.data + walk->entry.name_at,
                      walk->entry.name_size) != SW_OK)
        return damaged(walk, error, "a path is longer than any system allows");
    return SW_OK;
}

/* One step of a directory whose names are all handed out, or were not read. */
static enum sw_status step(struct fs_walk *walk, struct fs_level *level, struct sw_error *error)
{
    walk->path.size = level->path_size;
    if (!level->entering) {
        keep_directories(walk, level);
        return SW_OK;
    }
    if (level->next < walk->listing.count) {
        enum sw_status status = take_entry(walk, level, error);
        return status == SW_OK ? enter(walk, walk->entry.inode, error) : status;
    }
    if (level->from != UINT64_MAX)
        return list(walk, error);
    cut(&walk->listing, level->first, level->names_first);
    walk->depth--;
    return SW_OK;
}

enum sw_status fs_walk_next(struct fs_walk *walk, struct sw_error *error)
{
    while (walk->depth > 0) {
        struct fs_level *level = &walk->levels[walk->depth - 1];
        if (!level->entering && level->next < walk->listing.count)
            return take_entry(walk, level, error);
        enum sw_status status = step(walk, level, error);
        if (status != SW_OK)
            return status;
    }
    return SW_END;
}

void fs_walk_keep(struct fs_walk *walk)
{
    struct fs_level *level = &walk->levels[walk->depth - 1];
    walk->listing.entries[level->first + level->kept++] = walk->entry;
}

enum sw_status fs_walk_start(struct fs_walk *walk, uint64_t root, struct sw_error *error)
{
    bool is_new = false;
    /* It is entered by the first call of next, which can say what is wrong with it. */
    walk->levels[0] = (struct fs_level){.inode = root, .entering = true};
    walk->depth = 1;
    return sw_ref_set_add(&walk->seen, root, &is_new, error);
}

void fs_walk_init(struct fs_walk *walk, fs_list_function *function, void *context, const char *room)
{
    walk->list = function;
    walk->context = context;
    walk->room = room;
    walk->listing = (struct fs_listing){.entries = NULL};
    walk->depth = 0;
    sw_buf_init(&walk->listing.names, NAMES_MAX);
    sw_buf_init(&walk->path, PATH_SIZE_MAX);
    sw_ref_set_init(&walk->seen);
}

void fs_walk_done(struct fs_walk *walk)
{
    free(walk->listing.entries);
    walk->listing.entries = NULL;
    sw_buf_done(&walk->listing.names);
    sw_buf_done(&walk->path);
    sw_ref_set_done(&walk->seen);
}
