/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulepack.h - rule sources, gathered once by the supervisor, read from then
 * on by everybody from one sealed memory file: the disk may change mid-sweep.
 *
 * Runs in:  supervisor (gather, seal), engine (open).
 * Threads:  one at a time; an opened pack is read-only and may be shared.
 * Owns:     a pack owns its texts until sw_rulepack_free().
 * Trusts:   rule files come from the user; their includes are resolved inside
 *           the directory that was given (for a file: its own directory) and
 *           nowhere else, symlinks included.
 * Fails:    SW_STOP with a sentence that names the file.
 */
#ifndef SWEEPER_RULEPACK_H
#define SWEEPER_RULEPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/digest.h"
#include "sweeper/status.h"

enum sw_pack_kind {
    SW_PACK_RULES,      /* YARA source */
    SW_PACK_INDICATORS, /* JSON, rules/indicators/schema.json */
};

struct sw_rule_file {
    enum sw_pack_kind kind;
    char *name;       /* for messages: the path as the user gave it, or "builtin:litellm/pth.yar" */
    char *namespace_; /* unique in the pack; stable for the same tree (path below the given
                         directory without suffix, or the file's stem; "builtin.litellm.pth") */
    char *text;       /* NUL-terminated source */
    size_t text_size; /* bytes without the NUL; the text holds no NUL inside */
    bool builtin;
    bool include_only;   /* not *.yar or *.yara: here because another file includes it */
    size_t root_index;   /* files with the same root may include one another */
    char *root_relative; /* path below that root, '/'-separated: what includes resolve to */
};

/* A pack file that files came from (docs/rule-packs.md). */
struct sw_loaded_pack {
    char *name;                           /* the path as the user gave it */
    char digest[SW_SHA256_HEX_SIZE];      /* of its content */
    char signers[16][SW_SHA256_HEX_SIZE]; /* ids of the trusted keys whose signatures are good */
    size_t signer_count;
};

struct sw_rulepack {
    struct sw_rule_file *files; /* in a fixed order: builtin first, then as given, sorted by name */
    size_t count;
    char digest[SW_SHA256_HEX_SIZE]; /* of kinds, names, namespaces and texts, in order */
    /* What only the supervisor knows; it does not travel: */
    char builtin_digest[SW_SHA256_HEX_SIZE]; /* the same of the built-in files; "": none in use */
    struct sw_loaded_pack *packs;
    size_t pack_count;
};

/* Where a pack comes from: the built-in set, then each path of rules (file, or
 * directory: every *.yar and *.yara below it), then each path of indicators
 * (file, or directory: every *.json below it but schema.json). A file may be a
 * rule pack: then all of it is taken, whichever list it stands in. Borrowed. */
struct sw_rule_sources {
    bool builtin;
    const char *const *rules;
    size_t rule_count;
    const char *const *indicators;
    size_t indicator_count;
    bool require_signed; /* takes nothing but the built-in set and packs signed by these: */
    const char *const *trusted_keys; /* PEM files */
    size_t trusted_key_count;
};
enum sw_status sw_rulepack_gather(const struct sw_rule_sources *sources, struct sw_rulepack **pack,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_rulepack_free(struct sw_rulepack *pack);

/* A sealed memfd (no write, no grow, no shrink) that holds the pack. */
enum sw_status sw_rulepack_seal(const struct sw_rulepack *pack, int *fd,
                                struct sw_error *error) SW_MUST_CHECK;
/* Reads what sw_rulepack_seal() wrote. */
enum sw_status sw_rulepack_open(int fd, struct sw_rulepack **pack,
                                struct sw_error *error) SW_MUST_CHECK;

/* The file that `include "target"` in file `from` means, or NULL: relative to
 * the including file's directory, `.` and `..` resolved by text, and never out
 * of the root. */
const struct sw_rule_file *sw_rulepack_resolve(const struct sw_rulepack *pack,
                                               const struct sw_rule_file *from, const char *target);

#endif
