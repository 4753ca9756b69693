/* SPDX-License-Identifier: Apache-2.0 */
/* apfs_file.c - records of inodes, attributes and extents; see apfs_file.h. */
#include "apfs_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#include "engine/source/bytes.h"

#define ROOM "apfs"

enum { INODE = 3, ATTRIBUTE = 4, EXTENT = 8 }; /* kinds of records */
enum {
    INODE_SIZE = 92,    /* before what may follow */
    FIELD_STREAM = 8,   /* what may: how large the content is */
    COMPRESSED = 0x20,  /* flag of BSD's */
    EMBEDDED = 2,       /* of an attribute: its value is in the record */
    PACKED_HEADER = 16, /* of com.apple.decmpfs */
    PACKED_PLAIN = 1,   /* ways of packing: in the attribute, as it is, */
    PACKED_ZLIB = 3,    /* or by zlib */
    PACKED_PLAIN_9 = 9,
};

enum sw_status sw_apfs_files_init(struct sw_apfs_files *files, struct sw_apfs *image,
                                  const struct sw_apfs_volume *volume, struct sw_error *error)
{
    files->image = image;
    files->hashed = volume->hashed;
    sw_apfs_tree_init(&files->records, image, &files->map, volume->root);
    sw_apfs_tree_init(&files->extents, image, &files->map, volume->root);
    return sw_apfs_map_init(&files->map, image, volume->map, error);
}

void sw_apfs_files_done(struct sw_apfs_files *files)
{
    sw_apfs_tree_done(&files->records);
    sw_apfs_tree_done(&files->extents);
    sw_apfs_tree_done(&files->map);
}

/* ---- inodes ---------------------------------------------------------------------- */

static int64_t time_of(const uint8_t *at)
{
    uint64_t value = sw_little64(at);
    return value <= INT64_MAX ? (int64_t)value : SW_TIME_UNKNOWN;
}

/* How large the content is stands in a list of fields behind the inode: rows of kind, flags and
 * size, then their values, each at a multiple of eight. */
static bool stream_size(struct sw_view fields, uint64_t *size)
{
    enum { HEADER = 4, ROW = 4 };
    if (fields.size < HEADER)
        return false;
    size_t count = sw_little16(fields.data);
    size_t value = HEADER + count * ROW;
    for (size_t i = 0; i < count && value <= fields.size; i++) {
        const uint8_t *row = fields.data + HEADER + i * ROW;
        size_t bytes = sw_little16(row + 2);
        if (row[0] == FIELD_STREAM && bytes >= 8 && bytes <= fields.size - value) {
            *size = sw_little64(fields.data + value);
            return true;
        }
        value += (bytes + 7) / 8 * 8;
    }
    return false;
}

enum sw_status sw_apfs_inode(struct sw_apfs_files *files, uint64_t number,
                             struct sw_apfs_inode *inode, struct sw_error *error)
{
    struct sw_apfs_record record = {.key = {0}};
    enum sw_status status = sw_apfs_tree_find(
        &files->records, (struct sw_apfs_key){.object = number, .kind = INODE}, error);
    if (status == SW_OK)
        status = sw_apfs_tree_next(&files->records, &record, error);
    if (status == SW_SKIP)
        return SW_SKIP;
    if (status == SW_END || record.key.object != number || record.key.kind != INODE ||
        record.value.size < INODE_SIZE)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "inode %" PRIu64 " is not there", number);
    const uint8_t *at = record.value.data;
    uint64_t size = 0;
    (void)stream_size((struct sw_view){at + INODE_SIZE, record.value.size - INODE_SIZE}, &size);
    *inode = (struct sw_apfs_inode){
        .number = number,
        .stream = sw_little64(at + 8),
        .compressed = (sw_little32(at + 68) & COMPRESSED) != 0,
        .facts = {.inode = number,
                  .size = size <= INT64_MAX ? size : 0,
                  .mode = sw_little16(at + 80),
                  .uid = sw_little32(at + 72),
                  .gid = sw_little32(at + 76),
                  .link_count = sw_little32(at + 56),
                  .btime_ns = time_of(at + 16),
                  .mtime_ns = time_of(at + 24),
                  .ctime_ns = time_of(at + 32),
                  .atime_ns = time_of(at + 40)},
    };
    if (S_ISDIR(inode->facts.mode))
        inode->facts.link_count = 1; /* there it is the number of its names */
    return SW_OK;
}

