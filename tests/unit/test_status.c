/* SPDX-License-Identifier: Apache-2.0 */
/* Errors stay one printable line; the tables of gaps and limits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sweeper/limits.h"
#include "sweeper/status.h"
#include "sweeper/text.h"

static void fail_fills_and_returns(void **state)
{
    struct sw_error error;
    (void)state;
    memset(&error, 0xa5, sizeof error);
    errno = EXDEV;
    assert_int_equal(sw_fail(&error, SW_STOP, "walk", ENOENT, "cannot open %s", "x"), SW_STOP);
    assert_int_equal(errno, EXDEV);
    assert_string_equal(error.text, "cannot open x: No such file or directory");
    assert_string_equal(error.room, "walk");
    assert_int_equal(error.errnum, ENOENT);
    assert_int_equal(error.reason, SW_GAP_NONE);
    assert_int_equal(error.offset, 0);
    assert_int_equal(sw_fail_gap(&error, SW_SKIP, SW_GAP_TIMEOUT, "scan", 0, "took %d s", 9),
                     SW_SKIP);
    assert_string_equal(error.text, "took 9 s");
    assert_int_equal(error.reason, SW_GAP_TIMEOUT);
    assert_int_equal(sw_fail(NULL, SW_DEAD, "scan", EIO, "nobody asks"), SW_DEAD);
    assert_int_equal(sw_fail(&error, SW_SKIP, "scan", 98765, "odd"), SW_SKIP);
    assert_string_equal(error.text, "odd: error 98765");
}

static void error_may_quote_itself(void **state)
{
    struct sw_error error;
    (void)state;
    assert_int_equal(sw_fail(&error, SW_SKIP, "a", 0, "inner"), SW_SKIP);
    assert_int_equal(sw_fail(&error, SW_STOP, "b", 0, "outer (%s)", error.text), SW_STOP);
    assert_string_equal(error.text, "outer (inner)");
}

static void hostile_names_are_tamed(void **state)
{
    struct sw_error error;
    (void)state;
    assert_int_equal(sw_fail(&error, SW_SKIP, "a", 0, "%s", "a\nb\x1b[2J\xff\xe2\x80\xae|\xc3\xa9"),
                     SW_SKIP);
    assert_string_equal(error.text, "a?b?[2J????|\xc3\xa9");
}

/* Long names of two-byte characters, at every length round the edge: the cause
 * is still there and no character is cut in two. */
static void long_text_keeps_its_cause(void **state)
{
    static const char cause[] = ": Permission denied";
    char name[1201];
    (void)state;
    for (size_t lead = 0; lead < 2; lead++) {
        for (size_t size = 480; size < 520; size++) {
            struct sw_error error;
            memset(name, 'x', lead);
            for (size_t i = 0; i < size / 2; i++)
                memcpy(name + lead + 2 * i, "\xc3\xa9", 2);
            name[lead + size / 2 * 2] = '\0';
            assert_int_equal(sw_fail(&error, SW_SKIP, "a", EACCES, "%s", name), SW_SKIP);
            size_t length = strlen(error.text);
            bool whole = strlen(name) + strlen(cause) < sizeof error.text;
            assert_true(length < sizeof error.text);
            assert_string_equal(error.text + length - strlen(cause), cause);
            assert_int_equal(strstr(error.text, "...:") == NULL, whole);
            assert_true(sw_text_is_printable((struct sw_view){(uint8_t *)error.text, length}));
            assert_null(strchr(error.text, '?'));
            /* No more than a character and the dots may be lost to the edge. */
            if (!whole)
                assert_true(length >= sizeof error.text - 3);
        }
    }
}

static void worst_is_the_minimum(void **state)
{
    (void)state;
    assert_true(SW_STOP < SW_DEAD && SW_DEAD < SW_SKIP && SW_SKIP < SW_PART);
    assert_true(SW_PART < SW_OK && SW_OK < SW_END);
}

static void every_gap_is_found_by_its_name(void **state)
{
    (void)state;
    for (enum sw_gap gap = SW_GAP_NONE + 1; gap < SW_GAP_COUNT; gap++) {
        assert_int_equal(sw_gap_find(sw_gap_name(gap)), gap);
        assert_true(strlen(sw_gap_meaning(gap)) > 0);
    }
    assert_int_equal(sw_gap_find(""), SW_GAP_NONE);
    assert_int_equal(sw_gap_find("timeouts"), SW_GAP_NONE);
    assert_int_equal(sw_gap_find("TIMEOUT"), SW_GAP_NONE);
}

static void limits_have_their_defaults(void **state)
{
    struct sw_limits limits = sw_limits_default();
    (void)state;
    assert_true(limits.file_size_max == UINT64_C(64) << 30);
    assert_true(limits.memory_max == UINT64_C(512) << 20);
    assert_int_equal(limits.time_max_s, 300);
    assert_int_equal(limits.matches_max, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_fills_and_returns),
        cmocka_unit_test(error_may_quote_itself),
        cmocka_unit_test(hostile_names_are_tamed),
        cmocka_unit_test(long_text_keeps_its_cause),
        cmocka_unit_test(worst_is_the_minimum),
        cmocka_unit_test(every_gap_is_found_by_its_name),
        cmocka_unit_test(limits_have_their_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
