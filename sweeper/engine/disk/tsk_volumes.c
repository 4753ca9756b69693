/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk_volumes.c - disks that are divided: MBR (with its chain of extended ones), GPT,
 * BSD labels, Sun labels, Apple's partition map.
 *
 * Volumes are called as Linux calls them: p1 to p4 those of an MBR's own table, p5 and
 * so on those in the extended one. What lies before the first volume, where boot code
 * lives, is handed out as bytes; what lies between volumes is unallocated space.
 */
#include <inttypes.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "engine/blob_window.h"
#include "engine/disk/disks.h"
#include "engine/disk/mbr_tables.h"
#include "engine/disk/tsk.h"
#include "engine/source/bytes.h"

enum {
    VOLUMES_MAX = 1024,      /* of one disk */
    LOGICAL_FIRST = 5,       /* number of the first volume in an extended one */
    NAME_MAX_SIZE = 4 + 512, /* p and a number, and a label of GPT in UTF-8 */
};
#define BOOT_MAX ((uint64_t)16 << 20) /* bytes before the first volume that are boot code */

struct volumes {
    struct tsk_image *image;
    TSK_VS_INFO *table;
    const TSK_VS_PART_INFO *at; /* the next one; NULL: none */
    unsigned count;             /* that were handed out */
    unsigned logical;           /* of them in an extended volume */
    bool boot_done;
    uint64_t boot_end; /* bytes that were handed out as boot code */
    bool unallocated;  /* what lies between volumes is wanted */
    struct sw_window window;
    char name[NAME_MAX_SIZE];
};

static enum sw_status open_table(const struct sw_input *input, TSK_VS_TYPE_ENUM type,
                                 const struct sw_source_setup *setup, void **state,
                                 struct sw_error *error)
{
    static const unsigned sector_sizes[] = {512, 4096};
    struct volumes *volumes = calloc(1, sizeof(*volumes));
    enum sw_status status = SW_DEAD;

    if (volumes == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "disk", 0, "no memory for volumes");
    if (type == TSK_VS_TYPE_DOS && !sw_mbr_tables_are_few(input->blob, sector_sizes[0])) {
        free(volumes);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "disk", 0,
                           "more than %d tables of volumes", SW_MBR_TABLES_MAX);
    }
    sw_window_init(&volumes->window, input->blob, 0, 0);
    volumes->unallocated = setup->unallocated;
    for (size_t i = 0; i < 2 && status != SW_OK; i++) {
        tsk_image_free(volumes->image);
        volumes->image = tsk_image_new(input->blob, sector_sizes[i]);
        if (volumes->image == NULL)
            break;
        volumes->table = tsk_vs_open(&volumes->image->info, 0, type);
        if (volumes->table != NULL)
            status = SW_OK;
        else
            (void)tsk_fail(volumes->image, SW_DEAD, SW_GAP_DAMAGED,
                           "the table of volumes cannot be read", error);
    }
    if (volumes->image == NULL)
        (void)sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "disk", 0, "no memory for volumes");
    if (status != SW_OK) {
        tsk_image_free(volumes->image);
        free(volumes);
        return status;
    }
    volumes->at = volumes->table->part_list;
    *state = volumes;
    return SW_OK;
}

#define OPEN(name, type)                                                                           \
    static enum sw_status open_##name(const struct sw_input *input,                                \
                                      const struct sw_source_setup *setup, void **state,           \
                                      struct sw_error *error)                                      \
    {                                                                                              \
        return open_table(input, type, setup, state, error);                                       \
    }
OPEN(mbr, TSK_VS_TYPE_DOS)
OPEN(gpt, TSK_VS_TYPE_GPT)
OPEN(bsd, TSK_VS_TYPE_BSD)
OPEN(sun, TSK_VS_TYPE_SUN)
OPEN(apm, TSK_VS_TYPE_MAC)

/* --- names -------------------------------------------------------------------------- */

static unsigned number_of(struct volumes *volumes, const TSK_VS_PART_INFO *part)
{
    if (volumes->table->vstype == TSK_VS_TYPE_DOS && part->table_num > 0)
        return LOGICAL_FIRST + volumes->logical++;
    return part->slot_num >= 0 ? (unsigned)part->slot_num + 1 : volumes->count + 1;
}

