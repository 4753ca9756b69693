/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dist_check.h - are the files of Python distributions those that their RECORDs list?
 *
 * A collector: files that are there, each with its digest, and rows of RECORDs go in,
 * in any order; at the end it says what is altered, missing, or listed by nobody. What
 * the files are called is all that it knows of them: paths are taken apart as text
 * ("." and ".." too), nothing is opened because a RECORD names it.
 *
 *   a wheel     everything in it is to be listed
 *   installed   a tree with distributions in it, each in the folder around its
 *               *.dist-info: what lies below a folder in which it lists a file is
 *               to be listed by one of the distributions in that folder. A row that
 *               leads out of it ("../../../bin/x") is compared when that file was
 *               seen, and never missing. A ".pth" beside them is to be listed too.
 *
 * What says nothing: RECORD itself and its signatures, what installers leave beside
 * it, compiled files whose source lies where it should.
 *
 * Runs in:  engine (containers) and supervisor (trees).
 * Threads:  one check, one thread.
 * Owns:     sw_dist_check_free() releases; everything that goes in is copied.
 * Trusts:   nothing. Memory has a ceiling: see sw_dist_check_is_full().
 * Fails:    never, once it is made: what there is no room for is left out, and
 *           then only what is altered is told.
 */
#ifndef SWEEPER_DIST_CHECK_H
#define SWEEPER_DIST_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/dist_record.h"
#include "sweeper/severity.h"

/* X(constant, end of the name in records, severity in a wheel, severity where it is
 * installed, title). */
#define SW_DIST_TABLE(X)                                                                           \
    X(ALTERED, "record_altered", MEDIUM, MEDIUM, "files are not those that RECORD lists")          \
    X(ALTERED_DATA, "record_altered_data", MEDIUM, LOW,                                            \
      "files that are no code are not those that RECORD lists")                                    \
    X(ALTERED_NATIVE, "record_altered_native", MEDIUM, LOW,                                        \
      "compiled modules are not those that RECORD lists, where the system's packages lie: these "  \
      "are stripped after RECORD was written")                                                     \
    X(MISSING, "record_missing", LOW, LOW, "files that RECORD lists are not there")                \
    X(UNLISTED, "record_unlisted", MEDIUM, MEDIUM, "code that no RECORD lists")                    \
    X(UNLISTED_DATA, "record_unlisted_data", LOW, INFO, "files that no RECORD lists")              \
    X(UNLISTED_PTH, "record_unlisted_pth", HIGH, HIGH,                                             \
      "a .pth that no RECORD lists, with code that Python runs at each start")                     \
    X(UNLISTED_PATHS, "record_unlisted_paths", MEDIUM, LOW,                                        \
      "a .pth that no RECORD lists: it adds folders to Python's search path")                      \
    X(OUTSIDE, "record_outside", MEDIUM, INFO, "RECORD lists paths that lead out of the wheel")    \
    X(AMBIGUOUS, "record_ambiguous", LOW, LOW, "RECORD lists a file twice, with two digests")      \
    X(UNPROVEN, "record_unproven", LOW, INFO,                                                      \
      "RECORD lists code without a digest that is compared (SHA-256)")                             \
    X(MALFORMED, "record_malformed", LOW, LOW, "RECORD has rows that are none")

enum sw_dist_code {
#define SW_DIST_ENUM(constant, name, wheel, installed, title) SW_DIST_##constant,
    SW_DIST_TABLE(SW_DIST_ENUM)
#undef SW_DIST_ENUM
        SW_DIST_CODE_COUNT
};

enum sw_dist_scope { SW_DIST_WHEEL, SW_DIST_INSTALLED };

enum {
    SW_DIST_NAMES_MAX = 8,     /* files that a finding names */
    SW_DIST_DETAIL_MAX = 4096, /* bytes of a finding's detail */
};

struct sw_dist_check;

/* `size_max`: bytes of memory that it may take. SW_SKIP (limit_memory). */
enum sw_status sw_dist_check_new(enum sw_dist_scope scope, size_t size_max,
                                 struct sw_dist_check **check,
                                 struct sw_error *error) SW_MUST_CHECK;
void sw_dist_check_free(struct sw_dist_check *check);

/* A file that is there. `sha256`: NULL while nobody knows it; it may come later, with
 * the same path. `runs`: see sw_dist_pth_runs(). */
struct sw_dist_file {
    struct sw_view path;
    uint64_t size;
    const uint8_t *sha256; /* SW_SHA256_SIZE bytes */
    bool runs;
};
void sw_dist_check_file(struct sw_dist_check *check, const struct sw_dist_file *file);
/* One row of the RECORD at `record`; the same one again changes nothing. */
void sw_dist_check_row(struct sw_dist_check *check, struct sw_view record,
                       const struct sw_dist_row *row);
/* How the reading of the RECORD ended: rows that were none, and whether it broke off
 * (`cut`), so that nobody knows what else it lists. Also says that it is there. */
void sw_dist_check_record(struct sw_dist_check *check, struct sw_view record, uint64_t bad,
                          bool cut);

/* Something did not fit, and was left out. */
bool sw_dist_check_is_full(const struct sw_dist_check *check);
/* Bytes that it has taken, and a new ceiling for them. */
size_t sw_dist_check_size(const struct sw_dist_check *check);
void sw_dist_check_limit(struct sw_dist_check *check, size_t size_max);

/* Of one distribution and one kind; of a ".pth", that file. Views and texts live until
 * the callback returns. */
struct sw_dist_finding {
    enum sw_dist_code code;
    enum sw_severity severity;
    const char *name; /* in records */
    const char *title;
    const char *detail;    /* printable; how many files, and the first of them */
    struct sw_view record; /* the RECORD it is about; of a .pth, its own path. Without a
                              slash in front, empty and "." parts, as the next one */
    struct sw_view first;  /* the first file that it names; may be empty */
    uint64_t count;
};
/* Not SW_OK ends the telling. */
typedef enum sw_status sw_dist_fn(void *context, const struct sw_dist_finding *finding);

/* Everything has gone in, when `whole`; else what is not there proves nothing. Findings
 * are in the order of the paths of RECORD. To be called once. */
enum sw_status sw_dist_check_end(struct sw_dist_check *check, bool whole, sw_dist_fn *fn,
                                 void *context) SW_MUST_CHECK;

#endif
