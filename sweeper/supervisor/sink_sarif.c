/* SPDX-License-Identifier: Apache-2.0 */
/* sarif: one SARIF 2.1.0 document with one run, that code scanning takes.
 *
 * Records are sorted like those of the format json, then turned into results (findings)
 * and notifications (gaps, incidents, deaths of engines), one at a time. What must be
 * known first but comes out last (artifacts, rules) stands behind the results: members of
 * a JSON object have no order. docs/ci.md has the limits that are kept here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

#include "supervisor/record_order.h"
#include "supervisor/record_parts.h"
#include "supervisor/sarif.h"
#include "supervisor/sink_format.h"
#include "supervisor/spool.h"
#include "sweeper/limits.h"
#include "sweeper/record.h"

enum {
    GZIP_MAX = 10 * 1000 * 1000,       /* code scanning takes no more, compressed */
    GZIP_NEAR = 9 * 1000 * 1000,       /* before artifacts and rules, which are still to come */
    BRIEF_FROM = 6 * 1000 * 1000,      /* compressed: from here on results have no matches */
    GAPS_MAX = 10000,                  /* notifications of gaps */
    SHOWN_MAX = 5000,                  /* results that code scanning shows */
    CLASSES = SW_SEVERITY_CRITICAL + 2 /* severities, and suppressed ones before them */
};

enum phase { PHASE_NONE, PHASE_RESULTS, PHASE_NOTIFICATIONS };

struct sarif_state {
    struct sw_spool *spool;
    struct sw_sarif_artifacts *artifacts;
    struct sw_sarif_rules *rules;
    char *base;            /* the directory the sweep was started in; "": unknown */
    const char *gap_level; /* of notifications */
    enum phase phase;
    const char *separator;
    json_t *start;
    json_t *end;
    uint64_t quota[CLASSES]; /* findings seen, then those that may still be written */
    uint64_t seen;
    uint64_t written;
    uint64_t brief; /* results without matches */
    uint64_t gaps;
    struct sw_buf line;
    z_stream gzip; /* measures; its output goes nowhere */
    bool measuring;
    bool settled;
};

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "sink", 0, "no memory for the outputs");
    return SW_STOP;
}

static enum sw_status sarif_open(struct sw_sink *sink, const struct sw_options *options,
                                 struct sw_error *error)
{
    struct sarif_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return no_memory(error);
    sink->state = state;
    sw_buf_init(&state->line, SW_GIB);
    state->gap_level = options->allow_gaps ? "warning" : "error";
    state->base = getcwd(NULL, 0);
    if (state->base != NULL && state->base[0] != '/') {
        free(state->base); /* "(unreachable)" */
        state->base = NULL;
    }
    if (state->base == NULL)
        state->base = strdup("");
    if (state->base == NULL || deflateInit(&state->gzip, Z_BEST_SPEED) != Z_OK)
        return no_memory(error);
    state->measuring = true;
    enum sw_status status = sw_spool_new(SW_SPOOL_RUN_MAX, &state->spool, error);
    if (status == SW_OK)
        status = sw_sarif_artifacts_new(state->base, &state->artifacts, error);
    return status == SW_OK ? sw_sarif_rules_new(&state->rules, error) : status;
}

/* --- writing --- */

static void measure(struct sarif_state *state, struct sw_view bytes)
{
    uint8_t nowhere[16384];
    while (bytes.size > 0) {
        uInt count = bytes.size > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)bytes.size;
        state->gzip.next_in = bytes.data;
        state->gzip.avail_in = count;
        do {
            state->gzip.next_out = nowhere;
            state->gzip.avail_out = sizeof nowhere;
        } while (deflate(&state->gzip, Z_NO_FLUSH) == Z_OK && state->gzip.avail_out == 0);
        bytes.data += count;
        bytes.size -= count;
    }
}

static enum sw_status append(struct sw_sink *sink, struct sw_view bytes, struct sw_error *error)
{
    measure(sink->state, bytes);
    return sw_outfile_append(sink->out, bytes, error);
}

