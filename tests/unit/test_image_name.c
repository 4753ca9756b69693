/* SPDX-License-Identifier: Apache-2.0 */
/* test_image_name.c - names of blobs, and names in layers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/view.h"
#include "sweeper/image.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct sw_image_name name_of(const char *path)
{
    return sw_image_name_of(sw_view_of(path));
}

static void expect_form(const char *path, enum sw_image_form form, const char *scope)
{
    const struct sw_image_name name = name_of(path);

    if (name.form != form)
        fail_msg("%s: form %d", path, (int)name.form);
    if (form == SW_IMAGE_FORM_NONE) {
        assert_int_equal(name.hex.size, 0);
        return;
    }
    assert_int_equal(name.scope, strlen(scope));
    assert_memory_equal(path, scope, name.scope);
    if (strstr(path, HEX) != NULL) {
        assert_int_equal(name.hex.size, 64);
        assert_memory_equal(name.hex.data, HEX, 64);
    } else {
        assert_int_equal(name.hex.size, 0);
    }
}

static void test_shapes(void **state)
{
    (void)state;
    expect_form("/srv/app/blobs/sha256/" HEX, SW_IMAGE_FORM_BLOB, "/srv/app/");
    expect_form("blobs/sha256/" HEX, SW_IMAGE_FORM_BLOB, "");
    expect_form("./blobs/sha256/" HEX, SW_IMAGE_FORM_BLOB, "./");
    expect_form("/v2/blobs/sha256/01/" HEX "/data", SW_IMAGE_FORM_BLOB, "/v2/");
    expect_form(HEX "/layer.tar", SW_IMAGE_FORM_LAYER, "");
    expect_form("/a.tar/" HEX ".tar", SW_IMAGE_FORM_LAYER, "/a.tar/");
    expect_form("/a/" HEX ".tar.gz", SW_IMAGE_FORM_LAYER, "/a/");
    expect_form("/a/" HEX ".json", SW_IMAGE_FORM_CONFIG, "/a/");
    expect_form(HEX "/json", SW_IMAGE_FORM_CONFIG, "");
    expect_form("/a/manifest.json", SW_IMAGE_FORM_MANIFEST, "/a/");
    expect_form("index.json", SW_IMAGE_FORM_INDEX, "");
    expect_form("/oci-layout", SW_IMAGE_FORM_LAYOUT, "/");
    expect_form("a/repositories", SW_IMAGE_FORM_REPOSITORIES, "a/");
}

static void test_near_shapes(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "/",
        HEX,
        "/" HEX,
        "sha256/" HEX,
        "myblobs/sha256/" HEX,
        "blobs/sha512/" HEX,
        "blobs/sha256/a" HEX,
        "blobs/sha256/" HEX "/",
        "blobs/sha256/" HEX "/data",
        "blobs/sha256/0g/" HEX "/data",
        "blobs/sha256/" HEX "x",
        "blobs/sha256/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
        "a" HEX ".tar",
        "sha256:" HEX ".tar",
        "/layer.tar",
        "layer.tar",
        "tar",
        ".tar.gz",
        "a" HEX "/json",
        "package.json",
        "amanifest.json",
        "manifest.json/",
        "MANIFEST.JSON",
        "/etc/apt/repositories.d",
    };

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        expect_form(none[i], SW_IMAGE_FORM_NONE, "");
    /* A name with a NUL in it is no text. */
    const struct sw_view odd = SW_VIEW("blobs/sha256/\0" HEX);
    assert_int_equal(sw_image_name_of(odd).form, SW_IMAGE_FORM_NONE);
    assert_int_equal(sw_image_name_of((struct sw_view){0}).form, SW_IMAGE_FORM_NONE);
}

/* The shortest and the first byte of each shape: nothing before it is read. */
static void test_cut_at_every_byte(void **state)
{
    (void)state;
    static const char whole[] = "x/blobs/sha256/" HEX;

    for (size_t cut = 0; cut < sizeof(whole); cut++) {
        const size_t size = sizeof(whole) - 1 - cut;
        uint8_t *bytes = malloc(size + 1);
        assert_non_null(bytes);
        memcpy(bytes, whole + cut, size);
        const struct sw_image_name name = sw_image_name_of((struct sw_view){bytes, size});
        assert_int_equal(name.form, cut <= 2 ? SW_IMAGE_FORM_BLOB : SW_IMAGE_FORM_NONE);
        free(bytes);
    }
}

