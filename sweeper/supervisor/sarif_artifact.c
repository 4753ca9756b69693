/* SPDX-License-Identifier: Apache-2.0 */
/* run.artifacts: files, and what lies in them, each with the index of what it lies in
 * (section 3.24.3). Findings come sorted by place, so the artifacts that are still
 * needed are those on the way to the last place: a stack. */
#include <stdlib.h>
#include <string.h>

#include "supervisor/record_order.h"
#include "supervisor/record_parts.h"
#include "supervisor/sarif.h"
#include "sweeper/limits.h"

struct level {
    char *text; /* its hop of the locator */
    char sha256[65];
    uint64_t index;
    bool unnamed; /* a decoded run: known by its offset */
    bool twins;   /* several objects have this name: none of them is known to be the container */
};

struct sw_sarif_artifacts {
    struct sw_spool *spool;
    char *base;
    struct level *levels;
    size_t count;
    size_t capacity;
    uint64_t next;
};

enum sw_status sw_sarif_key(const json_t *record, struct sw_buf *out)
{
    const char *locator = json_string_value(json_object_get(record, "locator"));
    const char *sha256 =
        json_string_value(json_object_get(json_object_get(record, "object"), "sha256"));
    struct sw_buf canonical;
    sw_buf_init(&canonical, SW_GIB);
    enum sw_status status = sw_record_key(record, &canonical);
    if (status == SW_OK)
        status = sw_buf_append(out, canonical.data, 1);
    for (size_t i = 0; locator != NULL && locator[i] != '\0' && status == SW_OK; i++)
        status = sw_buf_append_u8(out, locator[i] == '!' ? 1 : (uint8_t)locator[i]);
    if (status == SW_OK)
        status = sw_buf_append_u8(out, 0);
    if (status == SW_OK && sha256 != NULL)
        status = sw_buf_append_text(out, sha256);
    if (status == SW_OK)
        status = sw_buf_append_u8(out, 0);
    if (status == SW_OK)
        status = sw_buf_append(out, canonical.data, canonical.size);
    sw_buf_done(&canonical);
    return status;
}

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "sarif", 0, "no memory for the artifacts");
    return SW_STOP;
}

enum sw_status sw_sarif_artifacts_new(const char *base, struct sw_sarif_artifacts **made,
                                      struct sw_error *error)
{
    struct sw_sarif_artifacts *artifacts = calloc(1, sizeof *artifacts);
    if (artifacts == NULL)
        return no_memory(error);
    artifacts->base = strdup(base);
    enum sw_status status = artifacts->base == NULL
                                ? no_memory(error)
                                : sw_spool_new(SW_SPOOL_RUN_MAX / 4, &artifacts->spool, error);
    if (status != SW_OK) {
        sw_sarif_artifacts_free(artifacts);
        return status;
    }
    *made = artifacts;
    return SW_OK;
}

static void cut_to(struct sw_sarif_artifacts *artifacts, size_t count)
{
    while (artifacts->count > count)
        free(artifacts->levels[--artifacts->count].text);
}

void sw_sarif_artifacts_free(struct sw_sarif_artifacts *artifacts)
{
    if (artifacts == NULL)
        return;
    cut_to(artifacts, 0);
    sw_spool_free(artifacts->spool);
    free(artifacts->levels);
    free(artifacts->base);
    free(artifacts);
}

struct sw_spool *sw_sarif_artifacts_spool(struct sw_sarif_artifacts *artifacts)
{
    return artifacts->spool;
}

