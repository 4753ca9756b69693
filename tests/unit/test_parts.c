/* SPDX-License-Identifier: Apache-2.0 */
/* test_parts.c - several blobs as one, and the directory of a zip in several parts. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/blob_join.h"
#include "engine/source/zip_parts.h"

static struct sw_view view(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

/* --- joining ------------------------------------------------------------------------------- */

static void every_read_is_that_of_the_whole(void **state)
{
    (void)state;
    static const char whole[] = "0123456789abcdefghij";
    const size_t cuts[] = {0, 3, 3, 4, 15, 20};
    enum { COUNT = 5, SIZE = 20 };
    struct sw_blob blobs[COUNT];
    struct sw_join_part parts[COUNT] = {0};
    struct sw_join join;
    char data[SIZE + 8];
    size_t got;

    for (size_t i = 0; i < COUNT; i++) {
        blobs[i] = sw_blob_of_bytes(whole + cuts[i], cuts[i + 1] - cuts[i]);
        parts[i] = (struct sw_join_part){.blob = &blobs[i], .size = blobs[i].size};
    }
    assert_true(sw_join_init(&join, parts, COUNT));
    assert_int_equal(join.blob.size, SIZE);
    for (size_t from = 0; from <= SIZE + 1; from++)
        for (size_t size = 0; size <= SIZE + 2; size++) {
            const size_t left = from < SIZE ? SIZE - from : 0;
            const size_t want = size < left ? size : left;
            assert_int_equal(sw_blob_read_at(&join.blob, from, data, size, &got, NULL), SW_OK);
            assert_int_equal(got, want);
            assert_memory_equal(data, whole + (from < SIZE ? from : 0), want);
        }
    assert_int_equal(sw_blob_read_at(&join.blob, UINT64_MAX, data, 1, &got, NULL), SW_OK);
    assert_int_equal(got, 0);
    sw_blob_close(&join.blob);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    struct sw_blob first = sw_blob_of_bytes("abcd", 4), last = sw_blob_of_bytes("yz", 2);
    struct sw_join_part parts[] = {{.blob = &first, .size = 4},
                                   {.size = 4, .name = view("x.7z.002")},
                                   {.blob = &last, .size = 2}};
    struct sw_error error = {0};
    struct sw_join join;
    char data[16];
    size_t got = 0;

    assert_true(sw_join_init(&join, parts, 3));
    assert_int_equal(sw_blob_read_at(&join.blob, 2, data, 6, &got, &error), SW_OK);
    assert_int_equal(got, 2); /* what comes before it is good */
    assert_int_equal(sw_blob_read_at(&join.blob, 5, data, 1, &got, &error), SW_SKIP);
    assert_int_equal(error.reason, SW_GAP_MISSING_PART);
    assert_non_null(strstr(error.text, "x.7z.002"));
    assert_int_equal(sw_blob_read_at(&join.blob, 8, data, 8, &got, &error), SW_OK);
    assert_int_equal(got, 2);
}

static void a_part_that_shrinks_moves_nothing_up(void **state)
{
    (void)state;
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(write(fd, "abcd", 4), 4);
    struct sw_blob first = sw_blob_of_fd(fd, 4), last = sw_blob_of_bytes("yz", 2);
    struct sw_join_part parts[] = {{.blob = &first, .size = 4}, {.blob = &last, .size = 2}};
    struct sw_error error = {0};
    struct sw_join join;
    char data[16];
    size_t got = 0;

    assert_true(sw_join_init(&join, parts, 2));
    assert_int_equal(ftruncate(fd, 1), 0);
    assert_int_equal(sw_blob_read_at(&join.blob, 0, data, 6, &got, &error), SW_SKIP);
    assert_int_equal(error.reason, SW_GAP_CHANGED_WHILE_READING);
    assert_int_equal(sw_blob_read_at(&join.blob, 4, data, 6, &got, &error), SW_OK);
    assert_memory_equal(data, "yz", 2);
    close(fd);
}

static void holes_are_those_of_the_parts(void **state)
{
    (void)state;
    const off_t mib = 1 << 20;
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, 3 * mib), 0);
    assert_int_equal(pwrite(fd, "x", 1, 2 * mib), 1);
    struct sw_blob first = sw_blob_of_fd(fd, (uint64_t)(3 * mib)), last = sw_blob_of_bytes("yz", 2);
    struct sw_join_part parts[] = {{.blob = &first, .size = first.size},
                                   {.blob = &last, .size = 2}};
    struct sw_join join;
    uint64_t start, end;

    assert_true(sw_join_init(&join, parts, 2));
    sw_blob_extent(&join.blob, 0, &start, &end);
    assert_int_equal(start, 2 * mib);
    assert_true(end > start && end <= (uint64_t)(3 * mib));
    sw_blob_extent(&join.blob, end, &start, &end);
    assert_int_equal(start, 3 * mib);
    assert_int_equal(end, 3 * mib + 2);
    sw_blob_extent(&join.blob, end, &start, &end);
    assert_int_equal(start, join.blob.size);
    close(fd);
}

