/* SPDX-License-Identifier: Apache-2.0 */
/* json: one document, records in the canonical order, one a line. */
#include "supervisor/record_order.h"
#include "supervisor/sink_format.h"
#include "supervisor/spool.h"
#include "sweeper/limits.h"
#include "sweeper/record.h"

static enum sw_status json_open(struct sw_sink *sink, const struct sw_options *options,
                                struct sw_error *error)
{
    struct sw_spool *spool = NULL;
    (void)options;
    enum sw_status status = sw_spool_new(SW_SPOOL_RUN_MAX, &spool, error);
    sink->state = spool;
    return status;
}

static enum sw_status json_put(struct sw_sink *sink, const json_t *record, struct sw_view line,
                               struct sw_error *error)
{
    struct sw_buf key;
    sw_buf_init(&key, SW_GIB);
    enum sw_status status = sw_record_key(record, &key);
    status = status == SW_OK ? sw_spool_add(sink->state, sw_buf_view(&key), line, error)
                             : sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
    sw_buf_done(&key);
    return status;
}

struct document {
    struct sw_outfile *out;
    const char *separator;
};

static enum sw_status append_text(struct sw_outfile *out, const char *text, struct sw_error *error)
{
    struct sw_buf bytes;
    sw_buf_init(&bytes, SW_KIB);
    enum sw_status status = sw_buf_append_text(&bytes, text);
    status = status == SW_OK ? sw_outfile_append(out, sw_buf_view(&bytes), error)
                             : sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
    sw_buf_done(&bytes);
    return status;
}

static enum sw_status document_row(void *context, struct sw_view text, struct sw_error *error)
{
    struct document *document = context;
    enum sw_status status = append_text(document->out, document->separator, error);
    document->separator = ",\n";
    return status == SW_OK ? sw_outfile_append(document->out, text, error) : status;
}

static enum sw_status json_finish(struct sw_sink *sink, struct sw_error *error)
{
    struct document document = {.out = sink->out, .separator = "\n"};
    enum sw_status status =
        append_text(sink->out, "{\"schema\":\"" SW_SCHEMA_VERSION "\",\"records\":[", error);
    if (status == SW_OK)
        status = sw_spool_drain(sink->state, document_row, &document, error);
    return status == SW_OK ? append_text(sink->out, "\n]}\n", error) : status;
}

static void json_close(struct sw_sink *sink)
{
    sw_spool_free(sink->state);
    sink->state = NULL;
}

const struct sw_sink_format sw_sink_json = {
    .name = "json",
    .mode = SW_OUTFILE_DOCUMENT,
    .open = json_open,
    .put = json_put,
    .finish = json_finish,
    .close = json_close,
};