static uint64_t number(const char *path)
{
    return sw_image_path(sw_view_of(path), SW_IMAGE_ENTRY_OTHER);
}

static void test_same_paths(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"etc/passwd", "./etc/passwd"},
        {"etc/passwd", "/etc/passwd"},
        {"etc/passwd", "etc//passwd"},
        {"etc/passwd", "etc/./passwd/"},
        {"etc/passwd", "etc/a/../passwd"},
        {"etc/passwd", "../../etc/passwd"},
        {"etc/passwd", "/../etc/passwd/."},
        {"etc/passwd", "a/b/../../etc/x/../passwd"},
        {"", "/"},
        {"", "."},
        {"", "a/.."},
        {"", "a/b/../../../.."},
        {"etc/passwd", "x/../../etc/passwd"},
        {"...", "./..."},
    };
    static const char *const other[][2] = {
        {"etc/passwd", "etc/passwd2"},
        {"etc/passwd", "etcpasswd"},
        {"a/b", "b/a"},
        {"a/b", "a/B"},
        {"a", "a/b"},
        {"", "a"},
        {"ab/c", "a/bc"},
        {"a", "a "},
        {"...", ".."},
    };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        if (number(same[i][0]) != number(same[i][1]))
            fail_msg("\"%s\" and \"%s\" differ", same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        if (number(other[i][0]) == number(other[i][1]))
            fail_msg("\"%s\" and \"%s\" are the same", other[i][0], other[i][1]);
}

static void test_entry_bits(void **state)
{
    (void)state;
    const struct sw_view path = SW_VIEW("a/b");
    const uint64_t hash = sw_image_path(path, SW_IMAGE_ENTRY_OTHER);

    for (unsigned entry = 0; entry < 4; entry++) {
        uint64_t one = sw_image_path(path, (enum sw_image_entry)entry);
        assert_true((one & 3) == entry);
        assert_true((one & ~UINT64_C(3)) == hash);
    }
    /* It says the same wherever it is built. */
    assert_true(hash == UINT64_C(0x232e69c940913040));
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;
    return *one < *other ? -1 : *one > *other;
}

#ifdef SWEEPER_SANITIZED
enum { NAMES = 50000 };
#else
enum { NAMES = 1000000 };
#endif

/* Names that differ in little do not meet. */
static void test_spread(void **state)
{
    (void)state;
    enum { COUNT = NAMES };
    uint64_t *numbers = malloc(COUNT * sizeof(*numbers));
    char path[64];

    assert_non_null(numbers);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(path, sizeof(path), "d%u/%u", i / 1000, i % 1000);
        numbers[i] = number(path);
    }
    qsort(numbers, COUNT, sizeof(*numbers), by_value);
    for (unsigned i = 1; i < COUNT; i++)
        assert_true(numbers[i] != numbers[i - 1]);
    free(numbers);
}

static void expect_entry(const char *name, bool directory, enum sw_image_entry entry,
                         const char *about)
{
    struct sw_view path;
    const enum sw_image_entry got = sw_image_entry_of(sw_view_of(name), directory, &path);

    if (got != entry)
        fail_msg("%s: %d", name, (int)got);
    if (sw_image_path(path, entry) != sw_image_path(sw_view_of(about), entry))
        fail_msg("%s is not about %s", name, about);
}

