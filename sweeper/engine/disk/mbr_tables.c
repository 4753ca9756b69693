/* SPDX-License-Identifier: Apache-2.0 */
/* mbr_tables.c - tables of an MBR, each of them once. */
#include "engine/disk/mbr_tables.h"

#include <string.h>

#include "engine/source/bytes.h"

enum { TABLE = 446, ROW = 16, MARK = 510, SECTOR = 512, TYPE = 4, START = 8 };

struct table {
    uint64_t at;   /* sector */
    uint64_t base; /* what starts in it count from; 0: it is the first */
};

static bool is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Starts in the first table count from the beginning of the disk, those in all others from
 * the beginning of the extended volume that the first one has. */
static bool note(struct table tables[static SW_MBR_TABLES_MAX], size_t *count, uint64_t base,
                 uint64_t start)
{
    const struct table next = {base + start, base == 0 ? start : base};

    for (size_t i = 0; i < *count; i++)
        if (tables[i].at == next.at)
            return true;
    if (*count == SW_MBR_TABLES_MAX)
        return false;
    tables[(*count)++] = next;
    return true;
}

bool sw_mbr_tables_are_few(struct sw_blob *blob, unsigned sector)
{
    struct table tables[SW_MBR_TABLES_MAX] = {{0, 0}};
    size_t count = 1;

    for (size_t i = 0; i < count; i++) {
        uint8_t data[SECTOR];
        struct sw_error error;
        size_t got = 0;
        if (sw_blob_read_at(blob, tables[i].at * sector, data, sizeof(data), &got, &error) !=
                SW_OK ||
            got < sizeof(data))
            continue;
        for (const uint8_t *row = data + TABLE; row < data + MARK; row += ROW)
            if (is_extended(row[TYPE]) && sw_little32(row + START) != 0 &&
                !note(tables, &count, tables[i].base, sw_little32(row + START)))
                return false;
    }
    return true;
}