enum sw_status sw_apfs_attribute(struct sw_apfs_files *files, uint64_t number, const char *name,
                                 struct sw_view *value, struct sw_error *error)
{
    enum { NAME_AT = 10 };
    struct sw_apfs_record record = {.key = {0}};
    enum sw_status status = sw_apfs_tree_find(
        &files->records, (struct sw_apfs_key){.object = number, .kind = ATTRIBUTE}, error);
    while (status == SW_OK) {
        status = sw_apfs_tree_next(&files->records, &record, error);
        if (status != SW_OK)
            return status;
        if (record.key.object != number || record.key.kind != ATTRIBUTE)
            return SW_END;
        if (!sw_bytes_at(record.key_bytes, NAME_AT, name, strlen(name) + 1) ||
            record.value.size < 4 || (sw_little16(record.value.data) & EMBEDDED) == 0)
            continue;
        size_t size = sw_little16(record.value.data + 2);
        if (size > record.value.size - 4 || size > sizeof files->attribute)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "an attribute is damaged");
        memcpy(files->attribute, record.value.data + 4, size);
        *value = (struct sw_view){files->attribute, size};
        return SW_OK;
    }
    return status;
}

/* ---- content --------------------------------------------------------------------- */

enum sw_status sw_apfs_content_init(struct sw_apfs_content *content, struct sw_apfs_files *files,
                                    struct sw_error *error)
{
    *content = (struct sw_apfs_content){.files = files, .data = malloc(APFS_PIECE)};
    if (content->data == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    return SW_OK;
}

void sw_apfs_content_done(struct sw_apfs_content *content)
{
    free(content->data);
    content->data = NULL;
}

void sw_apfs_content_stop(struct sw_apfs_content *content)
{
    content->open = false;
}

/* Small files are packed into an attribute: whole, at once. Larger ones lie in the resource fork.
 */
static enum sw_status unpack(struct sw_apfs_content *content, struct sw_apfs_inode *inode,
                             struct sw_error *error)
{
    struct sw_view value = {.data = NULL};
    enum sw_status status =
        sw_apfs_attribute(content->files, inode->number, "com.apple.decmpfs", &value, error);
    if (status == SW_SKIP)
        return SW_SKIP;
    if (status == SW_END || value.size < PACKED_HEADER || memcmp(value.data, "fpmc", 4) != 0)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "a compressed file does not say how");
    uint32_t kind = sw_little32(value.data + 4);
    uint64_t size = sw_little64(value.data + 8);
    struct sw_view packed = {value.data + PACKED_HEADER, value.size - PACKED_HEADER};
    inode->facts.size = size <= INT64_MAX ? size : 0;
    bool plain = kind == PACKED_PLAIN || kind == PACKED_PLAIN_9;
    if (!plain && kind != PACKED_ZLIB)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "the file is compressed in a way (%" PRIu32 ") that is not read here",
                           kind);
    /* What would not shrink stands behind a byte that no stream of zlib begins with. */
    bool stored = packed.size > 0 && (packed.data[0] & 0x0f) == 0x0f;
    uLongf got = APFS_CHUNK;
    if (plain || stored) {
        size_t skip = kind == PACKED_PLAIN ? 0 : 1;
        got = packed.size < skip ? 0 : packed.size - skip;
        memcpy(content->data, packed.data + skip, got);
    } else if (uncompress(content->data, &got, packed.data, packed.size) != Z_OK) {
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "a compressed file is damaged");
    }
    if (got != size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "a compressed file has another size than it says");
    content->whole = (struct sw_view){content->data, got};
    return SW_OK;
}

