/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_walk.h - JSON, one event at a time, from bytes that may be hostile.
 *
 * Builds nothing and allocates nothing: a document of a megabyte costs what
 * reading it costs. Strict (RFC 8259) but for what texts hold between their
 * quotes: escapes are checked, UTF-8 is the caller's to check. Nesting deeper
 * than SW_JSON_DEPTH_MAX is bad.
 *
 * Runs in:  supervisor (lines of members), engine (what a document is).
 * Threads:  one walk, one thread.
 * Owns:     nothing; views borrow from the text.
 * Trusts:   nothing of the text.
 * Fails:    SW_JSON_BAD, and again SW_JSON_BAD for ever.
 */
#ifndef SWEEPER_COMMON_JSON_WALK_H
#define SWEEPER_COMMON_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

enum { SW_JSON_DEPTH_MAX = 256 };

enum sw_json_event {
    SW_JSON_END, /* the document is whole, and nothing follows it */
    SW_JSON_BAD,
    SW_JSON_OBJECT,
    SW_JSON_OBJECT_END,
    SW_JSON_ARRAY,
    SW_JSON_ARRAY_END,
    SW_JSON_KEY,
    SW_JSON_STRING,
    SW_JSON_SCALAR, /* number, true, false, null */
};

struct sw_json_walk {
    struct sw_view text;
    size_t next;        /* offset of what has not been read */
    size_t start;       /* offset of the first byte of the last event */
    struct sw_view raw; /* KEY, STRING: between the quotes, escapes as written; SCALAR: all of it */
    unsigned depth;     /* objects and arrays that are open after the last event */
    bool cut;           /* bad only because the text ends too early */
    uint8_t in_object[SW_JSON_DEPTH_MAX / 8];
    uint8_t expect; /* private */
};

struct sw_json_walk sw_json_walk_of(struct sw_view text);
enum sw_json_event sw_json_next(struct sw_json_walk *walk);
/* After OBJECT or ARRAY: goes on to its end. After anything else: does nothing.
 * False when the rest is bad. */
bool sw_json_skip(struct sw_json_walk *walk, enum sw_json_event event);
/* True when the KEY or STRING, its escapes undone, is exactly this text. */
bool sw_json_raw_is(struct sw_view raw, struct sw_view text);

#endif
