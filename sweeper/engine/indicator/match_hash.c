/* SPDX-License-Identifier: Apache-2.0 */
/* match_hash.c - which objects are worth a digest, and whose digest it is. */
#include <string.h>

#include "engine/indicator/matcher_private.h"

static bool names_fit(const json_t *names, struct sw_view base)
{
    size_t i;
    const json_t *name;

    if (names == NULL)
        return true;
    json_array_foreach(names, i, name)
    {
        const struct sw_view glob = {(const uint8_t *)json_string_value(name),
                                     json_string_length(name)};
        if (sw_glob_fits(glob, base, false))
            return true;
    }
    return false;
}

static unsigned digest_bit(const struct sw_indicator *row)
{
    return 1U << (row->hash.sha256 != NULL ? SW_DIGEST_SHA256
                  : row->hash.sha1 != NULL ? SW_DIGEST_SHA1
                                           : SW_DIGEST_MD5);
}

unsigned sw_match_digests(const struct sw_matcher *matcher, const struct sw_match_object *object)
{
    const struct sw_view base = sw_base_name(object->path);
    unsigned bits = 0;

    for (size_t i = 0; i < matcher->gate_count; i++) {
        const struct sw_indicator *row = matcher->gates[i];
        if (object->size < row->hash.size_min || object->size > row->hash.size_max ||
            (row->hash.suspect && !object->suspect))
            continue;
        if ((bits & digest_bit(row)) == 0 && names_fit(row->hash.names, base) &&
            sw_content_fits(row->hash.content, object->path, object->head))
            bits |= digest_bit(row);
    }
    return bits;
}

enum sw_status sw_match_hash(const struct sw_matcher *matcher,
                             const char *const hex[SW_DIGEST_COUNT], sw_indicator_fn *fn,
                             void *context)
{
    static const char *const patterns[SW_DIGEST_COUNT] = {
        [SW_DIGEST_SHA256] = "$sha256", [SW_DIGEST_SHA1] = "$sha1", [SW_DIGEST_MD5] = "$md5"};
    enum sw_status status = SW_OK;

    for (size_t kind = 0; kind < SW_DIGEST_COUNT; kind++) {
        const struct sw_keyed *first = NULL;
        if (hex[kind] == NULL)
            continue;
        size_t count = sw_keyed_find(&matcher->hashes[kind], hex[kind], &first);
        for (size_t i = 0; i < count && status == SW_OK; i++) {
            const struct sw_indicator_hit hit = {
                .indicator = first[i].indicator,
                .pattern = patterns[kind],
                .value = {(const uint8_t *)hex[kind], strlen(hex[kind])}};
            status = fn(context, &hit);
        }
    }
    return status;
}
