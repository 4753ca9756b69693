/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squashfs.c - the members of a squashfs image.
 *
 * Directories are walked with a stack of their own; each is entered once, whatever
 * points at it. An inode that cannot be read costs its member, a directory listing
 * that cannot be read costs the rest of that listing, and a block that cannot be
 * read costs a block.
 */
#include "squashfs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ref_set.h"
#include "squash_image.h"
#include "sweeper/limits.h"

#define ROOM "squashfs"

enum {
    LEVELS_MAX = 1024, /* directories inside one another; PATH_MAX allows no more names */
    PATH_SIZE_MAX = 64 * 1024,
    NAME_SIZE_MAX = 256,     /* bytes of one name */
    HEADER_COUNT_MAX = 256,  /* entries behind one header of a listing */
    LISTING_EXTRA = 3,       /* a listing's size counts "." and ".." with it */
    TARGET_SIZE_MAX = 65535, /* bytes of what a link points at */
    SPARSE_MAX = 4096,       /* blocks of nothing in one answer */
};

enum inode_type { DIRECTORY = 1, FILE_ = 2, LINK = 3, LAST = 7, EXTENDED = 7 };

struct inode {
    struct sw_squash_place next; /* behind what was read of it */
    uint64_t reference;
    unsigned type; /* 1 to 7: an extended one is of the plain one's type */
    struct sw_facts facts;
    struct sw_squash_place listing; /* of a directory */
    uint32_t listing_size;
    uint64_t data_at;  /* of a file */
    uint32_t fragment; /* of a file */
    uint32_t fragment_offset;
    uint32_t target_size; /* of a link */
};

struct level {
    struct sw_squash_place at;
    uint64_t inode_block; /* in the inode table, of the entries that follow */
    uint32_t left;        /* bytes of the listing */
    uint32_t count;       /* entries behind the last header */
    size_t path_size;     /* of this directory's own name */
};

struct file {
    struct sw_squash_place blocks; /* the next block's size */
    uint64_t data_at;              /* the next block */
    uint64_t offset;               /* in the file */
    uint64_t size;
    uint32_t fragment;
    uint32_t fragment_offset;
    uint64_t told; /* the end of the last piece */
    bool damaged;  /* said once */
    bool done;
};

struct squashfs {
    struct sw_squash image;
    struct sw_ref_set seen;
    struct level levels[LEVELS_MAX];
    size_t depth;
    bool owners_lost; /* the table of users and groups could not be read */
    bool closing_said;
    struct file file;
    struct sw_buf path;
    struct sw_buf target;
};

static unsigned probe(const struct sw_probe *probe)
{
    struct sw_squash_super super;
    return sw_squash_super(probe->head, probe->size, &super);
}

static enum sw_status damaged(struct sw_error *error, enum sw_status status, const char *what)
{
    return sw_fail_gap(error, status, SW_GAP_DAMAGED, ROOM, 0, "%s", what);
}

/* ---- inodes ---------------------------------------------------------------- */

static uint32_t mode_of(unsigned type)
{
    static const uint32_t modes[] = {0,       S_IFDIR, S_IFREG, S_IFLNK,
                                     S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK};
    return modes[type];
}

static enum sw_status read_inode(struct squashfs *squashfs, struct inode *inode, void *out,
                                 size_t size, struct sw_error *error)
{
    return sw_squash_meta(&squashfs->image, &squashfs->image.inodes, &inode->next, out, size,
                          error);
}

static enum sw_status read_directory(struct squashfs *squashfs, struct inode *inode, bool extended,
                                     struct sw_error *error)
{
    enum { PLAIN_SIZE = 16, EXTENDED_SIZE = 24 };
    uint8_t at[EXTENDED_SIZE] = {0};
    enum sw_status status =
        read_inode(squashfs, inode, at, extended ? EXTENDED_SIZE : PLAIN_SIZE, error);
    if (status != SW_OK)
        return status;
    uint32_t block = sw_squash_u32(at + (extended ? 8 : 0));
    inode->facts.link_count = sw_squash_u32(at + (extended ? 0 : 4));
    inode->listing_size = extended ? sw_squash_u32(at + 4) : sw_squash_u16(at + 8);
    inode->listing = (struct sw_squash_place){
        .block = squashfs->image.super.directory_table + block,
        .offset = sw_squash_u16(at + (extended ? 18 : 10)),
    };
    return SW_OK;
}

