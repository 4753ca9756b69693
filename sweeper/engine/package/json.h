/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - JSON as a row of events, from a text that may be anything.
 *
 * A library that builds the whole value would turn 16 MiB of "[[],[],..." into most
 * of a gigabyte, would give no offsets, and would refuse the comments and trailing
 * commas of bun.lock and devcontainer.json. This walker keeps one frame for each
 * open container and nothing else; what nests deeper than SW_LOOSE_DEPTH_MAX is passed
 * over. It is generous: a text that is no JSON yields few events or nonsense, and ends.
 */
#ifndef SWEEPER_ENGINE_PACKAGE_JSON_H
#define SWEEPER_ENGINE_PACKAGE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/buf.h"

enum { SW_LOOSE_DEPTH_MAX = 256 };

enum sw_loose_json_kind {
    SW_LOOSE_OPEN,   /* an object or array begins; it is frames[depth - 1] already */
    SW_LOOSE_CLOSE,  /* it ended; it is frames[depth], still to be looked at */
    SW_LOOSE_STRING, /* `value` without its quotes, escapes as they stand */
    SW_LOOSE_OTHER,  /* a number, true, false, null */
};

struct sw_loose_json_frame {
    struct sw_view key; /* its own, in the container around it; empty in arrays */
    bool is_array;
    size_t count; /* values seen in it, the one at hand included */
};

struct sw_loose_json {
    struct sw_view rest;
    struct sw_loose_json_frame frames[SW_LOOSE_DEPTH_MAX]; /* open containers; [0] is the root */
    size_t depth;                                          /* how many of them */
    size_t passed_over;                                    /* open ones beyond the deepest frame */
    bool broken; /* ended inside a container, nested too deeply, or stray characters */
    /* The event at hand. */
    struct sw_view key; /* raw, of a string or other value in an object */
    struct sw_view value;
};

void sw_loose_json_init(struct sw_loose_json *json, struct sw_view text);
/* False at the end. */
bool sw_loose_json_next(struct sw_loose_json *json, enum sw_loose_json_kind *kind);

/* Compares with escapes decoded. */
bool sw_loose_json_is(struct sw_view raw, struct sw_view text);
/* The text with its escapes decoded: `raw` itself when it has none, else in `scratch`.
 * What does not fit, or is not ASCII by escape, comes back as it is. */
struct sw_view sw_loose_json_text(struct sw_view raw, uint8_t *scratch, size_t size);

/* True when exactly these containers are open below the root; NULL fits any key. */
bool sw_loose_json_at(const struct sw_loose_json *json, size_t count, const char *const *keys);

#endif
