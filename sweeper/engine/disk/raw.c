/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw.c - the bytes of a disk, or of a part of one, as they lie: windows that overlap,
 * so that what lies across an edge is whole in one of them. What holds nothing but
 * zeros is left out.
 *
 * Whoever falls back to this has not found out what the bytes are: that is a gap, since
 * a file that lies in pieces, or compressed, is not seen so. A swap area is what it is, and
 * so is space between volumes.
 */
#include <stdlib.h>

#include "engine/disk/disks.h"
#include "engine/disk/raw_windows.h"
#include "engine/source/bytes.h"

struct raw {
    struct sw_raw_windows windows;
    bool begun; /* all of it is one run */
    bool known; /* it is no secret what this is */
    bool told;
};

static enum sw_status next_run(void *context, struct sw_place_run *run, struct sw_error *error)
{
    struct raw *raw = context;

    (void)error;
    if (raw->begun)
        return SW_END;
    raw->begun = true;
    *run = (struct sw_place_run){0, raw->windows.volume->size};
    return SW_OK;
}

static enum sw_status open_raw(const struct sw_input *input, bool known, void **state,
                               struct sw_error *error)
{
    struct raw *raw = calloc(1, sizeof(*raw));

    if (raw == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "raw", 0, "no memory for it");
    raw->known = known;
    sw_raw_windows_begin(&raw->windows, input->blob, next_run, raw);
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

static enum sw_status open_known(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    (void)setup;
    return open_raw(input, true, state, error);
}

static enum sw_status next_window(void *state, struct sw_member *member, struct sw_error *error)
{
    struct raw *raw = state;
    const enum sw_status status = sw_raw_windows_next(&raw->windows, member, error);

    if (status != SW_OK || raw->known || raw->told)
        return status;
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

    sw_raw_windows_done(&raw->windows);
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
                                         .open = open_known,
                                         .next = next_window,
                                         .read = read_window,
                                         .close = close_raw};
const struct sw_source sw_source_unallocated = {.kind = "unallocated",
                                                .disk = true,
                                                .probe = probe_nothing,
                                                .open = open_known,
                                                .next = next_window,
                                                .read = read_window,
                                                .close = close_raw};
