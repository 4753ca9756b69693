/* SPDX-License-Identifier: Apache-2.0 */
/* ext.c - the walk through a file system; see ext.h. */
#include "ext.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/source/ref_set.h"
#include "ext_dir.h"
#include "ext_file.h"
#include "ext_gone.h"
#include "ext_journal.h"

#define ROOM "ext"

enum {
    LEVELS_MAX = 1024, /* directories inside one another; PATH_MAX allows no more names */
    PATH_SIZE_MAX = 64 * 1024,
    TARGET_SIZE_MAX = 65536, /* bytes of what a link points at: a block at most */
    BATCH_MAX = 4096,        /* entries that are put in order at a time */
    BATCH_SIZE_MAX = 4 * 1024 * 1024,
    NAME_SHOWN_MAX = 256,
};

/* A name of the batch; they stand one behind the other in `names`. */
struct row {
    uint32_t inode;
    uint32_t name_at;
    uint8_t name_size;
    bool gone; /* deleted, and still there */
};

struct level {
    struct sw_ext_dir dir;
    struct sw_ext_inode inode; /* without .raw */
    size_t path_size;
    bool has_directories;
    bool types_lie; /* an entry says file, and is a directory */
    bool second;    /* its files are done; now its directories */
    bool told;      /* what is wrong with it */
    uint64_t block; /* of its directories: in this block, the entry at this byte */
    size_t at;
    bool in_block;
};

struct ext {
    struct sw_ext image;
    struct sw_ext_file file;
    struct sw_ext_gone gone;
    enum sw_ext_journal journal;
    struct sw_ref_set seen;
    struct level levels[LEVELS_MAX];
    size_t depth;
    struct sw_buf rows; /* struct row */
    struct sw_buf names;
    size_t row_at;
    struct sw_buf path;
    struct sw_buf target;
    uint8_t *scratch;
    uint64_t blocks_read; /* of directories */
    unsigned closing;     /* words that were said at the end */
    bool too_many;
};

static enum sw_status damaged(struct sw_error *error, enum sw_status status, const char *what)
{
    return sw_fail_gap(error, status, SW_GAP_DAMAGED, ROOM, 0, "%s", what);
}

/* ---- directories ----------------------------------------------------------------- */

static struct level *top_of(struct ext *ext)
{
    return &ext->levels[ext->depth - 1];
}

/* Goes into a directory. SW_PART: it is not entered. */
static enum sw_status enter(struct ext *ext, const struct sw_ext_inode *inode,
                            struct sw_error *error)
{
    bool is_new = false;

    if (ext->depth == LEVELS_MAX)
        return damaged(error, SW_PART, "a directory is deeper than any file system allows");
    if (sw_ref_set_add(&ext->seen, inode->number, &is_new, error) != SW_OK)
        return SW_PART;
    if (!is_new)
        return damaged(error, SW_PART, "a directory is in more than one place");
    struct level *level = &ext->levels[ext->depth++];
    *level = (struct level){.inode = *inode, .path_size = ext->path.size};
    sw_ext_dir_open(&ext->image, inode, &level->dir);
    return SW_OK;
}

/* What is wrong with a directory is said once, with its name. */
static enum sw_status complain(struct ext *ext, struct level *level, struct sw_error *error)
{
    const struct sw_error inner = *error;
    const size_t size = level->path_size < NAME_SHOWN_MAX ? level->path_size : NAME_SHOWN_MAX;

    if (level->told)
        return SW_OK;
    level->told = true;
    level->dir.sum_told = true;
    return sw_fail_gap(error, SW_SKIP, inner.reason, ROOM, inner.errnum,
                       "directory %.*s (inode %" PRIu32 "): %s", size == 0 ? 1 : (int)size,
                       size == 0 ? "/" : (const char *)ext->path.data, level->inode.number,
                       inner.text);
}

/* The next block of a directory. More blocks than there are belong to several
 * directories: SW_DEAD. */
static enum sw_status next_block(struct ext *ext, struct level *level, struct sw_view *block,
                                 struct sw_error *error)
{
    if (ext->blocks_read > 2 * ext->image.super.block_count + LEVELS_MAX)
        return damaged(error, SW_DEAD, "directories share their blocks");
    ext->blocks_read++;
    return sw_ext_dir_block(&ext->image, &level->dir, ext->scratch, block, error);
}

