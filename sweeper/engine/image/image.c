/* SPDX-License-Identifier: Apache-2.0 */
/* image.c - see image.h: an object from the look at its name to its last message. */
#include "engine/image/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/desk.h"
#include "engine/image/document.h"
#include "engine/image/layer_key.h"
#include "engine/image/store.h"
#include "sweeper/text.h"

enum {
    PATHS_SENT = 8192,             /* paths in one message */
    PATH_SIZE = 8,                 /* bytes of the number of one */
    DOCUMENT_MEMORY = 512,         /* bytes that may be needed for one of a document */
    DOCUMENT_MEMORY_MAX = 8 << 20, /* but no more than for the longest, and its message */
    FACTS_MAX = 512,               /* bytes of the JSON of a BLOB */
};

struct image {
    struct object *object;
    enum sw_image_form form;
    enum sw_store_part store; /* it is no part of an image, but of what a store says */
    enum sw_image_kind kind;
    struct sw_buf json;           /* what it says as a document */
    struct sw_buf place;          /* empty for the file itself */
    bool nameless;                /* there is no room for its place: nothing is told */
    bool incomplete;              /* not all of its bytes are there */
    bool kept;                    /* it need not be read: the supervisor knows what is in it */
    char key[SW_SHA256_HEX_SIZE]; /* what it is kept under */

    struct sw_digest *digest; /* of what flows out of it */
    uint64_t position;        /* bytes of that so far */
    bool flowed;              /* all of it has come, and its digest is in diff_id */
    bool zeros;               /* and it was nothing else */
    const char *stream;       /* how it is compressed */
    char diff_id[SW_SHA256_HEX_SIZE];

    const char *codec; /* it is a layer: how it is compressed, "" if it is not; NULL: it is none */
    bool lost;         /* not all of its members were seen */
    uint64_t entries;
    struct sw_buf paths;
    struct sw_buf links;
};

/* --- messages --------------------------------------------------------------------- */

static enum sw_status send(struct image *image, struct sw_image_message message)
{
    struct reporter *reporter = &image->object->desk->reporter;
    struct sw_buf body;
    enum sw_status status = SW_SKIP;

    message.item = reporter->item;
    message.place = sw_buf_view(&image->place);
    sw_buf_init(&body, (size_t)2 * SW_IMAGE_DOCUMENT_MAX);
    if (!image->nameless)
        status = sw_image_message_encode(&message, &body);
    if (status == SW_OK)
        status = reporter_image(reporter, sw_buf_view(&body));
    sw_buf_done(&body);
    return status;
}

enum sw_status image_again(const struct desk *desk)
{
    const struct sw_image_message message = {.item = desk->reporter.item, .part = SW_IMAGE_AGAIN};
    struct sw_buf body;

    sw_buf_init(&body, SW_KIB);
    enum sw_status status = sw_image_message_encode(&message, &body);
    if (status == SW_OK)
        status = reporter_image(&desk->reporter, sw_buf_view(&body));
    sw_buf_done(&body);
    return status == SW_OK ? SW_OK : SW_STOP;
}

static enum sw_status send_paths(struct image *image)
{
    const struct sw_image_message message = {.part = SW_IMAGE_PATHS,
                                             .paths = image->paths.data,
                                             .path_count =
                                                 (uint32_t)(image->paths.size / PATH_SIZE)};

    if (image->paths.size == 0)
        return SW_OK;
    enum sw_status status = send(image, message);
    sw_buf_clear(&image->paths);
    image->lost = image->lost || status == SW_SKIP;
    return status == SW_STOP ? SW_STOP : SW_OK;
}

static enum sw_status send_links(struct image *image)
{
    if (image->links.size == 0)
        return SW_OK;
    enum sw_status status =
        send(image, (struct sw_image_message){.part = SW_IMAGE_LINKS,
                                              .links = sw_buf_view(&image->links)});
    sw_buf_clear(&image->links);
    image->lost = image->lost || status == SW_SKIP;
    return status == SW_STOP ? SW_STOP : SW_OK;
}

/* --- the place -------------------------------------------------------------------- */

/* What a locator shows of a hop. */
static enum sw_status put_hop(struct sw_buf *place, const struct hop *hop)
{
    char text[64];

    if (hop->encoding == NULL)
        return sw_text_escape_hop(place, hop->name);
    snprintf(text, sizeof(text), "%s@%" PRIu64, hop->encoding, hop->offset);
    return sw_text_escape_hop(place, sw_view_of(text));
}

