/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_read.c - reads an object once, front to back, and asks the sieve of each
 * window whether libyara has to look for strings at all.
 *
 * The first SW_IDENT_HEAD_MAX bytes are read into one buffer, a window at a
 * time (so that the sieve finds each window in the cache), and stay there: they
 * are the head, and for a small object all of it. What follows goes through a
 * second, small buffer: [bytes carried over][window].
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/rule/scan_core.h"

#define WINDOWS_BETWEEN_CLOCKS 64

static bool sieve_hits(const struct sw_scanner *scanner, const uint8_t *data, size_t size)
{
    const struct sw_sieve *sieve = &scanner->setup.sieve;
    return sieve->hit(sieve->context, data, size);
}

/* Bytes [from, to) of contiguous memory that starts at `data`, where everything
 * before `from` has been sieved. */
static bool sieve_hits_after(const struct sw_scanner *scanner, const uint8_t *data, size_t from,
                             size_t to)
{
    size_t carry = from < scanner->setup.sieve.overlap ? from : scanner->setup.sieve.overlap;
    return to > from && sieve_hits(scanner, data + (from - carry), to - from + carry);
}

/* Bytes [from, to) of memory that holds the object from its start. True: it has to be searched
 * as a whole. */
static bool asks_for_all(struct sw_scanner *scanner, const uint8_t *data, size_t from, size_t to)
{
    const size_t overlap = scanner->setup.sieve.overlap;
    const size_t carry = from < overlap ? from : overlap;

    return sieve_hits_after(scanner, data, from, to) &&
           !sw_spans_note(scanner, data + (from - carry), from - carry, to - from + carry);
}

static enum sw_status sieve_memory(struct sw_scanner *scanner, const uint8_t *data, size_t from,
                                   size_t size, bool *hit, struct sw_error *error)
{
    unsigned count = 0;
    while (from < size && !*hit) {
        size_t step = size - from < scanner->setup.window ? size - from : scanner->setup.window;
        *hit = asks_for_all(scanner, data, from, from + step);
        from += step;
        if (++count % WINDOWS_BETWEEN_CLOCKS == 0 && sw_scan_out_of_time(scanner))
            return sw_scan_timeout(scanner, error);
    }
    return SW_OK;
}

/* The object is shorter than it was. */
static void cut_short(struct sw_object *object, uint64_t size)
{
    object->size = size;
    object->changed = true;
}

/* ---- the head ------------------------------------------------------------ */

/* Reads up to `limit` bytes; one more is asked for when the object should end
 * there, so that growth is noticed without another system call. */
static enum sw_status read_head(struct sw_scanner *scanner, size_t limit, bool ends, bool *hit,
                                struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    size_t done = 0;
    object->head = scanner->head;
    do {
        size_t step = limit - done;
        if (!*hit && step > scanner->setup.window)
            step = scanner->setup.window;
        size_t wanted = step + (ends && done + step == limit ? 1 : 0);
        size_t got = 0;
        enum sw_status status =
            sw_blob_read_at(object->blob, done, scanner->head + done, wanted, &got, error);
        if (status != SW_OK)
            return status;
        size_t kept = got < step ? got : step;
        if (!*hit)
            *hit = asks_for_all(scanner, scanner->head, done, done + kept);
        done += kept;
        object->head_size = done;
        if (got > step)
            object->changed = true;
        if (got < step)
            break;
    } while (done < limit);
    object->bytes_read = done;
    return SW_OK;
}

/* ---- objects whose size nobody knows ------------------------------------- */

enum sw_status sw_memory_take(struct sw_scanner *scanner, size_t size, struct sw_memory *memory,
                              struct sw_error *error)
{
    enum sw_status status = sw_memory_budget_reserve(scanner->setup.budget, size, error);
    if (status != SW_OK)
        return status;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at == MAP_FAILED) {
        int errnum = errno;
        sw_memory_budget_release(scanner->setup.budget, size);
        sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "scan", errnum, "cannot hold %zu bytes",
                    size);
        return SW_SKIP;
    }
    assert(at != NULL);
    /* A fault a page is most of what the copy costs; kernels without large pages refuse. */
    (void)madvise(at, size, MADV_HUGEPAGE);
    *memory = (struct sw_memory){at, size};
    return SW_OK;
}

