/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk_tree.c - the files of NTFS, FAT, exFAT, HFS+ and UFS volumes, through The Sleuth
 * Kit: a stack of directories, each of them entered once, and of each file every stream
 * of data that it has.
 *
 * A file that was deleted is handed out as such when its record still is its own. The
 * library reads a directory whole; one that says it is larger than DIRECTORY_MAX is a gap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/disk/disks.h"
#include "engine/disk/tsk.h"
#include "engine/source/ref_set.h"
#include "sweeper/buf.h"

enum {
    LEVELS_MAX = 256,        /* directories inside one another */
    PATH_SIZE_MAX = 1 << 16, /* bytes of a path */
    NS_PER_S = 1000000000,
    NTFS_SYSTEM_MAX = 11,   /* records up to this one are the file system's own tables */
    HFS_SYSTEM_MIN = 3,     /* extents, catalog, bad blocks, allocation, startup, attributes: */
    HFS_SYSTEM_MAX = 8,     /* the numbers that TN1150 gives to the file system's own */
    ORPHAN_NAME_MAX = 1088, /* a number, and a name of NTFS in UTF-8 */
};
#define DIRECTORY_MAX ((uint64_t)256 << 20) /* bytes of one directory */

struct level {
    TSK_FS_DIR *directory;
    size_t next;      /* entry */
    size_t path_size; /* of the directory's own path */
    bool deleted;     /* it is, so what is in it is too */
};

struct tree {
    struct tsk_image *image;
    TSK_FS_INFO *fs;
    struct sw_ref_set seen;
    struct level levels[LEVELS_MAX];
    size_t depth;
    TSK_FS_FILE *file; /* at hand, or NULL */
    int stream;        /* attribute of it that comes next */
    bool is_directory; /* it is one, of NTFS: streams of it come behind its name */
    struct tsk_content content;
    struct sw_buf path;
    struct sw_buf target;
    bool file_deleted;
    const char *name;   /* of the file at hand, or of what leads to it */
    size_t parent_size; /* of the path of its directory */

    bool unallocated, slack; /* what is wanted */
    struct sw_ref_set named; /* records of deleted files that were met */
    struct tsk_orphans orphans;
    bool orphans_begun;
    char orphan_name[ORPHAN_NAME_MAX];
    const TSK_FS_ATTR *ended; /* handed out; now comes what lies behind its end; or NULL */
    struct tsk_slack slack_runs;
    bool free_begun;
    struct tsk_free free_runs;
    struct tsk_former former;
    struct sw_raw_windows windows; /* over one of the two */
};

/* --- opening --------------------------------------------------------------------- */

static enum sw_status enter(struct tree *tree, TSK_INUM_T inode, size_t path_size, bool deleted,
                            struct sw_error *error);

static void close_tree(void *state)
{
    struct tree *tree = state;

    tsk_fs_file_close(tree->file);
    while (tree->depth > 0)
        tsk_fs_dir_close(tree->levels[--tree->depth].directory);
    if (tree->fs != NULL)
        tsk_fs_close(tree->fs);
    tsk_content_done(&tree->content);
    sw_ref_set_done(&tree->seen);
    sw_ref_set_done(&tree->named);
    tsk_former_done(&tree->former);
    sw_raw_windows_done(&tree->windows);
    sw_buf_done(&tree->path);
    sw_buf_done(&tree->target);
    tsk_image_free(tree->image);
    free(tree);
}

static enum sw_status open_fs(const struct sw_input *input, TSK_FS_TYPE_ENUM type,
                              const struct sw_source_setup *setup, void **state,
                              struct sw_error *error)
{
    struct tree *tree = calloc(1, sizeof(*tree));

