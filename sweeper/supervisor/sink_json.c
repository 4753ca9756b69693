/* SPDX-License-Identifier: Apache-2.0 */
/* json: one document, records in the canonical order, one a line. */
#include <stdlib.h>
#include <string.h>

#include "supervisor/record_order.h"
#include "supervisor/seal.h"
#include "supervisor/sink_format.h"
#include "supervisor/spool.h"
#include "sweeper/limits.h"
#include "sweeper/record.h"

struct json_state {
    struct sw_spool *spool;
    const char *separator; /* before the next row of the document */
    bool settled;          /* the spool has been emptied into the document */
};

static enum sw_status json_open(struct sw_sink *sink, const struct sw_options *options,
                                struct sw_error *error)
{
    struct json_state *state = calloc(1, sizeof *state);
    (void)options;
    if (state == NULL)
        return sw_fail(error, SW_STOP, "sink", 0, "no memory for the outputs");
    state->separator = "\n";
    sink->state = state;
    if (sw_outfile_hash(sink->out, error) != SW_OK)
        return SW_STOP;
    return sw_spool_new(SW_SPOOL_RUN_MAX, &state->spool, error);
}

static enum sw_status append_text(struct sw_outfile *out, const char *text, struct sw_error *error)
{
    return sw_outfile_append(out, (struct sw_view){(const uint8_t *)text, strlen(text)}, error);
}

static enum sw_status document_row(void *context, struct sw_view text, struct sw_error *error)
{
    const struct sw_sink *sink = context;
    struct json_state *state = sink->state;
    enum sw_status status = append_text(sink->out, state->separator, error);
    state->separator = ",\n";
    return status == SW_OK ? sw_outfile_append(sink->out, text, error) : status;
}

/* The record that comes last says what stands before it. */
static enum sw_status document_end(struct sw_sink *sink, const json_t *record, struct sw_view line,
                                   struct sw_error *error)
{
    struct json_state *state = sink->state;
    struct sw_buf sealed;
    sw_buf_init(&sealed, line.size + SW_SEAL_MAX);
    enum sw_status status = append_text(sink->out, state->separator, error);
    state->separator = ",\n";
    if (status == SW_OK)
        status = sw_seal(sink->out, record, line, &sealed, error);
    if (status == SW_OK)
        status = sw_outfile_append(sink->out, sw_buf_view(&sealed), error);
    sw_buf_done(&sealed);
    return status;
}

static enum sw_status json_put(struct sw_sink *sink, const json_t *record, struct sw_view line,
                               struct sw_error *error)
{
    const struct json_state *state = sink->state;
    struct sw_buf key;
    if (state->settled)
        return document_end(sink, record, line, error);
    sw_buf_init(&key, SW_GIB);
    enum sw_status status = sw_record_key(record, &key);
    status = status == SW_OK ? sw_spool_add(state->spool, sw_buf_view(&key), line, error)
                             : sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
    sw_buf_done(&key);
    return status;
}

static enum sw_status json_settle(struct sw_sink *sink, struct sw_error *error)
{
    struct json_state *state = sink->state;
    if (state->settled)
        return SW_OK;
    state->settled = true;
    enum sw_status status =
        append_text(sink->out, "{\"schema\":\"" SW_SCHEMA_VERSION "\",\"records\":[", error);
    return status == SW_OK ? sw_spool_drain(state->spool, document_row, sink, error) : status;
}

static enum sw_status json_finish(struct sw_sink *sink, struct sw_error *error)
{
    enum sw_status status = json_settle(sink, error);
    return status == SW_OK ? append_text(sink->out, "\n]}\n", error) : status;
}

static void json_close(struct sw_sink *sink)
{
    struct json_state *state = sink->state;
    if (state != NULL)
        sw_spool_free(state->spool);
    free(state);
    sink->state = NULL;
}

const struct sw_sink_format sw_sink_json = {
    .name = "json",
    .mode = SW_OUTFILE_DOCUMENT,
    .open = json_open,
    .put = json_put,
    .settle = json_settle,
    .finish = json_finish,
    .close = json_close,
};
