/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - one object against the rules, exactly as libyara would judge it.
 *
 * The steps of one scan: prefilter by overlapping windows over read(); no hit:
 * libyara evaluates, with string search skipped, the conditions that can be true
 * without a string; hit: libyara scans one contiguous block. Either way the answer is libyara's
 * own.
 *
 * Runs in:  engine workers; `sweeper rules check` in process.
 * Threads:  one scanner, one thread.
 * Owns:     the scanner borrows ruleset, prefilter and ident, which outlive it.
 * Trusts:   nothing of the object but its label, which came from the
 *           supervisor.
 * Fails:    SW_PART when something of the object could not be judged: each such
 *           thing has been given to `gap`. SW_SKIP when nothing could: the error
 *           names the gap, which the caller records.
 */
#ifndef SWEEPER_SCAN_H
#define SWEEPER_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/blob.h"
#include "sweeper/budget.h"
#include "sweeper/facts.h"
#include "sweeper/ident.h"
#include "sweeper/limits.h"
#include "sweeper/prefilter.h"
#include "sweeper/rule.h"

/* What the supervisor says of an object: values of external variables. */
struct sw_label {
    const char *path; /* exact bytes, NUL-terminated */
    const char *owner;
    uint32_t mode; /* permission bits */
    /* Of a member; NULL is "". */
    const char *package_name;
    const char *package_version;
    const char *unpack_parent;
    const char *unpack_chain;
    /* Not a file, but bytes as they lie on a disk: `filesize` is SW_RAW_FILE_SIZE in conditions. */
    bool raw;
};
/* Bytes. Rules mean by it that a file is small; see docs/decisions/0017-bytes-as-they-lie.md. */
enum { SW_RAW_FILE_SIZE = 1000 };

/* One match of one pattern; `data` borrows until the callback returns. */
struct sw_match {
    const char *pattern; /* "$a" */
    uint64_t offset;
    uint64_t length;     /* of the match; data may hold less */
    struct sw_view data; /* at most SW_MATCH_DATA_MAX bytes */
};

/* One rule that matched; borrowed until the callback returns. */
struct sw_rule_hit {
    const YR_RULE *rule;
    uint64_t match_count;           /* all matches of all patterns */
    const struct sw_match *matches; /* at most matches_max a pattern; pattern by pattern as the
                                       rule lists them, each by offset */
    size_t matches_kept;
};

struct sw_scan_output {
    void *context;
    /* Called once for each matching rule, in the rules' order. SW_OK, or a
     * status that ends the scan. */
    enum sw_status (*hit)(void *context, const struct sw_rule_hit *hit);
    /* Something that could not be judged. `rule` is NULL unless one is to blame. */
    void (*gap)(void *context, const struct sw_error *error, const YR_RULE *rule);
};

struct sw_scanner;

struct sw_scan_part;

/* Others who may look through a part of a large object meanwhile. */
struct sw_scan_help {
    /* Asks those who have time for sw_scan_help(); false: nobody. NULL: there are no others. */
    bool (*ask)(void *context, struct sw_scan_part *part);
    void (*end)(void *context); /* returns when nobody is at it any more */
    void *context;
};

struct sw_scanner_options {
    struct sw_ruleset *ruleset;
    const struct sw_prefilter *prefilter; /* NULL: every object takes the full scan */
    struct sw_ident *ident;          /* for the variable `mime`; NULL only when no rule uses it */
    uint32_t matches_max;            /* 0: all */
    uint32_t time_max_s;             /* 0: no limit; CPU seconds of this thread */
    struct sw_memory_budget *budget; /* shared by all workers; NULL: no limit */
    struct sw_scan_help help;
};
enum sw_status sw_scanner_new(const struct sw_scanner_options *options, struct sw_scanner **scanner,
                              struct sw_error *error) SW_MUST_CHECK;
void sw_scanner_free(struct sw_scanner *scanner);

/* What a scan did, for counters. */
struct sw_scan_effort {
    uint64_t bytes_read; /* content bytes seen by the prefilter or the scan (holes included) */
    bool full;           /* libyara searched strings */
    uint64_t full_bytes; /* object bytes that reached libyara's string search */
    bool changed;        /* a gap changed_while_reading was given already */
};

/* `head_out`: the first bytes of the object as the scan read them, up to
 * SW_IDENT_HEAD_MAX (borrowed until the next scan or until the blob closes), so
 * that the caller can name its type. Also set when the scan fails. */
enum sw_status sw_scanner_scan(struct sw_scanner *scanner, struct sw_blob *blob,
                               const struct sw_label *label, const struct sw_scan_output *output,
                               struct sw_scan_effort *effort, struct sw_view *head_out,
                               struct sw_error *error) SW_MUST_CHECK;

/* Helps with the object of another scanner; this one is at nothing, and has the same rules. */
void sw_scan_help(struct sw_scanner *scanner, struct sw_scan_part *part);

/* Runs every library path once on a dummy object, so that nothing is opened
 * late: libyara's modules, libmagic, OpenSSL. */
enum sw_status sw_scanner_warm(struct sw_scanner *scanner, struct sw_error *error) SW_MUST_CHECK;

#endif
