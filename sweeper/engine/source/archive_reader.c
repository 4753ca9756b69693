/* SPDX-License-Identifier: Apache-2.0 */
/* Entries and data of an archive, what is given up, and what is tried again. */
#include "engine/source/archive_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/archive_private.h"

#define NAME_SIZE_MAX ((size_t)1 << 20)

enum {
    RETRIES_MAX = 16,         /* in a row, without a byte used meanwhile */
    ERRORS_MAX = 4096,        /* headers given up in a row, beside one for each block of bytes */
    ERROR_BLOCK = 512,        /* bytes */
    EMPTY_BLOCKS_MAX = 4096,  /* of data, in a row */
    RESUMES_MAX = 64,         /* openings of one container */
    RESUME_ENTRIES = 1000000, /* entries passed over in all of them */
    ERRNO_OTHER = -1,         /* not one of the errors of errno.h */
    LIST_GROWTH = 20,
    HEADER_MAX = 3 << 20, /* bytes that any header may take */
    AGAIN_HEAD = 512,     /* bytes that show whether another archive follows */
};

static enum sw_status no_memory(const struct reader *reader, struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for %s",
                       reader->format->kind);
}

void sw_archive_close(void *state)
{
    struct reader *reader = state;
    sw_archive_leave_place(reader);
    if (reader->archive != NULL)
        (void)archive_read_free(reader->archive);
    sw_archive_input_done(reader);
    sw_buf_done(&reader->name);
    sw_buf_done(&reader->target);
    free(reader->range.patches);
    free(reader);
}

/* A fresh struct archive over the same input. */
static enum sw_status attach(struct reader *reader, struct sw_error *error)
{
    const struct sw_archive_format *format = reader->format;
    if (reader->archive != NULL)
        (void)archive_read_free(reader->archive);
    reader->calls = 0;
    reader->in_data = false;
    reader->archive = archive_read_new();
    if (reader->archive == NULL || format->support(reader->archive) != ARCHIVE_OK)
        return no_memory(reader, error);
    for (size_t i = 0; i < reader->setup.password_count; i++) {
        /* An empty one is refused, and would not fit anyway. */
        if (reader->setup.passwords[i][0] != '\0' &&
            archive_read_add_passphrase(reader->archive, reader->setup.passwords[i]) != ARCHIVE_OK)
            return no_memory(reader, error);
    }
    if (sw_archive_input_attach(reader) != ARCHIVE_OK)
        return sw_archive_judge(reader, SW_DEAD, error);
    return SW_OK;
}

enum sw_status sw_archive_open(const struct sw_archive_format *format,
                               const struct sw_archive_range *range, const struct sw_input *input,
                               const struct sw_source_setup *setup, void **state,
                               struct sw_error *error)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        free(range->patches);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for %s",
                           format->kind);
    }
    reader->format = format;
    reader->range = *range;
    reader->setup = *setup;
    reader->header_left = UINT64_MAX;
    sw_buf_init(&reader->name, NAME_SIZE_MAX);
    sw_buf_init(&reader->target, NAME_SIZE_MAX);
    enum sw_status status = sw_archive_input_open(reader, input, error);
    if (status == SW_OK)
        status = attach(reader, error);
    if (status == SW_OK) {
        *state = reader;
        return SW_OK;
    }
    sw_archive_close(reader);
    return status == SW_STOP ? SW_STOP : SW_DEAD;
}

/* --- entries --- */

/* Passes over entries that were listed before, in a fresh opening. */
static int pass_over(struct reader *reader, uint64_t count)
{
    struct archive_entry *entry = NULL;
    for (uint64_t i = 0; i < count;) {
        int said = archive_read_next_header(reader->archive, &entry);
        reader->calls = 0;
        if (said == ARCHIVE_OK || said == ARCHIVE_WARN)
            i++;
        else if (said != ARCHIVE_RETRY && said != ARCHIVE_FAILED)
            return said;
    }
    return ARCHIVE_OK;
}

enum sw_status sw_archive_pass(void *state, uint64_t count, struct sw_error *error)
{
    struct reader *reader = state;
    reader->entries = count;
    if (pass_over(reader, count) == ARCHIVE_OK)
        return SW_OK;
    reader->over = true;
    return sw_archive_judge(reader, SW_DEAD, error);
}

