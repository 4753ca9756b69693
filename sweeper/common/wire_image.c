/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_image.c - the body of SW_MESSAGE_IMAGE: u64 item, u32 part, the place, the
 * JSON, u32 how many paths, the paths, and of LINKS a block: u64 target and a block with
 * the name for each. The texts are blocks with a NUL behind them that is not counted. Each
 * content has one encoding.
 */
#include "sweeper/image.h"

#include <string.h>

enum { PATH_SIZE = 8 };

/* --- hard links ------------------------------------------------------------------- */

enum sw_status sw_image_link_append(struct sw_buf *links, uint64_t target, struct sw_view name)
{
    const size_t before = links->size;

    if (name.size > 0 && name.size <= SW_IMAGE_LINK_NAME_MAX &&
        sw_buf_append_u64(links, target) == SW_OK &&
        sw_buf_append_block(links, name.data, name.size) == SW_OK)
        return SW_OK;
    links->size = before;
    return SW_SKIP;
}

bool sw_image_link_next(struct sw_cursor *links, uint64_t *target, struct sw_view *name)
{
    return sw_cursor_u64(links, target) == SW_OK && sw_cursor_block(links, name) == SW_OK &&
           name->size > 0 && name->size <= SW_IMAGE_LINK_NAME_MAX;
}

static bool are_links(struct sw_view links)
{
    struct sw_cursor cursor = sw_cursor_of(links);
    struct sw_view name;
    uint64_t target = 0;
    bool sound = links.size > 0 && links.size <= SW_IMAGE_LINKS_SIZE_MAX;

    while (sound && !sw_cursor_at_end(&cursor))
        sound = sw_image_link_next(&cursor, &target, &name) && (target & 3) == SW_IMAGE_ENTRY_OTHER;
    return sound;
}

/* --- messages --------------------------------------------------------------------- */

/* What the part may hold, and nothing else. */
static bool is_sound(const struct sw_image_message *message)
{
    if (message->item == 0 || message->place.size > SW_IMAGE_PLACE_MAX)
        return false;
    if (message->part == SW_IMAGE_LINKS)
        return message->json.size == 0 && message->path_count == 0 && are_links(message->links);
    if (message->links.size != 0)
        return false;
    if (message->part == SW_IMAGE_AGAIN)
        return message->place.size == 0 && message->json.size == 0 && message->path_count == 0;
    if (message->part == SW_IMAGE_PATHS)
        return message->json.size == 0 && message->path_count > 0 &&
               message->path_count <= SW_IMAGE_PATHS_MAX;
    return message->json.size > 0 && message->json.size <= SW_IMAGE_DOCUMENT_MAX &&
           message->path_count == 0;
}

static enum sw_status put_text(struct sw_buf *body, struct sw_view text)
{
    if (sw_buf_append_block(body, text.data, text.size) != SW_OK)
        return SW_SKIP;
    return sw_buf_append_u8(body, 0);
}

enum sw_status sw_image_message_encode(const struct sw_image_message *message, struct sw_buf *body)
{
    const size_t before = body->size;

    if (is_sound(message) && sw_buf_append_u64(body, message->item) == SW_OK &&
        sw_buf_append_u32(body, (uint32_t)message->part) == SW_OK &&
        put_text(body, message->place) == SW_OK && put_text(body, message->json) == SW_OK &&
        sw_buf_append_u32(body, message->path_count) == SW_OK &&
        sw_buf_append(body, message->paths, (size_t)message->path_count * PATH_SIZE) == SW_OK &&
        (message->part != SW_IMAGE_LINKS ||
         sw_buf_append_block(body, message->links.data, message->links.size) == SW_OK))
        return SW_OK;
    body->size = before;
    return SW_SKIP;
}

/* The only NUL is the one behind it. */
static bool get_text(struct sw_cursor *cursor, struct sw_view *text)
{
    uint8_t end = 1;

    return sw_cursor_block(cursor, text) == SW_OK && sw_cursor_u8(cursor, &end) == SW_OK &&
           end == 0 && memchr(text->data, '\0', text->size) == NULL;
}

enum sw_status sw_image_message_decode(struct sw_view body, struct sw_image_message *message)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    struct sw_image_message got = {0};
    struct sw_view paths = {0};
    uint32_t part = 0;

    if (sw_cursor_u64(&cursor, &got.item) != SW_OK || sw_cursor_u32(&cursor, &part) != SW_OK ||
        part < SW_IMAGE_PATHS || part >= SW_IMAGE_PART_COUNT || !get_text(&cursor, &got.place) ||
        !get_text(&cursor, &got.json) || sw_cursor_u32(&cursor, &got.path_count) != SW_OK)
        return SW_DEAD;
    got.part = (enum sw_image_part)part;
    if (got.path_count > SW_IMAGE_PATHS_MAX ||
        sw_cursor_bytes(&cursor, (size_t)got.path_count * PATH_SIZE, &paths) != SW_OK ||
        (got.part == SW_IMAGE_LINKS && sw_cursor_block(&cursor, &got.links) != SW_OK) ||
        !is_sound(&got) || !sw_cursor_at_end(&cursor))
        return SW_DEAD;
    got.paths = got.path_count != 0 ? paths.data : NULL;
    *message = got;
    return SW_OK;
}
