/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Globs of --exclude. Input: a path below "/", a newline, then globs, one a line.
 *
 * Globs add up: a list matches when one of its globs does. A glob that spells
 * the name out, every byte behind a backslash, matches it; one for directories
 * never matches a file.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "supervisor/exclude.h"

enum { GLOBS_MAX = 8, GLOB_SIZE_MAX = 64, PATH_SIZE_MAX = 256 };

struct object {
    char path[PATH_SIZE_MAX + 2];
    const char *name;
    bool is_directory;
};

static bool matches(const char *const *globs, size_t count, const struct object *object)
{
    struct sw_excludes excludes;
    FUZZ_CHECK(sw_excludes_init(&excludes, globs, count, NULL) == SW_OK);
    const char *path = excludes.need_path ? object->path : NULL;
    bool matched = sw_excludes_match(&excludes, object->name, path, object->is_directory);
    FUZZ_CHECK(excludes.need_directory || object->is_directory ||
               matched == sw_excludes_match(&excludes, object->name, path, true));
    sw_excludes_done(&excludes);
    return matched;
}

static void check_spelled(const struct object *object, const char *text, bool for_directories)
{
    char glob[2 * PATH_SIZE_MAX + 8];
    const char *const globs[] = {glob};
    size_t size = 0;
    for (; *text != '\0'; text++) {
        if (*text != '/')
            glob[size++] = '\\';
        glob[size++] = *text;
    }
    if (for_directories)
        glob[size++] = '/';
    glob[size] = '\0';
    FUZZ_CHECK(matches(globs, 1, object) == (!for_directories || object->is_directory));
}

/* "/a/b", as the walk would make it: no empty component, no NUL. */
static bool object_init(struct object *object, struct sw_view path, bool is_directory)
{
    size_t size = 0;
    for (size_t i = 0; i < path.size && size < PATH_SIZE_MAX; i++) {
        if (path.data[i] == '\0' ||
            (path.data[i] == '/' && (size == 0 || object->path[size] == '/')))
            continue;
        object->path[++size] = (char)path.data[i];
    }
    while (size > 0 && object->path[size] == '/')
        size--;
    object->path[0] = '/';
    object->path[size + 1] = '\0';
    object->name = strrchr(object->path, '/') + 1;
    object->is_directory = is_directory;
    return size > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    struct object object;
    char *globs[GLOBS_MAX] = {NULL};
    size_t count = 0;
    bool any = false;

    if (!object_init(&object, fuzz_until(&input, '\n'), size % 2 == 0))
        return 0;
    for (; count < GLOBS_MAX && input.rest.size != 0; count++) {
        struct sw_view line = fuzz_until(&input, '\n');
        line.size = line.size < GLOB_SIZE_MAX ? line.size : GLOB_SIZE_MAX;
        globs[count] = fuzz_text(line);
        any = matches((const char *const *)&globs[count], 1, &object) || any;
    }
    FUZZ_CHECK(matches((const char *const *)globs, count, &object) == any);
    check_spelled(&object, object.name, false);
    check_spelled(&object, object.name, true);
    check_spelled(&object, object.path, false);
    for (size_t i = 0; i < count; i++)
        free(globs[i]);
    return 0;
}