    if (tree != NULL)
        tree->image = tsk_image_new(input->blob, 512);
    if (tree == NULL || tree->image == NULL) {
        free(tree);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "disk", 0, "no memory for it");
    }
    tree->unallocated = setup->unallocated;
    tree->slack = setup->slack;
    sw_ref_set_init(&tree->seen);
    sw_ref_set_init(&tree->named);
    tsk_former_init(&tree->former);
    sw_buf_init(&tree->path, PATH_SIZE_MAX);
    sw_buf_init(&tree->target, PATH_SIZE_MAX);
    tree->fs = tsk_fs_open_img(&tree->image->info, 0, type);
    enum sw_status status = SW_OK;
    if (tree->fs == NULL)
        status =
            tsk_fail(tree->image, SW_DEAD, SW_GAP_DAMAGED, "the file system cannot be read", error);
    else if (enter(tree, tree->fs->root_inum, 0, false, error) != SW_OK)
        status = SW_DEAD;
    if (status != SW_OK) {
        close_tree(tree);
        return status;
    }
    *state = tree;
    return SW_OK;
}

#define OPEN(name, type)                                                                           \
    static enum sw_status open_##name(const struct sw_input *input,                                \
                                      const struct sw_source_setup *setup, void **state,           \
                                      struct sw_error *error)                                      \
    {                                                                                              \
        return open_fs(input, type, setup, state, error);                                          \
    }
OPEN(ntfs, TSK_FS_TYPE_NTFS_DETECT)
OPEN(fat, TSK_FS_TYPE_FAT_DETECT)
OPEN(exfat, TSK_FS_TYPE_EXFAT)
OPEN(hfs, TSK_FS_TYPE_HFS_DETECT)

static enum sw_status open_ufs(const struct sw_input *input, const struct sw_source_setup *setup,
                               void **state, struct sw_error *error)
{
    return tsk_ufs_check(input->blob, error) == SW_OK
               ? open_fs(input, TSK_FS_TYPE_FFS_DETECT, setup, state, error)
               : SW_DEAD;
}

/* --- directories ------------------------------------------------------------------- */

/* Memory for a directory is taken before its entries are seen. */
static bool is_too_large(struct tree *tree, TSK_INUM_T inode)
{
    TSK_FS_FILE *file = tsk_fs_file_open_meta(tree->fs, NULL, inode);
    const bool large =
        file != NULL && file->meta != NULL && (uint64_t)file->meta->size > DIRECTORY_MAX;

    tsk_fs_file_close(file);
    tsk_error_reset();
    return large;
}

/* SW_END: it was entered before. */
static enum sw_status enter(struct tree *tree, TSK_INUM_T inode, size_t path_size, bool deleted,
                            struct sw_error *error)
{
    bool is_new = false;

    if (tree->depth == LEVELS_MAX)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_DEPTH, "disk", 0,
                           "more than %d directories inside one another", LEVELS_MAX);
    enum sw_status status = sw_ref_set_add(&tree->seen, inode, &is_new, error);
    if (status != SW_OK || !is_new)
        return status == SW_OK ? SW_END : status;
    if (is_too_large(tree, inode))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "disk", 0,
                           "a directory says that it has more than %" PRIu64 " bytes",
                           DIRECTORY_MAX);
    TSK_FS_DIR *directory = tsk_fs_dir_open_meta(tree->fs, inode);
    if (directory == NULL)
        return tsk_fail(tree->image, SW_SKIP, SW_GAP_DAMAGED, "a directory cannot be read", error);
    tsk_error_reset();
    tree->levels[tree->depth++] =
        (struct level){.directory = directory, .path_size = path_size, .deleted = deleted};
    return SW_OK;
}

/* --- facts ---------------------------------------------------------------------------- */

static int64_t time_of(time_t seconds, uint32_t nanoseconds)
{
    if (seconds == 0 || seconds > INT64_MAX / NS_PER_S - 1 || seconds < INT64_MIN / NS_PER_S + 1)
        return SW_TIME_UNKNOWN;
    return (int64_t)seconds * NS_PER_S + (nanoseconds < NS_PER_S ? nanoseconds : 0);
}

