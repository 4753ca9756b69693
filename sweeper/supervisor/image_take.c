/* SPDX-License-Identifier: Apache-2.0 */
/* image_take.c - what the engine says of the parts of images, checked, into the model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/image_form.h"
#include "supervisor/image_model.h"
#include "supervisor/record_parts.h"
#include "sweeper/text.h"

enum { PENDING_MAX = 1024 /* of which the engine has told a part, at one time */ };

struct taking {
    struct sw_images *images;
    const struct sw_item *item;
    const struct sw_image_message *message;
    struct image_place place;
    bool *failed;
};

/* --- paths ------------------------------------------------------------------------------ */

static uint64_t number_at(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (size_t i = 8; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void take_paths(const struct taking *taking, struct image_blob *pending)
{
    const uint32_t count = taking->message->path_count;
    struct image_run *run = NULL;
    const size_t size = sizeof(*run) + count * sizeof(run->rows[0]);

    if (!image_charge(taking->images, size)) {
        pending->complete = false; /* and nothing is concluded from what it has not */
        return;
    }
    run = malloc(size);
    if (run == NULL) {
        *taking->failed = true;
        return;
    }
    run->count = count;
    run->sorted = false;
    for (uint32_t i = 0; i < count; i++)
        run->rows[i] = number_at(taking->message->paths + (size_t)8 * i);
    run->next = pending->runs;
    pending->runs = run;
}

static uint32_t count_links(struct sw_view links)
{
    struct sw_cursor cursor = sw_cursor_of(links);
    struct sw_view name;
    uint64_t target = 0;
    uint32_t count = 0;

    while (sw_image_link_next(&cursor, &target, &name))
        count++;
    return count;
}

/* In the order in which they came. */
static void append_links(struct image_blob *pending, struct image_links *links)
{
    if (pending->links == NULL)
        pending->links = links;
    else
        pending->last_links->next = links;
    pending->last_links = links;
}

static void take_links(const struct taking *taking, struct image_blob *pending)
{
    const struct sw_view came = taking->message->links;
    const uint32_t count = count_links(came);
    struct image_links *links = NULL;
    const size_t rows = sizeof(*links) + count * sizeof(links->rows[0]);

    if (!image_charge(taking->images, rows + came.size)) {
        pending->links_lost = true;
        return;
    }
    links = malloc(rows + came.size);
    if (links == NULL) {
        *taking->failed = true;
        return;
    }
    uint8_t *copy = (uint8_t *)links + rows;
    memcpy(copy, came.data, came.size);
    *links = (struct image_links){.size = rows + came.size, .count = count};
    struct sw_cursor cursor = sw_cursor_of((struct sw_view){copy, came.size});
    for (uint32_t i = 0; i < count; i++)
        (void)sw_image_link_next(&cursor, &links->rows[i].target, &links->rows[i].name);
    append_links(pending, links);
}

/* --- documents --------------------------------------------------------------------------- */

static const char *take_document(const struct taking *taking, struct image_blob *pending)
{
    const struct sw_view json = taking->message->json;
    struct image_said said = {0};
    const char *why = image_form_document(json, &said);

    if (why != NULL)
        return why;
    if (pending->document != NULL)
        return "two documents of one blob";
    pending->kind = said.kind;
    pending->cut = said.cut;
    pending->bad = said.bad;
    if (!image_charge(taking->images, json.size)) {
        taking->images->full = true;
        return NULL;
    }
    pending->document = strndup((const char *)json.data, json.size);
    if (pending->document == NULL)
        *taking->failed = true;
    return NULL;
}

/* --- blobs ------------------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, const json_t *text)
{
    const char *from = json_string_value(text);

    snprintf(to, size, "%s", from == NULL ? "" : from);
}

static enum image_reading reading_of(const json_t *document)
{
    const char *text = json_string_value(document);

    if (text != NULL && strcmp(text, "damaged") == 0)
        return IMAGE_NOT_JSON;
    if (text != NULL && strcmp(text, "too_large") == 0)
        return IMAGE_TOO_LARGE;
    return text != NULL && strcmp(text, "unread") == 0 ? IMAGE_UNREAD : IMAGE_READ;
}

static void fill(struct image_blob *pending, const json_t *said)
{
    const json_t *layer = json_object_get(said, "layer");

    pending->size = (uint64_t)json_integer_value(json_object_get(said, "size"));
    copy_text(pending->digest, sizeof(pending->digest), json_object_get(said, "sha256"));
    pending->reading = reading_of(json_object_get(said, "document"));
    pending->is_layer = json_is_object(layer);
    if (!pending->is_layer)
        return;
    copy_text(pending->diff_id, sizeof(pending->diff_id), json_object_get(layer, "diff_id"));
    copy_text(pending->media, sizeof(pending->media), json_object_get(layer, "media"));
    pending->hops = (unsigned)json_integer_value(json_object_get(layer, "hops"));
    pending->complete = pending->complete && json_is_true(json_object_get(layer, "complete"));
}

/* What was gathered of it goes to the blob. */
static void hand_over(struct image_blob *blob, struct image_blob *pending)
{
    memcpy(blob->digest, pending->digest, sizeof(blob->digest));
    memcpy(blob->diff_id, pending->diff_id, sizeof(blob->diff_id));
    memcpy(blob->media, pending->media, sizeof(blob->media));
    blob->size = pending->size;
    blob->kind = pending->kind;
    blob->cut = pending->cut;
    blob->bad = pending->bad;
    blob->reading = pending->reading;
    blob->is_layer = pending->is_layer;
    blob->hops = pending->hops;
    blob->complete = pending->complete;
    blob->cached = pending->cached;
    blob->document = pending->document;
    blob->runs = pending->runs;
    blob->links = pending->links;
    blob->links_lost = pending->links_lost;
    pending->document = NULL;
    pending->runs = NULL;
    pending->links = NULL;
    if (blob->digest[0] != '\0')
        image_name_digest(blob);
}

static bool keeps_promise(const struct image_blob *blob)
{
    return blob->promised[0] == '\0' || strcmp(blob->promised, blob->digest) == 0;
}

static void clear(struct sw_images *images, struct image_blob *blob)
{
    image_runs_free(images, blob);
    image_document_free(images, blob);
}

/* Files of such names are everywhere, and hardly one of them is part of an image. */
static bool is_nothing(const struct taking *taking, const struct image_blob *pending)
{
    const struct image_place *place = &taking->place;
    const bool common = place->fixed || (!place->inside && place->config);

    return common && pending->kind == IMAGE_NO_DOCUMENT && !pending->is_layer &&
           (pending->reading == IMAGE_READ || !sw_view_equal(place->name, SW_VIEW("index.json")));
}

/* Of two blobs with one name the one that the name is right about, else the later: so do
 * those who unpack. A file that is looked at again says the same again. */
static void complete(const struct taking *taking, struct image_blob *pending)
{
    if (is_nothing(taking, pending))
        return;
    struct image_blob *blob =
        image_blob_get(taking->images, taking->item, taking->message->item, &taking->place);

    if (blob == NULL)
        return;
    blob->said = true;
    if (!blob->scope->inside)
        blob->source->item.facts = taking->item->facts; /* a gap that came before has none */
    if (blob->digest[0] != '\0' && strcmp(blob->digest, pending->digest) == 0)
        return;
    if (blob->digest[0] != '\0') {
        memcpy(pending->promised, blob->promised, sizeof(blob->promised));
        const bool right = keeps_promise(blob);
        memcpy(blob->impostor, right ? pending->digest : blob->digest, sizeof(blob->impostor));
        if (right && blob->promised[0] != '\0')
            return;
        clear(taking->images, blob);
    }
    hand_over(blob, pending);
}

static const char *take_blob(const struct taking *taking, struct image_blob *pending)
{
    const struct sw_view json = taking->message->json;
    json_t *said = NULL;
    const char *why = image_form_blob(json, &said);

    if (why != NULL)
        return why;
    if (said == NULL) {
        *taking->failed = true;
        return NULL;
    }
    fill(pending, said);
    pending->cached = taking->message->cached;
    json_decref(said);
    complete(taking, pending);
    image_blob_forget_pending(taking->images, pending);
    return NULL;
}

/* --- messages ------------------------------------------------------------------------------ */

static size_t count_pending(const struct sw_images *images)
{
    size_t count = 0;

    for (const struct image_blob *blob = images->pending; blob != NULL; blob = blob->next)
        count++;
    return count;
}

static bool append_locator(struct sw_buf *locator, const struct taking *taking)
{
    const struct sw_view place = taking->message->place;

    if (sw_text_escape_hop(locator, sw_item_path(taking->item)) != SW_OK)
        return false;
    return place.size == 0 || (sw_buf_append_text(locator, "!") == SW_OK &&
                               sw_buf_append(locator, place.data, place.size) == SW_OK);
}

static const char *take(struct taking *taking, struct sw_view locator)
{
    const struct sw_image_message *message = taking->message;

    if (!image_place_of(locator, &taking->place))
        return "a part of an image where none can be";
    if (count_pending(taking->images) >= PENDING_MAX)
        return "too many parts of images at one time";
    struct image_blob *pending = image_blob_pending(taking->images, message->item, locator);
    if (pending == NULL) {
        taking->images->full = true; /* what lies in it is told without it */
        return NULL;
    }
    switch (message->part) {
    case SW_IMAGE_PATHS:
        take_paths(taking, pending);
        return NULL;
    case SW_IMAGE_LINKS:
        take_links(taking, pending);
        return NULL;
    case SW_IMAGE_DOCUMENT:
        return take_document(taking, pending);
    case SW_IMAGE_BLOB:
        return take_blob(taking, pending);
    case SW_IMAGE_STORE: /* not for here */
    case SW_IMAGE_AGAIN:
    case SW_IMAGE_PART_COUNT:
        break;
    }
    return "a part of an image of an unknown kind";
}

const char *sw_images_take(struct sw_images *images, const struct sw_item *item,
                           const struct sw_image_message *message, bool *failed)
{
    struct taking taking = {.images = images, .item = item, .message = message, .failed = failed};
    struct sw_buf locator;
    const char *why = NULL;

    if (!sw_text_is_printable(message->place))
        return "a place in an image that cannot be printed";
    sw_buf_init(&locator, SW_GIB);
    if (append_locator(&locator, &taking))
        why = take(&taking, sw_buf_view(&locator));
    else
        *failed = true;
    sw_buf_done(&locator);
    return why;
}
