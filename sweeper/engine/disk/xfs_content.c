/* SPDX-License-Identifier: Apache-2.0 */
/* xfs_content.c - extents as pieces; see xfs_content.h. */
#include "xfs_content.h"

#include <stdlib.h>
#include <string.h>

#include "engine/source/bytes.h"

#define ROOM "xfs"

enum { FINE_STEP = 4096 }; /* bytes that are read at a time where reading failed */

enum sw_status sw_xfs_content_init(struct sw_xfs_content *content, struct sw_xfs *image,
                                   struct sw_error *error)
{
    *content = (struct sw_xfs_content){.image = image, .data = malloc(SW_XFS_PIECE)};
    if (content->data == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    return SW_OK;
}

void sw_xfs_content_done(struct sw_xfs_content *content)
{
    sw_xfs_map_done(&content->map);
    free(content->data);
    content->data = NULL;
}

void sw_xfs_content_start(struct sw_xfs_content *content, const struct sw_xfs_inode *inode)
{
    content->inode = inode;
    content->extent = (struct sw_xfs_extent){.count = 0};
    content->told = content->fine_until = 0;
    content->started = content->damaged = false;
}

/* ---- files ----------------------------------------------------------------------- */

/* The end of the content; where that is a hole, its size is said. */
static enum sw_status finish(struct sw_xfs_content *content, struct sw_piece *piece)
{
    uint64_t size = content->inode->facts.size;
    content->inode = NULL;
    if (content->told == size)
        return SW_END;
    *piece = (struct sw_piece){.data = (const uint8_t *)"", .offset = size};
    return SW_OK;
}

/* A word about damage: nothing at this place, and SW_PART the first time. */
static enum sw_status tell(struct sw_xfs_content *content, struct sw_piece *piece)
{
    bool first = !content->damaged;
    content->damaged = true;
    *piece = (struct sw_piece){.data = (const uint8_t *)"", .offset = content->told};
    return first ? SW_PART : SW_OK;
}

static enum sw_status read_inline(struct sw_xfs_content *content, struct sw_piece *piece,
                                  struct sw_error *error)
{
    const struct sw_xfs_inode *inode = content->inode;
    content->inode = NULL;
    if (inode->facts.size > inode->fork_size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "a file is larger than the inode that it would be in");
    if (inode->facts.size == 0)
        return SW_END;
    *piece =
        (struct sw_piece){.data = inode->raw + inode->fork_at, .size = (size_t)inode->facts.size};
    return SW_OK;
}

static void advance(struct sw_xfs_content *content, uint64_t bytes)
{
    uint32_t block_size = content->image->geometry.block_size;
    uint64_t blocks = (bytes + block_size - 1) / block_size;
    if (blocks > content->extent.count)
        blocks = content->extent.count;
    content->extent.offset += blocks;
    content->extent.count -= blocks;
    content->extent.at += blocks * block_size;
}

/* Passes over what the image itself does not hold: true when the extent begins with data. */
static bool skip_hole(struct sw_xfs_content *content, uint64_t bytes)
{
    struct sw_blob *blob = content->image->blob;
    uint32_t block_size = content->image->geometry.block_size;
    uint64_t at = content->extent.at;
    uint64_t start = at;
    uint64_t end = at;
    if (bytes < SW_XFS_PIECE || at >= blob->size)
        return true;
    sw_blob_extent(blob, at, &start, &end);
    if (start < at + block_size)
        return true;
    uint64_t hole = start - at < bytes ? start - at : bytes;
    advance(content, hole - hole % block_size);
    return false;
}

/* Up to one piece from the extent; `bytes` of it are the file's. */
static enum sw_status read_extent(struct sw_xfs_content *content, uint64_t bytes,
                                  struct sw_piece *piece, struct sw_error *error)
{
    struct sw_xfs *image = content->image;
    const uint64_t at = content->extent.at;
    size_t most = at < content->fine_until ? FINE_STEP : SW_XFS_PIECE;
    if (most < image->geometry.block_size)
        most = image->geometry.block_size;
    size_t size = bytes < most ? (size_t)bytes : most;
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(image->blob, at, content->data, size, &got, error);
    if (status < SW_PART && most > image->geometry.block_size && at >= content->fine_until) {
        content->fine_until = at + size; /* what can be read of it is read in small steps */
        *piece = (struct sw_piece){.data = (const uint8_t *)"", .offset = content->told};
        return SW_OK;
    }
    if (status < SW_PART)
        got = 0;
    else if (got < size)
        status = sw_fail_gap(error, SW_PART, SW_GAP_TRUNCATED, ROOM, 0,
                             "the image ends before the file does");
    uint64_t offset = content->extent.offset << image->geometry.block_log;
    /* Behind the end of the image nothing more comes. */
    advance(content, got < size && status == SW_PART ? bytes : size);
    if (got > 0) {
        *piece = (struct sw_piece){.data = content->data, .size = got, .offset = offset};
        content->told = offset + got;
    }
    if (status == SW_OK)
        return SW_OK;
    if (got == 0)
        return tell(content, piece);
    bool first = !content->damaged;
    content->damaged = true;
    return first ? SW_PART : SW_OK;
}

/* The next extent that holds something. SW_OK, SW_END, SW_PART or SW_SKIP. */
static enum sw_status next_extent(struct sw_xfs_content *content, struct sw_error *error)
{
    if (!content->started) {
        content->started = true;
        enum sw_status status =
            sw_xfs_map_start(&content->map, content->image, content->inode, error);
        if (status != SW_OK)
            return status;
    }
    struct sw_xfs_extent extent;
    enum sw_status status = sw_xfs_map_next(&content->map, &extent, error);
    if (status == SW_OK && !extent.unwritten)
        content->extent = extent;
    return status;
}

enum sw_status sw_xfs_content_read(struct sw_xfs_content *content, struct sw_piece *piece,
                                   struct sw_error *error)
{
    const unsigned block_log = content->image->geometry.block_log;
    if (content->inode == NULL)
        return SW_END;
    if (content->inode->format == SW_XFS_LOCAL)
        return read_inline(content, piece, error);
    if (content->inode->realtime && content->inode->facts.size > 0) {
        content->inode = NULL;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_MISSING_PART, ROOM, 0,
                           "its content lies on a realtime device, which is not here");
    }
    const uint64_t size = content->inode->facts.size;
    while (content->told < size) {
        uint64_t offset = content->extent.offset << block_log;
        if (content->extent.count > 0 && offset < size) {
            uint64_t bytes = content->extent.count << block_log;
            if (bytes > size - offset)
                bytes = size - offset;
            if (skip_hole(content, bytes))
                return read_extent(content, bytes, piece, error);
            continue;
        }
        if (content->extent.count > 0)
            break; /* what lies behind the end was only set aside */
        enum sw_status status = next_extent(content, error);
        if (status == SW_END)
            break;
        if (status == SW_PART)
            return tell(content, piece);
        if (status != SW_OK && content->damaged)
            break; /* the rest is lost too, and that there is damage was told */
        if (status != SW_OK) {
            content->inode = NULL;
            return SW_SKIP;
        }
    }
    return finish(content, piece);
}

