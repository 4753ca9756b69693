/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ewf.c - Expert Witness images (.E01, .s01), through libewf.
 *
 * A set is opened with the segments that follow one another from the first on. What is
 * behind the first one that is missing cannot be placed: tables of chunks do not say which
 * chunks they are of. The disk ends where its chunks do.
 */
#include <inttypes.h>
#include <libewf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/disk/bfio.h"
#include "engine/disk/disks.h"
#include "engine/disk/ewf_layout.h"
#include "engine/disk/form.h"
#include "engine/disk/sets.h"
#include "sweeper/limits.h"
#include "sweeper/part_name.h"

static const struct sw_libyal library = SW_LIBYAL(libewf, "ewf");

struct ewf {
    struct sw_form form;
    libewf_handle_t *handle;
    libbfio_pool_t *pool; /* owns the handles in it */
    struct sw_bfio *bfios;
    size_t count; /* of them */
    uint32_t chunk_size;
    uint64_t *bad; /* chunks that could not be read: libewf keeps memory for each attempt */
    size_t bad_count;
};

enum {
    BITS = 64 + 8 + 16 + 16 + 32,
    BAD_MAX = 2048,                  /* chunks of an image that may fail, */
    BAD_BYTES_MAX = 64 * 1024 * 1024 /* and their bytes */
};

static unsigned probe(const struct sw_probe *probe)
{
    return sw_ewf_segment_number(probe->head) == 1 ? BITS : 0;
}

/* What the blob below said first, in any of the segments. */
static const struct sw_bfio *failed_of(const struct ewf *ewf)
{
    for (size_t i = 0; i < ewf->count; i++)
        if (ewf->bfios[i].failed)
            return &ewf->bfios[i];
    return NULL;
}

static bool is_bad(const struct ewf *ewf, uint64_t chunk)
{
    for (size_t i = 0; i < ewf->bad_count; i++)
        if (ewf->bad[i] == chunk)
            return true;
    return false;
}

/* Up to the end of the chunk in which `offset` lies. */
static enum sw_status read_chunk(struct ewf *ewf, uint64_t offset, uint8_t *data, size_t size,
                                 size_t *got, struct sw_error *error)
{
    const uint64_t chunk = offset / ewf->chunk_size;
    const uint64_t left = ewf->chunk_size - offset % ewf->chunk_size;
    libewf_error_t *problem = NULL;

    if (ewf->bad_count >= BAD_MAX || ewf->bad_count * ewf->chunk_size >= BAD_BYTES_MAX)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "ewf", 0,
                           "so many chunks of the image are damaged that no more are read");
    if (is_bad(ewf, chunk))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "ewf", 0,
                           "chunk %" PRIu64 " of the image cannot be read", chunk);
    const ssize_t read = libewf_handle_read_random(
        ewf->handle, data, size < left ? size : (size_t)left, (off64_t)offset, &problem);
    if (read > 0 && (size_t)read <= size) {
        *got = (size_t)read;
        return SW_OK;
    }
    ewf->bad[ewf->bad_count++] = chunk;
    return sw_libyal_fail(&library, &problem, failed_of(ewf), SW_SKIP, SW_GAP_DAMAGED,
                          "a chunk of the image cannot be read", error);
}

static enum sw_status ewf_read(struct sw_form *form, uint64_t offset, uint8_t *data, size_t size,
                               struct sw_error *error)
{
    struct ewf *ewf = (struct ewf *)(void *)form;

    for (size_t i = 0; i < ewf->count; i++)
        sw_bfio_forget(&ewf->bfios[i]);
    for (size_t done = 0; done < size;) {
        size_t got = 0;
        enum sw_status status =
            read_chunk(ewf, offset + done, data + done, size - done, &got, error);
        if (status != SW_OK)
            return status;
        done += got;
    }
    return SW_OK;
}

static void ewf_finish(struct sw_form *form)
{
    const struct ewf *ewf = (const struct ewf *)(const void *)form;
    uint32_t bad = 0;

    if (libewf_handle_get_number_of_checksum_errors(ewf->handle, &bad, NULL) == 1 && bad != 0)
        sw_form_note(form, SW_GAP_DAMAGED, "ewf",
                     "%" PRIu32 " runs of its chunks do not fit their checksums", bad);
}