static bool make_place(struct sw_buf *place, const struct object *object)
{
    const struct object *way[SW_HOP_DEPTH_MAX];
    size_t count = 0;
    enum sw_status status = SW_OK;

    for (; object->parent != NULL; object = object->parent) {
        if (count == SW_HOP_DEPTH_MAX)
            return false;
        way[count++] = object;
    }
    while (count-- > 0 && status == SW_OK) {
        if (!object_is_layer(way[count]) && way[count]->hop.name.size == 0)
            continue;
        if (place->size != 0)
            status = sw_buf_append_text(place, "!");
        if (status == SW_OK)
            status = put_hop(place, &way[count]->hop);
    }
    return status == SW_OK;
}

/* --- from beginning to end -------------------------------------------------------- */

void image_begin(struct object *object)
{
    const struct sw_view label =
        object->parent == NULL ? sw_view_of(object->label.path) : object->hop.name;
    const struct sw_image_name name = sw_image_name_of(label);
    enum sw_store_part store = SW_STORE_NONE;

    enum sw_image_form form = name.form;
    /* A file that was named as an image's configuration may be called anything. */
    if (form == SW_IMAGE_FORM_NONE && object->desk->documents && object->parent == NULL)
        form = SW_IMAGE_FORM_CONFIG;
    if (form == SW_IMAGE_FORM_NONE)
        store = sw_store_name_of(label).part;
    if ((form == SW_IMAGE_FORM_NONE && store == SW_STORE_NONE) || object->hop.stream ||
        object_is_layer(object))
        return;
    struct image *image = calloc(1, sizeof(*image));
    if (image == NULL)
        return;
    image->object = object;
    image->form = form;
    image->store = store;
    sw_buf_init(&image->place, SW_IMAGE_PLACE_MAX);
    sw_buf_init(&image->json, SW_IMAGE_DOCUMENT_MAX);
    sw_buf_init(&image->paths, (size_t)PATHS_SENT * PATH_SIZE);
    sw_buf_init(&image->links, SW_IMAGE_LINKS_SIZE_MAX);
    image->nameless = !make_place(&image->place, object);
    object->image = image;
}

static void image_free(struct image *image)
{
    sw_digest_free(image->digest);
    sw_buf_done(&image->place);
    sw_buf_done(&image->json);
    sw_buf_done(&image->paths);
    sw_buf_done(&image->links);
    free(image);
}

/* Named by what it holds, and not by a word that many files have. */
static bool is_blob(const struct image *image)
{
    return image->form == SW_IMAGE_FORM_BLOB || image->form == SW_IMAGE_FORM_LAYER ||
           image->form == SW_IMAGE_FORM_CONFIG;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, SW_SHA256_HEX_SIZE - 1);
}

bool image_is_kept(struct object *object)
{
    struct image *image = object->image;
    const struct sw_view layers = object->desk->engine->config.layers;
    struct sw_error error;

    if (image == NULL || layers.size == 0 || !is_blob(image) || image->nameless ||
        object->incomplete || !object->blob->size_known || object_hash(object, 0, &error) != SW_OK)
        return false;
    image->kept = image_layer_key(object, image->key) &&
                  bsearch(image->key, layers.data, layers.size / (SW_SHA256_HEX_SIZE - 1),
                          SW_SHA256_HEX_SIZE - 1, by_key) != NULL;
    return image->kept;
}

/* Text in quotes, or null. */
static void put_digest(char out[SW_SHA256_HEX_SIZE + 2], const char *hex)
{
    if (hex[0] == '\0')
        snprintf(out, SW_SHA256_HEX_SIZE + 2, "null");
    else
        snprintf(out, SW_SHA256_HEX_SIZE + 2, "\"%s\"", hex);
}

static bool are_zeros(struct sw_view bytes)
{
    return bytes.size == 0 ||
           (bytes.data[0] == 0 && memcmp(bytes.data, bytes.data + 1, bytes.size - 1) == 0);
}

static bool is_zeros(struct object *object)
{
    struct sw_error error;
    size_t got = 0;

    return object->blob->size <= DIGEST_CHUNK &&
           sw_blob_read_at(object->blob, 0, object->desk->chunk, DIGEST_CHUNK, &got, &error) ==
               SW_OK &&
           got == object->blob->size && are_zeros((struct sw_view){object->desk->chunk, got});
}

