/* SPDX-License-Identifier: Apache-2.0 */
/* jsonl: one record a line, in order of discovery. */
#include "supervisor/seal.h"
#include "supervisor/sink_format.h"

static enum sw_status jsonl_open(struct sw_sink *sink, const struct sw_options *options,
                                 struct sw_error *error)
{
    (void)options;
    return sw_outfile_hash(sink->out, error);
}

static enum sw_status jsonl_put(struct sw_sink *sink, const json_t *record, struct sw_view line,
                                struct sw_error *error)
{
    static const uint8_t newline[] = {'\n'};
    /* Line and newline in one go: a write in between would tear the record. */
    struct sw_buf whole;
    sw_buf_init(&whole, line.size + SW_SEAL_MAX + 1);
    enum sw_status status = sw_seal(sink->out, record, line, &whole, error);
    if (status == SW_OK && sw_buf_append(&whole, newline, sizeof newline) != SW_OK)
        status = sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
    if (status == SW_OK)
        status = sw_outfile_append(sink->out, sw_buf_view(&whole), error);
    sw_buf_done(&whole);
    return status;
}

static enum sw_status jsonl_finish(struct sw_sink *sink, struct sw_error *error)
{
    (void)sink;
    (void)error;
    return SW_OK;
}

static void jsonl_close(struct sw_sink *sink)
{
    (void)sink;
}

const struct sw_sink_format sw_sink_jsonl = {
    .name = "jsonl",
    .mode = SW_OUTFILE_STREAM,
    .open = jsonl_open,
    .put = jsonl_put,
    .finish = jsonl_finish,
    .close = jsonl_close,
};