static uint32_t mode_of(const TSK_FS_META *meta)
{
    static const struct {
        TSK_FS_META_TYPE_ENUM type;
        uint32_t mode;
    } rows[] = {{TSK_FS_META_TYPE_REG, S_IFREG},  {TSK_FS_META_TYPE_DIR, S_IFDIR},
                {TSK_FS_META_TYPE_FIFO, S_IFIFO}, {TSK_FS_META_TYPE_CHR, S_IFCHR},
                {TSK_FS_META_TYPE_BLK, S_IFBLK},  {TSK_FS_META_TYPE_LNK, S_IFLNK},
                {TSK_FS_META_TYPE_SOCK, S_IFSOCK}};
    uint32_t type = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].type == meta->type)
            type = rows[i].mode;
    return type | ((uint32_t)meta->mode & 07777);
}

static struct sw_facts facts_of(const TSK_FS_META *meta, uint64_t size)
{
    return (struct sw_facts){.inode = meta->addr,
                             .size = size,
                             .mode = mode_of(meta),
                             .uid = meta->uid,
                             .gid = meta->gid,
                             .link_count = meta->nlink > 0 ? (uint32_t)meta->nlink : 0,
                             .mtime_ns = time_of(meta->mtime, meta->mtime_nano),
                             .atime_ns = time_of(meta->atime, meta->atime_nano),
                             .ctime_ns = time_of(meta->ctime, meta->ctime_nano),
                             .btime_ns = time_of(meta->crtime, meta->crtime_nano)};
}

static enum sw_member_kind kind_of(const TSK_FS_META *meta)
{
    switch (meta->type) {
    case TSK_FS_META_TYPE_REG:
        return SW_MEMBER_FILE;
    case TSK_FS_META_TYPE_DIR:
        return SW_MEMBER_DIRECTORY;
    case TSK_FS_META_TYPE_LNK:
        return SW_MEMBER_LINK;
    default:
        return SW_MEMBER_SPECIAL;
    }
}

/* --- streams of a file -------------------------------------------------------------- */

/* What programs read as content: not lists of names, security records and the like. */
static bool is_content(const struct tree *tree, const TSK_FS_ATTR *attr)
{
    if (TSK_FS_TYPE_ISNTFS(tree->fs->ftype))
        return attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA;
    if (TSK_FS_TYPE_ISHFS(tree->fs->ftype))
        return attr->type == TSK_FS_ATTR_TYPE_HFS_DATA || attr->type == TSK_FS_ATTR_TYPE_HFS_RSRC ||
               attr->type == TSK_FS_ATTR_TYPE_HFS_DEFAULT;
    return attr->type != TSK_FS_ATTR_TYPE_UNIX_INDIR; /* the blocks that map the others */
}

static enum sw_status put_path(struct tree *tree, const char *name, const char *stream)
{
    tree->path.size = tree->parent_size;
    enum sw_status status = sw_buf_append_text(&tree->path, "/");
    if (status == SW_OK)
        status = sw_buf_append_text(&tree->path, name);
    if (status == SW_OK && stream != NULL)
        status = sw_buf_append_text(&tree->path, ":");
    return status == SW_OK && stream != NULL ? sw_buf_append_text(&tree->path, stream) : status;
}

static const char *stream_name(const struct tree *tree, const TSK_FS_ATTR *attr)
{
    if (TSK_FS_TYPE_ISHFS(tree->fs->ftype))
        return attr->type == TSK_FS_ATTR_TYPE_HFS_RSRC ? "rsrc" : NULL;
    return TSK_FS_TYPE_ISNTFS(tree->fs->ftype) && attr->name != NULL && attr->name[0] != '\0'
               ? attr->name
               : NULL;
}

/* The Windows Overlay Filter: the file's own content is a hole. */
static bool is_packed_by_windows(const struct tree *tree, const TSK_FS_ATTR *attr)
{
    const char *name = stream_name(tree, attr);

    return name != NULL && strcmp(name, "WofCompressedData") == 0;
}

static void close_file(struct tree *tree)
{
    tsk_content_begin(&tree->content, tree->image, tree->fs, NULL);
    tsk_fs_file_close(tree->file);
    tree->file = NULL;
    tree->ended = NULL;
    tree->stream = 0;
    tree->is_directory = false;
}

static enum sw_status too_long(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "disk", 0, "a path of more than %d bytes",
                       PATH_SIZE_MAX);
}

