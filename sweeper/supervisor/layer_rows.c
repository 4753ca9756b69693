/* SPDX-License-Identifier: Apache-2.0 */
/* layer_rows.c - a row is u8 kind, the place as a block, the text as a block. */
#include "supervisor/layer_rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "sweeper/limits.h"

bool layer_row_put(struct sw_buf *rows, const struct layer_row *row)
{
    return sw_buf_append_u8(rows, (uint8_t)row->kind) == SW_OK &&
           sw_buf_append_block(rows, row->place.data, row->place.size) == SW_OK &&
           sw_buf_append_block(rows, row->text.data, row->text.size) == SW_OK;
}

bool layer_row_next(struct sw_cursor *rows, struct layer_row *row)
{
    struct sw_cursor ahead = *rows;
    struct layer_row got = {0};
    uint8_t kind = 0;

    if (sw_cursor_u8(&ahead, &kind) != SW_OK || kind < LAYER_FINDING || kind > LAYER_GAP ||
        sw_cursor_block(&ahead, &got.place) != SW_OK || sw_cursor_block(&ahead, &got.text) != SW_OK)
        return false;
    got.kind = (enum layer_note)kind;
    *rows = ahead;
    *row = got;
    return true;
}

/* --- places ------------------------------------------------------------------------------- */

bool layer_place_below(struct sw_view place, struct sw_view outer, struct sw_view *below)
{
    *below = place;
    if (outer.size == 0)
        return true;
    if (!sw_view_starts(place, outer))
        return false;
    *below = sw_view_skip(place, outer.size);
    if (below->size == 0)
        return true;
    const bool inside = below->data[0] == '!';
    *below = sw_view_skip(*below, 1);
    return inside;
}

bool layer_place_join(struct sw_view outer, struct sw_view below, struct sw_buf *place)
{
    return sw_buf_append(place, outer.data, outer.size) == SW_OK &&
           (outer.size == 0 || below.size == 0 || sw_buf_append_u8(place, '!') == SW_OK) &&
           sw_buf_append(place, below.data, below.size) == SW_OK;
}

/* --- records -------------------------------------------------------------------------------- */

static json_t *record_of(struct sw_view text)
{
    json_t *record = NULL;

    if (text.size <= SW_RECORD_MAX)
        record = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(record) && json_is_array(json_object_get(record, "chain")))
        return record;
    json_decref(record);
    return NULL;
}

static bool put_record(json_t *record, struct sw_buf *text)
{
    char *line = record != NULL ? json_dumps(record, JSON_COMPACT) : NULL;
    const bool put = line != NULL && sw_buf_append_text(text, line) == SW_OK;

    free(line);
    json_decref(record);
    return put;
}

bool layer_record_cut(struct sw_view record_text, size_t depth, struct sw_buf *text)
{
    json_t *record = record_of(record_text);
    json_t *chain = json_object_get(record, "chain");

    if (json_array_size(chain) < depth) {
        json_decref(record);
        return false;
    }
    for (size_t i = 0; i < depth; i++)
        (void)json_array_remove(chain, 0);
    return put_record(record, text);
}

bool layer_record_join(struct sw_view record_text, const json_t *hops, struct sw_buf *text)
{
    json_t *record = record_of(record_text);
    json_t *chain = json_object_get(record, "chain");
    json_t *all = record != NULL ? json_copy((json_t *)(uintptr_t)hops) : NULL;

    if (all == NULL || json_array_extend(all, chain) != 0 ||
        json_object_set(record, "chain", all) != 0) {
        json_decref(all);
        json_decref(record);
        return false;
    }
    json_decref(all);
    return put_record(record, text);
}

/* --- messages --------------------------------------------------------------------------------- */

bool layer_part_move(struct sw_view body, uint64_t item, struct sw_view place, struct sw_buf *moved)
{
    struct sw_image_message message;

    if (sw_image_message_decode(body, &message) != SW_OK)
        return false;
    message.item = item;
    message.place = place;
    return sw_image_message_encode(&message, moved) == SW_OK;
}
