/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matcher.h - indicators against one object: its path, its size and kind, its
 * digests, the packages that it declares. What stands in text is found by
 * rules (common/indicator_rules.h).
 *
 * Runs in:  engine workers.
 * Threads:  made by one thread before the door closes, read-only afterwards and
 *           shared by all workers.
 * Owns:     the set of indicators, until sw_matcher_free().
 * Trusts:   nothing of the object.
 */
#ifndef SWEEPER_ENGINE_INDICATOR_MATCHER_H
#define SWEEPER_ENGINE_INDICATOR_MATCHER_H

#include "sweeper/digest.h"
#include "sweeper/indicator.h"
#include "sweeper/package.h"
#include "sweeper/rulepack.h"

struct sw_matcher;

enum sw_status sw_matcher_new(const struct sw_rulepack *pack, struct sw_matcher **matcher,
                              struct sw_error *error) SW_MUST_CHECK;
void sw_matcher_free(struct sw_matcher *matcher);

/* True when two names of one file may fit different indicators. */
bool sw_matcher_uses_names(const struct sw_matcher *matcher);

/* What is known of an object before it is read again. */
struct sw_match_object {
    struct sw_view path; /* exact bytes */
    struct sw_view head; /* its first bytes */
    uint64_t size;
    bool suspect; /* something was found in it, or every object is hashed */
};

/* One indicator that fits. `pattern` names what fitted ("$path", "$sha256"),
 * `value` is what it was found as; it stands at `offset` of the content, or
 * nowhere in it when `length` is 0. */
struct sw_indicator_hit {
    const struct sw_indicator *indicator;
    const char *pattern;
    struct sw_view value;
    uint64_t offset;
    uint64_t length;
    /* Of a package: its name as it stands there (the indicator's where only a digest
     * does), and the version, commit or digest by which it fits. Else empty. */
    struct sw_view package_name;
    struct sw_view package_version;
};
typedef enum sw_status sw_indicator_fn(void *context, const struct sw_indicator_hit *hit);

/* Paths and units. The callback's status ends the call when it is not SW_OK. */
enum sw_status sw_match_path(const struct sw_matcher *matcher, const struct sw_match_object *object,
                             sw_indicator_fn *fn, void *context) SW_MUST_CHECK;

/* Whether what lies below a folder may depend on what is above it, for indicators that are
 * paths; `scope` is what is above it, with a slash at its end. */
bool sw_match_reaches(const struct sw_matcher *matcher, struct sw_view scope,
                      struct sw_view folder);

/* Which digests are worth computing: a set of bits, 0 for nearly all objects. */
unsigned sw_match_digests(const struct sw_matcher *matcher, const struct sw_match_object *object);
/* Compares with every hash, whatever its size, kind and names. */
enum sw_status sw_match_hash(const struct sw_matcher *matcher,
                             const char *const hex[SW_DIGEST_COUNT], sw_indicator_fn *fn,
                             void *context) SW_MUST_CHECK;

/* Indicators of one package: version, commit or digest. */
enum sw_status sw_match_package(const struct sw_matcher *matcher, const struct sw_package *package,
                                sw_indicator_fn *fn, void *context) SW_MUST_CHECK;

/* Whether there are indicators of a package of this name, of whatever version. */
bool sw_match_knows_package(const struct sw_matcher *matcher, enum sw_ecosystem ecosystem,
                            struct sw_view name);

/* True for an exact copy of a file of the rules in use: a scanner does not find
 * itself. */
bool sw_match_own(const struct sw_matcher *matcher, const char sha256[SW_SHA256_HEX_SIZE]);

#endif
