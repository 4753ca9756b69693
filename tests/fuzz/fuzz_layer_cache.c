/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of --layer-cache. Input: the place of a layer, a newline, the rows of an entry.
 *
 * Rows are taken whole or not at all, and written again they are the same bytes. A place that
 * is joined lies below, where it was; a record has the hops back that were cut off; a message
 * has the place that it was moved to. What comes out is taken by the model of images, or
 * refused.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fuzz.h"
#include "supervisor/image_model.h"
#include "supervisor/layer_rows.h"
#include "supervisor/record_check.h"
#include "sweeper/text.h"

enum { ITEM = 7 };

static void try_place(struct sw_view place, struct sw_view outer)
{
    struct sw_buf joined;
    struct sw_view below;

    sw_buf_init(&joined, SW_GIB);
    FUZZ_CHECK(layer_place_join(outer, place, &joined));
    FUZZ_CHECK(layer_place_below(sw_buf_view(&joined), outer, &below));
    FUZZ_CHECK(sw_view_equal(below, place));
    if (layer_place_below(place, outer, &below)) {
        sw_buf_clear(&joined);
        FUZZ_CHECK(layer_place_join(outer, below, &joined));
        /* "x!" is "x", with nothing below it */
        FUZZ_CHECK(sw_view_equal(sw_buf_view(&joined), place) || below.size == 0);
    }
    sw_buf_done(&joined);
}

static void try_record(struct sw_view text, const json_t *hops)
{
    struct sw_buf joined, cut, again;
    enum sw_engine_record kind;
    json_t *record = NULL;
    struct sw_error error;

    sw_buf_init(&joined, SW_GIB);
    sw_buf_init(&cut, SW_GIB);
    sw_buf_init(&again, SW_GIB);
    if (layer_record_join(text, hops, &joined) && joined.size <= SW_RECORD_MAX) {
        FUZZ_CHECK(layer_record_cut(sw_buf_view(&joined), json_array_size(hops), &cut));
        FUZZ_CHECK(layer_record_join(sw_buf_view(&cut), hops, &again));
        FUZZ_CHECK(sw_view_equal(sw_buf_view(&joined), sw_buf_view(&again)));
        if (sw_record_check((const char *)joined.data, joined.size, &kind, &record, &error) ==
            SW_OK)
            json_decref(record);
    }
    sw_buf_done(&joined);
    sw_buf_done(&cut);
    sw_buf_done(&again);
}

static void try_part(struct sw_images *images, const struct sw_item *item, struct sw_view body,
                     struct sw_view place)
{
    struct sw_image_message message;
    struct sw_buf moved;
    bool failed = false;

    sw_buf_init(&moved, SW_GIB);
    if (sw_text_is_printable(place) && layer_part_move(body, ITEM, place, &moved)) {
        FUZZ_CHECK(sw_image_message_decode(sw_buf_view(&moved), &message) == SW_OK);
        FUZZ_CHECK(message.item == ITEM && sw_view_equal(message.place, place));
        message.cached = true;
        if (message.part != SW_IMAGE_STORE)
            (void)sw_images_take(images, item, &message, &failed);
        FUZZ_CHECK(!failed);
    }
    sw_buf_done(&moved);
}

static void try_rows(struct sw_images *images, const struct sw_item *item, struct sw_view content,
                     struct sw_view place, const json_t *hops)
{
    struct sw_cursor cursor = sw_cursor_of(content);
    struct layer_row row;
    struct sw_buf again;

    sw_buf_init(&again, SW_GIB);
    while (layer_row_next(&cursor, &row)) {
        FUZZ_CHECK(layer_row_put(&again, &row));
        try_place(row.place, place);
        if (row.kind == LAYER_PART)
            try_part(images, item, row.text, place);
        else
            try_record(row.text, hops);
    }
    FUZZ_CHECK(again.size == content.size - cursor.rest.size);
    FUZZ_CHECK(sw_view_equal(sw_buf_view(&again), sw_view_first(content, again.size)));
    sw_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[] = "/srv/a.tar";
    const struct sw_item item = {
        .kind = SW_ITEM_OBJECT, .fd = -1, .path = path, .path_size = sizeof(path) - 1};
    static const struct sw_texts platforms;
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    const struct sw_view place = fuzz_until(&input, '\n');
    uint8_t *content = fuzz_copy(input.rest);
    json_t *hops = json_pack("[{s:s, s:s, s:i}]", "kind", "tar", "name", "a", "mode", 0444);
    struct sw_images *images = sw_images_new(SW_MIB, &platforms);

    FUZZ_CHECK(hops != NULL && images != NULL);
    try_rows(images, &item, (struct sw_view){content, input.rest.size}, place, hops);
    sw_images_free(images);
    json_decref(hops);
    free(content);
    return 0;
}
