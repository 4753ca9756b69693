/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h - where finished records go: a table of formats, one row a format.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     sw_sinks owns its files until sw_sinks_close(). Records are
 *           borrowed for the call.
 * Fails:    SW_STOP when a destination cannot be written (no space, closed
 *           pipe): the first such error is kept and given back by this and
 *           every later call, later records still go to the other sinks, and
 *           the sweep ends with exit code 2. SIGPIPE must be ignored.
 */
#ifndef SWEEPER_SINK_H
#define SWEEPER_SINK_H

#include <jansson.h>
#include <stdbool.h>

#include "sweeper/facts.h"
#include "sweeper/options.h"
#include "sweeper/status.h"

struct sw_sinks;

/* The names of the formats, comma-separated, for help and messages. */
const char *sw_sink_formats(void);
/* The name of one of them; NULL past the last. */
const char *sw_sink_format_name(size_t index);
/* True when the format exists. */
bool sw_sink_find(const char *format);

/* Where the format writes when no FILE is named, as "/dev/log"; NULL: standard output. */
const char *sw_sink_place(const char *format);

/* Opens every destination; with no -o: jsonl on standard output, or text when
 * that is a terminal. `color` applies to text. */
enum sw_status sw_sinks_open(const struct sw_options *options, struct sw_sinks **sinks,
                             struct sw_error *error) SW_MUST_CHECK;
/* No destination at all: records go nowhere, and nobody wants a summary. */
enum sw_status sw_sinks_open_none(struct sw_sinks **sinks, struct sw_error *error) SW_MUST_CHECK;
/* Identity of every regular file that is written to or replaced (standard output
 * when it is one, FILE of each -o, FILE.partial), so that the walk leaves it
 * out. Spools have no name that a walk could meet. Borrowed until close. */
const struct sw_facts *sw_sinks_files(const struct sw_sinks *sinks, size_t *count);

/* One complete record, as docs/schema/ describes it. */
enum sw_status sw_sinks_put(struct sw_sinks *sinks, const json_t *record,
                            struct sw_error *error) SW_MUST_CHECK;

/* Writes out what the streams (jsonl, text) have buffered. The conductor calls
 * it when it has nothing else to do; under load put does it once a second. */
enum sw_status sw_sinks_flush(struct sw_sinks *sinks, struct sw_error *error) SW_MUST_CHECK;
/* True when every sink has failed: nobody reads any more, so the sweep can end. */
bool sw_sinks_lost(const struct sw_sinks *sinks);
/* True when a person sees the text format's summary on a terminal already, so
 * that it need not be printed on stderr as well. Ask before closing. */
bool sw_sinks_show_summary(const struct sw_sinks *sinks);

/* Before sweep_end, once: writes everything that has been put to its place on
 * the disk, documents too, so that the exit code in sweep_end can tell of a
 * destination that did not take it. */
enum sw_status sw_sinks_settle(struct sw_sinks *sinks, struct sw_error *error) SW_MUST_CHECK;

/* Writes what a document still needs, flushes, closes, frees. Called on every
 * way out, also after an interrupt. NULL is fine. */
enum sw_status sw_sinks_close(struct sw_sinks *sinks, struct sw_error *error) SW_MUST_CHECK;

#endif
