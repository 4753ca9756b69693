/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk_content.c - the content of a file, run by run: plain runs are read straight from
 * the blob, in large pieces; what is compressed is read through the library.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/disk/tsk.h"

void tsk_content_begin(struct tsk_content *content, struct tsk_image *image, TSK_FS_INFO *fs,
                       const TSK_FS_ATTR *attr)
{
    uint8_t *buffer = content->buffer;

    *content = (struct tsk_content){.image = image, .fs = fs, .attr = attr, .buffer = buffer};
    if (attr == NULL)
        return;
    content->size = attr->size > 0 ? (uint64_t)attr->size : 0;
    if ((attr->flags & TSK_FS_ATTR_NONRES) != 0)
        content->run = attr->nrd.run;
}

void tsk_content_done(struct tsk_content *content)
{
    free(content->buffer);
    content->buffer = NULL;
    content->attr = NULL;
}

static bool make_buffer(struct tsk_content *content, struct sw_error *error)
{
    if (content->buffer == NULL)
        content->buffer = malloc(TSK_PIECE_SIZE);
    if (content->buffer == NULL)
        (void)sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "disk", 0, "no memory for content");
    return content->buffer != NULL;
}

static enum sw_status lost(struct tsk_content *content, enum sw_gap reason, const char *what,
                           struct sw_error *error)
{
    content->told = true;
    return sw_fail_gap(error, SW_PART, reason, "disk", 0, "%s", what);
}

/* What is in the record of the file itself. */
static enum sw_status read_resident(struct tsk_content *content, struct sw_piece *piece)
{
    const TSK_FS_ATTR *attr = content->attr;
    const size_t size =
        content->size < attr->rd.buf_size ? (size_t)content->size : attr->rd.buf_size;

    if (content->offset != 0 || size == 0 || attr->rd.buf == NULL)
        return SW_END;
    *piece = (struct sw_piece){attr->rd.buf, size, 0};
    content->offset = content->size;
    return SW_OK;
}

/* Through the library, which knows how to undo it. */
static enum sw_status read_packed(struct tsk_content *content, struct sw_piece *piece,
                                  struct sw_error *error)
{
    const uint64_t left = content->size - content->offset;

    if (!make_buffer(content, error))
        return SW_SKIP;
    const ssize_t got = tsk_fs_attr_read(
        content->attr, (TSK_OFF_T)content->offset, (char *)content->buffer,
        left < TSK_PIECE_SIZE ? (size_t)left : TSK_PIECE_SIZE, TSK_FS_FILE_READ_FLAG_NONE);
    if (got <= 0)
        return tsk_fail(content->image, SW_SKIP, SW_GAP_DAMAGED, "its content cannot be read",
                        error);
    *piece = (struct sw_piece){content->buffer, (size_t)got, content->offset};
    content->offset += (uint64_t)got;
    return SW_OK;
}

/* The next piece of the run at hand; SW_END: it has none. */
static enum sw_status read_run(struct tsk_content *content, struct sw_piece *piece,
                               struct sw_error *error)
{
    const TSK_FS_ATTR_RUN *run = content->run;
    const uint64_t block = content->fs->block_size;
    const uint64_t skip = content->attr->nrd.skiplen;
    const uint64_t at = run->offset * block + content->run_offset; /* with what is skipped */
    const uint64_t place = run->addr * block + content->run_offset;
    uint64_t size = run->len * block - content->run_offset;
    size_t got = 0;

    if (at < skip) {
        content->run_offset += skip - at < size ? skip - at : size;
        return SW_END;
    }
    const uint64_t offset = at - skip;
    uint64_t end = content->size;
    if (content->attr->nrd.initsize >= 0 && (uint64_t)content->attr->nrd.initsize < end)
        end = (uint64_t)content->attr->nrd.initsize; /* behind it there are zeros */
    if (offset >= end || size == 0)
        return SW_END;
    if (size > end - offset)
        size = end - offset;
    if (size > TSK_PIECE_SIZE)
        size = TSK_PIECE_SIZE;
    if (!make_buffer(content, error))
        return SW_SKIP;
    content->run_offset += size;
    if (run->addr > content->fs->last_block ||
        sw_blob_read_at(content->image->blob, (uint64_t)content->fs->offset + place,
                        content->buffer, (size_t)size, &got, error) != SW_OK ||
        got == 0) {
        content->run_offset = run->len * block;
        return lost(content, SW_GAP_TRUNCATED, "a part of it lies behind the end of the volume",
                    error);
    }
    if (got < size)
        content->run_offset = run->len * block;
    *piece = (struct sw_piece){content->buffer, got, offset};
    return SW_OK;
}

