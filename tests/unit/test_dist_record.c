/* SPDX-License-Identifier: Apache-2.0 */
/* RECORD: rows as Python's csv reads them, digests, and what is no row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "sweeper/dist_record.h"

#define HASH_EMPTY "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" /* of nothing */

struct got {
    char text[65536]; /* a row a line: path|hash|size */
    size_t size;
    size_t count;
    size_t stop_at;
    struct sw_dist_row last;
};

static enum sw_status on_row(void *context, const struct sw_dist_row *row)
{
    struct got *got = context;
    const size_t room = sizeof(got->text) - got->size;

    assert_true(row->path.size > 0 && row->path.size <= SW_DIST_PATH_MAX);
    got->size +=
        (size_t)snprintf(got->text + got->size, room, "%.*s|%d|%lld\n", (int)row->path.size,
                         (const char *)row->path.data, (int)row->hash, (long long)row->size);
    got->last = *row;
    return ++got->count == got->stop_at ? SW_STOP : SW_OK;
}

/* Through an exact copy, so that a sanitizer sees one byte too far. */
static enum sw_status read_bytes(const void *data, size_t size, struct got *got, uint64_t *bad)
{
    uint8_t *copy = malloc(size + 1);
    struct sw_error error;

    *got = (struct got){.stop_at = got->stop_at};
    if (size != 0)
        memcpy(copy + 1, data, size);
    enum sw_status status =
        sw_dist_record_read((struct sw_view){copy + 1, size}, on_row, got, bad, &error);
    free(copy);
    return status;
}

static void assert_rows(const char *content, const char *rows, uint64_t bad_wanted)
{
    struct got got = {.stop_at = 0};
    uint64_t bad = 99;
    enum sw_status status = read_bytes(content, strlen(content), &got, &bad);

    assert_string_equal(got.text, rows);
    assert_true(bad == bad_wanted);
    assert_int_equal(status, bad == 0 ? SW_OK : SW_PART);
}

static void test_rows(void **state)
{
    (void)state;
    assert_rows("", "", 0);
    assert_rows("\n\r\n\n", "", 0);
    assert_rows("a/b.py," HASH_EMPTY ",0\n", "a/b.py|1|0\n", 0);
    assert_rows("a," HASH_EMPTY ",12\r\nb,,\r\nc,,7", "a|1|12\nb|0|-1\nc|0|7\n", 0);
    assert_rows("a\nb,\nc", "a|0|-1\nb|0|-1\nc|0|-1\n", 0);
    assert_rows("\xef\xbb\xbf"
                "a,,\n",
                "a|0|-1\n", 0);
    assert_rows("../../../bin/x," HASH_EMPTY ",1\n", "../../../bin/x|1|1\n", 0);
}

static void test_quotes(void **state)
{
    (void)state;
    assert_rows("\"a,b\",,\n", "a,b|0|-1\n", 0);
    assert_rows("\"a\"\"b\"," HASH_EMPTY ",3\n", "a\"b|1|3\n", 0);
    assert_rows("\"a\nb\",,\nc,,\n", "a\nb|0|-1\nc|0|-1\n", 0);
    assert_rows("a\"b,,\n", "a\"b|0|-1\n", 0);   /* a quote inside is itself */
    assert_rows("\"a\"b,,\n", "ab|0|-1\n", 0);   /* as csv has it */
    assert_rows("\"\",,\nx,,\n", "x|0|-1\n", 1); /* an empty path is none */
    assert_rows("x,,\n\"never closed,,\ny,,\n", "x|0|-1\n", 1);
    assert_rows("x,\"" HASH_EMPTY "\",\"5\"\n", "x|1|5\n", 0);
}

static void test_digests(void **state)
{
    (void)state;
    struct got got = {.stop_at = 0};
    uint64_t bad = 0;
    static const uint8_t empty[] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14};

    assert_int_equal(read_bytes("x," HASH_EMPTY ",0", sizeof("x," HASH_EMPTY ",0") - 1, &got, &bad),
                     SW_OK);
    assert_memory_equal(got.last.sha256, empty, sizeof(empty));
    assert_rows("x," HASH_EMPTY "=,0\n", "x|1|0\n", 0);
    assert_rows("x,SHA256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n", "x|1|0\n", 0);
    /* The last two bits are not zero; a character of the other alphabet; too short; hex. */
    assert_rows("x,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV,0\n", "x|3|-1\n", 0);
    assert_rows("x,sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU,0\n", "x|3|-1\n", 0);
    assert_rows("x,sha256=47DEQpj8,0\n", "x|3|-1\n", 0);
    assert_rows("x,sha256=,0\nx,sha256,0\n", "x|3|-1\nx|3|-1\n", 0);
    assert_rows("x,md5=AAAA,4\nx,sha1=AAAA,4\n", "x|3|4\nx|3|4\n", 0);
    assert_rows("x,sha512=AAAA,4\nx,sha384=AAAA,\n", "x|2|4\nx|2|-1\n", 0);
    assert_rows("x," HASH_EMPTY ",-1\nx," HASH_EMPTY ",18446744073709551616\n", "x|3|-1\nx|3|-1\n",
                0);
    assert_rows("x,,1,2\n", "", 1); /* a field too many */
}

