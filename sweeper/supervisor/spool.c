/* SPDX-License-Identifier: Apache-2.0 */
/* External merge sort of records. Row in memory and on disk: u32 size of key,
 * u32 size of text, key, text; in the machine's own byte order. */
#include "supervisor/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/temporary.h"

enum {
    ROW_MAX = 1024 * 1024 * 1024, /* bytes of one row: paths may be megabytes long */
    WINDOW = 64 * 1024,           /* bytes read from a run at a time */
    FAN_IN = 16,                  /* runs merged at a time */
    RUNS_MAX = FAN_IN * 8,        /* FAN_IN - 1 on each of 8 levels: 2^32 runs in all */
};

struct run {
    uint64_t offset;
    uint64_t size;
    unsigned level;
};

struct header {
    uint32_t key_size;
    uint32_t text_size;
};

struct sw_spool {
    int fd; /* -1 until the first run is written */
    uint64_t end;
    size_t run_max;        /* bytes gathered before they are sorted */
    struct sw_buf rows;    /* the run that is being gathered */
    struct sw_buf offsets; /* a uint32_t for each row in it */
    struct run runs[RUNS_MAX];
    size_t run_count;
    bool stuck;    /* a run could not be written: no more rows are taken */
    bool unmerged; /* nor could runs be merged on disk */
    int errnum;    /* why */
};

/* Where sorted rows go. What could not be written is still there. */
typedef enum sw_status emit_fn(void *context, const uint8_t *row, struct sw_error *error);

static struct header header_of(const uint8_t *row)
{
    struct header header;
    memcpy(&header, row, sizeof header);
    return header;
}

static size_t row_size(const uint8_t *row)
{
    struct header header = header_of(row);
    return sizeof header + header.key_size + header.text_size;
}

static int row_compare(const uint8_t *a, const uint8_t *b)
{
    size_t size_a = row_size(a) - sizeof(struct header);
    size_t size_b = row_size(b) - sizeof(struct header);
    int order = memcmp(a + sizeof(struct header), b + sizeof(struct header),
                       size_a < size_b ? size_a : size_b);
    return order != 0 ? order : (size_a > size_b) - (size_a < size_b);
}

static enum sw_status fail(int errnum, const char *what, struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "spool", errnum, "%s", what);
}

enum sw_status sw_spool_new(size_t run_max, struct sw_spool **spool, struct sw_error *error)
{
    struct sw_spool *made = calloc(1, sizeof *made);
    if (made == NULL)
        return fail(ENOMEM, "no memory to sort records", error);
    made->fd = -1;
    made->run_max = run_max;
    /* A single row may be larger than a run. */
    sw_buf_init(&made->rows, ROW_MAX);
    sw_buf_init(&made->offsets, SW_SPOOL_RUN_MAX);
    *spool = made;
    return SW_OK;
}

void sw_spool_free(struct sw_spool *spool)
{
    if (spool == NULL)
        return;
    if (spool->fd >= 0)
        (void)close(spool->fd);
    sw_buf_done(&spool->rows);
    sw_buf_done(&spool->offsets);
    free(spool);
}

static enum sw_status file_open(struct sw_spool *spool, struct sw_error *error)
{
    spool->fd = sw_temporary_file();
    return spool->fd >= 0
               ? SW_OK
               : fail(errno, "cannot make a temporary file in $TMPDIR, /var/tmp or /tmp", error);
}

/* --- writing a run --- */

struct writer {
    struct sw_spool *spool;
    struct sw_buf buffer;
    uint64_t start;
};

static void writer_init(struct writer *writer, struct sw_spool *spool)
{
    *writer = (struct writer){.spool = spool, .start = spool->end};
    sw_buf_init(&writer->buffer, ROW_MAX);
}

static enum sw_status writer_flush(struct writer *writer, struct sw_error *error)
{
    size_t done = 0;
    while (done < writer->buffer.size) {
        ssize_t count = pwrite(writer->spool->fd, writer->buffer.data + done,
                               writer->buffer.size - done, (off_t)(writer->spool->end + done));
        if (count < 0 && errno != EINTR)
            return fail(errno, "cannot write the temporary file that sorts records", error);
        done += count < 0 ? 0 : (size_t)count;
    }
    writer->spool->end += done;
    sw_buf_clear(&writer->buffer);
    return SW_OK;
}

