/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicator.h - what is known of the campaign apart from rules: hashes, paths,
 * packages, hosts, units, Kubernetes objects. Format: rules/indicators/schema.json.
 *
 * Runs in:  supervisor (checks files, makes rules of hosts), engine (matches).
 * Threads:  filled by one thread; read-only and shared by all afterwards.
 * Owns:     a set owns what its rows point to, until sw_indicators_free().
 * Trusts:   files are the user's, not an attacker's, but may be wrong: closed
 *           form, every value checked.
 * Fails:    SW_STOP with a sentence; where it is, is told beside it.
 */
#ifndef SWEEPER_INDICATOR_H
#define SWEEPER_INDICATOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/severity.h"
#include "sweeper/status.h"

enum sw_indicator_type {
    SW_INDICATOR_HASH,
    SW_INDICATOR_PATH,
    SW_INDICATOR_PACKAGE,
    SW_INDICATOR_DOMAIN,
    SW_INDICATOR_IP,
    SW_INDICATOR_UNIT,
    SW_INDICATOR_KUBERNETES,
    SW_INDICATOR_TYPE_COUNT
};
const char *sw_indicator_type_name(enum sw_indicator_type type);

/* What an object has to be before it is hashed for an indicator. X(constant,
 * name) */
#define SW_CONTENT_TABLE(X)                                                                        \
    X(ANY, "any")                                                                                  \
    X(ZIP, "zip")                                                                                  \
    X(GZIP, "gzip")                                                                                \
    X(AR, "ar")                                                                                    \
    X(RPM, "rpm")                                                                                  \
    X(ELF, "elf")                                                                                  \
    X(MACHO, "macho")                                                                              \
    X(PE, "pe")                                                                                    \
    X(PYTHON, "python")                                                                            \
    X(JAVASCRIPT, "javascript")                                                                    \
    X(SHELL, "shell")                                                                              \
    X(TEXT, "text")                                                                                \
    X(PEM, "pem")                                                                                  \
    X(JSON, "json")

enum sw_content {
#define SW_CONTENT_ENUM(constant, name) SW_CONTENT_##constant,
    SW_CONTENT_TABLE(SW_CONTENT_ENUM)
#undef SW_CONTENT_ENUM
};

#define SW_INDICATOR_ID_MAX 64 /* bytes */

/* One entry. Texts borrow from the set; NULL where the entry has none. */
struct sw_indicator {
    enum sw_indicator_type type;
    enum sw_severity severity;
    const char *id;
    const char *title;
    const char *family;
    const char *stage;
    const char *confidence;
    const char *namespace_; /* of its file in the pack */
    const json_t *json;     /* the entry, whole */
    union {
        struct {
            const char *sha256, *sha1, *md5;
            uint64_t size_min, size_max; /* bytes, both included */
            enum sw_content content;
            const json_t *names; /* globs, "*" only; NULL: any */
            bool suspect;        /* compared only where something else was found */
        } hash;
        struct {
            const char *pattern; /* components by "/"; "*" stays inside one */
        } path;
        struct {
            const char *ecosystem;
            const char *name;
            const json_t *versions, *ranges, *commits, *digests;
        } package;
        struct {
            const char *value;
            bool subdomains;
        } host; /* domain and ip */
        struct {
            const char *value;
            const char *description;
        } unit;
        struct {
            const char *name;
            bool prefix; /* the name is the start of one */
        } kubernetes;
    };
};

struct sw_indicators {
    struct sw_indicator *rows;
    size_t count;
    size_t capacity;
    json_t *files; /* what rows borrow from */
    json_t *ids;   /* those that are taken */
};

void sw_indicators_init(struct sw_indicators *set);
void sw_indicators_free(struct sw_indicators *set);

/* Where a file is wrong. */
struct sw_indicator_spot {
    int line;          /* of a syntax error; 0: see pointer */
    char pointer[160]; /* RFC 6901, "/entries/3/size" */
};

/* Adds the entries of one file. `namespace_` is copied. After a failure the set
 * is good for nothing but sw_indicators_free(). */
enum sw_status sw_indicators_add(struct sw_indicators *set, const char *text, size_t size,
                                 const char *namespace_, struct sw_indicator_spot *spot,
                                 struct sw_error *error) SW_MUST_CHECK;

struct sw_rulepack;

/* The entries of every file of indicators in a pack. On failure *bad is the
 * index of the file that is wrong. */
enum sw_status sw_indicators_of_pack(const struct sw_rulepack *pack, struct sw_indicators *set,
                                     size_t *bad, struct sw_indicator_spot *spot,
                                     struct sw_error *error) SW_MUST_CHECK;

#endif
