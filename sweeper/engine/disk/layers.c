/* SPDX-License-Identifier: Apache-2.0 */
/* layers.c - reads through tables and parents. */
#include "engine/disk/layers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/disk/parts_of.h"

/* --- reading ---------------------------------------------------------------------------- */

/* Where `offset` lies: in which layer (count: in none, zeros), and how. */
static enum sw_status find(struct sw_layers *layers, uint64_t offset, size_t *in,
                           struct sw_run *run, struct sw_error *error)
{
    uint64_t size = layers->form.blob.size - offset;
    enum sw_status status = SW_OK;

    for (size_t i = 0; i < layers->count && status == SW_OK; i++) {
        struct sw_layer *layer = layers->layers[i];
        if (offset >= layer->size)
            break;
        if (layer->size - offset < size)
            size = layer->size - offset;
        *run = (struct sw_run){.kind = SW_RUN_ABSENT, .size = size};
        status = layer->ops->find(layer, offset, run, error);
        if (run->size < size && run->size != 0)
            size = run->size;
        run->size = size;
        *in = i;
        if (run->kind != SW_RUN_ABSENT)
            return status;
    }
    *in = layers->count;
    *run = (struct sw_run){.kind = SW_RUN_ZEROS, .size = size};
    return status;
}

enum sw_status sw_layer_read(const char *room, struct sw_blob *blob, uint64_t at, void *bytes,
                             size_t size, struct sw_error *error)
{
    size_t got = 0;

    enum sw_status status = sw_blob_read_at(blob, at, bytes, size, &got, error);
    if (status == SW_OK && got != size)
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, room, 0,
                             "ends at byte %" PRIu64 ", and should have %zu bytes at %" PRIu64,
                             blob->size, size, at);
    return status;
}

static enum sw_status read_run(struct sw_layers *layers, size_t in, const struct sw_run *run,
                               uint8_t *data, size_t size, struct sw_error *error)
{
    const uint8_t *unit = NULL;

    if (run->kind == SW_RUN_ZEROS) {
        memset(data, 0, size);
        return SW_OK;
    }
    if (run->kind == SW_RUN_DATA)
        return sw_layer_read(layers->room, run->blob, run->at, data, size, error);
    struct sw_layer *layer = layers->layers[in];
    enum sw_status status = layer->ops->unpack(layer, run, &unit, error);
    if (status == SW_OK)
        memcpy(data, unit + run->into, size);
    return status;
}

static enum sw_status layers_read(struct sw_form *form, uint64_t offset, uint8_t *data, size_t size,
                                  struct sw_error *error)
{
    struct sw_layers *layers = (struct sw_layers *)(void *)form;
    enum sw_status status = SW_OK;

    for (size_t done = 0; done < size && status == SW_OK;) {
        struct sw_run run;
        size_t in = 0;
        status = find(layers, offset + done, &in, &run, error);
        const size_t left = size - done;
        const size_t step = status != SW_OK || run.size > left ? left : (size_t)run.size;
        if (status == SW_OK)
            status = read_run(layers, in, &run, data + done, step, error);
        done += step;
    }
    return status;
}

/* Bytes of a run that is told at a time: who wants more asks again at its end. */
#define EXTENT_MAX ((uint64_t)16 << 20)

/* Holes of files are data here; what cannot be told is data, too. */
static void layers_extent(struct sw_form *form, uint64_t offset, uint64_t *start, uint64_t *end)
{
    struct sw_layers *layers = (struct sw_layers *)(void *)form;
    struct sw_error error;
    bool inside = false;

    *start = *end = form->blob.size;
    while (offset < form->blob.size) {
        struct sw_run run;
        size_t in = 0;
        const bool known = find(layers, offset, &in, &run, &error) == SW_OK;
        const bool data = !known || run.kind != SW_RUN_ZEROS;
        if (inside && offset - *start >= EXTENT_MAX) {
            *end = offset;
            return;
        }
        if (data && !inside)
            *start = offset;
        if (!data && inside) {
            *end = offset;
            return;
        }
        inside = data;
        if (!known)
            return; /* to the end */
        offset += run.size;
    }
}

static void layers_free(struct sw_layers *layers)
{
    for (size_t i = 0; i < layers->count; i++)
        layers->layers[i]->ops->done(layers->layers[i]);
    free(layers);
}

static void layers_close(struct sw_form *form)
{
    layers_free((struct sw_layers *)(void *)form);
}

enum sw_status sw_layer_not_packed(struct sw_layer *layer, const struct sw_run *run,
                                   const uint8_t **bytes, struct sw_error *error)
{
    (void)layer;
    (void)run;
    (void)bytes;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "disk", 0, "nothing is compressed here");
}

/* --- a disk as it lies ------------------------------------------------------------------ */

struct raw_layer {
    struct sw_layer layer;
    struct sw_blob *blob;
};

static enum sw_status raw_find(struct sw_layer *layer, uint64_t offset, struct sw_run *run,
                               struct sw_error *error)
{
    (void)error;
    *run = (struct sw_run){.kind = SW_RUN_DATA,
                           .blob = ((struct raw_layer *)(void *)layer)->blob,
                           .at = offset,
                           .size = layer->size - offset};
    return SW_OK;
}

static void raw_done(struct sw_layer *layer)
{
    free(layer);
}

