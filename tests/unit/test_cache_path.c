/* SPDX-License-Identifier: Apache-2.0 */
/* test_cache_path.c - caches by the shape of a path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/view.h"
#include "supervisor/cache_path.h"

#define H40 "0123456789abcdef0123456789abcdef01234567"
#define H56 H40 "0123456789abcdef"
#define ID  "DZw93R9uNEMwFsNPIFwYj"

static const char *const rows[][2] = {
    {"/c/pip/http-v2/0/1/2/3/4/" H56 ".body", "pip http-v2 @ 0"},
    {"http/0/1/2/3/4/" H56, "pip http @ 0"},
    {"/wheels/aa/bb/cc/" H56 "/My_Pkg-1.2-py3-none-any.whl", "pip wheels My_Pkg@1.2 0"},
    {"/wheels/aa/bb/cc/" H56 "/origin.json", "pip wheels @ 0"},
    {"x/wheels-v3/pypi/a/a-1.2-py3-none-any/a.py", "uv wheels a@1.2 0"},
    {"x/wheels-v3/index/0123/a/a-1.2-py3-none-any", "uv wheels @ 0"},
    {"x/archive-v0/" ID "/a.py", "uv archive @ 2"},
    {"x/archive-v0/" ID "/a-1.2.dist-info/METADATA", "uv archive a@1.2 2"},
    {"x/artifacts/aa/bb/cc/" H40 "/a-1.2.tar.gz", "poetry artifacts a@1.2 0"},
    {"x/_cacache/content-v2/sha512/01/23/" H56, "npm content-v2 @ 1"},
    {"x/_cacache/content-v2/sha512/zz/23/" H56, "npm content-v2 @ 0"},
    {"x/_cacache/content-v2", "npm content-v2 @ 0"},
    {"x/_cacache/index-v5/aa/bb/" H56, "npm index-v5 @ 0"},
    {"x/store/v10/files/aa/" H56, "pnpm files @ 0"},
    {"x/.pnpm-store/v10/index/aa/" H56, "pnpm index @ 0"},
    {"v6/npm-@s-a-1.2.0-rc-" H40 "-integrity/node_modules/@s/a/x", "yarn v1 @s/a@1.2.0-rc 0"},
    {"v6/npm-a-1.2.0-" H40 "/node_modules/a", "yarn v1 a@1.2.0 0"},
    {"v6/npm-b-1.2.0-" H40 "/node_modules/aaaaaaaaaaaa/x", "yarn v1 @ 0"},
    {".yarn/cache/a-npm-1.2.0-0123456789-8.zip", "yarn berry @ 0"},
    {"", NULL},
    {"/", NULL},
    {"http", NULL},
    {"http/", NULL},
    {"http/0/1/2/3/4/" H40, NULL},
    {"http/0/1/2/3/" H56, NULL},
    {"archive-v0/", NULL},
    {"archive-v0/" ID, NULL},
    {"archive-v0/short/a", NULL},
    {"npm-", NULL},
    {"npm-a/node_modules/a", NULL},
    {"store/v/files/aa/" H56, NULL},
    {"v10/files/aa/not-hexadecimal-at-all-but-long-enough-to-be", NULL},
    {"cache/a.zip", NULL},
    {"cache/x/a-npm-1.zip", NULL},
    {"_cacache/other/a", NULL},
};

static void shapes_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t size = strlen(rows[i][0]);
        uint8_t *copy = malloc(size + 1);
        struct sw_cache cache;
        char text[256];

        assert_non_null(copy);
        for (size_t cut = 0; cut <= size; cut++) { /* ends where the bytes do */
            uint8_t *part = malloc(cut + (cut == 0));
            assert_non_null(part);
            memcpy(part, rows[i][0], cut);
            (void)sw_cache_of((struct sw_view){part, cut}, &cache);
            free(part);
        }
        memcpy(copy, rows[i][0], size);
        bool found = sw_cache_of((struct sw_view){copy, size}, &cache);
        if (found != (rows[i][1] != NULL))
            fail_msg("%s", rows[i][0]);
        if (found) {
            (void)snprintf(text, sizeof text, "%s %s %.*s@%.*s %d", cache.tool, cache.part,
                           (int)cache.name.size, (const char *)cache.name.data,
                           (int)cache.version.size, (const char *)cache.version.data,
                           (int)cache.join);
            assert_string_equal(text, rows[i][1]);
        }
        free(copy);
    }
}

static void what_joins_is_given(void **state)
{
    (void)state;
    struct sw_cache cache;
    assert_true(sw_cache_of(sw_view_of("x/_cacache/content-v2/sha512/AB/23/" H56), &cache));
    assert_string_equal(cache.key, "ab230123456789abcdef0123456789ab");
    assert_true(sw_cache_of(sw_view_of("/x/archive-v0/" ID "/a"), &cache));
    assert_true(sw_view_equal(cache.folder, sw_view_of("/x/archive-v0/" ID)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_known),
        cmocka_unit_test(what_joins_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
