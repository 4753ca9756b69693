/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prefilter.h - one fast pass that proves "no string of any rule can match".
 *
 * The patterns are read out of libyara's own compiled automaton, so that they
 * are exactly what libyara itself must see before it looks closer: the literal
 * text of literal strings, 256 texts for xor strings, and for every other
 * string its atom, extended along the compiled code while that is literal,
 * masked or any. If none of them occurs, no string matches; that is the only
 * promise, and the set is proved at every start by planting each pattern.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  build and open: one thread. A prefilter is read-only afterwards
 *           and shared; each worker has its own scratch.
 * Owns:     the prefilter owns its database; scratches must go first.
 * Trusts:   the scanned bytes are hostile; they are only looked at.
 * Fails:    build: SW_PART when this ruleset or this machine cannot be
 *           prefiltered (the report says why; every object then takes the full
 *           scan), SW_STOP on a lack of memory. Scanning does not fail: when
 *           in doubt it answers "hit".
 */
#ifndef SWEEPER_PREFILTER_H
#define SWEEPER_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yara.h>

#include "sweeper/status.h"

struct sw_prefilter;
struct sw_prefilter_scratch;

/* Why libyara must see an object, for `rules check` and sweep_start. */
struct sw_prefilter_report {
    bool on;
    char reason[256];     /* when off: one sentence */
    size_t pattern_count; /* in the database, after removing duplicates */
    size_t proof_count;   /* plantings that were found again */
    /* Strings without any atom: with one of them the prefilter is off. */
    struct sw_prefilter_string {
        const YR_RULE *rule;
        const YR_STRING *string;
    } * unfilterable;
    size_t unfilterable_count;
};
void sw_prefilter_report_done(struct sw_prefilter_report *report);

/* `rules` must outlive the report, not the prefilter. */
enum sw_status sw_prefilter_build(YR_RULES *rules, struct sw_prefilter **prefilter,
                                  struct sw_prefilter_report *report,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_prefilter_free(struct sw_prefilter *prefilter);

/* Writes the compiled database into `fd` (a memfd, from its start), so that a
 * successor engine need not compile it again; reads it back and proves it. */
enum sw_status sw_prefilter_save(const struct sw_prefilter *prefilter, int fd,
                                 struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_prefilter_load(int fd, struct sw_prefilter **prefilter,
                                 struct sw_prefilter_report *report,
                                 struct sw_error *error) SW_MUST_CHECK;

enum sw_status sw_prefilter_scratch_new(const struct sw_prefilter *prefilter,
                                        struct sw_prefilter_scratch **scratch,
                                        struct sw_error *error) SW_MUST_CHECK;
void sw_prefilter_scratch_free(struct sw_prefilter_scratch *scratch);

/* True when some pattern occurs in the window, or when that cannot be known. */
bool sw_prefilter_hit(const struct sw_prefilter *prefilter, struct sw_prefilter_scratch *scratch,
                      const uint8_t *data, size_t size);

/* Bytes by which consecutive windows must overlap: the longest pattern less one. */
size_t sw_prefilter_overlap(const struct sw_prefilter *prefilter);

/* For `rules check`: which string hits. Calls back once for each pattern of
 * each string found in the window (same lifetime as `rules` of the build). Scratches
 * must be younger than the preparation, or nothing is blamed. */
enum sw_status sw_prefilter_make_blame(struct sw_prefilter *prefilter,
                                       struct sw_error *error) SW_MUST_CHECK;
typedef void sw_prefilter_blame_fn(void *context, const YR_STRING *string);
void sw_prefilter_blame(const struct sw_prefilter *prefilter, struct sw_prefilter_scratch *scratch,
                        const uint8_t *data, size_t size, sw_prefilter_blame_fn *blame,
                        void *context);

#endif
