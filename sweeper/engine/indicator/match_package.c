/* SPDX-License-Identifier: Apache-2.0 */
/* match_package.c - a declared package against the known bad ones. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/indicator/matcher_private.h"

static struct sw_view view_of(const json_t *text)
{
    return (struct sw_view){(const uint8_t *)json_string_value(text), json_string_length(text)};
}

static bool has_version(const struct sw_indicator *row, const struct sw_package *package)
{
    size_t i;
    const json_t *value;

    if (package->version.size == 0)
        return false;
    json_array_foreach(row->package.versions, i, value)
    {
        if (sw_package_version_equal(package->ecosystem, package->version, view_of(value)))
            return true;
    }
    json_array_foreach(row->package.ranges, i, value)
    {
        if (sw_package_version_within(package->ecosystem, package->version,
                                      view_of(json_array_get(value, 0)),
                                      view_of(json_array_get(value, 1))))
            return true;
    }
    return false;
}

/* Hexadecimal digits of either case; as the list spells them, empty when it does not. */
static struct sw_view listed(const json_t *list, struct sw_view wanted)
{
    size_t i;
    const json_t *value;

    json_array_foreach(list, i, value)
    {
        if (wanted.size > 0 && json_string_length(value) == wanted.size &&
            strncasecmp(json_string_value(value), (const char *)wanted.data, wanted.size) == 0)
            return view_of(value);
    }
    return (struct sw_view){0};
}

/* The commit, digest or version by which the package fits the row; empty: it does not. */
static struct sw_view fitting(const struct sw_indicator *row, const struct sw_package *package)
{
    struct sw_view found = listed(row->package.commits, package->commit);

    if (found.size == 0)
        found = listed(row->package.digests, package->digest);
    if (found.size == 0 && has_version(row, package))
        found = package->version;
    return found;
}

static enum sw_status tell(const struct sw_indicator *row, const struct sw_package *package,
                           struct sw_view found, sw_indicator_fn *fn, void *context)
{
    const char *known = row->package.name;
    char text[3 * SW_PACKAGE_TEXT_MAX];
    int size =
        snprintf(text, sizeof(text), "%.*s%s%.*s (%s)", (int)package->name.size,
                 (const char *)package->name.data, package->name.size > 0 ? " " : "",
                 (int)found.size, (const char *)found.data, sw_package_use_name(package->use));
    const struct sw_indicator_hit hit = {
        .indicator = row,
        .pattern = "$package",
        .value = {(const uint8_t *)text, size > 0 ? (size_t)size : 0},
        .offset = package->offset,
        .package_name = package->name.size > 0
                            ? package->name
                            : (struct sw_view){(const uint8_t *)known, strlen(known)},
        .package_version = found};
    return fn(context, &hit);
}

static enum sw_status match_named(const struct sw_matcher *matcher,
                                  const struct sw_package *package, sw_indicator_fn *fn,
                                  void *context)
{
    struct sw_package_key key;
    const struct sw_keyed *first = NULL;
    enum sw_status status = SW_OK;

    if (!sw_package_key_of(package->ecosystem, package->name, &key))
        return SW_OK;
    size_t count = sw_keyed_find(&matcher->packages[package->ecosystem], key.text, &first);
    for (size_t i = 0; i < count && status == SW_OK; i++) {
        const struct sw_view found = fitting(first[i].indicator, package);
        if (found.size > 0)
            status = tell(first[i].indicator, package, found, fn, context);
    }
    return status;
}

/* A digest without a name says which image it is all the same. */
static enum sw_status match_digest(const struct sw_matcher *matcher,
                                   const struct sw_package *package, sw_indicator_fn *fn,
                                   void *context)
{
    char text[SW_PACKAGE_TEXT_MAX + 1];
    const struct sw_keyed *first = NULL;
    enum sw_status status = SW_OK;

    if (package->digest.size == 0 || package->digest.size >= sizeof(text))
        return SW_OK;
    memcpy(text, package->digest.data, package->digest.size);
    text[package->digest.size] = '\0';
    size_t count = sw_keyed_find(&matcher->digests, text, &first);
    for (size_t i = 0; i < count && status == SW_OK; i++)
        status = tell(first[i].indicator, package, package->digest, fn, context);
    return status;
}

enum sw_status sw_match_package(const struct sw_matcher *matcher, const struct sw_package *package,
                                sw_indicator_fn *fn, void *context)
{
    return package->name.size > 0 ? match_named(matcher, package, fn, context)
                                  : match_digest(matcher, package, fn, context);
}

bool sw_match_knows_package(const struct sw_matcher *matcher, enum sw_ecosystem ecosystem,
                            struct sw_view name)
{
    struct sw_package_key key;
    const struct sw_keyed *first = NULL;

    return sw_package_key_of(ecosystem, name, &key) &&
           sw_keyed_find(&matcher->packages[ecosystem], key.text, &first) != 0;
}
