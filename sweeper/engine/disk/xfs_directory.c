/* SPDX-License-Identifier: Apache-2.0 */
/* xfs_directory.c - names, in the inode or in blocks; see xfs_directory.h. */
#include "xfs_directory.h"

#include <stdlib.h>
#include <string.h>

#include "engine/source/bytes.h"

#define ROOM "xfs"

enum {
    BAD_BLOCKS_MAX = 256, /* then the rest of a directory is lost */
    DATA_MAX_LOG = 35,    /* a directory's data lies in its first 32 GiB, indexes behind them */
    HEADER_SIZE = 16,
    HEADER_5_SIZE = 64,
    INODE_SIZE = 8,
    UNIT = 8,             /* entries begin at multiples of it */
    TAG_SIZE = 2,         /* an entry ends with where it begins */
    UNUSED_MARK = 0xffff, /* in place of the inode's first bytes */
    TAIL_SIZE = 8,        /* of a directory of one block: how long its index is */
    INDEX_SIZE = 8,
};

static const struct sw_xfs_seal seal = {.sum_at = 4, .place_at = 8, .owner_at = 40};

/* One call of sw_xfs_list(). */
struct call {
    struct sw_xfs_reader *reader;
    const struct sw_xfs_inode *inode; /* of the directory */
    struct fs_listing *listing;
    struct sw_error *error; /* the first one is told */
    bool lost;
    unsigned bad_blocks; /* that are nothing of this directory */
    /* The block that is put together: a directory's may be larger than the file system's. */
    uint64_t index;
    uint64_t parts; /* that are there, from its start on */
    uint64_t at;    /* of the first, in the image */
};

/* Always false. */
static bool lose(struct call *call, enum sw_gap reason, const char *what)
{
    if (!call->lost)
        (void)sw_fail_gap(call->error, SW_PART, reason, ROOM, 0, "%s", what);
    call->lost = true;
    return false;
}

static void add(struct call *call, uint64_t inode, const uint8_t *name, uint8_t name_size)
{
    if (!fs_listing_add(call->listing, inode, name, name_size))
        (void)lose(call, SW_GAP_LIMIT_MEMORY, "no memory for the names of a directory");
}

/* ---- in the inode ---------------------------------------------------------------- */

static void list_inode(struct call *call)
{
    enum { COUNTS_SIZE = 2, BEFORE_NAME = 3 }; /* the name's size and a tag */
    const struct sw_xfs_inode *inode = call->inode;
    const uint8_t *at = inode->raw + inode->fork_at;
    size_t size =
        inode->facts.size < inode->fork_size ? (size_t)inode->facts.size : inode->fork_size;
    size_t kind_size = call->reader->image->geometry.ftype ? 1 : 0;
    if (size < COUNTS_SIZE + 4) {
        (void)lose(call, SW_GAP_DAMAGED, "a directory is damaged");
        return;
    }
    /* The second byte counts numbers that need eight bytes: if one does, all have them. */
    size_t number_size = at[1] > 0 ? 8 : 4;
    size_t next = COUNTS_SIZE + number_size; /* behind the parent's number */
    for (unsigned i = 0; i < at[0]; i++) {
        size_t name_size = next + BEFORE_NAME < size ? at[next] : 0;
        size_t number_at = next + BEFORE_NAME + name_size + kind_size;
        if (name_size == 0 || number_at + number_size > size) {
            (void)lose(call, SW_GAP_DAMAGED, "a directory is damaged");
            return;
        }
        const uint8_t *number = at + number_at;
        add(call, number_size == 8 ? sw_big64(number) : sw_big32(number), at + next + BEFORE_NAME,
            (uint8_t)name_size);
        next = number_at + number_size;
    }
}

/* ---- in blocks ------------------------------------------------------------------- */

