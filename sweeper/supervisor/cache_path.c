/* SPDX-License-Identifier: Apache-2.0 */
/* cache_path.c - see cache_path.h. */
#include "supervisor/cache_path.h"

#include "common/view.h"

enum { TEXT_MAX = 256 }; /* bytes of a name or version */

/* The first component, taken off. */
static struct sw_view take(struct sw_view *rest)
{
    struct sw_view part = sw_view_first(*rest, sw_view_find(*rest, '/'));
    *rest = sw_view_skip(*rest, part.size + 1);
    return part;
}

static bool take_hex(struct sw_view *rest, size_t size)
{
    struct sw_view part = take(rest);
    return part.size == size && sw_view_is_hex(part);
}

static bool is_text(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.size > 0 && text.size <= TEXT_MAX;
}

static void name_it(struct sw_cache *cache, struct sw_view name, struct sw_view version)
{
    if (!is_text(name) || !is_text(version))
        return;
    cache->name = name;
    cache->version = version;
}

/* "NAME-VERSION-py3-none-any.whl", or up to any of `ends` for other archives. */
static void name_by_file(struct sw_cache *cache, struct sw_view base)
{
    struct sw_view name = sw_view_first(base, sw_view_find(base, '-'));
    struct sw_view version = sw_view_skip(base, name.size + 1);

    if (sw_view_ends(base, SW_VIEW(".tar.gz")))
        version.size -= version.size >= 7 ? 7 : version.size;
    else
        version = sw_view_first(version, sw_view_find(version, '-'));
    if (version.size > 0 && sw_is_digit(version.data[0]))
        name_it(cache, name, version);
}

/* --- Python ------------------------------------------------------------------------- */

/* http-v2/0/1/2/3/4/HASH, and HASH.body beside it. */
static bool pip_http(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    for (unsigned i = 0; i < 5; i++)
        if (!take_hex(&rest, 1))
            return false;
    struct sw_view base = take(&rest);
    *cache = (struct sw_cache){
        .tool = "pip", .part = component.size == 4 ? "http" : "http-v2", .ecosystem = "pypi"};
    return base.size >= 56 && sw_view_is_hex(sw_view_first(base, 56));
}

/* aa/bb/cc/HASH/FILE */
static bool hashed_folders(struct sw_view *rest)
{
    for (unsigned i = 0; i < 3; i++)
        if (!take_hex(rest, 2))
            return false;
    struct sw_view hash = take(rest);
    return hash.size >= 40 && sw_view_is_hex(hash);
}

static bool pip_wheels(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    (void)component;
    if (!hashed_folders(&rest))
        return false;
    *cache = (struct sw_cache){.tool = "pip", .part = "wheels", .ecosystem = "pypi"};
    name_by_file(cache, take(&rest));
    return true;
}

static bool poetry_artifacts(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    if (!pip_wheels(rest, component, cache))
        return false;
    cache->tool = "poetry";
    cache->part = "artifacts";
    return true;
}

/* archive-v0/ID/..., where ID/NAME-VERSION.dist-info says what it is. */
static bool uv_archive(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    const uint8_t *start = component.data;
    struct sw_view id = take(&rest);
    struct sw_view below = take(&rest);

    *cache = (struct sw_cache){
        .tool = "uv", .part = "archive", .ecosystem = "pypi", .join = SW_CACHE_UV};
    cache->folder = (struct sw_view){start, (size_t)(id.data + id.size - start)};
    if (sw_view_ends(below, SW_VIEW(".dist-info"))) {
        below.size -= sizeof(".dist-info") - 1;
        name_by_file(cache, below);
    }
    return id.size >= 16 && below.size > 0;
}

/* wheels-v3/pypi/NAME/NAME-VERSION-py3-none-any... */
static bool uv_wheels(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    (void)component;
    struct sw_view index = take(&rest);
    struct sw_view name = take(&rest);

    *cache = (struct sw_cache){.tool = "uv", .part = "wheels", .ecosystem = "pypi"};
    if (sw_view_equal(index, SW_VIEW("pypi")) && name.size > 0)
        name_by_file(cache, take(&rest));
    return index.size > 0;
}

/* --- JavaScript ----------------------------------------------------------------------- */

/* content-v2/sha512/AB/CD/REST */
static void npm_content(struct sw_view rest, struct sw_cache *cache)
{
    size_t size = 0;

    (void)take(&rest); /* the algorithm */
    while (rest.size > 0 && size < SW_CACHE_DIGEST) {
        struct sw_view part = take(&rest);
        for (size_t i = 0; i < part.size && size < SW_CACHE_DIGEST; i++)
            cache->key[size++] = (char)sw_lower(part.data[i]);
    }
    cache->key[size] = '\0';
    if (size == SW_CACHE_DIGEST &&
        sw_view_is_hex((struct sw_view){(const uint8_t *)cache->key, size}))
        cache->join = SW_CACHE_NPM;
}

