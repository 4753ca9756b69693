/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of --layer-cache: what was stored comes back, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/view.h"
#include "supervisor/layer_cache.h"
#include "supervisor/layer_rows.h"
#include "sweeper/limits.h"

enum { ENTRY_MAX = 4096 };

static char folder[64];
static char context[SW_SHA256_HEX_SIZE], other[SW_SHA256_HEX_SIZE];
static char one[SW_SHA256_HEX_SIZE], two[SW_SHA256_HEX_SIZE];

static void fill(char hex[SW_SHA256_HEX_SIZE], char digit)
{
    memset(hex, digit, SW_SHA256_HEX_SIZE - 1);
    hex[SW_SHA256_HEX_SIZE - 1] = '\0';
}

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/sweeper-layers-XXXXXX");
    assert_non_null(mkdtemp(folder));
    fill(context, 'a');
    fill(other, 'b');
    fill(one, '1');
    fill(two, '2');
    return 0;
}

static int stop(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void path_of(const char *key, char path[512])
{
    snprintf(path, 512, "%s/%s/%s", folder, context, key);
}

static struct sw_layer_cache *opened(size_t keys)
{
    struct sw_layer_cache *cache = sw_layer_cache_open(folder, context, ENTRY_MAX);

    assert_non_null(cache);
    assert_int_equal(sw_layer_cache_keys(cache).size, keys * 64);
    return cache;
}

static void store(const char *key, const char *text)
{
    struct sw_layer_cache *cache = sw_layer_cache_open(folder, context, ENTRY_MAX);
    struct sw_buf content;

    assert_non_null(cache);
    sw_buf_init(&content, ENTRY_MAX);
    assert_int_equal(sw_buf_append_text(&content, text), SW_OK);
    assert_true(sw_layer_cache_store(cache, key, &content));
    assert_true(sw_layer_cache_has(cache, key));
    sw_buf_done(&content);
    sw_layer_cache_free(cache);
}

static void test_comes_back(void **state)
{
    struct sw_buf content;

    (void)state;
    store(two, "the second");
    store(one, "the first");
    struct sw_layer_cache *cache = opened(2);
    assert_memory_equal(sw_layer_cache_keys(cache).data, one, 64);
    assert_true(sw_layer_cache_has(cache, one));
    assert_true(sw_layer_cache_has(cache, two));
    assert_false(sw_layer_cache_has(cache, other));
    sw_buf_init(&content, SW_MIB);
    assert_true(sw_layer_cache_load(cache, one, &content));
    assert_int_equal(content.size, 9);
    assert_memory_equal(content.data, "the first", 9);
    sw_buf_done(&content);
    sw_layer_cache_free(cache);
    struct sw_layer_cache *foreign = sw_layer_cache_open(folder, other, ENTRY_MAX);
    assert_int_equal(sw_layer_cache_keys(foreign).size, 0);
    sw_layer_cache_free(foreign);
}

/* Every byte counts, and so does the name. */
static void test_each_byte(void **state)
{
    char path[512], moved[512];
    struct stat facts;

    (void)state;
    store(one, "text");
    path_of(one, path);
    path_of(two, moved);
    assert_int_equal(stat(path, &facts), 0);
    for (off_t at = 0; at < facts.st_size; at++) {
        const int fd = open(path, O_RDWR);
        uint8_t byte = 0;
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        sw_layer_cache_free(opened(0));
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    sw_layer_cache_free(opened(1));
    assert_int_equal(rename(path, moved), 0);
    sw_layer_cache_free(opened(0));
    assert_int_equal(rename(moved, path), 0);
    for (off_t size = facts.st_size; size-- > 0;) {
        assert_int_equal(truncate(path, size), 0);
        sw_layer_cache_free(opened(0));
    }
}

static void test_whose(void **state)
{
    char path[512];

    (void)state;
    store(one, "text");
    path_of(one, path);
    assert_int_equal(chmod(path, 0620), 0);
    sw_layer_cache_free(opened(0));
    assert_int_equal(chmod(path, 0600), 0);
    sw_layer_cache_free(opened(1));
    assert_int_equal(chmod(folder, 0702), 0);
    assert_null(sw_layer_cache_open(folder, context, ENTRY_MAX));
    assert_int_equal(chmod(folder, 0700), 0);
    sw_layer_cache_free(opened(1));
}

static void test_too_large(void **state)
{
    struct sw_layer_cache *cache = opened(0);
    struct sw_buf content;

    (void)state;
    sw_buf_init(&content, 2 * ENTRY_MAX);
    assert_int_equal(sw_buf_reserve(&content, ENTRY_MAX + 1), SW_OK);
    memset(content.data, 'x', ENTRY_MAX + 1);
    content.size = ENTRY_MAX + 1;
    assert_false(sw_layer_cache_store(cache, one, &content));
    content.size = ENTRY_MAX;
    assert_true(sw_layer_cache_store(cache, one, &content));
    sw_buf_done(&content);
    sw_layer_cache_free(cache);
    sw_layer_cache_free(opened(1));
    /* Written under other limits: there is no room to read it. */
    cache = sw_layer_cache_open(folder, context, ENTRY_MAX - 1);
    assert_int_equal(sw_layer_cache_keys(cache).size, 0);
    sw_layer_cache_free(cache);
}

static void make_old(const char *path)
{
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Contexts that nobody uses go, with what is ours in them; others stay, and what a sweep was
 * killed at goes when nobody else is there. */
static void test_taken_away(void **state)
{
    char path[256], stray[512];

    (void)state;
    store(one, "text");
    snprintf(path, sizeof(path), "%s/%s", folder, context);
    path_of(".new-1-1", stray);
    close(open(stray, O_WRONLY | O_CREAT, 0600));
    struct sw_layer_cache *first = opened(1);
    assert_int_equal(access(stray, F_OK), -1);
    close(open(stray, O_WRONLY | O_CREAT, 0600));
    struct sw_layer_cache *second = opened(1); /* and the first may be writing it */
    assert_int_equal(access(stray, F_OK), 0);
    sw_layer_cache_free(second);
    make_old(path);
    sw_layer_cache_free(sw_layer_cache_open(folder, other, ENTRY_MAX));
    assert_int_equal(access(path, F_OK), 0); /* in use */
    sw_layer_cache_free(first);
    make_old(path);
    sw_layer_cache_free(sw_layer_cache_open(folder, other, ENTRY_MAX));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(mkdir(path, 0700), 0);
    path_of(one, stray);
    close(open(stray, O_WRONLY | O_CREAT, 0600)); /* no entry, whoever put it there */
    make_old(path);
    sw_layer_cache_free(sw_layer_cache_open(folder, other, ENTRY_MAX));
    assert_int_equal(access(stray, F_OK), 0);
}

/* --- rows --------------------------------------------------------------------------------- */

static void test_places(void **state)
{
    static const struct {
        const char *place, *outer, *below; /* NULL: it is not below */
    } rows[] = {
        {"a!b", "", "a!b"}, {"", "", ""},       {"a!b", "a", "b"}, {"a", "a", ""},
        {"ab", "a", NULL},  {"b!a", "a", NULL}, {"", "a", NULL},   {"a!b!c", "a!b", "c"},
    };
    struct sw_view below;
    struct sw_buf joined;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sw_view place = sw_view_of(rows[i].place), outer = sw_view_of(rows[i].outer);
        const bool is = layer_place_below(place, outer, &below);
        assert_int_equal(is, rows[i].below != NULL);
        if (!is)
            continue;
        assert_true(sw_view_equal(below, sw_view_of(rows[i].below)));
        sw_buf_init(&joined, 64);
        assert_true(layer_place_join(outer, below, &joined));
        assert_true(sw_view_equal(sw_buf_view(&joined), place));
        sw_buf_done(&joined);
    }
}

static void check_record(const char *record, size_t depth, const char *hops, const char *wanted)
{
    struct sw_buf text, joined;
    json_t *chain = json_loads(hops, 0, NULL);

    sw_buf_init(&text, SW_MIB);
    sw_buf_init(&joined, SW_MIB);
    const bool cut = layer_record_cut(sw_view_of(record), depth, &text) &&
                     layer_record_join(sw_buf_view(&text), chain, &joined);
    assert_int_equal(cut, wanted != NULL);
    if (cut)
        assert_true(sw_view_equal(sw_buf_view(&joined), sw_view_of(wanted)));
    json_decref(chain);
    sw_buf_done(&text);
    sw_buf_done(&joined);
}

static void test_records(void **state)
{
    (void)state;
    check_record("{\"a\":1,\"chain\":[1,2,3]}", 2, "[7]", "{\"a\":1,\"chain\":[7,3]}");
    check_record("{\"chain\":[]}", 0, "[]", "{\"chain\":[]}");
    check_record("{\"chain\":[1]}", 2, "[]", NULL);
    check_record("{\"chain\":1}", 0, "[]", NULL);
    check_record("{}", 0, "[]", NULL);
    check_record("[]", 0, "[]", NULL);
    check_record("{\"chain\":[]", 0, "[]", NULL);
    check_record("", 0, "[]", NULL);
}

/* Cut at any byte, rows end early and well, or are none. */
static void test_rows(void **state)
{
    const struct layer_row put[] = {
        {LAYER_FINDING, {(const uint8_t *)"p", 1}, {(const uint8_t *)"text", 4}},
        {LAYER_PART, {NULL, 0}, {(const uint8_t *)"x", 1}},
    };
    struct sw_buf rows;
    struct layer_row row;
    size_t ends[3] = {0}, seen;

    (void)state;
    sw_buf_init(&rows, 4096);
    for (size_t i = 0; i < 2; i++) {
        assert_true(layer_row_put(&rows, &put[i]));
        ends[i + 1] = rows.size;
    }
    for (size_t size = 0; size <= rows.size; size++) {
        struct sw_cursor cursor = sw_cursor_of((struct sw_view){rows.data, size});
        for (seen = 0; layer_row_next(&cursor, &row); seen++)
            assert_true(row.kind == put[seen].kind && sw_view_equal(row.text, put[seen].text));
        assert_int_equal(seen, size == ends[2] ? 2 : size >= ends[1] ? 1 : 0);
        assert_int_equal(sw_cursor_at_end(&cursor), size == ends[seen]);
    }
    for (unsigned kind = 0; kind < 256; kind++) {
        rows.data[0] = (uint8_t)kind;
        struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&rows));
        assert_int_equal(layer_row_next(&cursor, &row), kind >= 1 && kind <= 3);
    }
    sw_buf_done(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes_back, start, stop),
        cmocka_unit_test_setup_teardown(test_each_byte, start, stop),
        cmocka_unit_test_setup_teardown(test_whose, start, stop),
        cmocka_unit_test_setup_teardown(test_too_large, start, stop),
        cmocka_unit_test_setup_teardown(test_taken_away, start, stop),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
