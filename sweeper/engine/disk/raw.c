/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw.c - the bytes of a disk, or of a part of one, as they lie: windows that overlap,
 * so that what lies across an edge is whole in one of them. What holds nothing but
 * zeros is left out.
 *
 * Whoever falls back to this has not found out what the bytes are: that is a gap, since
 * a file that lies in pieces, or compressed, is not seen so. A swap area is what it is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/blob_window.h"
#include "engine/disk/disks.h"
#include "engine/source/bytes.h"

enum { LOOK_SIZE = 256 * 1024 }; /* bytes that are looked at for zeros at a time */

struct raw {
    struct sw_blob *blob;
    uint64_t next; /* byte from which on nothing was handed out */
    bool known;    /* it is no secret what this is */
    bool told;
    struct sw_window window;
    char name[64];
    uint8_t *look;
};

static enum sw_status open_raw(const struct sw_input *input, bool known, void **state,
                               struct sw_error *error)
{
    struct raw *raw = calloc(1, sizeof(*raw));

    if (raw != NULL)
        raw->look = malloc(LOOK_SIZE);
    if (raw == NULL || raw->look == NULL) {
        free(raw);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "raw", 0, "no memory for it");
    }
    raw->blob = input->blob;
    sw_window_init(&raw->window, input->blob, 0, 0);
    raw->known = known;
    *state = raw;
    return SW_OK;
}

static enum sw_status open_unknown(const struct sw_input *input,
                                   const struct sw_source_setup *setup, void **state,
                                   struct sw_error *error)
{
    (void)setup;
    return open_raw(input, false, state, error);
}

static enum sw_status open_swap(const struct sw_input *input, const struct sw_source_setup *setup,
                                void **state, struct sw_error *error)
{
    (void)setup;
    return open_raw(input, true, state, error);
}

static bool is_zeros(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* The first byte from raw->next on that may be something, to the next multiple of
 * LOOK_SIZE; the end when there is none. SW_SKIP: it cannot be read; *at is behind that. */
static enum sw_status find_data(struct raw *raw, uint64_t *at, struct sw_error *error)
{
    uint64_t offset = raw->next;
    uint64_t end = 0;

    while (offset < raw->blob->size) {
        uint64_t start = offset;
        size_t got = 0;
        if (offset >= end)
            sw_blob_extent(raw->blob, offset, &start, &end);
        offset = start > offset ? start / LOOK_SIZE * LOOK_SIZE : offset;
        if (offset < raw->next)
            offset = raw->next;
        const size_t want = LOOK_SIZE - (size_t)(offset % LOOK_SIZE);
        if (offset >= raw->blob->size)
            break;
        enum sw_status status = sw_blob_read_at(raw->blob, offset, raw->look, want, &got, error);
        *at = offset;
        if (status != SW_OK) {
            *at = offset + want;
            return SW_SKIP;
        }
        if (got == 0)
            break;
        if (!is_zeros(raw->look, got))
            return SW_OK;
        offset += got;
    }
    *at = raw->blob->size;
    return SW_OK;
}

static enum sw_status next_window(void *state, struct sw_member *member, struct sw_error *error)
{
    struct raw *raw = state;
    uint64_t at = 0;

    sw_blob_close(&raw->window.blob);
    enum sw_status status = find_data(raw, &at, error);
    if (status != SW_OK) {
        raw->next = at;
        return status;
    }
    if (at >= raw->blob->size)
        return SW_END;
    /* Behind something that was handed out before: with the end of that. */
    const uint64_t start = at == raw->next && at >= SW_RAW_OVERLAP ? at - SW_RAW_OVERLAP : at;
    sw_window_init(&raw->window, raw->blob, start, at - start + SW_RAW_STEP);
    raw->next = at + SW_RAW_STEP;
    const int size = snprintf(raw->name, sizeof(raw->name), "bytes %" PRIu64 "-%" PRIu64, start,
                              start + raw->window.blob.size - 1);
    *member = (struct sw_member){.kind = SW_MEMBER_FILE,
                                 .name = {(const uint8_t *)raw->name, (size_t)size},
                                 .facts = {.size = raw->window.blob.size,
                                           .mtime_ns = SW_TIME_UNKNOWN,
                                           .ctime_ns = SW_TIME_UNKNOWN,
                                           .btime_ns = SW_TIME_UNKNOWN},
                                 .size_known = true,
                                 .in_place = &raw->window.blob};
    if (raw->known || raw->told)
        return SW_OK;
    raw->told = true;
    return sw_fail_gap(error, SW_PART, SW_GAP_UNSUPPORTED, "raw", 0,
                       "no volume or file system that can be read: its bytes are searched as "
                       "they lie");
}

static enum sw_status read_window(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END; /* it lies in place */
}

static void close_raw(void *state)
{
    struct raw *raw = state;

    sw_blob_close(&raw->window.blob);
    free(raw->look);
    free(raw);
}

static unsigned probe_nothing(const struct sw_probe *probe)
{
    (void)probe;
    return 0;
}

/* A swap area of Linux (swapon(8), <linux/swap.h>): the magic at the end of its first
 * page, version 1, and a last page that lies in it. Pages have 4 to 64 KiB. */
static unsigned probe_swap(const struct sw_probe *probe)
{
    enum { VERSION = 1024, LAST_PAGE = 1028, BAD_PAGES = 1032, HEADER = 1536, MAGIC = 10 };
    const struct sw_view head = probe->head;

    for (size_t page = 4096; page <= 65536; page *= 2) {
        if (!sw_bytes_at(head, page - MAGIC, "SWAPSPACE2", MAGIC) || head.size < HEADER)
            continue;
        const uint32_t last = sw_little32(head.data + LAST_PAGE);
        if (sw_little32(head.data + VERSION) == 1 && last != 0 && last <= probe->size / page &&
            sw_little32(head.data + BAD_PAGES) < page)
            return MAGIC * 8 + 32;
    }
    return 0;
}

const struct sw_source sw_source_raw = {.kind = "raw",
                                        .disk = true,
                                        .probe = probe_nothing,
                                        .open = open_unknown,
                                        .next = next_window,
                                        .read = read_window,
                                        .close = close_raw};
const struct sw_source sw_source_swap = {.kind = "swap",
                                         .disk = true,
                                         .probe = probe_swap,
                                         .open = open_swap,
                                         .next = next_window,
                                         .read = read_window,
                                         .close = close_raw};