/* A label of GPT is whatever somebody has typed; what other tables have there is the
 * name of a type. */
static struct sw_view name_of(struct volumes *volumes, const TSK_VS_PART_INFO *part)
{
    const char *label = volumes->table->vstype == TSK_VS_TYPE_GPT ? part->desc : NULL;
    int size;

    if (label != NULL && label[0] != '\0')
        size = snprintf(volumes->name, sizeof(volumes->name), "p%u(%s)", number_of(volumes, part),
                        label);
    else
        size = snprintf(volumes->name, sizeof(volumes->name), "p%u", number_of(volumes, part));
    if (size >= (int)sizeof(volumes->name))
        size = sizeof(volumes->name) - 1;
    return (struct sw_view){(const uint8_t *)volumes->name, (size_t)size};
}

/* --- volumes -------------------------------------------------------------------------- */

static uint64_t bytes_of(const struct volumes *volumes, TSK_DADDR_T sectors)
{
    const uint64_t size = volumes->table->block_size;

    return sectors > UINT64_MAX / size ? UINT64_MAX : sectors * size;
}

static void hand_out(struct volumes *volumes, struct sw_view name, enum sw_member_kind kind,
                     uint64_t start, struct sw_member *member)
{
    *member = (struct sw_member){.kind = kind,
                                 .name = name,
                                 .facts = {.size = volumes->window.blob.size,
                                           .mtime_ns = SW_TIME_UNKNOWN,
                                           .atime_ns = SW_TIME_UNKNOWN,
                                           .ctime_ns = SW_TIME_UNKNOWN,
                                           .btime_ns = SW_TIME_UNKNOWN},
                                 .size_known = true,
                                 .in_place = &volumes->window.blob,
                                 .placed = true,
                                 .place = start};
}

/* What lies before the first volume. */
static bool next_boot(struct volumes *volumes, struct sw_member *member)
{
    static const char name[] = "boot";
    uint64_t first = volumes->image->blob->size;

    for (const TSK_VS_PART_INFO *part = volumes->table->part_list; part != NULL; part = part->next)
        if ((part->flags & TSK_VS_PART_FLAG_ALLOC) != 0 && bytes_of(volumes, part->start) < first)
            first = bytes_of(volumes, part->start);
    if (first == 0)
        return false;
    sw_window_init(&volumes->window, volumes->image->blob, 0, first < BOOT_MAX ? first : BOOT_MAX);
    volumes->boot_end = volumes->window.blob.size;
    hand_out(volumes, (struct sw_view){(const uint8_t *)name, sizeof(name) - 1}, SW_MEMBER_FILE, 0,
             member);
    return true;
}

/* Space that no volume has: a volume that was deleted may still be there. */
static bool next_gap(struct volumes *volumes, const TSK_VS_PART_INFO *part,
                     struct sw_member *member)
{
    uint64_t start = bytes_of(volumes, part->start);
    const uint64_t size = bytes_of(volumes, part->len);
    const uint64_t end = size > UINT64_MAX - start ? UINT64_MAX : start + size;

    if (start < volumes->boot_end)
        start = volumes->boot_end;
    if (start >= end)
        return false;
    sw_window_init(&volumes->window, volumes->image->blob, start, end - start);
    if (volumes->window.blob.size == 0)
        return false;
    const int length =
        snprintf(volumes->name, sizeof(volumes->name), "unallocated@%" PRIu64, start);
    hand_out(volumes, (struct sw_view){(const uint8_t *)volumes->name, (size_t)length},
             SW_MEMBER_DISK, start, member);
    member->gap = true;
    return true;
}

/* The rows of a table are bounded by the library; those of gaps by those. */
static const TSK_VS_PART_INFO *next_part(struct volumes *volumes, struct sw_member *member)
{
    for (; volumes->at != NULL; volumes->at = volumes->at->next) {
        const TSK_VS_PART_INFO *part = volumes->at;
        if ((part->flags & TSK_VS_PART_FLAG_ALLOC) != 0)
            return part;
        if (volumes->unallocated && (part->flags & TSK_VS_PART_FLAG_UNALLOC) != 0 &&
            next_gap(volumes, part, member))
            return part;
    }
    return NULL;
}

