/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - what is told of an object that has a finding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "desk.h"

/* --- digests ------------------------------------------------------------------ */

static enum sw_status no_digest(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "digest", 0, "no SHA-256");
}

/* Those of the set that this OpenSSL has. */
static unsigned start_digests(const struct object *object, unsigned set)
{
    unsigned started = 0;

    for (unsigned kind = 0; kind < SW_DIGEST_COUNT; kind++) {
        struct sw_digest *digest = object->desk->digests[kind];
        if ((set & 1U << kind) != 0 && object->hex[kind][0] == '\0' && digest != NULL &&
            sw_digest_start(digest) == SW_OK)
            started |= 1U << kind;
    }
    return started;
}

static enum sw_status feed_digests(const struct object *object, unsigned started, size_t size)
{
    enum sw_status status = SW_OK;

    for (unsigned kind = 0; kind < SW_DIGEST_COUNT && status == SW_OK; kind++)
        if ((started & 1U << kind) != 0)
            status = sw_digest_update(object->desk->digests[kind], object->desk->chunk, size);
    return status;
}

static enum sw_status finish_digests(struct object *object, unsigned started)
{
    enum sw_status status = SW_OK;

    for (unsigned kind = 0; kind < SW_DIGEST_COUNT && status == SW_OK; kind++)
        if ((started & 1U << kind) != 0)
            status = sw_digest_finish(object->desk->digests[kind], object->hex[kind]);
    return status;
}

enum sw_status object_hash(struct object *object, unsigned set, struct sw_error *error)
{
    struct desk *desk = object->desk;
    uint64_t offset = 0;
    size_t got = 1;

    unsigned started = start_digests(object, set | 1U << SW_DIGEST_SHA256);
    if (started == 0)
        return object->hex[SW_DIGEST_SHA256][0] != '\0' ? SW_OK : no_digest(error);
    desk_enter(desk, SW_PHASE_DIGEST);
    while (got != 0) {
        uint64_t left = object->blob->size_known ? object->blob->size - offset : SW_UNSIZED_MAX;
        size_t want = left < DIGEST_CHUNK ? (size_t)left : DIGEST_CHUNK;
        enum sw_status status =
            sw_blob_read_at(object->blob, offset, desk->chunk, want, &got, error);
        if (status != SW_OK)
            return status;
        if (feed_digests(object, started, got) != SW_OK)
            return no_digest(error);
        offset += got;
    }
    object->size = offset;
    return finish_digests(object, started) == SW_OK ? SW_OK : no_digest(error);
}

/* --- type and place ------------------------------------------------------------- */

/* The first `size` bytes: what the scan happened to read first, or else read
 * again. */
static struct sw_view head_of(struct object *object, size_t size)
{
    struct desk *desk = object->desk;
    struct sw_error error;
    size_t got = 0;

    if (object->scan_head.size >= size)
        return (struct sw_view){object->scan_head.data, size};
    if (object->blob->size_known && object->scan_head.size >= object->blob->size)
        return object->scan_head;
    if (desk->head == NULL)
        desk->head = malloc(SW_PLACE_HEAD_MAX);
    if (desk->head == NULL ||
        sw_blob_read_at(object->blob, 0, desk->head, size, &got, &error) != SW_OK)
        return object->scan_head;
    return (struct sw_view){desk->head, got};
}

void object_name_type(struct object *object)
{
    struct sw_view head = head_of(object, SW_IDENT_HEAD_MAX);

    desk_enter(object->desk, SW_PHASE_TYPE);
    /* A text of the ident lives until its next call. */
    snprintf(object->type, sizeof(object->type), "%s", sw_ident_type(object->desk->ident, head));
    object->mime = sw_ident_mime(object->desk->ident, head);
}

enum sw_status object_describe(struct object *object, struct sw_error *error)
{
    if (object->described)
        return SW_OK;
    enum sw_status status = object_hash(object, 0, error);
    if (status != SW_OK)
        return status;
    object_name_type(object);
    object->own = object->desk->engine->matcher != NULL &&
                  sw_match_own(object->desk->engine->matcher, object->hex[SW_DIGEST_SHA256]);
    object->described = true;
    return SW_OK;
}

struct sw_place_verdict object_judge(struct object *object, enum sw_severity severity,
                                     enum sw_evidence evidence, const struct sw_place_span *matches,
                                     size_t count)
{
    struct object *file = object;
    struct sw_place_span run;

    /* A layer lies where the text lies that it was decoded out of. */
    while (file->parent != NULL) {
        run = (struct sw_place_span){file->hop.offset, file->hop.length};
        matches = &run;
        count = 1;
        file = file->parent;
    }
    const struct sw_place_facts facts = {
        .path = {(const uint8_t *)file->label.path, strlen(file->label.path)},
        .mode = S_IFREG | file->label.mode,
        .head = head_of(file, SW_PLACE_HEAD_MAX),
        .size = file->blob->size_known ? file->blob->size : file->size,
        .matches = matches,
        .match_count = count};
    return sw_place_judge(severity, evidence, sw_place_of(&facts));
}

static json_t *hop_json(const struct hop *hop)
{
    char name[64];

    snprintf(name, sizeof(name), "%s@%llu", hop->encoding, (unsigned long long)hop->offset);
    return json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind", "decoded", "name", name, "encoding",
                     hop->encoding, "offset", (json_int_t)hop->offset, "length",
                     (json_int_t)hop->length);
}

json_t *object_chain(const struct object *object)
{
    json_t *chain = object->parent != NULL ? json_array() : NULL;

    for (; object->parent != NULL && chain != NULL; object = object->parent)
        if (json_array_insert_new(chain, 0, hop_json(&object->hop)) != 0) {
            json_decref(chain);
            chain = NULL;
        }
    return chain;
}