/* The library gives up a whole archive for one member's data. The members behind
 * it are had by opening the archive again. */
static bool resume(struct reader *reader)
{
    struct sw_error ignored;
    /* Where a part of a set is missing nothing is wrong with the others. */
    if (reader->input_failed && reader->input_error.reason == SW_GAP_MISSING_PART)
        reader->input_failed = false;
    if (!reader->format->resumes || reader->resumed >= RESUMES_MAX || reader->stuck ||
        reader->input_failed || (reader->resumed + 1) * reader->entries > RESUME_ENTRIES)
        return false;
    reader->resumed++;
    if (attach(reader, &ignored) != SW_OK)
        return false;
    return pass_over(reader, reader->entries) == ARCHIVE_OK;
}

/* Behind the end: another archive of the kind, nothing, or something else. SW_OK:
 * reading goes on. */
static enum sw_status behind_end(struct reader *reader, struct sw_error *error)
{
    struct sw_flow *flow = &reader->flow;
    uint64_t used = sw_archive_input_offset(reader);
    if (!reader->format->trails)
        return SW_END;
    /* What the library was shown and has not used is still to come. */
    if (used > flow->offset) {
        uint64_t step = used - flow->offset;
        sw_flow_take(flow, step < reader->shown ? (size_t)step : reader->shown);
    }
    reader->shown = 0;
    if (sw_flow_skip_zeros(flow, error) != SW_OK || sw_flow_peek(flow, AGAIN_HEAD, error) != SW_OK)
        return SW_DEAD;
    if (flow->rest.size == 0)
        return SW_END;
    if (reader->format->again != NULL && reader->format->again(flow->rest)) {
        reader->range.base = flow->offset;
        return attach(reader, error);
    }
    sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "source", 0, "bytes follow the end of the %s",
                reader->format->kind);
    error->offset = flow->offset;
    return SW_SKIP;
}

/* Bytes that the library was shown, and did not use before it said that this is the
 * end: a header that is cut off, or something else that follows. */
static bool has_rest(struct reader *reader, struct sw_error *error)
{
    enum { PADDING = 8 }; /* no header is that short; RAR 5 leaves half of its end mark */
    uint64_t used = sw_archive_input_offset(reader);
    uint64_t all =
        reader->format->sequential ? reader->flow.offset : reader->range.base + reader->window.size;
    if (!reader->format->ends_early || all <= used + PADDING || reader->said_rest)
        return false;
    reader->said_rest = true;
    (void)sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, "source", 0,
                      "%s: %" PRIu64 " bytes at its end are no whole header", reader->format->kind,
                      all - used);
    error->offset = used;
    return true;
}

/* The end. What the stream below had to say is said now. */
static enum sw_status end(struct reader *reader, struct sw_error *error)
{
    enum sw_status status = behind_end(reader, error);
    if (status == SW_OK)
        return SW_OK;
    reader->over = true;
    if (status == SW_END && has_rest(reader, error))
        return SW_SKIP;
    if (reader->range.beside != NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, "source", 0,
                           "it also holds %s, which is not read here", reader->range.beside);
    if (reader->flow.has_part) {
        reader->flow.has_part = false;
        *error = reader->flow.part;
        return SW_SKIP;
    }
    return status;
}

/* More entries than the bytes can hold are the same ones again. */
static bool too_many(const struct reader *reader)
{
    uint64_t min = reader->format->entry_min;
    return min != 0 && reader->window.size != 0 && reader->entries > reader->window.size / min + 1;
}

/* What a header may take: names, attributes, and the map of a sparse file, of which
 * the library makes a list that is up to 20 times as large. */
static uint64_t header_max(const struct reader *reader)
{
    uint64_t most = reader->setup.window_max / LIST_GROWTH;
    if (!reader->format->weighs_headers)
        return UINT64_MAX;
    return most > HEADER_MAX ? most : HEADER_MAX;
}

