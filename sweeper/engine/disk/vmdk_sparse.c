/* SPDX-License-Identifier: Apache-2.0 */
/* vmdk_sparse.c - directory, tables and grains of a sparse extent. */
#include "engine/disk/vmdk_sparse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/source/bytes.h"

#define ROOM "vmdk"

enum {
    SECTOR = 512,
    FLAG_NEWLINES = 1 << 0,
    FLAG_ZEROED = 1 << 2,
    FLAG_COMPRESSED = 1 << 16,
    PER_TABLE = 512,
    COWD_PER_TABLE = 4096,
    DEFLATE = 1,
    GRAIN_MAX = 64 * 1024 * 1024,
    PACKED_GRAIN_MAX = 2 * 1024 * 1024,
    MARKER = 12, /* bytes before a compressed grain: its sector, its size */
    FOOTER_BEHIND = 1024,
};

/* --- header ----------------------------------------------------------------------------- */

/* In sectors, as it stands there; what is too large for bytes is no such thing. */
static uint64_t bytes_of(uint64_t sectors)
{
    return sectors > INT64_MAX / SECTOR ? UINT64_MAX : sectors * SECTOR;
}

static unsigned read_kdmv(const uint8_t *data, struct sw_vmdk_header *header)
{
    const uint32_t version = sw_little32(data + 4);
    const uint32_t flags = sw_little32(data + 8);

    *header = (struct sw_vmdk_header){
        .capacity = bytes_of(sw_little64(data + 12)),
        .grain = bytes_of(sw_little64(data + 20)),
        .descriptor_at = bytes_of(sw_little64(data + 28)),
        .descriptor_size = bytes_of(sw_little64(data + 36)),
        .per_table = sw_little32(data + 44),
        .directory_at = bytes_of(sw_little64(data + 56)),
        .compressed = (flags & FLAG_COMPRESSED) != 0,
        .zeroed = (flags & FLAG_ZEROED) != 0,
    };
    const bool sound = version >= 1 && version <= 3 &&
                       ((flags & FLAG_NEWLINES) == 0 || memcmp(data + 73, "\n \r\n", 4) == 0) &&
                       header->per_table == PER_TABLE &&
                       (!header->compressed || sw_little16(data + 77) == DEFLATE);
    return sound ? 32 + 32 + 32 + 16 : 0;
}

static unsigned read_cowd(const uint8_t *data, struct sw_vmdk_header *header)
{
    *header = (struct sw_vmdk_header){
        .capacity = bytes_of(sw_little32(data + 12)),
        .grain = bytes_of(sw_little32(data + 16)),
        .directory_at = bytes_of(sw_little32(data + 20)),
        .per_table = COWD_PER_TABLE,
    };
    const uint64_t per_table = header->grain * COWD_PER_TABLE;
    const bool sound = sw_little32(data + 4) == 1 && per_table != 0 &&
                       sw_little32(data + 24) >= header->capacity / per_table &&
                       header->directory_at != 0;
    return sound ? 32 + 32 + 16 : 0;
}

unsigned sw_vmdk_header(struct sw_view head, struct sw_vmdk_header *header)
{
    unsigned bits = 0;

    if (head.size < SW_VMDK_HEADER)
        return 0;
    if (sw_bytes_at(head, 0, "KDMV", 4))
        bits = read_kdmv(head.data, header);
    else if (sw_bytes_at(head, 0, "COWD", 4))
        bits = read_cowd(head.data, header);
    const bool sound = bits != 0 && header->grain != 0 && header->grain <= GRAIN_MAX &&
                       (header->grain & (header->grain - 1)) == 0 &&
                       (!header->compressed || header->grain <= PACKED_GRAIN_MAX) &&
                       header->capacity <= SW_FORM_SIZE_MAX;
    return sound ? bits : 0;
}

/* --- opening ---------------------------------------------------------------------------- */

/* A stream's directory is written behind what it lists, and a copy of the header says where. */
static enum sw_status read_footer(struct sw_vmdk_sparse *sparse, struct sw_error *error)
{
    uint8_t footer[SW_VMDK_HEADER];
    struct sw_vmdk_header header;

    if (sparse->header.directory_at != UINT64_MAX)
        return SW_OK;
    if (sparse->blob->size < FOOTER_BEHIND ||
        sw_layer_read(ROOM, sparse->blob, sparse->blob->size - FOOTER_BEHIND, footer,
                      sizeof(footer), error) != SW_OK ||
        sw_vmdk_header((struct sw_view){footer, sizeof(footer)}, &header) == 0 ||
        header.directory_at == UINT64_MAX || header.grain != sparse->header.grain ||
        header.capacity != sparse->header.capacity)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, ROOM, 0,
                           "does not end with the footer that says where its tables are");
    sparse->header.directory_at = header.directory_at;
    return SW_OK;
}

static enum sw_status read_directory(struct sw_vmdk_sparse *sparse, struct sw_error *error)
{
    const struct sw_vmdk_header *header = &sparse->header;
    const uint64_t per_table = header->grain * header->per_table;
    const uint64_t count =
        header->capacity / per_table + (header->capacity % per_table != 0 ? 1 : 0);
    const uint64_t size = sparse->blob->size;