static enum sw_status append_text(struct sw_sink *sink, const char *text, struct sw_error *error)
{
    return append(sink, (struct sw_view){(const uint8_t *)text, strlen(text)}, error);
}

/* `prefix`, then the value, which is taken; NULL: there was no memory for it. */
static enum sw_status append_value(struct sw_sink *sink, const char *prefix, json_t *value,
                                   struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    sw_buf_clear(&state->line);
    enum sw_status status = SW_SKIP;
    if (value != NULL)
        status = sw_record_encode(value, &state->line);
    json_decref(value);
    if (status != SW_OK)
        return no_memory(error);
    status = append_text(sink, prefix, error);
    return status == SW_OK ? append(sink, sw_buf_view(&state->line), error) : status;
}

static enum sw_status append_row(struct sw_sink *sink, json_t *value, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    const char *separator = state->separator;
    state->separator = ",\n";
    return append_value(sink, separator, value, error);
}

static enum sw_status spooled_row(void *context, struct sw_view text, struct sw_error *error)
{
    struct sw_sink *sink = context;
    struct sarif_state *state = sink->state;
    enum sw_status status = append_text(sink, state->separator, error);
    state->separator = ",\n";
    return status == SW_OK ? append(sink, text, error) : status;
}

/* --- what fits --- */

static size_t class_of(const json_t *finding)
{
    if (json_object_get(finding, "suppressed") != NULL)
        return 0;
    return (size_t)sw_sarif_severity(finding, "severity") + 1;
}

/* From counts to quotas: the worst first. */
static void share_out(struct sarif_state *state)
{
    uint64_t left = SW_SARIF_RESULTS_MAX;
    for (size_t i = CLASSES; i-- > 0;) {
        if (state->quota[i] > left)
            state->quota[i] = left;
        left -= state->quota[i];
    }
}

/* --- from records to rows --- */

static enum sw_status put_finding(struct sw_sink *sink, const json_t *finding,
                                  struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    struct sw_sarif_place place = {0};
    size_t class = class_of(finding);
    if (state->phase != PHASE_RESULTS || state->quota[class] == 0)
        return SW_OK;
    state->quota[class]--;
    bool brief = state->gzip.total_out > BRIEF_FROM;
    enum sw_status status = sw_sarif_artifact_find(state->artifacts, finding, &place, error);
    if (status != SW_OK)
        return status;
    json_t *result = sw_sarif_result(finding, &place, brief);
    status = sw_sarif_rule_put(state->rules, finding, &result, error);
    sw_sarif_place_done(&place);
    if (status != SW_OK) {
        json_decref(result);
        return status;
    }
    state->written++;
    state->brief += brief ? 1 : 0;
    return append_row(sink, result, error);
}

static enum sw_status start_notifications(struct sw_sink *sink, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    if (state->phase == PHASE_NOTIFICATIONS)
        return SW_OK;
    state->phase = PHASE_NOTIFICATIONS;
    state->separator = "\n";
    return append_text(sink, "\n],\"invocations\":[{\"toolExecutionNotifications\":[", error);
}

static enum sw_status put_other(struct sw_sink *sink, const json_t *record, const char *type,
                                struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    enum sw_status status = start_notifications(sink, error);
    if (strcmp(type, "gap") == 0 && state->gaps++ >= GAPS_MAX)
        return status;
    return status == SW_OK
               ? append_row(sink, sw_sarif_notification(record, state->base, state->gap_level),
                            error)
               : status;
}

static enum sw_status put_record(struct sw_sink *sink, const json_t *record, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    const char *type = json_string_value(json_object_get(record, "type"));
    if (type == NULL || strcmp(type, "root") == 0 || strcmp(type, "disk_image") == 0)
        return SW_OK;
    if (strcmp(type, "sweep_start") == 0 || strcmp(type, "sweep_end") == 0) {
        json_t **place = type[6] == 's' ? &state->start : &state->end;
        json_decref(*place);
        *place = json_deep_copy(record);
        return *place == NULL ? no_memory(error) : SW_OK;
    }
    if (strcmp(type, "finding") == 0)
        return put_finding(sink, record, error);
    return put_other(sink, record, type, error);
}

