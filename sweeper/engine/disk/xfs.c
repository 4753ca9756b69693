/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs.c - the files of an XFS file system.
 *
 * Directories are walked from the root with a stack of their own; each is entered once,
 * whatever points at it. A directory comes in chunks: a chunk's inodes are read in
 * their order, which is that of the disk; files are handed out, directories set aside
 * and entered when the chunk is done. At the end come the inodes that have no name
 * left and were still open: they are whole.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/disk/disks.h"
#include "engine/source/bytes.h"
#include "xfs_content.h"
#include "xfs_directory.h"

#define ROOM "xfs"

enum {
    LEVELS_MAX = 1024, /* directories inside one another; PATH_MAX allows no more names */
    PATH_SIZE_MAX = 512 * 1024,
};

struct level {
    uint64_t inode;
    uint64_t from;      /* where its next chunk begins; UINT64_MAX: there is none */
    size_t path_size;   /* of its own name */
    size_t first;       /* of its entries in the listing */
    size_t names_first; /* of its names */
    size_t next;        /* the next entry */
    size_t kept;        /* entries, from `first` on, that are directories */
    bool entering;      /* the files of the chunk are done */
};

struct xfs {
    struct sw_xfs image;
    struct sw_xfs_reader reader;
    struct sw_xfs_listing listing;
    struct sw_xfs_content content;
    struct sw_ref_set seen; /* directories, and inodes without a name */
    struct sw_xfs_inode inode;
    struct sw_xfs_inode directory;
    struct level levels[LEVELS_MAX];
    size_t depth;
    struct sw_buf path;
    struct sw_buf target;
    unsigned said; /* closing words */
    uint32_t group;
    uint32_t bucket;
    uint32_t orphan; /* the next one in its list, in its group */
    uint8_t heads[256];
};

static enum sw_status damaged(struct sw_error *error, enum sw_status status, const char *what)
{
    return sw_fail_gap(error, status, SW_GAP_DAMAGED, ROOM, 0, "%s", what);
}

static unsigned probe(const struct sw_probe *probe)
{
    return sw_xfs_probe(probe->head);
}

/* ---- directories ----------------------------------------------------------------- */

static int by_inode(const void *left, const void *right)
{
    const struct sw_xfs_entry *a = left;
    const struct sw_xfs_entry *b = right;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return a->name_at < b->name_at ? -1 : a->name_at > b->name_at;
}

static int by_name_at(const void *left, const void *right)
{
    const struct sw_xfs_entry *a = left;
    const struct sw_xfs_entry *b = right;
    return a->name_at < b->name_at ? -1 : a->name_at > b->name_at;
}

/* Where damage is: the path of the directory that is open. */
static enum sw_status at_path(struct xfs *xfs, enum sw_status status, struct sw_error *error)
{
    enum { SHOWN_MAX = 200 }; /* bytes of the path */
    struct sw_error said = *error;
    struct sw_view path = sw_buf_view(&xfs->path);
    if (path.size == 0)
        path = (struct sw_view){(const uint8_t *)"/", 1};
    return sw_fail_gap(error, status, said.reason, ROOM, said.errnum, "in %.*s: %s",
                       (int)(path.size < SHOWN_MAX ? path.size : SHOWN_MAX),
                       (const char *)path.data, said.text);
}

/* Reads the next chunk of the directory on top. SW_SKIP: names are lost. */
static enum sw_status list(struct xfs *xfs, struct sw_error *error)
{
    struct level *level = &xfs->levels[xfs->depth - 1];
    sw_xfs_listing_cut(&xfs->listing, level->first, level->names_first);
    level->next = level->first;
    level->kept = 0;
    level->entering = false;
    enum sw_status read = sw_xfs_inode(&xfs->image, level->inode, &xfs->directory, error);
    if (read == SW_SKIP) {
        level->from = UINT64_MAX;
        return at_path(xfs, SW_SKIP, error);
    }
    /* What is wrong with the inode was told with the member; but the root is none. */
    bool tell = read == SW_PART && xfs->depth == 1 && level->from == 0;
    struct sw_error said = *error;
    enum sw_status status =
        sw_xfs_list(&xfs->reader, &xfs->directory, &level->from, &xfs->listing, error);
    if (status == SW_OK && tell) {
        *error = said;
        status = SW_PART;
    }
    if (xfs->listing.count > level->first)
        qsort(xfs->listing.entries + level->first, xfs->listing.count - level->first,
              sizeof *xfs->listing.entries, by_inode);
    return status == SW_OK ? SW_OK : at_path(xfs, SW_SKIP, error);
}