    if (count * 4 > SW_LAYER_TABLE_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_SIZE, ROOM, 0,
                           "its directory of grains is larger than any that is read");
    if (header->directory_at > size || count * 4 > size - header->directory_at)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, ROOM, 0,
                           "ends before its directory of grains does");
    sparse->directory = malloc((size_t)count * 4 + 4);
    sparse->table = malloc((size_t)header->per_table * 4);
    if (sparse->directory == NULL || sparse->table == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for its tables");
    sparse->directory_count = count;
    enum sw_status status = sw_layer_read(ROOM, sparse->blob, header->directory_at,
                                          sparse->directory, (size_t)count * 4, error);
    for (uint64_t i = 0; status == SW_OK && i < count; i++)
        sparse->directory[i] = sw_little32((const uint8_t *)&sparse->directory[i]);
    return status;
}

enum sw_status sw_vmdk_sparse_init(struct sw_vmdk_sparse *sparse, struct sw_blob *blob,
                                   struct sw_error *error)
{
    uint8_t head[SW_VMDK_HEADER];

    *sparse = (struct sw_vmdk_sparse){.blob = blob, .table_of = UINT64_MAX};
    enum sw_status status = sw_layer_read(ROOM, blob, 0, head, sizeof(head), error);
    if (status == SW_OK &&
        sw_vmdk_header((struct sw_view){head, sizeof(head)}, &sparse->header) == 0)
        status =
            sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "its header says what cannot be");
    if (status == SW_OK)
        status = read_footer(sparse, error);
    if (status == SW_OK)
        status = read_directory(sparse, error);
    if (status != SW_OK)
        sw_vmdk_sparse_done(sparse);
    return status == SW_OK ? SW_OK : SW_DEAD;
}

void sw_vmdk_sparse_done(struct sw_vmdk_sparse *sparse)
{
    free(sparse->directory);
    free(sparse->table);
    free(sparse->grain);
    free(sparse->packed);
    *sparse = (struct sw_vmdk_sparse){.table_of = UINT64_MAX};
}

/* --- reading ---------------------------------------------------------------------------- */

enum sw_status sw_vmdk_sparse_find(struct sw_vmdk_sparse *sparse, uint64_t offset,
                                   struct sw_run *run, struct sw_error *error)
{
    const struct sw_vmdk_header *header = &sparse->header;
    const uint64_t grain = offset / header->grain;
    const uint64_t into = offset % header->grain;
    const uint64_t table = grain / header->per_table;
    const uint32_t in_table = (uint32_t)(grain % header->per_table);

    *run = (struct sw_run){.kind = SW_RUN_ABSENT, .blob = sparse->blob};
    if (sparse->directory[table] == 0) {
        run->size = header->grain * (header->per_table - in_table) - into;
        return SW_OK;
    }
    if (sparse->table_of != table) {
        sparse->table_of = UINT64_MAX;
        enum sw_status status =
            sw_layer_read(ROOM, sparse->blob, (uint64_t)sparse->directory[table] * SECTOR,
                          sparse->table, (size_t)header->per_table * 4, error);
        if (status != SW_OK)
            return status;
        sparse->table_of = table;
    }
    const uint32_t at = sw_little32((const uint8_t *)&sparse->table[in_table]);
    run->size = header->grain - into;
    if (at == 0)
        return SW_OK;
    if (at == 1 && header->zeroed) {
        run->kind = SW_RUN_ZEROS;
        return SW_OK;
    }
    run->kind = header->compressed ? SW_RUN_PACKED : SW_RUN_DATA;
    run->at = (uint64_t)at * SECTOR + (header->compressed ? 0 : into);
    run->into = into;
    return SW_OK;
}

static enum sw_status inflate_grain(struct sw_vmdk_sparse *sparse, uint64_t at, size_t size,
                                    struct sw_error *error)
{
    uLongf out = (uLongf)sparse->header.grain;

    enum sw_status status =
        sw_layer_read(ROOM, sparse->blob, at + MARKER, sparse->packed, size, error);
    if (status != SW_OK)
        return status;
    const int result = uncompress(sparse->grain, &out, sparse->packed, (uLong)size);
    if (result != Z_OK)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "a compressed grain at byte %" PRIu64 " cannot be unpacked", at);
    memset(sparse->grain + out, 0, (size_t)(sparse->header.grain - out)); /* the disk's end */
    return SW_OK;
}

enum sw_status sw_vmdk_sparse_unpack(struct sw_vmdk_sparse *sparse, uint64_t at,
                                     const uint8_t **bytes, struct sw_error *error)
{
    const size_t size_max = 2 * (size_t)sparse->header.grain + SECTOR;
    uint8_t marker[MARKER];

    if (sparse->grain_at != at) {
        sparse->grain_at = 0;
        if (sparse->grain == NULL)
            sparse->grain = malloc((size_t)sparse->header.grain);
        if (sparse->packed == NULL)
            sparse->packed = malloc(size_max);
        if (sparse->grain == NULL || sparse->packed == NULL)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                               "no memory for a compressed grain");
        enum sw_status status =
            sw_layer_read(ROOM, sparse->blob, at, marker, sizeof(marker), error);
        const size_t size = status == SW_OK ? sw_little32(marker + 8) : 0;
        if (status == SW_OK && (size == 0 || size > size_max))
            status = sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                                 "a grain at byte %" PRIu64 " has no sound size", at);
        if (status == SW_OK)
            status = inflate_grain(sparse, at, size, error);
        if (status != SW_OK)
            return status;
        sparse->grain_at = at;
    }
    *bytes = sparse->grain;
    return SW_OK;
}
