/* SPDX-License-Identifier: Apache-2.0 */
/* ewf_layout.c - the sections of an EWF file. */
#include "engine/disk/ewf_layout.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "common/view.h"
#include "engine/source/bytes.h"

enum {
    TYPE_SIZE = 16,
    NEXT_AT = 16,
    SIZE_AT = 24,
    CHECKSUM_AT = 72,
    VOLUME_SMART = 94, /* bytes of its data; of EnCase's 1052 */
    VOLUME_READ = 24,
    TABLE_ENTRY = 4,
    SECTOR_MIN = 128,
    SECTOR_MAX = 65536,
};

struct section {
    char type[TYPE_SIZE + 1];
    uint64_t next;
    uint64_t size; /* its descriptor included; 0 in some that are last */
};

static bool parse_section(struct sw_view bytes, struct section *section)
{
    if (bytes.size < SW_EWF_SECTION_SIZE ||
        adler32(1, bytes.data, CHECKSUM_AT) != sw_little32(bytes.data + CHECKSUM_AT))
        return false;
    memcpy(section->type, bytes.data, TYPE_SIZE);
    section->type[TYPE_SIZE] = '\0';
    section->next = sw_little64(bytes.data + NEXT_AT);
    section->size = sw_little64(bytes.data + SIZE_AT);
    return true;
}

uint32_t sw_ewf_segment_number(struct sw_view head)
{
    struct section first;

    if (head.size < SW_EWF_HEADER_SIZE + SW_EWF_SECTION_SIZE ||
        !sw_bytes_at(head, 0, "EVF\x09\x0d\x0a\xff\x00\x01", 9) ||
        !sw_bytes_at(head, 11, "\0\0", 2) ||
        !parse_section(sw_view_skip(head, SW_EWF_HEADER_SIZE), &first))
        return 0;
    return sw_little16(head.data + 9);
}

static bool read_exactly(struct sw_blob *blob, uint64_t at, uint8_t *bytes, size_t size)
{
    struct sw_error error;
    size_t got = 0;

    return sw_blob_read_at(blob, at, bytes, size, &got, &error) == SW_OK && got == size;
}

static enum sw_status take_volume(struct sw_ewf_layout *layout, struct sw_blob *segment,
                                  uint64_t at, const struct section *section,
                                  struct sw_error *error)
{
    uint8_t data[VOLUME_READ];
    uint64_t size = 0;

    if (layout->volume)
        return SW_OK; /* a copy */
    if (!read_exactly(segment, at + SW_EWF_SECTION_SIZE, data, sizeof(data)))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "ewf", 0,
                           "ends before it says how large its disk is");
    const uint64_t per_chunk = sw_little32(data + 8);
    const uint64_t sector = sw_little32(data + 12);
    const uint64_t sectors = section->size == SW_EWF_SECTION_SIZE + VOLUME_SMART
                                 ? sw_little32(data + 16)
                                 : sw_little64(data + 16);
    if (per_chunk == 0 || sector < SECTOR_MIN || sector > SECTOR_MAX ||
        per_chunk * sector > SW_EWF_CHUNK_MAX || __builtin_mul_overflow(sectors, sector, &size))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "ewf", 0,
                           "its disk cannot have %" PRIu64 " sectors of %" PRIu64 " bytes, %" PRIu64
                           " in a chunk",
                           sectors, sector, per_chunk);
    layout->volume = true;
    layout->chunk_count = sw_little32(data + 4);
    layout->chunk_size = (uint32_t)(per_chunk * sector);
    layout->media_size = size;
    return SW_OK;
}

/* A table has an entry for each chunk. */
static void take_table(struct sw_ewf_layout *layout, struct sw_blob *segment, uint64_t at,
                       const struct section *section)
{
    uint8_t data[4];
    uint64_t room = section->next > at ? section->next - at : 0;

    if (section->size > room)
        room = section->size;
    if (!read_exactly(segment, at + SW_EWF_SECTION_SIZE, data, sizeof(data)))
        return;
    const uint64_t entries = sw_little32(data);
    if (entries <= room / TABLE_ENTRY)
        layout->chunks_there += entries;
}

enum sw_status sw_ewf_walk(struct sw_ewf_layout *layout, struct sw_blob *segment,
                           struct sw_error *error)
{
    uint64_t at = SW_EWF_HEADER_SIZE;
    uint8_t bytes[SW_EWF_SECTION_SIZE];
    struct section section;
    enum sw_status status = SW_OK;

    layout->goes_on = layout->ended = false;
    for (;;) {
        if (!read_exactly(segment, at, bytes, sizeof(bytes)))
            return sw_fail_gap(error, SW_PART, SW_GAP_TRUNCATED, "ewf", 0,
                               "ends at byte %" PRIu64 ", where a section should be", at);
        if (!parse_section((struct sw_view){bytes, sizeof(bytes)}, &section))
            return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "ewf", 0,
                               "what should be a section at byte %" PRIu64 " is none", at);
        layout->goes_on = strcmp(section.type, "next") == 0;
        layout->ended = strcmp(section.type, "done") == 0;
        if (layout->goes_on || layout->ended)
            return SW_OK;
        if (strcmp(section.type, "volume") == 0 || strcmp(section.type, "disk") == 0)
            status = take_volume(layout, segment, at, &section, error);
        if (strcmp(section.type, "table") == 0)
            take_table(layout, segment, at, &section);
        if (status != SW_OK)
            return status;
        if (section.next < at + SW_EWF_SECTION_SIZE)
            return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "ewf", 0,
                               "a section at byte %" PRIu64 " leads back to byte %" PRIu64, at,
                               section.next);
        at = section.next;
    }
}
