/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmdk.c - VMware's disks: a descriptor, and extents one behind the other.
 *
 * The extents that a descriptor names are looked for among the files beside it. One that
 * is not there, or cannot be opened, is a gap, and its part of the disk reads as zeros.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/disk/disks.h"
#include "engine/disk/parts_of.h"
#include "engine/disk/vmdk_descriptor.h"
#include "engine/disk/vmdk_sparse.h"
#include "sweeper/text.h"

#define ROOM "vmdk"

enum { TEXT_BITS = 21 * 8, NAMED_MAX = 6 };

struct extent {
    enum sw_vmdk_type type; /* how it is read: SW_VMDK_OTHER as zeros */
    uint64_t start;         /* bytes, in the disk */
    uint64_t size;
    uint64_t offset;      /* of a flat one, in its file */
    struct sw_blob *blob; /* NULL: missing */
    struct sw_vmdk_sparse sparse;
};

struct vmdk {
    struct sw_layer layer;
    struct extent *extents;
    size_t count;
};

static unsigned probe(const struct sw_probe *probe)
{
    struct sw_vmdk_header header;

    if (sw_vmdk_is_descriptor(probe->head))
        return probe->size <= SW_VMDK_DESCRIPTOR_MAX ? TEXT_BITS : 0;
    return sw_vmdk_header(probe->head, &header);
}

static bool is_vmdk(struct sw_blob *blob)
{
    uint8_t head[SW_VMDK_HEADER];
    struct sw_vmdk_header header;
    struct sw_error error;
    size_t got = 0;

    if (sw_blob_read_at(blob, 0, head, sizeof(head), &got, &error) != SW_OK)
        return false;
    const struct sw_view view = {head, got};
    return (sw_vmdk_is_descriptor(view) && blob->size <= SW_VMDK_DESCRIPTOR_MAX) ||
           sw_vmdk_header(view, &header) != 0;
}

/* --- reading ---------------------------------------------------------------------------- */

static struct extent *extent_at(const struct vmdk *vmdk, uint64_t offset)
{
    size_t low = 0;
    size_t high = vmdk->count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (vmdk->extents[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return &vmdk->extents[low];
}

static enum sw_status find(struct sw_layer *layer, uint64_t offset, struct sw_run *run,
                           struct sw_error *error)
{
    struct extent *extent = extent_at((struct vmdk *)(void *)layer, offset);
    const uint64_t into = offset - extent->start;
    const uint64_t left = extent->size - into;
    enum sw_status status = SW_OK;

    if (extent->type == SW_VMDK_ZERO || extent->type == SW_VMDK_OTHER) {
        *run = (struct sw_run){.kind = SW_RUN_ZEROS, .size = left};
    } else if (extent->type == SW_VMDK_FLAT) {
        *run = (struct sw_run){
            .kind = SW_RUN_DATA, .blob = extent->blob, .at = extent->offset + into, .size = left};
    } else if (into >= extent->sparse.header.capacity) {
        *run = (struct sw_run){.kind = SW_RUN_ABSENT, .size = left};
    } else {
        status = sw_vmdk_sparse_find(&extent->sparse, into, run, error);
        if (run->size > left)
            run->size = left;
    }
    return status;
}

static enum sw_status unpack(struct sw_layer *layer, const struct sw_run *run,
                             const uint8_t **bytes, struct sw_error *error)
{
    struct vmdk *vmdk = (struct vmdk *)(void *)layer;

    for (size_t i = 0; i < vmdk->count; i++)
        if (vmdk->extents[i].type == SW_VMDK_SPARSE && vmdk->extents[i].blob == run->blob)
            return sw_vmdk_sparse_unpack(&vmdk->extents[i].sparse, run->at, bytes, error);
    return sw_layer_not_packed(layer, run, bytes, error);
}

static void done(struct sw_layer *layer)
{
    struct vmdk *vmdk = (struct vmdk *)(void *)layer;

    for (size_t i = 0; i < vmdk->count; i++)
        if (vmdk->extents[i].type == SW_VMDK_SPARSE)
            sw_vmdk_sparse_done(&vmdk->extents[i].sparse);
    free(vmdk->extents);
    free(vmdk);
}

/* --- opening ---------------------------------------------------------------------------- */

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
}

/* Opens what an extent lies in; what cannot be opened is SW_VMDK_OTHER, and *error says why. */
static enum sw_status open_extent(struct extent *extent, struct sw_error *error)
{
    if (extent->type != SW_VMDK_SPARSE)
        return SW_OK;
    enum sw_status status = sw_vmdk_sparse_init(&extent->sparse, extent->blob, error);
    if (status != SW_OK)
        extent->type = SW_VMDK_OTHER;
    return status;
}

/* Names of missing extents, one gap for all. */
struct missing {
    struct sw_buf names;
    size_t count;
};

static void note_missing(struct missing *missing, struct sw_view name)
{
    missing->count++;
    if (missing->count > NAMED_MAX)
        return;
    if (sw_buf_append_text(&missing->names, missing->count == 1 ? "" : ", ") != SW_OK ||
        sw_text_escape(&missing->names, sw_disk_base_name(name)) != SW_OK)
        return;
}

static void tell_missing(struct sw_layers *layers, struct missing *missing, size_t count)
{
    if (missing->count == 0)
        return;
    const bool named = sw_buf_terminate(&missing->names) == SW_OK;
    sw_form_note(&layers->form, SW_GAP_MISSING_PART, ROOM,
                 "of its %zu extents %zu are not beside it: %s%s; they read as zeros", count,
                 missing->count, named ? (const char *)missing->names.data : "they cannot be named",
                 missing->count > NAMED_MAX ? ", ..." : "");
}

/* The extents of a descriptor. `own` holds the descriptor; an embedded one is of the file
 * itself when it names one extent. */
static enum sw_status add_extents(struct vmdk *vmdk, struct sw_layers *layers, struct sw_blob *own,
                                  bool embedded, const struct sw_vmdk_descriptor *descriptor,
                                  struct sw_error *error)
{
    struct missing missing = {0};
    uint64_t start = 0;
    enum sw_status status = SW_OK;

