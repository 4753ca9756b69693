/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm: a lead, two headers, and a compressed cpio, which is opened by the stream and
 * the cpio reader that everything else uses. The members are the packaged files.
 */
#include <stdlib.h>

#include "engine/source/archive_private.h"
#include "engine/source/bytes.h"
#include "engine/source/sources.h"

enum {
    LEAD = 96,
    HEADER = 16,          /* bytes before the index */
    INDEX_ENTRY = 16,     /* bytes */
    INDEX_MAX = 65536,    /* entries; rpm's own limit */
    STORE_MAX = 256 << 20 /* bytes; the same */
};

struct rpm {
    struct sw_flow flow;
    size_t shown; /* bytes of the flow that the stream has and that are not consumed */
    const struct sw_source *stream;
    void *stream_state;
    void *archive;
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
    sw_flow_done(&rpm->flow);
    free(rpm);
}

static enum sw_status cut(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "source", 0,
                       "the rpm ends before its payload");
}

/* One header; the first one, of signatures, is padded. */
static enum sw_status skip_header(struct rpm *rpm, bool padded, struct sw_error *error)
{
    enum sw_status status = sw_flow_peek(&rpm->flow, HEADER, error);
    if (status != SW_OK)
        return status;
    if (rpm->flow.rest.size < HEADER)
        return cut(error);
    const uint8_t *head = rpm->flow.rest.data;
    uint32_t entries = sw_big32(head + 8);
    uint32_t store = sw_big32(head + 12);
    if (!sw_bytes_at(rpm->flow.rest, 0, "\x8e\xad\xe8\1", 4) || entries > INDEX_MAX ||
        store > STORE_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                           "a header of the rpm is damaged");
    uint64_t size = HEADER + (uint64_t)entries * INDEX_ENTRY + store;
    if (padded)
        size = (size + 7) / 8 * 8;
    return sw_flow_skip(&rpm->flow, size, error);
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

static enum sw_status open_payload(struct rpm *rpm, const struct sw_source_setup *setup,
                                   struct sw_error *error)
{
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
    enum sw_status status = sw_flow_init(&rpm->flow, input, LEAD, error);
    if (status == SW_OK)
        status = skip_header(rpm, true, error);
    if (status == SW_OK)
        status = skip_header(rpm, false, error);
    if (status == SW_OK)
        status = open_payload(rpm, setup, error);
    if (status == SW_OK) {
        *state = rpm;
        return SW_OK;
    }
    rpm_close(rpm);
    return status == SW_STOP ? SW_STOP : SW_DEAD;
}

static enum sw_status rpm_next(void *state, struct sw_member *member, struct sw_error *error)
{
    return sw_archive_next(((struct rpm *)state)->archive, member, error);
}

static enum sw_status rpm_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    return sw_archive_read(((struct rpm *)state)->archive, piece, error);
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
