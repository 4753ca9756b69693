/* SPDX-License-Identifier: Apache-2.0 */
/* suppress_match.c - does an entry speak of this finding? */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "supervisor/suppress_private.h"
#include "sweeper/package.h"

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* --- rule --------------------------------------------------------------------------- */

/* By name, or by the stable id that rules and indicators have. */
static bool rule_holds(const char *wanted, const json_t *rule)
{
    const char *name = text_of(rule, "name");
    const char *id = text_of(json_object_get(rule, "meta"), "id");

    return (name != NULL && strcmp(name, wanted) == 0) || (id != NULL && strcmp(id, wanted) == 0);
}

/* --- path --------------------------------------------------------------------------- */

static const char hex_digits[] = "0123456789abcdef";

/* The value of two digits, or -1. */
static int hex_byte(const char *text)
{
    const char *high = text[0] != '\0' ? strchr(hex_digits, text[0]) : NULL;
    const char *low = high != NULL && text[1] != '\0' ? strchr(hex_digits, text[1]) : NULL;

    return low != NULL ? (int)((high - hex_digits) * 16 + (low - hex_digits)) : -1;
}

/* Undoes the printable escape in place: `\xhh` is a byte, all else is itself. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0'; to++) {
        int byte = at[0] == '\\' && at[1] == 'x' ? hex_byte(at + 2) : -1;
        if (byte >= 0) {
            *to = (char)byte;
            at += 4;
        } else {
            *to = *at++;
        }
    }
    *to = '\0';
}

/* The exact bytes of a "path"; the caller frees them. NULL: there is none. */
static char *exact_path(const json_t *object)
{
    const char *path = text_of(object, "path");
    char *copy = path != NULL ? strdup(path) : NULL;

    if (copy != NULL)
        unescape(copy);
    return copy;
}

/* As --exclude does it: the file itself, or a folder on the way to it, which would not have
 * been entered. Works in place on the path. */
static bool glob_holds(const struct sw_excludes *glob, char *path)
{
    char *name = strrchr(path, '/');

    if (sw_excludes_match(glob, name != NULL ? name + 1 : path, path, false))
        return true;
    for (char *end = name; end != NULL && end > path; end = name) {
        *end = '\0';
        name = strrchr(path, '/');
        if (sw_excludes_match(glob, name != NULL ? name + 1 : path, path, true))
            return true;
    }
    return false;
}

static bool path_holds(const struct sw_excludes *glob, const json_t *object)
{
    char *path = exact_path(object);
    bool holds = path != NULL && glob_holds(glob, path);

    free(path);
    return holds;
}

/* Any hop: what names an archive names what is in it. */
static bool some_path_holds(const struct sw_excludes *glob, const json_t *finding)
{
    const json_t *chain = json_object_get(finding, "chain");

    if (path_holds(glob, json_object_get(finding, "object")))
        return true;
    for (size_t i = 0; i < json_array_size(chain); i++)
        if (path_holds(glob, json_array_get(chain, i)))
            return true;
    return false;
}

bool sw_suppression_is_everything(const char *glob)
{
    /* Nobody has a reason for a glob that takes all of these and is meant for one thing. */
    static const char *const paths[] = {"/a", "/etc/passwd", "/srv/q y/z-7.pth", "/B/_.9/\xff",
                                        "/usr/lib/python3/dist-packages/x/__init__.py"};
    struct sw_excludes one;
    size_t held = 0;

    if (glob[strspn(glob, "*/")] == '\0')
        return true;
    if (sw_excludes_init(&one, &glob, 1, NULL) != SW_OK)
        return true;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char *copy = strdup(paths[i]);
        held += copy == NULL || glob_holds(&one, copy);
        free(copy);
    }
    sw_excludes_done(&one);
    return held == sizeof(paths) / sizeof(paths[0]);
}

/* --- package ------------------------------------------------------------------------ */

static struct sw_view view_of(const char *text, size_t size)
{
    return (struct sw_view){(const uint8_t *)text, size};
}

static bool package_holds(const struct sw_suppression *entry, const json_t *package)
{
    const char *wanted = entry->package;
    const char *name = text_of(package, "name"), *version = text_of(package, "version");
    const char *ecosystem_name = text_of(package, "ecosystem");
    /* A scope starts with the same sign: "@scope/name@1.0". */
    const char *at = strchr(wanted + 1, '@');
    size_t name_size = at != NULL ? (size_t)(at - wanted) : strlen(wanted);
    enum sw_ecosystem ecosystem = SW_ECOSYSTEM_BINARY;

    if (name == NULL || ecosystem_name == NULL || !sw_ecosystem_find(ecosystem_name, &ecosystem))
        return false;
    if (entry->ecosystem != NULL && strcmp(entry->ecosystem, ecosystem_name) != 0)
        return false;
    if (!sw_package_name_equal(ecosystem, view_of(wanted, name_size), view_of(name, strlen(name))))
        return false;
    return at == NULL ||
           (version != NULL && sw_package_version_equal(ecosystem, view_of(at + 1, strlen(at + 1)),
                                                        view_of(version, strlen(version))));
}

/* --- all of them --------------------------------------------------------------------- */

bool sw_suppression_holds(const struct sw_suppression *entry, const json_t *finding)
{
    const char *sha256 = text_of(json_object_get(finding, "object"), "sha256");

    if (entry->rule != NULL && !rule_holds(entry->rule, json_object_get(finding, "rule")))
        return false;
    if (entry->sha256 != NULL && (sha256 == NULL || strcasecmp(entry->sha256, sha256) != 0))
        return false;
    if (entry->package != NULL && !package_holds(entry, json_object_get(finding, "package")))
        return false;
    return entry->path.count == 0 || some_path_holds(&entry->path, finding);
}

const struct sw_suppression *sw_suppressions_find(const struct sw_suppressions *list,
                                                  const json_t *finding)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (!list->rows[i].expired && sw_suppression_holds(&list->rows[i], finding))
            return &list->rows[i];
    return NULL;
}

json_t *sw_suppression_mark(const struct sw_suppression *entry)
{
    return json_pack("{s:s, s:s, s:s}", "reason", entry->reason, "until", entry->until, "entry",
                     entry->id);
}