/* Goes into the directory that xfs->path names. SW_SKIP: it is not entered. */
static enum sw_status enter(struct xfs *xfs, uint64_t inode, struct sw_error *error)
{
    bool is_new = false;
    if (xfs->depth == LEVELS_MAX) {
        (void)damaged(error, SW_SKIP, "a directory is deeper than any system allows");
        return at_path(xfs, SW_SKIP, error);
    }
    if (sw_ref_set_add(&xfs->seen, inode, &is_new, error) != SW_OK)
        return at_path(xfs, SW_SKIP, error);
    if (!is_new) {
        (void)damaged(error, SW_SKIP, "this directory is in more than one place");
        return at_path(xfs, SW_SKIP, error);
    }
    xfs->levels[xfs->depth++] = (struct level){
        .inode = inode,
        .path_size = xfs->path.size,
        .first = xfs->listing.count,
        .names_first = xfs->listing.names.size,
    };
    return list(xfs, error);
}

/* The files of a chunk are done: only the directories in it are kept, in their order. */
static void keep_directories(struct xfs *xfs, struct level *level)
{
    struct sw_xfs_entry *entries = xfs->listing.entries + level->first;
    size_t size = level->names_first;
    level->entering = true;
    level->next = level->first;
    if (level->kept > 0)
        qsort(entries, level->kept, sizeof *entries, by_name_at);
    for (size_t i = 0; i < level->kept; i++) {
        memmove(xfs->listing.names.data + size, xfs->listing.names.data + entries[i].name_at,
                entries[i].name_size);
        entries[i].name_at = (uint32_t)size;
        size += entries[i].name_size;
    }
    if (level->kept > 0)
        qsort(entries, level->kept, sizeof *entries, by_inode);
    sw_xfs_listing_cut(&xfs->listing, level->first + level->kept, size);
}

static enum sw_status make_path(struct xfs *xfs, const struct level *level,
                                const struct sw_xfs_entry *entry, struct sw_error *error)
{
    xfs->path.size = level->path_size;
    if (sw_buf_append_u8(&xfs->path, '/') != SW_OK ||
        sw_buf_append(&xfs->path, xfs->listing.names.data + entry->name_at, entry->name_size) !=
            SW_OK)
        return damaged(error, SW_SKIP, "a path is longer than any system allows");
    return SW_OK;
}

/* ---- members --------------------------------------------------------------------- */

static struct sw_member plain_member(const struct xfs *xfs)
{
    struct sw_member member = {.kind = SW_MEMBER_SPECIAL, .name = sw_buf_view(&xfs->path)};
    member.facts.mtime_ns = member.facts.ctime_ns = SW_TIME_UNKNOWN;
    member.facts.atime_ns = member.facts.btime_ns = SW_TIME_UNKNOWN;
    return member;
}

/* What xfs->inode is. SW_PART is handed through: `status` says how its inode was read. */
static enum sw_status start_member(struct xfs *xfs, enum sw_status status, struct sw_member *member,
                                   struct sw_error *error)
{
    member->facts = xfs->inode.facts;
    if (S_ISDIR(member->facts.mode)) {
        member->kind = SW_MEMBER_DIRECTORY;
    } else if (S_ISREG(member->facts.mode)) {
        member->kind = SW_MEMBER_FILE;
        member->size_known = true;
        sw_xfs_content_start(&xfs->content, &xfs->inode);
    } else if (S_ISLNK(member->facts.mode)) {
        member->kind = SW_MEMBER_LINK;
        if (sw_xfs_link(&xfs->content, &xfs->inode, &xfs->target, error) != SW_OK)
            status = SW_PART;
        member->target = sw_buf_view(&xfs->target);
    }
    return status;
}

static enum sw_status hand_out(struct xfs *xfs, struct level *level, struct sw_member *member,
                               struct sw_error *error)
{
    struct sw_xfs_entry entry = xfs->listing.entries[level->next++];
    enum sw_status status = make_path(xfs, level, &entry, error);
    if (status != SW_OK)
        return status;
    *member = plain_member(xfs);
    status = sw_xfs_inode(&xfs->image, entry.inode, &xfs->inode, error);
    if (status == SW_SKIP)
        return SW_PART;
    status = start_member(xfs, status, member, error);
    if (member->kind == SW_MEMBER_DIRECTORY)
        xfs->listing.entries[level->first + level->kept++] = entry;
    return status;
}