/* Where names end in a block; 0: it is none of a directory's data. */
static size_t data_end(const struct sw_xfs_geometry *geometry, const uint8_t *block, size_t size)
{
    if (memcmp(block, geometry->checksums ? "XDD3" : "XD2D", 4) == 0)
        return size;
    if (memcmp(block, geometry->checksums ? "XDB3" : "XD2B", 4) != 0)
        return 0;
    uint64_t index = (uint64_t)sw_big32(block + size - TAIL_SIZE) * INDEX_SIZE + TAIL_SIZE;
    return index < size ? size - (size_t)index : size;
}

/* The size of what begins at `at`: a name or an unused part; 0: neither does. */
static size_t unit_size(const uint8_t *block, size_t at, size_t end, size_t kind_size)
{
    size_t left = end - at;
    if (left < (size_t)2 * UNIT)
        return left == UNIT && sw_big16(block + at) == UNUSED_MARK ? UNIT : 0;
    size_t named = INODE_SIZE + 1 + (size_t)block[at + INODE_SIZE] + kind_size + TAG_SIZE;
    size_t size = sw_big16(block + at) == UNUSED_MARK ? sw_big16(block + at + 2)
                                                      : (named + UNIT - 1) / UNIT * UNIT;
    bool sound = size >= UNIT && size % UNIT == 0 && size <= left &&
                 sw_big16(block + at + size - TAG_SIZE) == at;
    return sound ? size : 0;
}

/* What begins where nothing sound does is passed over, up to where something does. */
static void list_block(struct call *call, size_t size)
{
    const struct sw_xfs_geometry *geometry = &call->reader->image->geometry;
    const uint8_t *block = call->reader->block;
    size_t kind_size = geometry->ftype ? 1 : 0;
    size_t end = data_end(geometry, block, size);
    size_t step = UNIT;
    for (size_t at = geometry->checksums ? HEADER_5_SIZE : HEADER_SIZE; at + UNIT <= end;
         at += step) {
        bool unused = sw_big16(block + at) == UNUSED_MARK;
        step = unit_size(block, at, end, kind_size);
        if (step == 0 || (!unused && block[at + INODE_SIZE] == 0)) {
            (void)lose(call, SW_GAP_DAMAGED, "a block of a directory is damaged");
            step = UNIT;
        } else if (!unused) {
            add(call, sw_big64(block + at), block + at + INODE_SIZE + 1, block[at + INODE_SIZE]);
        }
    }
}

/* A whole block is there. false: it is nothing of this directory. */
static bool take_block(struct call *call)
{
    struct sw_xfs_reader *reader = call->reader;
    const struct sw_xfs_geometry *geometry = &reader->image->geometry;
    size_t size = (size_t)geometry->block_size << geometry->directory_block_log;
    struct sw_error error = {.reason = SW_GAP_NONE};
    bool is_new = false;
    if (sw_ref_set_add(&reader->blocks, call->at >> geometry->block_log, &is_new, &error) != SW_OK)
        return lose(call, SW_GAP_LIMIT_MEMORY, "no memory to remember more blocks of directories");
    enum sw_xfs_verdict verdict =
        sw_xfs_judge(reader->image, reader->block, size, &seal, call->at, call->inode->number);
    if (!is_new || verdict == SW_XFS_FOREIGN)
        return lose(call, SW_GAP_DAMAGED, "a block of a directory is another's");
    if (data_end(geometry, reader->block, size) == 0)
        return lose(call, SW_GAP_DAMAGED, "a block of a directory is damaged");
    if (verdict == SW_XFS_CHANGED)
        (void)lose(call, SW_GAP_DAMAGED, "the checksum of a block of a directory is wrong");
    list_block(call, size);
    return true;
}

/* One block of the file system, the next of a directory's block, or the first of another.
 * false: it has no place. */
