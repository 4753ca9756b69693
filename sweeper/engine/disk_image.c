/* SPDX-License-Identifier: Apache-2.0 */
/* disk_image.c - acquisition and digests of a disk image. */
#include "engine/disk_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule/rule_json.h"
#include "engine/unpack/unpack.h"
#include "sweeper/text.h"

enum {
    CHUNK = 1024 * 1024,
    CHUNKS_A_STEP = 256, /* steps end what one time limit is for */
};

struct digests {
    struct sw_digest *of[SW_DIGEST_COUNT]; /* NULL: not wanted */
    char hex[SW_DIGEST_COUNT][SW_DIGEST_HEX_MAX];
};

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "image", 0, "no memory for digests");
}

static void free_digests(struct digests *digests)
{
    for (unsigned kind = 0; kind < SW_DIGEST_COUNT; kind++)
        sw_digest_free(digests->of[kind]);
}

/* The digests of all of a blob, or an error. */
static enum sw_status compute(struct desk *desk, struct sw_blob *blob, struct digests *digests,
                              struct sw_error *error)
{
    uint8_t *chunk = malloc(CHUNK);
    enum sw_status status = chunk == NULL ? no_memory(error) : SW_OK;
    size_t got = 1;

    for (unsigned kind = 0; kind < SW_DIGEST_COUNT; kind++)
        if (digests->of[kind] != NULL && sw_digest_start(digests->of[kind]) != SW_OK)
            status = no_memory(error);
    for (uint64_t i = 0, offset = 0; status == SW_OK && got != 0; i++, offset += got) {
        if (i % CHUNKS_A_STEP == 0 && unpack_step(desk->unpack, error))
            status = SW_SKIP;
        if (status == SW_OK)
            status = sw_blob_read_at(blob, offset, chunk, CHUNK, &got, error);
        for (unsigned kind = 0; kind < SW_DIGEST_COUNT && status == SW_OK; kind++)
            if (digests->of[kind] != NULL &&
                sw_digest_update(digests->of[kind], chunk, got) != SW_OK)
                status = no_memory(error);
    }
    for (unsigned kind = 0; kind < SW_DIGEST_COUNT && status == SW_OK; kind++)
        if (digests->of[kind] != NULL &&
            sw_digest_finish(digests->of[kind], digests->hex[kind]) != SW_OK)
            status = no_memory(error);
    free(chunk);
    return status;
}

/* --- the record ------------------------------------------------------------------------ */

static json_t *acquisition_json(const struct sw_disk_image *image)
{
    json_t *json = json_object();

    for (size_t i = 0; i < image->fact_count; i++)
        json_object_set_new(json, image->facts[i].name, sw_text_json(image->facts[i].text));
    return json;
}

static void put_digest(json_t *json, const char *name, const char *hex)
{
    if (hex[0] != '\0')
        json_object_set_new(json, name, json_string(hex));
}

static json_t *escaped(struct sw_view name)
{
    struct sw_buf text;
    json_t *json = NULL;

    sw_buf_init(&text, (size_t)8 * 4096);
    if (sw_text_escape(&text, name) == SW_OK && text.size != 0)
        json = json_stringn((const char *)text.data, text.size);
    sw_buf_done(&text);
    return json;
}

/* One of its files; what cannot be read becomes a gap. */
static void add_file(struct object *image, json_t *files, struct sw_view name, struct sw_blob *blob,
                     struct digests *digests)
{
    struct sw_error error;

    if (compute(image->desk, blob, digests, &error) != SW_OK) {
        examine_gap(image, &error, NULL);
        return;
    }
    json_array_append_new(files, json_pack("{s:o, s:I, s:s}", "name", escaped(name), "size",
                                           (json_int_t)blob->size, "sha256",
                                           digests->hex[SW_DIGEST_SHA256]));
}

static json_t *files_json(struct object *image, const struct sw_input *input,
                          struct digests *digests)
{
    json_t *files = json_array();

    if (input->part_count == 0 && input->blob != NULL)
        add_file(image, files, input->name, input->blob, digests);
    for (size_t i = 0; i < input->part_count; i++)
        if (input->parts[i].blob != NULL)
            add_file(image, files, input->parts[i].name, input->parts[i].blob, digests);
    return files;
}

static bool fits(const char *stored, const char *computed)
{
    return stored[0] == '\0' || strcmp(stored, computed) == 0;
}

