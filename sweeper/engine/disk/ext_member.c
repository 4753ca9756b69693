/* SPDX-License-Identifier: Apache-2.0 */
/* ext_member.c - see ext_member.h. */
#include "ext_member.h"

#include <string.h>

#define ROOM "ext"

/* Bytes of what a link points at: a block at most. */
enum { TARGET_SIZE_MAX = 65536 };

enum sw_status sw_ext_members_init(struct sw_ext_members *all, struct sw_blob *blob,
                                   struct sw_error *error)
{
    sw_buf_init(&all->target, TARGET_SIZE_MAX);
    enum sw_status status = sw_ext_open(&all->image, blob, error);
    if (status != SW_OK)
        return status;
    all->journal = sw_ext_journal_replay(&all->image);
    sw_ext_gone_init(&all->gone, &all->image);
    return sw_ext_file_init(&all->file, &all->image, error);
}

void sw_ext_members_done(struct sw_ext_members *all)
{
    sw_ext_gone_done(&all->gone);
    sw_ext_file_done(&all->file);
    sw_ext_close(&all->image);
    sw_buf_done(&all->target);
}

static enum sw_status read_target(struct sw_ext_members *all, const struct sw_ext_inode *inode,
                                  struct sw_error *error)
{
    enum sw_status status = SW_OK;

    sw_buf_clear(&all->target);
    if (inode->size > all->image.super.block_size || inode->size >= TARGET_SIZE_MAX)
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0,
                           "a link points at an impossibly long name");
    if (!(inode->flags & (SW_EXT_INLINE | SW_EXT_IN_EXTENTS)) && inode->size < SW_EXT_MAP_SIZE) {
        if (sw_buf_append(&all->target, inode->map.root, (size_t)inode->size) == SW_OK)
            return SW_OK;
        return sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a link");
    }
    status = sw_ext_file_start(&all->image, &all->file, inode, false, error);
    while (status == SW_OK) {
        struct sw_piece piece;
        status = sw_ext_file_read(&all->image, &all->file, &piece, error);
        if (status == SW_OK && sw_buf_append(&all->target, piece.data, piece.size) != SW_OK)
            status =
                sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a link");
    }
    all->file.done = true;
    return status == SW_END ? SW_OK : SW_PART;
}

static enum sw_status encrypted(const struct sw_ext_members *all, struct sw_error *error)
{
    char name[96];

    sw_ext_name(&all->image, name, sizeof name);
    return sw_fail_gap(error, SW_PART, SW_GAP_ENCRYPTED, ROOM, 0,
                       "is encrypted (fscrypt) in file system %s", name);
}

enum sw_status sw_ext_member_file(struct sw_ext_members *all, const struct sw_ext_inode *inode,
                                  struct sw_member *member, struct sw_error *error)
{
    member->kind = SW_MEMBER_FILE;
    member->size_known = true;
    member->encrypted = (inode->flags & SW_EXT_ENCRYPTED) != 0;
    if (member->encrypted)
        return encrypted(all, error);
    enum sw_status status = sw_ext_file_start(&all->image, &all->file, inode, false, error);
    if (status == SW_OK && inode->flags & SW_EXT_COMPRESSED &&
        all->image.super.incompat & SW_EXT_COMPRESSION)
        return sw_fail_gap(error, SW_PART, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "is compressed by e2compr; its blocks are read as they lie");
    return status == SW_OK ? SW_OK : SW_PART;
}

enum sw_status sw_ext_member_link(struct sw_ext_members *all, const struct sw_ext_inode *inode,
                                  struct sw_member *member, struct sw_error *error)
{
    member->kind = SW_MEMBER_LINK;
    member->encrypted = (inode->flags & SW_EXT_ENCRYPTED) != 0;
    if (member->encrypted)
        return encrypted(all, error);
    enum sw_status status = read_target(all, inode, error);
    member->target = sw_buf_view(&all->target);
    return status;
}

enum sw_status sw_ext_member_gone(struct sw_ext_members *all, const struct sw_ext_inode *inode,
                                  enum sw_ext_gone_kind kind, struct sw_view name,
                                  struct sw_member *member, struct sw_error *error)
{
    *member = (struct sw_member){
        .kind = SW_MEMBER_FILE,
        .name = name,
        .facts = inode->facts,
        .deleted = kind != SW_EXT_NAMELESS,
    };
    if (kind == SW_EXT_DELETED)
        member->recovery = sw_ext_gone_recovery(&all->gone, &all->image, inode);
    else if (kind == SW_EXT_HELD_OPEN)
        member->recovery = "full";
    /* Of what belongs to others by now only the name is left. */
    if (kind == SW_EXT_DELETED &&
        (member->recovery == NULL || strcmp(member->recovery, "overwritten") == 0)) {
        member->kind = SW_MEMBER_SPECIAL;
        return SW_OK;
    }
    enum sw_status status = sw_ext_member_file(all, inode, member, error);
    all->file.gone = kind == SW_EXT_DELETED;
    return status;
}