static enum sw_status writer_emit(void *context, const uint8_t *row, struct sw_error *error)
{
    struct writer *writer = context;
    if (sw_buf_append(&writer->buffer, row, row_size(row)) != SW_OK)
        return fail(ENOMEM, "no memory to sort records", error);
    return writer->buffer.size >= 4 * (size_t)WINDOW ? writer_flush(writer, error) : SW_OK;
}

/* Nothing of it was written. */
static void writer_undo(struct writer *writer)
{
    struct sw_spool *spool = writer->spool;

    sw_buf_done(&writer->buffer);
    spool->end = writer->start;
    if (ftruncate(spool->fd, (off_t)spool->end) != 0)
        return; /* it is written over */
}

/* Ends the run; it stands behind the others. */
static enum sw_status writer_finish(struct writer *writer, unsigned level, struct sw_error *error)
{
    enum sw_status status = writer_flush(writer, error);
    struct sw_spool *spool = writer->spool;
    if (status != SW_OK)
        return status;
    sw_buf_done(&writer->buffer);
    spool->runs[spool->run_count++] =
        (struct run){.offset = writer->start, .size = spool->end - writer->start, .level = level};
    return SW_OK;
}

/* --- merging runs --- */

struct reader {
    uint64_t next; /* file offset after the window */
    uint64_t end;
    struct sw_buf window;
    size_t at;
    int fd;
    bool done;
};

/* Makes at least `size` bytes stand at `at`. */
static enum sw_status reader_need(struct reader *reader, size_t size, struct sw_error *error)
{
    size_t rest = reader->window.size - reader->at;
    if (rest >= size)
        return SW_OK;
    if (rest > 0)
        memmove(reader->window.data, reader->window.data + reader->at, rest);
    reader->window.size = rest;
    reader->at = 0;
    size_t more = size - rest < WINDOW ? WINDOW : size - rest;
    if (more > reader->end - reader->next)
        more = (size_t)(reader->end - reader->next);
    if (more < size - rest)
        return fail(EIO, "the temporary file that sorts records is damaged", error);
    if (sw_buf_reserve(&reader->window, more) != SW_OK)
        return fail(ENOMEM, "no memory to sort records", error);
    while (more > 0) {
        ssize_t count =
            pread(reader->fd, reader->window.data + reader->window.size, more, (off_t)reader->next);
        if (count == 0 || (count < 0 && errno != EINTR))
            return fail(count == 0 ? EIO : errno,
                        "cannot read the temporary file that sorts records", error);
        size_t got = count < 0 ? 0 : (size_t)count;
        reader->window.size += got;
        reader->next += got;
        more -= got;
    }
    return SW_OK;
}

/* Makes a whole row stand at `at`, or sets `done`. */
static enum sw_status reader_load(struct reader *reader, struct sw_error *error)
{
    if (reader->at == reader->window.size && reader->next == reader->end) {
        reader->done = true;
        return SW_OK;
    }
    enum sw_status status = reader_need(reader, sizeof(struct header), error);
    if (status != SW_OK)
        return status;
    return reader_need(reader, row_size(reader->window.data + reader->at), error);
}

static const uint8_t *reader_row(const struct reader *reader)
{
    return reader->window.data + reader->at;
}

static enum sw_status reader_advance(struct reader *reader, struct sw_error *error)
{
    reader->at += row_size(reader_row(reader));
    /* One giant row must not leave a giant window in every reader. */
    if (reader->at == reader->window.size && reader->window.capacity > 8 * (size_t)WINDOW) {
        sw_buf_done(&reader->window);
        reader->at = 0;
    }
    return reader_load(reader, error);
}

static struct reader *least(struct reader *readers, size_t count)
{
    struct reader *best = NULL;
    for (size_t i = 0; i < count; i++) {
        struct reader *reader = &readers[i];
        if (!reader->done &&
            (best == NULL || row_compare(reader_row(reader), reader_row(best)) < 0))
            best = reader;
    }
    return best;
}