/* ---- files of a directory ----------------------------------------------------------- */

static enum sw_status add_row(struct ext *ext, const struct sw_ext_entry *entry, bool gone,
                              struct sw_error *error)
{
    const struct row row = {entry->inode, (uint32_t)ext->names.size, (uint8_t)entry->name.size,
                            gone};

    if (sw_buf_append(&ext->names, entry->name.data, entry->name.size) != SW_OK ||
        sw_buf_append(&ext->rows, &row, sizeof row) != SW_OK)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for its entries");
    return SW_OK;
}

static enum sw_status add_rows(struct ext *ext, struct level *level, struct sw_view block,
                               struct sw_error *error)
{
    struct sw_ext_entry entry;
    size_t at = 0;
    enum sw_status status = SW_OK;

    while ((status = sw_ext_dir_entry(&ext->image, block, &at, &entry, error)) == SW_OK) {
        if (entry.type == SW_EXT_TYPE_DIRECTORY)
            level->has_directories = true;
        else if (add_row(ext, &entry, false, error) != SW_OK)
            return SW_SKIP;
    }
    return status == SW_END ? SW_OK : status;
}

/* Entries that were deleted; of those that no longer fit some are lost. */
static void add_gone_rows(struct ext *ext, struct sw_view block)
{
    struct sw_ext_entry entry;
    struct sw_error error;
    size_t at = 0;
    size_t gap_end = 0;

    while (sw_ext_dir_gone(&ext->image, block, &at, &gap_end, &entry))
        if ((entry.type == SW_EXT_TYPE_FILE || entry.type == SW_EXT_TYPE_UNKNOWN) &&
            add_row(ext, &entry, true, &error) != SW_OK)
            return;
}

static int by_inode(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;

    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return a->name_at < b->name_at ? -1 : 1;
}

static size_t row_count(const struct ext *ext)
{
    return ext->rows.size / sizeof(struct row);
}

static void sort_rows(struct ext *ext)
{
    struct row *rows = (struct row *)(void *)ext->rows.data;
    const size_t count = row_count(ext);
    size_t sorted = 1;

    while (sorted < count && rows[sorted - 1].inode <= rows[sorted].inode)
        sorted++;
    if (sorted < count)
        qsort(rows, count, sizeof *rows, by_inode);
}

/* The next entries that are no directories. SW_END: there are no more. */
static enum sw_status fill(struct ext *ext, struct level *level, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    sw_buf_clear(&ext->rows);
    sw_buf_clear(&ext->names);
    ext->row_at = 0;
    while (status == SW_OK && row_count(ext) < BATCH_MAX) {
        struct sw_error inner;
        struct sw_view block = {0};
        status = next_block(ext, level, &block, error);
        if (status == SW_DEAD || status == SW_END)
            break;
        const enum sw_status entries =
            status < SW_PART ? SW_OK : add_rows(ext, level, block, &inner);
        if (status >= SW_PART)
            add_gone_rows(ext, block);
        if (status == SW_OK && entries != SW_OK)
            *error = inner;
        if (status != SW_OK || entries != SW_OK)
            status = complain(ext, level, error);
    }
    sort_rows(ext);
    return status == SW_END && row_count(ext) != 0 ? SW_OK : status;
}

/* ---- members ------------------------------------------------------------------------ */

static enum sw_status make_path(struct ext *ext, const struct level *level, struct sw_view name,
                                struct sw_error *error)
{
    ext->path.size = level->path_size;
    if (sw_buf_append_u8(&ext->path, '/') != SW_OK ||
        sw_buf_append(&ext->path, name.data, name.size) != SW_OK)
        return damaged(error, SW_SKIP, "a path is longer than any system allows");
    return SW_OK;
}

static enum sw_status read_target(struct ext *ext, const struct sw_ext_inode *inode,
                                  struct sw_error *error)
{
    enum sw_status status = SW_OK;

