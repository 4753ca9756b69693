/* SPDX-License-Identifier: Apache-2.0 */
/* qcow2_map.c - header, tables and compressed clusters of a qcow2 file. */
#include "engine/disk/qcow2_map.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "engine/source/bytes.h"

#define ROOM        "qcow2"
#define OFFSET_MASK UINT64_C(0x00fffffffffffe00)
#define PACKED_FLAG (UINT64_C(1) << 62)

enum {
    MAGIC_BITS = 64, /* with the version */
    FIELD_BITS = 48, /* cluster size, table and size, which must fit each other */
    CLUSTER_BITS_MIN = 9,
    CLUSTER_BITS_MAX = 21,
    HEADER_V2 = 72,
    HEADER_V3 = 104,
    SECTOR = 512,
    WINDOW_BITS = 12, /* QEMU's deflate */
    SUBCLUSTERS = 32,
    EXTENSIONS_MAX = 64,
    EXTENSION_FORMAT = (int)0xe2792aca,
    EXTENSION_DATA_FILE = 0x44415441,
};

/* --- header -------------------------------------------------------------------------- */

static uint64_t big64(const uint8_t *data)
{
    return (uint64_t)sw_big32(data) << 32 | sw_big32(data + 4);
}

static unsigned entry_size(const struct sw_qcow2_header *header)
{
    return (header->incompatible & SW_QCOW2_EXTENDED_L2) != 0 ? 16 : 8;
}

/* Bits of the disk's offset that one L1 entry stands for. */
static unsigned l1_shift(const struct sw_qcow2_header *header)
{
    return header->cluster_bits + header->cluster_bits - (entry_size(header) == 16 ? 4 : 3);
}

static uint64_t l1_needed(const struct sw_qcow2_header *header)
{
    const unsigned shift = l1_shift(header);

    return (header->size >> shift) + ((header->size & ((UINT64_C(1) << shift) - 1)) != 0 ? 1 : 0);
}

unsigned sw_qcow2_header(struct sw_view head, uint64_t file_size, struct sw_qcow2_header *header)
{
    if (head.size < SW_QCOW2_HEADER || !sw_bytes_at(head, 0, "QFI\xfb\0\0\0", 7))
        return 0;
    const uint8_t *data = head.data;
    *header = (struct sw_qcow2_header){
        .version = data[7],
        .backing_at = big64(data + 8),
        .backing_size = sw_big32(data + 16),
        .cluster_bits = sw_big32(data + 20),
        .size = big64(data + 24),
        .crypt = sw_big32(data + 32),
        .l1_count = sw_big32(data + 36),
        .l1_at = big64(data + 40),
        .snapshot_count = sw_big32(data + 60),
        .length = HEADER_V2,
    };
    if (header->version == 3) {
        header->incompatible = big64(data + 72);
        header->length = sw_big32(data + 100);
        header->zstd = (header->incompatible & SW_QCOW2_COMPRESSION) != 0 &&
                       header->length > HEADER_V3 && data[HEADER_V3] == 1;
    }
    const bool sound = (header->version == 2 || header->version == 3) &&
                       header->cluster_bits >= CLUSTER_BITS_MIN &&
                       header->cluster_bits <= CLUSTER_BITS_MAX && header->size <= INT64_MAX &&
                       header->l1_at % SECTOR == 0 && header->l1_at < file_size &&
                       header->length >= (header->version == 2 ? HEADER_V2 : HEADER_V3) &&
                       header->backing_size <= SW_QCOW2_NAME_MAX && header->crypt <= 2 &&
                       l1_needed(header) <= header->l1_count;
    return sound ? MAGIC_BITS + FIELD_BITS : 0;
}

/* --- opening -------------------------------------------------------------------------- */

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for its tables");
}

static enum sw_status refuse(const struct sw_qcow2_header *header, struct sw_error *error)
{
    if (header->crypt != 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_ENCRYPTED, ROOM, 0, "is encrypted (%s)",
                           header->crypt == 1 ? "AES" : "LUKS");
    if ((header->incompatible & ~(uint64_t)SW_QCOW2_KNOWN) != 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "has features that are not known here (%#" PRIx64 ")",
                           header->incompatible);
    if ((header->incompatible & SW_QCOW2_COMPRESSION) != 0 && !header->zstd)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "is compressed by a method that is not known here");
    if (l1_needed(header) * 8 > SW_QCOW2_L1_MAX || header->size > SW_FORM_SIZE_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_SIZE, ROOM, 0,
                           "a disk of %" PRIu64 " bytes is larger than any that is opened",
                           header->size);
    return SW_OK;
}

static enum sw_status read_l1(struct sw_qcow2_map *map, struct sw_error *error)
{
    const struct sw_qcow2_header *header = &map->header;
    const size_t size = (size_t)l1_needed(header) * 8;