static void describe(struct tree *tree, enum sw_member_kind kind, uint64_t size,
                     struct sw_member *member)
{
    *member = (struct sw_member){.kind = kind,
                                 .name = sw_buf_view(&tree->path),
                                 .facts = facts_of(tree->file->meta, size),
                                 .size_known = true,
                                 .deleted = tree->file_deleted};
}

/* What lies behind the end of the stream that was handed out. SW_END: nothing. */
static enum sw_status next_slack(struct tree *tree, struct sw_member *member,
                                 struct sw_error *error)
{
    const TSK_INUM_T inode = tree->file->meta->addr;

    if (tree->ended == NULL)
        return SW_END;
    if (tree->slack_runs.count == 0) {
        if (!tsk_slack_of(&tree->slack_runs, tree->fs, tree->ended) ||
            sw_buf_append_text(&tree->path, ":slack") != SW_OK) {
            tree->ended = NULL;
            return SW_END;
        }
        sw_raw_windows_begin(&tree->windows, tree->image->blob, tsk_slack_next, &tree->slack_runs);
    }
    const enum sw_status status = sw_raw_windows_next(&tree->windows, member, error);
    if (status == SW_END || status <= SW_DEAD)
        tree->ended = NULL;
    member->name = sw_buf_view(&tree->path);
    member->facts.inode = inode;
    return status;
}

/* The next stream of the file at hand; SW_END: it has no more. */
static enum sw_status next_stream(struct tree *tree, struct sw_member *member,
                                  struct sw_error *error)
{
    if (tree->stream == 0 && tsk_ufs_is_endless(tree->fs, tree->file->meta)) {
        if (put_path(tree, tree->name, NULL) != SW_OK)
            return too_long(error);
        describe(tree, SW_MEMBER_SPECIAL, 0, member);
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "disk", 0,
                           "it says that it has %" PRId64 " bytes",
                           (int64_t)tree->file->meta->size);
    }
    const int count = tsk_fs_file_attr_getsize(tree->file);
    const enum sw_status status = next_slack(tree, member, error);

    tsk_error_reset();
    if (status != SW_END)
        return status;
    while (tree->stream < count) {
        const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(tree->file, tree->stream++);
        if (attr == NULL || !is_content(tree, attr))
            continue;
        if (put_path(tree, tree->name, stream_name(tree, attr)) != SW_OK)
            return too_long(error);
        describe(tree, SW_MEMBER_FILE, attr->size > 0 ? (uint64_t)attr->size : 0, member);
        if (tree->file_deleted)
            member->recovery = tsk_content_recovery(tree->fs, attr);
        if (tree->file_deleted && tree->unallocated)
            tsk_former_note(&tree->former, tree->fs, attr, member->name);
        tree->ended = tree->slack && !tree->file_deleted ? attr : NULL;
        tree->slack_runs.count = 0;
        tsk_content_begin(&tree->content, tree->image, tree->fs, attr);
        tree->content.is_deleted = tree->file_deleted;
        if (is_packed_by_windows(tree, attr))
            return sw_fail_gap(error, SW_PART, SW_GAP_UNSUPPORTED, "disk", 0,
                               "Windows has compressed the file that it belongs to (WOF): it is "
                               "searched as it lies");
        return SW_OK;
    }
    return SW_END;
}

/* --- entries ------------------------------------------------------------------------- */