    sw_buf_clear(&ext->target);
    if (inode->size > ext->image.super.block_size || inode->size >= TARGET_SIZE_MAX)
        return damaged(error, SW_PART, "a link points at an impossibly long name");
    if (!(inode->flags & (SW_EXT_INLINE | SW_EXT_IN_EXTENTS)) && inode->size < SW_EXT_MAP_SIZE) {
        if (sw_buf_append(&ext->target, inode->map.root, (size_t)inode->size) == SW_OK)
            return SW_OK;
        return sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a link");
    }
    status = sw_ext_file_start(&ext->image, &ext->file, inode, false, error);
    while (status == SW_OK) {
        struct sw_piece piece;
        status = sw_ext_file_read(&ext->image, &ext->file, &piece, error);
        if (status == SW_OK && sw_buf_append(&ext->target, piece.data, piece.size) != SW_OK)
            status =
                sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a link");
    }
    ext->file.done = true;
    return status == SW_END ? SW_OK : SW_PART;
}

static enum sw_status encrypted(const struct ext *ext, struct sw_error *error)
{
    char name[96];

    sw_ext_name(&ext->image, name, sizeof name);
    return sw_fail_gap(error, SW_PART, SW_GAP_ENCRYPTED, ROOM, 0,
                       "is encrypted (fscrypt) in file system %s", name);
}

static enum sw_status start_file(struct ext *ext, const struct sw_ext_inode *inode,
                                 struct sw_member *member, struct sw_error *error)
{
    member->kind = SW_MEMBER_FILE;
    member->size_known = true;
    member->encrypted = (inode->flags & SW_EXT_ENCRYPTED) != 0;
    if (member->encrypted)
        return encrypted(ext, error);
    enum sw_status status = sw_ext_file_start(&ext->image, &ext->file, inode, false, error);
    if (status == SW_OK && inode->flags & SW_EXT_COMPRESSED &&
        ext->image.super.incompat & SW_EXT_COMPRESSION)
        return sw_fail_gap(error, SW_PART, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "is compressed by e2compr; its blocks are read as they lie");
    return status == SW_OK ? SW_OK : SW_PART;
}

static enum sw_status start_link(struct ext *ext, const struct sw_ext_inode *inode,
                                 struct sw_member *member, struct sw_error *error)
{
    member->kind = SW_MEMBER_LINK;
    member->encrypted = (inode->flags & SW_EXT_ENCRYPTED) != 0;
    if (member->encrypted)
        return encrypted(ext, error);
    enum sw_status status = read_target(ext, inode, error);
    member->target = sw_buf_view(&ext->target);
    return status;
}

/* A member whose name is ext->path. */
static enum sw_status start_member(struct ext *ext, const struct sw_ext_inode *inode,
                                   struct sw_member *member, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    member->facts = inode->facts;
    if (inode->facts.link_count == 0)
        return damaged(error, SW_PART, "its inode is free");
    switch (inode->facts.mode & S_IFMT) {
    case S_IFDIR:
        member->kind = SW_MEMBER_DIRECTORY;
        status = enter(ext, inode, error);
        break;
    case S_IFREG:
        status = start_file(ext, inode, member, error);
        break;
    case S_IFLNK:
        status = start_link(ext, inode, member, error);
        break;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        break;
    default:
        return damaged(error, SW_PART, "its inode is of no known type");
    }
    if (status == SW_OK && inode->sum_bad)
        return damaged(error, SW_PART, "its inode does not fit its checksum");
    return status;
}

/* An entry as a member. SW_END: not in this turn. */
static enum sw_status take_entry(struct ext *ext, struct level *level, uint32_t number,
                                 struct sw_view name, bool said_directory, struct sw_member *member,
                                 struct sw_error *error)
{
    struct sw_ext_inode inode;
    struct sw_error unread = {.reason = SW_GAP_NONE};
    enum sw_status status = sw_ext_inode(&ext->image, number, &inode, &unread);
    const bool is_directory =
        status == SW_OK ? S_ISDIR(inode.facts.mode) && inode.facts.link_count != 0 : said_directory;

    if (is_directory && !level->second) {
        level->has_directories = true;
        level->types_lie = true;
        return SW_END;
    }
    if (!is_directory && level->second && !said_directory)
        return SW_END; /* it has come before */
    if (make_path(ext, level, name, error) != SW_OK)
        return SW_SKIP;
    (void)sw_ext_gone_see(&ext->gone, &ext->image, number);
    *member = (struct sw_member){.kind = SW_MEMBER_SPECIAL, .name = sw_buf_view(&ext->path)};
    member->facts = (struct sw_facts){.inode = number,
                                      .mtime_ns = SW_TIME_UNKNOWN,
                                      .ctime_ns = SW_TIME_UNKNOWN,
                                      .btime_ns = SW_TIME_UNKNOWN};
    if (status == SW_OK)
        return start_member(ext, &inode, member, error);
    *error = unread;
    return SW_PART;
}

