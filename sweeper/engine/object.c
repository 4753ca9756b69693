/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - what an object is, and what is told of one that has a finding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "desk.h"
#include "sweeper/text.h"

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

static enum sw_status feed_digests(const struct object *object, unsigned started,
                                   const uint8_t *bytes, size_t size)
{
    enum sw_status status = SW_OK;

    for (unsigned kind = 0; kind < SW_DIGEST_COUNT && status == SW_OK; kind++)
        if ((started & 1U << kind) != 0)
            status = sw_digest_update(object->desk->digests[kind], bytes, size);
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
    /* What the scan holds need not be read again. */
    if (object->blob->size_known && object->scan_head.size != 0) {
        offset = object->scan_head.size;
        if (feed_digests(object, started, object->scan_head.data, object->scan_head.size) != SW_OK)
            return no_digest(error);
    }
    while (got != 0) {
        uint64_t left = object->blob->size_known ? object->blob->size - offset : SW_UNSIZED_MAX;
        size_t want = left < DIGEST_CHUNK ? (size_t)left : DIGEST_CHUNK;
        enum sw_status status =
            sw_blob_read_at(object->blob, offset, desk->chunk, want, &got, error);
        if (status != SW_OK)
            return status;
        if (feed_digests(object, started, desk->chunk, got) != SW_OK)
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
    while (object_is_layer(file)) {
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

/* --- containers ------------------------------------------------------------------- */

/* The last bytes, where the head does not hold them already. */
static struct sw_view tail_of(struct object *object, struct sw_view head)
{
    struct desk *desk = object->desk;
    const uint64_t size = object->blob->size;
    struct sw_error error;
    size_t got = 0;

    if (head.size == size) {
        size_t tail = head.size < SW_PROBE_TAIL_MAX ? head.size : SW_PROBE_TAIL_MAX;
        return (struct sw_view){head.data + (head.size - tail), tail};
    }
    if (desk->tail == NULL)
        desk->tail = malloc(SW_PROBE_TAIL_MAX);
    if (desk->tail == NULL || size < SW_PROBE_TAIL_MAX ||
        sw_blob_read_at(object->blob, size - SW_PROBE_TAIL_MAX, desk->tail, SW_PROBE_TAIL_MAX, &got,
                        &error) != SW_OK)
        return (struct sw_view){0};
    return (struct sw_view){desk->tail, got};
}

static void drop_disks(struct object *object)
{
    size_t kept = 0;

    for (size_t i = 0; i < object->bid_count; i++)
        if (!object->bids[i].source->disk)
            object->bids[kept++] = object->bids[i];
    object->bid_count = kept;
}

void object_probe(struct object *object)
{
    const struct sw_view head =
        head_of(object, object->scan_head.size != 0 ? object->scan_head.size : SW_PLACE_HEAD_MAX);
    struct sw_probe probe = {.head = head, .size = object->blob->size};

    object->bid_count = 0;
    if (object->hop.raw != NULL || !object->blob->size_known || head.size == 0 ||
        !object->desk->engine->config.archives)
        return;
    probe.tail = tail_of(object, head);
    object->bid_count = sw_source_auction(&probe, object->bids);
    if (object->plain)
        drop_disks(object);
}

/* --- the chain -------------------------------------------------------------------- */

/* A name that does not print travels as base64 alone. */
static json_t *coded_name(struct sw_view name)
{
    struct sw_buf coded;
    json_t *json = NULL;

    sw_buf_init(&coded, name.size * 2 + 16);
    if (sw_text_base64(&coded, name) == SW_OK)
        json = json_stringn((const char *)coded.data, coded.size);
    sw_buf_done(&coded);
    return json;
}

/* The ecosystem follows from the form. */
static json_t *parcel_json(const struct sw_parcel *parcel)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "form", sw_parcel_form_name(parcel->form), "name",
                     parcel->name, "version", parcel->version, "known_by",
                     parcel->source == SW_PARCEL_NAMED ? "name" : "content");
}

/* Of 0 a format that does not keep a time says no more than of SW_TIME_UNKNOWN. */
static void put_time(json_t *json, const char *name, int64_t time_ns)
{
    if (time_ns != SW_TIME_UNKNOWN && time_ns != 0)
        json_object_set_new(json, name, json_integer(time_ns));
}

/* Whose it is, where that is a number of the system it comes from. */
static void put_owner(json_t *json, const struct sw_facts *facts, const char *kind)
{
    enum sw_origin origin = facts->origin != SW_ORIGIN_NONE ? facts->origin : sw_origin_find(kind);

    if (facts->origin != SW_ORIGIN_NONE)
        json_object_set_new(json, "origin", json_string(sw_origin_row(origin)->name));
    if (sw_origin_row(origin)->owners) {
        json_object_set_new(json, "uid", json_integer(facts->uid));
        json_object_set_new(json, "gid", json_integer(facts->gid));
    }
    if (facts->inode != 0 && facts->inode <= INT64_MAX)
        json_object_set_new(json, "inode", json_integer((json_int_t)facts->inode));
}

static json_t *member_json(const struct hop *hop, const struct object *container)
{
    json_t *json =
        json_pack("{s:s, s:i}", "kind", hop->kind, "mode", (int)(hop->facts->mode & 07777));
    const struct sw_view name = hop->name;

    if (hop->disk)
        json_object_set_new(json, "disk", json_true());
    if (hop->disk && name.size == 0)
        ; /* the one disk that an image is */
    else if (sw_text_is_printable(name))
        json_object_set_new(json, "name", json_stringn((const char *)name.data, name.size));
    else
        json_object_set_new(json, "name_base64", coded_name(name));
    if (hop->facts->mtime_ns != SW_TIME_UNKNOWN)
        json_object_set_new(json, "mtime", json_integer(hop->facts->mtime_ns));
    put_time(json, "atime", hop->facts->atime_ns);
    put_time(json, "ctime", hop->facts->ctime_ns);
    put_time(json, "btime", hop->facts->btime_ns);
    put_owner(json, hop->facts, hop->kind);
    if (container->parcel.source != SW_PARCEL_UNKNOWN)
        json_object_set_new(json, "package", parcel_json(&container->parcel));
    if (container->part_count != 0)
        json_object_set_new(json, "parts", json_integer(container->part_count));
    if (hop->raw != NULL && hop->raw->run_count != 0) {
        json_object_set_new(json, "offset", json_integer((json_int_t)hop->raw->runs[0].at));
        json_object_set_new(json, "length", json_integer((json_int_t)hop->facts->size));
    }
    if (hop->deleted)
        json_object_set_new(json, "deleted", json_true());
    if (hop->deleted && hop->recovery != NULL)
        json_object_set_new(json, "recovery", json_string(hop->recovery));
    return json;
}

static json_t *layer_json(const struct hop *hop)
{
    char name[64];

    snprintf(name, sizeof(name), "%s@%llu", hop->encoding, (unsigned long long)hop->offset);
    return json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind", hop->kind, "name", name, "encoding",
                     hop->encoding, "offset", (json_int_t)hop->offset, "length",
                     (json_int_t)hop->length);
}

/* A file of a file system: its name is a path there. That is a hop of its own. */
static bool lies_in_file_system(const struct hop *hop)
{
    return hop->disk && hop->name.size != 0 && hop->name.data[0] == '/';
}

static bool put_hop(json_t *chain, json_t *hop)
{
    return json_array_insert_new(chain, 0, hop) == 0;
}

json_t *object_chain(const struct object *object)
{
    json_t *chain = object->parent != NULL ? json_array() : NULL;
    bool whole = true;

    for (; object->parent != NULL && chain != NULL; object = object->parent) {
        const struct hop *hop = &object->hop;
        whole = put_hop(chain, object_is_layer(object) ? layer_json(hop)
                                                       : member_json(hop, object->parent)) &&
                whole;
        if (lies_in_file_system(hop))
            whole = put_hop(chain, json_pack("{s:s, s:s, s:i}", "kind", "file-system", "name",
                                             hop->kind, "mode", 0)) &&
                    whole;
    }
    if (whole)
        return chain;
    json_decref(chain);
    return NULL;
}