static enum sw_status read_file(struct squashfs *squashfs, struct inode *inode, bool extended,
                                struct sw_error *error)
{
    enum { PLAIN_SIZE = 16, EXTENDED_SIZE = 40 };
    uint8_t at[EXTENDED_SIZE] = {0};
    enum sw_status status =
        read_inode(squashfs, inode, at, extended ? EXTENDED_SIZE : PLAIN_SIZE, error);
    if (status != SW_OK)
        return status;
    if (extended) {
        inode->data_at = sw_squash_u64(at);
        inode->facts.size = sw_squash_u64(at + 8);
        inode->facts.link_count = sw_squash_u32(at + 24);
    } else {
        inode->data_at = sw_squash_u32(at);
        inode->facts.size = sw_squash_u32(at + 12);
        inode->facts.link_count = 1;
    }
    inode->fragment = sw_squash_u32(at + (extended ? 28 : 4));
    inode->fragment_offset = sw_squash_u32(at + (extended ? 32 : 8));
    return SW_OK;
}

static enum sw_status read_other(struct squashfs *squashfs, struct inode *inode,
                                 struct sw_error *error)
{
    uint8_t at[8] = {0};
    size_t size = inode->type == LINK ? 8 : 4;
    enum sw_status status = read_inode(squashfs, inode, at, size, error);
    if (status != SW_OK)
        return status;
    inode->facts.link_count = sw_squash_u32(at);
    if (inode->type == LINK)
        inode->target_size = sw_squash_u32(at + 4);
    return SW_OK;
}

/* The inode at a byte of a block of the inode table. */
static enum sw_status open_inode(struct squashfs *squashfs, uint64_t block, uint16_t offset,
                                 struct inode *inode, struct sw_error *error)
{
    enum { COMMON_SIZE = 16 };
    uint8_t at[COMMON_SIZE] = {0};
    *inode = (struct inode){.reference = block << 16 | offset};
    inode->next = (struct sw_squash_place){squashfs->image.super.inode_table + block, offset};
    enum sw_status status = read_inode(squashfs, inode, at, sizeof at, error);
    if (status != SW_OK)
        return status;
    unsigned type = sw_squash_u16(at);
    bool extended = type > EXTENDED;
    if (type == 0 || type > EXTENDED + LAST)
        return damaged(error, SW_SKIP, "an inode of no known type");
    inode->type = extended ? type - EXTENDED : type;
    inode->facts = (struct sw_facts){
        .inode = sw_squash_u32(at + 12),
        .mode = mode_of(inode->type) | (sw_squash_u16(at + 2) & 07777U),
        .mtime_ns = (int64_t)sw_squash_u32(at + 8) * 1000000000,
        .ctime_ns = SW_TIME_UNKNOWN,
        .btime_ns = SW_TIME_UNKNOWN,
        .atime_ns = SW_TIME_UNKNOWN,
    };
    /* Whose it is says less than what is in it. */
    if (sw_squash_id(&squashfs->image, sw_squash_u16(at + 4), &inode->facts.uid, NULL) != SW_OK ||
        sw_squash_id(&squashfs->image, sw_squash_u16(at + 6), &inode->facts.gid, NULL) != SW_OK)
        squashfs->owners_lost = true;
    if (inode->type == DIRECTORY)
        return read_directory(squashfs, inode, extended, error);
    if (inode->type == FILE_)
        return read_file(squashfs, inode, extended, error);
    return read_other(squashfs, inode, error);
}

/* ---- directories ----------------------------------------------------------- */

