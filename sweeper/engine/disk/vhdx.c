/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vhdx.c - Microsoft's images since Windows 8.
 *
 * Microsoft, [MS-VHDX]; all numbers are little-endian. Two headers and two region tables
 * have checksums (CRC-32C); the region table leads to the metadata and to the table of
 * blocks. What stands in a log was written and not yet put in its place: it is not
 * replayed here, and a gap says so.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/disk/crc32c.h"
#include "engine/disk/disks.h"
#include "engine/disk/layers.h"
#include "engine/source/bytes.h"

#define ROOM "vhdx"
#define KIB  ((uint64_t)1024)
#define MIB  ((uint64_t)1024 * 1024)

enum {
    HEADER_AT = 64 * 1024,
    HEADER_SIZE = 4096,
    HEADER_READ = 80,
    REGIONS_AT = 192 * 1024,
    REGIONS_SIZE = 64 * 1024,
    REGIONS_MAX = 2047,
    METADATA_SIZE = 64 * 1024,
    ITEMS_MAX = 2047,
    ENTRY_SIZE = 32,
    BITS = 64 + 32 + 32 + 16,
    HAS_PARENT = 2,
    LOCATOR_MAX = 64 * 1024, /* bytes of what names the parent */
    LOCATOR_ENTRY = 12,
    LOCATOR_HEAD = 20,
};

/* States of a block; what others there are is nothing. */
enum { BLOCK_ZERO = 2, BLOCK_PRESENT = 6, BLOCK_PARTIAL = 7 };

/* GUIDs as they stand in the file. */
static const uint8_t region_blocks[16] = {0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42,
                                          0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08};
static const uint8_t region_metadata[16] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                                            0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
static const uint8_t item_parameters[16] = {0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
                                            0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b};
static const uint8_t item_size[16] = {0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48,
                                      0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8};
static const uint8_t item_sector[16] = {0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47,
                                        0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f};
static const uint8_t item_parent[16] = {0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45,
                                        0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c};

struct vhdx {
    struct sw_layer layer;
    struct sw_blob *blob;
    uint64_t block;        /* bytes */
    uint32_t sector;       /* bytes */
    uint64_t chunk_blocks; /* blocks, after which a bitmap has an entry in the table */
    bool has_parent;
    uint8_t *table;
    uint64_t table_count; /* entries */
    uint8_t *bitmap;      /* 1 MiB; of one chunk of a differencing image */
    uint64_t bitmap_at;   /* where it lies; 0: none */
};

static bool is_sound(const uint8_t *data, size_t size, const char *signature)
{
    return memcmp(data, signature, 4) == 0 &&
           sw_crc32c_around(data, size, 4) == sw_little32(data + 4);
}

static unsigned probe(const struct sw_probe *probe)
{
    if (!sw_bytes_at(probe->head, 0, "vhdxfile", 8) || probe->head.size < REGIONS_AT + REGIONS_SIZE)
        return 0;
    const uint8_t *data = probe->head.data;
    return is_sound(data + HEADER_AT, HEADER_SIZE, "head") ||
                   is_sound(data + HEADER_AT + HEADER_AT, HEADER_SIZE, "head")
               ? BITS
               : 0;
}

static bool is_vhdx(struct sw_blob *blob)
{
    uint8_t head[8];
    struct sw_error error;
    size_t got = 0;

    return sw_blob_read_at(blob, 0, head, sizeof(head), &got, &error) == SW_OK &&
           sw_bytes_at((struct sw_view){head, got}, 0, "vhdxfile", 8);
}

/* --- reading ---------------------------------------------------------------------------- */

static uint64_t entry_at(const struct vhdx *vhdx, uint64_t index)
{
    return index < vhdx->table_count ? sw_little64(vhdx->table + index * 8) : 0;
}

/* Of a block that only has some of its sectors: the run of equal bits. */
static enum sw_status partial(struct vhdx *vhdx, uint64_t offset, struct sw_run *run,
                              struct sw_error *error)
{
    const uint64_t chunk = vhdx->chunk_blocks * vhdx->block;
    const uint64_t index = (offset / chunk + 1) * (vhdx->chunk_blocks + 1) - 1;
    const uint64_t entry = entry_at(vhdx, index);
    const uint64_t at = entry & ~(MIB - 1);
    uint64_t sector = offset % chunk / vhdx->sector;
    const uint64_t end = sector + (run->size + offset % vhdx->sector) / vhdx->sector;

