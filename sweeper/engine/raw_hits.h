/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw_hits.h - what is found in bytes as they lie (struct sw_raw_place): once, though
 * windows overlap, and with its place on the disk.
 *
 * Of a rule that was told of one window the next one tells only matches that do not lie in
 * what both have. A rule is not told that is true without any match, since there is no file
 * that it could be true of.
 *
 * Threads:  one worker.
 */
#ifndef SWEEPER_ENGINE_RAW_HITS_H
#define SWEEPER_ENGINE_RAW_HITS_H

#include <jansson.h>

#include "sweeper/scan.h"
#include "sweeper/source.h"

struct object;

enum { RAW_RULES_MAX = 256 }; /* of one window; those beyond are told twice */

struct raw_hits {
    const YR_RULE *before[RAW_RULES_MAX]; /* told of the window before */
    const YR_RULE *now[RAW_RULES_MAX];
    size_t before_count, now_count;
    struct sw_match *fresh; /* matches of the hit at hand that were not told; or NULL */
};

/* A member comes; NULL: it is a file. `raw` may be NULL. */
struct raw_hits *raw_hits_begin(struct raw_hits *hits, const struct sw_raw_place *raw);
/* What is to be told of a hit in such an object: without those matches that were told of the
 * window before. False: nothing. */
bool raw_hits_want(struct raw_hits *hits, const struct sw_raw_place *raw, struct sw_rule_hit *hit);
/* Its matches are no longer needed. */
void raw_hits_told(struct raw_hits *hits);
/* What is known of byte `offset` of the object: "image_offset", bytes from the beginning of
 * the disk, as far as that lies in one piece around the volume, and "former", the file that
 * had it. Added to `match`. */
void raw_hits_place(const struct object *object, uint64_t offset, json_t *match);

#endif