    map->l1_used = l1_needed(header);
    if (size > map->blob->size - header->l1_at)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, ROOM, 0,
                           "ends inside its first table");
    map->l1 = calloc(size + 8, 1);
    map->slices = calloc(SW_QCOW2_SLICES, sizeof(map->slices[0]));
    if (map->l1 == NULL || map->slices == NULL)
        return no_memory(error);
    enum sw_status status = sw_layer_read(ROOM, map->blob, header->l1_at, map->l1, size, error);
    for (uint64_t i = 0; status == SW_OK && i < map->l1_used; i++)
        map->l1[i] = big64((const uint8_t *)&map->l1[i]);
    return status;
}

enum sw_status sw_qcow2_map_init(struct sw_qcow2_map *map, struct sw_blob *blob,
                                 struct sw_error *error)
{
    uint8_t head[SW_QCOW2_HEADER];

    *map = (struct sw_qcow2_map){.blob = blob, .data = blob};
    enum sw_status status = sw_layer_read(ROOM, blob, 0, head, sizeof(head), error);
    if (status == SW_OK &&
        sw_qcow2_header((struct sw_view){head, sizeof(head)}, blob->size, &map->header) == 0)
        status =
            sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "its header says what cannot be");
    if (status == SW_OK)
        status = refuse(&map->header, error);
    if (status == SW_OK)
        status = read_l1(map, error);
    if (status != SW_OK)
        sw_qcow2_map_done(map);
    return status == SW_OK ? SW_OK : SW_DEAD;
}

void sw_qcow2_map_done(struct sw_qcow2_map *map)
{
    free(map->l1);
    free(map->slices);
    free(map->cluster);
    free(map->packed);
    *map = (struct sw_qcow2_map){0};
}

static enum sw_status read_name(const struct sw_qcow2_map *map, uint64_t at, size_t size,
                                size_t size_max, char *out, struct sw_error *error)
{
    if (size > size_max)
        size = size_max;
    enum sw_status status = sw_layer_read(ROOM, map->blob, at, out, size, error);
    out[status == SW_OK ? size : 0] = '\0';
    return status;
}

enum sw_status sw_qcow2_backing(const struct sw_qcow2_map *map,
                                char name[static SW_QCOW2_NAME_MAX + 1],
                                char format[static SW_QCOW2_FORMAT_MAX + 1],
                                char data_file[static SW_QCOW2_NAME_MAX + 1],
                                struct sw_error *error)
{
    uint64_t at = map->header.length;
    enum sw_status status = SW_OK;
    uint8_t head[8];

    name[0] = format[0] = data_file[0] = '\0';
    if (map->header.backing_at != 0)
        status = read_name(map, map->header.backing_at, map->header.backing_size, SW_QCOW2_NAME_MAX,
                           name, error);
    for (unsigned i = 0; status == SW_OK && i < EXTENSIONS_MAX; i++) {
        if (sw_layer_read(ROOM, map->blob, at, head, sizeof(head), error) != SW_OK ||
            sw_big32(head) == 0)
            break;
        const uint32_t type = sw_big32(head);
        const uint32_t size = sw_big32(head + 4);
        if (type == (uint32_t)EXTENSION_FORMAT)
            status = read_name(map, at + 8, size, SW_QCOW2_FORMAT_MAX, format, error);
        else if (type == EXTENSION_DATA_FILE)
            status = read_name(map, at + 8, size, SW_QCOW2_NAME_MAX, data_file, error);
        at += 8 + ((uint64_t)size + 7) / 8 * 8;
    }
    return status;
}

/* --- where a place of the disk lies ------------------------------------------------------ */

/* The L2 entry at byte `at` of the file, of a table that is whole in it. */
static enum sw_status l2_entry(struct sw_qcow2_map *map, uint64_t at, const uint8_t **entry,
                               struct sw_error *error)
{
    const uint64_t from = at - at % SW_QCOW2_SLICE;
    const size_t slot = (size_t)(from / SW_QCOW2_SLICE % SW_QCOW2_SLICES);
    size_t got = 0;

    if (map->slices[slot].at != from || from == 0) {
        map->slices[slot].at = 0;
        enum sw_status status =
            sw_blob_read_at(map->blob, from, map->slices[slot].bytes, SW_QCOW2_SLICE, &got, error);
        if (status != SW_OK)
            return status;
        if (got < at - from + entry_size(&map->header))
            return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                               "ends inside a table at byte %" PRIu64, at);
        /* What is cut off is not kept: the next entry may be behind the end. */
        if (got == SW_QCOW2_SLICE)
            map->slices[slot].at = from;
    }
    *entry = map->slices[slot].bytes + (at - from);
    return SW_OK;
}

/* One of the 32 parts of a cluster. */
static void find_subcluster(const struct sw_qcow2_map *map, uint64_t into, uint64_t entry,
                            uint64_t bitmap, struct sw_run *run)
{
    const uint64_t size = (UINT64_C(1) << map->header.cluster_bits) / SUBCLUSTERS;
    const unsigned at = (unsigned)(into / size);

    run->size = size - into % size;
    run->kind = (bitmap >> (SUBCLUSTERS + at) & 1) != 0 ? SW_RUN_ZEROS
                : (bitmap >> at & 1) != 0               ? SW_RUN_DATA
                                                        : SW_RUN_ABSENT;
    run->at = (entry & OFFSET_MASK) + into;
}