void sw_sarif_place_done(struct sw_sarif_place *place)
{
    json_decref(place->outer_location);
    json_decref(place->leaf_location);
    *place = (struct sw_sarif_place){0};
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The exact bytes that a hop of a locator stands for. */
static enum sw_status decode_hop(const char *text, struct sw_buf *out)
{
    enum sw_status status = SW_OK;
    for (size_t i = 0; text[i] != '\0' && status == SW_OK; i++) {
        int high = text[i] == '%' ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        unsigned byte = (unsigned char)text[i];
        if (low >= 0) {
            byte = (unsigned)high << 4 | (unsigned)low;
            i += 2;
        }
        status = sw_buf_append_u8(out, (uint8_t)(byte & 0xff));
    }
    return status;
}

/* artifactLocation of a level: a path of this system, or one inside the container. */
static json_t *location_of(const struct sw_sarif_artifacts *artifacts, size_t depth,
                           const char *hop, int64_t index)
{
    struct sw_buf bytes;
    struct sw_buf uri;
    json_t *location = NULL;
    sw_buf_init(&bytes, SW_GIB);
    sw_buf_init(&uri, SW_GIB);
    if (decode_hop(hop, &bytes) != SW_OK)
        goto out;
    if (depth == 0) {
        location = sw_sarif_location(sw_buf_view(&bytes), artifacts->base, index);
        goto out;
    }
    if (sw_sarif_uri(&uri, sw_buf_view(&bytes), true) != SW_OK)
        goto out;
    location = json_object();
    sw_put(&location, "uri", json_stringn((const char *)uri.data, uri.size));
    if (index >= 0)
        sw_put(&location, "index", json_integer(index));
out:
    sw_buf_done(&uri);
    sw_buf_done(&bytes);
    return location;
}

/* What is known of the object itself; NULL: it is only on the way. */
static void put_facts(json_t **artifact, const json_t *object, bool is_file)
{
    const char *sha256 = json_string_value(json_object_get(object, "sha256"));
    const char *mime = json_string_value(json_object_get(object, "mime"));
    const json_t *size = json_object_get(object, "size");
    if (json_is_integer(size))
        sw_put(artifact, "length", json_integer(json_integer_value(size)));
    if (sha256 != NULL) {
        json_t *hashes = json_object();
        sw_put_text(&hashes, "sha-256", sha256);
        sw_put(artifact, "hashes", hashes);
    }
    if (mime != NULL && strchr(mime, '/') != NULL && strchr(mime, '/')[1] != '\0')
        sw_put_text(artifact, "mimeType", mime);
    if (is_file)
        sw_sarif_put_time(artifact, "lastModifiedTimeUtc",
                          json_string_value(json_object_get(object, "mtime")));
}

struct making {
    size_t depth;
    const char *hop;      /* of the locator */
    const json_t *link;   /* of the chain; NULL: none */
    const json_t *object; /* NULL: a container on the way */
};

/* A run of encoded text has no name, but an offset in what it stands in. */
static bool is_run(const json_t *link)
{
    const char *kind = json_string_value(json_object_get(link, "kind"));
    return kind != NULL && strcmp(kind, "decoded") == 0;
}

static json_t *artifact_of(const struct sw_sarif_artifacts *artifacts, const struct making *making)
{
    json_t *artifact = json_object();
    if (is_run(making->link)) {
        json_int_t offset = json_integer_value(json_object_get(making->link, "offset"));
        sw_put(&artifact, "description", sw_sarif_message(making->hop));
        sw_put(&artifact, "offset", json_integer(offset));
    } else {
        sw_put(&artifact, "location", location_of(artifacts, making->depth, making->hop, -1));
    }
    if (making->depth > 0)
        sw_put_count(&artifact, "parentIndex", artifacts->levels[making->depth - 1].index);
    if (making->depth == 0) {
        json_t *roles = json_array();
        sw_push(&roles, json_string("analysisTarget"));
        sw_put(&artifact, "roles", roles);
    }
    if (making->object != NULL)
        put_facts(&artifact, making->object, making->depth == 0);
    return artifact;
}

/* Spooled under its index, so that the spool gives artifacts back in order. */
static enum sw_status add(struct sw_sarif_artifacts *artifacts, const struct making *making,
                          uint64_t *index, struct sw_error *error)
{
    uint8_t key[8];
    struct sw_buf line;
    enum sw_status status = SW_STOP;
    json_t *artifact = artifact_of(artifacts, making);
    sw_buf_init(&line, SW_GIB);
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(artifacts->next >> (56 - 8 * i));
    if (artifact == NULL || sw_record_encode(artifact, &line) != SW_OK)
        status = no_memory(error);
    else
        status = sw_spool_add(artifacts->spool, (struct sw_view){key, sizeof key},
                              sw_buf_view(&line), error);
    if (status == SW_OK)
        *index = artifacts->next++;
    sw_buf_done(&line);
    json_decref(artifact);
    return status;
}

static enum sw_status push(struct sw_sarif_artifacts *artifacts, const struct making *making,
                           const char *sha256, struct sw_error *error)
{
    if (artifacts->count == artifacts->capacity) {
        size_t capacity = artifacts->capacity * 2 + 16;
        struct level *levels = realloc(artifacts->levels, capacity * sizeof *levels);
        if (levels == NULL)
            return no_memory(error);
        artifacts->levels = levels;
        artifacts->capacity = capacity;
    }
    struct level *kept = &artifacts->levels[artifacts->count];
    *kept = (struct level){.unnamed = is_run(making->link)};
    if (making->object != NULL)
        (void)strncpy(kept->sha256, sha256, sizeof kept->sha256 - 1);
    kept->text = strdup(making->hop);
    if (kept->text == NULL)
        return no_memory(error);
    artifacts->count++;
    enum sw_status status = add(artifacts, making, &kept->index, error);
    if (status != SW_OK)
        cut_to(artifacts, making->depth);
    return status;
}

/* The level is there; is it this object? */
static enum sw_status renew(struct sw_sarif_artifacts *artifacts, const struct making *making,
                            const char *sha256, struct sw_error *error)
{
    struct level *level = &artifacts->levels[making->depth];
    bool leaf = making->object != NULL;
    if (leaf ? strcmp(level->sha256, sha256) == 0 : !level->twins)
        return SW_OK;
    enum sw_status status = add(artifacts, making, &level->index, error);
    level->twins = leaf;
    level->sha256[0] = '\0';
    if (leaf)
        (void)strncpy(level->sha256, sha256, sizeof level->sha256 - 1);
    return status;
}

/* Cuts the copy of a locator at each `!`; how many hops it has. */
static size_t split(char *locator)
{
    size_t count = 1;
    for (char *at = locator; *at != '\0'; at++) {
        if (*at == '!') {
            *at = '\0';
            count++;
        }
    }
    return count;
}

static enum sw_status descend(struct sw_sarif_artifacts *artifacts, const json_t *finding,
                              const char *hops, size_t count, struct sw_error *error)
{
    const json_t *chain = json_object_get(finding, "chain");
    const json_t *object = json_object_get(finding, "object");
    const char *sha256 = json_string_value(json_object_get(object, "sha256"));
    bool aligned = json_array_size(chain) == count;
    enum sw_status status = SW_OK;
    for (size_t i = 0; i < count && status == SW_OK; i++, hops += strlen(hops) + 1) {
        const struct making making = {.depth = i,
                                      .hop = hops,
                                      .link = aligned ? json_array_get(chain, i) : NULL,
                                      .object = i + 1 == count ? object : NULL};
        if (i < artifacts->count && strcmp(artifacts->levels[i].text, hops) != 0)
            cut_to(artifacts, i);
        status = i < artifacts->count
                     ? renew(artifacts, &making, sha256 == NULL ? "" : sha256, error)
                     : push(artifacts, &making, sha256 == NULL ? "" : sha256, error);
    }
    if (status == SW_OK)
        cut_to(artifacts, count);
    return status;
}

enum sw_status sw_sarif_artifact_find(struct sw_sarif_artifacts *artifacts, const json_t *finding,
                                      struct sw_sarif_place *place, struct sw_error *error)
{
    const char *locator = json_string_value(json_object_get(finding, "locator"));
    char *hops = strdup(locator == NULL ? "" : locator);
    if (hops == NULL)
        return no_memory(error);
    size_t count = split(hops);
    enum sw_status status = descend(artifacts, finding, hops, count, error);
    if (status == SW_OK) {
        const struct level *leaf = &artifacts->levels[count - 1];
        *place = (struct sw_sarif_place){.outer = artifacts->levels[0].index, .leaf = leaf->index};
        place->outer_location = location_of(artifacts, 0, hops, (int64_t)place->outer);
        place->leaf_location =
            leaf->unnamed ? json_pack("{sI}", "index", (json_int_t)place->leaf)
                          : location_of(artifacts, count - 1, leaf->text, (int64_t)place->leaf);
        if (place->outer_location == NULL || place->leaf_location == NULL)
            status = no_memory(error);
    }
    if (status != SW_OK)
        sw_sarif_place_done(place);
    free(hops);
    return status;
}
