/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats, and the fan-out of records to all destinations. */
#include "sweeper/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/record_order.h"
#include "supervisor/sink_format.h"
#include "supervisor/sums.h"

/* Adding a format is one file and one row. */
static const struct sw_sink_format *const formats[] = {
    &sw_sink_jsonl, &sw_sink_json, &sw_sink_text, &sw_sink_sarif, &sw_sink_syslog,
};
enum {
    FORMAT_COUNT = sizeof formats / sizeof formats[0],
    FLUSH_EVERY_MS = 1000,
    FILES_EACH = 4, /* new and old, of a report and of its hash */
};

struct sw_sinks {
    struct sw_sink *rows;
    size_t count;
    struct sw_facts *files;
    size_t file_count;
    struct sw_buf line; /* the record that is being put */
    int64_t flushed_ms;
    bool failed;
    struct sw_error error; /* the first failure */
};

static const struct sw_sink_format *find(const char *name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    return NULL;
}

bool sw_sink_find(const char *format)
{
    return find(format) != NULL;
}

const char *sw_sink_place(const char *format)
{
    const struct sw_sink_format *row = find(format);
    return row == NULL ? NULL : row->place;
}

const char *sw_sink_formats(void)
{
    static char names[FORMAT_COUNT * 16];
    size_t used = 0;
    for (size_t i = 0; i < FORMAT_COUNT && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ",
                                 formats[i]->name);
    return names;
}

const char *sw_sink_format_name(size_t index)
{
    return index < FORMAT_COUNT ? formats[index]->name : NULL;
}

static int64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum sw_status open_one(struct sw_sink *sink, const struct sw_output_option *output,
                               const struct sw_options *options, struct sw_error *error)
{
    sink->format = find(output->format);
    if (sink->format == NULL)
        return sw_fail(error, SW_STOP, "sink", 0, "unknown output format (known: %s)",
                       sw_sink_formats());
    sink->file = output->file;
    if (sink->format->place != NULL)
        return sink->format->open(sink, options, error);
    enum sw_status status = sw_outfile_open(output->file, sink->format->mode, &sink->out, error);
    if (status == SW_OK && sw_options_hash_reports(options) && sw_outfile_has_name(sink->out))
        status = sw_sums_open(sink->out, output->file, &sink->sums, error);
    return status == SW_OK ? sink->format->open(sink, options, error) : status;
}

/* Two formats in one file would make neither. By name too: a document's FILE
 * may not be there yet. */
static bool same_name(const struct sw_sinks *sinks, const struct sw_output_option *outputs,
                      size_t i, size_t k)
{
    struct sw_facts unused[2];
    return outputs[i].file != NULL && outputs[k].file != NULL &&
           strcmp(outputs[i].file, outputs[k].file) == 0 &&
           sw_outfile_identities(sinks->rows[i].out, unused) > 0;
}

static bool same_file(const struct sw_facts *a, const struct sw_facts *b)
{
    return a->device == b->device && a->inode == b->inode;
}

static enum sw_status check_apart(const struct sw_sinks *sinks,
                                  const struct sw_output_option *outputs, struct sw_error *error)
{
    bool clash = false;
    for (size_t i = 0; i < sinks->count; i++) {
        for (size_t k = 0; k < i; k++)
            clash = clash || same_name(sinks, outputs, i, k);
    }
    for (size_t i = 0; i < sinks->file_count; i++) {
        for (size_t k = 0; k < i; k++)
            clash = clash || same_file(&sinks->files[i], &sinks->files[k]);
    }
    return clash ? sw_fail(error, SW_STOP, "sink", 0, "two outputs go to the same file") : SW_OK;
}

