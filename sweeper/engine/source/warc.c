/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warc (ISO 28500): records of a version line, named fields, an empty line, content
 * of a declared length, and two line ends. The member's name is the record's target
 * URI, else its identifier.
 *
 * Not through libarchive: its reader (3.6) wants a whole header in one read, and
 * passes over a record's content twice once it was read.
 */
#include <stdlib.h>

#include "common/view.h"
#include "engine/source/input.h"
#include "engine/source/sources.h"

enum {
    HEADER_MAX = 65536, /* bytes of version line and fields */
    VERSION_SIZE = 5,   /* of "WARC/" */
};

struct warc {
    struct sw_flow flow;
    struct sw_buf header;
    struct sw_view name; /* in the header */
    uint64_t left;       /* content that was not handed out */
    uint64_t given;
    bool over;
};

static void warc_close(void *state)
{
    struct warc *warc = state;
    sw_flow_done(&warc->flow);
    sw_buf_done(&warc->header);
    free(warc);
}

static enum sw_status warc_open(const struct sw_input *input, const struct sw_source_setup *setup,
                                void **state, struct sw_error *error)
{
    struct warc *warc = calloc(1, sizeof *warc);
    (void)setup;
    if (warc == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for warc");
    sw_buf_init(&warc->header, HEADER_MAX);
    if (sw_flow_init(&warc->flow, input, 0, error) != SW_OK) {
        warc_close(warc);
        return SW_DEAD;
    }
    *state = warc;
    return SW_OK;
}

static enum sw_status fail(struct warc *warc, enum sw_status status, enum sw_gap gap,
                           const char *text, struct sw_error *error)
{
    warc->over = true;
    (void)sw_fail_gap(error, status, gap, "source", 0, "%s", text);
    if (error != NULL)
        error->offset = warc->flow.offset;
    return status;
}

/* The next line without its end, at the end of the header; SW_END: no line is left. */
static enum sw_status take_line(struct warc *warc, struct sw_view *line, struct sw_error *error)
{
    size_t start = warc->header.size;
    for (;;) {
        enum sw_status status = sw_flow_fill(&warc->flow, error);
        if (status != SW_OK)
            return status;
        if (warc->flow.rest.size == 0)
            return SW_END;
        size_t size = sw_view_find(warc->flow.rest, '\n');
        bool whole = size < warc->flow.rest.size;
        size += whole ? 1 : 0;
        if (sw_buf_append(&warc->header, warc->flow.rest.data, size) != SW_OK)
            return fail(warc, SW_DEAD, SW_GAP_DAMAGED, "a header of the warc is too long", error);
        sw_flow_take(&warc->flow, size);
        if (whole)
            break;
    }
    *line = sw_view_trim(sw_view_skip(sw_buf_view(&warc->header), start));
    return SW_OK;
}

/* "Name: value", with the name in any case of letters. */
static bool field(struct sw_view line, struct sw_view name, struct sw_view *value)
{
    if (!sw_view_starts_fold(line, name))
        return false;
    *value = sw_view_trim(sw_view_skip(line, name.size));
    return true;
}

static bool number(struct sw_view text, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_digit(text.data[i]) || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(text.data[i] - '0'), value))
            return false;
    return text.size > 0;
}

/* The fields, up to the empty line. Names are kept as places in the header, which
 * may move while it grows. */
static enum sw_status take_fields(struct warc *warc, struct sw_error *error)
{
    size_t name_at = 0;
    size_t name_size = 0;
    bool sized = false;
    for (;;) {
        struct sw_view line = {0};
        struct sw_view value = {0};
        enum sw_status status = take_line(warc, &line, error);
        if (status == SW_END)
            return fail(warc, SW_DEAD, SW_GAP_TRUNCATED, "a header of the warc ends too early",
                        error);
        if (status != SW_OK)
            return status;
        if (line.size == 0)
            break;
        if (field(line, SW_VIEW("content-length:"), &value))
            sized = number(value, &warc->left);
        if (field(line, SW_VIEW("warc-target-uri:"), &value) ||
            (name_size == 0 && field(line, SW_VIEW("warc-record-id:"), &value))) {
            name_at = (size_t)(value.data - warc->header.data);
            name_size = value.size;
        }
    }
    if (!sized)
        return fail(warc, SW_DEAD, SW_GAP_DAMAGED, "a record of the warc has no length", error);
    warc->name = (struct sw_view){warc->header.data + name_at, name_size};
    return SW_OK;
}

