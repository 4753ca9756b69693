/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fetcher may say. Input: the body of one message, read as an order and as
 * anything else. What is taken comes out of the encoder as it went in.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fuzz.h"
#include "sweeper/fetch.h"

static void check_same(const struct sw_buf *made, struct sw_view body)
{
    FUZZ_CHECK(sw_view_equal(sw_buf_view(made), body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sw_view body = {fuzz_copy((struct sw_view){data, size}), size};
    static struct sw_fetch_message message;
    struct sw_fetch_order order;
    struct sw_buf made;

    sw_buf_init(&made, SW_FETCH_MESSAGE_MAX);
    if (sw_fetch_order_decode(body, &order) == SW_OK) {
        FUZZ_CHECK(sw_fetch_order_encode(&order, &made) == SW_OK);
        check_same(&made, body);
    } else if (size <= SW_FETCH_MESSAGE_MAX && sw_fetch_message_decode(body, &message) == SW_OK) {
        FUZZ_CHECK(sw_fetch_message_encode(&message, &made) == SW_OK);
        check_same(&made, body);
        FUZZ_CHECK(memmem(message.name.data, message.name.size, "..", 2) == NULL);
    }
    sw_buf_done(&made);
    free((void *)(uintptr_t)body.data);
    return 0;
}