static enum sw_status open_all(struct sw_sinks *sinks, const struct sw_options *options,
                               struct sw_error *error)
{
    const struct sw_output_option otherwise = {
        .format = isatty(STDOUT_FILENO) == 1 ? "text" : "jsonl", .file = NULL};
    const struct sw_output_option *outputs =
        options->output_count == 0 ? &otherwise : options->outputs;
    size_t count = options->output_count == 0 ? 1 : options->output_count;
    size_t standard = 0;
    sinks->rows = calloc(count, sizeof *sinks->rows);
    sinks->files = calloc(count, FILES_EACH * sizeof *sinks->files);
    if (sinks->rows == NULL || sinks->files == NULL)
        return sw_fail(error, SW_STOP, "sink", 0, "no memory for the outputs");
    for (size_t i = 0; i < count; i++) {
        if (sw_sink_place(outputs[i].format) == NULL && sw_outfile_is_standard(outputs[i].file))
            standard++;
        if (standard > 1)
            return sw_fail(error, SW_STOP, "sink", 0, "two outputs go to standard output");
        enum sw_status status = open_one(&sinks->rows[sinks->count++], &outputs[i], options, error);
        if (status != SW_OK)
            return status;
    }
    /* Now that all are open: one may have made the FILE that another will replace. */
    for (size_t i = 0; i < count; i++) {
        sinks->file_count +=
            sw_outfile_identities(sinks->rows[i].out, sinks->files + sinks->file_count);
        sinks->file_count +=
            sw_sums_identities(sinks->rows[i].sums, sinks->files + sinks->file_count);
    }
    enum sw_status status = check_apart(sinks, outputs, error);
    /* A stream is empty by now: what an earlier sweep said of it is wrong. */
    for (size_t i = 0; i < count && status == SW_OK; i++)
        if (sinks->rows[i].format->mode == SW_OUTFILE_STREAM)
            sw_sums_forget_old(sinks->rows[i].sums);
    return status;
}

/* Its hash goes into place after the report, never before. */
static enum sw_status close_one(struct sw_sink *sink, bool keep, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    keep = keep && !sink->failed;
    if (keep)
        status = sink->format->finish(sink, error);
    bool whole = keep && status == SW_OK;
    if (whole && sink->sums != NULL)
        status = sw_sums_take(sink->sums, sink->out, error);
    /* A stream that failed still writes what it has; a document does not. */
    enum sw_status closed = sw_outfile_close(sink->out, whole, status == SW_OK ? error : NULL);
    status = status == SW_OK ? closed : status;
    closed = sw_sums_close(sink->sums, whole && status == SW_OK, status == SW_OK ? error : NULL);
    if (sink->format != NULL)
        sink->format->close(sink);
    return status == SW_OK ? closed : status;
}

/* Closes everything; keeps no document when `keep` is false. */
static void close_all(struct sw_sinks *sinks, bool keep)
{
    for (size_t i = 0; i < sinks->count; i++) {
        struct sw_error error = {0};
        if (close_one(&sinks->rows[i], keep, &error) != SW_OK && !sinks->failed) {
            sinks->failed = true;
            sinks->error = error;
        }
    }
}

static void release(struct sw_sinks *sinks)
{
    sw_buf_done(&sinks->line);
    free(sinks->rows);
    free(sinks->files);
    free(sinks);
}

enum sw_status sw_sinks_open_none(struct sw_sinks **opened, struct sw_error *error)
{
    struct sw_sinks *sinks = calloc(1, sizeof *sinks);
    if (sinks == NULL) {
        (void)sw_fail(error, SW_STOP, "sink", 0, "no memory for the outputs");
        return SW_STOP;
    }
    sw_buf_init(&sinks->line, SW_GIB);
    sinks->flushed_ms = now_ms();
    *opened = sinks;
    return SW_OK;
}

enum sw_status sw_sinks_open(const struct sw_options *options, struct sw_sinks **opened,
                             struct sw_error *error)
{
    struct sw_sinks *sinks = NULL;
    if (sw_sinks_open_none(&sinks, error) != SW_OK)
        return SW_STOP;
    enum sw_status status = open_all(sinks, options, error);
    if (status != SW_OK) {
        close_all(sinks, false);
        release(sinks);
        return status;
    }
    *opened = sinks;
    return SW_OK;
}

