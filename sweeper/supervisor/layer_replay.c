/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_replay.c - the conductor's end of --layer-cache: layers that need not be read.
 *
 * The engine is told the keys of all entries. Of a layer with such a key it says only that it is
 * there, and what lies around it; the rows of the entry are then taken as if the engine had
 * said them, with the same checks.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "conductor.h"
#include "supervisor/image_form.h"
#include "supervisor/image_place.h"
#include "supervisor/layer_cache.h"
#include "supervisor/layer_notes.h"
#include "supervisor/record_parts.h"
#include "sweeper/text.h"

struct replay {
    struct conductor *conductor;
    struct flight_entry *entry;
    struct sw_view place;
    const json_t *chain;
    const char *digest; /* of the layer */
    bool noted;         /* it lies in a layer that may be kept */
    size_t layers;      /* rows that are about it */
};

/* Of the layer itself an entry says what it is, once: with this digest, and complete. */
static bool is_it(struct replay *replay, const struct sw_image_message *message)
{
    json_t *said = NULL;

    if (message->part != SW_IMAGE_BLOB || message->place.size != replay->place.size)
        return true;
    if (image_form_blob(message->json, &said) != NULL)
        return false;
    const char *digest = json_string_value(json_object_get(said, "sha256"));
    const json_t *layer = json_object_get(said, "layer");
    const bool same = digest != NULL && strcmp(digest, replay->digest) == 0 &&
                      json_is_true(json_object_get(layer, "complete"));
    json_decref(said);
    return same && ++replay->layers == 1;
}

static bool replay_record(const struct replay *replay, const struct layer_row *row)
{
    struct flight_entry *entry = replay->entry;
    struct sw_view below;
    struct sw_error error;
    struct sw_buf text;
    json_t *record = NULL;

    sw_buf_init(&text, SW_GIB);
    bool good = layer_record_join(row->text, replay->chain, &text) &&
                sw_record_complete((const char *)text.data, text.size, &entry->item, &record,
                                   &error) == SW_OK;
    const char *type = json_string_value(json_object_get(record, "type"));
    good = good && strcmp(type, "finding") == 0 &&
           layer_place_below(layer_place_in(record), replay->place, &below) &&
           sw_view_equal(below, row->place);
    if (good && replay->noted)
        layer_note(replay->conductor, entry,
                   &(struct layer_row){LAYER_FINDING, layer_place_in(record), sw_buf_view(&text)});
    if (good)
        settle_item_record(replay->conductor, entry, record);
    else
        json_decref(record);
    sw_buf_done(&text);
    return good;
}

static const char *take_part(const struct replay *replay, struct sw_image_message *message)
{
    struct conductor *conductor = replay->conductor;
    const struct sw_item *item = &replay->entry->item;
    bool failed = false;

    message->cached = true;
    if (message->part == SW_IMAGE_STORE)
        return stores_message(conductor, item, message);
    const char *why = sw_images_take(conductor->images, item, message, &failed);
    if (failed)
        settle_failure(conductor, "no memory for the parts of images");
    return why;
}

static bool replay_part(struct replay *replay, const struct layer_row *row)
{
    struct sw_image_message message;
    struct sw_buf place, body;

    sw_buf_init(&place, SW_IMAGE_PLACE_MAX);
    sw_buf_init(&body, SW_GIB);
    bool good = layer_place_join(replay->place, row->place, &place) &&
                layer_part_move(row->text, replay->entry->id, sw_buf_view(&place), &body) &&
                sw_image_message_decode(sw_buf_view(&body), &message) == SW_OK &&
                is_it(replay, &message) && take_part(replay, &message) == NULL;
    if (good && replay->noted)
        layer_note(replay->conductor, replay->entry,
                   &(struct layer_row){LAYER_PART, sw_buf_view(&place), sw_buf_view(&body)});
    sw_buf_done(&place);
    sw_buf_done(&body);
    return good;
}

static bool replay_rows(struct replay *replay, struct sw_view content)
{
    struct sw_cursor cursor = sw_cursor_of(content);
    struct layer_row row;
    bool good = true;

    while (good && !sw_cursor_at_end(&cursor)) {
        good = layer_row_next(&cursor, &row) && row.kind != LAYER_GAP;
        if (good)
            good =
                row.kind == LAYER_FINDING ? replay_record(replay, &row) : replay_part(replay, &row);
    }
    return good && replay->layers == 1;
}

/* Whole when the sweep began, or else nobody would have been told that it is there. */
static void take_entry(struct replay *replay, const char *key)
{
    struct conductor *conductor = replay->conductor;
    struct flight_entry *entry = replay->entry;
    struct sw_buf content;

    sw_buf_init(&content, SW_GIB);
    if (sw_layer_cache_load(conductor->layer_cache, key, &content) &&
        replay_rows(replay, sw_buf_view(&content))) {
        conductor->totals.layers_used++;
    } else {
        layer_notes_spoil(conductor, entry);
        settle_item_record(conductor, entry,
                           sw_record_gap(&entry->item, SW_GAP_IO_ERROR,
                                         "a layer was not read, because it was in the "
                                         "--layer-cache, and is no more"));
    }
    sw_buf_done(&content);
}

/* The outermost layer is not kept again. */
static bool lies_in_layer(const struct replay *replay)
{
    struct image_place outer;
    struct sw_buf locator;
    size_t at = 0;

    sw_buf_init(&locator, SW_GIB);
    bool inside = sw_text_escape_hop(&locator, sw_item_path(&replay->entry->item)) != SW_OK ||
                  (replay->place.size != 0 &&
                   (sw_buf_append_u8(&locator, '!') != SW_OK ||
                    sw_buf_append(&locator, replay->place.data, replay->place.size) != SW_OK)) ||
                  !image_place_next(sw_buf_view(&locator), &at, &outer) ||
                  outer.place.size != locator.size;
    sw_buf_done(&locator);
    return inside;
}

/* False: that has been done. A NUL follows the place of a message. */
static bool is_first(struct layer_notes *notes, struct sw_view place)
{
    const char *name = (const char *)place.data;

    if (notes == NULL || (notes->replayed == NULL && (notes->replayed = json_object()) == NULL))
        return true;
    if (json_object_get(notes->replayed, name) != NULL)
        return false;
    (void)json_object_set_new(notes->replayed, name, json_true());
    return true;
}

bool layers_replay(struct conductor *conductor, struct flight_entry *entry,
                   const struct sw_image_message *message, const char **why)
{
    struct replay replay = {.conductor = conductor, .entry = entry, .place = message->place};
    json_t *said = NULL;

    if (message->part != SW_IMAGE_BLOB || image_form_blob(message->json, &said) != NULL)
        return false;
    const char *key = json_string_value(json_object_get(said, "key"));
    const bool cached = json_is_true(json_object_get(said, "cached"));
    replay.chain = json_object_get(said, "chain");
    replay.digest = json_string_value(json_object_get(said, "sha256"));
    if (cached && (conductor->layer_cache == NULL || key == NULL || replay.digest == NULL ||
                   !json_is_array(replay.chain) || !sw_text_is_printable(message->place) ||
                   !sw_layer_cache_knows(conductor->layer_cache, key))) {
        *why = "a layer that nobody has said need not be read";
    } else if (cached && is_first(layer_notes_of(conductor, entry), message->place)) {
        replay.noted = lies_in_layer(&replay);
        take_entry(&replay, key);
    }
    json_decref(said);
    return cached;
}