static bool gather(struct call *call, uint64_t block, uint64_t at)
{
    struct sw_xfs_reader *reader = call->reader;
    const struct sw_xfs_geometry *geometry = &reader->image->geometry;
    unsigned log = geometry->directory_block_log;
    uint64_t part = block & ((UINT64_C(1) << log) - 1);
    struct sw_error error = {.reason = SW_GAP_NONE};
    if (part == 0) {
        call->index = block >> log;
        call->at = at;
        call->parts = 0;
    }
    if (block >> log != call->index || part != call->parts)
        return lose(call, SW_GAP_DAMAGED, "a part of a directory's block is missing");
    if (sw_xfs_read(reader->image, at, reader->block + part * geometry->block_size,
                    geometry->block_size, &error) != SW_OK)
        return lose(call, error.reason, error.text);
    call->parts++;
    return true;
}

/* The blocks of one extent from *from on, which is moved behind each that is taken. true: the
 * chunk is full, or the directory is given up. */
static bool list_extent(struct call *call, const struct sw_xfs_extent *extent, uint64_t *from,
                        size_t entries_max, size_t names_max)
{
    const struct sw_xfs_geometry *geometry = &call->reader->image->geometry;
    const unsigned log = geometry->directory_block_log;
    const uint64_t blocks_max = UINT64_C(1) << (DATA_MAX_LOG - geometry->block_log);
    const uint64_t first = *from << log;
    uint64_t i = first > extent->offset ? first - extent->offset : 0;
    for (; i < extent->count && extent->offset + i < blocks_max; i++) {
        bool good = gather(call, extent->offset + i, extent->at + (i << geometry->block_log));
        bool whole = good && call->parts == UINT64_C(1) << log;
        if (whole)
            good = take_block(call);
        if (whole)
            *from = call->index + 1;
        if (!good && ++call->bad_blocks == BAD_BLOCKS_MAX) {
            *from = UINT64_MAX;
            return true;
        }
        if (call->listing->count >= entries_max || call->listing->names.size >= names_max)
            return true;
    }
    return false;
}

static void list_blocks(struct call *call, uint64_t *from)
{
    struct sw_xfs_map *map = &call->reader->map;
    const size_t entries_max = call->listing->count + FS_CHUNK_ENTRIES;
    const size_t names_max = call->listing->names.size + FS_CHUNK_NAMES;
    struct sw_error error = {.reason = SW_GAP_NONE};
    struct sw_xfs_extent extent;
    call->index = UINT64_MAX;
    enum sw_status status = sw_xfs_map_start(map, call->reader->image, call->inode, &error);
    while (status == SW_OK || status == SW_PART) {
        status = sw_xfs_map_next(map, &extent, &error);
        if (status < SW_OK)
            (void)lose(call, error.reason, error.text);
        else if (status == SW_OK && list_extent(call, &extent, from, entries_max, names_max))
            return;
    }
    if (status == SW_SKIP)
        (void)lose(call, error.reason, error.text);
    *from = UINT64_MAX;
}

/* ---- the door -------------------------------------------------------------------- */

enum sw_status sw_xfs_list(struct sw_xfs_reader *reader, const struct sw_xfs_inode *inode,
                           uint64_t *from, struct fs_listing *listing, struct sw_error *error)
{
    struct call call = {.reader = reader, .inode = inode, .listing = listing, .error = error};
    if (inode->format == SW_XFS_LOCAL) {
        list_inode(&call);
        *from = UINT64_MAX;
    } else {
        list_blocks(&call, from);
    }
    return call.lost ? SW_PART : SW_OK;
}

enum sw_status sw_xfs_reader_init(struct sw_xfs_reader *reader, struct sw_xfs *image,
                                  struct sw_error *error)
{
    *reader = (struct sw_xfs_reader){.image = image, .block = malloc(SW_XFS_BLOCK_MAX)};
    sw_ref_set_init(&reader->blocks);
    if (reader->block == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    return SW_OK;
}

void sw_xfs_reader_done(struct sw_xfs_reader *reader)
{
    sw_xfs_map_done(&reader->map);
    sw_ref_set_done(&reader->blocks);
    free(reader->block);
    reader->block = NULL;
}
