/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caches.c - the package behind a file in a cache that the path does not name.
 *
 * npm names what it keeps by its digest, and says in an index file elsewhere whose
 * it is; uv unpacks wheels into folders of random names. Which is which may be known
 * only when the walk is done: findings in such files wait until then, and get the
 * name. Nothing is opened for it: index files are objects like any other, and the
 * engine says of each one line what the file says.
 */
#include <string.h>

#include "common/view.h"
#include "conductor.h"
#include "supervisor/cache_path.h"
#include "supervisor/record_parts.h"

enum {
    NAMES_MAX = 65536, /* files and folders that have a name */
    HELD_MAX = 4096,   /* findings that wait */
};

static void remember(struct conductor *conductor, const char *key, size_t size, struct sw_view name,
                     struct sw_view version)
{
    if (conductor->cache_names == NULL)
        conductor->cache_names = json_object();
    if (json_object_size(conductor->cache_names) >= NAMES_MAX)
        return;
    json_t *row = json_pack("{s:s%, s:s%}", "name", name.data, name.size, "version", version.data,
                            version.size);
    if (row == NULL || json_object_setn_new_nocheck(conductor->cache_names, key, size, row) != 0)
        settle_failure(conductor, "no memory for the names of cached packages");
}

/* The dist-info in an unpacked wheel says by its name which one it is. */
void caches_item(struct conductor *conductor, const struct sw_item *item)
{
    const struct sw_view path = sw_item_path(item);
    struct sw_cache cache;

    if (sw_view_ends(path, SW_VIEW(".dist-info/METADATA")) && sw_cache_of(path, &cache) &&
        cache.join == SW_CACHE_UV && cache.name.size > 0)
        remember(conductor, (const char *)cache.folder.data, cache.folder.size, cache.name,
                 cache.version);
}

bool caches_ask(const struct sw_item *item)
{
    const struct sw_view path = sw_item_path(item);
    return sw_view_has(path, SW_VIEW("/_cacache/index-v5/"));
}

void caches_answer(struct conductor *conductor, struct sw_view answer)
{
    size_t slash = sw_view_find_last(answer, '/');
    struct sw_view digest = sw_view_skip(answer, slash + 1);
    struct sw_view package = sw_view_first(answer, slash);
    size_t at = sw_view_find_last(package, '@');

    if (digest.size == SW_CACHE_DIGEST && sw_view_is_hex(digest) && at > 0 && at < package.size)
        remember(conductor, (const char *)digest.data, digest.size, sw_view_first(package, at),
                 sw_view_skip(package, at + 1));
}

/* --- findings that wait ----------------------------------------------------------------- */

/* What the path says of the file that the record is about. */
static bool needs_name(const json_t *record, struct sw_cache *cache)
{
    const json_t *file = json_array_get(json_object_get(record, "chain"), 0);
    const json_t *path = json_object_get(file, "path");

    return json_object_get(file, "cache") != NULL && json_object_get(file, "path_base64") == NULL &&
           sw_cache_of(
               (struct sw_view){(const uint8_t *)json_string_value(path), json_string_length(path)},
               cache) &&
           cache->join != SW_CACHE_ALONE && cache->name.size == 0;
}

bool caches_hold(struct conductor *conductor, json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));
    struct sw_cache cache;

    if (conductor->walk == NULL || type == NULL || strcmp(type, "finding") != 0 ||
        json_array_size(conductor->cache_held) >= HELD_MAX || !needs_name(record, &cache))
        return false;
    if (conductor->cache_held == NULL)
        conductor->cache_held = json_array();
    return json_array_append(conductor->cache_held, record) == 0;
}

static void name_it(struct conductor *conductor, json_t *record)
{
    json_t *file = json_array_get(json_object_get(record, "chain"), 0);
    json_t *shown = json_object_get(file, "cache");
    struct sw_cache cache;

    if (!needs_name(record, &cache))
        return;
    const json_t *row = cache.join == SW_CACHE_NPM
                            ? json_object_get(conductor->cache_names, cache.key)
                            : json_object_getn(conductor->cache_names,
                                               (const char *)cache.folder.data, cache.folder.size);
    if (row == NULL)
        return;
    json_t *package = json_object();
    sw_put_text(&package, "ecosystem", cache.ecosystem);
    sw_put(&package, "name", json_incref(json_object_get(row, "name")));
    sw_put(&package, "version", json_incref(json_object_get(row, "version")));
    if (package == NULL || json_object_set_new(shown, "package", package) != 0)
        settle_failure(conductor, "no memory for a record");
}

void caches_end(struct conductor *conductor)
{
    json_t *held = conductor->cache_held;
    size_t i;
    json_t *record;

    conductor->cache_held = NULL;
    json_array_foreach(held, i, record)
    {
        name_it(conductor, record);
        settle_last(conductor, json_incref(record));
    }
    json_decref(held);
}

void caches_done(struct conductor *conductor)
{
    json_decref(conductor->cache_held);
    json_decref(conductor->cache_names);
}