/* A tar without members is zeros, or nothing at all: no format knows it, and many a layer is
 * one. */
static void take_empty(struct image *image)
{
    if (image->codec != NULL || image->incomplete || image->kind != SW_IMAGE_KIND_NONE ||
        (image->form != SW_IMAGE_FORM_BLOB && image->form != SW_IMAGE_FORM_LAYER))
        return;
    if (image->flowed && image->zeros)
        image->codec = image->stream;
    else if (image->stream == NULL && is_zeros(image->object))
        image->codec = "";
}

static void layer_facts(const struct image *image, char facts[FACTS_MAX])
{
    char diff_id[SW_SHA256_HEX_SIZE + 2];
    const bool flows = image->codec != NULL && image->codec[0] != '\0';
    const char *hex = flows ? image->diff_id : image->object->hex[SW_DIGEST_SHA256];

    if (image->codec == NULL) {
        snprintf(facts, FACTS_MAX, "null");
        return;
    }
    if (image->incomplete)
        hex = "";
    put_digest(diff_id, hex);
    snprintf(facts, FACTS_MAX,
             "{\"diff_id\":%s,\"media\":\"tar%s%s\",\"hops\":%d,\"entries\":%" PRIu64
             ",\"complete\":%s}",
             diff_id, flows ? "+" : "", image->codec, flows ? 1 : 0, image->entries,
             !image->lost && hex[0] != '\0' ? "true" : "false");
}

static int depth_of(const struct object *object)
{
    int depth = 0;

    for (; object->parent != NULL; object = object->parent)
        depth++;
    return depth;
}

/* What a layer that was read to its end is kept under; "" if nobody wants to know. */
static void key_facts(struct image *image, char facts[FACTS_MAX])
{
    const struct object *object = image->object;

    facts[0] = '\0';
    if (object->desk->engine->config.keep_layers && image->codec != NULL && !image->incomplete &&
        object->hex[SW_DIGEST_SHA256][0] != '\0' && image_layer_key(object, image->key))
        snprintf(facts, FACTS_MAX, ",\"key\":\"%s\",\"depth\":%d", image->key, depth_of(object));
}

/* What is in it the supervisor knows; what is around it is said here. */
static enum sw_status send_kept(struct image *image)
{
    const struct object *object = image->object;
    json_t *chain = object->parent != NULL ? object_chain(object) : json_array();
    json_t *json =
        json_pack("{s:I, s:s, s:n, s:n, s:b, s:s, s:o}", "size", (json_int_t)object->blob->size,
                  "sha256", object->hex[SW_DIGEST_SHA256], "layer", "document", "cached", 1, "key",
                  image->key, "chain", chain);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    enum sw_status status = SW_STOP; /* it was not looked at, and must not be forgotten */

    if (text != NULL)
        status =
            send(image, (struct sw_image_message){.part = SW_IMAGE_BLOB, .json = sw_view_of(text)});
    free(text);
    json_decref(json);
    return status == SW_OK ? SW_OK : SW_STOP;
}

/* Together with what follows: nobody is left with a half of it. */
static enum sw_status send_document(struct image *image)
{
    enum sw_status status = SW_OK;

    if (image->kind >= SW_IMAGE_KIND_INDEX)
        status = send(image, (struct sw_image_message){.part = SW_IMAGE_DOCUMENT,
                                                       .json = sw_buf_view(&image->json)});
    if (status == SW_SKIP)
        image->kind = SW_IMAGE_KIND_UNREAD;
    return status == SW_STOP ? SW_STOP : SW_OK;
}

static enum sw_status send_store(struct image *image)
{
    enum sw_status status = SW_OK;

    if (!image->incomplete && image->json.size > 0)
        status = send(image, (struct sw_image_message){.part = SW_IMAGE_STORE,
                                                       .json = sw_buf_view(&image->json)});
    return status == SW_STOP ? SW_STOP : SW_OK;
}

static enum sw_status tell(struct image *image)
{
    struct object *object = image->object;
    char digest[SW_SHA256_HEX_SIZE + 2];
    char layer[FACTS_MAX], known[FACTS_MAX];
    char json[3 * FACTS_MAX];
    struct sw_error error;

