/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vhd.c - Microsoft's images up to Windows 7: fixed, dynamic and differencing.
 *
 * Microsoft, "Virtual Hard Disk Image Format Specification", 1.0; all numbers are
 * big-endian. A footer of 512 bytes ends the file; those that are not fixed begin with a
 * copy of it. Each block begins with a bitmap: in a differencing image it tells which
 * sectors are its own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/disk/disks.h"
#include "engine/disk/layers.h"
#include "engine/source/bytes.h"

#define ROOM "vhd"

enum {
    FOOTER = 512,
    FOOTER_CHECKSUM_AT = 64,
    HEADER = 1024,
    HEADER_CHECKSUM_AT = 36,
    HEADER_NAME_AT = 64,
    HEADER_NAME_SIZE = 512,
    FIXED = 2,
    DYNAMIC = 3,
    DIFFERENCING = 4,
    BITS = 64 + 32 + 16,
    SECTOR = 512,
    BLOCK_MAX = 256 * 1024 * 1024, /* bytes; Windows writes 2 MiB */
};
#define NO_BLOCK UINT32_MAX

struct footer {
    uint32_t type;
    uint64_t size; /* of the disk */
    uint64_t header_at;
};

struct vhd {
    struct sw_layer layer;
    struct sw_blob *blob;
    bool differencing;
    uint32_t block; /* bytes; 0: fixed */
    uint32_t *table;
    uint32_t table_count;
    uint8_t *bitmap; /* of one block */
    uint32_t bitmap_size;
    uint32_t bitmap_of; /* that block; NO_BLOCK: none */
};

static uint64_t big64(const uint8_t *data)
{
    return (uint64_t)sw_big32(data) << 32 | sw_big32(data + 4);
}

/* The complement of the sum of all bytes but its own. */
static bool checksum_fits(const uint8_t *data, size_t size, size_t at)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += i >= at && i < at + 4 ? 0 : data[i];
    return ~sum == sw_big32(data + at);
}

static bool read_footer(struct sw_view bytes, struct footer *footer)
{
    if (bytes.size < FOOTER || !sw_bytes_at(bytes, 0, "conectix", 8) ||
        !checksum_fits(bytes.data, FOOTER, FOOTER_CHECKSUM_AT))
        return false;
    *footer = (struct footer){.header_at = big64(bytes.data + 16),
                              .size = big64(bytes.data + 48),
                              .type = sw_big32(bytes.data + 60)};
    return footer->type >= FIXED && footer->type <= DIFFERENCING && footer->size <= INT64_MAX;
}

/* The first footer that is sound; one at the end counts first for what is fixed. */
static bool find_footer(struct sw_view head, struct sw_view tail, uint64_t size,
                        struct footer *footer)
{
    if (size < FOOTER)
        return false;
    if (tail.size >= FOOTER &&
        read_footer((struct sw_view){tail.data + tail.size - FOOTER, FOOTER}, footer))
        return footer->type != FIXED || footer->size <= size - FOOTER;
    return read_footer(head, footer) && footer->type != FIXED;
}

static unsigned probe(const struct sw_probe *probe)
{
    struct footer footer;

    return find_footer(probe->head, probe->tail, probe->size, &footer) ? BITS : 0;
}

static bool blob_footer(struct sw_blob *blob, struct footer *footer)
{
    uint8_t head[FOOTER], tail[FOOTER];
    struct sw_error error;
    size_t got = 0, behind = 0;

    return blob->size >= FOOTER && sw_blob_read_at(blob, 0, head, FOOTER, &got, &error) == SW_OK &&
           sw_blob_read_at(blob, blob->size - FOOTER, tail, FOOTER, &behind, &error) == SW_OK &&
           find_footer((struct sw_view){head, got}, (struct sw_view){tail, behind}, blob->size,
                       footer);
}

static bool is_vhd(struct sw_blob *blob)
{
    struct footer footer;

    return blob_footer(blob, &footer);
}

/* --- reading --------------------------------------------------------------------------- */

/* Which of a block's sectors are its own: the run of equal bits from `sector` on. */
static enum sw_status sectors_from(struct vhd *vhd, uint32_t block, uint32_t sector, bool *own,
                                   uint32_t *count, struct sw_error *error)
{
    const uint32_t sectors = vhd->block / SECTOR;

    if (vhd->bitmap_of != block) {
        vhd->bitmap_of = NO_BLOCK;
        enum sw_status status = sw_layer_read(ROOM, vhd->blob, (uint64_t)vhd->table[block] * SECTOR,
                                              vhd->bitmap, vhd->bitmap_size, error);
        if (status != SW_OK)
            return status;
        vhd->bitmap_of = block;
    }
    *own = (vhd->bitmap[sector / 8] >> (7 - sector % 8) & 1) != 0;
    *count = 0;
    while (sector < sectors && ((vhd->bitmap[sector / 8] >> (7 - sector % 8) & 1) != 0) == *own) {
        sector++;
        ++*count;
    }
    return SW_OK;
}

static enum sw_status find(struct sw_layer *layer, uint64_t offset, struct sw_run *run,
                           struct sw_error *error)
{
    struct vhd *vhd = (struct vhd *)(void *)layer;
    bool own = true;
    uint32_t count = 0;

