/* SPDX-License-Identifier: Apache-2.0 */
/* test_rpm_header.c - what an rpm's header says, as members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/source/rpm_header.h"

struct tag {
    uint32_t tag;
    uint32_t type;
    const char *value; /* its size is counted, NULs and all */
    size_t size;
    uint32_t count;
};
#define TEXT(tag, value)                                                                           \
    {                                                                                              \
        tag, 6, value, sizeof(value), 1                                                            \
    }
#define TEXTS(tag, count, value)                                                                   \
    {                                                                                              \
        tag, 8, value, sizeof(value), count                                                        \
    }

static void put_big(struct sw_buf *out, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};
    assert_int_equal(sw_buf_append(out, bytes, sizeof bytes), SW_OK);
}

static void make(struct sw_buf *out, const struct tag *tags, uint32_t count)
{
    uint32_t store = 0;
    for (uint32_t i = 0; i < count; i++)
        store += (uint32_t)tags[i].size;
    sw_buf_init(out, (size_t)1 << 24);
    assert_int_equal(sw_buf_append(out, "\x8e\xad\xe8\1\0\0\0\0", 8), SW_OK);
    put_big(out, count);
    put_big(out, store);
    store = 0;
    for (uint32_t i = 0; i < count; i++) {
        put_big(out, tags[i].tag);
        put_big(out, tags[i].type);
        put_big(out, store);
        put_big(out, tags[i].count);
        store += (uint32_t)tags[i].size;
    }
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(sw_buf_append(out, tags[i].value, tags[i].size), SW_OK);
}

