/* SPDX-License-Identifier: Apache-2.0 */
/* ext.c - the walk through a file system; see ext.h. */
#include "ext.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/source/ref_set.h"
#include "ext_dir.h"
#include "ext_member.h"
#include "ext_raw.h"

#define ROOM "ext"

enum {
    LEVELS_MAX = 1024, /* directories inside one another; PATH_MAX allows no more names */
    PATH_SIZE_MAX = 64 * 1024,
    BATCH_MAX = 4096, /* entries that are put in order at a time */
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
    struct sw_ext_members all;
    struct sw_ext_raw raw;
    struct sw_ref_set seen;
    struct level levels[LEVELS_MAX];
    size_t depth;
    struct sw_buf rows; /* struct row */
    struct sw_buf names;
    size_t row_at;
    struct sw_buf path;
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
    sw_ext_dir_open(&ext->all.image, inode, &level->dir);
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
    if (ext->blocks_read > 2 * ext->all.image.super.block_count + LEVELS_MAX)
        return damaged(error, SW_DEAD, "directories share their blocks");
    ext->blocks_read++;
    return sw_ext_dir_block(&ext->all.image, &level->dir, ext->scratch, block, error);
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

    while ((status = sw_ext_dir_entry(&ext->all.image, block, &at, &entry, error)) == SW_OK) {
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

    while (sw_ext_dir_gone(&ext->all.image, block, &at, &gap_end, &entry))
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
        status = sw_ext_member_file(&ext->all, inode, member, error);
        sw_ext_raw_file(&ext->raw, &ext->all.image, inode);
        break;
    case S_IFLNK:
        status = sw_ext_member_link(&ext->all, inode, member, error);
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
    enum sw_status status = sw_ext_inode(&ext->all.image, number, &inode, &unread);
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
    (void)sw_ext_gone_see(&ext->all.gone, &ext->all.image, number);
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

/* A name that was deleted, if its inode has not been given to another since. SW_END: it
 * has. */
static enum sw_status take_gone(struct ext *ext, const struct level *level, uint32_t number,
                                struct sw_view name, struct sw_member *member,
                                struct sw_error *error)
{
    struct sw_ext_inode inode;

    if (sw_ext_inode(&ext->all.image, number, &inode, error) != SW_OK)
        return SW_END;
    const enum sw_ext_gone_kind kind = sw_ext_gone_kind(&ext->all.image, &inode);
    if ((kind != SW_EXT_DELETED && kind != SW_EXT_HELD_OPEN) ||
        !sw_ext_gone_see(&ext->all.gone, &ext->all.image, number))
        return SW_END;
    if (make_path(ext, level, name, error) != SW_OK)
        return SW_SKIP;
    return sw_ext_member_gone(&ext->all, &inode, kind, sw_buf_view(&ext->path), member, error);
}

/* After the walk: what no directory has. SW_END: no more. */
static enum sw_status take_nameless(struct ext *ext, struct sw_member *member,
                                    struct sw_error *error)
{
    struct sw_ext_inode inode;
    enum sw_ext_gone_kind kind = SW_EXT_NOT_GONE;

    while (sw_ext_gone_next(&ext->all.gone, &ext->all.image, &inode, &kind)) {
        sw_buf_clear(&ext->path);
        if (sw_buf_append_format(&ext->path, "/$OrphanFiles/inode-%" PRIu32, inode.number) != SW_OK)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                               "no memory for a name");
        enum sw_status status =
            sw_ext_member_gone(&ext->all, &inode, kind, sw_buf_view(&ext->path), member, error);
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
    sw_ext_dir_open(&ext->all.image, &level->inode, &level->dir);
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
        if (sw_ext_dir_block(&ext->all.image, &level->dir, ext->scratch, block, error) == SW_OK)
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
        status = sw_ext_dir_entry(&ext->all.image, block, &level->at, &entry, error);
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

    ext->all.file.done = true;
    status = sw_ext_raw_slack(&ext->raw, &ext->all.image, &ext->path, member, error);
    while (status == SW_END && ext->depth > 0) {
        ext->path.size = top_of(ext)->path_size;
        status = step(ext, member, error);
    }
    if (status == SW_END)
        status = take_nameless(ext, member, error);
    if (status == SW_END)
        status = sw_ext_raw_free(&ext->raw, &ext->all.image, &ext->path, member, error);
    return status == SW_END ? sw_ext_closing_words(&ext->all, &ext->closing, error) : status;
}

static enum sw_status read_content(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct ext *ext = state;
    return sw_ext_file_read(&ext->all.image, &ext->all.file, piece, error);
}

/* ---- the file system --------------------------------------------------------------------- */

static void close_image(void *state)
{
    struct ext *ext = state;

    if (ext == NULL)
        return;
    sw_ext_members_done(&ext->all);
    sw_ext_raw_done(&ext->raw);
    sw_ref_set_done(&ext->seen);
    sw_buf_done(&ext->rows);
    sw_buf_done(&ext->names);
    sw_buf_done(&ext->path);
    free(ext->scratch);
    free(ext);
}

static enum sw_status enter_root(struct ext *ext, struct sw_error *error)
{
    struct sw_ext_inode root;

    ext->scratch = malloc(SW_EXT_MAP_SIZE + (size_t)ext->all.image.super.inode_size);
    if (ext->scratch == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    if (sw_ext_inode(&ext->all.image, SW_EXT_ROOT, &root, error) != SW_OK)
        return SW_DEAD;
    if (!S_ISDIR(root.facts.mode))
        return damaged(error, SW_DEAD, "the root is not a directory");
    return enter(ext, &root, error) == SW_OK ? SW_OK : SW_DEAD;
}

static enum sw_status open_image(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    struct ext *ext = calloc(1, sizeof *ext);

    if (ext == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    sw_ext_raw_init(&ext->raw, setup);
    sw_ref_set_init(&ext->seen);
    sw_buf_init(&ext->rows, BATCH_SIZE_MAX);
    sw_buf_init(&ext->names, BATCH_SIZE_MAX);
    sw_buf_init(&ext->path, PATH_SIZE_MAX);
    enum sw_status status = sw_ext_members_init(&ext->all, input->blob, error);
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
