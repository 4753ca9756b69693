/* SPDX-License-Identifier: Apache-2.0 */
/* match_path.c - indicators that are a place in the file system. */
#include <ctype.h>
#include <string.h>

#include "engine/indicator/matcher_private.h"

struct sw_view sw_base_name(struct sw_view path)
{
    size_t start = path.size;
    while (start > 0 && path.data[start - 1] != '/')
        start--;
    return (struct sw_view){path.data + start, path.size - start};
}

static bool same(uint8_t a, uint8_t b, bool fold_case)
{
    return a == b || (fold_case && tolower(a) == tolower(b));
}

/* Linear but for the stars: after a mismatch only the last star is tried again,
 * one byte further on. */
bool sw_glob_fits(struct sw_view glob, struct sw_view text, bool fold_case)
{
    size_t g = 0, t = 0, star = SIZE_MAX, retry = 0;

    while (t < text.size) {
        if (g < glob.size && glob.data[g] == '*') {
            star = g++;
            retry = t;
        } else if (g < glob.size && same(glob.data[g], text.data[t], fold_case)) {
            g++;
            t++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (g < glob.size && glob.data[g] == '*')
        g++;
    return g == glob.size;
}

/* Takes the last component off. False when there is none left. */
static bool pop(struct sw_view *path, struct sw_view *component)
{
    if (path->size == 0)
        return false;
    *component = sw_base_name(*path);
    path->size -= component->size;
    while (path->size > 0 && path->data[path->size - 1] == '/')
        path->size--;
    return true;
}

/* The pattern's components are the path's last ones. */
static bool tail_fits(struct sw_view pattern, struct sw_view path, bool fold_case)
{
    struct sw_view wanted, found;

    while (pop(&pattern, &wanted)) {
        if (!pop(&path, &found) || !sw_glob_fits(wanted, found, fold_case))
            return false;
    }
    return true;
}

static struct sw_view view_of(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

static bool is_systemd(struct sw_view component)
{
    return component.size == 7 && memcmp(component.data, "systemd", 7) == 0;
}

/* Units lie in folders whose path has a component "systemd". */
static bool is_unit_folder(struct sw_view path)
{
    struct sw_view component;
    for (unsigned depth = 0; depth < 4 && pop(&path, &component); depth++)
        if (depth > 0 && is_systemd(component))
            return true;
    return false;
}

static bool has_description(struct sw_view head, const char *description)
{
    static const char key[] = "Description=";
    const struct sw_view wanted = view_of(description);
    const uint8_t *at = head.data;
    size_t left = head.size;

    while (left > 0) {
        const uint8_t *found = memmem(at, left, key, sizeof(key) - 1);
        if (found == NULL)
            return false;
        left -= (size_t)(found - at) + sizeof(key) - 1;
        at = found + sizeof(key) - 1;
        if (left >= wanted.size && memcmp(at, wanted.data, wanted.size) == 0 &&
            (left == wanted.size || at[wanted.size] == '\n' || at[wanted.size] == '\r'))
            return true;
    }
    return false;
}

/* `base` is the path's last component, which settles nearly every question. */
static bool fits(const struct sw_path_row *row, const struct sw_match_object *object,
                 struct sw_view base)
{
    const struct sw_indicator *indicator = row->indicator;

    if (row->literal &&
        (base.size != row->base.size || memcmp(base.data, row->base.data, base.size) != 0))
        return false;
    if (indicator->type == SW_INDICATOR_PATH)
        return tail_fits(view_of(indicator->path.pattern), object->path, row->fold_case);
    return is_unit_folder(object->path) &&
           (indicator->unit.description == NULL ||
            has_description(object->head, indicator->unit.description));
}

/* Says less than the other: the same place with fewer components, or a unit by
 * its name alone beside one by name and description. */
static bool says_less(const struct sw_indicator *row, const struct sw_indicator *other)
{
    if (row->type == SW_INDICATOR_PATH && other->type == SW_INDICATOR_PATH) {
        const struct sw_view more = view_of(other->path.pattern);
        const struct sw_view less = view_of(row->path.pattern);
        return less.size < more.size && tail_fits(less, more, false);
    }
    return row->type == SW_INDICATOR_UNIT && other->type == SW_INDICATOR_UNIT &&
           strcmp(row->unit.value, other->unit.value) == 0 && row->unit.description == NULL &&
           other->unit.description != NULL;
}

static bool is_outdone(const struct sw_matcher *matcher, const struct sw_indicator *row,
                       const struct sw_match_object *object, struct sw_view base)
{
    for (size_t i = 0; i < matcher->path_count; i++) {
        const struct sw_indicator *other = matcher->paths[i].indicator;
        if (other != row && strcmp(other->family, row->family) == 0 && says_less(row, other) &&
            fits(&matcher->paths[i], object, base))
            return true;
    }
    return false;
}

enum sw_status sw_match_path(const struct sw_matcher *matcher, const struct sw_match_object *object,
                             sw_indicator_fn *fn, void *context)
{
    const struct sw_view base = sw_base_name(object->path);
    enum sw_status status = SW_OK;

    for (size_t i = 0; i < matcher->path_count && status == SW_OK; i++) {
        const struct sw_indicator *row = matcher->paths[i].indicator;
        if (!fits(&matcher->paths[i], object, base) || is_outdone(matcher, row, object, base))
            continue;
        const struct sw_indicator_hit hit = {
            .indicator = row,
            .pattern = row->type == SW_INDICATOR_UNIT ? "$unit" : "$path",
            .value = view_of(row->type == SW_INDICATOR_UNIT ? row->unit.value : row->path.pattern)};
        status = fn(context, &hit);
    }
    return status;
}

bool sw_match_reaches(const struct sw_matcher *matcher, struct sw_view scope, struct sw_view folder)
{
    struct sw_view component;

    while (pop(&scope, &component))
        if (is_systemd(component))
            return true;
    for (size_t i = 0; i < matcher->path_count; i++) {
        const struct sw_path_row *row = &matcher->paths[i];
        struct sw_view pattern = {0};
        if (row->indicator->type == SW_INDICATOR_PATH)
            pattern = view_of(row->indicator->path.pattern);
        if (!pop(&pattern, &component)) /* the last is no folder */
            continue;
        while (pop(&pattern, &component))
            if (sw_glob_fits(component, folder, row->fold_case))
                return true;
    }
    return false;
}