    vmdk->extents = calloc(descriptor->count, sizeof(vmdk->extents[0]));
    if (vmdk->extents == NULL)
        return no_memory(error);
    sw_buf_init(&missing.names, (size_t)NAMED_MAX * 4 * SW_LAYER_NAME_MAX);
    for (size_t i = 0; i < descriptor->count && status == SW_OK; i++) {
        const struct sw_vmdk_extent_line *line = &descriptor->extents[i];
        struct extent *extent = &vmdk->extents[vmdk->count];
        *extent = (struct extent){
            .type = line->type, .start = start, .size = line->size, .offset = line->offset};
        if (line->size == 0)
            continue;
        if (__builtin_add_overflow(start, line->size, &start) || start > SW_FORM_SIZE_MAX) {
            status = sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_SIZE, ROOM, 0,
                                 "its extents are larger together than any disk that is opened");
            break;
        }
        vmdk->count++;
        if (line->type == SW_VMDK_ZERO)
            continue;
        extent->blob = embedded && i == 0 ? own : sw_disk_find_part(layers->input, line->name);
        if (extent->blob == NULL) {
            note_missing(&missing, line->name);
            extent->type = SW_VMDK_OTHER;
        } else if (line->type == SW_VMDK_OTHER) {
            sw_form_note(&layers->form, SW_GAP_UNSUPPORTED, ROOM,
                         "one of its extents is of a kind that is not read here");
        } else if (open_extent(extent, error) != SW_OK) {
            sw_form_note(&layers->form, error->reason, ROOM, "extent %zu %s", i + 1, error->text);
        }
    }
    tell_missing(layers, &missing, descriptor->count);
    sw_buf_done(&missing.names);
    vmdk->layer.size = start;
    if (status == SW_OK && vmdk->count == 0)
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "has no extents");
    return status;
}

/* A sparse extent without a descriptor: what there is of a disk. */
static enum sw_status add_alone(struct vmdk *vmdk, struct sw_layers *layers, struct sw_blob *blob,
                                struct sw_error *error)
{
    vmdk->extents = calloc(1, sizeof(vmdk->extents[0]));
    if (vmdk->extents == NULL)
        return no_memory(error);
    vmdk->count = 1;
    vmdk->extents[0] = (struct extent){.type = SW_VMDK_SPARSE, .blob = blob};
    enum sw_status status = open_extent(&vmdk->extents[0], error);
    vmdk->extents[0].size = vmdk->layer.size = vmdk->extents[0].sparse.header.capacity;
    if (status == SW_OK)
        sw_form_note(&layers->form, SW_GAP_MISSING_PART, ROOM,
                     "is one extent of a disk, whose descriptor is not in it");
    return status;
}

