/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apfs.c - APFS: a container hands out its volumes, a volume its files.
 *
 * Snapshots, sealed and encrypted volumes are gaps, and so are files that are compressed in
 * other ways than the small ones of zlib.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apfs_file.h"
#include "engine/disk/disks.h"
#include "engine/disk/fs_walk.h"
#include "engine/source/bytes.h"

#define ROOM "apfs"

enum { NAME = 9, ROOT = 2, LINK_MAX = 4096, UUID_TEXT = 37 };

static void no_content(struct sw_member *member)
{
    member->facts.mtime_ns = member->facts.ctime_ns = SW_TIME_UNKNOWN;
    member->facts.atime_ns = member->facts.btime_ns = SW_TIME_UNKNOWN;
}

/* ---- containers ------------------------------------------------------------------ */

struct container {
    struct sw_apfs image;
    struct sw_blob *blob;
    struct sw_apfs_volume volume;
    struct sw_apfs_part part;
    size_t next;
};

static unsigned probe_container(const struct sw_probe *probe)
{
    return sw_apfs_super(probe->head);
}

static void close_container(void *state)
{
    struct container *container = state;
    sw_apfs_close(&container->image);
    free(container);
}

static enum sw_status open_container(const struct sw_input *input,
                                     const struct sw_source_setup *setup, void **state,
                                     struct sw_error *error)
{
    struct container *container = calloc(1, sizeof *container);
    (void)setup;
    if (container == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    container->blob = input->blob;
    enum sw_status status = sw_apfs_open(&container->image, input->blob, error);
    if (status != SW_OK) {
        close_container(container);
        return SW_DEAD;
    }
    *state = container;
    return SW_OK;
}

static void put_uuid(const uint8_t *uuid, char text[UUID_TEXT])
{
    size_t size = 0;
    for (size_t i = 0; i < 16; i++)
        size += (size_t)snprintf(text + size, UUID_TEXT - size, "%02x%s", uuid[i],
                                 i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
}

static enum sw_status next_volume(void *state, struct sw_member *member, struct sw_error *error)
{
    struct container *container = state;
    struct sw_apfs_volume *volume = &container->volume;
    char uuid[UUID_TEXT];
    enum sw_status status = SW_END;
    size_t index = 0;
    while (status == SW_END && container->next < APFS_VOLUMES_MAX) {
        index = container->next++;
        status = sw_apfs_volume(&container->image, index, volume, error);
    }
    if (status != SW_OK)
        return status;
    sw_apfs_part_init(&container->part, container->blob, index);
    *member = (struct sw_member){
        .kind = SW_MEMBER_DISK,
        .name = {(const uint8_t *)volume->name, strlen(volume->name)},
        .facts = {.size = container->part.blob.size},
        .size_known = true,
        .in_place = &container->part.blob,
    };
    no_content(member);
    if (!volume->encrypted && !volume->sealed)
        return SW_OK;
    put_uuid(volume->uuid, uuid);
    member->kind = SW_MEMBER_SPECIAL;
    member->in_place = NULL;
    return sw_fail_gap(error, SW_PART, volume->encrypted ? SW_GAP_ENCRYPTED : SW_GAP_UNSUPPORTED,
                       ROOM, 0, "the APFS volume \"%s\", UUID %s, is %s", volume->name, uuid,
                       volume->encrypted ? "encrypted" : "sealed, which is not read here");
}

static enum sw_status read_volume(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END; /* never called: it lies in place */
}

const struct sw_source sw_source_apfs_container = {
    .kind = "apfs-container",
    .disk = true,
    .probe = probe_container,
    .open = open_container,
    .next = next_volume,
    .read = read_volume,
    .close = close_container,
};

/* ---- volumes --------------------------------------------------------------------- */

struct files {
    struct sw_apfs image;
    struct sw_apfs_volume volume;
    struct sw_apfs_files files;
    struct sw_apfs_content content;
    struct fs_walk walk;
    bool told;
};

static unsigned probe_volume(const struct sw_probe *probe)
{
    size_t index = 0;
    return sw_apfs_part_probe(probe->head, &index);
}

/* A name's key: its size, or that and a hash, and the name with its NUL. */
static struct sw_view name_of(const struct files *files, const struct sw_apfs_record *record)
{
    struct sw_view key = record->key_bytes;
    size_t at = files->files.hashed ? 12 : 10;
    if (key.size < at)
        return (struct sw_view){.data = NULL};
    size_t size =
        files->files.hashed ? sw_little32(key.data + 8) & 0x3ff : sw_little16(key.data + 8);
    if (size == 0 || size > key.size - at)
        return (struct sw_view){.data = NULL};
    size_t text = strnlen((const char *)key.data + at, size);
    return (struct sw_view){key.data + at, text};
}

/* *from counts the names before the chunk. */
static enum sw_status list(void *context, uint64_t directory, size_t depth, uint64_t *from,
                           struct fs_listing *listing, struct sw_error *error)
{
    struct files *files = context;
    struct sw_apfs_tree *tree = &files->files.records;
    const size_t entries_max = listing->count + FS_CHUNK_ENTRIES;
    const size_t names_max = listing->names.size + FS_CHUNK_NAMES;
    struct sw_apfs_record record;
    bool lost = false;
    uint64_t count = 0;
    (void)depth;
    enum sw_status status =
        sw_apfs_tree_find(tree, (struct sw_apfs_key){.object = directory, .kind = NAME}, error);
    while (status == SW_OK) {
        status = sw_apfs_tree_next(tree, &record, error);
        if (status != SW_OK || record.key.object != directory || record.key.kind != NAME)
            break;
        if (count++ < *from)
            continue;
        struct sw_view name = name_of(files, &record);
        if (name.size == 0 || record.value.size < 8) {
            lost = true;
            (void)sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0, "a name is damaged");
            continue;
        }
        if (!fs_listing_add(listing, sw_little64(record.value.data), name.data, name.size))
            status = sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                                 "no memory for the names of a directory");
        if (listing->count >= entries_max || listing->names.size >= names_max) {
            *from = count;
            return lost ? SW_PART : SW_OK;
        }
    }
    *from = UINT64_MAX;
    return status == SW_SKIP || lost ? SW_PART : SW_OK;
}

