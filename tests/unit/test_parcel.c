/* SPDX-License-Identifier: Apache-2.0 */
/* test_parcel.c - which package a container is: by names, and by what says so in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/view.h"
#include "engine/package/npm_cache.h"
#include "engine/package/parcel.h"
#include "sweeper/wire.h"

static void expect(const struct sw_parcel *parcel, const char *wanted)
{
    char text[3 * SW_PACKAGE_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%s %s %s %d", sw_parcel_form_name(parcel->form),
                   parcel->name, parcel->version, (int)parcel->source);
    assert_string_equal(text, wanted);
}

static void file_names_say_it(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"My.Pkg-1.2-py3-none-any.whl", "zip", "wheel My.Pkg 1.2 1"},
        {"a-1.2-py3.egg", "zip", "egg a 1.2 1"},
        {"a-b-1.2.tar.gz", "tar", "sdist a-b 1.2 1"},
        {"a-b-1.2.0-rc.1.tgz", "tar", "npm a-b 1.2.0-rc.1 1"},
        {"a-b-1.2-x86-linux.gem", "tar", "gem a-b 1.2-x86-linux 1"},
        {"a-b-1.2-py39_0.conda", "zip", "conda a-b 1.2 1"},
        {"a-b-1.2-py39_0.tar.bz2", "tar", "conda a-b 1.2 1"},
        {"a-b-1.2-SNAPSHOT.jar", "zip", "jar a-b 1.2-SNAPSHOT 1"},
        {"a-1.war", "zip", "jar a 1 1"},
        {"o.a-1.2.3@linux-x64.vsix", "zip", "vsix o.a 1.2.3 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_parcel parcel = {.source = SW_PARCEL_UNKNOWN};
        assert_true(sw_parcel_by_file(sw_view_of(rows[i][0]), rows[i][1], &parcel));
        expect(&parcel, rows[i][2]);
    }
}

static void other_file_names_say_nothing(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "zip"},
        {".whl", "zip"},
        {"a.whl", "zip"},
        {"a-1.whl", "tar"},
        {"a-1.tgz", "zip"},
        {"a.tgz", "tar"},
        {"-1.tgz", "tar"},
        {"a-.tgz", "tar"},
        {"a-1 2.tgz", "tar"},
        {"a-1.2.conda", "zip"},
        {"a-x-y_0.conda", "zip"},
        {"gcc-4.2-20070101.tar.bz2", "tar"},
        {"a-1.zip", "zip"},
        {"a-1\xc3\xa4.jar", "zip"},
        {"a-1.deb", "ar"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_parcel parcel = {.source = SW_PARCEL_UNKNOWN};
        if (sw_parcel_by_file(sw_view_of(rows[i][0]), rows[i][1], &parcel))
            fail_msg("%s is taken for %s", rows[i][0], parcel.name);
    }
}

static void the_list_of_a_zip_says_it(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"a_b-1.2.dist-info/METADATA", "x.body", "wheel a_b 1.2 3"},
        {"info-a-b-1.2-py_0.tar.zst", "", "conda a-b 1.2 3"},
        {"node_modules/@s/a/package.json", "@s-a-npm-1.2.0-rc-0123456789-8.zip",
         "npm @s/a 1.2.0-rc 3"},
        {"node_modules/a/package.json", "a-npm-1.2.0-0123456789-8.zip", "npm a 1.2.0 3"},
        {"node_modules/a/package.json", "a.zip", NULL},
        {"node_modules/a/b/package.json", "a-npm-1.2.0-0123456789-8.zip", NULL},
        {"node_modules/@s/package.json", "a-npm-1.2.0-0123456789-8.zip", NULL},
        {"node_modules/a/package.json", "a-npm-1.2.0-012345678-8.zip", NULL},
        {"x/a-1.2.dist-info/METADATA", "", NULL},
        {"a-1.2.dist-info/RECORD", "", NULL},
        {"a.dist-info/METADATA", "", NULL},
        {".dist-info/METADATA", "", NULL},
        {"info-a.tar.zst", "", NULL},
        {"", "", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sw_parcel parcel = {.source = SW_PARCEL_UNKNOWN};
        bool found = sw_parcel_by_listing(sw_view_of(rows[i][0]), sw_view_of(rows[i][1]), &parcel);
        if (found != (rows[i][2] != NULL))
            fail_msg("row %zu", i);
        if (found)
            expect(&parcel, rows[i][2]);
    }
}

static void members_say_it(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *name, *outer_kind, *outer;
        enum sw_parcel_form form;
        bool inner;
    } rows[] = {
        {"zip", "a-1.dist-info/METADATA", "", "", SW_PARCEL_WHEEL, false},
        {"zip", "x/a-1.dist-info/METADATA", "", "", SW_PARCEL_FORM_COUNT, false},
        {"zip", "EGG-INFO/PKG-INFO", "", "", SW_PARCEL_EGG, false},
        {"tar", "a-1/PKG-INFO", "gzip", "", SW_PARCEL_SDIST, false},
        {"tar", "./a-1/PKG-INFO", "gzip", "", SW_PARCEL_SDIST, false},
        {"tar", "a/b/PKG-INFO", "", "", SW_PARCEL_FORM_COUNT, false},
        {"tar", "a.egg-info/PKG-INFO", "", "", SW_PARCEL_FORM_COUNT, false},
        {"tar", "package/package.json", "", "", SW_PARCEL_NPM, false},
        {"tar", "package.json", "", "", SW_PARCEL_FORM_COUNT, false},
        {"tar", "a/b/package.json", "", "", SW_PARCEL_FORM_COUNT, false},
        {"zip", "node_modules/@s/a/package.json", "", "", SW_PARCEL_NPM, false},
        {"zip", "extension/package.json", "", "", SW_PARCEL_VSIX, false},
        {"zip", "extension.vsixmanifest", "", "", SW_PARCEL_VSIX, false},
        {"tar", "info/index.json", "", "", SW_PARCEL_CONDA, false},
        {"tar", "info/index.json", "zip", "info-a.tar.zst", SW_PARCEL_CONDA, true},
        {"tar", "./control", "ar", "control.tar.xz", SW_PARCEL_DEB, true},
        {"tar", "control", "ar", "control.tar", SW_PARCEL_DEB, true},
        {"tar", "control", "ar", "data.tar", SW_PARCEL_FORM_COUNT, false},
        {"tar", "control", "zip", "control.tar", SW_PARCEL_FORM_COUNT, false},
        {"gzip", "metadata", "tar", "metadata.gz", SW_PARCEL_GEM, true},
        {"gzip", "metadata", "zip", "metadata.gz", SW_PARCEL_FORM_COUNT, false},
        {"rpm", "%header", "", "", SW_PARCEL_RPM, false},
        {"tar", "%header", "", "", SW_PARCEL_FORM_COUNT, false},
        {"zip", "META-INF/MANIFEST.MF", "", "", SW_PARCEL_JAR, false},
        {"zip", "META-INF/maven/g/a/pom.properties", "", "", SW_PARCEL_JAR, false},
        {"zip", "", "", "", SW_PARCEL_FORM_COUNT, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sw_parcel_member member = {.name = sw_view_of(rows[i].name),
                                                .kind = rows[i].kind,
                                                .outer = sw_view_of(rows[i].outer),
                                                .outer_kind = rows[i].outer_kind};
        bool inner = false;
        enum sw_parcel_form form = sw_parcel_fact(&member, &inner);
        if (form != rows[i].form || (form != SW_PARCEL_FORM_COUNT && inner != rows[i].inner))
            fail_msg("row %zu: %s", i, rows[i].name);
    }
}

#define POM "groupId=org.a\nartifactId=tool\nversion=1.2\n"
#define GEM                                                                                        \
    "--- !ruby/object:Gem::Specification\nname: a-b\nversion: !ruby/object:Gem::Version\n"         \
    "  version: 1.2\ndependencies:\n- !ruby/object:Gem::Dependency\n  name: other\n"
#define INDEX "{\"depends\":[\"name\"],\"x\":{\"name\":\"no\"},\"name\":\"a\",\"version\":\"1.2\"}"

static const struct {
    enum sw_parcel_form form;
    const char *name, *content, *wanted; /* NULL: nothing */
} contents[] = {
    {SW_PARCEL_WHEEL, "METADATA", "Requires-Dist: x (==9)\nName: My.Pkg\nVersion: 1.2\n",
     "wheel My.Pkg 1.2 3"},
    {SW_PARCEL_SDIST, "PKG-INFO", "\xef\xbb\xbfName: a\nVersion: 1.2\n", "sdist a 1.2 3"},
    {SW_PARCEL_SDIST, "PKG-INFO", "Name: a\n\nVersion: 1.2\n", NULL},
    {SW_PARCEL_NPM, "package.json",
     "{\"dependencies\":{\"x\":\"9.9.9\"},\"version\":\"1.2.0\",\"name\":\"@s/a\"}",
     "npm @s/a 1.2.0 3"},
    {SW_PARCEL_NPM, "package.json", "{\"name\":\"@s\\/a\",\"version\":\"1.2.0\"}",
     "npm @s/a 1.2.0 3"},
    {SW_PARCEL_NPM, "package.json", "{\"name\":\"a\"}", NULL},
    {SW_PARCEL_NPM, "package.json", "{\"name\":\"a b\",\"version\":\"1\"}", NULL},
    {SW_PARCEL_VSIX, "package.json",
     "{\"name\":\"a\",\"publisher\":\"o\",\"version\":\"1.2.0\",\"engines\":{\"vscode\":\"*\"}}",
     "vsix o.a 1.2.0 3"},
    {SW_PARCEL_VSIX, "x.vsixmanifest",
     "<a><Identity Language=\"en\" Id='a'\n Version=\"1.2\" Publisher=\"o\"/>", "vsix o.a 1.2 3"},
    {SW_PARCEL_VSIX, "x.vsixmanifest", "<Identity XId=\"a\" Version=\"1.2\" Publisher=\"o\"/>",
     NULL},
    {SW_PARCEL_VSIX, "x.vsixmanifest", "<Identity Id=\"a\" Version=\"1.2\" Publisher=\"o", NULL},
    {SW_PARCEL_VSIX, "x.vsixmanifest", "<Identity", NULL},
    {SW_PARCEL_CONDA, "index.json", INDEX, "conda a 1.2 3"},
    {SW_PARCEL_GEM, "metadata", GEM, "gem a-b 1.2 3"},
    {SW_PARCEL_GEM, "metadata", "name: a\n", NULL},
    {SW_PARCEL_DEB, "control", "Package: a\nVersion: 1:1.2-3~x\nDescription: b\n c\n",
     "deb a 1:1.2-3~x 3"},
    {SW_PARCEL_RPM, "%header", "Name: a\nVersion: 1:1.2-3\nVendor: x\n", "rpm a 1:1.2-3 3"},
    {SW_PARCEL_JAR, "pom.properties", POM, "jar org.a:tool 1.2 3"},
    {SW_PARCEL_JAR, "pom.properties", "artifactId=tool\nversion=1\n", NULL},
    {SW_PARCEL_JAR, "MANIFEST.MF", "Bundle-SymbolicName: org.a;x=1\r\nBundle-Version: 1.2\r\n",
     "jar org.a 1.2 2"},
    {SW_PARCEL_JAR, "MANIFEST.MF", "Implementation-Title: a\r\nImplementation-Version: 1\r\n",
     "jar a 1 2"},
    {SW_PARCEL_JAR, "MANIFEST.MF",
     "Implementation-Title: The Tool\r\nImplementation-Version: 1\r\n", NULL},
};

