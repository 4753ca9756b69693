/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ident.h - what an object is: by its own first bytes (cheap, always), or by
 * libmagic (0.8 ms, asked only where the answer is used).
 *
 * Runs in:  engine.
 * Threads:  sw_magic_read() once, before the workers start; a struct sw_ident
 *           belongs to one worker.
 * Owns:     the database is shared by all idents and outlives them. Returned
 *           texts live until the next call on the same ident.
 * Trusts:   nothing: content is hostile.
 * Fails:    load: SW_STOP. An object that libmagic fails on has the type
 *           "data" / "application/octet-stream".
 */
#ifndef SWEEPER_IDENT_H
#define SWEEPER_IDENT_H

#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/status.h"

#define SW_IDENT_HEAD_MAX                                                                          \
    1048576 /* bytes of an object's head that libmagic sees (its own default) */

/* The value of the external variable `filetype`: the name that Loki's
 * signature list gives ("EXE", "ELF", "ZIP", "PDF", ...), or "" when no
 * signature fits. Static text. */
const char *sw_filetype_by_signature(struct sw_view head);

struct sw_magic_database;
/* Reads the compiled magic database into memory (magic_getpath(3)). */
enum sw_status sw_magic_read(struct sw_magic_database **database,
                             struct sw_error *error) SW_MUST_CHECK;
void sw_magic_free(struct sw_magic_database *database);

struct sw_ident;
enum sw_status sw_ident_new(const struct sw_magic_database *database, struct sw_ident **ident,
                            struct sw_error *error) SW_MUST_CHECK;
void sw_ident_free(struct sw_ident *ident);
/* libmagic's description: "ELF 64-bit LSB pie executable, ..." */
const char *sw_ident_type(struct sw_ident *ident, struct sw_view head);
/* libmagic's MIME type, without the charset: "text/x-python" */
const char *sw_ident_mime(struct sw_ident *ident, struct sw_view head);

#endif
