/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c - descriptors out of documents. */
#include "fetch/manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "common/siphash.h"
#include "common/view.h"
#include "sweeper/image.h"

enum { SLOTS = 32768 }; /* more than three times SW_FETCH_PARTS_MAX */

void sw_fetch_parts_done(struct sw_fetch_parts *parts)
{
    free(parts->rows);
    free(parts->slots);
    *parts = (struct sw_fetch_parts){.platforms = parts->platforms, .documents = parts->documents};
}

/* --- Platforms ------------------------------------------------------------------------- */

enum { PLATFORM_SIZE = 256 };

/* A member that is written in another case is the same to some who read documents, and
 * another to others: then nothing is known. */
static const json_t *member_of(const json_t *object, const char *name, bool *doubtful)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (strcasecmp(key, name) == 0 && strcmp(key, name) != 0)
            *doubtful = true;
    }
    return json_object_get(object, name);
}

/* "OS/ARCH[/VARIANT]" as the supervisor will read it out of the same text. False: not known. */
static bool platform_of(const json_t *object, char text[PLATFORM_SIZE])
{
    bool doubtful = false;
    const char *os = json_string_value(member_of(object, "os", &doubtful));
    const char *architecture = json_string_value(member_of(object, "architecture", &doubtful));
    const char *variant = json_string_value(member_of(object, "variant", &doubtful));
    const bool has_variant = variant != NULL && variant[0] != '\0';

    if (doubtful || os == NULL || architecture == NULL)
        return false;
    int size = snprintf(text, PLATFORM_SIZE, "%s/%s%s%s", os, architecture, has_variant ? "/" : "",
                        has_variant ? variant : "");
    return size < PLATFORM_SIZE && sw_image_platform_known(sw_view_of(text));
}

static bool is_asked_for(const struct sw_fetch_parts *parts, const char *platform)
{
    struct sw_view rest = parts->platforms;

    while (rest.size != 0) {
        size_t size = sw_view_find(rest, ',');
        if (sw_image_platform_fits(sw_view_first(rest, size), sw_view_of(platform)))
            return true;
        rest = sw_view_skip(rest, size < rest.size ? size + 1 : size);
    }
    return parts->platforms.size == 0;
}

/* With two members of one name nobody knows which is meant. */
static json_t *load(struct sw_view text, bool *doubtful)
{
    json_error_t why;
    json_t *document = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &why);

    *doubtful = document == NULL;
    return document != NULL ? document : json_loadb((const char *)text.data, text.size, 0, &why);
}

bool sw_manifest_config_fits(const struct sw_fetch_parts *parts, struct sw_view text)
{
    char platform[PLATFORM_SIZE];
    bool doubtful;
    json_t *document = load(text, &doubtful);
    const bool known = !doubtful && platform_of(document, platform);

    json_decref(document);
    return !known || is_asked_for(parts, platform);
}

/* --- The list -------------------------------------------------------------------------- */

/* Where the digest is, or where it would be. */
static uint16_t *slot_of(const struct sw_fetch_parts *parts, const char *digest)
{
    size_t at = sw_siphash(parts->key, (const uint8_t *)digest, strlen(digest)) % SLOTS;

    while (parts->slots[at] != 0 && strcmp(parts->rows[parts->slots[at] - 1].digest, digest) != 0)
        at = (at + 1) % SLOTS;
    return &parts->slots[at];
}

bool sw_fetch_parts_have(const struct sw_fetch_parts *parts, const char *digest)
{
    return parts->slots != NULL && *slot_of(parts, digest) != 0;
}

void sw_fetch_parts_pass(struct sw_fetch_parts *parts, const char *digest)
{
    if (sw_fetch_parts_have(parts, digest))
        parts->rows[*slot_of(parts, digest) - 1].passed = true;
}

/* Room for one more. */
static enum sw_status reserve(struct sw_fetch_parts *parts, struct sw_error *error)
{
    if (parts->slots == NULL) {
        parts->slots = calloc(SLOTS, sizeof(*parts->slots));
        if (parts->slots == NULL || getrandom(parts->key, sizeof(parts->key), 0) < 0)
            return sw_fail(error, SW_STOP, "fetch", errno, "a list of parts");
    }
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity == 0 ? 64 : parts->capacity * 2;
        struct sw_fetch_part *rows = reallocarray(parts->rows, capacity, sizeof(*rows));
        if (rows == NULL)
            return sw_fail(error, SW_STOP, "fetch", ENOMEM, "a list of parts");
        parts->rows = rows;
        parts->capacity = capacity;
    }
    return SW_OK;
}

