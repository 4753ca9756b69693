/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs.c - the files of an XFS file system.
 *
 * The walk is fs_walk's. At the end come the inodes that have no name left and were still
 * open: they are whole.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/disk/disks.h"
#include "engine/disk/fs_walk.h"
#include "engine/source/bytes.h"
#include "xfs_content.h"
#include "xfs_directory.h"

#define ROOM "xfs"

struct xfs {
    struct sw_xfs image;
    struct sw_xfs_reader reader;
    struct sw_xfs_content content;
    struct fs_walk walk;
    struct sw_xfs_inode inode;
    struct sw_xfs_inode directory;
    struct sw_buf target;
    unsigned said;   /* closing words */
    bool heads_lost; /* lists of removed files that could not be read */
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

static enum sw_status list(void *context, uint64_t number, size_t depth, uint64_t *from,
                           struct fs_listing *listing, struct sw_error *error)
{
    struct xfs *xfs = context;
    enum sw_status read = sw_xfs_inode(&xfs->image, number, &xfs->directory, error);
    if (read == SW_SKIP)
        return SW_SKIP;
    /* What is wrong with the inode was told with the member; but the root is none. */
    bool tell = read == SW_PART && depth == 1 && *from == 0;
    struct sw_error said = *error;
    enum sw_status status = sw_xfs_list(&xfs->reader, &xfs->directory, from, listing, error);
    if (status == SW_OK && tell) {
        *error = said;
        status = SW_PART;
    }
    return status;
}

/* ---- members --------------------------------------------------------------------- */

static struct sw_member plain_member(const struct xfs *xfs)
{
    struct sw_member member = {.kind = SW_MEMBER_SPECIAL, .name = sw_buf_view(&xfs->walk.path)};
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

static enum sw_status hand_out(struct xfs *xfs, struct sw_member *member, struct sw_error *error)
{
    *member = plain_member(xfs);
    enum sw_status status = sw_xfs_inode(&xfs->image, xfs->walk.entry.inode, &xfs->inode, error);
    if (status == SW_SKIP)
        return SW_PART;
    status = start_member(xfs, status, member, error);
    if (member->kind == SW_MEMBER_DIRECTORY)
        fs_walk_keep(&xfs->walk);
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
    else
        xfs->heads_lost = true;
    return true;
}

/* The next number in a list. false: all lists are done. */
static bool next_orphan(struct xfs *xfs, struct sw_error *error)
{
    while (xfs->orphan == UINT32_MAX) {
        if (xfs->bucket == BUCKETS) { /* what was in the last one is of this group, too */
            xfs->bucket = 0;
            xfs->group++;
        }
        if (xfs->bucket == 0 && !read_heads(xfs, error))
            return false;
        xfs->orphan = sw_big32(xfs->heads + (size_t)xfs->bucket++ * 4);
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
    if (sw_ref_set_add(&xfs->walk.seen, inode, &is_new, error) != SW_OK)
        return SW_SKIP;
    if (!is_new)
        return damaged(error, SW_SKIP, "the list of inodes without a name runs in a circle");
    sw_buf_clear(&xfs->walk.path);
    if (sw_buf_append_format(&xfs->walk.path, "/$OrphanFiles/OrphanFile-%" PRIu64, inode) != SW_OK)
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

/* ---- the end -------------------------------------------------------------------- */

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
    case 3:
        if (xfs->heads_lost)
            return damaged(error, SW_SKIP, "the lists of removed files of a group cannot be read");
        return SW_OK;
    default:
        xfs->said--;
        return SW_END;
    }
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct xfs *xfs = state;
    sw_xfs_content_start(&xfs->content, NULL);
    enum sw_status status = fs_walk_next(&xfs->walk, error);
    if (status == SW_OK)
        return hand_out(xfs, member, error);
    if (status != SW_END)
        return status;
    status = SW_OK;
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
    sw_xfs_content_done(&xfs->content);
    fs_walk_done(&xfs->walk);
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
    if (status >= SW_PART && fs_walk_start(&xfs->walk, xfs->inode.number, error) != SW_OK)
        return SW_DEAD;
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
    fs_walk_init(&xfs->walk, list, xfs, ROOM);
    sw_buf_init(&xfs->target, SW_XFS_LINK_MAX);
    enum sw_status status = open_parts(xfs, input->blob, error);
    if (status < SW_PART) {
        close_image(xfs);
        return status;
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
