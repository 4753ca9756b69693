/* SPDX-License-Identifier: Apache-2.0 */
/* zip_parts.c - the directory of a zip in several parts, as if it were in one. */
#include "engine/source/zip_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sweeper/text.h"
#include "zip_read.h"

enum {
    TAIL = 65535 + SW_ZIP_END_SIZE, /* bytes in which an end record is looked for */
    WINDOW = 256 * 1024,

    EXTRA_WIDE = 1, /* the extra field of zip64 */

    PARTS_MAX = 65534,
    LOST_NAMED_MAX = 8,  /* entries that are named when they are left out */
    LOST_NAME_MAX = 200, /* bytes of such a name */
};

/* What the end records say. */
struct end {
    uint64_t at; /* of the first of them, in the blob */
    uint64_t count;
    uint64_t size;
    uint64_t offset; /* in its part */
    uint32_t last;   /* number of the last part, from 0 on */
    uint32_t part;   /* in which the directory begins */
};

static void read_end64(const uint8_t *tail, size_t at, struct end *end)
{
    const uint8_t *locator = tail + at - SW_ZIP_LOCATOR_SIZE;

    if (at < SW_ZIP_LOCATOR_SIZE || sw_zip_u32(locator) != SW_ZIP_LOCATOR)
        return;
    const uint32_t parts = sw_zip_u32(locator + 16);
    end->at -= SW_ZIP_LOCATOR_SIZE;
    if (end->last == UINT16_MAX && parts != 0)
        end->last = parts - 1;
    if (at < SW_ZIP_LOCATOR_SIZE + SW_ZIP_END64_SIZE)
        return;
    /* It is not longer than that in practice, and lies in the same part. */
    const uint8_t *wide = locator - SW_ZIP_END64_SIZE;
    if (sw_zip_u32(wide) != SW_ZIP_END64)
        return;
    end->at -= SW_ZIP_END64_SIZE;
    end->last = sw_zip_u32(wide + 16);
    end->part = sw_zip_u32(wide + 20);
    end->count = sw_zip_u64(wide + 32);
    end->size = sw_zip_u64(wide + 40);
    end->offset = sw_zip_u64(wide + 48);
}

static bool find_end(const uint8_t *tail, size_t size, struct end *end)
{
    struct sw_view bytes = {tail, size < SW_ZIP_END_SIZE ? 0 : size - SW_ZIP_END_SIZE + 4};
    size_t at = 0;

    while (sw_zip_last_end(&bytes, &at)) {
        const uint8_t *record = tail + at;
        if (at + SW_ZIP_END_SIZE + sw_zip_u16(record + 20) != size)
            continue;
        *end = (struct end){.at = at,
                            .last = sw_zip_u16(record + 4),
                            .part = sw_zip_u16(record + 6),
                            .count = sw_zip_u16(record + 10),
                            .size = sw_zip_u32(record + 12),
                            .offset = sw_zip_u32(record + 16)};
        read_end64(tail, at, end);
        return true;
    }
    return false;
}

static enum sw_status read_end(struct sw_blob *blob, struct end *end, struct sw_error *error)
{
    const size_t size = blob->size < TAIL ? (size_t)blob->size : TAIL;
    uint8_t *tail = malloc(size + 1);
    size_t got = 0;

    if (tail == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "zip", 0, "no memory for its end");
    enum sw_status status = sw_blob_read_at(blob, blob->size - size, tail, size, &got, error);
    if (status == SW_OK && (got != size || !find_end(tail, size, end)))
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "zip", 0, "the zip has no end record");
    if (status == SW_OK)
        end->at += blob->size - size;
    free(tail);
    return status;
}

bool sw_zip_is_last(struct sw_blob *blob, uint32_t *parts)
{
    struct sw_error error;
    struct end end = {0};

    if (!blob->size_known || read_end(blob, &end, &error) != SW_OK || end.last == 0 ||
        end.last >= PARTS_MAX)
        return false;
    *parts = end.last + 1;
    return true;
}

/* --- the directory, entry by entry ------------------------------------------------------ */

struct merge {
    const struct sw_join *join;
    struct sw_zip_merged *merged;
    struct sw_buf *out; /* its directory */
    uint64_t at;        /* of the next entry, in the whole */
    uint64_t end_at;    /* of the end records */
    uint64_t from;      /* of the first entry */
    uint8_t *window;
    uint64_t window_at;
    size_t window_size;
    enum sw_status status;
    struct sw_error *error;
};

/* `size` bytes at the next entry; NULL when they are not there. */
static const uint8_t *fetch(struct merge *merge, size_t size)
{
    struct sw_join *join = (struct sw_join *)(uintptr_t)merge->join;

    if (size > merge->end_at - merge->at)
        return NULL;
    if (merge->at < merge->window_at || merge->at - merge->window_at + size > merge->window_size) {
        merge->window_at = merge->at;
        merge->status = sw_blob_read_at(&join->blob, merge->at, merge->window, WINDOW,
                                        &merge->window_size, merge->error);
        if (merge->status == SW_OK && merge->window_size < size)
            merge->status = sw_blob_read_at(&join->blob, merge->at + merge->window_size,
                                            merge->window, 1, &merge->window_size, merge->error);
        if (merge->status != SW_OK || merge->window_size < size)
            return NULL;
    }
    return merge->window + (merge->at - merge->window_at);
}