static bool npm(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    (void)component;
    struct sw_view part = take(&rest);

    *cache = (struct sw_cache){.tool = "npm", .part = "content-v2", .ecosystem = "npm"};
    if (sw_view_equal(part, SW_VIEW("content-v2"))) {
        npm_content(rest, cache);
        return true;
    }
    cache->part = sw_view_equal(part, SW_VIEW("index-v5")) ? "index-v5" : "tmp";
    return sw_view_equal(part, SW_VIEW("index-v5")) || sw_view_equal(part, SW_VIEW("tmp"));
}

/* v10/files/ab/REST, v3/files/ab/REST-index.json: the folder above is the user's choice */
static bool pnpm(struct sw_view rest, struct sw_view version, struct sw_cache *cache)
{
    struct sw_view part = take(&rest);
    bool files = sw_view_equal(part, SW_VIEW("files"));

    *cache =
        (struct sw_cache){.tool = "pnpm", .part = files ? "files" : "index", .ecosystem = "npm"};
    return version.size >= 2 && version.data[0] == 'v' && sw_is_digit(version.data[1]) &&
           (files || sw_view_equal(part, SW_VIEW("index"))) && take_hex(&rest, 2) &&
           rest.size > 40 && sw_view_is_hex(sw_view_first(rest, 40));
}

/* npm-NAME-VERSION-SHA1[-integrity]/node_modules/NAME/..., a '/' in the first NAME
 * being '-'. */
static bool yarn_folder(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    struct sw_view text = sw_view_skip(component, 4);

    if (sw_view_ends(text, SW_VIEW("-integrity")))
        text.size -= sizeof("-integrity") - 1;
    if (text.size < 44 || text.data[text.size - 41] != '-' ||
        !sw_view_is_hex(sw_view_skip(text, text.size - 40)) ||
        !sw_view_equal(take(&rest), SW_VIEW("node_modules")))
        return false;
    text.size -= 41;
    *cache = (struct sw_cache){.tool = "yarn", .part = "v1", .ecosystem = "npm"};
    struct sw_view name = rest;
    struct sw_view first = take(&rest);
    name.size = first.size;
    if (first.size > 0 && first.data[0] == '@' && rest.size > 0)
        name.size += 1 + take(&rest).size;
    if (text.size > name.size + 1 && text.data[name.size] == '-')
        name_it(cache, name, sw_view_skip(text, name.size + 1));
    return true;
}

/* NAME-npm-VERSION-HASH.zip, in a folder "cache"; the zip itself tells a scope from a name. */
static bool yarn_zip(struct sw_view rest, struct sw_view component, struct sw_cache *cache)
{
    (void)component;
    struct sw_view base = take(&rest);

    *cache = (struct sw_cache){.tool = "yarn", .part = "berry", .ecosystem = "npm"};
    return rest.size == 0 && sw_view_ends(base, SW_VIEW(".zip")) &&
           sw_view_has(base, SW_VIEW("-npm-"));
}

/* --- all of them ------------------------------------------------------------------------ */

typedef bool cache_fn(struct sw_view rest, struct sw_view component, struct sw_cache *cache);

static const struct {
    const char *component; /* all of it, or its beginning */
    bool begins;
    cache_fn *fn;
} rows[] = {
    {"http", false, pip_http},       {"http-v2", false, pip_http},
    {"wheels", false, pip_wheels},   {"artifacts", false, poetry_artifacts},
    {"archive-v", true, uv_archive}, {"wheels-v", true, uv_wheels},
    {"_cacache", false, npm},        {"v", true, pnpm},
    {"npm-", true, yarn_folder},     {"cache", false, yarn_zip},
};

static bool fits(size_t row, struct sw_view component)
{
    const struct sw_view wanted = sw_view_of(rows[row].component);
    return rows[row].begins ? sw_view_starts(component, wanted) : sw_view_equal(component, wanted);
}

bool sw_cache_of(struct sw_view path, struct sw_cache *cache)
{
    struct sw_view rest = path;
    struct sw_cache found;

    while (rest.size > 0) {
        struct sw_view component = take(&rest);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rest.size > 0; i++) {
            if (!fits(i, component) || !rows[i].fn(rest, component, &found))
                continue;
            if (found.join == SW_CACHE_UV) /* from the beginning of the path */
                found.folder = (struct sw_view){
                    path.data, (size_t)(found.folder.data + found.folder.size - path.data)};
            *cache = found;
            return true;
        }
    }
    return false;
}