enum sw_status sw_qcow2_map_find(struct sw_qcow2_map *map, uint64_t offset, struct sw_run *run,
                                 struct sw_error *error)
{
    const struct sw_qcow2_header *header = &map->header;
    const uint64_t cluster = UINT64_C(1) << header->cluster_bits;
    const unsigned shift = l1_shift(header);
    const uint64_t into = offset & (cluster - 1);
    const uint64_t table = map->l1[offset >> shift] & OFFSET_MASK;
    const uint64_t in_table = (offset & ((UINT64_C(1) << shift) - 1)) >> header->cluster_bits;
    const uint8_t *bytes = NULL;

    *run = (struct sw_run){.kind = SW_RUN_ABSENT, .blob = map->data};
    if (table == 0) {
        run->size = (UINT64_C(1) << shift) - (offset & ((UINT64_C(1) << shift) - 1));
        return SW_OK;
    }
    enum sw_status status = l2_entry(map, table + in_table * entry_size(header), &bytes, error);
    if (status != SW_OK)
        return status;
    const uint64_t entry = big64(bytes);
    run->size = cluster - into;
    run->at = (entry & OFFSET_MASK) + into;
    if ((entry & PACKED_FLAG) != 0) {
        run->kind = SW_RUN_PACKED;
        run->at = entry;
        run->into = into;
    } else if (entry_size(header) == 16) {
        find_subcluster(map, into, entry, big64(bytes + 8), run);
    } else if (header->version == 3 && (entry & 1) != 0) {
        run->kind = SW_RUN_ZEROS;
    } else if ((entry & OFFSET_MASK) != 0 || map->data != map->blob) {
        /* In a data file the first cluster may lie at 0; there the flag in bit 63 tells. */
        if ((entry & OFFSET_MASK) != 0 || (entry >> 63) != 0)
            run->kind = SW_RUN_DATA;
    }
    return SW_OK;
}

/* --- compressed clusters ------------------------------------------------------------------ */

static bool inflate_cluster(const uint8_t *packed, size_t size, uint8_t *out, size_t out_size)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed,
                       .avail_in = (uInt)size,
                       .next_out = out,
                       .avail_out = (uInt)out_size};

    if (inflateInit2(&stream, -WINDOW_BITS) != Z_OK)
        return false;
    const int result = inflate(&stream, Z_FINISH);
    const bool all = stream.avail_out == 0;
    inflateEnd(&stream);
    return all && (result == Z_STREAM_END || result == Z_BUF_ERROR || result == Z_OK);
}

/* The sectors may hold more than the frame: it is read as far as the cluster goes. */
static bool unpack_zstd(const uint8_t *packed, size_t size, uint8_t *out, size_t out_size)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer in = {.src = packed, .size = size};
    ZSTD_outBuffer into = {.dst = out, .size = out_size};

    if (context == NULL)
        return false;
    while (into.pos < into.size) {
        const size_t before = into.pos;
        const size_t result = ZSTD_decompressStream(context, &into, &in);
        if (ZSTD_isError(result) || (into.pos == before && (result == 0 || in.pos == in.size)))
            break;
    }
    ZSTD_freeDCtx(context);
    return into.pos == into.size;
}

enum sw_status sw_qcow2_map_unpack(struct sw_qcow2_map *map, uint64_t entry, const uint8_t **bytes,
                                   struct sw_error *error)
{
    const struct sw_qcow2_header *header = &map->header;
    const size_t cluster = (size_t)1 << header->cluster_bits;
    const unsigned split = 62 - (header->cluster_bits - 8);
    const uint64_t at = entry & ((UINT64_C(1) << split) - 1);
    const uint64_t sectors = (entry & (PACKED_FLAG - 1)) >> split;
    size_t size = (size_t)(sectors + 1) * SECTOR - (size_t)(at & (SECTOR - 1));
    size_t got = 0;

    if (map->cluster_entry == entry) {
        *bytes = map->cluster;
        return SW_OK;
    }
    if (map->cluster == NULL)
        map->cluster = malloc(cluster);
    if (map->packed == NULL)
        map->packed = malloc(2 * cluster + SECTOR);
    if (map->cluster == NULL || map->packed == NULL)
        return no_memory(error);
    map->cluster_entry = 0;
    if (size > 2 * cluster + SECTOR)
        size = 2 * cluster + SECTOR;
    enum sw_status status = sw_blob_read_at(map->blob, at, map->packed, size, &got, error);
    if (status == SW_OK &&
        !(header->zstd ? unpack_zstd(map->packed, got, map->cluster, cluster)
                       : inflate_cluster(map->packed, got, map->cluster, cluster)))
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                             "a compressed cluster at byte %" PRIu64 " cannot be unpacked", at);
    if (status != SW_OK)
        return status;
    map->cluster_entry = entry;
    *bytes = map->cluster;
    return SW_OK;
}