static const char *verdict_of(const struct sw_disk_image *image, const struct digests *digests,
                              bool whole)
{
    if (!whole || image->incomplete)
        return "incomplete";
    if (image->md5[0] == '\0' && image->sha1[0] == '\0')
        return "nothing_stored";
    return fits(image->md5, digests->hex[SW_DIGEST_MD5]) &&
                   fits(image->sha1, digests->hex[SW_DIGEST_SHA1])
               ? "match"
               : "mismatch";
}

static enum sw_status tell_mismatch(struct object *image, const struct sw_disk_image *said,
                                    const struct digests *digests)
{
    char detail[512];

    snprintf(detail, sizeof(detail), "stored MD5 %s, SHA-1 %s; read now MD5 %s, SHA-1 %s",
             said->md5[0] != '\0' ? said->md5 : "none", said->sha1[0] != '\0' ? said->sha1 : "none",
             digests->hex[SW_DIGEST_MD5], digests->hex[SW_DIGEST_SHA1]);
    return examine_integrity(
        image,
        &(struct integrity){.name = "image_hash_mismatch",
                            .title = "the disk in the image is not the one that was acquired",
                            .detail = detail,
                            .severity = SW_SEVERITY_HIGH});
}

/* Digests of the disk and of the files, into the record. */
static enum sw_status verify(struct object *image, struct sw_blob *disk,
                             const struct sw_input *input, const struct sw_disk_image *said,
                             json_t *record)
{
    struct digests digests = {0};
    struct digests of_file = {0};
    struct sw_error error;
    enum sw_status status = sw_digest_new(&of_file.of[SW_DIGEST_SHA256]);

    for (unsigned kind = 0; kind < SW_DIGEST_COUNT && status == SW_OK; kind++)
        if (sw_digest_new_of((enum sw_digest_kind)kind, &digests.of[kind]) != SW_OK)
            digests.of[kind] = NULL; /* an OpenSSL without MD5 */
    const bool able = status == SW_OK && digests.of[SW_DIGEST_SHA256] != NULL &&
                      (said->md5[0] == '\0' || digests.of[SW_DIGEST_MD5] != NULL) &&
                      (said->sha1[0] == '\0' || digests.of[SW_DIGEST_SHA1] != NULL);
    status = able ? compute(image->desk, disk, &digests, &error) : no_memory(&error);
    if (status != SW_OK)
        examine_gap(image, &error, NULL);
    const bool whole = status == SW_OK;
    const char *verdict = verdict_of(said, &digests, whole);
    if (whole) {
        json_t *computed = json_object();
        put_digest(computed, "md5", digests.hex[SW_DIGEST_MD5]);
        put_digest(computed, "sha1", digests.hex[SW_DIGEST_SHA1]);
        put_digest(computed, "sha256", digests.hex[SW_DIGEST_SHA256]);
        json_object_set_new(record, "computed", computed);
    }
    if (of_file.of[SW_DIGEST_SHA256] != NULL)
        json_object_set_new(record, "files", files_json(image, input, &of_file));
    json_object_set_new(record, "verified", json_string(verdict));
    status = strcmp(verdict, "mismatch") == 0 ? tell_mismatch(image, said, &digests) : SW_OK;
    free_digests(&digests);
    free_digests(&of_file);
    return status;
}

enum sw_status disk_image_tell(struct object *disk, const struct sw_input *input,
                               const struct sw_disk_image *image)
{
    struct object *container = disk->parent;
    const bool verified = container->desk->engine->config.verify_image;
    enum sw_status status = SW_OK;

    if (!verified && image->fact_count == 0 && image->md5[0] == '\0' && image->sha1[0] == '\0')
        return SW_OK;
    json_t *record =
        json_pack("{s:s, s:I}", "format", disk->hop.kind, "size", (json_int_t)disk->blob->size);
    json_t *stored = json_object();
    put_digest(stored, "md5", image->md5);
    put_digest(stored, "sha1", image->sha1);
    if (image->fact_count != 0)
        json_object_set_new(record, "acquisition", acquisition_json(image));
    if (json_object_size(stored) != 0)
        json_object_set(record, "stored", stored);
    if (verified)
        status = verify(container, disk->blob, input, image, record);
    json_t *chain = object_chain(container);
    if (status != SW_STOP)
        status = reporter_disk_image(&container->desk->reporter, record, chain);
    json_decref(chain);
    json_decref(stored);
    json_decref(record);
    return status;
}