/* Passes over the data that is left first: only the header itself is weighed. */
static int next_header(struct reader *reader, struct archive_entry **entry)
{
    int said = ARCHIVE_OK;
    reader->calls = 0;
    if (reader->in_data && reader->format->weighs_headers)
        said = archive_read_data_skip(reader->archive);
    reader->in_data = false;
    if (said == ARCHIVE_EOF) {
        archive_set_error(reader->archive, ERRNO_OTHER, "Premature end-of-file");
        return ARCHIVE_FATAL;
    }
    if (said == ARCHIVE_FATAL)
        return ARCHIVE_FATAL;
    reader->header_left = header_max(reader);
    said = archive_read_next_header(reader->archive, entry);
    if (!reader->stuck)
        reader->header_left = UINT64_MAX;
    reader->in_data = said == ARCHIVE_OK || said == ARCHIVE_WARN;
    return said;
}

/* The next entry, over headers that are damaged: the first error is kept. SW_OK: an
 * entry. */
static enum sw_status find_entry(struct reader *reader, struct archive_entry **entry,
                                 struct sw_error *error, enum sw_status *lost,
                                 struct sw_error *lost_error)
{
    uint64_t errors = 0;
    uint64_t errors_max = ERRORS_MAX;
    unsigned retries = 0;
    for (;;) {
        uint64_t before = sw_archive_input_offset(reader);
        int said = next_header(reader, entry);
        if (said == ARCHIVE_OK)
            return SW_OK;
        if (said == ARCHIVE_WARN)
            return sw_archive_warning_is_idle(reader) ? SW_OK
                                                      : sw_archive_judge(reader, SW_PART, error);
        if (said == ARCHIVE_EOF) {
            enum sw_status status = end(reader, error);
            if (status != SW_OK)
                return status;
            continue;
        }
        if (said == ARCHIVE_FATAL || reader->stuck || reader->input_failed) {
            reader->over = true;
            return sw_archive_judge(reader, SW_DEAD, error);
        }
        if (*lost == SW_OK)
            *lost = sw_archive_judge(reader, SW_SKIP, lost_error);
        retries = sw_archive_input_offset(reader) == before ? retries + 1 : 0;
        errors_max = ERRORS_MAX + sw_archive_input_offset(reader) / ERROR_BLOCK;
        if (retries > RETRIES_MAX || ++errors > errors_max) {
            reader->over = true;
            return sw_archive_judge(reader, SW_DEAD, error);
        }
    }
}

/* The member, and whether its content can be had where it is encrypted: the first
 * piece says so. */
static enum sw_status show(struct reader *reader, struct archive_entry *entry,
                           struct sw_member *member, enum sw_status status, struct sw_error *error)
{
    reader->entries++;
    reader->lost = reader->broken = reader->has_held = false;
    reader->failed = SW_OK;
    reader->piece_end = 0;
    reader->overlaps = false;
    reader->encrypted = archive_entry_is_encrypted(entry) != 0;
    sw_archive_member(reader, entry, member);
    if (too_many(reader)) {
        reader->over = true;
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                           "%s: more entries than its bytes can hold", reader->format->kind);
    }
    if (reader->format->lies)
        sw_archive_leave_in_place(reader, entry, member);
    if (!reader->encrypted || member->kind != SW_MEMBER_FILE)
        return status;
    struct sw_error first = {0};
    if (!reader->format->decrypts) {
        reader->lost = member->encrypted = true;
        return sw_fail_gap(error, SW_PART, SW_GAP_ENCRYPTED, "source", 0,
                           "%s: the content is encrypted, which is not read here",
                           reader->format->kind);
    }
    enum sw_status got = sw_archive_read(reader, &reader->held, &first);
    if (got == SW_OK || got == SW_END) {
        reader->has_held = got == SW_OK;
        return status;
    }
    member->encrypted = true;
    return sw_fail_gap(error, SW_PART, SW_GAP_ENCRYPTED, "source", 0,
                       "%s: the content is encrypted, and no password fits (see --password)",
                       reader->format->kind);
}

enum sw_status sw_archive_next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct reader *reader = state;
    enum sw_status lost = SW_OK;
    struct sw_error lost_error = {0};
    struct sw_error unwanted = {0};
    error = error != NULL ? error : &unwanted;
    sw_archive_leave_place(reader);
    if (!reader->has_next) {
        if (reader->over)
            return SW_END;
        if (reader->broken && !resume(reader)) {
            reader->over = true;
            return sw_fail_gap(error, SW_DEAD, reader->lost_gap, "source", 0,
                               "%s: what follows a lost member cannot be had",
                               reader->format->kind);
        }
        reader->broken = false;
        reader->next_error = (struct sw_error){0};
        reader->next_status =
            find_entry(reader, &reader->entry, &reader->next_error, &lost, &lost_error);
        if (lost != SW_OK) {
            reader->has_next = true;
            *error = lost_error;
            return lost;
        }
    }
    reader->has_next = false;
    *error = reader->next_error;
    if (reader->next_status != SW_OK && reader->next_status != SW_PART)
        return reader->next_status;
    return show(reader, reader->entry, member, reader->next_status, error);
}