/* Emits the rows of the last `count` runs in order, and with them those in `gathered`, a sorted
 * run that is not on disk; taken over. */
static enum sw_status merge(const struct sw_spool *spool, size_t count, struct sw_buf *gathered,
                            emit_fn *emit, void *context, struct sw_error *error)
{
    struct reader readers[RUNS_MAX + 1];
    const struct run *runs = &spool->runs[spool->run_count - count];
    enum sw_status status = SW_OK;
    for (size_t i = 0; i < count; i++) {
        readers[i] = (struct reader){
            .fd = spool->fd, .next = runs[i].offset, .end = runs[i].offset + runs[i].size};
        sw_buf_init(&readers[i].window, ROW_MAX);
    }
    if (gathered != NULL)
        readers[count++] = (struct reader){.fd = -1, .window = *gathered};
    for (size_t i = 0; i < count && status == SW_OK; i++)
        status = reader_load(&readers[i], error);
    while (status == SW_OK) {
        struct reader *reader = least(readers, count);
        if (reader == NULL)
            break;
        status = emit(context, reader_row(reader), error);
        if (status == SW_OK)
            status = reader_advance(reader, error);
    }
    for (size_t i = 0; i < count; i++)
        sw_buf_done(&readers[i].window);
    return status;
}

/* Replaces the last `count` runs by one. */
static enum sw_status merge_last(struct sw_spool *spool, size_t count, struct sw_error *error)
{
    struct run first = spool->runs[spool->run_count - count];
    struct run last = spool->runs[spool->run_count - 1];
    struct writer writer;
    writer_init(&writer, spool);
    enum sw_status status = merge(spool, count, NULL, writer_emit, &writer, error);
    if (status == SW_OK)
        status = writer_flush(&writer, error);
    if (status != SW_OK) {
        writer_undo(&writer);
        return status;
    }
    spool->run_count -= count;
    status = writer_finish(&writer, first.level + 1, error);
    /* Runs stand one after another; their room goes back where it can. */
    (void)fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)first.offset,
                    (off_t)(last.offset + last.size - first.offset));
    return status;
}

/* --- gathering --- */

static int offset_compare(const void *a, const void *b, void *rows)
{
    uint32_t offset_a;
    uint32_t offset_b;
    memcpy(&offset_a, a, sizeof offset_a);
    memcpy(&offset_b, b, sizeof offset_b);
    const uint8_t *base = rows;
    return row_compare(base + offset_a, base + offset_b);
}

/* Emits the gathered rows in order. */
static enum sw_status emit_gathered(struct sw_spool *spool, emit_fn *emit, void *context,
                                    struct sw_error *error)
{
    enum sw_status status = SW_OK;
    if (spool->offsets.size > 0)
        qsort_r(spool->offsets.data, spool->offsets.size / sizeof(uint32_t), sizeof(uint32_t),
                offset_compare, spool->rows.data);
    for (size_t at = 0; at < spool->offsets.size && status == SW_OK; at += sizeof(uint32_t)) {
        uint32_t offset;
        memcpy(&offset, spool->offsets.data + at, sizeof offset);
        status = emit(context, spool->rows.data + offset, error);
    }
    return status;
}

static void forget_gathered(struct sw_spool *spool)
{
    if (spool->rows.capacity > 2 * SW_SPOOL_RUN_MAX)
        sw_buf_done(&spool->rows);
    sw_buf_clear(&spool->rows);
    sw_buf_clear(&spool->offsets);
}

/* True when the last FAN_IN runs are of one level. */
static bool level_full(const struct sw_spool *spool)
{
    if (spool->run_count < FAN_IN)
        return false;
    const struct run *runs = &spool->runs[spool->run_count - FAN_IN];
    return runs[0].level == runs[FAN_IN - 1].level;
}

/* As far as there is room on the disk; what could not be merged is in more runs. */
static void merge_levels(struct sw_spool *spool)
{
    struct sw_error error;

    while (!spool->unmerged && level_full(spool))
        spool->unmerged = merge_last(spool, FAN_IN, &error) != SW_OK;
}

