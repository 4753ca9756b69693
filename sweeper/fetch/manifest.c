/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c - descriptors out of documents. */
#include "fetch/manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/siphash.h"
#include "common/view.h"

enum { SLOTS = 32768 }; /* more than three times SW_PARTS_MAX */

void sw_parts_done(struct sw_parts *parts)
{
    free(parts->rows);
    free(parts->slots);
    *parts = (struct sw_parts){0};
}

/* Where the digest is, or where it would be. */
static uint16_t *slot_of(const struct sw_parts *parts, const char *digest)
{
    size_t at = sw_siphash(parts->key, (const uint8_t *)digest, strlen(digest)) % SLOTS;

    while (parts->slots[at] != 0 && strcmp(parts->rows[parts->slots[at] - 1].digest, digest) != 0)
        at = (at + 1) % SLOTS;
    return &parts->slots[at];
}

bool sw_parts_have(const struct sw_parts *parts, const char *digest)
{
    return parts->slots != NULL && *slot_of(parts, digest) != 0;
}

/* Room for one more. */
static enum sw_status reserve(struct sw_parts *parts, struct sw_error *error)
{
    if (parts->slots == NULL) {
        parts->slots = calloc(SLOTS, sizeof(*parts->slots));
        if (parts->slots == NULL || getrandom(parts->key, sizeof(parts->key), 0) < 0)
            return sw_fail(error, SW_STOP, "fetch", errno, "a list of parts");
    }
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity == 0 ? 64 : parts->capacity * 2;
        struct sw_part *rows = reallocarray(parts->rows, capacity, sizeof(*rows));
        if (rows == NULL)
            return sw_fail(error, SW_STOP, "fetch", ENOMEM, "a list of parts");
        parts->rows = rows;
        parts->capacity = capacity;
    }
    return SW_OK;
}

enum sw_status sw_parts_add(struct sw_parts *parts, const struct sw_part *part,
                            struct sw_error *error)
{
    enum sw_status status = reserve(parts, error);

    if (status != SW_OK)
        return status;
    uint16_t *slot = slot_of(parts, part->digest);
    if (*slot != 0) {
        /* Named as both: a blob need not be followed, a document must. */
        if (part->document && !part->fetched && !parts->rows[*slot - 1].document)
            return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "fetch", 0,
                               "%.64s is named as a layer and as a manifest", part->digest);
        return SW_OK;
    }
    if (parts->count == SW_PARTS_MAX)
        return sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMBERS, "fetch", 0,
                           "names more than %d parts", SW_PARTS_MAX);
    parts->rows[parts->count++] = *part;
    *slot = (uint16_t)parts->count;
    return SW_OK;
}

static bool has_text(const json_t *object, const char *name, const char *part)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL && strstr(text, part) != NULL;
}

static bool is_foreign(const json_t *descriptor)
{
    return json_array_size(json_object_get(descriptor, "urls")) != 0 ||
           has_text(descriptor, "mediaType", ".foreign.") ||
           has_text(descriptor, "mediaType", ".nondistributable.");
}

static enum sw_status add_digest(const json_t *digest, struct sw_part part, struct sw_parts *parts,
                                 struct sw_error *error)
{
    struct sw_view text = {(const uint8_t *)json_string_value(digest), json_string_length(digest)};

    if (text.data == NULL || !sw_target_is_digest(text))
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "fetch", 0,
                           "names a part by what is no digest: %.80s",
                           text.data == NULL ? "nothing" : (const char *)text.data);
    memcpy(part.digest, text.data, text.size);
    part.digest[text.size] = '\0';
    return sw_parts_add(parts, &part, error);
}

static enum sw_status add_descriptor(const json_t *descriptor, struct sw_part part,
                                     struct sw_parts *parts, struct sw_error *error)
{
    const json_t *size = json_object_get(descriptor, "size");

    part.size = json_is_integer(size) && json_integer_value(size) >= 0
                    ? (uint64_t)json_integer_value(size)
                    : UINT64_MAX;
    part.foreign = is_foreign(descriptor);
    return add_digest(json_object_get(descriptor, "digest"), part, parts, error);
}

/* Goes on after one that is bad; the first is told. */
static void keep_worst(enum sw_status status, const struct sw_error *found, enum sw_status *worst,
                       struct sw_error *error)
{
    if (status < *worst) {
        *worst = status;
        *error = *found;
    }
}

static const struct {
    const char *name;
    bool document;
} lists[] = {{"manifests", true}, {"layers", false}, {"blobs", false}};

static enum sw_status read_document(const json_t *document, unsigned depth, struct sw_parts *parts,
                                    struct sw_error *error)
{
    struct sw_part part = {.depth = depth + 1};
    enum sw_status worst = SW_OK;
    struct sw_error found;
    size_t i;
    const json_t *row;

    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        part.document = lists[list].document;
        json_array_foreach(json_object_get(document, lists[list].name), i, row)
        {
            keep_worst(add_descriptor(row, part, parts, &found), &found, &worst, error);
        }
    }
    part = (struct sw_part){.depth = depth + 1, .size = UINT64_MAX};
    row = json_object_get(document, "config");
    if (json_is_object(row))
        keep_worst(add_descriptor(row, part, parts, &found), &found, &worst, error);
    json_array_foreach(json_object_get(document, "fsLayers"), i, row)
    {
        keep_worst(add_digest(json_object_get(row, "blobSum"), part, parts, &found), &found, &worst,
                   error);
    }
    return worst;
}

enum sw_status sw_manifest_parts(struct sw_view text, unsigned depth, struct sw_parts *parts,
                                 struct sw_error *error)
{
    json_error_t why;
    json_t *document = json_loadb((const char *)text.data, text.size, 0, &why);
    enum sw_status status;

    if (json_is_object(document))
        status = read_document(document, depth, parts, error);
    else
        status = sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "fetch", 0,
                             "is no manifest: it is not a JSON object");
    json_decref(document);
    return status;
}