/* --- data --- */

static enum sw_status lose(struct reader *reader, enum sw_status status, struct sw_error *error)
{
    reader->lost = true;
    status = sw_archive_judge(reader, status, error);
    /* A wrong password may fit by its check byte: the content then makes no sense. */
    if (reader->encrypted && error->reason == SW_GAP_DAMAGED)
        error->reason = SW_GAP_ENCRYPTED;
    reader->lost_gap = error->reason;
    return status;
}

/* Pieces go forward only; one that does not is put where it can be. Of formats
 * without holes the library's offsets are not to be believed (xar's go on from
 * member to member). */
static void place(struct reader *reader, struct sw_piece *piece, la_int64_t offset)
{
    if (!reader->format->sparse)
        offset = (la_int64_t)reader->piece_end;
    uint64_t at = offset < 0 ? 0 : (uint64_t)offset;
    if (at < reader->piece_end || offset < 0) {
        at = reader->piece_end;
        if (reader->failed == SW_OK && !reader->overlaps)
            reader->failed = sw_fail_gap(&reader->error, SW_PART, SW_GAP_DAMAGED, "source", 0,
                                         "%s: parts of the content overlap", reader->format->kind);
        reader->overlaps = true;
    }
    piece->offset = at;
    if (__builtin_add_overflow(at, (uint64_t)piece->size, &reader->piece_end))
        reader->piece_end = UINT64_MAX;
}

/* The end of the content; what is left of it may be a hole. */
static enum sw_status end_of_data(struct reader *reader, struct sw_piece *piece, la_int64_t offset)
{
    *piece = (struct sw_piece){0};
    if (!reader->format->sparse || offset <= 0 || (uint64_t)offset <= reader->piece_end)
        return SW_END;
    reader->piece_end = piece->offset = (uint64_t)offset;
    return SW_OK;
}

static enum sw_status read_block(struct reader *reader, struct sw_piece *piece,
                                 struct sw_error *error)
{
    for (unsigned empty = 0; empty < EMPTY_BLOCKS_MAX; empty++) {
        const void *data = NULL;
        size_t size = 0;
        la_int64_t offset = 0;
        reader->calls = 0;
        int said = archive_read_data_block(reader->archive, &data, &size, &offset);
        *piece = (struct sw_piece){.data = data, .size = size};
        if (said == ARCHIVE_EOF)
            return end_of_data(reader, piece, offset);
        if (said == ARCHIVE_FATAL || reader->stuck || reader->input_failed) {
            reader->broken = reader->format->resumes;
            reader->over = !reader->broken;
            return lose(reader, reader->broken ? SW_SKIP : SW_DEAD, error);
        }
        if (said == ARCHIVE_FAILED)
            return lose(reader, SW_SKIP, error);
        if (said == ARCHIVE_WARN && reader->failed == SW_OK)
            reader->failed = sw_archive_judge(reader, SW_PART, &reader->error);
        if (data != NULL && size > 0) {
            place(reader, piece, offset);
            return SW_OK;
        }
        if (reader->failed != SW_OK)
            break;
    }
    if (reader->failed == SW_OK) {
        reader->lost = true;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "source", 0,
                           "%s: data without end and content", reader->format->kind);
    }
    *error = reader->error;
    enum sw_status status = reader->failed;
    reader->failed = SW_OK;
    return status;
}

enum sw_status sw_archive_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct reader *reader = state;
    struct sw_error unwanted = {0};
    error = error != NULL ? error : &unwanted;
    if (reader->has_held) {
        *piece = reader->held;
        reader->has_held = false;
        return SW_OK;
    }
    *piece = (struct sw_piece){0};
    if (reader->failed != SW_OK) {
        enum sw_status status = reader->failed;
        reader->failed = SW_OK;
        *error = reader->error;
        return status;
    }
    if (reader->lost)
        return SW_END;
    return read_block(reader, piece, error);
}
