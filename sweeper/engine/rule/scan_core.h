/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_core.h - the parts of one scan, and what they share.
 *
 *   scan.c          the door: one object from start to emitted result
 *   scan_read.c     reads the object, window by window, through the sieve
 *   scan_shared.c   reads a large one together with others
 *   scan_spans.c    of a large object: the parts in which something may be
 *   skip_block.c    shows the object to libyara, with or without strings
 *   scan_external.c sets the external variables that rules use
 *   scan_run.c      one attempt of libyara, its time limit and its errors
 *   scan_blame.c    finds the rule that fails, so that the others are judged
 *   scan_collect.c  keeps what matched until the attempt is known to be whole
 *
 * Tests make a scanner from a struct sw_scan_setup, with rules compiled on the
 * spot and a sieve of their own; the public sw_scanner_new() fills the setup
 * from a ruleset and a prefilter.
 */
#ifndef SWEEPER_ENGINE_RULE_SCAN_CORE_H
#define SWEEPER_ENGINE_RULE_SCAN_CORE_H

#include <yara.h>

#include "engine/rule/scan_spans.h"
#include "sweeper/scan.h"

#define SW_SCAN_WINDOW ((size_t)256 * 1024) /* bytes; see docs/decisions/0004-scan-path.md */
#define SW_SCAN_BLOCK  ((size_t)2 * 1024 * 1024)
#define SW_BLAME_MAX   16 /* failing rules set aside on one object */

/* Proves that no string of any rule can match, as the prefilter does. */
struct sw_sieve {
    bool (*hit)(void *context, const uint8_t *data, size_t size); /* NULL: no sieve */
    void *context;
    size_t overlap; /* longest pattern less one, in bytes */
};

struct sw_scan_setup {
    YR_RULES *rules;
    /* For objects in which the sieve finds nothing; see ruleset.h. */
    bool shortcut;
    YR_RULES *unbound;
    const uint32_t *places;
    bool uses[SW_EXTERNAL_COUNT];
    bool uses_entrypoint;
    struct sw_sieve sieve;
    size_t reach; /* of a match, to either side (scan_spans.h); 0: no object is searched in parts */
    uint64_t spans_from; /* bytes: objects from here on are */
    struct sw_ident *ident;
    uint32_t matches_max;
    uint32_t time_max_s;
    struct sw_memory_budget *budget;
    struct sw_scan_help help;
    size_t block;  /* bytes that one of several takes of an object; 0: SW_SCAN_BLOCK */
    size_t window; /* bytes; 0: SW_SCAN_WINDOW */
};

/* ---- what matched (scan_collect.c) --------------------------------------- */

struct sw_collected {
    uint32_t rule_index;
    uint64_t match_count;
    size_t first; /* in matches */
    size_t kept;
};

struct sw_collect {
    struct sw_collected *hits;
    size_t hit_count, hit_room;
    struct sw_match *matches;
    size_t match_count, match_room;
    uint32_t *noisy; /* strings that matched too often, by index */
    size_t noisy_count, noisy_room;
    bool muted; /* an attempt whose result nobody wants */
};

/* ---- the object (scan_read.c, skip_block.c) ------------------------------ */

/* Anonymous memory of our own, taken from the budget. */
struct sw_memory {
    void *at; /* NULL: none */
    size_t size;
};

struct sw_object {
    struct sw_blob *blob;
    const struct sw_label *label;
    uint64_t size;       /* bytes that are judged */
    const uint8_t *head; /* the first bytes, in memory */
    size_t head_size;
    const uint8_t *whole;   /* all bytes, contiguous; NULL until made */
    struct sw_memory made;  /* behind `whole` */
    struct sw_spans spans;  /* none: libyara searches all of it, or nothing */
    struct sw_memory parts; /* behind `spans` */
    bool changed;           /* shorter or longer than it was at opening */
    bool over_unsized;      /* nobody knew the size, and it is past SW_UNSIZED_MAX */
    bool lost;              /* could not be fetched for a condition: see lost_error */
    struct sw_error lost_error;
    uint64_t bytes_read;
};

/* libyara's view of the object. */
struct sw_block {
    YR_MEMORY_BLOCK_ITERATOR iterator;
    YR_MEMORY_BLOCK whole;
    YR_MEMORY_BLOCK head;
    YR_MEMORY_BLOCK span;
    bool strings_skipped; /* the first first() is the string pass and gets nothing */
    bool in_spans;        /* the string pass, of an object that is searched in parts */
    bool pieces_first;    /* integers only so far: what is in memory is shown before the whole */
    size_t place;         /* 0: the head; then the spans; then the whole */
    bool parsed;          /* a module that parses formats is loaded */
    struct sw_scanner *scanner;
};

struct sw_blame {
    uint32_t hint; /* the rule that failed last, or UINT32_MAX */
    YR_RULES rules;
    YR_ARENA arena;
    YR_RULE *table; /* private copy while blame is being found; NULL otherwise */
    uint32_t strings[SW_BLAME_MAX];
    size_t string_count;
};