    if ((entry & 7) != BLOCK_PRESENT)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "has a block in parts, and no list of them");
    if (vhdx->bitmap == NULL)
        vhdx->bitmap = malloc(MIB);
    if (vhdx->bitmap == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a list");
    if (vhdx->bitmap_at != at) {
        vhdx->bitmap_at = 0;
        enum sw_status status = sw_layer_read(ROOM, vhdx->blob, at, vhdx->bitmap, MIB, error);
        if (status != SW_OK)
            return status;
        vhdx->bitmap_at = at;
    }
    const uint64_t first = sector;
    const bool own = (vhdx->bitmap[sector / 8] >> (sector % 8) & 1) != 0;
    while (sector < end && ((vhdx->bitmap[sector / 8] >> (sector % 8) & 1) != 0) == own)
        sector++;
    if (!own)
        run->kind = SW_RUN_ABSENT;
    run->size = (sector - first) * vhdx->sector - offset % vhdx->sector;
    return SW_OK;
}

static enum sw_status find(struct sw_layer *layer, uint64_t offset, struct sw_run *run,
                           struct sw_error *error)
{
    struct vhdx *vhdx = (struct vhdx *)(void *)layer;
    const uint64_t block = offset / vhdx->block;
    const uint64_t into = offset % vhdx->block;
    const uint64_t entry = entry_at(vhdx, block + block / vhdx->chunk_blocks);

    *run = (struct sw_run){.kind = SW_RUN_DATA,
                           .blob = vhdx->blob,
                           .at = (entry & ~(MIB - 1)) + into,
                           .size = vhdx->block - into};
    switch (entry & 7) {
    case BLOCK_PRESENT:
        return SW_OK;
    case BLOCK_PARTIAL:
        return partial(vhdx, offset, run, error);
    case 0: /* not present: the parent's */
        run->kind = SW_RUN_ABSENT;
        return SW_OK;
    default: /* undefined, zero, unmapped */
        run->kind = SW_RUN_ZEROS;
        return SW_OK;
    }
}

static void done(struct sw_layer *layer)
{
    struct vhdx *vhdx = (struct vhdx *)(void *)layer;

    free(vhdx->table);
    free(vhdx->bitmap);
    free(vhdx);
}

/* --- opening ---------------------------------------------------------------------------- */

static enum sw_status damaged(struct sw_error *error, const char *what)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "%s", what);
}

static const uint8_t *find_entry(const uint8_t *entries, uint32_t count, const uint8_t guid[16])
{
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(entries + (size_t)i * ENTRY_SIZE, guid, 16) == 0)
            return entries + (size_t)i * ENTRY_SIZE;
    return NULL;
}

/* Of the two headers the sound one with the larger number counts. */
static void look_at_log(struct sw_layers *layers, struct sw_blob *blob)
{
    uint8_t header[HEADER_SIZE];
    struct sw_error error;
    uint64_t newest = 0;
    bool has_log = false;

    for (unsigned i = 0; i < 2; i++) {
        if (sw_layer_read(ROOM, blob, (uint64_t)HEADER_AT * (i + 1), header, HEADER_SIZE, &error) !=
                SW_OK ||
            !is_sound(header, HEADER_SIZE, "head") || sw_little64(header + 8) < newest)
            continue;
        newest = sw_little64(header + 8);
        static const uint8_t none[16];
        has_log = memcmp(header + 48, none, 16) != 0;
    }
    if (has_log)
        sw_form_note(&layers->form, SW_GAP_UNSUPPORTED, ROOM,
                     "was not closed: what stands in its log, and not yet in its place, is not "
                     "looked at");
}

