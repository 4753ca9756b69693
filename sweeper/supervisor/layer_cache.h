/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_cache.h - the directory of --layer-cache: what reading a layer gave, so that it need
 * not be read again.
 *
 * DIRECTORY/CONTEXT/KEY, a file each. The context is a digest of all that changes results:
 * program, libraries, rules, options, limits (layer_context.h). The key is a digest of the
 * layer's own bytes and of what around it counts (engine/image/layer_key.h). An entry is written
 * beside its place and moved there, with a checksum over context, key and content; its content is
 * masked, so that a sweep which comes by the cache finds nothing in it. A sweep holds a shared
 * lock on its context (flock); only who has it alone takes entries away.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only. Any number of sweeps may use one directory.
 * Owns:     the descriptor of the directory.
 * Trusts:   what belongs to the user that sweeps, and nobody else can write to. Content is
 *           believed as little as what an engine says: who replays it checks it all.
 * Fails:    never for the sweep: what does not work is not cached, and said once.
 */
#ifndef SWEEPER_SUPERVISOR_LAYER_CACHE_H
#define SWEEPER_SUPERVISOR_LAYER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/digest.h"
#include "sweeper/limits.h"

enum {
    SW_LAYER_BYTES_MAX = 256 << 20, /* of the entries that are known, and of those one sweep adds */
    SW_LAYER_IDLE_S = 30 * 24 * 3600, /* after which a context that nobody used is taken away */
};

struct sw_layer_cache;

/* A line on standard error; `error` is an errno, or 0. */
void sw_layer_cache_say(const char *what, int error);

/* Makes the directory where there is none, and looks at every entry of the context, up to
 * `entry_max` bytes each. Of too many the ones that were used last are known, the others are
 * taken away. NULL: there is no cache; why has been said. */
struct sw_layer_cache *sw_layer_cache_open(const char *directory,
                                           const char context[SW_SHA256_HEX_SIZE],
                                           size_t entry_max);
void sw_layer_cache_free(struct sw_layer_cache *cache);
/* The keys of the entries that are whole, 64 digits each, in order. */
struct sw_view sw_layer_cache_keys(const struct sw_layer_cache *cache);
bool sw_layer_cache_knows(const struct sw_layer_cache *cache, const char *key);
/* It is one of those, or was stored since. */
bool sw_layer_cache_has(const struct sw_layer_cache *cache, const char *key);
/* False: it is not whole any more. */
bool sw_layer_cache_load(struct sw_layer_cache *cache, const char *key,
                         struct sw_buf *content) SW_MUST_CHECK;
/* False: it could not be kept, and why has been said once. The content is spoilt. */
bool sw_layer_cache_store(struct sw_layer_cache *cache, const char *key, struct sw_buf *content);

#endif
