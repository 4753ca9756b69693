/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer's ceiling, what a failed call leaves behind, and the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sweeper/buf.h"

/* A failed allocation is an ordinary error here, for the sanitizers too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void append_grows_and_keeps_order(void **state)
{
    struct sw_buf buf;
    (void)state;
    sw_buf_init(&buf, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(sw_buf_append_u8(&buf, (uint8_t)(i * 7)), SW_OK);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(buf.data[i], (uint8_t)(i * 7));
    sw_buf_done(&buf);
    assert_null(buf.data);
    assert_int_equal(sw_buf_append_text(&buf, "again"), SW_OK);
    assert_memory_equal(buf.data, "again", 5);
    sw_buf_done(&buf);
}

static void ceiling_is_exact(void **state)
{
    (void)state;
    for (size_t ceiling = 1; ceiling < 200; ceiling++) {
        struct sw_buf buf;
        uint8_t bytes[200] = {0};
        sw_buf_init(&buf, ceiling);
        assert_int_equal(sw_buf_append(&buf, bytes, ceiling + 1), SW_SKIP);
        assert_int_equal(buf.size, 0);
        assert_int_equal(sw_buf_append(&buf, bytes, ceiling - 1), SW_OK);
        assert_int_equal(sw_buf_append(&buf, "xy", 2), SW_SKIP);
        assert_int_equal(buf.size, ceiling - 1);
        assert_int_equal(sw_buf_append(&buf, "x", 1), SW_OK);
        assert_int_equal(sw_buf_append(&buf, "y", 1), SW_SKIP);
        assert_int_equal(buf.size, ceiling);
        /* The NUL is not content: a full buffer is still a C string. */
        assert_int_equal(sw_buf_terminate(&buf), SW_OK);
        assert_int_equal(buf.size, ceiling);
        assert_int_equal(buf.data[ceiling], 0);
        sw_buf_done(&buf);
    }
}

static void absurd_sizes_fail(void **state)
{
    struct sw_buf buf;
    (void)state;
    sw_buf_init(&buf, SIZE_MAX);
    assert_int_equal(sw_buf_append_text(&buf, "keep"), SW_OK);
    assert_int_equal(sw_buf_reserve(&buf, SIZE_MAX), SW_SKIP);
    assert_int_equal(sw_buf_reserve(&buf, SIZE_MAX - 4), SW_SKIP);
    assert_int_equal(sw_buf_append_block(&buf, "x", (size_t)UINT32_MAX + 1), SW_SKIP);
    assert_int_equal(buf.size, 4);
    assert_memory_equal(buf.data, "keep", 4);
    sw_buf_done(&buf);
}

static void format_fits_or_changes_nothing(void **state)
{
    struct sw_buf buf;
    (void)state;
    sw_buf_init(&buf, 10);
    assert_int_equal(sw_buf_append_format(&buf, "%d-%s", 12, "ab"), SW_OK);
    assert_int_equal(buf.size, 5);
    assert_int_equal(sw_buf_append_format(&buf, "%06d", 7), SW_SKIP);
    assert_int_equal(buf.size, 5);
    assert_int_equal(sw_buf_append_format(&buf, "%05d", 7), SW_OK);
    assert_memory_equal(buf.data, "12-ab00007", 10);
    assert_int_equal(sw_buf_append_format(&buf, "%s", ""), SW_OK);
    sw_buf_done(&buf);
}

static void nothing_is_a_value(void **state)
{
    struct sw_buf buf;
    struct sw_view view;
    (void)state;
    sw_buf_init(&buf, 8);
    assert_int_equal(sw_buf_append(&buf, NULL, 0), SW_OK);
    view = sw_buf_view(&buf);
    assert_int_equal(view.size, 0);
    struct sw_cursor cursor = sw_cursor_of(view);
    assert_true(sw_cursor_at_end(&cursor));
    assert_int_equal(sw_cursor_bytes(&cursor, 0, &view), SW_OK);
    assert_int_equal(sw_buf_append_block(&buf, NULL, 0), SW_OK);
    cursor = sw_cursor_of(sw_buf_view(&buf));
    assert_int_equal(sw_cursor_block(&cursor, &view), SW_OK);
    assert_int_equal(view.size, 0);
    assert_true(sw_cursor_at_end(&cursor));
    sw_buf_done(&buf);
}

/* One of each, as a message would hold them. */
static void write_all(struct sw_buf *buf)
{
    assert_int_equal(sw_buf_append_u8(buf, 0xfe), SW_OK);
    assert_int_equal(sw_buf_append_u32(buf, 0x01020304), SW_OK);
    assert_int_equal(sw_buf_append_u64(buf, UINT64_C(0xf1f2f3f4f5f6f7f8)), SW_OK);
    assert_int_equal(sw_buf_append_block(buf, "block", 5), SW_OK);
}