    *run = (struct sw_run){
        .kind = SW_RUN_DATA, .blob = vhd->blob, .at = offset, .size = layer->size - offset};
    if (vhd->block == 0)
        return SW_OK;
    const uint32_t block = (uint32_t)(offset / vhd->block);
    const uint32_t into = (uint32_t)(offset % vhd->block);
    run->size = vhd->block - into;
    if (vhd->table[block] == NO_BLOCK) {
        run->kind = SW_RUN_ABSENT;
        return SW_OK;
    }
    run->at = (uint64_t)vhd->table[block] * SECTOR + vhd->bitmap_size + into;
    if (!vhd->differencing)
        return SW_OK;
    enum sw_status status = sectors_from(vhd, block, into / SECTOR, &own, &count, error);
    if (status != SW_OK)
        return status;
    run->kind = own ? SW_RUN_DATA : SW_RUN_ABSENT;
    run->size = (uint64_t)count * SECTOR - into % SECTOR;
    return SW_OK;
}

static void done(struct sw_layer *layer)
{
    struct vhd *vhd = (struct vhd *)(void *)layer;

    free(vhd->table);
    free(vhd->bitmap);
    free(vhd);
}

/* --- opening --------------------------------------------------------------------------- */

static enum sw_status read_table(struct vhd *vhd, uint64_t at, struct sw_error *error)
{
    const uint64_t size = (uint64_t)vhd->table_count * 4;

    if (size > SW_LAYER_TABLE_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_SIZE, ROOM, 0,
                           "its table of %" PRIu32 " blocks is larger than any that is read",
                           vhd->table_count);
    if (at > vhd->blob->size || size > vhd->blob->size - at)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, ROOM, 0,
                           "ends before its table of blocks does");
    vhd->table = malloc((size_t)size + 1);
    vhd->bitmap = malloc(vhd->bitmap_size);
    if (vhd->table == NULL || vhd->bitmap == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for its table");
    enum sw_status status = sw_layer_read(ROOM, vhd->blob, at, vhd->table, (size_t)size, error);
    for (uint32_t i = 0; status == SW_OK && i < vhd->table_count; i++)
        vhd->table[i] = sw_big32((const uint8_t *)&vhd->table[i]);
    return status;
}

static enum sw_status open_blocks(struct vhd *vhd, const struct footer *footer,
                                  struct sw_parent *parent, struct sw_error *error)
{
    uint8_t header[HEADER];

    enum sw_status status =
        sw_layer_read(ROOM, vhd->blob, footer->header_at, header, HEADER, error);
    if (status != SW_OK)
        return status;
    vhd->block = sw_big32(header + 32);
    if (memcmp(header, "cxsparse", 8) != 0 || !checksum_fits(header, HEADER, HEADER_CHECKSUM_AT) ||
        vhd->block < SECTOR || vhd->block > BLOCK_MAX || (vhd->block & (vhd->block - 1)) != 0)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "its second header says what cannot be");
    const uint64_t blocks = footer->size / vhd->block + (footer->size % vhd->block != 0 ? 1 : 0);
    if (blocks > sw_big32(header + 28))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "its table has %" PRIu32 " blocks, and its disk %" PRIu64,
                           sw_big32(header + 28), blocks);
    vhd->table_count = (uint32_t)blocks;
    vhd->bitmap_size = ((vhd->block / SECTOR + 7) / 8 + SECTOR - 1) / SECTOR * SECTOR;
    vhd->differencing = footer->type == DIFFERENCING;
    if (vhd->differencing)
        sw_layer_name_utf16(parent->name, header + HEADER_NAME_AT, HEADER_NAME_SIZE, true);
    if (vhd->differencing && parent->name[0] == '\0')
        memcpy(parent->name, "?", 2); /* it has one, and does not say which */
    return read_table(vhd, big64(header + 16), error);
}

static enum sw_status open_layer(struct sw_layers *layers, struct sw_blob *blob,
                                 struct sw_layer **layer, struct sw_parent *parent,
                                 struct sw_error *error)
{
    static const struct sw_layer_ops ops = {
        .find = find, .unpack = sw_layer_not_packed, .done = done};
    struct vhd *vhd = calloc(1, sizeof(*vhd));
    struct footer footer = {0};
    enum sw_status status = SW_OK;

    (void)layers;
    if (vhd == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    *vhd = (struct vhd){.layer.ops = &ops, .blob = blob, .bitmap_of = NO_BLOCK};
    if (!blob_footer(blob, &footer))
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "has no sound footer");
    if (status == SW_OK && footer.type != FIXED)
        status = open_blocks(vhd, &footer, parent, error);
    if (status != SW_OK) {
        done(&vhd->layer);
        return SW_DEAD;
    }
    vhd->layer.size = footer.size;
    *layer = &vhd->layer;
    return SW_OK;
}

const struct sw_layer_format sw_layer_vhd = {.room = ROOM, .is = is_vhd, .open = open_layer};

static enum sw_status open_vhd(const struct sw_input *input, const struct sw_source_setup *setup,
                               void **state, struct sw_error *error)
{
    (void)setup;
    return sw_layers_open(&sw_layer_vhd, input, state, error);
}

const struct sw_source sw_source_vhd = {
    .kind = "vhd",
    .disk = true,
    .probe = probe,
    .open = open_vhd,
    .next = sw_form_next,
    .read = sw_form_read,
    .close = sw_form_close,
};