static enum sw_status start_member(struct files *files, struct sw_apfs_inode *inode,
                                   struct sw_member *member, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    struct sw_view target;
    if (S_ISDIR(inode->facts.mode)) {
        member->kind = SW_MEMBER_DIRECTORY;
        fs_walk_keep(&files->walk);
    } else if (S_ISREG(inode->facts.mode)) {
        member->kind = SW_MEMBER_FILE;
        status = sw_apfs_content_start(&files->content, inode, error);
        member->size_known = true;
    } else if (S_ISLNK(inode->facts.mode)) {
        member->kind = SW_MEMBER_LINK;
        status =
            sw_apfs_attribute(&files->files, inode->number, "com.apple.fs.symlink", &target, error);
        if (status == SW_END)
            status = sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                                 "a symbolic link has no target");
        if (status == SW_OK)
            member->target =
                (struct sw_view){target.data, strnlen((const char *)target.data, target.size)};
    }
    member->facts = inode->facts;
    return status == SW_OK ? SW_OK : SW_PART;
}

static enum sw_status next_file(void *state, struct sw_member *member, struct sw_error *error)
{
    struct files *files = state;
    struct sw_apfs_inode inode;
    sw_apfs_content_stop(&files->content);
    enum sw_status status = fs_walk_next(&files->walk, error);
    if (status == SW_END && !files->told && files->volume.snapshots > 0) {
        files->told = true;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "the volume has %" PRIu64 " snapshots, which are not read",
                           files->volume.snapshots);
    }
    if (status != SW_OK)
        return status;
    *member = (struct sw_member){.kind = SW_MEMBER_SPECIAL, .name = sw_buf_view(&files->walk.path)};
    no_content(member);
    if (sw_apfs_inode(&files->files, files->walk.entry.inode, &inode, error) != SW_OK)
        return SW_PART;
    return start_member(files, &inode, member, error);
}

static enum sw_status read_file(void *state, struct sw_piece *piece, struct sw_error *error)
{
    return sw_apfs_content_read(&((struct files *)state)->content, piece, error);
}

static void close_volume(void *state)
{
    struct files *files = state;
    sw_apfs_content_done(&files->content);
    sw_apfs_files_done(&files->files);
    sw_apfs_close(&files->image);
    fs_walk_done(&files->walk);
    free(files);
}

static enum sw_status open_parts(struct files *files, struct sw_blob *blob, struct sw_error *error)
{
    uint8_t head[1024];
    size_t index = 0;
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(blob, 0, head, sizeof head, &got, error);
    if (status < SW_PART)
        return status;
    if (got < sizeof head || memcmp(head, APFS_MARK, 8) != 0 || head[8] >= APFS_VOLUMES_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "this is no volume");
    index = head[8];
    status = sw_apfs_open(&files->image, blob, error);
    if (status == SW_OK)
        status = sw_apfs_volume(&files->image, index, &files->volume, error);
    if (status == SW_END)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "there is no such volume");
    if (status == SW_OK)
        status = sw_apfs_files_init(&files->files, &files->image, &files->volume, error);
    if (status == SW_OK)
        status = sw_apfs_content_init(&files->content, &files->files, error);
    if (status == SW_OK)
        status = fs_walk_start(&files->walk, ROOT, error);
    return status;
}

static enum sw_status open_volume(const struct sw_input *input, const struct sw_source_setup *setup,
                                  void **state, struct sw_error *error)
{
    struct files *files = calloc(1, sizeof *files);
    (void)setup;
    if (files == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    fs_walk_init(&files->walk, list, files, ROOM);
    if (open_parts(files, input->blob, error) != SW_OK) {
        close_volume(files);
        return SW_DEAD;
    }
    *state = files;
    return SW_OK;
}

const struct sw_source sw_source_apfs = {
    .kind = "apfs",
    .disk = true,
    .probe = probe_volume,
    .open = open_volume,
    .next = next_file,
    .read = read_file,
    .close = close_volume,
};
