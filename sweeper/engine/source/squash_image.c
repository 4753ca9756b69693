/* SPDX-License-Identifier: Apache-2.0 */
/* squash_image.c - what an image is made of; see squash_image.h. */
#include "squash_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sqfs/compressor.h>
#include <sqfs/error.h>

#include "lzo.h"

#define ROOM "squashfs"
/* Magic numbers of images whose integers are in the other order (up to version 3). */
#define MAGIC         0x73717368U
#define MAGIC_SWAPPED 0x68737173U

enum {
    META_PLAIN = 0x8000, /* in a metadata block's header: it is not compressed */
    TABLE_BLOCK = 8,     /* bytes of a table's pointer to one of its blocks */
};

/* ---- bytes of the image ---------------------------------------------------- */

static enum sw_status damaged(struct sw_error *error, uint64_t offset, const char *what)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "%s at byte %" PRIu64, what,
                       offset);
}

static enum sw_status read_exactly(struct sw_squash *image, uint64_t offset, void *data,
                                   size_t size, struct sw_error *error)
{
    size_t got = 0;
    uint64_t total = image->blob->size;
    if (offset > total || size > total - offset)
        return offset < image->super.bytes_used
                   ? sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                                 "the image ends before byte %" PRIu64, offset + size)
                   : damaged(error, offset, "a reference behind the end");
    enum sw_status status = sw_blob_read_at(image->blob, offset, data, size, &got, error);
    if (status == SW_OK && got < size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                           "the image ends at byte %" PRIu64, offset + got);
    return status;
}

/* ---- decompression --------------------------------------------------------- */

/* A number of xz's own kind: seven bits a byte, at most nine bytes. */
static bool xz_number(struct sw_cursor *at, uint64_t *value)
{
    uint8_t byte = 0x80;
    *value = 0;
    for (unsigned shift = 0; (byte & 0x80) != 0 && shift < 63; shift += 7) {
        if (sw_cursor_u8(at, &byte) != SW_OK)
            return false;
        *value |= (uint64_t)(byte & 0x7f) << shift;
    }
    return (byte & 0x80) == 0;
}

/* The dictionary of an xz stream's first block (.xz file format 1.2, 3.1), which
 * the decoder will take; 0 when there is none to be seen. */
static uint64_t xz_window(struct sw_view packed)
{
    enum { STREAM_HEADER = 12, FILTER_LZMA2 = 0x21, DICTIONARY_MAX = 40 };
    struct sw_cursor at = sw_cursor_of(packed);
    struct sw_view properties;
    uint8_t size = 0;
    uint8_t flags = 0;
    uint64_t number = 0;
    uint64_t filter = 0;
    if (sw_cursor_bytes(&at, STREAM_HEADER, &properties) != SW_OK ||
        sw_cursor_u8(&at, &size) != SW_OK || sw_cursor_u8(&at, &flags) != SW_OK)
        return 0;
    for (unsigned flag = 0x40; flag <= 0x80; flag <<= 1)
        if ((flags & flag) != 0 && !xz_number(&at, &number))
            return 0;
    for (unsigned i = 0; i <= (flags & 3U); i++) {
        if (!xz_number(&at, &filter) || !xz_number(&at, &number) || number > at.rest.size ||
            sw_cursor_bytes(&at, (size_t)number, &properties) != SW_OK)
            return 0;
        if (filter == FILTER_LZMA2 && properties.size == 1) {
            uint8_t bits = properties.data[0];
            return bits >= DICTIONARY_MAX ? UINT32_MAX
                                          : (uint64_t)(2 | (bits & 1)) << (bits / 2 + 11);
        }
    }
    return 0;
}

/* What the decoder will take for its window; what is fixed by the method, or by the
 * block, is not counted. */
static uint64_t window_of(const struct sw_squash *image, struct sw_view packed)
{
    if (image->super.compression == SQFS_COMP_XZ)
        return xz_window(packed);
    if (image->super.compression == SQFS_COMP_LZMA && packed.size >= 5)
        return sw_squash_u32(packed.data + 1);
    return 0;
}