enum sw_status sw_apfs_content_start(struct sw_apfs_content *content, struct sw_apfs_inode *inode,
                                     struct sw_error *error)
{
    content->open = true;
    content->damaged = false;
    content->offset = content->told = content->left = 0;
    content->whole = (struct sw_view){.data = NULL};
    content->stream = inode->stream;
    content->size = inode->facts.size;
    enum sw_status status = SW_OK;
    if (inode->compressed)
        status = unpack(content, inode, error);
    else
        status =
            sw_apfs_tree_find(&content->files->extents,
                              (struct sw_apfs_key){.object = inode->stream, .kind = EXTENT}, error);
    if (status != SW_OK)
        content->open = false;
    return status;
}

/* The next extent that is no hole. SW_END: there is none. */
static enum sw_status next_extent(struct sw_apfs_content *content, struct sw_error *error)
{
    const struct sw_apfs *image = content->files->image;
    struct sw_apfs_record record = {.key = {0}};
    for (;;) {
        enum sw_status status = sw_apfs_tree_next(&content->files->extents, &record, error);
        if (status != SW_OK)
            return status;
        if (record.key.object != content->stream || record.key.kind != EXTENT)
            return SW_END;
        if (record.key_bytes.size < 16 || record.value.size < 16)
            break;
        uint64_t bytes = sw_little64(record.value.data) & ((UINT64_C(1) << 56) - 1);
        uint64_t block = sw_little64(record.value.data + 8);
        if (record.key.offset < content->offset || block >= image->block_count ||
            bytes > (image->block_count - block) * image->block_size ||
            record.key.offset > INT64_MAX)
            break;
        content->offset = record.key.offset;
        content->at = block * image->block_size;
        content->left = bytes;
        if (block != 0 && bytes > 0)
            return SW_OK;
        content->left = 0;
    }
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                       "the extents of a file are damaged");
}

static enum sw_status finish(struct sw_apfs_content *content, struct sw_piece *piece)
{
    content->open = false;
    if (content->told >= content->size)
        return SW_END;
    *piece = (struct sw_piece){.data = (const uint8_t *)"", .offset = content->size};
    return SW_OK;
}

static enum sw_status read_some(struct sw_apfs_content *content, struct sw_piece *piece,
                                struct sw_error *error)
{
    size_t got = 0;
    uint64_t bytes = content->size - content->offset;
    if (bytes > content->left)
        bytes = content->left;
    size_t size = bytes < APFS_PIECE ? (size_t)bytes : APFS_PIECE;
    enum sw_status status =
        sw_blob_read_at(content->files->image->blob, content->at, content->data, size, &got, error);
    if (status < SW_PART)
        got = 0;
    else if (got < size)
        status = sw_fail_gap(error, SW_PART, SW_GAP_TRUNCATED, ROOM, 0,
                             "the image ends before the file does");
    *piece = (struct sw_piece){.data = content->data, .size = got, .offset = content->offset};
    content->told = content->offset + got;
    content->offset += size;
    content->at += size;
    content->left -= size;
    bool first = status != SW_OK && !content->damaged;
    content->damaged = content->damaged || status != SW_OK;
    return first ? SW_PART : SW_OK;
}

enum sw_status sw_apfs_content_read(struct sw_apfs_content *content, struct sw_piece *piece,
                                    struct sw_error *error)
{
    if (!content->open)
        return SW_END;
    if (content->whole.data != NULL) {
        content->open = false;
        *piece = (struct sw_piece){.data = content->whole.data, .size = content->whole.size};
        return content->whole.size > 0 ? SW_OK : SW_END;
    }
    while (content->left == 0 || content->offset >= content->size) {
        if (content->offset >= content->size && content->left > 0)
            return finish(content, piece);
        enum sw_status status = next_extent(content, error);
        if (status == SW_END || content->offset >= content->size)
            return finish(content, piece);
        if (status != SW_OK) {
            content->open = false;
            return SW_SKIP;
        }
    }
    return read_some(content, piece, error);
}