static void test_entries(void **state)
{
    (void)state;
    expect_entry("a/b", false, SW_IMAGE_ENTRY_OTHER, "a/b");
    expect_entry("a/b/", true, SW_IMAGE_ENTRY_DIRECTORY, "a/b");
    expect_entry("a/.wh.b", false, SW_IMAGE_ENTRY_WHITEOUT, "a/b");
    expect_entry(".wh.b", false, SW_IMAGE_ENTRY_WHITEOUT, "b");
    expect_entry("./a/.wh.b/", true, SW_IMAGE_ENTRY_WHITEOUT, "a/b");
    expect_entry("a/.wh..wh..opq", false, SW_IMAGE_ENTRY_OPAQUE, "a");
    expect_entry("./.wh..wh..opq", false, SW_IMAGE_ENTRY_OPAQUE, "");
    expect_entry(".wh..wh..opq", false, SW_IMAGE_ENTRY_OPAQUE, "");
    expect_entry("a/.wh..b", false, SW_IMAGE_ENTRY_WHITEOUT, "a/.b");
    /* What only looks like one. */
    expect_entry("a/.wh", false, SW_IMAGE_ENTRY_OTHER, "a/.wh");
    expect_entry("a/x.wh.b", false, SW_IMAGE_ENTRY_OTHER, "a/x.wh.b");
    expect_entry("a/.WH.b", false, SW_IMAGE_ENTRY_OTHER, "a/.WH.b");
    expect_entry("a/.wh.b/c", false, SW_IMAGE_ENTRY_OTHER, "a/.wh.b/c");
    /* Of what goes back, the last that is left counts. */
    expect_entry("x/../a/.wh.b/c/..", false, SW_IMAGE_ENTRY_WHITEOUT, "a/b");
    expect_entry("a/.wh.b/..", true, SW_IMAGE_ENTRY_DIRECTORY, "a");
    expect_entry("a/.wh..wh..opq/..", true, SW_IMAGE_ENTRY_DIRECTORY, "a");
    /* Whiteouts of nothing, of the folder itself, of what is above it. */
    expect_entry("a/.wh.", false, SW_IMAGE_ENTRY_OTHER, "a/.wh.");
    expect_entry("a/.wh..", false, SW_IMAGE_ENTRY_OTHER, "a/.wh..");
    expect_entry("a/.wh...", false, SW_IMAGE_ENTRY_OTHER, "a/.wh...");
    expect_entry("", false, SW_IMAGE_ENTRY_OTHER, "");
    expect_entry("/", true, SW_IMAGE_ENTRY_DIRECTORY, "");
    expect_entry("../..", true, SW_IMAGE_ENTRY_DIRECTORY, "");
}

/* Who asks whether a path is gone asks with its own name. */
static void test_whiteout_meets_what_it_removes(void **state)
{
    (void)state;
    struct sw_view path;

    assert_int_equal(sw_image_entry_of(SW_VIEW("./opt/x/.wh.bad.py"), false, &path),
                     SW_IMAGE_ENTRY_WHITEOUT);
    assert_true(sw_image_path(path, SW_IMAGE_ENTRY_WHITEOUT) ==
                sw_image_path(SW_VIEW("opt/x/bad.py"), SW_IMAGE_ENTRY_WHITEOUT));
    assert_true((sw_image_path(SW_VIEW("opt/x/bad.py"), SW_IMAGE_ENTRY_OTHER) & ~UINT64_C(3)) ==
                (sw_image_path(path, SW_IMAGE_ENTRY_WHITEOUT) & ~UINT64_C(3)));
}

/* Time is linear in the name, whatever it holds. */
static void test_long_names(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    char *name = malloc(SIZE + 1);
    struct sw_view path;

    assert_non_null(name);
    for (size_t i = 0; i < SIZE; i++)
        name[i] = "../"[i % 3];
    (void)sw_image_entry_of((struct sw_view){(uint8_t *)name, SIZE}, false, &path);
    assert_true(sw_image_path((struct sw_view){(uint8_t *)name, SIZE - 1}, SW_IMAGE_ENTRY_OTHER) ==
                number(""));
    memset(name, '/', SIZE);
    name[SIZE] = '\0';
    assert_true(number(name) == number(""));
    for (size_t i = 0; i < SIZE; i++)
        name[i] = i < SIZE / 2 ? "a/"[i % 2] : "../"[(i - SIZE / 2) % 3];
    (void)number(name);
    free(name);
}

static void test_platforms(void **state)
{
    static const struct {
        const char *asked, *platform;
        bool known, fits;
    } rows[] = {
        {"linux/amd64", "linux/amd64", true, true},
        {"linux/arm", "linux/arm/v7", true, true},
        {"linux/arm", "linux/arm64", true, false},
        {"linux/arm/v7", "linux/arm", true, false},
        {"linux/arm/v7", "linux/arm/v6", true, false},
        {"linux/amd64", "Linux/amd64", true, false},
        {"linux/amd64", "linux/", true, false},
        {"linux/amd64", "unknown/unknown", false, true},
        {"linux/amd64", "/", false, true}, /* what signatures say of themselves */
        {"linux/amd64", "", false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sw_view platform = sw_view_of(rows[i].platform);
        assert_int_equal(sw_image_platform_known(platform), rows[i].known);
        assert_int_equal(sw_image_platform_fits(sw_view_of(rows[i].asked), platform), rows[i].fits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_near_shapes),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_same_paths),
        cmocka_unit_test(test_entry_bits),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_whiteout_meets_what_it_removes),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_platforms),
    };
    return cmocka_run_group_tests_name("image names", tests, NULL, NULL);
}