enum sw_status sw_fetch_parts_add(struct sw_fetch_parts *parts, const struct sw_fetch_part *part,
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
        struct sw_fetch_part *known = &parts->rows[*slot - 1];
        if (part->chosen && known->passed)
            return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "fetch", 0,
                               "%.64s is of a platform that is asked for in one place, and of "
                               "another in its configuration",
                               part->digest);
        known->chosen |= part->chosen;
        return SW_OK;
    }
    if (parts->count == SW_FETCH_PARTS_MAX)
        return sw_fail_gap(error, SW_PART, SW_GAP_LIMIT_MEMBERS, "fetch", 0,
                           "names more than %d parts", SW_FETCH_PARTS_MAX);
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

static enum sw_status add_digest(const json_t *digest, struct sw_fetch_part part,
                                 struct sw_fetch_parts *parts, struct sw_error *error)
{
    struct sw_view text = {(const uint8_t *)json_string_value(digest), json_string_length(digest)};

    if (text.data == NULL || !sw_target_is_digest(text))
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "fetch", 0,
                           "names a part by what is no digest: %.80s",
                           text.data == NULL ? "nothing" : (const char *)text.data);
    memcpy(part.digest, text.data, text.size);
    part.digest[text.size] = '\0';
    return sw_fetch_parts_add(parts, &part, error);
}

static enum sw_status add_descriptor(const json_t *descriptor, struct sw_fetch_part part,
                                     struct sw_fetch_parts *parts, struct sw_error *error)
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

/* An index has no platform of its own. */
static bool is_index(const json_t *descriptor)
{
    return has_text(descriptor, "mediaType", ".index.") ||
           has_text(descriptor, "mediaType", ".manifest.list.");
}

/* False: a manifest of a platform that is not asked for. */
static bool is_chosen(const json_t *descriptor, const struct sw_fetch_parts *parts, bool doubtful,
                      struct sw_fetch_part *part)
{
    char text[PLATFORM_SIZE];

    part->chosen = false;
    if (doubtful || parts->platforms.size == 0 || is_index(descriptor))
        return true;
    const json_t *platform = member_of(descriptor, "platform", &doubtful);
    if (doubtful || !platform_of(platform, text)) {
        /* Something beside images, a signature for one: its configuration is not asked. */
        part->chosen = json_is_object(platform);
        return true;
    }
    part->chosen = is_asked_for(parts, text);
    return part->chosen;
}

static const struct {
    const char *name;
    bool document;
} lists[] = {{"manifests", true}, {"layers", false}, {"blobs", false}};

static enum sw_status read_document(const json_t *document, unsigned depth, bool doubtful,
                                    struct sw_fetch_parts *parts, struct sw_error *error)
{
    struct sw_fetch_part part = {.depth = depth + 1};
    enum sw_status worst = SW_OK;
    struct sw_error found;
    size_t i;
    const json_t *row, *blob;

    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        part.document = lists[list].document;
        if (parts->documents && !part.document)
            continue;
        json_array_foreach(json_object_get(document, lists[list].name), i, row)
        {
            if (!part.document || is_chosen(row, parts, doubtful, &part))
                keep_worst(add_descriptor(row, part, parts, &found), &found, &worst, error);
        }
    }
    part = (struct sw_fetch_part){.depth = depth + 1, .size = UINT64_MAX};
    row = json_object_get(document, "config");
    if (json_is_object(row))
        keep_worst(add_descriptor(row, part, parts, &found), &found, &worst, error);
    row = parts->documents ? NULL : json_object_get(document, "fsLayers");
    json_array_foreach(row, i, blob)
    {
        keep_worst(add_digest(json_object_get(blob, "blobSum"), part, parts, &found), &found,
                   &worst, error);
    }
    return worst;
}

bool sw_manifest_config(struct sw_view text, struct sw_fetch_part *part)
{
    bool doubtful;
    json_t *document = load(text, &doubtful);
    const json_t *row = json_object_get(document, "config");
    const json_t *digest = json_object_get(row, "digest"), *size = json_object_get(row, "size");
    const struct sw_view name = {(const uint8_t *)json_string_value(digest),
                                 json_string_length(digest)};
    const bool has = !doubtful && name.data != NULL && sw_target_is_digest(name);

    *part = (struct sw_fetch_part){.size = UINT64_MAX};
    if (has)
        memcpy(part->digest, name.data, name.size);
    if (json_is_integer(size) && json_integer_value(size) >= 0)
        part->size = (uint64_t)json_integer_value(size);
    json_decref(document);
    return has;
}

enum sw_status sw_manifest_parts(struct sw_view text, unsigned depth, struct sw_fetch_parts *parts,
                                 struct sw_error *error)
{
    bool doubtful;
    json_t *document = load(text, &doubtful);
    enum sw_status status;

    if (json_is_object(document))
        status = read_document(document, depth, doubtful, parts, error);
    else
        status = sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "fetch", 0,
                             "is no manifest: it is not a JSON object");
    json_decref(document);
    return status;
}
