/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reporter.h - what one worker has to say: records and acknowledgements, in
 * engine form (include/sweeper/record.h), on the wire.
 *
 * Threads:  one reporter, one worker.
 * Fails:    SW_STOP when the supervisor is gone; the worker then ends. A record
 *           for which there is no memory becomes a gap limit_memory.
 */
#ifndef SWEEPER_ENGINE_REPORTER_H
#define SWEEPER_ENGINE_REPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "engine/indicator/matcher.h"
#include "engine/source/ref_set.h"
#include "sweeper/buf.h"
#include "sweeper/place.h"
#include "sweeper/scan.h"
#include "sweeper/wire.h"

/* Records that wait until it is their turn. */
struct capture {
    struct sw_buf records;   /* each: what makes it the one it is (u64), then its JSON */
    bool spoiled;            /* it is not all that there was to say, or not what one worker
                                alone would have said */
    _Atomic uint64_t *total; /* bytes in all captures */
};
void capture_init(struct capture *capture, _Atomic uint64_t *total);
void capture_done(struct capture *capture);

struct reporter {
    unsigned sender;
    uint64_t item;           /* being reported on */
    uint32_t sequence;       /* records sent for it */
    bool changed_reported;   /* one gap changed_while_reading is enough */
    struct sw_ref_set told;  /* findings below it; a container may hold one thing twice */
    uint64_t key[2];         /* of the numbers in it */
    struct capture *capture; /* where records go instead of the wire; NULL: they are sent */
    uint32_t mute;           /* records before this one have been sent, and are not sent again */
    struct sw_buf acks;
    uint32_t ack_count;
    int64_t flushed_ms; /* when acks were last sent, CLOCK_MONOTONIC */
};

/* `key`: a secret that all reporters of the engine share. */
void reporter_init(struct reporter *reporter, unsigned sender, const uint64_t key[2]);
void reporter_done(struct reporter *reporter);

void reporter_begin(struct reporter *reporter, uint64_t item);

/* `seen` records of this item have been taken from an engine that died on it;
 * what is sent from now on is new. */
void reporter_catch_up(struct reporter *reporter, uint32_t seen);

/* All of this item will be told once more, as it was told before. */
void reporter_begin_again(struct reporter *reporter);
/* What was captured is told now. */
enum sw_status reporter_replay(struct reporter *reporter,
                               const struct capture *capture) SW_MUST_CHECK;

/* What is known of an object with a finding, and how much it says there. */
struct finding_facts {
    const char *sha256;
    uint64_t size;
    const char *type;
    const char *mime;
    json_t *chain;            /* hops below the file; NULL: none */
    const struct object *raw; /* bytes as they lie, for places of matches; NULL: a file */
    enum sw_severity rule_severity;
    struct sw_place_verdict verdict;
};
enum sw_status reporter_finding(struct reporter *reporter, const struct sw_rule_hit *hit,
                                const struct finding_facts *facts) SW_MUST_CHECK;
/* `kind`: "hash", "path" or "package". */
enum sw_status reporter_indicator(struct reporter *reporter, const char *kind,
                                  const struct sw_indicator_hit *hit,
                                  const struct finding_facts *facts) SW_MUST_CHECK;
/* Kind "integrity". `member` may be empty. */
enum sw_status reporter_integrity(struct reporter *reporter, const char *name, const char *title,
                                  const char *detail, struct sw_view member,
                                  const struct finding_facts *facts) SW_MUST_CHECK;
/* What is known of a disk image: members of the record as the schema has them. `chain` may be
 * NULL. */
enum sw_status reporter_disk_image(struct reporter *reporter, json_t *members,
                                   json_t *chain) SW_MUST_CHECK;
/* A file system of a disk. Without memory it is not told. */
enum sw_status reporter_root(struct reporter *reporter, const json_t *record) SW_MUST_CHECK;
/* `rule` and `chain` may be NULL. */
enum sw_status reporter_gap(struct reporter *reporter, const struct sw_error *error,
                            const YR_RULE *rule, json_t *chain) SW_MUST_CHECK;
/* Ends the item. Acks are gathered and sent together, none later than about a
 * tenth of a second after it was made. */
enum sw_status reporter_ack(struct reporter *reporter, const struct sw_ack *ack) SW_MUST_CHECK;
enum sw_status reporter_flush(struct reporter *reporter) SW_MUST_CHECK;
/* What is in a RECORD; the body of one message DIST. */
enum sw_status reporter_dist(const struct reporter *reporter, struct sw_view body) SW_MUST_CHECK;
/* What is known of a part of an image; the body of one message IMAGE. */
enum sw_status reporter_image(const struct reporter *reporter, struct sw_view body) SW_MUST_CHECK;

#endif
