/* SPDX-License-Identifier: Apache-2.0 */
/* sets.c - whether a file is all of an image. */
#include "engine/disk/sets.h"

#include <stdlib.h>

#include "common/view.h"
#include "engine/disk/ewf_layout.h"
#include "engine/disk/parts_of.h"
#include "engine/disk/vmdk_descriptor.h"
#include "engine/source/bytes.h"

uint32_t sw_ewf_number(struct sw_blob *blob)
{
    uint8_t head[SW_EWF_HEADER_SIZE + SW_EWF_SECTION_SIZE];
    struct sw_error error;
    size_t got = 0;

    if (sw_blob_read_at(blob, 0, head, sizeof(head), &got, &error) != SW_OK)
        return 0;
    return sw_ewf_segment_number((struct sw_view){head, got});
}

bool sw_ewf_goes_on(struct sw_blob *blob)
{
    struct sw_ewf_layout layout = {0};
    struct sw_error error;

    return sw_ewf_number(blob) == 1 && sw_ewf_walk(&layout, blob, &error) >= SW_PART &&
           layout.goes_on;
}

bool sw_vmdk_names(struct sw_blob *blob, struct sw_view base)
{
    const size_t size =
        blob->size < SW_VMDK_DESCRIPTOR_MAX ? (size_t)blob->size : SW_VMDK_DESCRIPTOR_MAX;
    uint8_t head[32];
    struct sw_error error;
    size_t got = 0;
    bool names = false;

    if (sw_blob_read_at(blob, 0, head, sizeof(head), &got, &error) != SW_OK ||
        !sw_vmdk_is_descriptor((struct sw_view){head, got}) || size != blob->size)
        return false;
    struct sw_vmdk_descriptor *descriptor = malloc(sizeof(*descriptor));
    uint8_t *text = malloc(size + 1);
    if (descriptor != NULL && text != NULL &&
        sw_blob_read_at(blob, 0, text, size, &got, &error) == SW_OK &&
        sw_vmdk_read_descriptor((struct sw_view){text, got}, descriptor)) {
        names = base.size == 0;
        for (size_t i = 0; i < descriptor->count && !names; i++)
            names = sw_view_equal_fold(sw_disk_base_name(descriptor->extents[i].name), base);
    }
    free(descriptor);
    free(text);
    return names;
}

/* --- disks that are cut into pieces ---------------------------------------------------------- */

enum { HEAD = 4096, SECTOR = 512, MBR_TABLE = 446, MBR_ENTRY = 16, EXT_AT = 1024 };

static uint64_t times(uint64_t count, uint64_t unit)
{
    uint64_t size = 0;

    return __builtin_mul_overflow(count, unit, &size) ? 0 : size;
}

static uint64_t big64(const uint8_t *data)
{
    return (uint64_t)sw_big32(data) << 32 | sw_big32(data + 4);
}

static uint64_t size_of_fat(const uint8_t *data)
{
    const uint64_t sectors =
        sw_little16(data + 19) != 0 ? sw_little16(data + 19) : sw_little32(data + 32);

    return times(sectors, sw_little16(data + 11));
}

static uint64_t size_of_ext(const uint8_t *super)
{
    enum { HAS_64BIT = 0x80 };
    const uint32_t shift = sw_little32(super + 24);
    uint64_t blocks = sw_little32(super + 4);

    if ((sw_little32(super + 96) & HAS_64BIT) != 0)
        blocks |= (uint64_t)sw_little32(super + 336) << 32;
    return shift > 6 ? 0 : times(blocks, UINT64_C(1024) << shift);
}

static uint64_t end_of_partitions(const uint8_t *data)
{
    uint64_t end = 0;

    for (size_t i = 0; i < 4; i++) {
        const uint8_t *entry = data + MBR_TABLE + i * MBR_ENTRY;
        const uint64_t last = (uint64_t)sw_little32(entry + 8) + (uint64_t)sw_little32(entry + 12);
        if (entry[4] != 0 && last > end)
            end = last;
    }
    return times(end, SECTOR);
}

uint64_t sw_disk_stated_size(struct sw_blob *blob)
{
    uint8_t data[HEAD];
    struct sw_error error;
    size_t got = 0;

    if (sw_blob_read_at(blob, 0, data, HEAD, &got, &error) != SW_OK || got != HEAD)
        return 0;
    const struct sw_view head = {data, got};
    if (sw_bytes_at(head, SECTOR, "EFI PART", 8)) /* the other table is in the last sector */
        return times(sw_little64(data + SECTOR + 32) + 1, SECTOR);
    if (sw_bytes_at(head, 3, "NTFS    ", 8)) /* and a copy of the first sector */
        return times(sw_little64(data + 40) + 1, sw_little16(data + 11));
    if (sw_bytes_at(head, 3, "EXFAT   ", 8))
        return data[108] > 12 ? 0 : times(sw_little64(data + 72), UINT64_C(1) << data[108]);
    if (sw_bytes_at(head, 0, "XFSB", 4))
        return times(big64(data + 8), sw_big32(data + 4));
    if (sw_bytes_at(head, SECTOR, "LABELONE", 8) && sw_bytes_at(head, SECTOR + 24, "LVM2 001", 8))
        return sw_little64(data + SECTOR + 64);
    if (sw_bytes_at(head, EXT_AT + 56, "\x53\xef", 2))
        return size_of_ext(data + EXT_AT);
    if (sw_bytes_at(head, 54, "FAT", 3) || sw_bytes_at(head, 82, "FAT32", 5))
        return size_of_fat(data);
    if (sw_bytes_at(head, SECTOR - 2, "\x55\xaa", 2))
        return end_of_partitions(data);
    return 0;
}