static enum sw_status open_raw(struct sw_layers *layers, struct sw_blob *blob,
                               struct sw_layer **layer, struct sw_parent *parent,
                               struct sw_error *error)
{
    static const struct sw_layer_ops ops = {
        .find = raw_find, .unpack = sw_layer_not_packed, .done = raw_done};
    struct raw_layer *raw = malloc(sizeof(*raw));

    (void)layers;
    (void)parent;
    if (raw == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "disk", 0, "no memory to open it");
    *raw = (struct raw_layer){.layer = {.ops = &ops, .size = blob->size}, .blob = blob};
    *layer = &raw->layer;
    return SW_OK;
}

static bool is_raw(struct sw_blob *blob)
{
    (void)blob;
    return true;
}

static const struct sw_layer_format raw_format = {.room = "disk", .is = is_raw, .open = open_raw};

/* --- opening ------------------------------------------------------------------------------ */

static const struct sw_layer_format *format_of(struct sw_blob *blob, bool raw)
{
    static const struct sw_layer_format *const formats[] = {&sw_layer_qcow2, &sw_layer_vmdk,
                                                            &sw_layer_vhdx, &sw_layer_vhd};

    for (size_t i = 0; !raw && i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i]->is(blob))
            return formats[i];
    return &raw_format;
}

static bool is_open(const struct sw_layers *layers, const struct sw_blob *blob)
{
    for (size_t i = 0; i < layers->count; i++)
        if (layers->blobs[i] == blob)
            return true;
    return false;
}

static enum sw_status add(struct sw_layers *layers, const struct sw_layer_format *format,
                          struct sw_blob *blob, struct sw_parent *parent, struct sw_error *error)
{
    *parent = (struct sw_parent){0};
    if (layers->count == SW_LAYERS_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_DEPTH, layers->room, 0,
                           "one of more than %d files behind one another", SW_LAYERS_MAX);
    enum sw_status status =
        format->open(layers, blob, &layers->layers[layers->count], parent, error);
    if (status != SW_OK)
        return status;
    layers->blobs[layers->count++] = blob;
    return SW_OK;
}

/* The files behind the first one, as far as they can be had. */
static void add_parents(struct sw_layers *layers, struct sw_parent *parent)
{
    struct sw_error error;

    while (parent->name[0] != '\0') {
        struct sw_blob *next = sw_disk_find_part(layers->input, sw_view_of(parent->name));
        if (next == NULL || is_open(layers, next)) {
            sw_form_note(&layers->form, SW_GAP_MISSING_PART, layers->room,
                         "the file behind it, %s, is not beside it; what only that has reads as "
                         "zeros",
                         parent->name);
            return;
        }
        const struct sw_layer_format *format = format_of(next, parent->raw);
        struct sw_parent further;
        if (add(layers, format, next, &further, &error) != SW_OK) {
            sw_form_note(&layers->form, error.reason, layers->room, "the file behind it, %s, %s",
                         parent->name, error.text);
            return;
        }
        *parent = further;
    }
}

enum sw_status sw_layers_open(const struct sw_layer_format *format, const struct sw_input *input,
                              void **state, struct sw_error *error)
{
    static const struct sw_form_ops ops = {.read = layers_read,
                                           .extent = layers_extent,
                                           .finish = sw_form_no_more,
                                           .close = layers_close};
    struct sw_layers *layers = calloc(1, sizeof(*layers));
    struct sw_parent parent;

    if (layers == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, format->room, 0,
                           "no memory to open it");
    sw_form_init(&layers->form, &ops, 0);
    layers->room = format->room;
    layers->input = input;
    if (add(layers, format, input->blob, &parent, error) != SW_OK) {
        layers_free(layers);
        return SW_DEAD;
    }
    if (layers->layers[0]->size > SW_FORM_SIZE_MAX) {
        (void)sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_SIZE, format->room, 0,
                          "a disk of %" PRIu64 " bytes is larger than any that is opened",
                          layers->layers[0]->size);
        layers_free(layers);
        return SW_DEAD;
    }
    add_parents(layers, &parent);
    layers->form.blob.size = layers->layers[0]->size;
    layers->input = NULL;
    *state = layers;
    return SW_OK;
}

/* --- names ---------------------------------------------------------------------------------- */

void sw_layer_name_utf16(char name[static SW_LAYER_NAME_MAX + 1], const uint8_t *units, size_t size,
                         bool big)
{
    size_t used = 0;

    for (size_t i = 0; i + 1 < size && used + 4 <= SW_LAYER_NAME_MAX; i += 2) {
        uint32_t unit = (uint32_t)units[i + (big ? 0 : 1)] << 8 | units[i + (big ? 1 : 0)];
        if (unit == 0)
            break;
        if (unit >= 0xd800 && unit < 0xe000)
            unit = '?'; /* names beyond the first plane are not compared */
        if (unit < 0x80) {
            name[used++] = (char)unit;
        } else if (unit < 0x800) {
            name[used++] = (char)(0xc0 | unit >> 6);
            name[used++] = (char)(0x80 | (unit & 0x3f));
        } else {
            name[used++] = (char)(0xe0 | unit >> 12);
            name[used++] = (char)(0x80 | (unit >> 6 & 0x3f));
            name[used++] = (char)(0x80 | (unit & 0x3f));
        }
    }
    name[used] = '\0';
}