static enum sw_status read_all(struct sw_view view, unsigned *steps)
{
    struct sw_cursor cursor = sw_cursor_of(view);
    uint8_t small = 0;
    uint32_t middle = 0;
    uint64_t large = 0;
    struct sw_view block = {NULL, 0};
    *steps = 0;
    if (sw_cursor_u8(&cursor, &small) != SW_OK)
        return SW_SKIP;
    assert_int_equal(small, 0xfe);
    *steps = 1;
    if (sw_cursor_u32(&cursor, &middle) != SW_OK)
        return SW_SKIP;
    assert_int_equal(middle, 0x01020304);
    *steps = 2;
    if (sw_cursor_u64(&cursor, &large) != SW_OK)
        return SW_SKIP;
    assert_true(large == UINT64_C(0xf1f2f3f4f5f6f7f8));
    *steps = 3;
    if (sw_cursor_block(&cursor, &block) != SW_OK)
        return SW_SKIP;
    *steps = 4;
    assert_int_equal(block.size, 5);
    assert_memory_equal(block.data, "block", 5);
    return sw_cursor_at_end(&cursor) ? SW_OK : SW_SKIP;
}

static void encoding_is_little_endian(void **state)
{
    static const uint8_t expected[] = {0xfe, 4,    3, 2, 1, 0xf8, 0xf7, 0xf6, 0xf5, 0xf4, 0xf3,
                                       0xf2, 0xf1, 5, 0, 0, 0,    'b',  'l',  'o',  'c',  'k'};
    struct sw_buf buf;
    (void)state;
    sw_buf_init(&buf, 100);
    write_all(&buf);
    assert_int_equal(buf.size, sizeof expected);
    assert_memory_equal(buf.data, expected, sizeof expected);
    sw_buf_done(&buf);
}

static void every_cut_is_noticed(void **state)
{
    struct sw_buf buf;
    unsigned steps = 0;
    (void)state;
    sw_buf_init(&buf, 100);
    write_all(&buf);
    for (size_t size = 0; size < buf.size; size++) {
        /* A copy of exactly this size lets the sanitizer see a read too far. */
        struct sw_buf cut;
        sw_buf_init(&cut, 100);
        assert_int_equal(sw_buf_append(&cut, buf.data, size), SW_OK);
        assert_int_equal(read_all(sw_buf_view(&cut), &steps), SW_SKIP);
        assert_int_equal(steps, (size >= 1) + (size >= 5) + (size >= 13));
        sw_buf_done(&cut);
    }
    assert_int_equal(read_all(sw_buf_view(&buf), &steps), SW_OK);
    assert_int_equal(sw_buf_append_u8(&buf, 0), SW_OK);
    assert_int_equal(read_all(sw_buf_view(&buf), &steps), SW_SKIP);
    sw_buf_done(&buf);
}

static void failed_get_consumes_nothing(void **state)
{
    static const uint8_t lying[] = {0xff, 0xff, 0xff, 0xff, 'a'};
    struct sw_cursor cursor = sw_cursor_of((struct sw_view){lying, sizeof lying});
    struct sw_view view = {lying + 1, 2};
    uint64_t large = 77;
    (void)state;
    assert_int_equal(sw_cursor_block(&cursor, &view), SW_SKIP);
    assert_ptr_equal(view.data, lying + 1);
    assert_int_equal(view.size, 2);
    assert_int_equal(sw_cursor_u64(&cursor, &large), SW_SKIP);
    assert_int_equal(large, 77);
    assert_int_equal(sw_cursor_bytes(&cursor, SIZE_MAX, &view), SW_SKIP);
    assert_ptr_equal(cursor.rest.data, lying);
    assert_int_equal(cursor.rest.size, sizeof lying);
}

static void failed_block_leaves_no_length(void **state)
{
    struct sw_buf buf;
    (void)state;
    sw_buf_init(&buf, 8);
    assert_int_equal(sw_buf_append_block(&buf, "12345", 5), SW_SKIP);
    assert_int_equal(buf.size, 0);
    assert_int_equal(sw_buf_append_block(&buf, "1234", 4), SW_OK);
    sw_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_grows_and_keeps_order),
        cmocka_unit_test(ceiling_is_exact),
        cmocka_unit_test(absurd_sizes_fail),
        cmocka_unit_test(format_fits_or_changes_nothing),
        cmocka_unit_test(nothing_is_a_value),
        cmocka_unit_test(encoding_is_little_endian),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(failed_get_consumes_nothing),
        cmocka_unit_test(failed_block_leaves_no_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