static enum sw_status sorted_row(void *context, struct sw_view text, struct sw_error *error)
{
    json_t *record = json_loadb((const char *)text.data, text.size, 0, NULL);
    if (record == NULL)
        return no_memory(error);
    enum sw_status status = put_record(context, record, error);
    json_decref(record);
    return status;
}

static enum sw_status sarif_put(struct sw_sink *sink, const json_t *record, struct sw_view line,
                                struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    const char *type = json_string_value(json_object_get(record, "type"));
    struct sw_buf key;
    if (state->settled)
        return put_record(sink, record, error);
    if (type != NULL && strcmp(type, "finding") == 0) {
        state->quota[class_of(record)]++;
        state->seen++;
    }
    sw_buf_init(&key, SW_GIB);
    enum sw_status status = sw_sarif_key(record, &key);
    status = status == SW_OK ? sw_spool_add(state->spool, sw_buf_view(&key), line, error)
                             : no_memory(error);
    sw_buf_done(&key);
    return status;
}

/* --- the document --- */

static enum sw_status append_head(struct sw_sink *sink, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    enum sw_status status =
        append_text(sink,
                    "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
                    "\"version\":\"2.1.0\",\"runs\":[{\"columnKind\":\"utf16CodeUnits\"",
                    error);
    if (status != SW_OK)
        return status;
    if (state->base[0] != '\0') {
        struct sw_buf uri;
        sw_buf_init(&uri, SW_MIB);
        const struct sw_view path = {(const uint8_t *)state->base, strlen(state->base)};
        json_t *ids = NULL;
        if (sw_buf_append_text(&uri, "file://") == SW_OK &&
            sw_sarif_uri(&uri, path, false) == SW_OK &&
            (path.size == 1 || sw_buf_append_text(&uri, "/") == SW_OK) &&
            sw_buf_terminate(&uri) == SW_OK)
            ids = json_pack("{s:{s:s,s:{s:s}}}", SW_SARIF_BASE_ID, "uri", (const char *)uri.data,
                            "description", "text", "the directory the sweep was started in");
        sw_buf_done(&uri);
        status = append_value(sink, ",\"originalUriBaseIds\":", ids, error);
    }
    return status == SW_OK ? append_text(sink, ",\"results\":[", error) : status;
}

static enum sw_status sarif_settle(struct sw_sink *sink, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    if (state->settled)
        return SW_OK;
    state->settled = true;
    share_out(state);
    enum sw_status status = append_head(sink, error);
    state->phase = PHASE_RESULTS;
    state->separator = "\n";
    return status == SW_OK ? sw_spool_drain(state->spool, sorted_row, sink, error) : status;
}

static enum sw_status say(struct sw_sink *sink, bool needed, const char *text,
                          struct sw_error *error)
{
    return needed ? append_row(sink, sw_sarif_limit(text), error) : SW_OK;
}