static bool read_copy(size_t row, size_t size, struct sw_parcel *parcel)
{
    uint8_t *copy = malloc(size + (size == 0)); /* ends where the bytes do */
    assert_non_null(copy);
    memcpy(copy, contents[row].content, size);
    bool found = sw_parcel_read(contents[row].form, sw_view_of(contents[row].name),
                                (struct sw_view){copy, size}, parcel);
    free(copy);
    return found;
}

static void contents_say_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        struct sw_parcel parcel = {.source = SW_PARCEL_UNKNOWN};
        const size_t size = strlen(contents[i].content);
        bool found = read_copy(i, size, &parcel);
        if (found != (contents[i].wanted != NULL))
            fail_msg("row %zu", i);
        if (found)
            expect(&parcel, contents[i].wanted);
        for (size_t cut = 0; cut < size; cut++)
            (void)read_copy(i, cut, &parcel);
    }
}

static void more_is_taken_and_less_is_not(void **state)
{
    (void)state;
    struct sw_parcel parcel = {.source = SW_PARCEL_UNKNOWN};
    const struct sw_parcel named = {SW_PARCEL_NAMED, SW_PARCEL_JAR, "tool", "1"};
    const struct sw_parcel other = {SW_PARCEL_STATED, SW_PARCEL_JAR, "g:inner", "9"};
    const struct sw_parcel own = {SW_PARCEL_STATED, SW_PARCEL_JAR, "g:tool", "1"};
    const struct sw_parcel later = {SW_PARCEL_STATED, SW_PARCEL_WHEEL, "b", "2"};

    sw_parcel_take(&parcel, &named);
    expect(&parcel, "jar tool 1 1");
    sw_parcel_take(&parcel, &other); /* of a jar that was put into it */
    expect(&parcel, "jar tool 1 1");
    sw_parcel_take(&parcel, &own);
    expect(&parcel, "jar g:tool 1 3");
    sw_parcel_take(&parcel, &named);
    sw_parcel_take(&parcel, &later);
    expect(&parcel, "jar g:tool 1 3");
}