/* The packed bytes are in image->packed; `offset` is for the error. */
static enum sw_status unpack(struct sw_squash *image, size_t packed_size, uint64_t offset,
                             uint8_t *out, size_t capacity, size_t *size, struct sw_error *error)
{
    struct sw_view packed = {image->packed, packed_size};
    uint64_t window = window_of(image, packed);
    if (window > image->window_max)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "a block at byte %" PRIu64 " wants a window of %" PRIu64 " bytes",
                           offset, window);
    if (image->decoder == NULL)
        return sw_lzo1x(packed, out, capacity, size) ? SW_OK
                                                     : damaged(error, offset, "a broken block");
    int32_t got = image->decoder->do_block(image->decoder, packed.data, (uint32_t)packed.size, out,
                                           (uint32_t)capacity);
    if (got == SQFS_ERROR_ALLOC)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory to decompress a block");
    if (got <= 0 || (size_t)got > capacity)
        return damaged(error, offset, "a broken block");
    *size = (size_t)got;
    return SW_OK;
}

/* ---- the super block ------------------------------------------------------- */

static void read_super(const uint8_t *at, struct sw_squash_super *super)
{
    *super = (struct sw_squash_super){
        .block_size = sw_squash_u32(at + 12),
        .fragment_count = sw_squash_u32(at + 16),
        .compression = sw_squash_u16(at + 20),
        .block_log = sw_squash_u16(at + 22),
        .id_count = sw_squash_u16(at + 26),
        .version_major = sw_squash_u16(at + 28),
        .version_minor = sw_squash_u16(at + 30),
        .root = sw_squash_u64(at + 32),
        .bytes_used = sw_squash_u64(at + 40),
        .id_table = sw_squash_u64(at + 48),
        .inode_table = sw_squash_u64(at + 64),
        .directory_table = sw_squash_u64(at + 72),
        .fragment_table = sw_squash_u64(at + 80),
    };
}

/* Versions 1 to 3 have other super blocks, in either order of bytes; the version is
 * at the same place. */
static unsigned old_version(struct sw_view head, struct sw_squash_super *super)
{
    bool swapped = sw_squash_u32(head.data) == MAGIC_SWAPPED;
    uint16_t major = sw_squash_u16(head.data + 28);
    if (swapped)
        major = (uint16_t)(major >> 8 | (major & 0xff) << 8);
    if (major < 1 || major > 3)
        return 0;
    *super = (struct sw_squash_super){.version_major = major};
    return 32 + 14;
}

unsigned sw_squash_super(struct sw_view head, uint64_t size, struct sw_squash_super *super)
{
    if (head.size < SW_SQUASH_SUPER_SIZE)
        return 0;
    uint32_t magic = sw_squash_u32(head.data);
    if (magic != MAGIC && magic != MAGIC_SWAPPED)
        return 0;
    read_super(head.data, super);
    if (magic == MAGIC_SWAPPED || super->version_major != 4)
        return old_version(head, super);
    bool sound = super->version_minor == 0 && super->block_log >= 12 && super->block_log <= 20 &&
                 super->block_size == 1U << super->block_log &&
                 super->inode_table >= SW_SQUASH_SUPER_SIZE &&
                 super->inode_table < super->directory_table &&
                 super->directory_table < super->bytes_used && super->id_table < super->bytes_used;
    if (!sound)
        return 0;
    /* The magic number, the version, the size of blocks and its logarithm; and the
     * sizes, when the image is whole. */
    return 32 + 32 + 32 + (super->bytes_used <= size ? 32 : 0);
}