static bool is_lost(const struct merge *merge, uint64_t part)
{
    return part < merge->join->count && merge->join->parts[part].blob == NULL;
}

static void lose(struct merge *merge, struct sw_view name)
{
    struct sw_buf *names = &merge->merged->names;

    if (merge->merged->lost++ < LOST_NAMED_MAX && name.size <= LOST_NAME_MAX &&
        (sw_buf_append_text(names, names->size == 0 ? "" : ", ") != SW_OK ||
         sw_text_escape(names, name) != SW_OK))
        return; /* the number says it */
}

/* Where an offset of a part is in the whole. */
static uint64_t whole_offset(const struct merge *merge, uint64_t part, uint64_t offset)
{
    const struct sw_join *join = merge->join;

    if (part >= join->count || offset >= join->parts[part].size)
        return merge->from;
    return join->parts[part].start + offset;
}

/* What an entry says in its extra field of zip64, as far as its numbers ask for it. */
struct wide {
    const uint8_t *block; /* with its head; NULL: there is none */
    size_t size;          /* of it */
    bool has_size, has_packed, has_offset, has_part;
    uint64_t size_value, packed, offset;
    uint32_t part;
};

static bool take64(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    if (end - *at < 8)
        return false;
    *value = sw_zip_u64(*at);
    *at += 8;
    return true;
}

static struct wide read_wide(const uint8_t *entry, struct sw_view extra)
{
    struct wide wide = {0};

    while (extra.size >= 4) {
        const size_t size = sw_zip_u16(extra.data + 2);
        if (size > extra.size - 4)
            break;
        if (sw_zip_u16(extra.data) == EXTRA_WIDE) {
            const uint8_t *at = extra.data + 4;
            const uint8_t *end = at + size;
            wide.block = extra.data;
            wide.size = 4 + size;
            wide.has_size =
                sw_zip_u32(entry + 24) == UINT32_MAX && take64(&at, end, &wide.size_value);
            wide.has_packed =
                sw_zip_u32(entry + 20) == UINT32_MAX && take64(&at, end, &wide.packed);
            wide.has_offset =
                sw_zip_u32(entry + 42) == UINT32_MAX && take64(&at, end, &wide.offset);
            wide.has_part = sw_zip_u16(entry + 34) == UINT16_MAX && end - at >= 4;
            wide.part = wide.has_part ? sw_zip_u32(at) : 0;
            break;
        }
        extra.data += 4 + size;
        extra.size -= 4 + size;
    }
    return wide;
}

static void put(struct merge *merge, enum sw_status status)
{
    if (status != SW_OK && merge->status == SW_OK)
        merge->status = sw_fail_gap(merge->error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "zip", 0,
                                    "the central directory of all parts needs too much memory");
}

static void put16(struct merge *merge, size_t value)
{
    put(merge, sw_buf_append_u8(merge->out, (uint8_t)value));
    put(merge, sw_buf_append_u8(merge->out, (uint8_t)(value >> 8)));
}

static void put32(struct merge *merge, uint64_t value)
{
    put(merge, sw_buf_append_u32(merge->out, (uint32_t)value));
}

static void put64(struct merge *merge, uint64_t value)
{
    put(merge, sw_buf_append_u64(merge->out, value));
}

static void put_bytes(struct merge *merge, const uint8_t *bytes, size_t size)
{
    put(merge, sw_buf_append(merge->out, bytes, size));
}

/* Bytes of the field as it is written anew; 0: it is left out. */
static size_t wide_size(const struct wide *wide, bool far)
{
    const size_t count =
        (wide->has_size ? 1U : 0U) + (wide->has_packed ? 1U : 0U) + (far ? 1U : 0U);

    return count == 0 ? 0 : 4 + 8 * count;
}

static void put_wide(struct merge *merge, const struct wide *wide, uint64_t offset, bool far)
{
    const size_t size = wide_size(wide, far);

    if (size == 0)
        return;
    put16(merge, EXTRA_WIDE);
    put16(merge, size - 4);
    if (wide->has_size)
        put64(merge, wide->size_value);
    if (wide->has_packed)
        put64(merge, wide->packed);
    if (far)
        put64(merge, offset);
}