static enum sw_status read_unsized(struct sw_scanner *scanner, bool *hit, struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    size_t got = 0;
    enum sw_status status = read_head(scanner, SW_IDENT_HEAD_MAX, false, hit, error);
    if (status != SW_OK)
        return status;
    object->size = object->head_size;
    object->whole = object->head;
    if (object->head_size < SW_IDENT_HEAD_MAX)
        return SW_OK;

    status = sw_memory_take(scanner, SW_UNSIZED_MAX + 1, &object->made, error);
    if (status != SW_OK)
        return status;
    uint8_t *memory = object->made.at;
    memcpy(memory, object->head, object->head_size);
    status = sw_blob_read_at(object->blob, object->head_size, memory + object->head_size,
                             SW_UNSIZED_MAX + 1 - object->head_size, &got, error);
    if (status != SW_OK)
        return status;
    object->size = object->head_size + got;
    if (object->size > SW_UNSIZED_MAX) {
        object->size = SW_UNSIZED_MAX;
        object->over_unsized = true;
    }
    object->whole = memory;
    object->bytes_read = object->size;
    return sieve_memory(scanner, memory, object->head_size, (size_t)object->size, hit, error);
}

/* ---- what follows the head ----------------------------------------------- */

/* A place in the stream: bytes before `position` have been sieved, the last
 * `carry` of them lie at the start of the stream buffer. */
struct stream {
    uint64_t position;
    size_t carry;
    uint64_t data_start, data_end; /* the run of data at or after the position */
    bool ended_in_hole;
};

/* `linear`: what is in the buffer lies so in the object, and ends at the position. */
static bool stream_sieve(struct sw_scanner *scanner, struct stream *stream, size_t fresh,
                         bool linear)
{
    size_t size = stream->carry + fresh;
    bool hit = sieve_hits(scanner, scanner->stream, size);
    if (hit && linear)
        hit = !sw_spans_note(scanner, scanner->stream, stream->position - size, size);
    size_t overlap = scanner->setup.sieve.overlap;
    size_t carry = size < overlap ? size : overlap;
    memmove(scanner->stream, scanner->stream + (size - carry), carry);
    stream->carry = carry;
    return hit;
}

/*
 * A hole is shown to the sieve as at most 2 * overlap + 1 zeros. That finds
 * exactly what all of the hole would: with overlap = longest pattern - 1, an
 * occurrence that reaches over the hole's left edge covers at most `overlap`
 * of its zeros, so does one over the right edge, and one that lies inside
 * covers at most overlap + 1; each of them fits. None can cross both edges,
 * neither of the hole (it is longer) nor of what is shown (it would need
 * 2 * overlap + 3 bytes), so nothing is found that is not there either.
 */
static bool stream_hole(struct sw_scanner *scanner, struct stream *stream, uint64_t size)
{
    size_t shown_max = 2 * scanner->setup.sieve.overlap + 1;
    size_t shown = size < shown_max ? (size_t)size : shown_max;
    memset(scanner->stream + stream->carry, 0, shown);
    stream->position += size;
    scanner->object.bytes_read += size;
    return stream_sieve(scanner, stream, shown, false);
}

static enum sw_status stream_data(struct sw_scanner *scanner, struct stream *stream, bool *hit,
                                  struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    uint64_t rest = stream->data_end - stream->position;
    size_t wanted = rest < scanner->setup.window ? (size_t)rest : scanner->setup.window;
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(object->blob, stream->position,
                                            scanner->stream + stream->carry, wanted, &got, error);
    if (status != SW_OK)
        return status;
    stream->position += got;
    object->bytes_read += got;
    *hit = stream_sieve(scanner, stream, got, true);
    if (got < wanted)
        cut_short(object, stream->position);
    return SW_OK;
}

static enum sw_status stream_step(struct sw_scanner *scanner, struct stream *stream, bool *hit,
                                  struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    if (stream->position >= stream->data_end)
        sw_blob_extent(object->blob, stream->position, &stream->data_start, &stream->data_end);
    if (stream->data_start <= stream->position)
        return stream_data(scanner, stream, hit, error);
    *hit = stream_hole(scanner, stream, stream->data_start - stream->position);
    stream->ended_in_hole = stream->position == object->size;
    return SW_OK;
}

/* A file that was cut short inside a hole looks like a longer hole. */
static enum sw_status check_last_byte(struct sw_scanner *scanner, struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    uint8_t byte;
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(object->blob, object->size - 1, &byte, 1, &got, error);
    if (status == SW_OK && got == 0)
        object->changed = true;
    return status;
}

