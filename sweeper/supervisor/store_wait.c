/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_wait.c - the conductor's end of the stores of container engines: findings in a
 * directory of a layer wait until the end of the sweep, when it is known whose it is.
 *
 * They wait on disk (spool.h), in the order of documents, within --spill together with what
 * waits for images.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "conductor.h"
#include "supervisor/image_store.h"
#include "supervisor/record_order.h"
#include "supervisor/record_parts.h"
#include "supervisor/spool.h"
#include "sweeper/store.h"
#include "sweeper/text.h"

enum { RUN = 4 * 1024 * 1024 /* bytes in memory of what waits */ };

/* Made when it is first needed. False: no memory, which ends the sweep. */
static bool get(struct conductor *conductor, const struct sw_item *item)
{
    if (conductor->stores != NULL)
        return true;
    conductor->store_item = (struct sw_item){.kind = SW_ITEM_OBJECT,
                                             .fd = -1,
                                             .root_index = item->root_index,
                                             .facts = item->facts,
                                             .path = strdup(item->path),
                                             .path_size = item->path_size};
    if (conductor->store_item.path != NULL)
        conductor->stores =
            sw_stores_new((size_t)(conductor->options->limits.memory_max / SW_STORES_SHARE));
    if (conductor->stores == NULL) {
        free(conductor->store_item.path);
        conductor->store_item.path = NULL;
        settle_failure(conductor, "no memory for what container engines keep");
    }
    return conductor->stores != NULL;
}

bool stores_own(const struct sw_item *item)
{
    return sw_store_name_of(sw_item_path(item)).part != SW_STORE_NONE;
}

/* Once: from then on some directories are nobody's. Not before the item has ended: what was
 * too much may be dropped again. */
void stores_item_end(struct conductor *conductor, const struct sw_item *item)
{
    if (conductor->stores == NULL || conductor->store_full_told ||
        !sw_stores_are_full(conductor->stores))
        return;
    conductor->store_full_told = true;
    settle_late_record(conductor, item,
                       sw_record_gap(item, SW_GAP_LIMIT_MEMORY,
                                     "more about layers, images and containers than is kept: some "
                                     "findings do not say whose directory they lie in"));
}

const char *stores_message(struct conductor *conductor, const struct sw_item *item,
                           const struct sw_image_message *message)
{
    struct sw_buf locator;
    const char *why = NULL;
    bool failed = false;

    if (!sw_text_is_printable(message->place))
        return "a place in a store that cannot be printed";
    if (!get(conductor, item))
        return NULL;
    sw_buf_init(&locator, SW_GIB);
    failed = sw_text_escape_hop(&locator, sw_item_path(item)) != SW_OK ||
             (message->place.size != 0 &&
              (sw_buf_append_text(&locator, "!") != SW_OK ||
               sw_buf_append(&locator, message->place.data, message->place.size) != SW_OK));
    if (!failed)
        why = sw_stores_take(conductor->stores, sw_buf_view(&locator), message->json, &failed);
    sw_buf_done(&locator);
    if (failed)
        settle_failure(conductor, "no memory for what container engines keep");
    return why;
}

void stores_again(struct conductor *conductor, const struct sw_item *item)
{
    struct sw_buf locator;

    if (conductor->stores == NULL)
        return;
    sw_buf_init(&locator, SW_GIB);
    if (sw_text_escape_hop(&locator, sw_item_path(item)) == SW_OK)
        sw_stores_again(conductor->stores, sw_buf_view(&locator));
    else
        settle_failure(conductor, "no memory for what container engines keep");
    sw_buf_done(&locator);
}

/* --- findings that wait ------------------------------------------------------------------ */

static bool hold(struct conductor *conductor, const json_t *record)
{
    struct sw_buf key, text;
    struct sw_error error;

    if (conductor->store_held == NULL && sw_spool_new(RUN, &conductor->store_held, &error) != SW_OK)
        return false;
    sw_buf_init(&key, SW_GIB);
    sw_buf_init(&text, SW_GIB);
    const bool held =
        sw_record_key(record, &key) == SW_OK && sw_record_encode(record, &text) == SW_OK &&
        sw_spool_add(conductor->store_held, sw_buf_view(&key), sw_buf_view(&text), &error) == SW_OK;
    conductor->image_bytes += key.size + text.size;
    sw_buf_done(&key);
    sw_buf_done(&text);
    return held;
}

bool stores_hold(struct conductor *conductor, json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));
    const char *locator = json_string_value(json_object_get(record, "locator"));

    if (conductor->walk == NULL || type == NULL || locator == NULL ||
        strcmp(type, "finding") != 0 || !sw_stores_concern(sw_view_of(locator)))
        return false;
    if (conductor->image_bytes < conductor->options->limits.spill_max && hold(conductor, record))
        return true;
    /* There is no room: it says at least which directory it is. */
    if (!sw_stores_tell(NULL, record))
        settle_failure(conductor, "no memory for a record");
    return false;
}

static enum sw_status on_row(void *context, struct sw_view text, struct sw_error *error)
{
    struct conductor *conductor = context;
    json_t *record = json_loadb((const char *)text.data, text.size, JSON_ALLOW_NUL, NULL);

    if (record == NULL)
        return sw_fail(error, SW_STOP, "stores", 0, "no memory for a record");
    if (!sw_stores_tell(conductor->stores, record))
        settle_failure(conductor, "no memory for a record");
    settle_record(conductor, record);
    return SW_OK;
}

void stores_end(struct conductor *conductor)
{
    struct sw_error error;

    if (conductor->store_held != NULL &&
        sw_spool_drain(conductor->store_held, on_row, conductor, &error) != SW_OK)
        settle_failure(conductor, error.text);
    sw_spool_free(conductor->store_held);
    conductor->store_held = NULL;
    /* What was put together just now may have been too much. */
    stores_item_end(conductor, &conductor->store_item);
}

void stores_done(struct conductor *conductor)
{
    sw_stores_free(conductor->stores);
    free(conductor->store_item.path);
    sw_spool_free(conductor->store_held);
}
