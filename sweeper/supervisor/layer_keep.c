/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_keep.c - the conductor's end of --layer-cache: what is kept of a layer that was read.
 *
 * What the engine says of a layer is noted word for word, beside what is done with it: its
 * records, and its messages as a part of an image. When the item ends well, and nothing of the
 * layer is missing, the notes become an entry. Taking them again is layer_replay.c.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "conductor.h"
#include "supervisor/image_form.h"
#include "supervisor/image_tell.h"
#include "supervisor/layer_cache.h"
#include "supervisor/layer_context.h"
#include "supervisor/layer_notes.h"
#include "sweeper/rulepack.h"

enum sw_status layers_open(struct conductor *conductor, const struct sw_rulepack *pack,
                           struct sw_error *error)
{
    struct child *child = &conductor->child;
    const struct sw_options *options = conductor->options;
    char context[SW_SHA256_HEX_SIZE];

    if (options->layer_cache == NULL)
        return SW_OK;
    conductor->totals.layer_caching = true;
    if (!layer_context_lasts(pack)) {
        sw_layer_cache_say("a rule asks what time it is: it is not used", 0);
        return SW_OK;
    }
    conductor->layer_bytes_max = (size_t)(options->limits.memory_max / SW_LAYERS_SHARE);
    if (layer_context(child, pack, context) != SW_OK)
        return sw_fail(error, SW_STOP, "layers", 0, "no memory for the cache of layers");
    conductor->layer_cache =
        sw_layer_cache_open(options->layer_cache, context, conductor->layer_bytes_max);
    if (conductor->layer_cache == NULL)
        return SW_OK;
    child->config.keep_layers = true;
    child->config.layers = sw_layer_cache_keys(conductor->layer_cache);
    return SW_OK;
}

void layers_done(struct conductor *conductor)
{
    sw_layer_cache_free(conductor->layer_cache);
    conductor->layer_cache = NULL;
}

/* --- notes ---------------------------------------------------------------------------------- */

static void drop_rows(struct conductor *conductor, struct layer_notes *notes)
{
    conductor->layer_bytes -= notes->rows.size;
    sw_buf_done(&notes->rows);
}

void layer_notes_spoil(struct conductor *conductor, struct flight_entry *entry)
{
    struct layer_notes *notes = layer_notes_of(conductor, entry);

    if (notes == NULL)
        return;
    notes->spoiled = true;
    drop_rows(conductor, notes);
}

struct layer_notes *layer_notes_of(const struct conductor *conductor, struct flight_entry *entry)
{
    if (entry->layer_notes == NULL) {
        entry->layer_notes = calloc(1, sizeof(*entry->layer_notes));
        if (entry->layer_notes != NULL)
            sw_buf_init(&entry->layer_notes->rows, conductor->layer_bytes_max);
    }
    return entry->layer_notes;
}

void layer_note(struct conductor *conductor, struct flight_entry *entry,
                const struct layer_row *row)
{
    struct layer_notes *notes = layer_notes_of(conductor, entry);
    const size_t before = notes != NULL ? notes->rows.size : 0;

    if (notes == NULL || notes->spoiled)
        return;
    const bool noted = layer_row_put(&notes->rows, row);
    conductor->layer_bytes += notes->rows.size - before;
    if (!noted || conductor->layer_bytes > conductor->layer_bytes_max)
        layer_notes_spoil(conductor, entry);
}

struct sw_view layer_place_in(const json_t *record)
{
    const char *locator = json_string_value(json_object_get(record, "locator"));
    const char *hop = locator != NULL ? strchr(locator, '!') : NULL;

    return hop != NULL ? sw_view_of(hop + 1) : (struct sw_view){0};
}

void layers_note_record(struct conductor *conductor, struct flight_entry *entry,
                        struct sw_view text, const json_t *record)
{
    const char *locator = json_string_value(json_object_get(record, "locator"));
    const bool gap = strcmp(json_string_value(json_object_get(record, "type")), "gap") == 0;
    const struct layer_row row = {
        .kind = gap ? LAYER_GAP : LAYER_FINDING, .place = layer_place_in(record), .text = text};
    bool file = false;

    if (conductor->layer_cache == NULL || conductor->reading_bases || locator == NULL)
        return;
    if (image_concerns(sw_view_of(locator), &file))
        layer_note(conductor, entry, &row);
    else if (gap)
        layer_notes_spoil(conductor, entry); /* of what is around its layers */
}

void layers_note_part(struct conductor *conductor, struct flight_entry *entry,
                      const struct sw_image_message *message, struct sw_view body)
{
    const struct layer_row row = {.kind = LAYER_PART, .place = message->place, .text = body};

    if (conductor->layer_cache != NULL)
        layer_note(conductor, entry, &row);
}