struct sw_scanner {
    struct sw_scan_setup setup;
    const struct sw_prefilter *prefilter;
    struct sw_prefilter_scratch *scratch;
    YR_SCANNER *whole;      /* all rules */
    YR_SCANNER *unbound;    /* those that the shortcut leaves; NULL: none */
    YR_SCANNER *yara;       /* the one that this object is judged with ... */
    YR_RULES *rules;        /* ... and its rules ... */
    const uint32_t *places; /* ... as places in the whole set; NULL: the same */
    uint8_t *head;          /* SW_IDENT_HEAD_MAX + 1 bytes */
    uint8_t *stream;        /* what one window needs beyond the head */
    size_t stream_size;
    struct sw_object object;
    struct sw_block block;
    struct sw_collect collect;
    struct sw_blame blame;
    uint64_t cpu_start_ns;    /* CPU clock of the thread ... */
    uint64_t cpu_start_at_ns; /* ... and the monotonic clock when it was read */
    char *directory;          /* value of filepath */
    size_t directory_room;
    bool magic_imported; /* seen at some scan */
    bool hash_imported;
};

/* SW_STOP on a lack of memory. `setup` is copied. */
enum sw_status sw_scanner_new_with(const struct sw_scan_setup *setup, struct sw_scanner **scanner,
                                   struct sw_error *error) SW_MUST_CHECK;

/* Reads the head, and runs the sieve over all of the object. *hit: the sieve
 * (or the lack of one) asks for a full scan. */
enum sw_status sw_object_open(struct sw_scanner *scanner, struct sw_blob *blob,
                              const struct sw_label *label, bool *hit,
                              struct sw_error *error) SW_MUST_CHECK;
/* What follows the head, together with others. *done: all of it was sieved. */
enum sw_status sw_scan_shared(struct sw_scanner *scanner, bool *done, bool *hit,
                              struct sw_error *error) SW_MUST_CHECK;
enum sw_object_form {
    SW_OBJECT_COPIED, /* in memory of our own up to SW_OBJECT_MEMORY_MAX, mapped beyond */
    SW_OBJECT_MAPPED, /* mapped where that is possible */
};
/* Makes object->whole. */
enum sw_status sw_object_make_whole(struct sw_scanner *scanner, enum sw_object_form form,
                                    struct sw_error *error) SW_MUST_CHECK;
/* SW_SKIP: there is none. */
enum sw_status sw_memory_take(struct sw_scanner *scanner, size_t size, struct sw_memory *memory,
                              struct sw_error *error) SW_MUST_CHECK;
/* Gives back what the object took; the head stays. */
void sw_object_close(struct sw_scanner *scanner);

void sw_block_init(struct sw_scanner *scanner);
/* Before each attempt. */
void sw_block_start(struct sw_block *block, bool strings_skipped);
/* A module is about to be loaded. */
void sw_block_module(struct sw_block *block, const char *name);

/* The rule of the whole set; `index` is of the set in use. */
const YR_RULE *sw_scan_rule(const struct sw_scanner *scanner, uint32_t index);

enum sw_status sw_externals_set(struct sw_scanner *scanner, struct sw_error *error) SW_MUST_CHECK;

/* The object's CPU time counts from here. */
void sw_scan_clock_start(struct sw_scanner *scanner);
bool sw_scan_out_of_time(const struct sw_scanner *scanner);
enum sw_status sw_scan_timeout(const struct sw_scanner *scanner,
                               struct sw_error *error) SW_MUST_CHECK;
/* One run of libyara over the object; the answer is libyara's. */
int sw_scan_attempt(struct sw_scanner *scanner, bool full, uint32_t time_max_s);
/* Runs until the result is whole, or says why there is none. SW_PART: some rule
 * failed, which was given to `output->gap`, and the others were judged. */
enum sw_status sw_scan_run(struct sw_scanner *scanner, bool full,
                           const struct sw_scan_output *output,
                           struct sw_error *error) SW_MUST_CHECK;
/* What an answer of libyara other than success becomes. */
enum sw_status sw_scan_failure(struct sw_scanner *scanner, int answer,
                               struct sw_error *error) SW_MUST_CHECK;
const char *sw_scan_error_name(int answer);

/* After an attempt failed with `answer`. */
enum sw_status sw_blame_run(struct sw_scanner *scanner, bool full, int answer,
                            const struct sw_scan_output *output,
                            struct sw_error *error) SW_MUST_CHECK;
/* Before libyara starts: the strings that failed are not to be verified. */
void sw_blame_apply(struct sw_scanner *scanner);

void sw_collect_clear(struct sw_collect *collect);
void sw_collect_done(struct sw_collect *collect);
/* libyara's callback; its user data is the scanner. */
int sw_collect_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user);
/* SW_OK, SW_PART (gaps were given), or what a callback answered. */
enum sw_status sw_collect_emit(struct sw_scanner *scanner, const struct sw_scan_output *output,
                               struct sw_error *error) SW_MUST_CHECK;

#endif
