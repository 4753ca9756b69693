/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_format.h - what a format implements: one row of the table in sink.c.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 */
#ifndef SWEEPER_SUPERVISOR_SINK_FORMAT_H
#define SWEEPER_SUPERVISOR_SINK_FORMAT_H

#include <jansson.h>
#include <stdbool.h>

#include "supervisor/outfile.h"
#include "sweeper/buf.h"
#include "sweeper/options.h"

struct sw_sink;
struct sw_sums;

struct sw_sink_format {
    const char *name; /* as in -o NAME */
    enum sw_outfile_mode mode;
    /* The format connects by itself, to FILE or else to this place: its sinks have no
     * `out`. NULL: it writes to a file, or else to standard output. */
    const char *place;
    enum sw_status (*open)(struct sw_sink *sink, const struct sw_options *options,
                           struct sw_error *error);
    /* `line` is the record as JSON without a newline, the same for all. */
    enum sw_status (*put)(struct sw_sink *sink, const json_t *record, struct sw_view line,
                          struct sw_error *error);
    /* All records but the last one, sweep_end, have been put: a document writes
     * them. NULL for streams. Not called after a failure. */
    enum sw_status (*settle)(struct sw_sink *sink, struct sw_error *error);
    /* Appends what is still to be written. Not called after a failure. */
    enum sw_status (*finish)(struct sw_sink *sink, struct sw_error *error);
    /* Releases the state; always called. */
    void (*close)(struct sw_sink *sink);
};

struct sw_sink {
    const struct sw_sink_format *format;
    const char *file; /* as in -o NAME=FILE; NULL: none named */
    struct sw_outfile *out;
    struct sw_sums *sums; /* what is written of its SHA-256; NULL: nothing */
    void *state;          /* the format's own */
    bool failed;          /* gets no more records */
};

extern const struct sw_sink_format sw_sink_jsonl;
extern const struct sw_sink_format sw_sink_json;
extern const struct sw_sink_format sw_sink_text;
extern const struct sw_sink_format sw_sink_sarif;
extern const struct sw_sink_format sw_sink_syslog;

#endif
