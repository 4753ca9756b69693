/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of messages. Input: u8 which body, then the body.
 *
 * What is taken is written again, byte for byte: each content has one encoding.
 * What is refused leaves its output alone.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sweeper/image.h"
#include "sweeper/wire.h"

static void check_same(const struct sw_buf *written, struct sw_view read)
{
    FUZZ_CHECK(written->size == read.size);
    FUZZ_CHECK(read.size == 0 || memcmp(written->data, read.data, read.size) == 0);
}

/* The bytes of `before` that the cursor has left behind. */
static struct sw_view consumed(struct sw_view before, const struct sw_cursor *cursor)
{
    FUZZ_CHECK(cursor->rest.size <= before.size);
    return (struct sw_view){before.data, before.size - cursor->rest.size};
}

static void check_text(struct sw_view text)
{
    FUZZ_CHECK(text.data != NULL && strlen((const char *)text.data) == text.size);
}

static void try_config(struct sw_view body)
{
    struct sw_engine_config config = {.thread_count = 12345};
    struct sw_buf again;

    sw_buf_init(&again, SW_MIB);
    if (sw_config_decode(body, &config) != SW_OK) {
        FUZZ_CHECK(config.thread_count == 12345);
        return;
    }
    FUZZ_CHECK(config.thread_count >= 1 && config.thread_count <= SW_THREADS_MAX);
    FUZZ_CHECK(sw_config_encode(&config, &again) == SW_OK);
    check_same(&again, body);
    sw_buf_done(&again);
}

static bool try_entry(struct sw_cursor *cursor, struct sw_buf *again)
{
    struct sw_batch_entry entry = {.item = 12345};
    struct sw_view before = cursor->rest;

    sw_buf_clear(again);
    if (sw_batch_entry_decode(cursor, &entry) != SW_OK) {
        FUZZ_CHECK(entry.item == 12345 && entry.path.data == NULL);
        return false;
    }
    FUZZ_CHECK(entry.item != 0);
    check_text(entry.path);
    check_text(entry.owner);
    FUZZ_CHECK(entry.fd_count >= 1 && entry.fd_count <= SW_BATCH_FDS_MAX);
    FUZZ_CHECK((entry.role == SW_SET_NONE) == (entry.part_count == 0));
    FUZZ_CHECK(sw_batch_entry_encode(&entry, again) == SW_OK);
    check_same(again, consumed(before, cursor));
    return true;
}

static bool try_ack(struct sw_cursor *cursor, struct sw_buf *again)
{
    struct sw_ack ack = {.item = 12345};
    struct sw_view before = cursor->rest;

    sw_buf_clear(again);
    if (sw_ack_decode(cursor, &ack) != SW_OK) {
        FUZZ_CHECK(ack.item == 12345 && ack.type.data == NULL);
        return false;
    }
    check_text(ack.type);
    check_text(ack.sha256);
    FUZZ_CHECK(ack.sha256.size == 0 || ack.sha256.size == 64);
    FUZZ_CHECK(sw_ack_encode(&ack, again) == SW_OK);
    check_same(again, consumed(before, cursor));
    return true;
}

static bool try_dist(struct sw_cursor *cursor, struct sw_buf *again)
{
    struct sw_dist_message message = {.item = 12345};
    struct sw_dist_row row = {.size = 12345};
    struct sw_view before = cursor->rest;

    sw_buf_clear(again);
    if (sw_dist_message_decode(cursor, &message) != SW_OK) {
        FUZZ_CHECK(message.item == 12345 && message.type.data == NULL);
        return false;
    }
    FUZZ_CHECK(message.type.size <= SW_DIST_TYPE_MAX && message.mime.size <= SW_DIST_TYPE_MAX);
    check_text(message.type);
    check_text(message.mime);
    FUZZ_CHECK(sw_dist_message_encode(&message, again) == SW_OK);
    for (uint32_t i = 0; i < message.row_count; i++) {
        if (sw_dist_row_decode(cursor, &row) != SW_OK)
            return false;
        FUZZ_CHECK(row.path.size > 0 && row.path.size <= SW_DIST_PATH_MAX);
        check_text(row.path);
        FUZZ_CHECK(sw_dist_row_encode(&row, again) == SW_OK);
    }
    check_same(again, consumed(before, cursor));
    return true;
}

static void try_image(struct sw_view body)
{
    struct sw_image_message message = {.item = 12345};
    struct sw_buf again;

    if (sw_image_message_decode(body, &message) != SW_OK) {
        FUZZ_CHECK(message.item == 12345 && message.place.data == NULL);
        return;
    }
    check_text(message.place);
    check_text(message.json);
    FUZZ_CHECK(message.item != 0 && message.place.size <= SW_IMAGE_PLACE_MAX);
    FUZZ_CHECK(message.path_count <= SW_IMAGE_PATHS_MAX);
    FUZZ_CHECK((message.part == SW_IMAGE_PATHS) == (message.path_count != 0));
    FUZZ_CHECK((message.part == SW_IMAGE_LINKS) == (message.links.size != 0));
    FUZZ_CHECK((message.part == SW_IMAGE_PATHS || message.part == SW_IMAGE_LINKS ||
                message.part == SW_IMAGE_AGAIN) == (message.json.size == 0));
    sw_buf_init(&again, 16 * SW_MIB);
    FUZZ_CHECK(sw_image_message_encode(&message, &again) == SW_OK);
    check_same(&again, body);
    sw_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    uint8_t which = fuzz_u8(&input) % 5;
    struct sw_view body = {fuzz_copy(input.rest), input.rest.size};
    struct sw_cursor cursor = sw_cursor_of(body);
    struct sw_buf again;

    sw_buf_init(&again, 16 * SW_MIB);
    if (which == 0)
        try_config(body);
    if (which == 4)
        try_image(body);
    while (which == 1 && try_entry(&cursor, &again))
        ;
    while (which == 2 && try_ack(&cursor, &again))
        ;
    while (which == 3 && try_dist(&cursor, &again))
        ;
    sw_buf_done(&again);
    free((void *)(uintptr_t)body.data);
    return 0;
}
