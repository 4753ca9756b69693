/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_database.h - patterns compiled for searching; the only file of the
 * room that knows Hyperscan.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  compile and load: one thread. Read-only afterwards; a scratch
 *           belongs to one thread.
 * Owns:     free what new, compile and load gave; NULL is fine.
 * Trusts:   stored bytes carry a digest that the caller has checked.
 * Fails:    SW_PART when this machine or build cannot compile or read the
 *           database, SW_STOP on a lack of memory.
 */
#ifndef SWEEPER_ENGINE_RULE_PATTERN_DATABASE_H
#define SWEEPER_ENGINE_RULE_PATTERN_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/rule/pattern.h"
#include "sweeper/buf.h"
#include "sweeper/status.h"

struct sw_database;
struct sw_database_scratch;

/* No patterns make an empty database, which finds nothing. */
enum sw_status sw_database_compile(const struct sw_patterns *patterns,
                                   struct sw_database **database,
                                   struct sw_error *error) SW_MUST_CHECK;
void sw_database_free(struct sw_database *database);

enum sw_status sw_database_encode(const struct sw_database *database, struct sw_buf *out,
                                  struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_database_decode(struct sw_cursor *cursor, struct sw_database **database,
                                  struct sw_error *error) SW_MUST_CHECK;

enum sw_status sw_database_scratch_new(const struct sw_database *database,
                                       struct sw_database_scratch **scratch,
                                       struct sw_error *error) SW_MUST_CHECK;
void sw_database_scratch_free(struct sw_database_scratch *scratch);

/* Called with the row of a pattern that occurs, at least once for each; true
 * ends the search. */
typedef bool sw_database_found_fn(void *context, uint32_t row);

enum sw_found {
    SW_FOUND_NONE,    /* searched whole, never ended */
    SW_FOUND_ENDED,   /* the callback ended it */
    SW_FOUND_UNKNOWN, /* the search failed: anything may be there */
};
enum sw_found sw_database_search(const struct sw_database *database,
                                 struct sw_database_scratch *scratch, const uint8_t *data,
                                 size_t size, sw_database_found_fn *found, void *context);

#endif