/* --- npm's cache --- */

#define SUM "0123456789012345678901234567890123456789\t"
#define HASH                                                                                       \
    "sha512-CQpnWPrDwmP1+"                                                                         \
    "SMHXZhtLtJv90yiyVfluGsX5iNCVkrhQtU3TQHsUWPG9wkdk9Lgd5yNpAg9jQEo90CBaXgWMA=="
#define DIGEST          "090a6758fac3c263f5f923075d986d2e"
#define LINE(key, hash) SUM "{\"key\":\"" key "\",\"integrity\":\"" hash "\",\"time\":1}\n"

static void an_index_names_a_package(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\n" LINE("make-fetch-happen:request-cache:https://h/is-odd/-/is-odd-3.0.1.tgz", HASH),
         "is-odd@3.0.1/" DIGEST},
        {LINE("h/p/@s/a/-/a-1.0.0-rc.1.tgz", HASH), "@s/a@1.0.0-rc.1/" DIGEST},
        {LINE("h/@s%2Fa/-/a-1.0.0.tgz?x", HASH), "@s/a@1.0.0/" DIGEST},
        {LINE("h/%40s%2fa/-/a-1.0.0.tgz", HASH), "@s/a@1.0.0/" DIGEST},
        {LINE("h/a/-/a-1.0.0.tgz", "sha1-abcd " HASH), "a@1.0.0/" DIGEST},
        {LINE("h/a/-/a-1.0.0.tgz", HASH) LINE("h/a/-/a-2.0.0.tgz", HASH), "a@2.0.0/" DIGEST},
        {LINE("h/a/-/a-1.0.0.tgz", HASH) SUM "{\"key\":\"h/a/-/a-1.0.0.tgz\",\"integrity\":null}\n",
         "a@1.0.0/" DIGEST},
        {LINE("h/a", HASH), ""},
        {LINE("h/a/-/b-1.0.0.tgz", HASH), ""},
        {LINE("h/a/-/a-1.0.0.zip", HASH), ""},
        {LINE("h/a/-/a-.tgz", HASH), ""},
        {LINE("h/a/-/a-1.0.0.tgz", "sha512-CQpn"), ""},
        {LINE("h/a/-/a-1.0.0.tgz", ""), ""},
        {LINE("h/a b/-/a b-1.0.0.tgz", HASH), ""},
        {"0123\t{}\n", ""},
        {SUM, ""},
        {SUM "[]", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[SW_CONTEXT_TEXT_MAX + 1];
        size_t size = sw_npm_cache_answer(sw_view_of(rows[i][0]), text, sizeof text);
        text[size] = '\0';
        if (strcmp(text, rows[i][1]) != 0)
            fail_msg("row %zu: \"%s\"", i, text);
        assert_true(size == 0 || sw_context_text_ok((struct sw_view){(uint8_t *)text, size}));
    }
}

static void an_answer_fits_or_there_is_none(void **state)
{
    (void)state;
    const struct sw_view content = sw_view_of(LINE("h/a/-/a-1.0.0.tgz", HASH));
    const size_t wanted = strlen("a@1.0.0/" DIGEST);
    char text[SW_CONTEXT_TEXT_MAX + 1];
    for (size_t size = 1; size <= wanted + 2; size++)
        assert_int_equal(sw_npm_cache_answer(content, text, size), size > wanted ? wanted : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_names_say_it),
        cmocka_unit_test(other_file_names_say_nothing),
        cmocka_unit_test(the_list_of_a_zip_says_it),
        cmocka_unit_test(members_say_it),
        cmocka_unit_test(contents_say_it),
        cmocka_unit_test(more_is_taken_and_less_is_not),
        cmocka_unit_test(an_index_names_a_package),
        cmocka_unit_test(an_answer_fits_or_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