static void more_than_any_file(void **state)
{
    (void)state;
    struct sw_join_part parts[] = {{.size = INT64_MAX}, {.size = 1}};
    struct sw_join join;

    assert_true(sw_join_init(&join, parts, 1));
    assert_false(sw_join_init(&join, parts, 2));
    parts[1].size = UINT64_MAX;
    assert_false(sw_join_init(&join, parts, 2));
}

/* --- zip ------------------------------------------------------------------------------------ */

struct bytes {
    uint8_t data[512];
    size_t size;
};

static void put(struct bytes *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes->data[bytes->size++] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
}

static void put_text(struct bytes *bytes, const char *text)
{
    memcpy(bytes->data + bytes->size, text, strlen(text));
    bytes->size += strlen(text);
}

static void put_entry(struct bytes *bytes, const char *name, uint64_t part, uint64_t offset,
                      bool wide)
{
    put(bytes, 0x02014b50, 4);
    put(bytes, 0, 24);
    put(bytes, strlen(name), 2);
    put(bytes, wide ? 4 + 8 + 4 + 5 : 0, 2);
    put(bytes, 1, 2);
    put(bytes, wide ? 0xffff : part, 2);
    put(bytes, 0, 6);
    put(bytes, wide ? 0xffffffff : offset, 4);
    put_text(bytes, name);
    if (wide) {
        put(bytes, 1, 2);
        put(bytes, 12, 2);
        put(bytes, offset, 8);
        put(bytes, part, 4);
        put(bytes, 0x7777, 2);
        put(bytes, 1, 2);
        put_text(bytes, "e");
    }
    put_text(bytes, "c");
}

static void put_end(struct bytes *bytes, uint64_t last, uint64_t part, uint64_t count,
                    uint64_t offset)
{
    put(bytes, 0x06054b50, 4);
    put(bytes, last, 2);
    put(bytes, part, 2);
    put(bytes, count, 2);
    put(bytes, count, 2);
    put(bytes, 0, 4);
    put(bytes, offset, 4);
    put(bytes, 0, 2);
}

enum { PART = 100 };

struct set {
    struct bytes last;
    struct sw_blob blobs[3];
    struct sw_join_part parts[3];
    struct sw_join join;
    struct sw_zip_merged merged;
    struct sw_error error;
};

static enum sw_status merge(struct set *set, size_t memory_max)
{
    static uint8_t content[PART];

    for (size_t i = 0; i < 2; i++)
        set->blobs[i] = sw_blob_of_bytes(content, PART);
    set->blobs[2] = sw_blob_of_bytes(set->last.data, set->last.size);
    for (size_t i = 0; i < 3; i++) {
        const bool there = set->parts[i].name.size == 0;
        set->parts[i].blob = there ? &set->blobs[i] : NULL;
        set->parts[i].size = there ? set->blobs[i].size : PART;
    }
    assert_true(sw_join_init(&set->join, set->parts, 3));
    return sw_zip_merge(&set->join, memory_max, &set->merged, &set->error);
}

static uint64_t number(const struct sw_buf *buf, size_t at, size_t size)
{
    uint64_t value = 0;

    assert_true(at + size <= buf->size);
    for (size_t i = size; i-- > 0;)
        value = value << 8 | buf->data[at + i];
    return value;
}

static void offsets_count_from_the_whole(void **state)
{
    (void)state;
    struct set set = {0};
    const struct sw_buf *out = &set.merged.directory;
    uint32_t parts = 0;

    put_text(&set.last, "data");
    put_entry(&set.last, "a", 0, 4, false);
    put_entry(&set.last, "bb", 1, 7, true);
    put_entry(&set.last, "nowhere", 1, PART, false);
    put_entry(&set.last, "no part", 9, 0, false);
    put_end(&set.last, 2, 2, 4, 4);
    assert_int_equal(merge(&set, 4096), SW_OK);
    assert_true(sw_zip_is_last(&set.blobs[2], &parts));
    assert_int_equal(parts, 3);
    assert_int_equal(set.merged.from, 2 * PART + 4);
    assert_int_equal(number(out, 34, 2), 0);
    assert_int_equal(number(out, 42, 4), 4);
    size_t at = 46 + 1 + 1;
    assert_int_equal(number(out, at + 30, 2), 5); /* the field of zip64 is not needed */
    assert_int_equal(number(out, at + 34, 2), 0);
    assert_int_equal(number(out, at + 42, 4), PART + 7);
    assert_int_equal(number(out, at + 46 + 2, 2), 0x7777);
    at += 46 + 2 + 5 + 1;
    assert_int_equal(number(out, at + 42, 4), set.merged.from);
    at += 46 + 7 + 1;
    assert_int_equal(number(out, at + 42, 4), set.merged.from);
    at += 46 + 7 + 1;
    assert_int_equal(number(out, at, 4), 0x06054b50);
    assert_int_equal(number(out, at + 4, 4), 0);
    assert_int_equal(number(out, at + 8, 2), 4);
    assert_int_equal(number(out, at + 12, 4), at);
    assert_int_equal(number(out, at + 16, 4), set.merged.from);
    assert_int_equal(out->size, at + 22);
    sw_zip_merged_done(&set.merged);
}