static enum sw_status make_decoder(struct sw_squash *image, struct sw_error *error)
{
    sqfs_compressor_config_t config;
    uint16_t id = image->super.compression;
    if (id == SQFS_COMP_LZO)
        return SW_OK;
    int result = id < SQFS_COMP_MIN || id > SQFS_COMP_MAX
                     ? SQFS_ERROR_UNSUPPORTED
                     : sqfs_compressor_config_init(&config, id, image->super.block_size,
                                                   SQFS_COMP_FLAG_UNCOMPRESS);
    if (result == 0)
        result = sqfs_compressor_create(&config, &image->decoder);
    if (result == SQFS_ERROR_ALLOC)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for a decompressor");
    if (result != 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "compression method %u cannot be undone here", id);
    return SW_OK;
}

enum sw_status sw_squash_open(struct sw_squash *image, struct sw_blob *blob, uint64_t window_max,
                              struct sw_error *error)
{
    uint8_t head[SW_SQUASH_SUPER_SIZE] = {0};
    size_t got = 0;
    *image = (struct sw_squash){.blob = blob, .window_max = window_max};
    image->inodes.block = image->directories.block = UINT64_MAX;
    image->fragments.block = image->ids.block = UINT64_MAX;
    image->fragment_index = SW_SQUASH_NO_FRAGMENT;
    image->id_index = UINT32_MAX;
    if (sw_blob_read_at(blob, 0, head, sizeof head, &got, error) != SW_OK)
        return SW_DEAD;
    if (sw_squash_super((struct sw_view){head, got}, blob->size, &image->super) == 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "no sound super block");
    if (image->super.version_major != 4)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "version %u cannot be read, only version 4", image->super.version_major);
    image->inodes.limit = image->super.directory_table;
    image->directories.limit = image->super.id_table;
    image->fragments.limit = image->ids.limit = UINT64_MAX;
    size_t size = image->super.block_size;
    image->packed = malloc(size < SW_SQUASH_META_SIZE ? SW_SQUASH_META_SIZE : size);
    image->block = malloc(size);
    image->fragment = malloc(size);
    if (image->packed == NULL || image->block == NULL || image->fragment == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for blocks");
    return make_decoder(image, error);
}

void sw_squash_close(struct sw_squash *image)
{
    if (image->decoder != NULL)
        sqfs_destroy(image->decoder);
    free(image->packed);
    free(image->block);
    free(image->fragment);
    *image = (struct sw_squash){.blob = NULL};
}

/* ---- metadata -------------------------------------------------------------- */

static enum sw_status load(struct sw_squash *image, struct sw_squash_meta *meta, uint64_t block,
                           struct sw_error *error)
{
    uint8_t header[2] = {0};
    if (meta->block == block)
        return SW_OK;
    meta->block = UINT64_MAX;
    enum sw_status status = read_exactly(image, block, header, sizeof header, error);
    if (status != SW_OK)
        return status;
    uint16_t word = sw_squash_u16(header);
    bool plain = (word & META_PLAIN) != 0;
    size_t size = word & (META_PLAIN - 1U);
    if (size == 0 || size > SW_SQUASH_META_SIZE)
        return damaged(error, block, "no metadata block");
    if (block + sizeof header + size > meta->limit)
        return damaged(error, block, "a table that runs into the next one");
    uint8_t *to = plain ? meta->data : image->packed;
    status = read_exactly(image, block + sizeof header, to, size, error);
    meta->size = size;
    if (status == SW_OK && !plain)
        status = unpack(image, size, block, meta->data, sizeof meta->data, &meta->size, error);
    if (status != SW_OK)
        return status;
    meta->block = block;
    meta->next = block + sizeof header + size;
    return SW_OK;
}

