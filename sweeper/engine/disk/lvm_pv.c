/* SPDX-License-Identifier: Apache-2.0 */
/* lvm_pv.c - labels and metadata areas. */
#include "engine/disk/lvm_pv.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/view.h"
#include "engine/disk/lvm_text.h"
#include "engine/source/bytes.h"

#define ROOM "lvm"

enum {
    SECTOR = 512,
    AREAS_MAX = 16,    /* of one list in a label */
    LOCATIONS_MAX = 4, /* in the header of an area: the description, and one that is written */
    AREA_HEADER = 512, /* bytes; the description goes round behind it */
};

static uint32_t checksum(const uint8_t *data, size_t size)
{
    const uint32_t initial = 0xf597a6cf;
    return ~(uint32_t)crc32_z(~initial, data, size);
}

bool sw_lvm_label(struct sw_view head, size_t *at)
{
    enum { SUMMED_FROM = 20 };

    for (size_t i = 0; i < SW_LVM_LABEL_AREA && i + SECTOR <= head.size; i += SECTOR) {
        const uint8_t *label = head.data + i;
        if (memcmp(label, "LABELONE", 8) == 0 && memcmp(label + 24, "LVM2 001", 8) == 0 &&
            sw_little64(label + 8) == i / SECTOR &&
            sw_little32(label + 16) == checksum(label + SUMMED_FROM, SECTOR - SUMMED_FROM)) {
            *at = i;
            return true;
        }
    }
    return false;
}

static bool read_whole(struct sw_blob *blob, uint64_t at, void *data, size_t size)
{
    struct sw_error ignored;
    size_t got = 0;
    return sw_blob_read_at(blob, at, data, size, &got, &ignored) == SW_OK && got == size;
}

/* The description, which goes round in its area. */
static bool read_text(struct sw_blob *blob, uint64_t area, uint64_t area_size, uint64_t offset,
                      uint8_t *text, size_t size)
{
    const uint64_t to_end = area_size - offset;
    const size_t first = size < to_end ? size : (size_t)to_end;

    return read_whole(blob, area + offset, text, first) &&
           (first == size || read_whole(blob, area + AREA_HEADER, text + first, size - first));
}

static uint64_t sequence_of(struct sw_view text)
{
    const struct sw_view key = SW_VIEW("seqno = ");
    const uint8_t *found = memmem(text.data, text.size, key.data, key.size);
    uint64_t value = 0;

    if (found == NULL)
        return 0;
    for (const uint8_t *at = found + key.size;
         at < text.data + text.size && sw_is_digit(*at) && value < UINT32_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

/* Takes what one area holds, when it is whole and newer than what there is. */
static void read_area(struct sw_blob *blob, uint64_t area, uint64_t area_size, struct sw_lvm_pv *pv)
{
    static const uint8_t magic[] = {' ', 'L', 'V', 'M', '2', ' ', 'x', '[',
                                    '5', 'A', '%', 'r', '0', 'N', '*', '>'};
    enum { MAGIC_AT = 4, START_AT = 24, LOCATIONS_AT = 40, LOCATION_SIZE = 24, IGNORED = 1 };
    uint8_t head[AREA_HEADER];

    pv->has_areas = true;
    if (!read_whole(blob, area, head, sizeof(head)) ||
        memcmp(head + MAGIC_AT, magic, sizeof(magic)) != 0 ||
        sw_little32(head) != checksum(head + 4, sizeof(head) - 4) ||
        sw_little64(head + START_AT) != area)
        return;
    for (size_t i = 0; i < LOCATIONS_MAX; i++) {
        const uint8_t *row = head + LOCATIONS_AT + i * LOCATION_SIZE;
        const uint64_t offset = sw_little64(row);
        const uint64_t size = sw_little64(row + 8);
        if (offset == 0)
            break;
        if ((sw_little32(row + 20) & IGNORED) != 0 || offset < AREA_HEADER || offset >= area_size ||
            size == 0 || size > area_size - AREA_HEADER || size > SW_LVM_TEXT_MAX)
            continue;
        uint8_t *text = malloc((size_t)size);
        if (text != NULL && read_text(blob, area, area_size, offset, text, (size_t)size) &&
            checksum(text, (size_t)size) == sw_little32(row + 16) &&
            (pv->text == NULL || sequence_of((struct sw_view){text, (size_t)size}) >
                                     sequence_of((struct sw_view){pv->text, pv->text_size}))) {
            free(pv->text);
            pv->text = text;
            pv->text_size = (size_t)size;
        } else {
            free(text);
        }
    }
}

enum sw_status sw_lvm_pv_read(struct sw_blob *blob, struct sw_lvm_pv *pv, struct sw_error *error)
{
    enum { LIST_FROM = 40, ROW_SIZE = 16 };
    uint8_t head[SW_LVM_LABEL_AREA];
    size_t got = 0;
    size_t label = 0;
    enum sw_status status = sw_blob_read_at(blob, 0, head, sizeof(head), &got, error);

    if (status != SW_OK)
        return SW_DEAD;
    if (!sw_lvm_label((struct sw_view){head, got}, &label))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "has no label of LVM");
    *pv = (struct sw_lvm_pv){0};
    const size_t offset = sw_little32(head + label + 20);
    if (offset > SECTOR - LIST_FROM - ROW_SIZE)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                           "the label of LVM points at nothing");
    const uint8_t *header = head + label + offset;
    const uint8_t *end = head + label + SECTOR;
    memcpy(pv->uuid, header, SW_LVM_UUID_SIZE);
    /* Two lists that zeros end: of areas for data, and of areas for descriptions. */
    unsigned lists = 0;
    for (const uint8_t *row = header + LIST_FROM; lists < 2 && row + ROW_SIZE <= end;
         row += ROW_SIZE) {
        const uint64_t at = sw_little64(row);
        const uint64_t size = sw_little64(row + 8);
        if (at == 0)
            lists++;
        else if (lists == 1 && size > AREA_HEADER)
            read_area(blob, at, size, pv);
    }
    return SW_OK;
}

void sw_lvm_pv_done(struct sw_lvm_pv *pv)
{
    free(pv->text);
    *pv = (struct sw_lvm_pv){0};
}