/* ---- inodes without a name ------------------------------------------------------- */

enum { BUCKETS = 64, HEADS_AT = 40, NEXT_ORPHAN_AT = 96 };

/* The lists of a group. false: there is no such group in the image. */
static bool read_heads(struct xfs *xfs, struct sw_error *error)
{
    const struct sw_xfs_geometry *geometry = &xfs->image.geometry;
    uint8_t header[HEADS_AT + sizeof xfs->heads];
    uint64_t at = ((uint64_t)xfs->group * geometry->group_blocks << geometry->block_log) +
                  2 * (uint64_t)geometry->sector_size;
    if (xfs->group >= geometry->group_count || at >= xfs->image.blob->size)
        return false;
    memset(xfs->heads, 0xff, sizeof xfs->heads);
    if (sw_xfs_read(&xfs->image, at, header, sizeof header, error) == SW_OK &&
        memcmp(header, "XAGI", 4) == 0)
        memcpy(xfs->heads, header + HEADS_AT, sizeof xfs->heads);
    return true;
}

/* The next number in a list. false: all lists are done. */
static bool next_orphan(struct xfs *xfs, struct sw_error *error)
{
    while (xfs->orphan == UINT32_MAX) {
        if (xfs->bucket % BUCKETS == 0 && !read_heads(xfs, error))
            return false;
        xfs->orphan = sw_big32(xfs->heads + (size_t)(xfs->bucket % BUCKETS) * 4);
        xfs->bucket = (xfs->bucket + 1) % BUCKETS;
        if (xfs->bucket == 0)
            xfs->group++;
    }
    return true;
}

/* A file that was removed while it was open: still whole, and nobody's. */
static enum sw_status hand_out_orphan(struct xfs *xfs, struct sw_member *member,
                                      struct sw_error *error)
{
    const struct sw_xfs_geometry *geometry = &xfs->image.geometry;
    uint64_t inode =
        (uint64_t)xfs->group << (geometry->group_log + geometry->inode_block_log) | xfs->orphan;
    bool is_new = false;
    xfs->orphan = UINT32_MAX;
    if (sw_ref_set_add(&xfs->seen, inode, &is_new, error) != SW_OK)
        return SW_SKIP;
    if (!is_new)
        return damaged(error, SW_SKIP, "the list of inodes without a name runs in a circle");
    sw_buf_clear(&xfs->path);
    if (sw_buf_append_format(&xfs->path, "/$OrphanFiles/OrphanFile-%" PRIu64, inode) != SW_OK)
        return damaged(error, SW_SKIP, "no memory for a name");
    *member = plain_member(xfs);
    member->deleted = true;
    member->recovery = "full";
    enum sw_status status = sw_xfs_inode(&xfs->image, inode, &xfs->inode, error);
    if (status == SW_SKIP)
        return SW_PART;
    xfs->orphan = sw_big32(xfs->inode.raw + NEXT_ORPHAN_AT);
    return start_member(xfs, status, member, error);
}

/* ---- the walk -------------------------------------------------------------------- */

/* What is wrong with the file system as a whole is said once, at the end. */
static enum sw_status closing_words(struct xfs *xfs, struct sw_error *error)
{
    const struct sw_xfs_geometry *geometry = &xfs->image.geometry;
    uint64_t size = xfs->image.blob->size;
    uint64_t used = geometry->block_count << geometry->block_log;
    bool dirty = false;
    switch (xfs->said++) {
    case 0:
        if (xfs->image.super_damaged)
            return damaged(error, SW_SKIP,
                           "the super block is damaged; a copy or what is left "
                           "of it was used");
        return SW_OK;
    case 1:
        if (used > size)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                               "%" PRIu64 " bytes are here, and it has %" PRIu64, size, used);
        return SW_OK;
    case 2:
        if (sw_xfs_log_dirty(&xfs->image, &dirty, error) != SW_OK)
            return SW_SKIP;
        if (dirty)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, ROOM, 0,
                               "it was not unmounted: the last changes are in its log only, "
                               "which is not replayed");
        return SW_OK;
    default:
        xfs->said--;
        return SW_END;
    }
}

/* Leaves directories that are done, goes into the next one. SW_OK: there is an entry to hand
 * out on top, or no level. */