/* ---- files that are gone ---------------------------------------------------------------- */

/* A file that is in use by nobody, or that nobody can find; its name is ext->path. */
static enum sw_status start_gone(struct ext *ext, const struct sw_ext_inode *inode,
                                 enum sw_ext_gone_kind kind, struct sw_member *member,
                                 struct sw_error *error)
{
    *member = (struct sw_member){
        .kind = SW_MEMBER_FILE,
        .name = sw_buf_view(&ext->path),
        .facts = inode->facts,
        .deleted = kind != SW_EXT_NAMELESS,
    };
    if (kind == SW_EXT_DELETED)
        member->recovery = sw_ext_gone_recovery(&ext->gone, &ext->image, inode);
    else if (kind == SW_EXT_HELD_OPEN)
        member->recovery = "full";
    /* Of what belongs to others by now only the name is left. */
    if (kind == SW_EXT_DELETED &&
        (member->recovery == NULL || strcmp(member->recovery, "overwritten") == 0)) {
        member->kind = SW_MEMBER_SPECIAL;
        return SW_OK;
    }
    enum sw_status status = start_file(ext, inode, member, error);
    ext->file.gone = kind == SW_EXT_DELETED;
    return status;
}

/* A name that was deleted, if its inode has not been given to another since. SW_END: it
 * has. */
static enum sw_status take_gone(struct ext *ext, const struct level *level, uint32_t number,
                                struct sw_view name, struct sw_member *member,
                                struct sw_error *error)
{
    struct sw_ext_inode inode;

    if (sw_ext_inode(&ext->image, number, &inode, error) != SW_OK)
        return SW_END;
    const enum sw_ext_gone_kind kind = sw_ext_gone_kind(&ext->image, &inode);
    if ((kind != SW_EXT_DELETED && kind != SW_EXT_HELD_OPEN) ||
        !sw_ext_gone_see(&ext->gone, &ext->image, number))
        return SW_END;
    if (make_path(ext, level, name, error) != SW_OK)
        return SW_SKIP;
    return start_gone(ext, &inode, kind, member, error);
}

/* After the walk: what no directory has. SW_END: no more. */
static enum sw_status take_nameless(struct ext *ext, struct sw_member *member,
                                    struct sw_error *error)
{
    struct sw_ext_inode inode;
    enum sw_ext_gone_kind kind = SW_EXT_NOT_GONE;

    while (sw_ext_gone_next(&ext->gone, &ext->image, &inode, &kind)) {
        sw_buf_clear(&ext->path);
        if (sw_buf_append_format(&ext->path, "/$OrphanFiles/inode-%" PRIu32, inode.number) != SW_OK)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                               "no memory for a name");
        enum sw_status status = start_gone(ext, &inode, kind, member, error);
        if (member->kind == SW_MEMBER_FILE)
            return status;
    }
    return SW_END;
}

/* The next of the rows. */
static enum sw_status take_row(struct ext *ext, struct sw_member *member, struct sw_error *error)
{
    const struct row *row = (const struct row *)(const void *)ext->rows.data + ext->row_at++;
    const struct sw_view name = {ext->names.data + row->name_at, row->name_size};

    return row->gone ? take_gone(ext, top_of(ext), row->inode, name, member, error)
                     : take_entry(ext, top_of(ext), row->inode, name, false, member, error);
}

/* ---- directories of a directory ------------------------------------------------------- */

static void begin_second(struct ext *ext, struct level *level)
{
    level->second = true;
    level->in_block = false;
    sw_ext_dir_open(&ext->image, &level->inode, &level->dir);
    level->dir.sum_told = true;
}

/* The block at hand once more, after a directory in it was walked, or the next. What is
 * wrong with them was told in the first turn. */