/* Goes into a directory. SW_PART: it is not entered. */
static enum sw_status enter(struct squashfs *squashfs, const struct inode *inode,
                            struct sw_error *error)
{
    bool is_new = false;
    if (squashfs->depth == LEVELS_MAX)
        return damaged(error, SW_PART, "a directory is deeper than any file system allows");
    if (sw_ref_set_add(&squashfs->seen, inode->reference, &is_new, error) != SW_OK)
        return SW_PART;
    if (!is_new)
        return damaged(error, SW_PART, "a directory is in more than one place");
    squashfs->levels[squashfs->depth++] = (struct level){
        .at = inode->listing,
        .left = inode->listing_size > LISTING_EXTRA ? inode->listing_size - LISTING_EXTRA : 0,
        .path_size = squashfs->path.size,
    };
    return SW_OK;
}

/* Reads from a listing, which must have that much left. */
static enum sw_status read_listing(struct squashfs *squashfs, struct level *level, void *out,
                                   uint32_t size, struct sw_error *error)
{
    if (size > level->left)
        return damaged(error, SW_SKIP, "a directory listing is cut");
    level->left -= size;
    return sw_squash_meta(&squashfs->image, &squashfs->image.directories, &level->at, out, size,
                          error);
}

struct entry {
    uint64_t inode_block;
    uint16_t inode_offset;
    uint16_t type;
    size_t name_size;
    uint8_t name[NAME_SIZE_MAX];
};

static enum sw_status read_header(struct squashfs *squashfs, struct level *level,
                                  struct sw_error *error)
{
    enum { HEADER_SIZE = 12 };
    uint8_t at[HEADER_SIZE] = {0};
    enum sw_status status = read_listing(squashfs, level, at, sizeof at, error);
    if (status != SW_OK)
        return status;
    if (sw_squash_u32(at) >= HEADER_COUNT_MAX)
        return damaged(error, SW_SKIP, "a directory listing has too many entries in a row");
    level->count = sw_squash_u32(at) + 1;
    level->inode_block = sw_squash_u32(at + 4);
    return SW_OK;
}

static enum sw_status read_entry(struct squashfs *squashfs, struct level *level,
                                 struct entry *entry, struct sw_error *error)
{
    enum { ENTRY_SIZE = 8 };
    uint8_t at[ENTRY_SIZE] = {0};
    enum sw_status status = level->count > 0 ? SW_OK : read_header(squashfs, level, error);
    if (status == SW_OK)
        status = read_listing(squashfs, level, at, sizeof at, error);
    if (status != SW_OK)
        return status;
    level->count--;
    *entry = (struct entry){
        .inode_block = level->inode_block,
        .inode_offset = sw_squash_u16(at),
        .type = sw_squash_u16(at + 4),
        .name_size = (size_t)sw_squash_u16(at + 6) + 1,
    };
    if (entry->name_size > NAME_SIZE_MAX)
        return damaged(error, SW_SKIP, "a name in a directory listing is too long");
    return read_listing(squashfs, level, entry->name, (uint32_t)entry->name_size, error);
}

/* The path of an entry: its directory's, and its own name. */
static enum sw_status make_path(struct squashfs *squashfs, const struct level *level,
                                const struct entry *entry, struct sw_error *error)
{
    squashfs->path.size = level->path_size;
    if (level->path_size > 0 && sw_buf_append_u8(&squashfs->path, '/') != SW_OK)
        return damaged(error, SW_SKIP, "a path is longer than any system allows");
    if (sw_buf_append(&squashfs->path, entry->name, entry->name_size) != SW_OK)
        return damaged(error, SW_SKIP, "a path is longer than any system allows");
    return SW_OK;
}

/* ---- members --------------------------------------------------------------- */

static enum sw_status read_target(struct squashfs *squashfs, struct inode *inode,
                                  struct sw_error *error)
{
    sw_buf_clear(&squashfs->target);
    if (inode->target_size > TARGET_SIZE_MAX)
        return damaged(error, SW_SKIP, "a link points at an impossibly long name");
    if (sw_buf_reserve(&squashfs->target, inode->target_size) != SW_OK)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a link");
    enum sw_status status =
        read_inode(squashfs, inode, squashfs->target.data, inode->target_size, error);
    if (status == SW_OK)
        squashfs->target.size = inode->target_size;
    return status;
}