static void ewf_free(struct ewf *ewf)
{
    if (ewf->handle != NULL) {
        (void)libewf_handle_close(ewf->handle, NULL);
        (void)libewf_handle_free(&ewf->handle, NULL);
    }
    if (ewf->pool != NULL)
        (void)libbfio_pool_free(&ewf->pool, NULL);
    free(ewf->bfios);
    free(ewf->bad);
    free(ewf);
}

static void ewf_close(struct sw_form *form)
{
    ewf_free((struct ewf *)(void *)form);
}

static const struct sw_form_ops ops = {
    .read = ewf_read, .extent = sw_form_all_data, .finish = ewf_finish, .close = ewf_close};

/* --- opening ------------------------------------------------------------------------ */

/* The next segment of the set; NULL: it is not there. */
static struct sw_blob *segment_at(const struct sw_input *input, size_t at)
{
    if (input->part_count == 0)
        return at == 0 ? input->blob : NULL;
    return at < input->part_count ? input->parts[at].blob : NULL;
}

static void note_next(struct ewf *ewf, const struct sw_input *input, size_t count)
{
    char name[SW_PART_NAME_MAX + 1];
    struct sw_part_name part;

    /* One that is known to be missing has been told. */
    if (count < input->part_count && input->parts[count].blob == NULL)
        return;
    if (sw_part_name_read(input->name, &part) &&
        sw_part_name_write(&part, (uint32_t)count + 1, name))
        sw_form_note(&ewf->form, SW_GAP_MISSING_PART, "ewf",
                     "%s, with which it goes on, cannot be had", name);
    else
        sw_form_note(&ewf->form, SW_GAP_MISSING_PART, "ewf",
                     "segment %zu, with which it goes on, cannot be had", count + 1);
}

/* Puts segment `at` into the pool. */
static enum sw_status add(struct ewf *ewf, struct sw_blob *blob, size_t at, struct sw_error *error)
{
    libbfio_handle_t *handle = NULL;
    int entry = -1;

    enum sw_status status = sw_bfio_handle_new(&ewf->bfios[at], blob, &handle, error);
    if (status != SW_OK)
        return SW_DEAD;
    if (libbfio_pool_append_handle(ewf->pool, &entry, handle, LIBBFIO_OPEN_READ, NULL) != 1) {
        sw_bfio_handle_free(&handle);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "ewf", 0,
                           "no memory for its segments");
    }
    ewf->count = at + 1;
    return SW_OK;
}

/* All segments in a row, and what they say. */
static enum sw_status gather(struct ewf *ewf, const struct sw_input *input,
                             struct sw_ewf_layout *layout, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    struct sw_blob *blob;

    for (size_t at = 0; status == SW_OK && (blob = segment_at(input, at)) != NULL; at++) {
        if (sw_ewf_number(blob) != at + 1) {
            sw_form_note(&ewf->form, SW_GAP_MISSING_PART, "ewf",
                         "what should be its segment %zu is another file", at + 1);
            layout->ended = true;
            return SW_OK;
        }
        status = sw_ewf_walk(layout, blob, error);
        if (status == SW_DEAD)
            return status;
        if (status == SW_PART)
            sw_form_note(&ewf->form, error->reason, "ewf", "segment %zu %s", at + 1, error->text);
        const enum sw_status added = add(ewf, blob, at, error);
        if (added != SW_OK)
            return added;
        if (layout->ended)
            return SW_OK;
    }
    if (layout->goes_on)
        note_next(ewf, input, ewf->count);
    return SW_OK;
}

static enum sw_status size_of(struct ewf *ewf, const struct sw_ewf_layout *layout,
                              struct sw_error *error)
{
    uint64_t size = layout->media_size;

    if (!layout->volume)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "ewf", 0,
                           "does not say how large its disk is");
    const uint64_t there = layout->chunks_there * layout->chunk_size;
    if (there < size) {
        sw_form_note(&ewf->form, layout->goes_on ? SW_GAP_MISSING_PART : SW_GAP_TRUNCATED, "ewf",
                     "of its disk's %" PRIu64 " bytes the first %" PRIu64 " are there", size,
                     there);
        size = there;
    }
    if (size > SW_FORM_SIZE_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_SIZE, "ewf", 0,
                           "a disk of %" PRIu64 " bytes is larger than any that is opened", size);
    ewf->form.blob.size = size;
    ewf->chunk_size = layout->chunk_size;
    return SW_OK;
}

/* --- what it says of its acquisition -------------------------------------------------- */

