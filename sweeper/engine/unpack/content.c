/* SPDX-License-Identifier: Apache-2.0 */
/* content.c - a member's content: pieces from the source, counted, and then held
 * or handed on to the frame above. */
#include <inttypes.h>
#include <string.h>

#include "engine/unpack/frame.h"
#include "engine/unpack/unpack.h"

enum {
    COMPLAINTS_MAX = 64, /* gaps of one member's content that are told */
    SURE_MIN = 512,      /* bytes that do not come out of what is no such stream */
};

static enum sw_status out_of_order(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "unpack", 0,
                       "its content does not come in order");
}

/* Counts what came. What flows out of the frame below has been counted there,
 * unless this frame decompresses it. */
static enum sw_status count(struct frame *frame, const struct sw_piece *piece,
                            struct sw_error *error)
{
    const struct sw_limits *limits = frame->tree->limits;
    bool counted_below = frame->flows && !frame->source->stream;

    if (piece->offset < frame->position || piece->offset > UINT64_MAX - piece->size)
        return out_of_order(error);
    /* What flows on is no object yet: its members are. */
    if (!frame->pulled && piece->offset + piece->size - frame->held_from > limits->file_size_max)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_SIZE, "unpack", 0,
                           "larger than %" PRIu64 " bytes (see --max-file-size)",
                           limits->file_size_max);
    enum sw_status status = sw_tree_bytes(
        frame->tree, piece->offset - frame->position + (counted_below ? 0 : piece->size), error);
    if (status == SW_OK)
        frame->position = piece->offset + piece->size;
    return status;
}

/* What flows on may be read ahead, unless others flow into it. */
static enum sw_status read_source(struct frame *frame, struct sw_piece *piece,
                                  struct sw_error *error)
{
    struct desk *desk = frame->member.desk;

    if (frame->ahead == NULL && frame->pulled && frame->input.blob != NULL &&
        share_wanted(&desk->engine->share, 0) && unpack_may_share(desk->unpack))
        frame->ahead = ahead_new(desk, frame->source, frame->state);
    return frame->ahead == NULL ? frame->source->read(frame->state, piece, error)
                                : ahead_read(frame->ahead, frame->pulled, piece, error);
}

static enum sw_status read_piece(struct frame *frame, struct sw_piece *piece,
                                 struct sw_error *error)
{
    enum sw_status status = SW_PART;

    for (unsigned complaints = 0; status == SW_PART && complaints < COMPLAINTS_MAX; complaints++) {
        status = read_source(frame, piece, error);
        if (status == SW_PART && frame->stream != NULL)
            image_ends(frame->stream, status);
        if (status == SW_PART && (!frame->doubtful || frame->position >= SURE_MIN))
            frame_gap(frame, &frame->member, error);
    }
    if (status == SW_OK)
        status = count(frame, piece, error);
    if (status != SW_OK)
        frame->ended = true;
    if (frame->stream != NULL && status == SW_OK)
        image_piece(frame->stream, piece);
    else if (frame->stream != NULL)
        image_ends(frame->stream, status);
    return status == SW_PART ? SW_SKIP : status;
}

/* --- flowing ------------------------------------------------------------------- */

enum sw_status content_peek(struct frame *frame, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    sw_buf_clear(&frame->peek);
    while (status == SW_OK && frame->peek.size < SW_PEEK_SIZE) {
        struct sw_piece piece;
        uint64_t position = frame->position;
        status = read_piece(frame, &piece, error);
        if (status == SW_OK && piece.offset != position)
            status = out_of_order(error);
        if (status == SW_OK && sw_buf_append(&frame->peek, piece.data, piece.size) != SW_OK)
            status = sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "unpack", 0,
                                 "no memory for its beginning");
    }
    frame->doubtful = frame->doubtful && frame->peek.size < SURE_MIN;
    return status == SW_END ? SW_OK : status;
}

/* The end of the last piece, which goes away with the next. */
static void keep_tail(struct frame *frame)
{
    const struct sw_piece *piece = &frame->last;
    size_t more = piece->size < FRAME_TAIL_MAX ? piece->size : FRAME_TAIL_MAX;
    size_t kept =
        frame->tail_size < FRAME_TAIL_MAX - more ? frame->tail_size : FRAME_TAIL_MAX - more;

    if (more == 0)
        return;
    memmove(frame->tail, frame->tail + frame->tail_size - kept, kept);
    memcpy(frame->tail + kept, piece->data + piece->size - more, more);
    frame->tail_size = kept + more;
    frame->tail_end = piece->offset + piece->size;
}

enum sw_status content_pull(void *context, struct sw_view *piece, struct sw_error *error)
{
    struct frame *frame = context;
    const uint64_t position = frame->position;

    *piece = (struct sw_view){0};
    frame->pulled = true;
    if (!frame->peek_taken) {
        frame->peek_taken = true;
        frame->last = (struct sw_piece){frame->peek.data, frame->peek.size, 0};
        *piece = sw_buf_view(&frame->peek);
        if (piece->size != 0)
            return SW_OK;
    }
    keep_tail(frame);
    frame->last.size = 0;
    if (frame->ended)
        return SW_OK;
    enum sw_status status = read_piece(frame, &frame->last, error);
    if (status == SW_OK && frame->last.offset != position)
        status = out_of_order(error);
    if (status == SW_OK)
        *piece = (struct sw_view){frame->last.data, frame->last.size};
    else
        frame->last.size = 0;
    return status == SW_END ? SW_OK : status;
}

