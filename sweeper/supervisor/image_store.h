/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_store.h - whose a directory in the store of a container engine is: the images that
 * have it as a layer, the containers that use it.
 *
 * docker: an image's configuration has diff ids, from which follow chain ids (OCI
 * image-spec, config.md); a file for each chain id says the directory; a file for each
 * container says the directory that it writes to. containers/storage: three lists.
 *
 * What is said comes in any order and may come twice. It is put together when the first
 * record of the store is told, after which nothing may be taken for that store.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     everything in it, until sw_stores_free().
 * Trusts:   nothing of what is said: names are keys to look up, and all of it takes no more
 *           than `used_max` bytes. What does not fit is not kept, and said.
 */
#ifndef SWEEPER_SUPERVISOR_IMAGE_STORE_H
#define SWEEPER_SUPERVISOR_IMAGE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "sweeper/buf.h"

enum { STORE_TOLD_MAX = 16 /* images and containers told in a record; names of each */ };

struct sw_stores;

struct sw_stores *sw_stores_new(size_t used_max);
void sw_stores_free(struct sw_stores *stores);
/* Drops the stores that lie in an item, whose own locator this is: it is looked at again. */
void sw_stores_again(struct sw_stores *stores, struct sw_view locator);
/* Something was not kept. */
bool sw_stores_are_full(const struct sw_stores *stores);

/* What the engine says of the file or member with this locator. NULL, or why it breaks the
 * protocol. A lack of memory sets *failed. */
const char *sw_stores_take(struct sw_stores *stores, struct sw_view locator, struct sw_view json,
                           bool *failed);

/* Whether a hop of the locator lies in a directory of a store. */
bool sw_stores_concern(struct sw_view locator);
/* Adds to that hop of the record whose it is; `stores` may be NULL. False without memory. */
bool sw_stores_tell(struct sw_stores *stores, json_t *record);

#endif
