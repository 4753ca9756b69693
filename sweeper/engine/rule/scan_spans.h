/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_spans.h - the parts of a large object that libyara has to search.
 *
 * Where the sieve finds nothing no string can match, so of an object of a
 * gigabyte with one suspicious line only the bytes around that line are
 * searched. They are shown to libyara as blocks with their offsets: what it
 * reports is what it reports for the whole (docs/decisions/0014-spans.md).
 *
 * Threads:  one scanner, one thread.
 * Owns:     a copy of the spans' bytes, from the memory budget, until the object closes.
 */
#ifndef SWEEPER_ENGINE_RULE_SCAN_SPANS_H
#define SWEEPER_ENGINE_RULE_SCAN_SPANS_H

#include <yara.h>

#include "sweeper/status.h"

struct sw_scanner;

enum {
    SW_SPANS_MAX = 256,
    SW_SPANS_FROM = 2 * 1024 * 1024,       /* bytes: smaller objects are searched whole */
    SW_SPANS_BYTES_MAX = 32 * 1024 * 1024, /* of all of them; beyond: the whole object */
};

/* How many bytes to either side of what the sieve looks for a match can depend on. 0: nobody
 * can say, and objects are searched whole. So it is with strings in pieces ("chains", for
 * jumps of more than 200 bytes): the sieve looks for one of the pieces only. */
size_t sw_spans_reach(const YR_RULES *rules);

struct sw_span {
    uint64_t from, to; /* in the object; [from, to) */
    const uint8_t *data;
};

struct sw_spans {
    struct sw_span rows[SW_SPANS_MAX]; /* in order, apart from one another */
    size_t count;
};

/* Something is in the window: `size` bytes at `at` of the object. False: all of the object
 * has to be searched. */
bool sw_spans_note(struct sw_scanner *scanner, const uint8_t *window, uint64_t at,
                   size_t size) SW_MUST_CHECK;
/* Likewise, of bytes in which it is for certain, behind those that came before. */
bool sw_spans_add(struct sw_scanner *scanner, uint64_t at, size_t size) SW_MUST_CHECK;
uint64_t sw_spans_bytes(const struct sw_spans *spans);
/* Makes their bytes. SW_PART: there is no memory for them. */
enum sw_status sw_spans_load(struct sw_scanner *scanner, struct sw_error *error) SW_MUST_CHECK;
/* The one that `offset` is in, or NULL. */
const struct sw_span *sw_spans_at(const struct sw_spans *spans, uint64_t offset);

#endif