static void start_file(struct squashfs *squashfs, const struct inode *inode)
{
    squashfs->file = (struct file){
        .blocks = inode->next,
        .data_at = inode->data_at,
        .size = inode->facts.size,
        .fragment = inode->fragment,
        .fragment_offset = inode->fragment_offset,
    };
}

static enum sw_status start_member(struct squashfs *squashfs, struct inode *inode,
                                   struct sw_member *member, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    member->facts = inode->facts;
    switch (inode->type) {
    case DIRECTORY:
        member->kind = SW_MEMBER_DIRECTORY;
        return enter(squashfs, inode, error);
    case FILE_:
        member->kind = SW_MEMBER_FILE;
        member->size_known = true;
        start_file(squashfs, inode);
        return SW_OK;
    case LINK:
        member->kind = SW_MEMBER_LINK;
        status = read_target(squashfs, inode, error);
        member->target = sw_buf_view(&squashfs->target);
        return status == SW_OK ? SW_OK : SW_PART;
    default:
        return SW_OK;
    }
}

/* What is wrong with the image as a whole is said once, at the end. */
static enum sw_status closing_words(struct squashfs *squashfs, struct sw_error *error)
{
    uint64_t size = squashfs->image.blob->size;
    uint64_t used = squashfs->image.super.bytes_used;
    if (squashfs->closing_said)
        return SW_END;
    squashfs->closing_said = true;
    if (used > size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                           "%" PRIu64 " bytes are here, and it has %" PRIu64, size, used);
    if (squashfs->owners_lost)
        return damaged(error, SW_SKIP, "the table of owners cannot be read");
    return SW_END;
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct squashfs *squashfs = state;
    struct entry entry;
    struct inode inode;
    squashfs->file.done = true;
    while (squashfs->depth > 0 && squashfs->levels[squashfs->depth - 1].left == 0)
        squashfs->depth--;
    if (squashfs->depth == 0)
        return closing_words(squashfs, error);
    struct level *level = &squashfs->levels[squashfs->depth - 1];
    enum sw_status status = read_entry(squashfs, level, &entry, error);
    if (status == SW_OK)
        status = make_path(squashfs, level, &entry, error);
    if (status != SW_OK) {
        level->left = 0; /* where the next entry would begin is not known any more */
        return status;
    }
    *member = (struct sw_member){.kind = SW_MEMBER_SPECIAL, .name = sw_buf_view(&squashfs->path)};
    member->facts.mtime_ns = member->facts.ctime_ns = member->facts.btime_ns = SW_TIME_UNKNOWN;
    status = open_inode(squashfs, entry.inode_block, entry.inode_offset, &inode, error);
    return status == SW_OK ? start_member(squashfs, &inode, member, error) : SW_PART;
}

/* ---- content --------------------------------------------------------------- */

static bool ends_in_fragment(const struct file *file)
{
    return file->fragment != SW_SQUASH_NO_FRAGMENT;
}

/* The end of the content; where it is a hole, its size is said. */
static enum sw_status finish(struct file *file, struct sw_piece *piece)
{
    file->done = true;
    if (file->told == file->size)
        return SW_END;
    *piece = (struct sw_piece){.data = (const uint8_t *)"", .offset = file->size};
    return SW_OK;
}

static enum sw_status read_end(struct squashfs *squashfs, struct sw_piece *piece,
                               struct sw_error *error)
{
    struct file *file = &squashfs->file;
    size_t size = (size_t)(file->size - file->offset);
    const uint8_t *data = NULL;
    file->done = true;
    enum sw_status status = sw_squash_fragment(&squashfs->image, file->fragment,
                                               file->fragment_offset, size, &data, error);
    *piece = (struct sw_piece){.data = data, .size = size, .offset = file->offset};
    if (status == SW_OK)
        return SW_OK;
    *piece = (struct sw_piece){.data = (const uint8_t *)"", .offset = file->size};
    return SW_PART;
}