/* "name=content|" of each member; what next() ended with is *end. */
static void list(struct sw_view bytes, uint64_t limit, char *text, size_t size,
                 enum sw_status *opened, struct sw_error *error)
{
    uint8_t *copy = malloc(bytes.size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    struct sw_blob blob = sw_blob_of_bytes(copy, bytes.size);
    const struct sw_input input = {.blob = &blob};
    struct sw_rpm_header header;
    struct sw_flow flow;
    struct sw_view name, content;
    size_t used = 0;

    text[0] = '\0';
    sw_rpm_header_init(&header);
    assert_int_equal(sw_flow_init(&flow, &input, 0, error), SW_OK);
    *opened = sw_rpm_header_read(&header, &flow, false, limit, error);
    enum sw_status status = *opened;
    while (status == SW_OK || status == SW_SKIP) {
        status = sw_rpm_header_next(&header, &name, &content, error);
        if (status == SW_OK && used < size)
            used += (size_t)snprintf(text + used, size - used, "%.*s=%.*s|", (int)name.size,
                                     (const char *)name.data, (int)content.size,
                                     (const char *)content.data);
        else if (status == SW_SKIP && used < size)
            used += (size_t)snprintf(text + used, size - used, "gap|");
    }
    sw_rpm_header_done(&header);
    sw_flow_done(&flow);
    sw_blob_close(&blob);
    free(copy);
}

static const struct tag whole[] = {
    TEXT(1000, "a"),
    TEXT(1001, "1.2"),
    TEXT(1002, "3"),
    {1003, 4, "\0\0\0\7", 4, 1},
    {1004, 9, "two\nlines\0zwei", 15, 2},
    TEXT(1024, "post one"),
    TEXTS(1065, 2, "first\0second"),
    TEXTS(1086, 3, "/bin/sh\0-c\0x"),
    {1023, 4, "\0\0\0\1", 4, 1}, /* no text: no script */
    TEXT(9999, "other"),
};

#define WHOLE                                                                                      \
    "%header=Name: a\nVersion: 7:1.2-3\nSummary: two lines\nPost-Program: /bin/sh -c x\n|"         \
    "%post=post one|%trigger-0=first|%trigger-1=second|"

static void scripts_are_members(void **state)
{
    (void)state;
    struct sw_buf bytes;
    struct sw_error error = {0};
    enum sw_status opened;
    char text[4096];

    make(&bytes, whole, sizeof whole / sizeof whole[0]);
    list(sw_buf_view(&bytes), SW_RPM_HEADER_MAX, text, sizeof text, &opened, &error);
    assert_int_equal(opened, SW_OK);
    assert_string_equal(text, WHOLE);
    for (size_t cut = 0; cut < bytes.size; cut++) {
        list((struct sw_view){bytes.data, cut}, SW_RPM_HEADER_MAX, text, sizeof text, &opened,
             &error);
        assert_int_equal(opened, SW_DEAD);
        assert_int_equal(error.reason, SW_GAP_TRUNCATED);
    }
    sw_buf_done(&bytes);
}

/* Every byte of the index, and what it may be instead. */
static void numbers_are_not_believed(void **state)
{
    (void)state;
    struct sw_buf bytes;
    struct sw_error error = {0};
    enum sw_status opened;
    char text[4096];

    make(&bytes, whole, sizeof whole / sizeof whole[0]);
    for (size_t at = 8; at < 16 + 16 * (sizeof whole / sizeof whole[0]); at++) {
        static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
        const uint8_t was = bytes.data[at];
        for (size_t i = 0; i < sizeof values; i++) {
            bytes.data[at] = values[i];
            list(sw_buf_view(&bytes), SW_RPM_HEADER_MAX, text, sizeof text, &opened, &error);
        }
        bytes.data[at] = was;
    }
    sw_buf_done(&bytes);
}

static void a_header_may_be_so_large_and_no_larger(void **state)
{
    (void)state;
    struct sw_buf bytes;
    struct sw_error error = {0};
    enum sw_status opened;
    char text[4096];

    make(&bytes, whole, sizeof whole / sizeof whole[0]);
    const uint64_t size = bytes.size - 16;
    list(sw_buf_view(&bytes), size, text, sizeof text, &opened, &error);
    assert_string_equal(text, WHOLE);
    list(sw_buf_view(&bytes), size - 1, text, sizeof text, &opened, &error);
    assert_int_equal(opened, SW_OK);
    assert_string_equal(text, "gap|");
    list(sw_buf_view(&bytes), 0, text, sizeof text, &opened, &error);
    assert_string_equal(text, "");
    sw_buf_done(&bytes);
}

static void scripts_may_be_so_many_and_no_more(void **state)
{
    (void)state;
    static char value[SW_RPM_SCRIPTS_MAX + 1];
    static char text[SW_RPM_SCRIPTS_MAX * 32];
    struct sw_error error = {0};
    enum sw_status opened;

    for (uint32_t more = 0; more <= 1; more++) {
        const struct tag tags[] = {
            {1065, 8, value, SW_RPM_SCRIPTS_MAX + more, SW_RPM_SCRIPTS_MAX + more}};
        struct sw_buf bytes;
        make(&bytes, tags, 1);
        list(sw_buf_view(&bytes), SW_RPM_HEADER_MAX, text, sizeof text, &opened, &error);
        assert_int_equal(strstr(text, "gap|") != NULL, more == 1);
        assert_non_null(strstr(text, "%trigger-4095=|"));
        if (more == 1)
            assert_int_equal(error.reason, SW_GAP_LIMIT_MEMBERS);
        sw_buf_done(&bytes);
    }
}

/* One text, a thousand times over: a header of a few bytes would be a bomb. */
static void scripts_share_no_bytes(void **state)
{
    (void)state;
    struct tag tags[1000];
    struct sw_buf bytes;
    struct sw_error error = {0};
    enum sw_status opened;
    static char text[65536];

    for (size_t i = 0; i < 1000; i++)
        tags[i] = (struct tag)TEXT(1024, "");
    make(&bytes, tags, 1000);
    memset(bytes.data + 16 + 16000, 'x', 999); /* and every offset leads into it */
    list(sw_buf_view(&bytes), SW_RPM_HEADER_MAX, text, sizeof text, &opened, &error);
    assert_int_equal(opened, SW_OK);
    assert_non_null(strstr(text, "|gap|"));
    assert_true(strlen(text) < 3000);
    assert_int_equal(error.reason, SW_GAP_DAMAGED);
    sw_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_are_members),
        cmocka_unit_test(numbers_are_not_believed),
        cmocka_unit_test(a_header_may_be_so_large_and_no_larger),
        cmocka_unit_test(scripts_share_no_bytes),
        cmocka_unit_test(scripts_may_be_so_many_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
