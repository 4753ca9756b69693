/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - what an object is, and so how much a finding in it says.
 *
 * The same bytes say one thing in a start-up hook and another in an article
 * that quotes them. The severity of a finding is that of its rule, bounded by
 * one row of a table (sweeper/engine/place/verdict.c, docs/places.md). What an object
 * is follows from its content; names, permission bits and folders may only
 * take away from the belief that nothing runs it, never add to it. In doubt a
 * finding stays as its rule says.
 *
 * Runs in:  engine.
 * Threads:  any; no state, no allocation. Time is linear in the head.
 * Trusts:   nothing: path and content are the attacker's.
 * Fails:    never; SW_PLACE_UNKNOWN is an answer.
 */
#ifndef SWEEPER_PLACE_H
#define SWEEPER_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/severity.h"

/* As much of an object as is looked at. A text that goes on behind what was
 * looked at is in doubt: code may follow. */
#define SW_PLACE_HEAD_MAX 1048576

enum sw_place {
    SW_PLACE_UNKNOWN,    /* in doubt */
    SW_PLACE_RUNS,       /* runs where it lies, or says what does */
    SW_PLACE_CODE,       /* source or bytecode that something else has to start */
    SW_PLACE_CONFIG,     /* configuration or manifest that something applies */
    SW_PLACE_OUTPUT,     /* log, history, dump that a program wrote */
    SW_PLACE_DATA,       /* database or capture that nothing runs */
    SW_PLACE_PROSE,      /* text for people, advisories in JSON included */
    SW_PLACE_RULES,      /* YARA or Sigma rules */
    SW_PLACE_INDICATORS, /* rules for network sensors and linters, lists of indicators */
    SW_PLACE_LOCK,       /* lock file of a package manager */
    SW_PLACE_COUNT
};

/* What a finding rests on. */
enum sw_evidence {
    SW_EVIDENCE_YARA,    /* strings in the content */
    SW_EVIDENCE_HASH,    /* the whole content */
    SW_EVIDENCE_PATH,    /* the name and where it lies */
    SW_EVIDENCE_PACKAGE, /* a package and version that the content names */
    SW_EVIDENCE_CONTEXT, /* a domain, an address, a name in the content */
    SW_EVIDENCE_COUNT
};

/* Where in the object something matched. */
struct sw_place_span {
    uint64_t offset;
    uint64_t size;
};

struct sw_place_facts {
    struct sw_view path; /* the label, exact bytes: a path, or the path inside a container */
    uint32_t mode;       /* as st_mode; 0: not known */
    bool is_member;      /* of an archive, an image, a disk */
    struct sw_view head; /* the first bytes, all of them if that is SW_PLACE_HEAD_MAX or less */
    uint64_t size;       /* of the whole object */
    const char *mime;    /* libmagic's, where it was asked already; else NULL */
    const char *type;    /* libmagic's description; or NULL */
    /* Every match, for pages that hold both text and script. NULL or an
     * incomplete list: such a page is in doubt. */
    const struct sw_place_span *matches;
    size_t match_count;
};

enum sw_place sw_place_of(const struct sw_place_facts *facts);
/* True: that an object lies somewhere below this folder, whose path ends in a slash, makes it
 * nothing that it would not be elsewhere. */
bool sw_place_is_silent(struct sw_view folder);
/* "runs", "code", "prose", ...: for documentation and tests. */
const char *sw_place_name(enum sw_place place);

struct sw_place_verdict {
    enum sw_severity severity; /* never above the rule's */
    const char *reason;        /* one sentence, static */
};
struct sw_place_verdict sw_place_judge(enum sw_severity rule_severity, enum sw_evidence evidence,
                                       enum sw_place place);

#endif