/* One entry, as it is but for its place. */
static void put_entry(struct merge *merge, const uint8_t *entry)
{
    const size_t name = sw_zip_u16(entry + 28);
    const size_t extra = sw_zip_u16(entry + 30);
    const size_t comment = sw_zip_u16(entry + 32);
    const uint8_t *extra_at = entry + SW_ZIP_CENTRAL_SIZE + name;
    const struct wide wide = read_wide(entry, (struct sw_view){extra_at, extra});
    const uint64_t part = wide.has_part ? wide.part : sw_zip_u16(entry + 34);
    const uint64_t offset =
        whole_offset(merge, part, wide.has_offset ? wide.offset : sw_zip_u32(entry + 42));
    const bool far = offset >= UINT32_MAX;
    const size_t extra_new = extra - wide.size + wide_size(&wide, far);

    if (is_lost(merge, part)) {
        lose(merge, (struct sw_view){entry + SW_ZIP_CENTRAL_SIZE, name});
        return;
    }
    if (extra_new > UINT16_MAX) {
        merge->status = sw_fail_gap(merge->error, SW_DEAD, SW_GAP_DAMAGED, "zip", 0,
                                    "an entry's extra fields leave no room for its offset");
        return;
    }
    put_bytes(merge, entry, 30);
    put16(merge, extra_new);
    put16(merge, comment);
    put16(merge, 0); /* the only part */
    put_bytes(merge, entry + 36, 6);
    put32(merge, far ? UINT32_MAX : offset);
    put_bytes(merge, entry + SW_ZIP_CENTRAL_SIZE, name);
    put_wide(merge, &wide, offset, far);
    const size_t before = wide.block == NULL ? extra : (size_t)(wide.block - extra_at);
    put_bytes(merge, extra_at, before);
    put_bytes(merge, extra_at + before + wide.size, extra - before - wide.size);
    put_bytes(merge, extra_at + extra, comment);
}

/* The next entry, whole; NULL: there is none. */
static const uint8_t *next_entry(struct merge *merge, size_t *size)
{
    const uint8_t *entry = merge->status == SW_OK ? fetch(merge, SW_ZIP_CENTRAL_SIZE) : NULL;

    if (entry == NULL || sw_zip_u32(entry) != SW_ZIP_CENTRAL)
        return NULL;
    *size = (size_t)SW_ZIP_CENTRAL_SIZE + sw_zip_u16(entry + 28) + sw_zip_u16(entry + 30) +
            sw_zip_u16(entry + 32);
    return fetch(merge, *size);
}

static void put_entries(struct merge *merge)
{
    const uint8_t *entry;
    size_t size = 0;

    while ((entry = next_entry(merge, &size)) != NULL) {
        put_entry(merge, entry);
        merge->at += size;
    }
}

/* As many entries as are declared: whether that is true others check. */
static void put_end(struct merge *merge, uint64_t count)
{
    const uint64_t size = merge->out->size;
    const bool wide = count >= UINT16_MAX || size >= UINT32_MAX || merge->from >= UINT32_MAX;

    if (wide) {
        put32(merge, SW_ZIP_END64);
        put64(merge, SW_ZIP_END64_SIZE - 12);
        put16(merge, 45);
        put16(merge, 45);
        put64(merge, 0); /* both numbers of parts */
        put64(merge, count);
        put64(merge, count);
        put64(merge, size);
        put64(merge, merge->from);
        put32(merge, SW_ZIP_LOCATOR);
        put32(merge, 0);
        put64(merge, merge->from + size);
        put32(merge, 1);
    }
    put32(merge, SW_ZIP_END);
    put32(merge, 0);
    put16(merge, wide ? UINT16_MAX : (size_t)count);
    put16(merge, wide ? UINT16_MAX : (size_t)count);
    put32(merge, wide ? UINT32_MAX : size);
    put32(merge, wide ? UINT32_MAX : merge->from);
    put16(merge, 0);
}

void sw_zip_merged_done(struct sw_zip_merged *merged)
{
    sw_buf_done(&merged->directory);
    sw_buf_done(&merged->names);
}

enum sw_status sw_zip_merge(const struct sw_join *join, size_t memory_max,
                            struct sw_zip_merged *merged, struct sw_error *error)
{
    const struct sw_join_part *last = &join->parts[join->count - 1];
    struct merge merge = {
        .join = join, .merged = merged, .out = &merged->directory, .error = error};
    struct end end = {0};

    *merged = (struct sw_zip_merged){0};
    sw_buf_init(&merged->directory, memory_max);
    sw_buf_init(&merged->names, (size_t)LOST_NAMED_MAX * 4 * (LOST_NAME_MAX + 2));
    enum sw_status status = read_end(last->blob, &end, error);
    if (status != SW_OK)
        return status < SW_DEAD ? status : SW_DEAD;
    if (end.part >= join->count || end.offset > join->parts[end.part].size)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "zip", 0,
                           "its central directory is said to be where there is nothing");
    merge.from = merge.at = join->parts[end.part].start + end.offset;
    merge.end_at = last->start + end.at;
    merge.window = malloc(WINDOW);
    if (merge.window == NULL || merge.from > merge.end_at) {
        free(merge.window);
        return sw_fail_gap(error, SW_DEAD,
                           merge.window == NULL ? SW_GAP_LIMIT_MEMORY : SW_GAP_DAMAGED, "zip", 0,
                           "its central directory cannot be read");
    }
    put_entries(&merge);
    if (merge.status == SW_OK)
        put_end(&merge, end.count - (merged->lost < end.count ? merged->lost : end.count));
    free(merge.window);
    merged->from = merge.from;
    return merge.status == SW_OK || merge.status < SW_DEAD ? merge.status : SW_DEAD;
}