const struct sw_facts *sw_sinks_files(const struct sw_sinks *sinks, size_t *count)
{
    *count = sinks->file_count;
    return sinks->files;
}

/* The sink is lost; the others go on. */
static void note_failure(struct sw_sinks *sinks, struct sw_sink *sink, const struct sw_error *why)
{
    sink->failed = true;
    if (!sinks->failed)
        sinks->error = *why;
    sinks->failed = true;
}

static enum sw_status answer(const struct sw_sinks *sinks, struct sw_error *error)
{
    if (!sinks->failed)
        return SW_OK;
    if (error != NULL)
        *error = sinks->error;
    return SW_STOP;
}

static void flush_streams(struct sw_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        struct sw_sink *sink = &sinks->rows[i];
        struct sw_error why = {0};
        if (sink->failed || sink->out == NULL || sink->format->mode != SW_OUTFILE_STREAM)
            continue;
        if (sw_outfile_flush(sink->out, &why) != SW_OK)
            note_failure(sinks, sink, &why);
    }
    sinks->flushed_ms = now_ms();
}

enum sw_status sw_sinks_put(struct sw_sinks *sinks, const json_t *record, struct sw_error *error)
{
    sw_buf_clear(&sinks->line);
    if (sw_record_encode(record, &sinks->line) != SW_OK)
        return sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
    for (size_t i = 0; i < sinks->count; i++) {
        struct sw_sink *sink = &sinks->rows[i];
        struct sw_error why = {0};
        if (!sink->failed &&
            sink->format->put(sink, record, sw_buf_view(&sinks->line), &why) != SW_OK)
            note_failure(sinks, sink, &why);
    }
    /* One record with a path of megabytes must not cost memory for good. */
    if (sinks->line.capacity > 4 * SW_RECORD_MAX)
        sw_buf_done(&sinks->line);
    if (now_ms() - sinks->flushed_ms >= FLUSH_EVERY_MS)
        flush_streams(sinks);
    return answer(sinks, error);
}

enum sw_status sw_sinks_flush(struct sw_sinks *sinks, struct sw_error *error)
{
    flush_streams(sinks);
    return answer(sinks, error);
}

static enum sw_status settle_one(struct sw_sink *sink, struct sw_error *why)
{
    enum sw_status status = SW_OK;
    if (sink->format->settle != NULL)
        status = sink->format->settle(sink, why);
    return status == SW_OK && sink->out != NULL ? sw_outfile_settle(sink->out, why) : status;
}

enum sw_status sw_sinks_settle(struct sw_sinks *sinks, struct sw_error *error)
{
    for (size_t i = 0; i < sinks->count; i++) {
        struct sw_sink *sink = &sinks->rows[i];
        struct sw_error why = {0};
        if (!sink->failed && settle_one(sink, &why) != SW_OK)
            note_failure(sinks, sink, &why);
    }
    return answer(sinks, error);
}

bool sw_sinks_lost(const struct sw_sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        if (!sinks->rows[i].failed)
            return false;
    }
    return true;
}

bool sw_sinks_show_summary(const struct sw_sinks *sinks)
{
    if (sinks->count == 0)
        return true;
    for (size_t i = 0; i < sinks->count; i++) {
        const struct sw_sink *sink = &sinks->rows[i];
        if (!sink->failed && sink->format == &sw_sink_text && sw_outfile_is_terminal(sink->out))
            return true;
    }
    return false;
}

enum sw_status sw_sinks_close(struct sw_sinks *sinks, struct sw_error *error)
{
    if (sinks == NULL)
        return SW_OK;
    close_all(sinks, true);
    enum sw_status status = answer(sinks, error);
    release(sinks);
    return status;
}