void layers_restart(struct conductor *conductor)
{
    const struct flight_list *sent = &conductor->flight.lists[FLIGHT_SENT];

    if (conductor->layer_cache == NULL)
        return;
    for (struct flight_entry *entry = sent->first; entry != NULL; entry = entry->next)
        layer_notes_spoil(conductor, entry);
}

/* --- one layer ------------------------------------------------------------------------------ */

struct kept {
    struct sw_view place;
    size_t depth; /* hops above what is in it */
    char key[SW_SHA256_HEX_SIZE];
    size_t blobs;       /* of that place */
    struct sw_buf rows; /* of the entry */
    struct sw_buf text; /* of one row */
};

/* Of a layer, or of one in an image that lies in it, something is missing. */
static bool lacks(const json_t *said)
{
    const json_t *layer = json_object_get(said, "layer");

    return json_is_object(layer) && (!json_is_true(json_object_get(layer, "complete")) ||
                                     !json_is_string(json_object_get(layer, "diff_id")));
}

static json_t *blob_of(const struct layer_row *row)
{
    struct sw_image_message message;
    json_t *said = NULL;

    if (row->kind != LAYER_PART || sw_image_message_decode(row->text, &message) != SW_OK ||
        message.part != SW_IMAGE_BLOB || image_form_blob(message.json, &said) != NULL)
        return NULL;
    return said;
}

/* False: it must not be kept. */
static bool take_row(struct kept *kept, const struct layer_row *row, struct sw_view below)
{
    struct layer_row taken = {.kind = row->kind, .place = below};

    sw_buf_clear(&kept->text);
    if (row->kind == LAYER_FINDING) {
        if (!layer_record_cut(row->text, kept->depth, &kept->text))
            return false;
    } else {
        json_t *said = blob_of(row);
        const bool lacking = lacks(said);
        json_decref(said);
        kept->blobs += said != NULL && below.size == 0 ? 1 : 0;
        if (lacking || !layer_part_move(row->text, 1, below, &kept->text))
            return false;
    }
    taken.text = sw_buf_view(&kept->text);
    return layer_row_put(&kept->rows, &taken);
}

/* All that was noted of one layer. What is missing around it may be missing in it; of two
 * blobs with one name nobody knows whose a row is. */
static bool gather(const struct layer_notes *notes, struct kept *kept)
{
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&notes->rows));
    struct sw_view below, above;
    struct layer_row row;
    bool good = true;

    while (good && !sw_cursor_at_end(&cursor)) {
        good = layer_row_next(&cursor, &row);
        const bool inside = good && layer_place_below(row.place, kept->place, &below);
        if (good && row.kind == LAYER_GAP)
            good = !inside && !layer_place_below(kept->place, row.place, &above);
        else if (inside)
            good = take_row(kept, &row, below);
    }
    return good && kept->blobs == 1;
}

/* Whether it is a layer, and what it is kept under. */
static bool is_layer(const struct layer_row *row, struct kept *kept)
{
    json_t *said = blob_of(row);
    const char *key = json_string_value(json_object_get(said, "key"));
    const json_t *depth = json_object_get(said, "depth");
    const bool layer = key != NULL && json_is_integer(depth) && !lacks(said) &&
                       json_is_object(json_object_get(said, "layer"));

    if (layer) {
        memcpy(kept->key, key, sizeof(kept->key));
        kept->depth = (size_t)json_integer_value(depth);
        kept->place = row->place;
    }
    json_decref(said);
    return layer;
}

static void keep(struct conductor *conductor, const struct layer_notes *notes,
                 const struct layer_row *row)
{
    struct kept kept = {0};

    if (!is_layer(row, &kept) || sw_layer_cache_has(conductor->layer_cache, kept.key))
        return;
    sw_buf_init(&kept.rows, conductor->layer_bytes_max);
    sw_buf_init(&kept.text, SW_GIB);
    if (gather(notes, &kept) && sw_layer_cache_store(conductor->layer_cache, kept.key, &kept.rows))
        conductor->totals.layers_stored++;
    sw_buf_done(&kept.rows);
    sw_buf_done(&kept.text);
}

void layers_item_end(struct conductor *conductor, struct flight_entry *entry, bool judged)
{
    struct layer_notes *notes = entry->layer_notes;
    struct layer_row row;

    if (notes == NULL)
        return;
    if (judged && !notes->spoiled && entry->deaths == 0 && entry->skip_count == 0 &&
        !conductor->stopping) {
        struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&notes->rows));
        while (!sw_cursor_at_end(&cursor) && layer_row_next(&cursor, &row))
            keep(conductor, notes, &row);
    }
    drop_rows(conductor, notes);
    json_decref(notes->replayed);
    free(notes);
    entry->layer_notes = NULL;
}