static enum sw_status get_block(struct ext *ext, struct level *level, struct sw_view *block,
                                struct sw_error *error)
{
    if (level->in_block) {
        level->dir.block = level->block;
        level->dir.looked--;
        if (sw_ext_dir_block(&ext->image, &level->dir, ext->scratch, block, error) == SW_OK)
            return SW_OK;
    }
    for (;;) {
        level->at = 0;
        level->block = level->dir.block;
        enum sw_status status = next_block(ext, level, block, error);
        level->in_block = status == SW_OK;
        if (status == SW_DEAD || status >= SW_OK)
            return status;
        if (complain(ext, level, error) != SW_OK)
            return SW_SKIP;
    }
}

/* The next directory of the one on top. SW_END: it has no more. */
static enum sw_status take_directory(struct ext *ext, struct level *level, struct sw_member *member,
                                     struct sw_error *error)
{
    struct sw_view block = {0};
    struct sw_ext_entry entry;
    uint8_t name[SW_EXT_NAME_MAX];

    for (;;) {
        enum sw_status status = get_block(ext, level, &block, error);
        if (status != SW_OK)
            return status;
        status = sw_ext_dir_entry(&ext->image, block, &level->at, &entry, error);
        if (status != SW_OK) { /* the end of the block, or what was told in the first turn */
            level->in_block = false;
            continue;
        }
        if (entry.type != SW_EXT_TYPE_DIRECTORY && !level->types_lie)
            continue;
        memcpy(name, entry.name.data, entry.name.size);
        status = take_entry(ext, level, entry.inode, (struct sw_view){name, entry.name.size},
                            entry.type == SW_EXT_TYPE_DIRECTORY, member, error);
        if (status != SW_END)
            return status;
    }
}

/* ---- the end ---------------------------------------------------------------------------- */

static const char *journal_words(enum sw_ext_journal journal, enum sw_gap *reason)
{
    *reason = SW_GAP_DAMAGED;
    switch (journal) {
    case SW_EXT_JOURNAL_AWAY:
        *reason = SW_GAP_MISSING_PART;
        return "was not unmounted, and its journal is on another device; read as it lies";
    case SW_EXT_JOURNAL_DAMAGED:
        return "was not unmounted, and its journal is damaged; read as it lies";
    case SW_EXT_JOURNAL_FAST:
        *reason = SW_GAP_UNSUPPORTED;
        return "was not unmounted; fast commits at the end of its journal are left out";
    case SW_EXT_JOURNAL_LARGE:
        *reason = SW_GAP_LIMIT_MEMORY;
        return "was not unmounted, and its journal has too much; read as it lies";
    default:
        return NULL;
    }
}

/* What is wrong with the file system as a whole is said at the end, each thing once. */
static enum sw_status closing_words(struct ext *ext, struct sw_error *error)
{
    const struct sw_ext_super *super = &ext->image.super;
    const uint64_t size = super->block_count << super->block_shift;
    const uint32_t unknown = super->incompat & ~(uint32_t)SW_EXT_INCOMPAT_KNOWN;
    char name[96];
    enum sw_gap reason = SW_GAP_DAMAGED;
    const char *what = NULL;

    sw_ext_name(&ext->image, name, sizeof name);
    while (what == NULL)
        switch (ext->closing++) {
        case 0:
            what = ext->image.copied ? "its super block is damaged; a copy was used" : NULL;
            break;
        case 1:
            what = !super->sum_good ? "its super block does not fit its checksum" : NULL;
            break;
        case 2:
            what = ext->image.groups_wrong ? "some of its group descriptors are damaged" : NULL;
            break;
        case 3:
            what = journal_words(ext->journal, &reason);
            break;
        case 4:
            what = unknown != 0 ? "has features that nobody here knows" : NULL;
            reason = SW_GAP_UNSUPPORTED;
            break;
        case 5:
            what = size > ext->image.blob->size ? "the image ends before it does" : NULL;
            reason = SW_GAP_TRUNCATED;
            break;
        case 6:
            what = ext->gone.lost ? "some of its inodes cannot be read" : NULL;
            reason = SW_GAP_DAMAGED;
            break;
        case 7:
            what = ext->gone.too_much
                       ? "its deleted files have more blocks than can be; some were not looked at"
                       : NULL;
            break;
        case 8:
            what = ext->gone.seen == NULL ? "has too many inodes to look for files without names"
                                          : NULL;
            reason = SW_GAP_LIMIT_MEMORY;
            break;
        default:
            return SW_END;
        }
    return sw_fail_gap(error, SW_SKIP, reason, ROOM, 0, "file system %s: %s", name, what);
}