static enum sw_status read_runs(struct tsk_content *content, struct sw_piece *piece,
                                struct sw_error *error)
{
    for (; content->run != NULL; content->run = content->run->next, content->run_offset = 0) {
        const TSK_FS_ATTR_RUN *run = content->run;
        const uint64_t block = content->fs->block_size;
        if (block == 0 || run->len > INT64_MAX / block || run->offset > INT64_MAX / block ||
            run->addr > INT64_MAX / block) {
            content->run = NULL;
            return lost(content, SW_GAP_DAMAGED, "its map of blocks says impossible things", error);
        }
        if (run->flags == TSK_FS_ATTR_RUN_FLAG_FILLER && !content->told)
            return lost(content, SW_GAP_DAMAGED, "a part of its map of blocks is lost", error);
        if (run->flags != TSK_FS_ATTR_RUN_FLAG_NONE)
            continue; /* zeros */
        enum sw_status status = read_run(content, piece, error);
        if (status == SW_END && content->run_offset != 0 && content->run_offset < run->len * block)
            status = read_run(content, piece, error); /* behind what is skipped */
        if (status != SW_END)
            return status;
    }
    return SW_END;
}

static enum sw_status read_some(struct tsk_content *content, struct sw_piece *piece,
                                struct sw_error *error)
{
    const TSK_FS_ATTR *attr = content->attr;

    if (attr == NULL)
        return SW_END;
    if ((attr->flags & TSK_FS_ATTR_ENC) != 0) {
        content->attr = NULL;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_ENCRYPTED, "disk", 0,
                           "the file system has it encrypted");
    }
    if ((attr->flags & TSK_FS_ATTR_COMP) != 0)
        return content->offset >= content->size ? SW_END : read_packed(content, piece, error);
    if ((attr->flags & TSK_FS_ATTR_RES) != 0)
        return read_resident(content, piece);
    return read_runs(content, piece, error);
}

/* Holes are in the map as well, so that it covers all that was ever written. */
static bool ends_early(const struct tsk_content *content)
{
    const TSK_FS_ATTR *attr = content->attr;
    const uint64_t block = content->fs->block_size;
    uint64_t covered = 0;

    if (attr == NULL || (attr->flags & TSK_FS_ATTR_NONRES) == 0 ||
        (attr->flags & TSK_FS_ATTR_COMP) != 0 || block == 0)
        return false;
    for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; run != NULL; run = run->next)
        if (run->offset + run->len > covered)
            covered = run->offset + run->len;
    return covered < content->size / block;
}

enum sw_status tsk_content_read(struct tsk_content *content, struct sw_piece *piece,
                                struct sw_error *error)
{
    const bool is_open = content->attr != NULL;
    const enum sw_status status = read_some(content, piece, error);

    if (status == SW_OK)
        content->reached = piece->offset + piece->size;
    if (status != SW_END || !is_open || content->reached >= content->size)
        return status;
    if (ends_early(content) && !content->told && !content->is_deleted)
        return lost(content, SW_GAP_DAMAGED, "its map of blocks ends before its content does",
                    error);
    /* It ends with a hole: an empty piece says where. */
    *piece = (struct sw_piece){.data = content->buffer, .offset = content->size};
    content->reached = content->size;
    return SW_OK;
}

const char *tsk_content_recovery(TSK_FS_INFO *fs, const TSK_FS_ATTR *attr)
{
    enum { BLOCKS_MAX = 4096 }; /* that are asked about, spread over the content */
    uint64_t taken = 0, asked = 0, all = 0;

    if (attr == NULL)
        return NULL;
    if ((attr->flags & TSK_FS_ATTR_NONRES) == 0)
        return "full";
    for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; run != NULL; run = run->next)
        all += run->flags == TSK_FS_ATTR_RUN_FLAG_NONE ? run->len : 0;
    const uint64_t step = all / BLOCKS_MAX + 1;
    for (const TSK_FS_ATTR_RUN *run = attr->nrd.run; run != NULL; run = run->next) {
        if (run->flags != TSK_FS_ATTR_RUN_FLAG_NONE)
            continue;
        for (uint64_t i = 0; i < run->len && asked <= BLOCKS_MAX; i += step) {
            const bool lost =
                run->addr + i > fs->last_block ||
                (fs->block_getflags(fs, run->addr + i) & TSK_FS_BLOCK_FLAG_ALLOC) != 0;
            asked++;
            taken += lost ? 1 : 0;
        }
    }
    tsk_error_reset();
    if (asked == 0)
        return NULL;
    return taken == 0 ? "full" : taken == asked ? "overwritten" : "partial";
}