static void take_parent(const struct sw_vmdk_descriptor *descriptor, struct sw_parent *parent)
{
    const struct sw_view name = sw_view_first(descriptor->parent, SW_LAYER_NAME_MAX);

    if (!descriptor->has_parent)
        return;
    snprintf(parent->name, sizeof(parent->name), "%.*s", name.size == 0 ? 1 : (int)name.size,
             name.size == 0 ? "?" : (const char *)name.data);
}

static enum sw_status open_text(struct vmdk *vmdk, struct sw_layers *layers, struct sw_blob *blob,
                                uint64_t at, uint64_t size, struct sw_parent *parent,
                                struct sw_error *error)
{
    struct sw_vmdk_descriptor *descriptor = malloc(sizeof(*descriptor));
    uint8_t *text = size <= SW_VMDK_DESCRIPTOR_MAX ? malloc((size_t)size + 1) : NULL;
    size_t got = 0;

    if (descriptor == NULL || text == NULL) {
        free(descriptor);
        free(text);
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for its descriptor of %" PRIu64 " bytes", size);
    }
    enum sw_status status = sw_blob_read_at(blob, at, text, (size_t)size, &got, error);
    if (status == SW_OK && !sw_vmdk_read_descriptor((struct sw_view){text, got}, descriptor))
        status =
            sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "its descriptor names no extents");
    if (status == SW_OK && descriptor->cut)
        sw_form_note(&layers->form, SW_GAP_LIMIT_MEMBERS, ROOM,
                     "has more than %d extents; those are looked at", SW_VMDK_EXTENTS_MAX);
    if (status == SW_OK)
        status = add_extents(vmdk, layers, blob, at != 0, descriptor, error);
    if (status == SW_OK)
        take_parent(descriptor, parent);
    free(descriptor);
    free(text);
    return status;
}

/* QEMU leaves room for one in extents that have none. */
static bool has_descriptor(struct sw_blob *blob, const struct sw_vmdk_header *header)
{
    uint8_t head[32];
    struct sw_error error;
    size_t got = 0;

    return header->descriptor_at != 0 && header->descriptor_size != 0 &&
           sw_blob_read_at(blob, header->descriptor_at, head, sizeof(head), &got, &error) ==
               SW_OK &&
           sw_vmdk_is_descriptor((struct sw_view){head, got});
}

static enum sw_status open_layer(struct sw_layers *layers, struct sw_blob *blob,
                                 struct sw_layer **layer, struct sw_parent *parent,
                                 struct sw_error *error)
{
    static const struct sw_layer_ops ops = {.find = find, .unpack = unpack, .done = done};
    struct vmdk *vmdk = calloc(1, sizeof(*vmdk));
    uint8_t head[SW_VMDK_HEADER];
    struct sw_vmdk_header header;
    size_t got = 0;

    if (vmdk == NULL)
        return no_memory(error);
    vmdk->layer.ops = &ops;
    enum sw_status status = sw_blob_read_at(blob, 0, head, sizeof(head), &got, error);
    const struct sw_view view = {head, got};
    if (status == SW_OK && sw_vmdk_is_descriptor(view))
        status = open_text(vmdk, layers, blob, 0, blob->size, parent, error);
    else if (status == SW_OK && sw_vmdk_header(view, &header) == 0)
        status =
            sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "its header says what cannot be");
    else if (status == SW_OK && has_descriptor(blob, &header))
        status = open_text(vmdk, layers, blob, header.descriptor_at, header.descriptor_size, parent,
                           error);
    else if (status == SW_OK)
        status = add_alone(vmdk, layers, blob, error);
    if (status != SW_OK) {
        done(&vmdk->layer);
        return SW_DEAD;
    }
    *layer = &vmdk->layer;
    return SW_OK;
}

const struct sw_layer_format sw_layer_vmdk = {.room = ROOM, .is = is_vmdk, .open = open_layer};

static enum sw_status open_vmdk(const struct sw_input *input, const struct sw_source_setup *setup,
                                void **state, struct sw_error *error)
{
    (void)setup;
    return sw_layers_open(&sw_layer_vmdk, input, state, error);
}

const struct sw_source sw_source_vmdk = {
    .kind = "vmdk",
    .disk = true,
    .probe = probe,
    .open = open_vmdk,
    .next = sw_form_next,
    .read = sw_form_read,
    .close = sw_form_close,
};