static bool is_own(const struct tree *tree, const TSK_FS_FILE *file)
{
    const TSK_FS_META *meta = file->meta;

    if (meta != NULL &&
        (meta->type == TSK_FS_META_TYPE_VIRT || meta->type == TSK_FS_META_TYPE_VIRT_DIR))
        return true;
    if (meta == NULL)
        return false;
    if (TSK_FS_TYPE_ISHFS(tree->fs->ftype))
        return meta->addr >= HFS_SYSTEM_MIN && meta->addr <= HFS_SYSTEM_MAX;
    return TSK_FS_TYPE_ISNTFS(tree->fs->ftype) && meta->addr <= NTFS_SYSTEM_MAX;
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* A name without a record: all that is left of a file, or damage. */
static enum sw_status take_name(struct tree *tree, bool deleted, struct sw_member *member,
                                struct sw_error *error)
{
    if (put_path(tree, tree->name, NULL) != SW_OK)
        return too_long(error);
    *member = (struct sw_member){.kind = SW_MEMBER_SPECIAL,
                                 .name = sw_buf_view(&tree->path),
                                 .facts = {.inode = tree->file->name->meta_addr,
                                           .mtime_ns = SW_TIME_UNKNOWN,
                                           .atime_ns = SW_TIME_UNKNOWN,
                                           .ctime_ns = SW_TIME_UNKNOWN,
                                           .btime_ns = SW_TIME_UNKNOWN},
                                 .deleted = deleted};
    if (deleted)
        return SW_OK;
    return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "disk", 0,
                       "its record in the file system cannot be read");
}

/* Its name leads to it. One that there is no room for is handed out once more as one that
 * has no name. */
static void note_named(struct tree *tree, TSK_INUM_T inode)
{
    bool is_new = false;
    struct sw_error error;

    (void)!sw_ref_set_add(&tree->named, inode, &is_new, &error);
}

/* One entry of the directory at hand, in tree->file. */
static enum sw_status take_entry(struct tree *tree, struct sw_member *member,
                                 struct sw_error *error)
{
    const TSK_FS_NAME *name = tree->file->name;
    const TSK_FS_META *meta = tree->file->meta;
    const bool gone = (name->flags & TSK_FS_NAME_FLAG_UNALLOC) != 0;
    const struct level *level = &tree->levels[tree->depth - 1];

    tree->file_deleted = gone || level->deleted;
    /* A name that was given up, and a record that somebody else has now. */
    if (gone && meta != NULL && (meta->flags & TSK_FS_META_FLAG_ALLOC) != 0)
        meta = NULL;
    if (meta != NULL && (meta->flags & TSK_FS_META_FLAG_UNALLOC) != 0)
        note_named(tree, meta->addr);
    if (meta == NULL)
        return take_name(tree, tree->file_deleted, member, error);
    if (meta->type == TSK_FS_META_TYPE_REG) {
        const enum sw_status status = next_stream(tree, member, error);
        if (status != SW_END)
            return status;
    }
    /* Of a file without content its name is left. */
    if (put_path(tree, tree->name, NULL) != SW_OK)
        return too_long(error);
    describe(tree, kind_of(meta), 0, member);
    if (meta->type == TSK_FS_META_TYPE_LNK && meta->link != NULL) {
        sw_buf_clear(&tree->target);
        if (sw_buf_append_text(&tree->target, meta->link) == SW_OK)
            member->target = sw_buf_view(&tree->target);
    }
    if (meta->type == TSK_FS_META_TYPE_REG && meta->size > 0 && tree->stream == 0 &&
        !tree->file_deleted)
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "disk", 0,
                           "where its content lies cannot be read");
    if (meta->type != TSK_FS_META_TYPE_DIR)
        return SW_OK;
    const enum sw_status status =
        enter(tree, meta->addr, tree->path.size, tree->file_deleted, error);
    tree->is_directory = TSK_FS_TYPE_ISNTFS(tree->fs->ftype);
    return status == SW_SKIP ? SW_PART : SW_OK;
}

/* --- what has no name ------------------------------------------------------------------ */

/* NTFS keeps the name in the record itself. */
static void name_orphan(struct tree *tree, TSK_INUM_T inode)
{
    const TSK_FS_META_NAME_LIST *name = tree->file->meta->name2;

    if (name != NULL && name->name[0] != '\0')
        snprintf(tree->orphan_name, sizeof(tree->orphan_name), "%" PRIu64 "/%s", inode, name->name);
    else
        snprintf(tree->orphan_name, sizeof(tree->orphan_name), "OrphanFile-%" PRIu64, inode);
    tree->name = tree->orphan_name;
}

/* Opens the next record of a deleted file that no name leads to. */
static enum sw_status next_orphan(struct tree *tree, struct sw_error *error)
{
    static const char directory[] = "/$OrphanFiles";
    TSK_INUM_T inode = 0;

