/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_message.c - messages between supervisor and fetcher, out and in. */
#include <string.h>

#include "common/view.h"
#include "sweeper/fetch.h"

/* --- Order --------------------------------------------------------------------- */

enum { FLAG_INSECURE = 1, FLAG_HELPERS = 2, FLAG_REQUIRE = 4, FLAG_DOCUMENTS = 8, FLAGS_ALL = 15 };

enum sw_status sw_fetch_order_encode(const struct sw_fetch_order *order, struct sw_buf *body)
{
    uint8_t flags = (uint8_t)((order->insecure ? FLAG_INSECURE : 0) |
                              (order->credential_helpers ? FLAG_HELPERS : 0) |
                              (order->require_sandbox ? FLAG_REQUIRE : 0) |
                              (order->documents ? FLAG_DOCUMENTS : 0));
    enum sw_status status = sw_buf_append_u8(body, SW_FETCH_ORDER);

    if (status == SW_OK)
        status = sw_buf_append_u8(body, (uint8_t)order->kind);
    if (status == SW_OK)
        status = sw_buf_append_u8(body, flags);
    if (status == SW_OK)
        status = sw_buf_append_u32(body, order->timeout_s);
    if (status == SW_OK)
        status = sw_buf_append_u64(body, order->spool_max);
    if (status == SW_OK)
        status = sw_buf_append_u64(body, order->file_size_max);
    if (status == SW_OK)
        status = sw_buf_append_block(body, order->target.data, order->target.size);
    if (status == SW_OK)
        status = sw_buf_append_block(body, order->platforms.data, order->platforms.size);
    return status;
}

enum sw_status sw_fetch_order_decode(struct sw_view body, struct sw_fetch_order *order)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    struct sw_fetch_order made = {0};
    uint8_t kind, target, flags;

    if (sw_cursor_u8(&cursor, &kind) != SW_OK || kind != SW_FETCH_ORDER ||
        sw_cursor_u8(&cursor, &target) != SW_OK || target < SW_TARGET_DOCKER ||
        target >= SW_TARGET_KIND_COUNT || sw_cursor_u8(&cursor, &flags) != SW_OK ||
        (flags & ~FLAGS_ALL) != 0 || sw_cursor_u32(&cursor, &made.timeout_s) != SW_OK ||
        made.timeout_s == 0 || sw_cursor_u64(&cursor, &made.spool_max) != SW_OK ||
        sw_cursor_u64(&cursor, &made.file_size_max) != SW_OK ||
        sw_cursor_block(&cursor, &made.target) != SW_OK || made.target.size > SW_FETCH_TEXT_MAX ||
        sw_cursor_block(&cursor, &made.platforms) != SW_OK ||
        made.platforms.size > SW_FETCH_PLATFORMS_MAX || !sw_cursor_at_end(&cursor))
        return SW_DEAD;
    made.kind = (enum sw_target_kind)target;
    made.insecure = (flags & FLAG_INSECURE) != 0;
    made.credential_helpers = (flags & FLAG_HELPERS) != 0;
    made.require_sandbox = (flags & FLAG_REQUIRE) != 0;
    made.documents = (flags & FLAG_DOCUMENTS) != 0;
    *order = made;
    return SW_OK;
}

/* --- Everything else ------------------------------------------------------------ */

/* Which members a kind has. */
static const struct {
    bool number, reason, name, text, rows;
} forms[SW_FETCH_KIND_COUNT] = {
    [SW_FETCH_ROOT] = {.name = true, .text = true, .rows = true},
    [SW_FETCH_FAIL] = {.text = true},
    [SW_FETCH_GO] = {.number = true},
    [SW_FETCH_DONE] = {.number = true, .name = true},
    [SW_FETCH_GAP] = {.reason = true, .name = true, .text = true},
};

enum sw_status sw_fetch_message_encode(const struct sw_fetch_message *message, struct sw_buf *body)
{
    enum sw_status status = sw_buf_append_u8(body, (uint8_t)message->kind);

    if (status == SW_OK)
        status = sw_buf_append_u64(body, message->number);
    if (status == SW_OK)
        status = sw_buf_append_u8(body, (uint8_t)message->reason);
    if (status == SW_OK)
        status = sw_buf_append_block(body, message->name.data, message->name.size);
    if (status == SW_OK)
        status = sw_buf_append_block(body, message->text.data, message->text.size);
    if (status == SW_OK)
        status = sw_buf_append_u32(body, message->row_count);
    for (uint32_t i = 0; i < message->row_count && status == SW_OK; i++)
        status = sw_buf_append_block(body, message->rows[i].data, message->rows[i].size);
    return status;
}

/* "blobs/ALGORITHM/HEX": the digest with its colon turned into a slash. */
static bool is_blob(struct sw_view name)
{
    static const struct sw_view folder = {(const uint8_t *)"blobs/", 6};
    char digest[SW_TARGET_DIGEST_MAX];
    struct sw_view rest = sw_view_skip(name, folder.size);
    size_t slash = sw_view_find(rest, '/');

    if (!sw_view_starts(name, folder) || slash == rest.size || rest.size > sizeof(digest))
        return false;
    memcpy(digest, rest.data, rest.size);
    digest[slash] = ':';
    return sw_target_is_digest((struct sw_view){(const uint8_t *)digest, rest.size});
}

static bool name_fits(const struct sw_fetch_message *message)
{
    if (message->name.size == 0)
        return true;
    return message->kind == SW_FETCH_ROOT ? sw_target_is_digest(message->name)
                                          : is_blob(message->name);
}

static bool fits(const struct sw_fetch_message *message)
{
    return (forms[message->kind].number || message->number == 0) &&
           forms[message->kind].reason == (message->reason != SW_GAP_NONE) &&
           (forms[message->kind].name || message->name.size == 0) &&
           (forms[message->kind].text || message->text.size == 0) &&
           (forms[message->kind].rows || message->row_count == 0) && name_fits(message) &&
           message->text.size <= SW_FETCH_TEXT_MAX;
}

enum sw_status sw_fetch_message_decode(struct sw_view body, struct sw_fetch_message *message)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    struct sw_fetch_message made = {0};
    uint8_t kind, reason;

    if (sw_cursor_u8(&cursor, &kind) != SW_OK || kind <= SW_FETCH_ORDER ||
        kind >= SW_FETCH_KIND_COUNT || sw_cursor_u64(&cursor, &made.number) != SW_OK ||
        sw_cursor_u8(&cursor, &reason) != SW_OK || reason >= SW_GAP_COUNT ||
        sw_cursor_block(&cursor, &made.name) != SW_OK ||
        sw_cursor_block(&cursor, &made.text) != SW_OK ||
        sw_cursor_u32(&cursor, &made.row_count) != SW_OK || made.row_count > SW_FETCH_ROWS_MAX)
        return SW_DEAD;
    made.kind = (enum sw_fetch_kind)kind;
    made.reason = (enum sw_gap)reason;
    for (uint32_t i = 0; i < made.row_count; i++)
        if (sw_cursor_block(&cursor, &made.rows[i]) != SW_OK ||
            made.rows[i].size > SW_FETCH_TEXT_MAX)
            return SW_DEAD;
    if (!sw_cursor_at_end(&cursor) || !fits(&made))
        return SW_DEAD;
    *message = made;
    return SW_OK;
}
