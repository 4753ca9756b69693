/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule.h - compiled rules: from a pack of sources to what workers scan with.
 *
 * Runs in:  engine, before the sandbox closes; `sweeper rules ...` in process.
 * Threads:  compile from one thread; a compiled set is read-only afterwards
 *           (but sw_ruleset_disable) and shared by all workers.
 * Owns:     the set owns its YR_RULES and what it says of files, and holds
 *           libyara open (yr_initialize() counts); the pack may go. Before
 *           sw_ruleset_free() every scanner must be gone. Diagnoses are owned by
 *           the caller's list.
 * Trusts:   rule texts are the user's, not an attacker's, but may be wrong or
 *           slow. Compiled rules from outside are never loaded: loading them
 *           is code execution.
 * Fails:    SW_STOP with at least one diagnosis of level error.
 */
#ifndef SWEEPER_RULE_H
#define SWEEPER_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <yara.h>

#include "sweeper/rulepack.h"
#include "sweeper/severity.h"
#include "sweeper/status.h"

enum sw_diagnosis_level { SW_DIAGNOSIS_ERROR, SW_DIAGNOSIS_WARNING };

struct sw_diagnosis {
    enum sw_diagnosis_level level;
    char *file; /* owned; name of the rule file */
    int line;   /* 1-based; 0 when libyara gives none */
    char *text; /* owned */
};

struct sw_diagnoses {
    struct sw_diagnosis *rows;
    size_t count;
};
void sw_diagnoses_done(struct sw_diagnoses *list);

/* External variables that rules may use; all are always defined. Values:
 * filename  last component of the path             (string, exact bytes)
 * filepath  path without the last component        (string; THOR's meaning)
 * extension with the dot, lower case, or ""        (string)
 * filetype  by signature bytes: "EXE", "ELF", ...  (string; names as Loki gives them)
 * mime      libmagic, such as "text/x-python"      (string)
 * owner     user name, or the number when unknown  (string)
 * mode      permission bits, such as 0o755         (integer)
 * Of a member of an archive, else "" (strings; docs/archives.md):
 * package_name, package_version   of the nearest package that it lies in
 * unpack_parent  the container that it lies in: "zip", "tar", ...
 * unpack_chain   all containers, from the outside in: "zip!gzip!tar"
 * X(constant, name) */
#define SW_EXTERNAL_TABLE(X)                                                                       \
    X(FILENAME, "filename")                                                                        \
    X(FILEPATH, "filepath")                                                                        \
    X(EXTENSION, "extension")                                                                      \
    X(FILETYPE, "filetype")                                                                        \
    X(MIME, "mime")                                                                                \
    X(PACKAGE_NAME, "package_name")                                                                \
    X(PACKAGE_VERSION, "package_version")                                                          \
    X(UNPACK_PARENT, "unpack_parent")                                                              \
    X(UNPACK_CHAIN, "unpack_chain")                                                                \
    X(OWNER, "owner")                                                                              \
    X(MODE, "mode")

enum sw_external {
#define SW_EXTERNAL_ENUM(constant, name) SW_EXTERNAL_##constant,
    SW_EXTERNAL_TABLE(SW_EXTERNAL_ENUM)
#undef SW_EXTERNAL_ENUM
        SW_EXTERNAL_COUNT
};
const char *sw_external_name(enum sw_external external);

struct sw_ruleset;

/* Compiles every file of the pack, a namespace a file. A file that another one
 * includes is compiled there and not again on its own. Warnings are listed
 * too. Then test-scans every rule; one that libyara cannot evaluate (error 31
 * on `#a in (1..9)`, say) is disabled by name: see sw_ruleset_disabled(). */
enum sw_status sw_ruleset_compile(const struct sw_rulepack *pack, struct sw_ruleset **set,
                                  struct sw_diagnoses *diagnoses,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_ruleset_free(struct sw_ruleset *set);

/* Borrowed: for scanners, the prefilter and listings. */
YR_RULES *sw_ruleset_rules(const struct sw_ruleset *set);
size_t sw_ruleset_rule_count(const struct sw_ruleset *set);
/* Of these, the rules that cannot match unless some string does; the others are
 * evaluated on every object. */
size_t sw_ruleset_bound_count(const struct sw_ruleset *set);
/* The source file of a rule, by its namespace; its text is not kept (NULL). */
const struct sw_rule_file *sw_ruleset_file(const struct sw_ruleset *set, const YR_RULE *rule);

/* True when some rule's condition uses the variable. */
bool sw_ruleset_uses(const struct sw_ruleset *set, enum sw_external external);
/* True when some rule uses the deprecated `entrypoint` keyword, which libyara
 * computes only in the string pass. */
bool sw_ruleset_uses_entrypoint(const struct sw_ruleset *set);

struct sw_disabled_rule {
    char *namespace_;
    char *name;
    char *why;
};
const struct sw_disabled_rule *sw_ruleset_disabled(const struct sw_ruleset *set, size_t *count);

/* Severity of a rule's findings: its meta `severity`, else its meta `score`
 * (0-100, as THOR counts: 80 high, 60 medium, 40 low, less info), else medium. */
enum sw_severity sw_rule_severity(const YR_RULE *rule);

#endif
