/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm: a lead, two headers, and a compressed cpio, which is opened by the stream and
 * the cpio reader that everything else uses. The members are what the second header
 * holds for the eye of a rule (rpm_header.h), and then the packaged files.
 */
#include <stdlib.h>

#include "engine/source/archive_private.h"
#include "engine/source/bytes.h"
#include "engine/source/rpm_header.h"
#include "engine/source/sources.h"

enum { LEAD = 96 };

struct rpm {
    struct sw_flow flow;
    size_t shown; /* bytes of the flow that the stream has and that are not consumed */
    const struct sw_source *stream;
    void *stream_state;
    void *archive; /* NULL: the payload was not asked for yet */
    struct sw_source_setup setup;
    struct sw_rpm_header header;
    struct sw_view script; /* the member at hand, when it is of the header */
    bool in_header;
};

/* The payload as it lies there: what was shown before is consumed now. */
static enum sw_status pull_packed(void *context, struct sw_view *piece, struct sw_error *error)
{
    struct rpm *rpm = context;
    sw_flow_take(&rpm->flow, rpm->shown);
    enum sw_status status = sw_flow_fill(&rpm->flow, error);
    rpm->shown = status == SW_OK ? rpm->flow.rest.size : 0;
    *piece = status == SW_OK ? rpm->flow.rest : (struct sw_view){0};
    if (status == SW_OK && rpm->flow.has_part) {
        rpm->flow.has_part = false;
        if (error != NULL)
            *error = rpm->flow.part;
        return SW_PART;
    }
    return status;
}

static enum sw_status pull_plain(void *context, struct sw_view *piece, struct sw_error *error)
{
    struct rpm *rpm = context;
    struct sw_piece content = {0};
    enum sw_status status = rpm->stream->read(rpm->stream_state, &content, error);
    *piece = (struct sw_view){content.data, content.size};
    return status == SW_END ? SW_OK : status;
}

static void rpm_close(void *state)
{
    struct rpm *rpm = state;
    if (rpm->archive != NULL)
        sw_archive_close(rpm->archive);
    if (rpm->stream_state != NULL)
        rpm->stream->close(rpm->stream_state);
    sw_rpm_header_done(&rpm->header);
    sw_flow_done(&rpm->flow);
    free(rpm);
}

static enum sw_status cut(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "source", 0,
                       "the rpm ends before its payload");
}

/* Which stream the payload is; NULL: none, a bare cpio. */
static const struct sw_source *payload_stream(struct sw_view head)
{
    static const struct sw_source *const streams[] = {
        &sw_source_gzip, &sw_source_xz, &sw_source_zstd, &sw_source_bzip2, &sw_source_lzma};
    struct sw_probe probe = {.head = head, .size = UINT64_MAX};
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        if (streams[i]->probe(&probe) != 0)
            return streams[i];
    return NULL;
}

static const struct sw_archive_format payload = {
    .kind = "rpm",
    .support = archive_read_support_format_cpio,
    .sequential = true,
};

static enum sw_status open_payload(struct rpm *rpm, struct sw_error *error)
{
    const struct sw_source_setup *setup = &rpm->setup;
    static const struct sw_archive_range all = {.end = UINT64_MAX};
    struct sw_input packed = {.pull = pull_packed, .context = rpm};
    struct sw_input plain = {.pull = pull_plain, .context = rpm};
    enum sw_status status = sw_flow_peek(&rpm->flow, SW_PEEK_MAX, error);
    if (status != SW_OK)
        return status;
    if (rpm->flow.rest.size == 0)
        return cut(error);
    rpm->stream = payload_stream(rpm->flow.rest);
    if (rpm->stream == NULL)
        return sw_archive_open(&payload, &all, &packed, setup, &rpm->archive, error);
    status = rpm->stream->open(&packed, setup, &rpm->stream_state, error);
    if (status == SW_OK)
        status = sw_archive_open(&payload, &all, &plain, setup, &rpm->archive, error);
    return status;
}

static enum sw_status rpm_open(const struct sw_input *input, const struct sw_source_setup *setup,
                               void **state, struct sw_error *error)
{
    struct rpm *rpm = calloc(1, sizeof *rpm);
    if (rpm == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for rpm");
    rpm->setup = *setup;
    sw_rpm_header_init(&rpm->header);
    enum sw_status status = sw_flow_init(&rpm->flow, input, LEAD, error);
    if (status == SW_OK)
        status = sw_rpm_header_read(&rpm->header, &rpm->flow, true, 0, error);
    if (status == SW_OK)
        status = sw_rpm_header_read(
            &rpm->header, &rpm->flow, false,
            setup->window_max < SW_RPM_HEADER_MAX ? setup->window_max : SW_RPM_HEADER_MAX, error);
    if (status == SW_OK) {
        *state = rpm;
        return SW_OK;
    }
    rpm_close(rpm);
    return status == SW_STOP ? SW_STOP : SW_DEAD;
}

static enum sw_status rpm_next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct rpm *rpm = state;
    struct sw_view name;
    enum sw_status status = sw_rpm_header_next(&rpm->header, &name, &rpm->script, error);

    rpm->in_header = status == SW_OK;
    if (rpm->in_header) {
        *member = (struct sw_member){.kind = SW_MEMBER_FILE, .name = name, .size_known = true};
        member->facts.size = rpm->script.size;
        member->facts.mtime_ns = SW_TIME_UNKNOWN;
        return SW_OK;
    }
    if (status != SW_END)
        return status;
    if (rpm->archive == NULL) {
        status = open_payload(rpm, error);
        if (status != SW_OK)
            return status == SW_STOP ? SW_STOP : SW_DEAD;
    }
    return sw_archive_next(rpm->archive, member, error);
}

static enum sw_status rpm_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct rpm *rpm = state;

    if (!rpm->in_header)
        return sw_archive_read(rpm->archive, piece, error);
    if (rpm->script.size == 0)
        return SW_END;
    *piece = (struct sw_piece){rpm->script.data, rpm->script.size, 0};
    rpm->script.size = 0;
    return SW_OK;
}

/* Magic, version and type of the lead, and the magic of the header behind it. */
static unsigned rpm_probe(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (!sw_bytes_at(head, 0, "\xed\xab\xee\xdb", 4) || head.size < 8)
        return 0;
    if (head.data[4] < 2 || head.data[4] > 4 || sw_big16(head.data + 6) > 1)
        return 0;
    return sw_bytes_at(head, LEAD, "\x8e\xad\xe8\1", 4) ? 32 + 6 + 15 + 32 : 32 + 6 + 15;
}

const struct sw_source sw_source_rpm = {
    .kind = "rpm",
    .sequential = true,
    .probe = rpm_probe,
    .open = rpm_open,
    .next = rpm_next,
    .read = rpm_read,
    .close = rpm_close,
};