/* The parent's name out of its locator: pairs of keys and values in UTF-16. */
static void take_parent(struct vhdx *vhdx, uint64_t at, uint32_t size, struct sw_parent *parent)
{
    char key[SW_LAYER_NAME_MAX + 1];
    struct sw_error error;
    uint8_t *bytes = size <= LOCATOR_MAX ? malloc((size_t)size + 1) : NULL;

    memcpy(parent->name, "?", 2); /* it has one, and does not say which */
    if (bytes == NULL || size < LOCATOR_HEAD ||
        sw_layer_read(ROOM, vhdx->blob, at, bytes, size, &error) != SW_OK) {
        free(bytes);
        return;
    }
    const uint32_t count = sw_little16(bytes + 18);
    for (uint32_t i = 0; i < count && LOCATOR_HEAD + (i + 1) * LOCATOR_ENTRY <= size; i++) {
        const uint8_t *entry = bytes + LOCATOR_HEAD + (size_t)i * LOCATOR_ENTRY;
        const uint32_t key_at = sw_little32(entry), value_at = sw_little32(entry + 4);
        const uint32_t key_size = sw_little16(entry + 8), value_size = sw_little16(entry + 10);
        if (key_at > size || key_size > size - key_at || value_at > size ||
            value_size > size - value_at)
            continue;
        sw_layer_name_utf16(key, bytes + key_at, key_size, false);
        if (strcmp(key, "relative_path") == 0 || strcmp(key, "absolute_win32_path") == 0)
            sw_layer_name_utf16(parent->name, bytes + value_at, value_size, false);
        if (strcmp(key, "relative_path") == 0)
            break;
    }
    free(bytes);
}

static enum sw_status read_metadata(struct vhdx *vhdx, uint64_t at, struct sw_parent *parent,
                                    struct sw_error *error)
{
    uint8_t *table = malloc(METADATA_SIZE);
    uint8_t parameters[8], size[8], sector[4];

    if (table == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for its tables");
    enum sw_status status = sw_layer_read(ROOM, vhdx->blob, at, table, METADATA_SIZE, error);

    if (status != SW_OK) {
        free(table);
        return status;
    }
    const uint32_t count = sw_little16(table + 10);
    const uint8_t *of_parameters = NULL, *of_size = NULL, *of_sector = NULL, *of_parent = NULL;
    if (memcmp(table, "metadata", 8) == 0 && count <= ITEMS_MAX) {
        of_parameters = find_entry(table + ENTRY_SIZE, count, item_parameters);
        of_size = find_entry(table + ENTRY_SIZE, count, item_size);
        of_sector = find_entry(table + ENTRY_SIZE, count, item_sector);
        of_parent = find_entry(table + ENTRY_SIZE, count, item_parent);
    }
    if (of_parameters == NULL || of_size == NULL || of_sector == NULL) {
        free(table);
        return damaged(error, "its metadata do not say how large its disk is");
    }
    if (status == SW_OK)
        status = sw_layer_read(ROOM, vhdx->blob, at + sw_little32(of_parameters + 16), parameters,
                               sizeof(parameters), error);
    if (status == SW_OK)
        status = sw_layer_read(ROOM, vhdx->blob, at + sw_little32(of_size + 16), size, sizeof(size),
                               error);
    if (status == SW_OK)
        status = sw_layer_read(ROOM, vhdx->blob, at + sw_little32(of_sector + 16), sector,
                               sizeof(sector), error);
    if (status == SW_OK) {
        vhdx->block = sw_little32(parameters);
        vhdx->has_parent = (sw_little32(parameters + 4) & HAS_PARENT) != 0;
        vhdx->layer.size = sw_little64(size);
        vhdx->sector = sw_little32(sector);
    }
    if (status == SW_OK && vhdx->has_parent) {
        memcpy(parent->name, "?", 2);
        if (of_parent != NULL)
            take_parent(vhdx, at + sw_little32(of_parent + 16), sw_little32(of_parent + 20),
                        parent);
    }
    free(table);
    if (status == SW_OK &&
        (vhdx->block < MIB || vhdx->block > 256 * MIB || (vhdx->block & (vhdx->block - 1)) != 0 ||
         (vhdx->sector != 512 && vhdx->sector != 4 * KIB) || vhdx->layer.size > SW_FORM_SIZE_MAX))
        status = damaged(error, "its metadata say what cannot be");
    return status;
}

static enum sw_status read_table(struct vhdx *vhdx, uint64_t at, uint32_t size,
                                 struct sw_error *error)
{
    if (vhdx->block == 0 || vhdx->sector == 0)
        return damaged(error, "its metadata say what cannot be");
    vhdx->chunk_blocks = (UINT64_C(1) << 23) * vhdx->sector / vhdx->block;
    const uint64_t blocks =
        vhdx->layer.size / vhdx->block + (vhdx->layer.size % vhdx->block != 0 ? 1 : 0);
    const uint64_t chunks = (blocks + vhdx->chunk_blocks - 1) / vhdx->chunk_blocks;
    const uint64_t needed = blocks == 0        ? 0
                            : vhdx->has_parent ? chunks * (vhdx->chunk_blocks + 1)
                                               : blocks + (blocks - 1) / vhdx->chunk_blocks;