static void what_begins_in_a_missing_part_is_left_out(void **state)
{
    (void)state;
    struct set set = {.parts = {{0}, {.name = view("x.z02")}, {0}}};

    put_entry(&set.last, "a", 0, 4, false);
    put_entry(&set.last, "lost", 1, 7, false);
    put_end(&set.last, 2, 2, 2, 0);
    assert_int_equal(merge(&set, 4096), SW_OK);
    assert_int_equal(set.merged.lost, 1);
    assert_int_equal(sw_buf_terminate(&set.merged.names), SW_OK);
    assert_string_equal((const char *)set.merged.names.data, "lost");
    assert_int_equal(number(&set.merged.directory, 46 + 1 + 1, 4), 0x06054b50);
    assert_int_equal(number(&set.merged.directory, 46 + 1 + 1 + 8, 2), 1);
    sw_zip_merged_done(&set.merged);
}

static void a_directory_that_cannot_be_had(void **state)
{
    (void)state;
    struct set set = {.parts = {{0}, {.name = view("x.z02")}, {0}}};
    uint32_t parts;

    put_end(&set.last, 2, 1, 2, 0); /* in a part that is missing */
    assert_int_equal(merge(&set, 4096), SW_DEAD);
    assert_int_equal(set.error.reason, SW_GAP_MISSING_PART);
    sw_zip_merged_done(&set.merged);
    for (unsigned part = 1; part < 65536; part += 65533) { /* outside, and in none */
        set = (struct set){0};
        put_end(&set.last, 2, part, 2, PART + 1);
        assert_int_equal(merge(&set, 4096), SW_DEAD);
        assert_int_equal(set.error.reason, SW_GAP_DAMAGED);
        sw_zip_merged_done(&set.merged);
    }
    set = (struct set){0};
    put_entry(&set.last, "a", 0, 4, false);
    put_end(&set.last, 2, 2, 1, 0);
    assert_int_equal(merge(&set, 60), SW_DEAD); /* more than there may be */
    assert_int_equal(set.error.reason, SW_GAP_LIMIT_MEMORY);
    sw_zip_merged_done(&set.merged);
    set = (struct set){0};
    put_end(&set.last, 0, 0, 0, 0); /* a whole one */
    struct sw_blob whole = sw_blob_of_bytes(set.last.data, set.last.size);
    assert_false(sw_zip_is_last(&whole, &parts));
    struct sw_blob none = sw_blob_of_bytes("", 0);
    assert_false(sw_zip_is_last(&none, &parts));
}

/* Cut anywhere and with any byte changed, it ends. */
static void damaged_everywhere(void **state)
{
    (void)state;
    struct set good = {0};

    put_entry(&good.last, "a", 0, 4, false);
    put_entry(&good.last, "bb", 1, 7, true);
    put_end(&good.last, 2, 2, 2, 0);
    for (size_t at = 0; at < good.last.size; at++)
        for (unsigned value = 0; value < 256; value += 51) {
            struct set set = {.last = good.last};
            set.last.data[at] = (uint8_t)value;
            const enum sw_status status = merge(&set, 4096);
            assert_true(status == SW_OK || status == SW_DEAD);
            sw_zip_merged_done(&set.merged);
            set = (struct set){.last = good.last};
            set.last.size = at;
            assert_int_equal(merge(&set, 4096), SW_DEAD);
            sw_zip_merged_done(&set.merged);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_read_is_that_of_the_whole),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_part_that_shrinks_moves_nothing_up),
        cmocka_unit_test(holes_are_those_of_the_parts),
        cmocka_unit_test(more_than_any_file),
        cmocka_unit_test(offsets_count_from_the_whole),
        cmocka_unit_test(what_begins_in_a_missing_part_is_left_out),
        cmocka_unit_test(a_directory_that_cannot_be_had),
        cmocka_unit_test(damaged_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
