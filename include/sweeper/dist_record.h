/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dist_record.h - RECORD, the list of files that a wheel and an installed Python
 * distribution carry in their *.dist-info (PEP 376; "Recording installed projects" and
 * "The wheel binary package format" of the Python packaging specifications).
 *
 * A row is a path, a digest and a size, as Python's module csv writes them: fields in
 * quotes may hold commas, doubled quotes and ends of lines. The digest is the name of
 * an algorithm, '=', and base64 in the alphabet for URLs without padding (RFC 4648,
 * section 5). RECORD itself, its signatures and compiled files may go without.
 *
 * Runs in:  engine: the supervisor reads no content.
 * Threads:  any; no state.
 * Owns:     nothing. The views of a row live until the callback returns.
 * Trusts:   nothing. Time is linear in the content; nothing is allocated. A path is a
 *           label: nobody opens it.
 * Fails:    SW_PART rows were left out, because they are none: the others have been
 *           reported. What the callback returns, when it is not SW_OK, ends the reading.
 */
#ifndef SWEEPER_DIST_RECORD_H
#define SWEEPER_DIST_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

enum {
    SW_DIST_PATH_MAX = 4096, /* bytes of a path; a row with a longer one is left out */
    SW_SHA256_SIZE = 32,     /* bytes of the digest itself */
};

enum sw_dist_hash {
    SW_DIST_HASH_NONE,   /* the row has none */
    SW_DIST_HASH_SHA256, /* the one that is compared */
    SW_DIST_HASH_OTHER,  /* sha384, sha512: as good, and not compared */
    SW_DIST_HASH_WEAK,   /* MD5, SHA-1, or a word that nobody knows: proves nothing */
    SW_DIST_HASH_COUNT
};

struct sw_dist_row {
    struct sw_view path; /* as it stands there, without quotes; never empty, without NUL */
    enum sw_dist_hash hash;
    uint8_t sha256[SW_SHA256_SIZE];
    uint64_t size; /* UINT64_MAX: the row does not say */
};

typedef enum sw_status sw_dist_row_fn(void *context, const struct sw_dist_row *row);

/* `bad` (NULL is allowed) counts the rows that were left out. */
enum sw_status sw_dist_record_read(struct sw_view content, sw_dist_row_fn *fn, void *context,
                                   uint64_t *bad, struct sw_error *error) SW_MUST_CHECK;

/* --- where they lie ------------------------------------------------------------------ */

/* Whether the path is that of a RECORD: ".../NAME.dist-info/RECORD". *top: nothing stands
 * before the *.dist-info, as in a wheel. */
bool sw_dist_is_record(struct sw_view path, bool *top);
/* What follows the last folder "site-packages" or "dist-packages" in the path; empty
 * when there is none, or nothing follows. */
struct sw_view sw_dist_below_site(struct sw_view path);
/* A file ".pth" with lines that Python's site.py runs at each start (those that begin
 * with "import" and a blank), but for what easy_install writes around its own. */
bool sw_dist_pth_runs(struct sw_view content);

#endif