static enum sw_status move(struct xfs *xfs, struct sw_error *error)
{
    while (xfs->depth > 0) {
        struct level *level = &xfs->levels[xfs->depth - 1];
        bool more = level->next < xfs->listing.count;
        enum sw_status status = SW_OK;
        if (!level->entering && more)
            return SW_OK;
        xfs->path.size = level->path_size;
        if (!level->entering) {
            keep_directories(xfs, level);
        } else if (more) {
            struct sw_xfs_entry entry = xfs->listing.entries[level->next++];
            status = make_path(xfs, level, &entry, error);
            if (status == SW_OK)
                status = enter(xfs, entry.inode, error);
        } else if (level->from != UINT64_MAX) {
            status = list(xfs, error);
        } else {
            sw_xfs_listing_cut(&xfs->listing, level->first, level->names_first);
            xfs->depth--;
        }
        if (status != SW_OK)
            return status;
    }
    return SW_OK;
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct xfs *xfs = state;
    sw_xfs_content_start(&xfs->content, NULL);
    enum sw_status status = move(xfs, error);
    if (status != SW_OK)
        return status;
    if (xfs->depth > 0)
        return hand_out(xfs, &xfs->levels[xfs->depth - 1], member, error);
    if (next_orphan(xfs, error))
        return hand_out_orphan(xfs, member, error);
    while (status == SW_OK)
        status = closing_words(xfs, error);
    return status;
}

static enum sw_status read_content(void *state, struct sw_piece *piece, struct sw_error *error)
{
    return sw_xfs_content_read(&((struct xfs *)state)->content, piece, error);
}

/* ---- the image ------------------------------------------------------------------- */

static void close_image(void *state)
{
    struct xfs *xfs = state;
    if (xfs == NULL)
        return;
    sw_xfs_close(&xfs->image);
    sw_xfs_reader_done(&xfs->reader);
    sw_xfs_listing_done(&xfs->listing);
    sw_xfs_content_done(&xfs->content);
    sw_ref_set_done(&xfs->seen);
    sw_buf_done(&xfs->path);
    sw_buf_done(&xfs->target);
    free(xfs);
}

static enum sw_status open_parts(struct xfs *xfs, struct sw_blob *blob, struct sw_error *error)
{
    enum sw_status status = sw_xfs_open(&xfs->image, blob, error);
    if (status != SW_OK)
        return status;
    if (xfs->image.geometry.unknown != 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "it has features that are not known here (0x%" PRIx32 ")",
                           xfs->image.geometry.unknown);
    status = sw_xfs_reader_init(&xfs->reader, &xfs->image, error);
    if (status == SW_OK)
        status = sw_xfs_content_init(&xfs->content, &xfs->image, error);
    if (status == SW_OK)
        status = sw_xfs_inode(&xfs->image, xfs->image.geometry.root, &xfs->inode, error);
    if (status == SW_SKIP)
        return SW_DEAD;
    if (status >= SW_PART && !S_ISDIR(xfs->inode.facts.mode))
        return damaged(error, SW_DEAD, "the root is not a directory");
    return status;
}

static enum sw_status open_image(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    struct xfs *xfs = calloc(1, sizeof *xfs);
    (void)setup;
    if (xfs == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    xfs->orphan = UINT32_MAX;
    sw_ref_set_init(&xfs->seen);
    sw_xfs_listing_init(&xfs->listing);
    sw_buf_init(&xfs->path, PATH_SIZE_MAX);
    sw_buf_init(&xfs->target, SW_XFS_LINK_MAX);
    enum sw_status status = open_parts(xfs, input->blob, error);
    if (status < SW_PART) {
        close_image(xfs);
        return status;
    }
    /* The root is entered by the first call of next(), which can say what is wrong with it. */
    xfs->levels[0] = (struct level){.inode = xfs->image.geometry.root, .entering = true};
    xfs->depth = 1;
    bool is_new = false;
    if (sw_ref_set_add(&xfs->seen, xfs->image.geometry.root, &is_new, error) != SW_OK) {
        close_image(xfs);
        return SW_DEAD;
    }
    *state = xfs;
    return SW_OK;
}

const struct sw_source sw_source_xfs = {
    .kind = "xfs",
    .disk = true,
    .probe = probe,
    .open = open_image,
    .next = next,
    .read = read_content,
    .close = close_image,
};