static bool is_zeros(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* The piece without what comes before `from`. */
static struct sw_piece cut(struct sw_piece piece, uint64_t from)
{
    uint64_t step = from > piece.offset ? from - piece.offset : 0;

    if (step >= piece.size)
        step = step == 0 ? 0 : piece.size;
    return (struct sw_piece){step == 0 ? piece.data : piece.data + step, piece.size - (size_t)step,
                             piece.offset + step};
}

/* What had flowed on before the last piece, and was not taken: a source looks
 * ahead, and then says that what it saw is not its own. */
static struct sw_piece before_last(const struct frame *frame, uint64_t from)
{
    uint64_t start = frame->tail_end - frame->tail_size;

    if (from == 0 || from >= frame->tail_end)
        return (struct sw_piece){0};
    if (start < from)
        start = from;
    size_t size = (size_t)(frame->tail_end - start);
    return (struct sw_piece){frame->tail + frame->tail_size - size, size, start};
}

bool content_rest(struct frame *frame, uint64_t from, uint64_t *offset)
{
    struct sw_piece before = before_last(frame, from);
    struct sw_piece piece = frame->last;
    struct sw_error error;

    if (!frame->peek_taken)
        piece = (struct sw_piece){frame->peek.data, frame->peek.size, 0};
    piece = cut(piece, from);
    frame->peek_taken = true;
    while (before.size == 0 && is_zeros(piece.data, piece.size)) {
        if (frame->ended || read_piece(frame, &piece, &error) != SW_OK)
            return false;
    }
    *offset = before.size != 0 ? before.offset : piece.offset;
    frame->pulled = false;
    frame->held_from = *offset;
    before.offset = 0;
    piece.offset = piece.size == 0 ? before.size : piece.offset - *offset;
    if (before.size != 0 && sw_hold_take(&frame->hold, &before, &error) != SW_OK)
        return false;
    return sw_hold_take(&frame->hold, &piece, &error) == SW_OK;
}

/* --- held ------------------------------------------------------------------------ */

static enum sw_status hold_all(struct frame *frame, struct sw_error *error)
{
    const struct sw_piece peek = {frame->peek.data, frame->peek.size, 0};
    enum sw_status status = SW_OK;

    if (!frame->peek_taken && peek.size != 0)
        status = sw_hold_take(&frame->hold, &peek, error);
    while (status == SW_OK && !frame->ended) {
        struct sw_piece piece;
        status = read_piece(frame, &piece, error);
        if (status != SW_OK)
            break;
        piece.offset -= frame->held_from;
        status = sw_hold_take(&frame->hold, &piece, error);
        dists_piece(frame->dists, &piece);
    }
    return status == SW_END ? SW_OK : status;
}

/* The content is where it is. A window into a disk is nothing that came out of it. */
static enum sw_status take_in_place(struct frame *frame, struct sw_error *error)
{
    const struct sw_piece all = {.size = 0, .offset = frame->in_place->size};
    const enum sw_status status = frame->source->disk ? SW_OK : count(frame, &all, error);

    frame->ended = true;
    frame->blob = sw_blob_of_bytes(NULL, 0);
    frame->member.blob = status == SW_OK ? frame->in_place : &frame->blob;
    return status;
}

/* What meets a limit is brought, as far as that allows, and so is what may be kept for a set. */
static bool may_stay(const struct frame *frame)
{
    const uint64_t size = frame->in_place->size;

    return frame->source->disk ||
           (size <= frame->tree->limits->file_size_max && sw_tree_has_room(frame->tree, size) &&
            !shelf_may_want(frame->member.hop.name));
}

enum sw_status content_hold(struct frame *frame, struct sw_error *error)
{
    struct sw_error unheld;

    if (frame->in_place != NULL && may_stay(frame))
        return take_in_place(frame, error);
    frame->in_place = NULL;
    dists_begin(frame->dists, &frame->member);
    enum sw_status status = hold_all(frame, error);

    frame->ended = true;
    frame->peek_taken = true;
    enum sw_status held = sw_hold_blob(&frame->hold, &frame->blob, &unheld);
    if (held != SW_OK) {
        frame->blob = sw_blob_of_bytes(NULL, 0);
        if (status == SW_OK) {
            *error = unheld;
            status = held;
        }
    }
    frame->member.blob = &frame->blob;
    dists_finish(frame->dists, &frame->member, status == SW_OK);
    return status;
}

void content_drop(struct frame *frame)
{
    if (frame->member.blob != NULL && frame->in_place == NULL)
        sw_blob_close(&frame->blob);
    frame->member.blob = NULL;
    frame->in_place = NULL;
    sw_hold_drop(&frame->hold);
    sw_buf_clear(&frame->peek);
    frame->peek_taken = false;
    frame->pulled = false;
    frame->last = (struct sw_piece){0};
    frame->tail_size = 0;
    frame->tail_end = 0;
    frame->position = 0;
    frame->held_from = 0;
    frame->ended = false;
    frame->cut = false;
}