static enum sw_status run_write(struct sw_spool *spool, struct sw_error *error)
{
    struct writer writer;
    if (spool->stuck || spool->run_count == RUNS_MAX)
        return fail(spool->stuck ? spool->errnum : EFBIG, "there is no room to sort records",
                    error);
    if (spool->fd < 0 && file_open(spool, error) != SW_OK)
        return SW_STOP;
    writer_init(&writer, spool);
    enum sw_status status = emit_gathered(spool, writer_emit, &writer, error);
    if (status == SW_OK)
        status = writer_finish(&writer, 0, error);
    if (status != SW_OK) {
        spool->stuck = true;
        spool->errnum = error->errnum;
        writer_undo(&writer);
        return status;
    }
    forget_gathered(spool);
    merge_levels(spool);
    return SW_OK;
}

static enum sw_status row_append(struct sw_spool *spool, const struct header *header,
                                 struct sw_view key, struct sw_view text)
{
    uint32_t offset = (uint32_t)spool->rows.size;
    if (sw_buf_reserve(&spool->rows, sizeof *header + key.size + text.size) != SW_OK ||
        sw_buf_append(&spool->rows, header, sizeof *header) != SW_OK ||
        sw_buf_append(&spool->rows, key.data, key.size) != SW_OK ||
        sw_buf_append(&spool->rows, text.data, text.size) != SW_OK)
        return SW_SKIP;
    return sw_buf_append(&spool->offsets, &offset, sizeof offset);
}

enum sw_status sw_spool_add(struct sw_spool *spool, struct sw_view key, struct sw_view text,
                            struct sw_error *error)
{
    if (key.size > ROW_MAX / 4 || text.size > ROW_MAX / 4)
        return fail(EFBIG, "a record is too large to be sorted", error);
    struct header header = {.key_size = (uint32_t)key.size, .text_size = (uint32_t)text.size};
    size_t size = sizeof header + key.size + text.size;
    if (spool->rows.size > 0 && spool->rows.size + size > spool->run_max) {
        enum sw_status status = run_write(spool, error);
        if (status != SW_OK)
            return status;
    }
    return row_append(spool, &header, key, text) == SW_OK
               ? SW_OK
               : fail(ENOMEM, "no memory to sort records", error);
}

/* --- the end --- */

struct drain {
    sw_spool_row_fn *row;
    void *context;
};

static enum sw_status drain_emit(void *context, const uint8_t *row, struct sw_error *error)
{
    const struct drain *drain = context;
    struct header header = header_of(row);
    struct sw_view text = {row + sizeof header + header.key_size, header.text_size};
    return drain->row(drain->context, text, error);
}

static enum sw_status keep_emit(void *context, const uint8_t *row, struct sw_error *error)
{
    struct sw_buf *kept = context;
    return sw_buf_append(kept, row, row_size(row)) == SW_OK
               ? SW_OK
               : fail(ENOMEM, "no memory to sort records", error);
}

enum sw_status sw_spool_drain(struct sw_spool *spool, sw_spool_row_fn *row, void *context,
                              struct sw_error *error)
{
    struct drain drain = {.row = row, .context = context};
    enum sw_status status = SW_OK;
    struct sw_buf kept;
    if (spool->run_count == 0) {
        status = emit_gathered(spool, drain_emit, &drain, error);
        forget_gathered(spool);
        return status;
    }
    sw_buf_init(&kept, ROW_MAX);
    /* What finds no room there goes in from here. */
    if (spool->rows.size > 0 && run_write(spool, error) != SW_OK)
        status = emit_gathered(spool, keep_emit, &kept, error);
    sw_buf_done(&spool->rows);
    sw_buf_done(&spool->offsets);
    /* The last runs are the smallest: merge those until few are left. */
    while (status == SW_OK && !spool->unmerged && spool->run_count > FAN_IN)
        spool->unmerged = merge_last(spool, FAN_IN, error) != SW_OK;
    if (status == SW_OK)
        return merge(spool, spool->run_count, &kept, drain_emit, &drain, error);
    sw_buf_done(&kept);
    return status;
}