static enum sw_status step(struct ext *ext, struct sw_member *member, struct sw_error *error)
{
    struct level *level = top_of(ext);

    if (ext->row_at < row_count(ext))
        return take_row(ext, member, error);
    if (!level->second) {
        enum sw_status status = fill(ext, level, error);
        if (status != SW_END)
            return status == SW_OK ? SW_END : status;
        begin_second(ext, level);
    }
    if (level->has_directories) {
        enum sw_status status = take_directory(ext, level, member, error);
        if (status != SW_END)
            return status;
    }
    ext->depth--;
    return SW_END;
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct ext *ext = state;
    enum sw_status status = SW_END;

    ext->file.done = true;
    while (status == SW_END && ext->depth > 0) {
        ext->path.size = top_of(ext)->path_size;
        status = step(ext, member, error);
    }
    if (status == SW_END)
        status = take_nameless(ext, member, error);
    return status == SW_END ? closing_words(ext, error) : status;
}

static enum sw_status read_content(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct ext *ext = state;
    return sw_ext_file_read(&ext->image, &ext->file, piece, error);
}

/* ---- the file system --------------------------------------------------------------------- */

static void close_image(void *state)
{
    struct ext *ext = state;

    if (ext == NULL)
        return;
    sw_ext_gone_done(&ext->gone);
    sw_ext_file_done(&ext->file);
    sw_ext_close(&ext->image);
    sw_ref_set_done(&ext->seen);
    sw_buf_done(&ext->rows);
    sw_buf_done(&ext->names);
    sw_buf_done(&ext->path);
    sw_buf_done(&ext->target);
    free(ext->scratch);
    free(ext);
}

static enum sw_status enter_root(struct ext *ext, struct sw_error *error)
{
    struct sw_ext_inode root;

    ext->scratch = malloc(SW_EXT_MAP_SIZE + (size_t)ext->image.super.inode_size);
    if (ext->scratch == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    if (sw_ext_inode(&ext->image, SW_EXT_ROOT, &root, error) != SW_OK)
        return SW_DEAD;
    if (!S_ISDIR(root.facts.mode))
        return damaged(error, SW_DEAD, "the root is not a directory");
    return enter(ext, &root, error) == SW_OK ? SW_OK : SW_DEAD;
}

static enum sw_status open_image(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    struct ext *ext = calloc(1, sizeof *ext);

    (void)setup;
    if (ext == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    sw_ref_set_init(&ext->seen);
    sw_buf_init(&ext->rows, BATCH_SIZE_MAX);
    sw_buf_init(&ext->names, BATCH_SIZE_MAX);
    sw_buf_init(&ext->path, PATH_SIZE_MAX);
    sw_buf_init(&ext->target, TARGET_SIZE_MAX);
    enum sw_status status = sw_ext_open(&ext->image, input->blob, error);
    if (status == SW_OK)
        ext->journal = sw_ext_journal_replay(&ext->image);
    if (status == SW_OK)
        status = sw_ext_file_init(&ext->file, &ext->image, error);
    if (status == SW_OK)
        sw_ext_gone_init(&ext->gone, &ext->image);
    if (status == SW_OK)
        status = enter_root(ext, error);
    if (status != SW_OK) {
        close_image(ext);
        return status < SW_DEAD ? status : SW_DEAD;
    }
    *state = ext;
    return SW_OK;
}

#define PROBE(which)                                                                               \
    static unsigned probe_##which(const struct sw_probe *probe)                                    \
    {                                                                                              \
        return sw_ext_super_probe(probe, #which);                                                  \
    }
#define SOURCE(which)                                                                              \
    const struct sw_source sw_source_##which = {                                                   \
        .kind = #which,                                                                            \
        .disk = true,                                                                              \
        .probe = probe_##which,                                                                    \
        .open = open_image,                                                                        \
        .next = next,                                                                              \
        .read = read_content,                                                                      \
        .close = close_image,                                                                      \
    }
PROBE(ext2)
PROBE(ext3)
PROBE(ext4)
SOURCE(ext2);
SOURCE(ext3);
SOURCE(ext4);