/* Passes over what is left of a record and the line ends behind it. */
static enum sw_status go_on(struct warc *warc, struct sw_error *error)
{
    uint64_t before = warc->flow.offset;
    enum sw_status status = sw_flow_skip(&warc->flow, warc->left, error);
    if (status != SW_OK)
        return status;
    if (warc->flow.offset - before < warc->left)
        return fail(warc, SW_DEAD, SW_GAP_TRUNCATED, "the warc ends inside a record", error);
    warc->left = 0;
    for (;;) {
        status = sw_flow_peek(&warc->flow, VERSION_SIZE, error);
        if (status != SW_OK || warc->flow.rest.size == 0 ||
            (warc->flow.rest.data[0] != '\r' && warc->flow.rest.data[0] != '\n'))
            return status;
        sw_flow_take(&warc->flow, 1);
    }
}

static enum sw_status warc_next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct warc *warc = state;
    struct sw_view line = {0};
    if (warc->over)
        return SW_END;
    enum sw_status status = go_on(warc, error);
    if (status != SW_OK) {
        warc->over = true;
        return SW_DEAD;
    }
    if (warc->flow.rest.size == 0) {
        warc->over = true;
        if (!warc->flow.has_part)
            return SW_END;
        if (error != NULL)
            *error = warc->flow.part;
        return SW_SKIP;
    }
    if (!sw_view_starts(warc->flow.rest, SW_VIEW("WARC/")))
        return fail(warc, SW_DEAD, SW_GAP_DAMAGED, "something else than a record is in the warc",
                    error);
    sw_buf_clear(&warc->header);
    status = take_line(warc, &line, error);
    if (status == SW_OK)
        status = take_fields(warc, error);
    if (status != SW_OK) {
        warc->over = true;
        return status == SW_END ? SW_END : SW_DEAD;
    }
    warc->given = 0;
    *member = (struct sw_member){
        .kind = SW_MEMBER_FILE,
        .name = warc->name,
        .facts = {.size = warc->left,
                  .mtime_ns = SW_TIME_UNKNOWN,
                  .ctime_ns = SW_TIME_UNKNOWN,
                  .btime_ns = SW_TIME_UNKNOWN,
                  .atime_ns = SW_TIME_UNKNOWN},
        .size_known = true,
    };
    return SW_OK;
}

static enum sw_status warc_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct warc *warc = state;
    *piece = (struct sw_piece){0};
    if (warc->left == 0 || warc->over)
        return SW_END;
    enum sw_status status = sw_flow_fill(&warc->flow, error);
    if (status != SW_OK) {
        warc->over = true;
        return SW_DEAD;
    }
    struct sw_view rest = warc->flow.rest;
    if (rest.size == 0)
        return fail(warc, SW_DEAD, SW_GAP_TRUNCATED, "the warc ends inside a record", error);
    size_t size = rest.size < warc->left ? rest.size : (size_t)warc->left;
    *piece = (struct sw_piece){rest.data, size, warc->given};
    sw_flow_take(&warc->flow, size);
    warc->given += size;
    warc->left -= size;
    return SW_OK;
}

static unsigned warc_probe(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    return sw_view_starts(head, SW_VIEW("WARC/")) && head.size >= 8 && sw_is_digit(head.data[5]) &&
                   head.data[6] == '.' && sw_is_digit(head.data[7])
               ? 40 + 8 + 8
               : 0;
}

const struct sw_source sw_source_warc = {
    .kind = "warc",
    .sequential = true,
    .probe = warc_probe,
    .open = warc_open,
    .next = warc_next,
    .read = warc_read,
    .close = warc_close,
};