enum sw_status sw_squash_meta(struct sw_squash *image, struct sw_squash_meta *meta,
                              struct sw_squash_place *place, void *out, size_t size,
                              struct sw_error *error)
{
    uint8_t *to = out;
    while (size > 0) {
        enum sw_status status = load(image, meta, place->block, error);
        if (status != SW_OK)
            return status;
        if (place->offset > meta->size || meta->size == 0)
            return damaged(error, place->block, "a reference behind a metadata block");
        size_t here = meta->size - place->offset;
        size_t take = size < here ? size : here;
        memcpy(to, meta->data + place->offset, take);
        to += take;
        size -= take;
        place->offset += (uint32_t)take;
        if (place->offset == meta->size && size > 0)
            *place = (struct sw_squash_place){.block = meta->next, .offset = 0};
    }
    return SW_OK;
}

/* Record `index` of a table whose blocks are listed at `table`. */
static enum sw_status table_record(struct sw_squash *image, struct sw_squash_meta *meta,
                                   uint64_t table, uint64_t index, void *out, size_t size,
                                   struct sw_error *error)
{
    uint8_t pointer[TABLE_BLOCK] = {0};
    uint64_t each = SW_SQUASH_META_SIZE / size;
    uint64_t at = 0;
    if (__builtin_add_overflow(table, index / each * TABLE_BLOCK, &at))
        return damaged(error, table, "a table");
    enum sw_status status = read_exactly(image, at, pointer, sizeof pointer, error);
    if (status != SW_OK)
        return status;
    struct sw_squash_place place = {.block = sw_squash_u64(pointer),
                                    .offset = (uint32_t)(index % each * size)};
    return sw_squash_meta(image, meta, &place, out, size, error);
}

enum sw_status sw_squash_id(struct sw_squash *image, uint16_t index, uint32_t *id,
                            struct sw_error *error)
{
    uint8_t record[4] = {0};
    if (image->id_index != index) {
        if (index >= image->super.id_count)
            return damaged(error, image->super.id_table, "an unknown owner in the table");
        enum sw_status status = table_record(image, &image->ids, image->super.id_table, index,
                                             record, sizeof record, error);
        if (status != SW_OK)
            return status;
        image->id_index = index;
        image->id = sw_squash_u32(record);
    }
    *id = image->id;
    return SW_OK;
}

/* ---- data ------------------------------------------------------------------ */

enum sw_status sw_squash_block(struct sw_squash *image, uint64_t offset, uint32_t stored,
                               uint8_t *out, size_t *size, struct sw_error *error)
{
    bool plain = (stored & SW_SQUASH_BLOCK_PLAIN) != 0;
    size_t packed = stored & (SW_SQUASH_BLOCK_PLAIN - 1U);
    if (stored > 2U * SW_SQUASH_BLOCK_PLAIN || packed == 0 || packed > image->super.block_size)
        return damaged(error, offset, "a block of an impossible size");
    enum sw_status status = read_exactly(image, offset, plain ? out : image->packed, packed, error);
    if (status != SW_OK)
        return status;
    *size = packed;
    if (plain)
        return SW_OK;
    return unpack(image, packed, offset, out, image->super.block_size, size, error);
}

enum sw_status sw_squash_fragment(struct sw_squash *image, uint32_t index, uint32_t offset,
                                  size_t size, const uint8_t **data, struct sw_error *error)
{
    enum { RECORD = 16 };
    uint8_t record[RECORD] = {0};
    enum sw_status status = SW_OK;
    if (image->fragment_index != index) {
        image->fragment_index = SW_SQUASH_NO_FRAGMENT;
        if (index >= image->super.fragment_count)
            return damaged(error, image->super.fragment_table, "an unknown fragment in the table");
        status = table_record(image, &image->fragments, image->super.fragment_table, index, record,
                              sizeof record, error);
        if (status == SW_OK)
            status = sw_squash_block(image, sw_squash_u64(record), sw_squash_u32(record + 8),
                                     image->fragment, &image->fragment_size, error);
        if (status != SW_OK)
            return status;
        image->fragment_index = index;
    }
    if (offset > image->fragment_size || size > image->fragment_size - offset)
        return damaged(error, image->super.fragment_table, "a piece behind its fragment, table");
    *data = image->fragment + offset;
    return SW_OK;
}
