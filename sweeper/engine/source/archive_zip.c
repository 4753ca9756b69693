/* SPDX-License-Identifier: Apache-2.0 */
/* How a zip is known: by the end record that points back at its directory, or by
 * the local header that it begins with. */
#include <stdlib.h>

#include "engine/source/archive_probe.h"
#include "engine/source/bytes.h"
#include "engine/source/zip_read.h"

enum {
    END_SIZE = 22, /* of the end record, before its comment */
    DIRECTORY_HEADER = 46,
    LOCAL_HEADER = 30,
    VERSION_MAX = 63 + 20, /* of the specification, times ten, and some to come */
};
#define DIRECTORY_MAGIC "PK\1\2"
#define LOCAL_MAGIC     "PK\3\4"
#define SPAN_MAGIC      "PK\7\10"
#define LOCATOR_MAGIC   "PK\6\7" /* of a zip64 end record */

/* What the end record says, and where it stands. */
struct zip_end {
    uint64_t at;     /* in the object */
    uint64_t behind; /* of its comment */
    uint64_t directory_size;
    uint64_t directory_offset;
    bool wide;      /* a zip64 end record has the real numbers */
    bool part;      /* the last of several disks */
    bool empty;     /* no entries */
    bool confirmed; /* the directory was seen where it should be */
};

/* Whether the record at `at` in the tail may be one. */
static bool end_at(struct sw_view tail, size_t at, uint64_t tail_offset, struct zip_end *end)
{
    const uint8_t *record = tail.data + at;
    uint64_t place = tail_offset + at;
    *end = (struct zip_end){
        .at = place,
        .behind = place + END_SIZE + sw_little16(record + 20),
        .directory_size = sw_little32(record + 12),
        .directory_offset = sw_little32(record + 16),
        .part = sw_little16(record + 4) != 0 && sw_little16(record + 4) != UINT16_MAX,
        .empty = sw_little16(record + 10) == 0,
    };
    end->wide = at >= 20 && memcmp(record - 20, LOCATOR_MAGIC, 4) == 0;
    if (end->behind > tail_offset + tail.size)
        return false;
    if (end->wide || end->part)
        return true;
    /* Not only a difference: either could wrap. */
    if (end->directory_size > place || end->directory_offset > place - end->directory_size)
        return false;
    if (end->empty)
        return end->directory_size == 0;
    end->confirmed = end->directory_size <= at &&
                     sw_bytes_at(tail, at - (size_t)end->directory_size, DIRECTORY_MAGIC, 4);
    return end->directory_size >= DIRECTORY_HEADER && (end->confirmed || end->directory_size > at);
}

/* The last record whose comment ends the object, else the last one. */
static bool find_end(struct sw_view tail, uint64_t size, struct zip_end *end)
{
    struct zip_end candidate;
    bool found = false;
    if (tail.size < END_SIZE)
        return false;
    struct sw_view bytes = {tail.data, tail.size - END_SIZE + 4};
    size_t at = 0;
    while (sw_zip_last_end(&bytes, &at)) {
        if (!end_at(tail, at, size - tail.size, &candidate))
            continue;
        if (!found || candidate.behind == size)
            *end = candidate;
        found = true;
        if (end->behind == size)
            return true;
    }
    return found;
}

static bool local_header(struct sw_view head)
{
    if (sw_bytes_at(head, 0, SPAN_MAGIC, 4))
        head = (struct sw_view){head.data + 4, head.size - 4};
    if (!sw_bytes_at(head, 0, LOCAL_MAGIC, 4) || head.size < LOCAL_HEADER)
        return false;
    return (head.data[4] & 0xff) <= VERSION_MAX && sw_little16(head.data + 26) > 0 &&
           sw_little16(head.data + 26) <= 8192;
}

/* The record, its numbers, and the directory where they point. With bytes before
 * the zip and behind it, it is more likely a member of the object than the object:
 * a bid that only counts when nobody else makes one. */
unsigned sw_probe_zip(const struct sw_probe *probe)
{
    enum { INSIDE = 20 };
    struct zip_end end;
    if (!find_end(probe->tail, probe->size, &end))
        return 0;
    bool front = sw_bytes_at(probe->head, 0, "PK", 2) || (end.empty && end.at == 0);
    if (!front && end.behind != probe->size)
        return INSIDE;
    return 32U + 16U + (end.confirmed ? 32U : 0U) + (local_header(probe->head) ? 32U : 0U);
}

/* A local header at the beginning, and no end record. A stream's end cannot be
 * seen: a zip in one is held first. */
unsigned sw_probe_zip_stream(const struct sw_probe *probe)
{
    struct zip_end end;
    if (probe->size == UINT64_MAX || !local_header(probe->head) ||
        find_end(probe->tail, probe->size, &end))
        return 0;
    return 32 + 8 + 3;
}

enum sw_status sw_zip_range(struct sw_blob *blob, struct sw_archive_range *range,
                            struct sw_error *error)
{
    struct zip_end end = {0};
    size_t size = blob->size < SW_PROBE_TAIL_MAX ? (size_t)blob->size : SW_PROBE_TAIL_MAX;
    size_t got = 0;
    uint8_t *tail = malloc(size + 1);
    if (tail == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for zip");
    enum sw_status status = sw_blob_read_at(blob, blob->size - size, tail, size, &got, error);
    if (status == SW_OK &&
        (got != size || !find_end((struct sw_view){tail, size}, blob->size, &end)))
        status =
            sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "source", 0, "the zip has no end record");
    free(tail);
    if (status != SW_OK)
        return status;
    if (end.part)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_MISSING_PART, "source", 0,
                           "the zip is the last part of a set");
    /* Without its comment, which may be longer than the library looks back. */
    *range = (struct sw_archive_range){.end = end.at + END_SIZE};
    return SW_OK;
}