    if (needed * 8 > size || size > vhdx->blob->size)
        return damaged(error, "its table of blocks is too small for its disk");
    if (needed * 8 > SW_LAYER_TABLE_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_SIZE, ROOM, 0,
                           "its table of blocks is larger than any that is read");
    vhdx->table = malloc((size_t)needed * 8 + 1);
    if (vhdx->table == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for its table");
    vhdx->table_count = needed;
    return sw_layer_read(ROOM, vhdx->blob, at, vhdx->table, (size_t)needed * 8, error);
}

static enum sw_status read_regions(struct vhdx *vhdx, struct sw_parent *parent,
                                   struct sw_error *error)
{
    uint8_t *table = malloc(REGIONS_SIZE);
    enum sw_status status = SW_SKIP;

    if (table == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for its tables");
    for (unsigned i = 0; i < 2 && status == SW_SKIP; i++) {
        status = sw_layer_read(ROOM, vhdx->blob, REGIONS_AT + (uint64_t)i * REGIONS_SIZE, table,
                               REGIONS_SIZE, error);
        if (status == SW_OK &&
            (!is_sound(table, REGIONS_SIZE, "regi") || sw_little32(table + 8) > REGIONS_MAX)) {
            (void)damaged(error, "both of its region tables are damaged");
            status = SW_SKIP;
        }
    }
    if (status != SW_OK) {
        free(table);
        return status;
    }
    const uint8_t *metadata = find_entry(table + 16, sw_little32(table + 8), region_metadata);
    const uint8_t *blocks = find_entry(table + 16, sw_little32(table + 8), region_blocks);
    if (metadata == NULL || blocks == NULL)
        status = damaged(error, "does not say where its blocks are");
    if (metadata != NULL && blocks != NULL)
        status = read_metadata(vhdx, sw_little64(metadata + 16), parent, error);
    if (status == SW_OK && blocks != NULL)
        status = read_table(vhdx, sw_little64(blocks + 16), sw_little32(blocks + 24), error);
    free(table);
    return status;
}

static enum sw_status open_layer(struct sw_layers *layers, struct sw_blob *blob,
                                 struct sw_layer **layer, struct sw_parent *parent,
                                 struct sw_error *error)
{
    static const struct sw_layer_ops ops = {
        .find = find, .unpack = sw_layer_not_packed, .done = done};
    struct vhdx *vhdx = calloc(1, sizeof(*vhdx));

    if (vhdx == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    vhdx->layer.ops = &ops;
    vhdx->blob = blob;
    enum sw_status status = read_regions(vhdx, parent, error);
    if (status != SW_OK) {
        done(&vhdx->layer);
        return SW_DEAD;
    }
    look_at_log(layers, blob);
    *layer = &vhdx->layer;
    return SW_OK;
}

const struct sw_layer_format sw_layer_vhdx = {.room = ROOM, .is = is_vhdx, .open = open_layer};

static enum sw_status open_vhdx(const struct sw_input *input, const struct sw_source_setup *setup,
                                void **state, struct sw_error *error)
{
    (void)setup;
    return sw_layers_open(&sw_layer_vhdx, input, state, error);
}

const struct sw_source sw_source_vhdx = {
    .kind = "vhdx",
    .disk = true,
    .probe = probe,
    .open = open_vhdx,
    .next = sw_form_next,
    .read = sw_form_read,
    .close = sw_form_close,
};
