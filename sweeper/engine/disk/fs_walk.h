/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fs_walk.h - from the root of a file system through its directories, for readers of our
 * own: a stack of directories, each of them entered once, whatever points at it.
 *
 * A directory comes in chunks of names. A chunk's inodes are handed out in their order,
 * which is mostly that of the disk; directories among them are set aside and entered when
 * the chunk is done. Chunks lie in one listing, that of a directory inside another behind it.
 *
 * Runs in:  engine workers.
 * Threads:  one walk, one thread.
 * Owns:     init takes what done gives back. A path borrows until the next call.
 * Trusts:   nothing: depth, paths, names and directories are bounded.
 * Fails:    SW_SKIP: names or a directory are lost, the walk goes on; the error says where.
 */
#ifndef SWEEPER_ENGINE_DISK_FS_WALK_H
#define SWEEPER_ENGINE_DISK_FS_WALK_H

#include "engine/source/ref_set.h"
#include "sweeper/buf.h"

enum {
    FS_LEVELS_MAX = 1024,        /* directories inside one another; PATH_MAX allows no more names */
    FS_CHUNK_ENTRIES = 8192,     /* a chunk ends soon after so many names */
    FS_CHUNK_NAMES = 256 * 1024, /* or after so many bytes of them */
};

struct fs_entry {
    uint64_t inode;
    uint32_t name_at; /* in the listing's names */
    uint16_t name_size;
};

struct fs_listing {
    struct fs_entry *entries;
    size_t count;
    size_t capacity;
    struct sw_buf names;
};

struct fs_level {
    uint64_t inode;
    uint64_t from;      /* where its next chunk begins; UINT64_MAX: there is none */
    size_t path_size;   /* of its own path */
    size_t first;       /* of its entries in the listing */
    size_t names_first; /* of its names */
    size_t next;        /* the next entry */
    size_t kept;        /* entries, from `first` on, that are directories */
    bool entering;      /* the files of the chunk are done */
};

/* Adds the next names of a directory to the listing, by fs_listing_add(). *from: 0 for the first
 * chunk; where the next one begins, UINT64_MAX when there is none. SW_PART: some are lost.
 * `depth`: of directories that are open, with this one. */
typedef enum sw_status fs_list_function(void *context, uint64_t directory, size_t depth,
                                        uint64_t *from, struct fs_listing *listing,
                                        struct sw_error *error);

struct fs_walk {
    fs_list_function *list;
    void *context;
    const char *room;
    struct fs_listing listing;
    struct sw_ref_set seen;
    struct fs_level levels[FS_LEVELS_MAX];
    size_t depth;
    struct sw_buf path; /* of what was handed out; begins with a slash */
    struct fs_entry entry;
};

void fs_walk_init(struct fs_walk *walk, fs_list_function *list, void *context, const char *room);
void fs_walk_done(struct fs_walk *walk);
/* Begins at a directory. */
enum sw_status fs_walk_start(struct fs_walk *walk, uint64_t root,
                             struct sw_error *error) SW_MUST_CHECK;
/* SW_OK: walk->entry is a name and walk->path its path. SW_END. */
enum sw_status fs_walk_next(struct fs_walk *walk, struct sw_error *error) SW_MUST_CHECK;
/* What was handed out last is a directory. */
void fs_walk_keep(struct fs_walk *walk);

/* false: no memory, or more names than are allowed at a time. Names "." and ".." are left out. */
bool fs_listing_add(struct fs_listing *listing, uint64_t inode, const uint8_t *name,
                    size_t name_size);

#endif
