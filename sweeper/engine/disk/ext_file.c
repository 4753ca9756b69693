/* SPDX-License-Identifier: Apache-2.0 */
/* ext_file.c - see ext_file.h. */
#include "ext_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ext_gone.h"

#define ROOM "ext"

enum {
    PIECE_MAX = 1024 * 1024,
    AHEAD_SIZE = 256 * 1024, /* bytes read at once where files follow one another */
    NEAR_SIZE = 64 * 1024,   /* a gap between them that is read, too */
};

enum sw_status sw_ext_file_init(struct sw_ext_file *file, const struct sw_ext *ext,
                                struct sw_error *error)
{
    *file = (struct sw_ext_file){.done = true};
    file->buffer = malloc(PIECE_MAX);
    file->inline_data = malloc(SW_EXT_MAP_SIZE + (size_t)ext->super.inode_size);
    if (file->buffer != NULL && file->inline_data != NULL)
        return SW_OK;
    sw_ext_file_done(file);
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
}

void sw_ext_file_done(struct sw_ext_file *file)
{
    free(file->buffer);
    free(file->inline_data);
    *file = (struct sw_ext_file){.done = true};
}

enum sw_status sw_ext_file_start(struct sw_ext *ext, struct sw_ext_file *file,
                                 const struct sw_ext_inode *inode, bool gone,
                                 struct sw_error *error)
{
    file->gone = gone;
    file->map = inode->map;
    file->size = inode->size;
    file->offset = 0;
    file->told = 0;
    file->looked = 0;
    file->damaged = false;
    file->done = false;
    file->inline_size = 0;
    file->is_inline = (inode->flags & SW_EXT_INLINE) != 0;
    return file->is_inline ? sw_ext_inline(ext, inode, file->inline_data, &file->inline_size, error)
                           : SW_OK;
}

/* The end of the content: SW_END, or, where that is a hole, its size. */
static enum sw_status finish(struct sw_ext_file *file, struct sw_piece *piece)
{
    file->done = true;
    if (file->told == file->size)
        return SW_END;
    *piece = (struct sw_piece){.data = file->buffer, .offset = file->size};
    return SW_OK;
}

/* Once a file. */
static enum sw_status lose(struct sw_ext_file *file)
{
    if (file->damaged)
        return SW_OK;
    file->damaged = true;
    return SW_PART;
}

/* How much to read where `size` bytes are wanted. */
static size_t with_ahead(const struct sw_ext *ext, const struct sw_ext_file *file, uint64_t at,
                         size_t size)
{
    const uint64_t end = file->start + file->ready;
    const uint64_t room = (ext->super.block_count << ext->super.block_shift) - at;

    if (size >= AHEAD_SIZE || file->ready == 0 || at < file->start || at > end + NEAR_SIZE)
        return size;
    return room < AHEAD_SIZE ? (size_t)room : AHEAD_SIZE;
}

/* `size` bytes, or what there is of them, from a byte of the file system on. */
static enum sw_status fetch(struct sw_ext *ext, struct sw_ext_file *file, uint64_t at, size_t size,
                            struct sw_view *data, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    if (at < file->start || at - file->start > file->ready ||
        file->ready - (size_t)(at - file->start) < size) {
        const size_t wanted = with_ahead(ext, file, at, size);
        file->ready = 0;
        file->start = at;
        status = sw_ext_read(ext, 0, at, file->buffer, wanted, &file->ready, error);
        if (status != SW_OK)
            file->ready = 0;
    }
    const size_t left = file->ready - (size_t)(at - file->start);
    *data = (struct sw_view){file->buffer + (at - file->start), left < size ? left : size};
    return status;
}

static enum sw_status read_run(struct sw_ext *ext, struct sw_ext_file *file,
                               const struct sw_ext_run *run, struct sw_piece *piece,
                               struct sw_error *error)
{
    const unsigned shift = ext->super.block_shift;
    const uint64_t inside = file->offset & (ext->super.block_size - 1);
    const uint64_t there = (run->count << shift) - inside;
    const uint64_t left = file->size - file->offset;
    const uint64_t most = file->damaged ? ext->super.block_size : PIECE_MAX;
    const uint64_t all = there < left ? there : left;
    const uint64_t wanted = all < most ? all : most;
    struct sw_view data = {0};

    enum sw_status status =
        fetch(ext, file, (run->block << shift) + inside, (size_t)wanted, &data, error);
    if (status == SW_OK && data.size < wanted)
        status = sw_fail_gap(error, SW_PART, SW_GAP_TRUNCATED, ROOM, 0,
                             "some of it is behind the end of the image");
    if (status != SW_OK && lose(file) == SW_PART)
        return SW_PART; /* and now once more, with care */
    *piece = (struct sw_piece){data.data, data.size, file->offset};
    if (data.size == 0)
        piece->data = file->buffer;
    /* Behind the end of the image the rest of the run is no nearer. */
    file->offset += status == SW_PART ? all : wanted;
    file->told = piece->offset + piece->size;
    return SW_OK;
}

static enum sw_status read_inline(struct sw_ext_file *file, struct sw_piece *piece)
{
    const uint64_t size = file->size < file->inline_size ? file->size : file->inline_size;

    *piece = (struct sw_piece){file->inline_data, (size_t)size, 0};
    file->offset = size;
    file->told = size;
    return SW_OK;
}

enum sw_status sw_ext_file_read(struct sw_ext *ext, struct sw_ext_file *file,
                                struct sw_piece *piece, struct sw_error *error)
{
    const unsigned shift = ext->super.block_shift;

    *piece = (struct sw_piece){.data = file->buffer, .offset = file->told};
    while (!file->done) {
        struct sw_ext_run run;
        enum sw_status status = SW_OK;
        if (file->is_inline && file->told == 0 && file->size != 0 && file->inline_size != 0)
            return read_inline(file, piece);
        if (file->is_inline || file->offset >= file->size)
            status = finish(file, piece);
        if (file->done && status == SW_OK)
            return SW_OK;
        if (file->done)
            break;
        if (file->looked++ > 2 * ext->super.block_count) {
            file->done = true;
            return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                               "has more blocks than the file system");
        }
        sw_ext_map(ext, &file->map, file->offset >> shift, &run, error);
        if (run.kind == SW_EXT_DATA && file->gone)
            sw_ext_gone_cut(ext, &run);
        if (run.kind == SW_EXT_DATA)
            return read_run(ext, file, &run, piece, error);
        const uint64_t behind = (file->offset >> shift) + run.count;
        file->offset = behind > file->size >> shift ? file->size : behind << shift;
        if (run.kind == SW_EXT_LOST && lose(file) == SW_PART)
            return SW_PART;
    }
    if (file->map.sum_bad && lose(file) == SW_PART)
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0,
                           "where its content lies does not fit its checksum");
    return SW_END;
}
