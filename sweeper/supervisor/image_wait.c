/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_wait.c - the conductor's end of images: records wait until it is known what became
 * of the layer that they lie in.
 *
 * What lies in an archive waits for the end of its item, what lies in a blob that is a file
 * for the end of the sweep. They wait on disk (spool.h), in the order of documents, so that
 * a sweep says the same in the same order whatever came first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "conductor.h"
#include "supervisor/image_model.h"
#include "supervisor/image_tell.h"
#include "supervisor/layer_notes.h"
#include "supervisor/record_order.h"
#include "supervisor/record_parts.h"
#include "supervisor/spool.h"
#include "sweeper/text.h"

enum {
    ITEM_RUN = 256 * 1024,       /* bytes in memory of what waits for one item */
    SWEEP_RUN = 4 * 1024 * 1024, /* and for the end */
    HEAD_SIZE = 16,              /* of a row: root and item */
};

/* Made when it is first needed. NULL: no memory, which ends the sweep. */
static struct sw_images *get(struct conductor *conductor)
{
    const struct sw_options *options = conductor->options;

    if (conductor->images != NULL)
        return conductor->images;
    conductor->images =
        sw_images_new((size_t)(options->limits.memory_max / SW_IMAGES_SHARE), &options->platforms);
    if (conductor->images == NULL) {
        settle_failure(conductor, "no memory for the parts of images");
        return NULL;
    }
    conductor->images->bases = conductor->bases;
    conductor->images->roots = sw_walk_roots(conductor->walk, &conductor->images->root_count);
    return conductor->images;
}

static void no_memory(struct conductor *conductor)
{
    settle_failure(conductor, "no memory for a record");
}

/* --- what the walk and the engine say ------------------------------------------------------- */

/* An item's own locator. */
static bool locator_of(const struct sw_item *item, struct sw_buf *locator)
{
    sw_buf_init(locator, SW_GIB);
    return sw_text_escape_hop(locator, sw_item_path(item)) == SW_OK;
}

bool images_own(const struct sw_item *item)
{
    struct sw_image_name name = sw_image_name_of(sw_item_path(item));

    return name.form != SW_IMAGE_FORM_NONE;
}

void images_unread(struct conductor *conductor, const struct sw_item *item)
{
    struct sw_buf locator;
    bool file = false;

    if (conductor->walk == NULL || conductor->reading_bases || !images_own(item))
        return;
    if (!locator_of(item, &locator))
        no_memory(conductor);
    else if (image_concerns(sw_buf_view(&locator), &file) && get(conductor) != NULL)
        sw_images_unread(conductor->images, item, 0, sw_buf_view(&locator),
                         item->kind == SW_ITEM_GAP ? item->gap : SW_GAP_NONE);
    sw_buf_done(&locator);
}

/* Of layers that were not read for the cache's sake nothing is said again. */
static void begin_again(struct conductor *conductor, struct flight_entry *entry)
{
    const struct layer_notes *notes =
        conductor->layer_cache != NULL ? layer_notes_of(conductor, entry) : NULL;

    if (notes == NULL || json_object_size(notes->replayed) == 0) {
        if (conductor->images != NULL)
            sw_images_again(conductor->images, entry->id);
        stores_again(conductor, &entry->item);
    }
    if (conductor->layer_cache != NULL)
        layer_notes_spoil(conductor, entry);
}

const char *images_message(struct conductor *conductor, struct sw_view body)
{
    struct sw_image_message message;
    bool failed = false;

    if (sw_image_message_decode(body, &message) != SW_OK)
        return "a malformed message about an image";
    struct flight_entry *entry = flight_find(&conductor->flight, message.item);
    if (entry == NULL || entry->state != FLIGHT_SENT)
        return "a part of an image that is not under way";
    if (conductor->reading_bases)
        return bases_message(conductor, entry, &message);
    if (conductor->walk == NULL)
        return NULL;
    const char *why = NULL;
    if (message.part == SW_IMAGE_AGAIN) {
        begin_again(conductor, entry);
        return NULL;
    }
    if (message.part == SW_IMAGE_STORE) {
        why = stores_message(conductor, &entry->item, &message);
        if (why == NULL)
            layers_note_part(conductor, entry, &message, body);
        return why;
    }
    if (get(conductor) == NULL)
        return NULL;
    if (layers_replay(conductor, entry, &message, &why))
        return why;
    why = sw_images_take(conductor->images, &entry->item, &message, &failed);
    if (why == NULL)
        layers_note_part(conductor, entry, &message, body);
    if (failed)
        settle_failure(conductor, "no memory for the parts of images");
    return why;
}

