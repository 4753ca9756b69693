/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfs_log.c - whether a file system was unmounted; see xfs_image.h.
 *
 * The log is a ring of basic blocks. The first word of each is the number of the round in
 * which it was written, so that the head is where this number changes. What was
 * unmounted has a record of one operation there that says so, and nothing behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/source/bytes.h"
#include "xfs_image.h"

#define ROOM         "xfs"
#define RECORD_MAGIC UINT32_C(0xfeedbabe)

enum {
    BASIC_SIZE = 512,
    BACK_MAX = 1024,         /* basic blocks in which the last record's header must be */
    HEADER_DATA = 32 * 1024, /* bytes of a record for each block of its header */
    UNMOUNT = 0x20,
};

struct ring {
    struct sw_xfs *image;
    uint64_t at;    /* bytes */
    uint64_t count; /* basic blocks */
};

static enum sw_status cycle_of(const struct ring *ring, uint64_t index, uint32_t *cycle,
                               struct sw_error *error)
{
    uint8_t head[8] = {0};
    enum sw_status status =
        sw_xfs_read(ring->image, ring->at + index * BASIC_SIZE, head, sizeof head, error);
    *cycle = sw_big32(head) == RECORD_MAGIC ? sw_big32(head + 4) : sw_big32(head);
    return status;
}

/* The first basic block that is not of the first one's round; 0: all are. */
static enum sw_status find_head(const struct ring *ring, uint64_t *head, uint32_t *first,
                                struct sw_error *error)
{
    uint64_t low = 0;
    uint64_t high = ring->count - 1;
    uint32_t cycle = 0;
    enum sw_status status = cycle_of(ring, low, first, error);
    if (status == SW_OK)
        status = cycle_of(ring, high, &cycle, error);
    *head = 0;
    if (status != SW_OK || cycle == *first)
        return status;
    while (high - low > 1 && status == SW_OK) {
        uint64_t middle = low + (high - low) / 2;
        status = cycle_of(ring, middle, &cycle, error);
        if (cycle == *first)
            low = middle;
        else
            high = middle;
    }
    *head = high;
    return status;
}

/* Whether the record whose header is at `back` basic blocks before the head ends there and
 * is that of an unmount. `blocks`: from the header on. */
static bool is_unmount(const uint8_t *blocks, uint64_t back)
{
    uint64_t header = 1;
    uint32_t size = sw_big32(blocks + 320);
    if ((sw_big32(blocks + 8) & 2) != 0 && size > HEADER_DATA)
        header = (size + HEADER_DATA - 1) / HEADER_DATA;
    uint64_t data = ((uint64_t)sw_big32(blocks + 12) + BASIC_SIZE - 1) / BASIC_SIZE;
    return header + data == back && data > 0 && sw_big32(blocks + 40) == 1 &&
           (blocks[header * BASIC_SIZE + 9] & UNMOUNT) != 0;
}

static enum sw_status read_back(const struct ring *ring, uint64_t head, uint64_t count,
                                uint8_t *blocks, struct sw_error *error)
{
    uint64_t wrapped = head < count ? count - head : 0; /* that lie at the end of the ring */
    enum sw_status status = SW_OK;
    if (wrapped > 0)
        status = sw_xfs_read(ring->image, ring->at + (ring->count - wrapped) * BASIC_SIZE, blocks,
                             wrapped * BASIC_SIZE, error);
    if (status == SW_OK && count > wrapped)
        status = sw_xfs_read(ring->image, ring->at + (head - (count - wrapped)) * BASIC_SIZE,
                             blocks + wrapped * BASIC_SIZE, (count - wrapped) * BASIC_SIZE, error);
    return status;
}

static enum sw_status judge(const struct ring *ring, uint64_t head, bool *dirty,
                            struct sw_error *error)
{
    uint64_t count = ring->count < BACK_MAX ? ring->count : BACK_MAX;
    uint8_t *blocks = malloc(count * BASIC_SIZE);
    if (blocks == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for the log");
    enum sw_status status = read_back(ring, head, count, blocks, error);
    *dirty = true;
    for (uint64_t back = 1; status == SW_OK && back <= count; back++) {
        const uint8_t *block = blocks + (count - back) * BASIC_SIZE;
        if (sw_big32(block) != RECORD_MAGIC)
            continue;
        *dirty = !is_unmount(block, back);
        break;
    }
    free(blocks);
    return status;
}

enum sw_status sw_xfs_log_dirty(struct sw_xfs *image, bool *dirty, struct sw_error *error)
{
    const struct sw_xfs_geometry *geometry = &image->geometry;
    struct ring ring = {.image = image};
    uint64_t head = 0;
    uint32_t first = 0;
    *dirty = false;
    if (!geometry->logs_here)
        return SW_OK;
    if (geometry->log_blocks == 0 ||
        !sw_xfs_place(geometry, geometry->log_start, geometry->log_blocks, &ring.at))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "the log is nowhere");
    ring.count = (uint64_t)geometry->log_blocks * geometry->block_size / BASIC_SIZE;
    enum sw_status status = find_head(&ring, &head, &first, error);
    /* A log of zeros was never written to. */
    if (status != SW_OK || (first == 0 && head == 0))
        return status;
    return judge(&ring, head, dirty, error);
}
