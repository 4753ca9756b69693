/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_parts.h - the pieces that records are built from.
 *
 * An object under construction is a `json_t *` that becomes NULL when anything
 * went wrong; adding to NULL only releases what was to be added. So a builder
 * is a list of puts and one test at the end.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     put and push take the value. Returned values are new references,
 *           NULL on a lack of memory.
 * Trusts:   no path and no text: they may be any bytes.
 */
#ifndef SWEEPER_SUPERVISOR_RECORD_PARTS_H
#define SWEEPER_SUPERVISOR_RECORD_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/walk.h"

void sw_put(json_t **object, const char *name, json_t *value);
/* A static or checked text that is known to be UTF-8. */
void sw_put_text(json_t **object, const char *name, const char *text);
void sw_put_count(json_t **object, const char *name, uint64_t value);
void sw_put_boolean(json_t **object, const char *name, bool value);
/* RFC 3339 with nanoseconds, UTC. */
void sw_put_time(json_t **object, const char *name, int64_t nanoseconds);
void sw_push(json_t **array, json_t *value);

/* Prose that may quote a path: as it is when that can be printed, else in
 * printable escape. NULL is "". */
json_t *sw_json_prose(const char *text);
/* In printable escape, always. */
json_t *sw_json_escaped(struct sw_view bytes);
/* NAME, in printable escape, and NAME_base64 where the exact bytes are not the
 * same. */
void sw_put_bytes(json_t **object, const char *name, struct sw_view bytes);

struct sw_view sw_view_of_text(const char *text);
struct sw_view sw_item_path(const struct sw_item *item);

/* The member "object" of a finding or gap: path, and the facts where they are
 * known. `content` is what the engine said of the bytes (sha256, size, type,
 * mime), or NULL in a gap; `hops` as below. */
json_t *sw_item_object(const struct sw_item *item, const json_t *content, const json_t *hops);
/* `hops`: a checked chain of which all but the file itself counts; NULL: none. */
json_t *sw_item_locator(const struct sw_item *item, const json_t *hops);
json_t *sw_item_chain(const struct sw_item *item, const json_t *hops);
/* The exact bytes of a hop's name, in `room` when they are not in the hop itself;
 * empty for the file itself. The hop is in engine form, or finished. */
struct sw_view sw_hop_name(const json_t *hop, struct sw_buf *room);

#endif