void images_restart(struct conductor *conductor)
{
    layers_restart(conductor);
    if (conductor->images != NULL)
        sw_images_restart(conductor->images, 0);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* As a row: where it comes from, and the record. The order is that of documents. */
static enum sw_status put_row(struct sw_spool *spool, uint64_t root, uint64_t item,
                              const json_t *record, uint64_t *bytes)
{
    struct sw_buf key, text;
    struct sw_error error;
    enum sw_status status = SW_SKIP;

    sw_buf_init(&key, SW_GIB);
    sw_buf_init(&text, SW_GIB);
    if (sw_record_key(record, &key) == SW_OK && sw_buf_append_u64(&text, root) == SW_OK &&
        sw_buf_append_u64(&text, item) == SW_OK && sw_record_encode(record, &text) == SW_OK)
        status = sw_spool_add(spool, sw_buf_view(&key), sw_buf_view(&text), &error);
    *bytes += key.size + text.size;
    sw_buf_done(&key);
    sw_buf_done(&text);
    return status;
}

static struct sw_spool *spool_for(struct sw_spool **spool, size_t run_max)
{
    struct sw_error error;

    if (*spool == NULL && sw_spool_new(run_max, spool, &error) != SW_OK)
        *spool = NULL;
    return *spool;
}

bool images_hold(struct conductor *conductor, struct flight_entry *entry, const json_t *record)
{
    const char *locator = json_string_value(json_object_get(record, "locator"));
    struct sw_spool *spool = NULL;
    bool file = false;

    if (conductor->walk == NULL || conductor->reading_bases || locator == NULL ||
        !image_concerns(sw_view_of(locator), &file) || get(conductor) == NULL)
        return false;
    if (strcmp(json_string_value(json_object_get(record, "type")), "gap") == 0)
        sw_images_unread(conductor->images, &entry->item, entry->id, sw_view_of(locator),
                         SW_GAP_NONE);
    if (conductor->image_bytes >= conductor->options->limits.spill_max) {
        conductor->images->full = true;
        return false;
    }
    spool = file ? spool_for(&conductor->image_held, SWEEP_RUN)
                 : spool_for(&entry->image_held, ITEM_RUN);
    if (spool != NULL &&
        put_row(spool, entry->item.root_index, entry->id, record, &conductor->image_bytes) == SW_OK)
        return true;
    conductor->images->full = true;
    return false;
}

/* --- scopes are complete
 * -------------------------------------------------------------------------- */

struct ending {
    struct conductor *conductor;
    struct flight_entry *entry; /* NULL: the sweep ends */
    uint64_t item;              /* of the scope that is joined */
};

/* Tells what is known, and lets go. */
static void finish(struct ending *ending, const struct sw_item *item, uint64_t id, json_t *record)
{
    struct conductor *conductor = ending->conductor;
    const enum image_told told =
        record != NULL ? image_tell(conductor->images, id, record) : IMAGE_NO_MEMORY;

    if (told == IMAGE_NO_MEMORY)
        no_memory(conductor);
    if (told == IMAGE_LEFT_OUT) {
        conductor->totals.other_platform++;
        json_decref(record);
    } else if (ending->entry != NULL) {
        settle_whole_record(conductor, ending->entry, record);
    } else {
        settle_late_record(conductor, item, record);
    }
}

static void on_remark(void *context, const struct image_remark *remark)
{
    struct ending *ending = context;

    /* That all of it is left out is not left out. */
    if (remark->trouble == IMAGE_TROUBLE_PLATFORM) {
        settle_late_record(ending->conductor, &remark->blob->source->item,
                           image_remark_record(remark));
        return;
    }
    finish(ending, &remark->blob->source->item, ending->item, image_remark_record(remark));
}

static enum sw_status on_row(void *context, struct sw_view text, struct sw_error *error)
{
    struct ending *ending = context;
    struct sw_cursor cursor = sw_cursor_of(text);
    uint64_t root = 0, id = 0;

    if (sw_cursor_u64(&cursor, &root) != SW_OK || sw_cursor_u64(&cursor, &id) != SW_OK)
        return sw_fail(error, SW_STOP, "images", 0, "a record that waited is damaged");
    const struct sw_item item = {.fd = -1, .root_index = (uint32_t)root};
    json_t *record =
        json_loadb((const char *)cursor.rest.data, cursor.rest.size, JSON_ALLOW_NUL, NULL);
    finish(ending, &item, id, record);
    return record != NULL ? SW_OK : SW_STOP;
}

static void let_go(struct ending *ending, struct sw_spool **spool)
{
    struct sw_error error = {0};

    if (*spool == NULL)
        return;
    if (sw_spool_drain(*spool, on_row, ending, &error) != SW_OK)
        settle_failure(ending->conductor,
                       error.text[0] != '\0' ? error.text : "no memory for a record");
    sw_spool_free(*spool);
    *spool = NULL;
}

static bool is_whole(const struct conductor *conductor)
{
    const struct sw_totals *totals = &conductor->totals;

    return !totals->interrupted && !totals->failed && !conductor->stopping;
}

/* Those of the scopes that are complete with this item, or all of them. */
static void join_all(struct ending *ending, struct image_scope *scope, bool whole)
{
    struct conductor *conductor = ending->conductor;

    for (; scope != NULL; scope = scope->next) {
        if (ending->entry != NULL && scope->item != ending->entry->id)
            continue;
        ending->item = scope->item;
        if (!sw_images_join(conductor->images, scope, whole, on_remark, ending))
            settle_failure(conductor, "no memory for the parts of images");
    }
}

/* Said once: from then on nothing can be said of some images. */
static void say_full(struct conductor *conductor, const struct sw_item *item)
{
    if (!conductor->images->full || conductor->image_full_told)
        return;
    conductor->image_full_told = true;
    settle_late_record(conductor, item,
                       sw_record_gap(item, SW_GAP_LIMIT_MEMORY,
                                     "more parts of container images than are kept: what lies "
                                     "in some of them is told without its layer"));
}

void images_item_end(struct conductor *conductor, struct flight_entry *entry, bool judged)
{
    struct ending ending = {.conductor = conductor, .entry = entry};
    bool file = false;
    struct sw_buf locator;

    layers_item_end(conductor, entry, judged);
    if (conductor->walk == NULL || conductor->reading_bases ||
        (conductor->images == NULL && !images_own(&entry->item)))
        return;
    if (!judged)
        images_unread(conductor, &entry->item);
    if (conductor->images == NULL)
        return;
    sw_images_restart(conductor->images, entry->id);
    join_all(&ending, conductor->images->inside, judged && is_whole(conductor));
    let_go(&ending, &entry->image_held);
    say_full(conductor, &entry->item);
    if (!locator_of(&entry->item, &locator))
        no_memory(conductor);
    else
        sw_images_drop(conductor->images, entry->id, !image_concerns(sw_buf_view(&locator), &file));
    sw_buf_done(&locator);
}

void images_end(struct conductor *conductor)
{
    struct ending ending = {.conductor = conductor};
    struct flight *flight = &conductor->flight;

    /* What was under way when the sweep was ended: said as far as it is known. */
    for (size_t state = FLIGHT_FREE + 1; state < FLIGHT_STATE_COUNT; state++)
        for (struct flight_entry *entry = flight->lists[state].first; entry != NULL;
             entry = entry->next)
            images_item_end(conductor, entry, false);
    if (conductor->images == NULL)
        return;
    join_all(&ending, conductor->images->inside, is_whole(conductor));
    join_all(&ending, conductor->images->scopes, is_whole(conductor));
    let_go(&ending, &conductor->image_held);
}

void images_done(struct conductor *conductor)
{
    sw_images_free(conductor->images);
    sw_spool_free(conductor->image_held);
}