    if (!tree->orphans_begun)
        tsk_orphans_begin(&tree->orphans, tree->fs, &tree->named);
    tree->orphans_begun = true;
    do {
        const enum sw_status status = tsk_orphans_next(&tree->orphans, &inode, error);
        if (status != SW_OK)
            return status;
        tree->file = tsk_fs_file_open_meta(tree->fs, NULL, inode);
        tsk_error_reset();
    } while (tree->file == NULL || tree->file->meta == NULL);
    name_orphan(tree, inode);
    sw_buf_clear(&tree->path);
    tree->file_deleted = true;
    tree->parent_size = sizeof(directory) - 1;
    return sw_buf_append_text(&tree->path, directory);
}

static enum sw_status next_free(struct tree *tree, struct sw_member *member, struct sw_error *error)
{
    if (!tree->unallocated)
        return SW_END;
    if (!tree->free_begun) {
        tree->free_begun = true;
        tsk_free_begin(&tree->free_runs, tree->image, tree->fs);
        sw_raw_windows_begin(&tree->windows, tree->image->blob, tsk_free_next, &tree->free_runs);
    }
    const enum sw_status status = sw_raw_windows_next(&tree->windows, member, error);
    if (status != SW_OK)
        return status;
    sw_buf_clear(&tree->path);
    if (sw_buf_append_text(&tree->path, "/$Unallocated/") != SW_OK ||
        sw_buf_append(&tree->path, member->name.data, member->name.size) != SW_OK)
        return too_long(error);
    member->name = sw_buf_view(&tree->path);
    tree->windows.place.former = tsk_former_of;
    tree->windows.place.context = &tree->former;
    return SW_OK;
}

/* --- all of it -------------------------------------------------------------------------- */

/* Opens the next entry of the directory at hand, and closes it behind the last. SW_OK: there
 * is one, SW_END: there are no more directories, SW_PART: not this time. */
static enum sw_status next_entry(struct tree *tree)
{
    if (tree->depth == 0)
        return SW_END;
    struct level *level = &tree->levels[tree->depth - 1];
    if (level->next >= tsk_fs_dir_getsize(level->directory)) {
        tsk_fs_dir_close(level->directory);
        tree->depth--;
        return SW_PART;
    }
    tree->file = tsk_fs_dir_get(level->directory, level->next++);
    tsk_error_reset();
    if (tree->file == NULL || tree->file->name == NULL || tree->file->name->name == NULL ||
        is_dots(tree->file->name->name) || is_own(tree, tree->file))
        return SW_PART;
    tree->name = tree->file->name->name;
    tree->parent_size = level->path_size;
    return SW_OK;
}

static enum sw_status next_file(void *state, struct sw_member *member, struct sw_error *error)
{
    struct tree *tree = state;

    for (;;) {
        enum sw_status status = SW_END;
        if (tree->file != NULL && (tree->stream != 0 || tree->is_directory))
            status = next_stream(tree, member, error);
        if (status != SW_END)
            return status;
        close_file(tree);
        status = next_entry(tree);
        if (status == SW_PART)
            continue;
        if (status == SW_OK) {
            status = take_entry(tree, member, error);
        } else {
            status = next_orphan(tree, error);
            if (status == SW_END)
                return next_free(tree, member, error);
            if (status == SW_OK)
                status = next_stream(tree, member, error);
        }
        if (status != SW_END)
            return status;
    }
}

static enum sw_status read_file(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct tree *tree = state;

    return tsk_content_read(&tree->content, piece, error);
}

#define FILE_SYSTEM(name)                                                                          \
    const struct sw_source sw_source_##name = {.kind = #name,                                      \
                                               .disk = true,                                       \
                                               .probe = tsk_probe_##name,                          \
                                               .open = open_##name,                                \
                                               .next = next_file,                                  \
                                               .read = read_file,                                  \
                                               .close = close_tree}
FILE_SYSTEM(ntfs);
FILE_SYSTEM(fat);
FILE_SYSTEM(exfat);
FILE_SYSTEM(hfs);
FILE_SYSTEM(ufs);