/* One block that holds something. What it lacks reads as zeros, and is said once a
 * file. */
static enum sw_status read_block(struct squashfs *squashfs, uint32_t stored, size_t size,
                                 struct sw_piece *piece, struct sw_error *error)
{
    struct file *file = &squashfs->file;
    struct sw_squash *image = &squashfs->image;
    size_t got = 0;
    enum sw_status status =
        sw_squash_block(image, file->data_at, stored, image->block, &got, error);
    if (status == SW_OK && got < size)
        status = damaged(error, SW_PART, "a block holds less than it should");
    if (status < SW_PART)
        got = 0;
    *piece = (struct sw_piece){
        .data = image->block, .size = got < size ? got : size, .offset = file->offset};
    file->told = piece->offset + piece->size;
    file->offset += size;
    file->data_at += stored & (SW_SQUASH_BLOCK_PLAIN - 1U);
    if (status == SW_OK || file->damaged)
        return SW_OK;
    file->damaged = true;
    return SW_PART;
}

static enum sw_status read_content(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct squashfs *squashfs = state;
    struct file *file = &squashfs->file;
    struct sw_squash *image = &squashfs->image;
    uint32_t block_size = image->super.block_size;
    for (unsigned sparse = 0; !file->done; sparse++) {
        uint8_t word[4];
        uint64_t left = file->size - file->offset;
        size_t size = left < block_size ? (size_t)left : block_size;
        if (left == 0)
            return finish(file, piece);
        if (left < block_size && ends_in_fragment(file))
            return read_end(squashfs, piece, error);
        if (sparse == SPARSE_MAX) {
            *piece = (struct sw_piece){.data = image->block, .offset = file->offset};
            file->told = file->offset;
            return SW_OK;
        }
        enum sw_status status =
            sw_squash_meta(image, &image->inodes, &file->blocks, word, sizeof word, error);
        if (status != SW_OK) {
            file->done = true; /* where the rest of it lies is not known */
            return SW_SKIP;
        }
        if (sw_squash_u32(word) != 0)
            return read_block(squashfs, sw_squash_u32(word), size, piece, error);
        file->offset += size;
    }
    return SW_END;
}

/* ---- the image ------------------------------------------------------------- */

static void close_image(void *state)
{
    struct squashfs *squashfs = state;
    if (squashfs == NULL)
        return;
    sw_squash_close(&squashfs->image);
    sw_ref_set_done(&squashfs->seen);
    sw_buf_done(&squashfs->path);
    sw_buf_done(&squashfs->target);
    free(squashfs);
}

static enum sw_status enter_root(struct squashfs *squashfs, struct sw_error *error)
{
    struct inode inode;
    uint64_t root = squashfs->image.super.root;
    if (root >> 48 != 0)
        return damaged(error, SW_DEAD, "the root directory is nowhere");
    enum sw_status status = open_inode(squashfs, root >> 16, (uint16_t)root, &inode, error);
    if (status != SW_OK)
        return SW_DEAD;
    if (inode.type != DIRECTORY)
        return damaged(error, SW_DEAD, "the root is not a directory");
    return enter(squashfs, &inode, error);
}

static enum sw_status open_image(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    struct squashfs *squashfs = calloc(1, sizeof *squashfs);
    if (squashfs == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    sw_ref_set_init(&squashfs->seen);
    sw_buf_init(&squashfs->path, PATH_SIZE_MAX);
    sw_buf_init(&squashfs->target, TARGET_SIZE_MAX + 1);
    enum sw_status status = sw_squash_open(&squashfs->image, input->blob, setup->window_max, error);
    if (status == SW_OK)
        status = enter_root(squashfs, error);
    if (status != SW_OK) {
        close_image(squashfs);
        return status < SW_DEAD ? status : SW_DEAD;
    }
    *state = squashfs;
    return SW_OK;
}

const struct sw_source sw_source_squashfs = {
    .kind = "squashfs",
    .probe = probe,
    .open = open_image,
    .next = next,
    .read = read_content,
    .close = close_image,
};