static enum sw_status read_rest(struct sw_scanner *scanner, bool *hit, struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    struct stream stream = {.position = object->head_size};
    unsigned count = 0;
    size_t overlap = scanner->setup.sieve.overlap;
    bool done = false;
    enum sw_status shared = sw_scan_shared(scanner, &done, hit, error);
    if (shared != SW_OK || done)
        return shared;
    stream.carry = object->head_size < overlap ? object->head_size : overlap;
    memcpy(scanner->stream, object->head + (object->head_size - stream.carry), stream.carry);
    while (stream.position < object->size && !*hit) {
        enum sw_status status = stream_step(scanner, &stream, hit, error);
        if (status != SW_OK)
            return status;
        if (++count % WINDOWS_BETWEEN_CLOCKS == 0 && sw_scan_out_of_time(scanner))
            return sw_scan_timeout(scanner, error);
    }
    return stream.ended_in_hole && !*hit ? check_last_byte(scanner, error) : SW_OK;
}

static enum sw_status read_sized(struct sw_scanner *scanner, bool *hit, struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    bool small = object->size <= SW_IDENT_HEAD_MAX;
    size_t limit = small ? (size_t)object->size : SW_IDENT_HEAD_MAX;
    enum sw_status status = read_head(scanner, limit, small, hit, error);
    if (status != SW_OK)
        return status;
    if (object->head_size < limit)
        cut_short(object, object->head_size);
    if (object->size == object->head_size)
        object->whole = object->head;
    else if (!*hit)
        return read_rest(scanner, hit, error);
    return SW_OK;
}

enum sw_status sw_object_open(struct sw_scanner *scanner, struct sw_blob *blob,
                              const struct sw_label *label, bool *hit, struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    *object = (struct sw_object){.blob = blob, .label = label, .size = blob->size};
    *hit = scanner->setup.sieve.hit == NULL;
    if (blob->fd < 0 && blob->data != NULL) {
        object->whole = blob->data;
        object->head = blob->data;
        object->head_size = blob->size < SW_IDENT_HEAD_MAX ? (size_t)blob->size : SW_IDENT_HEAD_MAX;
        object->bytes_read = blob->size;
        return sieve_memory(scanner, blob->data, 0, (size_t)blob->size, hit, error);
    }
    return blob->size_known ? read_sized(scanner, hit, error) : read_unsized(scanner, hit, error);
}

/* ---- one contiguous block ------------------------------------------------ */

static enum sw_status map_whole(struct sw_object *object, struct sw_error *error)
{
    const uint8_t *data = NULL;
    enum sw_status status = sw_blob_view(object->blob, &data, error);
    if (status == SW_OK)
        object->whole = data;
    return status;
}

enum sw_status sw_object_make_whole(struct sw_scanner *scanner, enum sw_object_form form,
                                    struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    if (object->whole != NULL)
        return SW_OK;
    /* What lies in pieces cannot be mapped. */
    if (object->blob->fd < 0 && object->size <= SW_OBJECT_MEMORY_MAX)
        form = SW_OBJECT_COPIED;
    if (form == SW_OBJECT_MAPPED || object->size > SW_OBJECT_MEMORY_MAX || object->blob->ours ||
        sw_memory_take(scanner, (size_t)object->size, &object->made, error) != SW_OK)
        return map_whole(object, error);
    uint8_t *memory = object->made.at;
    size_t got = 0;
    memcpy(memory, object->head, object->head_size);
    enum sw_status status =
        sw_blob_read_at(object->blob, object->head_size, memory + object->head_size,
                        (size_t)object->size - object->head_size, &got, error);
    if (status != SW_OK)
        return status;
    uint64_t size = object->head_size + got;
    if (size > object->bytes_read)
        object->bytes_read = size;
    if (size < object->size)
        cut_short(object, size);
    object->whole = memory;
    return SW_OK;
}

static void give_back(struct sw_scanner *scanner, struct sw_memory *memory)
{
    if (memory->at != NULL) {
        munmap(memory->at, memory->size);
        sw_memory_budget_release(scanner->setup.budget, memory->size);
    }
    *memory = (struct sw_memory){0};
}

void sw_object_close(struct sw_scanner *scanner)
{
    struct sw_object *object = &scanner->object;
    give_back(scanner, &object->made);
    give_back(scanner, &object->parts);
    object->spans.count = 0;
    object->whole = NULL;
    object->blob = NULL;
    object->label = NULL;
}