    if (image->store != SW_STORE_NONE)
        return send_store(image);
    if (!is_blob(image) && image->kind <= SW_IMAGE_KIND_OTHER)
        return SW_OK;
    if (image->kept)
        return send_kept(image);
    enum sw_status status = send_document(image);
    const char *kind = sw_image_kind_name(image->kind);
    /* What cannot be read the scan has said. */
    if (!image->incomplete && object_hash(object, 0, &error) != SW_OK)
        image->incomplete = true;
    put_digest(digest, image->incomplete ? "" : object->hex[SW_DIGEST_SHA256]);
    take_empty(image);
    layer_facts(image, layer);
    key_facts(image, known);
    snprintf(json, sizeof(json),
             "{\"size\":%" PRIu64 ",\"sha256\":%s,\"layer\":%s,\"document\":%s%s%s%s}",
             object->blob->size, digest, layer, kind == NULL ? "" : "\"",
             kind == NULL ? "null" : kind, kind == NULL ? "" : "\"", known);
    if (status == SW_OK)
        status = send_paths(image);
    if (status == SW_OK)
        status = send_links(image);
    if (status == SW_OK)
        status =
            send(image, (struct sw_image_message){.part = SW_IMAGE_BLOB, .json = sw_view_of(json)});
    return status == SW_STOP ? SW_STOP : SW_OK;
}

enum sw_status image_end(struct object *object, bool told)
{
    struct image *image = object->image;
    enum sw_status status = SW_OK;

    if (image == NULL)
        return SW_OK;
    object->image = NULL;
    if (told)
        status = tell(image);
    image_free(image);
    return status;
}

/* --- documents -------------------------------------------------------------------- */

static enum sw_status take_document(struct image *image, struct sw_view text)
{
    if (image->store != SW_STORE_NONE) {
        const bool said = sw_image_store(text, image->store, &image->json);
        image->kind =
            said && image->store == SW_STORE_IMAGE ? SW_IMAGE_KIND_CONFIG : SW_IMAGE_KIND_OTHER;
    } else {
        image->kind = sw_image_document(text, image->form, &image->json);
    }
    return image->kind == SW_IMAGE_KIND_CONFIG && !image->object->desk->documents
               ? packages_config(image->object, text)
               : SW_OK;
}

/* A file that others can write to is read from a copy, never from where it lies. */
static enum sw_status read_document(struct image *image, struct sw_error *error)
{
    struct object *object = image->object;
    const size_t size = (size_t)object->blob->size;
    struct sw_view text = sw_view_first(object->scan_head, size);
    struct sw_buf copy;
    bool cut = false;
    enum sw_status status = SW_OK;

    if (text.size == size)
        return take_document(image, text);
    if (object->parent != NULL) {
        text.size = size;
        status = sw_blob_view(object->blob, &text.data, error);
        return status == SW_OK ? take_document(image, text) : status;
    }
    sw_buf_init(&copy, size);
    status = packages_content(object->blob, &copy, &cut, error);
    if (status == SW_OK)
        status = take_document(image, sw_buf_view(&copy));
    sw_buf_done(&copy);
    return status;
}

/* Who holds a member does not wait for memory. */
static enum sw_status read_within_budget(struct image *image, struct sw_error *error)
{
    struct sw_memory_budget *budget = &image->object->desk->engine->budget;
    const uint64_t size = image->object->blob->size;
    uint64_t need = size * DOCUMENT_MEMORY;
    enum sw_status status = SW_OK;

    if (need > DOCUMENT_MEMORY_MAX)
        need = DOCUMENT_MEMORY_MAX;
    if (image->object->parent == NULL)
        status = sw_memory_budget_reserve(budget, need += size, error);
    else if (!sw_memory_budget_try_reserve(budget, need))
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "image", 0,
                             "no memory to read what it says of an image");
    if (status != SW_OK)
        return status;
    status = read_document(image, error);
    sw_memory_budget_release(budget, need);
    return status;
}

static bool starts_document(struct object *object)
{
    struct sw_view head = object->scan_head;
    struct sw_error error;
    size_t got = 0;

    /* What was decoded out of it has taken that room. */
    if (head.size == 0 &&
        sw_blob_read_at(object->blob, 0, object->desk->chunk, DIGEST_CHUNK, &got, &error) == SW_OK)
        head = (struct sw_view){object->desk->chunk, got};
    return sw_image_document_starts(head);
}

enum sw_status image_document(struct object *object, bool whole)
{
    struct image *image = object->image;
    struct sw_error error;

