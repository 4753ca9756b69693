/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoded.h - long base64 and hexadecimal runs in text, decoded, and what gzip or
 * zlib holds inside them: the real payload nests base64 up to three times.
 *
 * A run is at least SW_RUN_MIN characters of one alphabet in a row; it goes on
 * over line ends, quotes and the other marks that break long literals. The
 * standard and the URL-safe alphabet (RFC 4648) are both taken.
 *
 * Runs in:  engine workers.
 * Threads:  one finder, one thread.
 * Owns:     a finder owns its buffer; the layer that it hands out borrows from
 *           it until the next call.
 * Trusts:   nothing: time is linear in what is fed, the buffer is bounded, and
 *           what is inflated is bounded by size and ratio.
 * Fails:    SW_STOP from the callback ends the feeding. A run that is longer
 *           than SW_RUN_MAX is decoded up to there, and counted as cut.
 */
#ifndef SWEEPER_ENGINE_SOURCE_DECODED_H
#define SWEEPER_ENGINE_SOURCE_DECODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

#define SW_RUN_MIN        64                 /* characters */
#define SW_RUN_MAX        ((size_t)16 << 20) /* characters of one run */
#define SW_INFLATED_MAX   ((size_t)64 << 20) /* bytes out of one gzip or zlib stream */
#define SW_INFLATED_RATIO 1000               /* bytes out for one byte in, past 1 MiB */

/* What a run turned out to be. */
struct sw_layer {
    const char *encoding;   /* "base64", "hex", "base64+gzip", ... (static) */
    uint64_t offset;        /* of the run in what was fed */
    uint64_t length;        /* of the run there, line ends and quotes included */
    struct sw_view content; /* decoded */
    bool cut;               /* a limit was met: there was more */
};
typedef enum sw_status sw_layer_fn(void *context, const struct sw_layer *layer);

/* Whether an object may hold runs that something would run: text or Python's
 * bytecode, and no source that has to be compiled, no page and no table, by its name. Payloads are
 * carried by scripts, start-up files, units, manifests and whatever has no name
 * of its own. */
/* Whether the name is that of a script. */
bool sw_is_script_name(struct sw_view path);
bool sw_layers_wanted(struct sw_view path, struct sw_view head);

struct sw_finder;

enum sw_status sw_finder_new(struct sw_finder **finder) SW_MUST_CHECK;
void sw_finder_free(struct sw_finder *finder);

/* True when the bytes hold the beginning of a run: the quick question that most
 * texts answer with no. */
bool sw_finder_sees(const struct sw_finder *finder, struct sw_view bytes);

/* Starts over with a new text. */
void sw_finder_begin(struct sw_finder *finder, sw_layer_fn *fn, void *context);
/* The next bytes of the text, in order. */
enum sw_status sw_finder_feed(struct sw_finder *finder, struct sw_view bytes) SW_MUST_CHECK;
/* The text has ended: a run that was still open is handed out. */
enum sw_status sw_finder_end(struct sw_finder *finder) SW_MUST_CHECK;

#endif