static enum sw_status next_volume(void *state, struct sw_member *member, struct sw_error *error)
{
    struct volumes *volumes = state;

    sw_blob_close(&volumes->window.blob);
    if (!volumes->boot_done) {
        volumes->boot_done = true;
        if (next_boot(volumes, member))
            return SW_OK;
    }
    const TSK_VS_PART_INFO *part = next_part(volumes, member);
    if (part == NULL)
        return SW_END;
    if ((part->flags & TSK_VS_PART_FLAG_ALLOC) == 0) {
        volumes->at = part->next;
        return SW_OK;
    }
    if (volumes->count == VOLUMES_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMBERS, "disk", 0,
                           "more than %d volumes: the rest was not looked at", VOLUMES_MAX);
    volumes->at = part->next;
    const uint64_t start = bytes_of(volumes, part->start);
    const uint64_t size = bytes_of(volumes, part->len);
    sw_window_init(&volumes->window, volumes->image->blob, start, size);
    hand_out(volumes, name_of(volumes, part), SW_MEMBER_DISK, start, member);
    volumes->count++;
    if (volumes->window.blob.size < size)
        return sw_fail_gap(error, SW_PART, SW_GAP_TRUNCATED, "disk", 0,
                           "the volume has %" PRIu64 " bytes, and %" PRIu64 " of them are there",
                           size, volumes->window.blob.size);
    return SW_OK;
}

static enum sw_status read_volume(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END; /* it lies in place */
}

static void close_table(void *state)
{
    struct volumes *volumes = state;

    sw_blob_close(&volumes->window.blob);
    tsk_vs_close(volumes->table);
    tsk_image_free(volumes->image);
    free(volumes);
}

/* --- probes ------------------------------------------------------------------------------- */

/* A header of GPT (UEFI specification, 5.3.2), with its checksum. */
static unsigned gpt_header(struct sw_view bytes, size_t at)
{
    enum { SIZE = 12, CHECKSUM = 16, HEADER_MIN = 92, HEADER_MAX = 512 };
    uint8_t header[HEADER_MAX];

    if (!sw_bytes_at(bytes, at, "EFI PART\0\0\1\0", 12) || bytes.size - at < HEADER_MIN)
        return 0;
    const uint32_t size = sw_little32(bytes.data + at + SIZE);
    if (size < HEADER_MIN || size > HEADER_MAX || size > bytes.size - at)
        return 0;
    memcpy(header, bytes.data + at, size);
    memset(header + CHECKSUM, 0, 4);
    return lzma_crc32(header, size, 0) == sw_little32(bytes.data + at + CHECKSUM) ? 96 + 32 : 0;
}

/* The first header, or the second, at the very end. */
static unsigned probe_gpt(const struct sw_probe *probe)
{
    for (size_t sector = 512; sector <= 4096; sector *= 8) {
        unsigned bits = gpt_header(probe->head, sector);
        if (bits == 0 && probe->tail.size >= sector)
            bits = gpt_header(probe->tail, probe->tail.size - sector);
        if (bits != 0)
            return bits;
    }
    return 0;
}

/* Whether the table of an MBR has rows that can be: `*used` are not empty. */
static bool is_mbr_table(const uint8_t *table, uint64_t size, unsigned *used)
{
    enum { ROWS = 4, ROW_SIZE = 16, TYPE = 4, START = 8, LENGTH = 12, PROTECTIVE = 0xee };
    unsigned active = 0;

    *used = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        const uint8_t *row = table + (size_t)i * ROW_SIZE;
        const uint32_t start = sw_little32(row + START);
        active += row[0] == 0x80 ? 1 : 0;
        if ((row[0] & 0x7f) != 0 || (row[TYPE] == 0 && (start | sw_little32(row + LENGTH)) != 0))
            return false;
        if (row[TYPE] == 0)
            continue;
        if (start == 0 || start >= size / 512 || sw_little32(row + LENGTH) == 0)
            return false;
        (*used)++;
    }
    return active <= 1 && *used != 0;
}

