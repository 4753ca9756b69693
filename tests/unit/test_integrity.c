/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine may say of files of distributions, and what breaks the protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/conductor.h"

#define RECORD_PATH "/v/site-packages/d-1.dist-info/RECORD"

static struct sw_options options;
static struct conductor conductor;

static int start(void **state)
{
    struct sw_error error;

    (void)state;
    options = (struct sw_options){.limits = sw_limits_default()};
    conductor = (struct conductor){.options = &options};
    return flight_init(&conductor.flight, 16, &error) == SW_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    integrity_done(&conductor);
    flight_done(&conductor.flight);
    return 0;
}

static struct flight_entry *under_way(const char *path)
{
    struct sw_item item = {
        .kind = SW_ITEM_OBJECT, .fd = -1, .path = strdup(path), .path_size = strlen(path)};
    struct flight_entry *entry = flight_add(&conductor.flight, &item);

    flight_move(&conductor.flight, entry, FLIGHT_SENT);
    return entry;
}

static void encode(struct sw_buf *body, const struct flight_entry *entry, uint32_t rows,
                   uint32_t claimed)
{
    const struct sw_dist_message head = {.item = entry->id,
                                         .type = SW_VIEW("CSV text"),
                                         .mime = SW_VIEW("text/csv"),
                                         .row_count = claimed};
    const struct sw_dist_row row = {.path = SW_VIEW("d/a.py"), .hash = SW_DIST_HASH_SHA256};

    sw_buf_init(body, SW_MIB);
    assert_int_equal(sw_dist_message_encode(&head, body), SW_OK);
    for (uint32_t i = 0; i < rows; i++)
        assert_int_equal(sw_dist_row_encode(&row, body), SW_OK);
}

static const char *say(const struct flight_entry *entry, uint32_t rows, uint32_t claimed)
{
    struct sw_buf body;

    encode(&body, entry, rows, claimed);
    const char *why = integrity_message(&conductor, sw_buf_view(&body));
    sw_buf_done(&body);
    return why;
}

static void test_a_record(void **state)
{
    (void)state;
    struct flight_entry *entry = under_way(RECORD_PATH);

    assert_null(say(entry, 2, 2));
    assert_true(entry->subject != 0);
    const size_t subject = entry->subject;
    assert_null(say(entry, 1, 1)); /* the rest of it, or a retry */
    assert_true(entry->subject == subject);
    assert_null(say(under_way("/v/dist-packages/x.pth"), 0, 0));
}

static void test_what_nobody_may_say(void **state)
{
    (void)state;
    struct flight_entry *entry = under_way(RECORD_PATH);
    struct sw_buf body;

    assert_non_null(say(entry, 1, 2)); /* rows that are not there */
    assert_non_null(say(entry, 2, 1)); /* and more than it says */
    assert_non_null(say(under_way("/v/site-packages/d/a.py"), 0, 0));
    assert_non_null(say(under_way("/v/site-packages/x.pth"), 1, 1));
    assert_non_null(say(under_way("/v/lib/d-1.dist-info/RECORD"), 1, 1));
    assert_non_null(say(under_way("/v/lib/x.pth"), 0, 0));
    encode(&body, entry, 1, 1);
    for (size_t cut = 0; cut < body.size; cut++)
        assert_non_null(integrity_message(&conductor, (struct sw_view){body.data, cut}));
    flight_move(&conductor.flight, entry, FLIGHT_WAITING);
    assert_non_null(integrity_message(&conductor, sw_buf_view(&body)));
    flight_remove(&conductor.flight, entry);
    assert_non_null(integrity_message(&conductor, sw_buf_view(&body)));
    sw_buf_done(&body);
}

static void test_texts_that_do_not_print(void **state)
{
    (void)state;
    const struct sw_dist_message head = {.item = under_way(RECORD_PATH)->id,
                                         .type = SW_VIEW("a\x1b[2J"),
                                         .mime = SW_VIEW("text/csv")};
    struct sw_buf body;

    sw_buf_init(&body, SW_MIB);
    assert_int_equal(sw_dist_message_encode(&head, &body), SW_OK);
    assert_non_null(integrity_message(&conductor, sw_buf_view(&body)));
    sw_buf_done(&body);
}

static void test_acknowledgements(void **state)
{
    (void)state;
    static const char hex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct sw_ack with = {.judged = true, .sha256 = SW_VIEW(hex)};
    const struct sw_ack without = {.judged = true}, wild = {.judged = true, .runs = true};

    assert_true(integrity_ack(&conductor, under_way(RECORD_PATH), &with));
    assert_true(integrity_ack(&conductor, under_way("/etc/passwd"), &without));
    assert_false(integrity_ack(&conductor, under_way("/etc/passwd"), &with));
    assert_false(integrity_ack(&conductor, under_way("/v/site-packages/x.pth"), &wild));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_record, start, stop),
        cmocka_unit_test_setup_teardown(test_what_nobody_may_say, start, stop),
        cmocka_unit_test_setup_teardown(test_texts_that_do_not_print, start, stop),
        cmocka_unit_test_setup_teardown(test_acknowledgements, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