static void take_fact(struct ewf *ewf, const char *name)
{
    struct sw_disk_image *image = &ewf->form.image;
    struct sw_disk_fact *fact = &image->facts[image->fact_count];

    if (image->fact_count == SW_DISK_FACTS_MAX ||
        libewf_handle_get_utf8_header_value(ewf->handle, (const uint8_t *)name, strlen(name),
                                            (uint8_t *)fact->text, sizeof(fact->text), NULL) != 1)
        return;
    fact->text[SW_DISK_FACT_MAX] = '\0';
    fact->name = name;
    if (fact->text[0] != '\0')
        image->fact_count++;
}

static void put_hex(char *hex, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

/* A text of hexadecimal digits, as the extended form stores it. */
static void take_hash(struct ewf *ewf, const char *name, char *hex, size_t digits)
{
    uint8_t text[128] = "";

    if (libewf_handle_get_utf8_hash_value(ewf->handle, (const uint8_t *)name, strlen(name), text,
                                          sizeof(text), NULL) != 1)
        return;
    text[sizeof(text) - 1] = '\0';
    if (strspn((const char *)text, "0123456789abcdefABCDEF") != digits || text[digits] != '\0')
        return;
    for (size_t i = 0; i <= digits; i++)
        hex[i] = (char)sw_lower(text[i]);
}

static void take_image(struct ewf *ewf)
{
    static const char *const names[] = {"case_number",
                                        "evidence_number",
                                        "description",
                                        "examiner_name",
                                        "notes",
                                        "acquiry_date",
                                        "system_date",
                                        "acquiry_operating_system",
                                        "acquiry_software",
                                        "acquiry_software_version",
                                        "model",
                                        "serial_number",
                                        "device_label"};
    struct sw_disk_image *image = &ewf->form.image;
    uint8_t md5[16], sha1[20];

    (void)libewf_handle_set_header_values_date_format(ewf->handle, LIBEWF_DATE_FORMAT_ISO8601,
                                                      NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        take_fact(ewf, names[i]);
    if (libewf_handle_get_md5_hash(ewf->handle, md5, sizeof(md5), NULL) == 1)
        put_hex(image->md5, md5, sizeof(md5));
    else
        take_hash(ewf, "MD5", image->md5, 32);
    if (libewf_handle_get_sha1_hash(ewf->handle, sha1, sizeof(sha1), NULL) == 1)
        put_hex(image->sha1, sha1, sizeof(sha1));
    else
        take_hash(ewf, "SHA1", image->sha1, 40);
}

static enum sw_status start(struct ewf *ewf, const struct sw_input *input, struct sw_error *error)
{
    const size_t count_max = input->part_count == 0 ? 1 : input->part_count;
    struct sw_ewf_layout layout = {0};
    libewf_error_t *problem = NULL;

    ewf->bfios = calloc(count_max, sizeof(ewf->bfios[0]));
    ewf->bad = calloc(BAD_MAX, sizeof(ewf->bad[0]));
    if (ewf->bfios == NULL || ewf->bad == NULL ||
        libbfio_pool_initialize(&ewf->pool, 0, 0, NULL) != 1 ||
        libewf_handle_initialize(&ewf->handle, NULL) != 1)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "ewf", 0, "no memory to open it");
    enum sw_status status = gather(ewf, input, &layout, error);
    if (status == SW_OK)
        status = size_of(ewf, &layout, error);
    if (status == SW_OK &&
        libewf_handle_open_file_io_pool(ewf->handle, ewf->pool, LIBEWF_OPEN_READ, &problem) != 1)
        status = sw_libyal_fail(&library, &problem, failed_of(ewf), SW_DEAD, SW_GAP_DAMAGED,
                                "cannot be opened", error);
    if (status == SW_OK)
        take_image(ewf);
    return status;
}

static enum sw_status open_ewf(const struct sw_input *input, const struct sw_source_setup *setup,
                               void **state, struct sw_error *error)
{
    struct ewf *ewf = calloc(1, sizeof(*ewf));

    (void)setup;
    if (ewf == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "ewf", 0, "no memory to open it");
    sw_form_init(&ewf->form, &ops, 0);
    enum sw_status status = start(ewf, input, error);
    if (status != SW_OK) {
        ewf_free(ewf);
        return SW_DEAD;
    }
    *state = ewf;
    return SW_OK;
}

const struct sw_source sw_source_ewf = {
    .kind = "ewf",
    .disk = true,
    .probe = probe,
    .open = open_ewf,
    .next = sw_form_next,
    .read = sw_form_read,
    .close = sw_form_close,
};