static void test_limits(void **state)
{
    (void)state;
    struct got got = {.stop_at = 0};
    uint64_t bad = 0;

    for (size_t size = SW_DIST_PATH_MAX - 1; size <= SW_DIST_PATH_MAX + 1; size++) {
        char *text = malloc(size + 4);
        memset(text, 'p', size);
        memcpy(text + size, ",,\n", 3);
        enum sw_status status = read_bytes(text, size + 3, &got, &bad);
        assert_int_equal(status, size <= SW_DIST_PATH_MAX ? SW_OK : SW_PART);
        assert_int_equal(got.count, size <= SW_DIST_PATH_MAX);
        free(text);
    }
    assert_int_equal(read_bytes("a\0b,,\nc,,\n", 10, &got, &bad), SW_PART);
    assert_string_equal(got.text, "c|0|-1\n");
    got.stop_at = 2;
    assert_int_equal(read_bytes("a,,\nb,,\nc,,\n", 12, &got, &bad), SW_STOP);
    assert_int_equal(got.count, 2);
}

/* The smallest reference, cut at every byte: rows before the cut stay what they are. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] = "a/b.py," HASH_EMPTY ",0\n\"c,d\",,\nRECORD,,\n";
    struct got whole = {.stop_at = 0}, got = {.stop_at = 0};
    uint64_t bad = 0;

    assert_int_equal(read_bytes(text, sizeof(text) - 1, &whole, &bad), SW_OK);
    for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
        (void)!read_bytes(text, cut, &got, &bad);
        assert_true(got.count <= whole.count);
    }
}

static bool is_record(const char *path, bool top_wanted)
{
    bool top = !top_wanted;
    bool is = sw_dist_is_record(sw_view_of(path), &top);

    assert_true(!is || top == top_wanted);
    return is;
}

static void test_places(void **state)
{
    (void)state;
    assert_true(is_record("x-1.dist-info/RECORD", true));
    assert_true(is_record("./x-1.dist-info/RECORD", true));
    assert_true(is_record("a/x-1.dist-info/RECORD", false));
    assert_true(is_record("/usr/x-1.dist-info/RECORD", false));
    assert_false(is_record(".dist-info/RECORD", true));
    assert_false(is_record("a/.dist-info/RECORD", true));
    assert_false(is_record("x.dist-info/RECORD.jws", true));
    assert_false(is_record("x.dist-info/a/RECORD", true));
    assert_false(is_record("RECORD", true));

    static const char *const below[][2] = {
        {"/usr/lib/python3/dist-packages/a/b.py", "a/b.py"},
        {"v/site-packages/x.pth", "x.pth"},
        {"site-packages/x", "x"},
        {"/a/site-packages/b/site-packages/c", "c"},
        {"/a/site-packages/", ""},
        {"/a/site-packages", ""},
        {"/a/mysite-packages/b", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
        assert_true(
            sw_view_equal(sw_dist_below_site(sw_view_of(below[i][0])), sw_view_of(below[i][1])));
}

static bool runs(const char *text)
{
    return sw_dist_pth_runs(sw_view_of(text));
}

static void test_pth(void **state)
{
    (void)state;
    assert_true(runs("import os; os.system('x')\n"));
    assert_true(runs("/some/folder\nimport\tos\n"));
    assert_true(runs("\xef\xbb\xbfimport os"));
    assert_true(runs("a\rimport os"));           /* universal newlines */
    assert_true(runs("a\x0bimport os"));         /* str.splitlines() */
    assert_true(runs("a\xe2\x80\xa8import os")); /* likewise: LINE SEPARATOR */
    assert_false(runs(""));
    assert_false(runs("import"));
    assert_false(runs(" import os\n")); /* site.py does not strip */
    assert_false(runs("# import os\nimportant/folder\n/x/import os\n"));
    assert_false(runs("import sys; sys.__plen = len(sys.path)\n./a.egg\n"));
    assert_true(runs("import sys; sys.__plen = len(sys.path); evil()\n./a.egg\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_pth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