    if (image == NULL)
        return SW_OK;
    image->incomplete = !whole || object->incomplete || !object->blob->size_known;
    if (image->incomplete || (!sw_store_is_word(image->store) && !starts_document(object)))
        return SW_OK;
    if (sw_store_is_word(image->store) && object->blob->size > SW_STORE_WORD_MAX)
        return SW_OK;
    if (object->blob->size > SW_IMAGE_CONTENT_MAX) {
        image->kind = SW_IMAGE_KIND_TOO_LARGE;
        return SW_OK;
    }
    enum sw_status status = read_within_budget(image, &error);
    if (status == SW_STOP || status >= SW_PART)
        return status == SW_STOP ? SW_STOP : SW_OK;
    image->kind = SW_IMAGE_KIND_UNREAD;
    examine_gap(object, &error, NULL);
    return SW_OK;
}

bool image_may_be_document(const struct object *object, uint64_t size)
{
    return size <= SW_IMAGE_CONTENT_MAX &&
           sw_image_name_of(object->hop.name).form != SW_IMAGE_FORM_NONE;
}

bool image_is_config(const struct object *object)
{
    return object->image != NULL && object->image->kind == SW_IMAGE_KIND_CONFIG;
}

/* --- layers ----------------------------------------------------------------------- */

struct image *image_stream(struct object *container, const struct sw_source *source)
{
    struct image *image = container->image;

    if (image == NULL || !source->stream || !is_blob(image) || image->digest != NULL)
        return NULL;
    if (sw_digest_new(&image->digest) != SW_OK || sw_digest_start(image->digest) != SW_OK)
        return NULL;
    image->position = 0;
    image->zeros = true;
    image->stream = source->kind;
    return image;
}

void image_piece(struct image *image, const struct sw_piece *piece)
{
    if (piece->offset != image->position ||
        sw_digest_update(image->digest, piece->data, piece->size) != SW_OK)
        image->position = UINT64_MAX;
    else
        image->position += piece->size;
    image->zeros = image->zeros && are_zeros((struct sw_view){piece->data, piece->size});
}

void image_ends(struct image *image, enum sw_status status)
{
    if (status != SW_END)
        image->position = UINT64_MAX;
    else if (image->position != UINT64_MAX && !image->flowed)
        image->flowed = sw_digest_finish(image->digest, image->diff_id) == SW_OK;
}

/* The layer whose tar this is: an object that is one itself, or holds it compressed. */
struct image *image_tar(struct object *container, const struct sw_source *source)
{
    const bool flows = container->image == NULL && container->hop.stream;
    struct object *blob = flows ? container->parent : container;
    struct image *image = blob->image;

    if (image == NULL || !is_blob(image) || image->codec != NULL || source->stream ||
        strcmp(source->kind, "tar") != 0)
        return NULL;
    image->codec = flows ? container->hop.kind : "";
    image->lost = false;
    return image;
}

/* Another name of something that may be in a layer below. */
static enum sw_status take_link(struct image *image, const struct sw_member *member)
{
    const uint64_t target = sw_image_path(member->target, SW_IMAGE_ENTRY_OTHER);
    enum sw_status status = SW_OK;

    if (member->name.size == 0 || member->name.size > SW_IMAGE_LINK_NAME_MAX)
        return SW_OK;
    if (sw_image_link_append(&image->links, target, member->name) == SW_OK)
        return SW_OK;
    status = send_links(image);
    if (status == SW_OK && sw_image_link_append(&image->links, target, member->name) != SW_OK)
        image->lost = true;
    return status;
}

enum sw_status image_member(struct image *image, const struct sw_member *member)
{
    struct sw_view path;
    const enum sw_image_entry entry =
        sw_image_entry_of(member->name, member->kind == SW_MEMBER_DIRECTORY, &path);
    enum sw_status status = SW_OK;

    image->entries++;
    if (image->paths.size == image->paths.size_max)
        status = send_paths(image);
    if (status == SW_OK && sw_buf_append_u64(&image->paths, sw_image_path(path, entry)) != SW_OK)
        image->lost = true;
    if (status == SW_OK && member->kind == SW_MEMBER_LINK && member->hard &&
        entry == SW_IMAGE_ENTRY_OTHER)
        status = take_link(image, member);
    return status;
}

void image_lost(struct image *image)
{
    image->lost = true;
}
