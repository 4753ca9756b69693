/* SPDX-License-Identifier: Apache-2.0 */
/* qcow2.c - QEMU's images. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/disk/disks.h"
#include "engine/disk/parts_of.h"
#include "engine/disk/qcow2_map.h"

struct qcow2 {
    struct sw_layer layer;
    struct sw_qcow2_map map;
};

static unsigned probe(const struct sw_probe *probe)
{
    struct sw_qcow2_header header;

    return sw_qcow2_header(probe->head, probe->size, &header);
}

static bool is_qcow2(struct sw_blob *blob)
{
    struct sw_qcow2_header header;
    uint8_t head[SW_QCOW2_HEADER];
    struct sw_error error;
    size_t got = 0;

    return sw_blob_read_at(blob, 0, head, sizeof(head), &got, &error) == SW_OK &&
           sw_qcow2_header((struct sw_view){head, got}, blob->size, &header) != 0;
}

static struct qcow2 *qcow2_of(struct sw_layer *layer)
{
    return (struct qcow2 *)(void *)layer;
}

static enum sw_status find(struct sw_layer *layer, uint64_t offset, struct sw_run *run,
                           struct sw_error *error)
{
    return sw_qcow2_map_find(&qcow2_of(layer)->map, offset, run, error);
}

static enum sw_status unpack(struct sw_layer *layer, const struct sw_run *run,
                             const uint8_t **bytes, struct sw_error *error)
{
    return sw_qcow2_map_unpack(&qcow2_of(layer)->map, run->at, bytes, error);
}

static void done(struct sw_layer *layer)
{
    sw_qcow2_map_done(&qcow2_of(layer)->map);
    free(layer);
}

/* --- opening -------------------------------------------------------------------------- */

static enum sw_status find_data_file(struct qcow2 *qcow2, const struct sw_input *input,
                                     const char *name, struct sw_error *error)
{
    if ((qcow2->map.header.incompatible & SW_QCOW2_DATA_FILE) == 0)
        return SW_OK;
    qcow2->map.data = sw_disk_find_part(input, sw_view_of(name));
    if (qcow2->map.data == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_MISSING_PART, "qcow2", 0,
                           "the file that holds its data, %s, is not beside it", name);
    return SW_OK;
}

static void note_oddities(struct sw_layers *layers, const struct sw_qcow2_header *header)
{
    if ((header->incompatible & SW_QCOW2_CORRUPT) != 0)
        sw_form_note(&layers->form, SW_GAP_DAMAGED, "qcow2", "is marked as corrupt");
    if (header->snapshot_count != 0)
        sw_form_note(&layers->form, SW_GAP_UNSUPPORTED, "qcow2",
                     "has %" PRIu32 " snapshots inside, of which nothing is looked at",
                     header->snapshot_count);
}

static enum sw_status open_layer(struct sw_layers *layers, struct sw_blob *blob,
                                 struct sw_layer **layer, struct sw_parent *parent,
                                 struct sw_error *error)
{
    static const struct sw_layer_ops ops = {.find = find, .unpack = unpack, .done = done};
    char format[SW_QCOW2_FORMAT_MAX + 1], data_file[SW_QCOW2_NAME_MAX + 1];
    struct qcow2 *qcow2 = calloc(1, sizeof(*qcow2));

    if (qcow2 == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "qcow2", 0, "no memory to open it");
    qcow2->layer.ops = &ops;
    enum sw_status status = sw_qcow2_map_init(&qcow2->map, blob, error);
    if (status == SW_OK)
        status = sw_qcow2_backing(&qcow2->map, parent->name, format, data_file, error);
    if (status == SW_OK)
        status = find_data_file(qcow2, layers->input, data_file, error);
    if (status != SW_OK) {
        done(&qcow2->layer);
        return status;
    }
    note_oddities(layers, &qcow2->map.header);
    parent->raw = strcmp(format, "raw") == 0;
    qcow2->layer.size = qcow2->map.header.size;
    *layer = &qcow2->layer;
    return SW_OK;
}

const struct sw_layer_format sw_layer_qcow2 = {.room = "qcow2", .is = is_qcow2, .open = open_layer};

static enum sw_status open_qcow2(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    (void)setup;
    return sw_layers_open(&sw_layer_qcow2, input, state, error);
}

const struct sw_source sw_source_qcow2 = {
    .kind = "qcow2",
    .disk = true,
    .probe = probe,
    .open = open_qcow2,
    .next = sw_form_next,
    .read = sw_form_read,
    .close = sw_form_close,
};
