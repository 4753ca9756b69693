/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outfile.h - one destination of records: a buffered file, pipe or terminal.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     the descriptor (but not standard output) until close.
 * Fails:    SW_STOP: no space, closed pipe, I/O error. After a failure nothing
 *           more is written; a file then ends with its last whole line.
 */
#ifndef SWEEPER_SUPERVISOR_OUTFILE_H
#define SWEEPER_SUPERVISOR_OUTFILE_H

#include <stdbool.h>

#include "sweeper/buf.h"
#include "sweeper/digest.h"
#include "sweeper/facts.h"
#include "sweeper/status.h"

struct sw_outfile;

/* How bytes get into a regular FILE. Whatever is no regular file (terminal,
 * pipe, FIFO, /dev/null, /dev/stdout) is written straight in any case. */
enum sw_outfile_mode {
    SW_OUTFILE_STREAM,   /* into FILE itself, so that an interrupted machine keeps lines */
    SW_OUTFILE_DOCUMENT, /* into FILE.partial, renamed when it is whole */
};

/* True when `file` is standard output: NULL, "-", /dev/stdout and its kin. */
bool sw_outfile_is_standard(const char *file);

/* `file` as above, or a name. A regular file is locked while it is written: SW_STOP
 * when another sweep, or another output, holds it. Borrows the name until close. */
enum sw_status sw_outfile_open(const char *file, enum sw_outfile_mode mode, struct sw_outfile **out,
                               struct sw_error *error) SW_MUST_CHECK;
/* Takes one record or more; writes when 64 KiB have gathered, whole records
 * only. */
enum sw_status sw_outfile_append(struct sw_outfile *out, struct sw_view bytes,
                                 struct sw_error *error) SW_MUST_CHECK;
/* From now on the SHA-256 of all that is appended is kept. Once, before the first byte. */
enum sw_status sw_outfile_hash(struct sw_outfile *out, struct sw_error *error) SW_MUST_CHECK;
/* That digest, and the number of bytes it is of, up to here and with `more`, which may be empty
 * and is not appended. */
enum sw_status sw_outfile_digest(const struct sw_outfile *out, struct sw_view more,
                                 char hex[SW_SHA256_HEX_SIZE], uint64_t *size,
                                 struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_outfile_flush(struct sw_outfile *out, struct sw_error *error) SW_MUST_CHECK;
/* Flushes, and waits until a regular file is on the disk: errors of the disk
 * show here. */
enum sw_status sw_outfile_settle(struct sw_outfile *out, struct sw_error *error) SW_MUST_CHECK;
/* Flushes, puts a document in its place, frees. With `keep` false, or after a
 * failure, a document is removed instead and an old FILE stays as it was.
 * NULL is fine. */
enum sw_status sw_outfile_close(struct sw_outfile *out, bool keep,
                                struct sw_error *error) SW_MUST_CHECK;

bool sw_outfile_is_terminal(const struct sw_outfile *out);
/* Columns of the terminal; `otherwise` when it is none. */
unsigned sw_outfile_width(const struct sw_outfile *out, unsigned otherwise);
/* True while something waits in the buffer. */
bool sw_outfile_is_dirty(const struct sw_outfile *out);
/* True for a regular file that has a name of its own, so that something can lie beside it. */
bool sw_outfile_has_name(const struct sw_outfile *out);
/* A document: removes the old FILE now, because it is wrong already. */
void sw_outfile_forget_old(const struct sw_outfile *out);
/* Appends the identity of the regular files that are written or replaced: at
 * most two rows; returns how many. NULL is fine, and writes nothing. */
size_t sw_outfile_identities(const struct sw_outfile *out, struct sw_facts facts[static 2]);

#endif