/* ---- links ----------------------------------------------------------------------- */

static enum sw_status bad_link(struct sw_error *error)
{
    return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0, "a symbolic link is damaged");
}

/* One block of a target: version 5 puts a header before it. */
static enum sw_status link_block(struct sw_xfs_content *content, const struct sw_xfs_inode *inode,
                                 uint64_t at, struct sw_buf *target, struct sw_error *error)
{
    enum { HEADER_SIZE = 56 };
    static const struct sw_xfs_seal seal = {.sum_at = 12, .place_at = 40, .owner_at = 32};
    const struct sw_xfs_geometry *geometry = &content->image->geometry;
    uint8_t *block = content->data;
    size_t header = geometry->checksums ? HEADER_SIZE : 0;
    size_t size = geometry->block_size - header;
    if (sw_xfs_read(content->image, at, block, geometry->block_size, error) != SW_OK)
        return SW_PART;
    enum sw_xfs_verdict verdict =
        sw_xfs_judge(content->image, block, geometry->block_size, &seal, at, inode->number);
    if (verdict == SW_XFS_FOREIGN || (header > 0 && memcmp(block, "XSLM", 4) != 0))
        return bad_link(error);
    if (size > inode->facts.size - target->size)
        size = (size_t)inode->facts.size - target->size;
    if (sw_buf_append(target, block + header, size) != SW_OK)
        return sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a link");
    return verdict == SW_XFS_SOUND ? SW_OK : bad_link(error);
}

enum sw_status sw_xfs_link(struct sw_xfs_content *content, const struct sw_xfs_inode *inode,
                           struct sw_buf *target, struct sw_error *error)
{
    struct sw_xfs_extent extent;
    sw_buf_clear(target);
    if (inode->facts.size > SW_XFS_LINK_MAX)
        return bad_link(error);
    if (inode->format == SW_XFS_LOCAL) {
        if (inode->facts.size > inode->fork_size ||
            sw_buf_append(target, inode->raw + inode->fork_at, (size_t)inode->facts.size) != SW_OK)
            return bad_link(error);
        return SW_OK;
    }
    enum sw_status status = sw_xfs_map_start(&content->map, content->image, inode, error);
    while (status == SW_OK && target->size < inode->facts.size) {
        status = sw_xfs_map_next(&content->map, &extent, error);
        for (uint64_t i = 0; status == SW_OK && i < extent.count; i++) {
            uint64_t at = extent.at + (i << content->image->geometry.block_log);
            if (target->size == inode->facts.size)
                break;
            status = link_block(content, inode, at, target, error);
        }
    }
    if (status == SW_END)
        return bad_link(error);
    return status == SW_OK ? SW_OK : SW_PART;
}
