/* SPDX-License-Identifier: Apache-2.0 */
/* exclude.c - the globs of --exclude, taken apart once and asked often. */
#include "supervisor/exclude.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct sw_exclude {
    char *pattern;
    bool whole_path;
    bool directories_only;
};

static enum sw_status glob_init(struct sw_exclude *glob, const char *text)
{
    size_t size = strlen(text);
    bool floating;

    while (size > 0 && text[size - 1] == '/') {
        glob->directories_only = true;
        size--;
    }
    glob->whole_path = memchr(text, '/', size) != NULL;
    floating = glob->whole_path && strchr("/*?[\\", text[0]) == NULL;
    glob->pattern = malloc(size + 3);
    if (glob->pattern == NULL)
        return SW_STOP;
    memcpy(glob->pattern, "*/", 2);
    memcpy(glob->pattern + (floating ? 2 : 0), text, size);
    glob->pattern[size + (floating ? 2 : 0)] = '\0';
    return SW_OK;
}

enum sw_status sw_excludes_init(struct sw_excludes *excludes, const char *const *globs,
                                size_t count, struct sw_error *error)
{
    *excludes = (struct sw_excludes){0};
    if (count == 0)
        return SW_OK;
    excludes->globs = calloc(count, sizeof *excludes->globs);
    if (excludes->globs == NULL)
        return sw_fail(error, SW_STOP, "walk", 0, "no memory for the exclude globs");
    for (size_t index = 0; index < count; index++) {
        excludes->count = index + 1;
        if (glob_init(&excludes->globs[index], globs[index]) != SW_OK)
            goto out;
        excludes->need_path |= excludes->globs[index].whole_path;
        excludes->need_directory |= excludes->globs[index].directories_only;
    }
    return SW_OK;
out:
    sw_excludes_done(excludes);
    return sw_fail(error, SW_STOP, "walk", 0, "no memory for the exclude globs");
}

void sw_excludes_done(struct sw_excludes *excludes)
{
    for (size_t index = 0; index < excludes->count; index++)
        free(excludes->globs[index].pattern);
    free(excludes->globs);
    *excludes = (struct sw_excludes){0};
}

bool sw_excludes_match(const struct sw_excludes *excludes, const char *name, const char *path,
                       bool is_directory)
{
    for (size_t index = 0; index < excludes->count; index++) {
        const struct sw_exclude *glob = &excludes->globs[index];

        if (glob->directories_only && !is_directory)
            continue;
        if (fnmatch(glob->pattern, glob->whole_path ? path : name, 0) == 0)
            return true;
    }
    return false;
}