/* Nothing is left out in silence. */
static enum sw_status append_limits(struct sw_sink *sink, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    char text[256];
    (void)snprintf(text, sizeof text,
                   "%" PRIu64 " of %" PRIu64 " findings are not in this document, the least severe "
                   "ones: code scanning refuses more than %d results. -o json has all",
                   state->seen - state->written, state->seen, (int)SW_SARIF_RESULTS_MAX);
    enum sw_status status = say(sink, state->written < state->seen, text, error);
    (void)snprintf(text, sizeof text,
                   "code scanning shows only the worst %d of %" PRIu64 " results", (int)SHOWN_MAX,
                   state->written);
    if (status == SW_OK)
        status = say(sink, state->written > SHOWN_MAX, text, error);
    (void)snprintf(text, sizeof text,
                   "%" PRIu64
                   " results are without their matches: the document would be too large. "
                   "-o json has all",
                   state->brief);
    if (status == SW_OK)
        status = say(sink, state->brief > 0, text, error);
    (void)snprintf(text, sizeof text,
                   "%" PRIu64 " more gaps are not listed one by one. -o json has all",
                   state->gaps > GAPS_MAX ? state->gaps - GAPS_MAX : 0);
    if (status == SW_OK)
        status = say(sink, state->gaps > GAPS_MAX, text, error);
    (void)snprintf(text, sizeof text, "more than %d rules: code scanning refuses this document",
                   (int)SW_SARIF_RULES_MAX);
    if (status == SW_OK)
        status = say(sink, sw_sarif_rules_count(state->rules) > SW_SARIF_RULES_MAX, text, error);
    (void)snprintf(
        text, sizeof text,
        "compressed, this document may be larger than the %d MB that code scanning takes",
        (int)(GZIP_MAX / 1000000));
    return status == SW_OK ? say(sink, state->gzip.total_out > GZIP_NEAR, text, error) : status;
}

/* An object's members, to stand in an object that is open already. */
static enum sw_status append_members(struct sw_sink *sink, json_t *object, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    sw_buf_clear(&state->line);
    enum sw_status status = SW_SKIP;
    if (object != NULL)
        status = sw_record_encode(object, &state->line);
    json_decref(object);
    if (status != SW_OK)
        return no_memory(error);
    struct sw_view text = sw_buf_view(&state->line);
    return append(sink, (struct sw_view){text.data + 1, text.size - 2}, error);
}

static enum sw_status append_spool(struct sw_sink *sink, const char *prefix, struct sw_spool *spool,
                                   struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    enum sw_status status = append_text(sink, prefix, error);
    state->separator = "\n";
    return status == SW_OK ? sw_spool_drain(spool, spooled_row, sink, error) : status;
}

static enum sw_status sarif_finish(struct sw_sink *sink, struct sw_error *error)
{
    struct sarif_state *state = sink->state;
    enum sw_status status = sarif_settle(sink, error);
    if (status == SW_OK)
        status = start_notifications(sink, error);
    if (status == SW_OK)
        status = append_limits(sink, error);
    if (status == SW_OK)
        status = append_text(sink, "\n],", error);
    if (status == SW_OK)
        status =
            append_members(sink, sw_sarif_invocation(state->start, state->end, state->base), error);
    if (status == SW_OK)
        status = append_spool(sink, "}],\"artifacts\":[",
                              sw_sarif_artifacts_spool(state->artifacts), error);
    if (status == SW_OK)
        status = append_text(sink, "\n],\"tool\":{\"driver\":{", error);
    if (status == SW_OK)
        status = append_members(sink, sw_sarif_driver(state->start), error);
    if (status == SW_OK)
        status = append_spool(sink, ",\"rules\":[", sw_sarif_rules_spool(state->rules), error);
    return status == SW_OK ? append_text(sink, "\n]}}}]}\n", error) : status;
}

static void sarif_close(struct sw_sink *sink)
{
    struct sarif_state *state = sink->state;
    if (state == NULL)
        return;
    sw_spool_free(state->spool);
    sw_sarif_artifacts_free(state->artifacts);
    sw_sarif_rules_free(state->rules);
    json_decref(state->start);
    json_decref(state->end);
    sw_buf_done(&state->line);
    if (state->measuring)
        (void)deflateEnd(&state->gzip);
    free(state->base);
    free(state);
    sink->state = NULL;
}

const struct sw_sink_format sw_sink_sarif = {
    .name = "sarif",
    .mode = SW_OUTFILE_DOCUMENT,
    .open = sarif_open,
    .put = sarif_put,
    .settle = sarif_settle,
    .finish = sarif_finish,
    .close = sarif_close,
};
