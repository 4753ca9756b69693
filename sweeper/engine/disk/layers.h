/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers.h - disk images that hold only what was written to them: where a piece of the
 * disk lies is looked up in tables, and what an image does not hold is in its parent,
 * another file, or is zeros.
 *
 * Each format is one file with a struct sw_layer_format; reading, holes, and the way from
 * a file to its parent are common to all of them. A parent is looked for among the files
 * beside the image, by the name that the image has for it. Where it cannot be had, what
 * only it holds reads as zeros, and a gap names it.
 *
 * Threads:  one open image, one thread.
 * Owns:     a layer is its format's, released by done(); blobs are the caller's.
 * Trusts:   nothing. A format bounds its tables by the size of the file and by
 *           SW_LAYER_TABLE_MAX before it allocates them.
 * Fails:    a place that cannot be found or unpacked costs the read of that place.
 */
#ifndef SWEEPER_ENGINE_DISK_LAYERS_H
#define SWEEPER_ENGINE_DISK_LAYERS_H

#include "engine/disk/form.h"

enum {
    SW_LAYERS_MAX = 64,                    /* files behind one another */
    SW_LAYER_TABLE_MAX = 64 * 1024 * 1024, /* bytes of one table */
    SW_LAYER_NAME_MAX = 1023,              /* bytes of a parent's name */
};

enum sw_run_kind {
    SW_RUN_ABSENT, /* as the parent has it */
    SW_RUN_ZEROS,
    SW_RUN_DATA,
    SW_RUN_PACKED, /* out of a compressed unit */
};
struct sw_run {
    enum sw_run_kind kind;
    struct sw_blob *blob; /* of data: where it lies */
    uint64_t at;          /* in the blob; of what is packed: the format's own */
    uint64_t into;        /* of what is packed: where this begins in the unit */
    uint64_t size;        /* bytes of the disk that this holds for, from the place asked about */
};

struct sw_layer;
struct sw_layer_ops {
    /* `offset` is inside the layer; run->size is at least 1. */
    enum sw_status (*find)(struct sw_layer *layer, uint64_t offset, struct sw_run *run,
                           struct sw_error *error);
    /* The unit of a packed run, from its beginning; valid until the next call. */
    enum sw_status (*unpack)(struct sw_layer *layer, const struct sw_run *run,
                             const uint8_t **bytes, struct sw_error *error);
    /* Releases the layer. */
    void (*done)(struct sw_layer *layer);
};
struct sw_layer { /* the first member of a format's own state */
    const struct sw_layer_ops *ops;
    uint64_t size; /* bytes of the disk that it has */
};

struct sw_layers {
    struct sw_form form;
    const char *room;
    const struct sw_input *input; /* while it is opened */
    struct sw_layer *layers[SW_LAYERS_MAX];
    struct sw_blob *blobs[SW_LAYERS_MAX]; /* the files that they were opened on */
    size_t count;
};

/* What a layer says of the file behind it. */
struct sw_parent {
    char name[SW_LAYER_NAME_MAX + 1]; /* "": there is none */
    bool raw;                         /* it is a disk as it lies, whatever it looks like */
};

struct sw_layer_format {
    const char *room;
    bool (*is)(struct sw_blob *blob);
    /* Opens `blob`. Gaps that leave it readable are noted in `layers`. */
    enum sw_status (*open)(struct sw_layers *layers, struct sw_blob *blob, struct sw_layer **layer,
                           struct sw_parent *parent, struct sw_error *error);
};
extern const struct sw_layer_format sw_layer_qcow2;
extern const struct sw_layer_format sw_layer_vmdk;
extern const struct sw_layer_format sw_layer_vhd;
extern const struct sw_layer_format sw_layer_vhdx;

/* sw_source.open of a format. */
enum sw_status sw_layers_open(const struct sw_layer_format *format, const struct sw_input *input,
                              void **state, struct sw_error *error);

/* --- for formats ----------------------------------------------------------------------- */

/* Exactly `size` bytes: less is SW_SKIP with gap truncated. */
enum sw_status sw_layer_read(const char *room, struct sw_blob *blob, uint64_t at, void *bytes,
                             size_t size, struct sw_error *error) SW_MUST_CHECK;
/* For ops that nothing is packed in. */
enum sw_status sw_layer_not_packed(struct sw_layer *layer, const struct sw_run *run,
                                   const uint8_t **bytes, struct sw_error *error);
/* A name in UTF-16 becomes UTF-8; what is no character a question mark. */
void sw_layer_name_utf16(char name[static SW_LAYER_NAME_MAX + 1], const uint8_t *units, size_t size,
                         bool big);

#endif