/* Not the boot sector of a file system, which ends with the same two bytes, and not a
 * CD's, which can be read as one. */
static unsigned probe_mbr(const struct sw_probe *probe)
{
    enum { TABLE = 446, MARK = 510, SECTOR = 512, CD = 32769 };
    unsigned used = 0;

    if (probe->head.size < SECTOR || !sw_bytes_at(probe->head, MARK, "\x55\xaa", 2) ||
        sw_bytes_at(probe->head, CD, "CD001", 5) || probe_gpt(probe) != 0 ||
        tsk_probe_ntfs(probe) != 0 || tsk_probe_fat(probe) != 0 || tsk_probe_exfat(probe) != 0)
        return 0;
    if (!is_mbr_table(probe->head.data + TABLE, probe->size, &used))
        return 0;
    return 16 + 28 + 4 * used;
}

/* A label of BSD in the second sector: two magic numbers and a checksum. */
static unsigned probe_bsd(const struct sw_probe *probe)
{
    enum { AT = 512, SECOND = 132, COUNT = 138, ROWS = 148, ROW_SIZE = 16, COUNT_MAX = 22 };
    static const uint8_t magic[] = {0x57, 0x45, 0x56, 0x82};
    uint16_t sum = 0;

    if (!sw_bytes_at(probe->head, AT, magic, 4) ||
        !sw_bytes_at(probe->head, AT + SECOND, magic, 4) || probe->head.size < (size_t)2 * AT)
        return 0;
    const uint8_t *label = probe->head.data + AT;
    const unsigned count = sw_little16(label + COUNT);
    if (count == 0 || count > COUNT_MAX)
        return 0;
    for (size_t i = 0; i < ROWS + (size_t)count * ROW_SIZE; i += 2)
        sum ^= sw_little16(label + i);
    return sum == 0 ? 64 + 16 : 0;
}

/* A label of Sun's: its magic number and a checksum over the sector. */
static unsigned probe_sun(const struct sw_probe *probe)
{
    enum { MAGIC = 508, SECTOR = 512, SANE = 188 };
    uint16_t sum = 0;

    if (probe->head.size < SECTOR || !sw_bytes_at(probe->head, MAGIC, "\xda\xbe", 2) ||
        !sw_bytes_at(probe->head, SANE, "\x60\x0d\xde\xee", 4))
        return 0;
    for (size_t i = 0; i < SECTOR; i += 2)
        sum ^= sw_big16(probe->head.data + i);
    return sum == 0 ? 16 + 32 + 16 : 0;
}

/* Apple's map: driver descriptor, and a first row that is the map itself. */
static unsigned probe_apm(const struct sw_probe *probe)
{
    enum { COUNT = 4, START = 8, TYPE = 48, ROWS_MAX = 4096 };

    if (!sw_bytes_at(probe->head, 0, "ER", 2))
        return 0;
    for (size_t sector = 512; sector <= 4096; sector *= 2) {
        if (!sw_bytes_at(probe->head, sector, "PM\0\0", 4) || probe->head.size < sector + 512)
            continue;
        const uint8_t *row = probe->head.data + sector;
        const uint32_t rows = sw_big32(row + COUNT);
        if (rows != 0 && rows <= ROWS_MAX && sw_big32(row + START) == 1 &&
            sw_bytes_at(probe->head, sector + TYPE, "Apple_partition_map", 19))
            return 16 + 32 + 64;
    }
    return 0;
}

#define TABLE(name)                                                                                \
    const struct sw_source sw_source_##name = {.kind = #name,                                      \
                                               .disk = true,                                       \
                                               .probe = probe_##name,                              \
                                               .open = open_##name,                                \
                                               .next = next_volume,                                \
                                               .read = read_volume,                                \
                                               .close = close_table}
TABLE(mbr);
TABLE(gpt);
TABLE(bsd);
TABLE(sun);
TABLE(apm);
