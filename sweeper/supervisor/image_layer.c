/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_layer.c - what became of a path in the layers above its own (OCI image-spec,
 * layer.md): a whiteout of it or of a folder above it, an opaque folder above it, a path of
 * the same name, something that is no folder in the place of one above it.
 *
 * What a layer holds applies to those below it only. Links of folders are not followed:
 * what is reached by another name is visible as far as is known here.
 */
#include <stdlib.h>

#include "common/view.h"
#include "supervisor/image_model.h"

enum {
    ANCESTORS_MAX = 512, /* folders above a path: the others are not asked */
    KIND_BITS = 3,
};

/* The numbers of a path and of the folders above it, without their two lowest bits. */
struct lineage {
    uint64_t rows[ANCESTORS_MAX];
    size_t count;
};

static int by_value(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* What the run holds of a path: a bit for each kind of entry. */
static unsigned kinds_in(struct image_run *run, uint64_t row)
{
    size_t low = 0, high = run->count;
    unsigned kinds = 0;

    if (!run->sorted)
        qsort(run->rows, run->count, sizeof(run->rows[0]), by_value);
    run->sorted = true;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (run->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < run->count && (run->rows[low] & ~(uint64_t)KIND_BITS) == row; low++)
        kinds |= 1U << (run->rows[low] & KIND_BITS);
    return kinds;
}

static unsigned kinds_of(const struct image_blob *layer, uint64_t row, size_t *searches)
{
    unsigned kinds = 0;

    for (struct image_run *run = layer->runs; run != NULL; run = run->next) {
        kinds |= kinds_in(run, row);
        ++*searches;
    }
    return kinds;
}

static void list(struct sw_view path, struct lineage *lineage)
{
    uint64_t row = sw_image_path(path, SW_IMAGE_ENTRY_OTHER);

    lineage->rows[lineage->count++] = row;
    while (path.size > 0 && lineage->count < ANCESTORS_MAX) {
        const size_t slash = sw_view_find_last(path, '/');
        path = sw_view_first(path, slash == path.size ? 0 : slash);
        row = sw_image_path(path, SW_IMAGE_ENTRY_OTHER);
        if (row != lineage->rows[lineage->count - 1])
            lineage->rows[lineage->count++] = row;
    }
}

#define HAS(kinds, entry) (((kinds)&1U << (entry)) != 0)

/* A path of the same name says more than a whiteout of a folder above it. */
static enum image_fate in_layer(const struct image_blob *layer, const struct lineage *lineage,
                                size_t *searches)
{
    const unsigned own = kinds_of(layer, lineage->rows[0], searches);
    enum image_fate fate = IMAGE_VISIBLE;

    if (HAS(own, SW_IMAGE_ENTRY_OTHER) || HAS(own, SW_IMAGE_ENTRY_DIRECTORY))
        return IMAGE_REPLACED;
    if (HAS(own, SW_IMAGE_ENTRY_WHITEOUT))
        return IMAGE_REMOVED;
    for (size_t i = 1; i < lineage->count && fate == IMAGE_VISIBLE; i++) {
        const unsigned above = kinds_of(layer, lineage->rows[i], searches);
        if (HAS(above, SW_IMAGE_ENTRY_WHITEOUT) || HAS(above, SW_IMAGE_ENTRY_OPAQUE))
            fate = IMAGE_REMOVED;
        else if (HAS(above, SW_IMAGE_ENTRY_OTHER))
            fate = IMAGE_REPLACED;
    }
    return fate;
}

enum image_fate image_layer_fate(const struct image *image, uint32_t layer, struct sw_view path,
                                 uint32_t *by)
{
    struct lineage lineage = {.count = 0};
    bool known = true;
    size_t searches = 0;

    list(path, &lineage);
    for (uint32_t i = layer + 1; i < image->layer_count; i++) {
        const struct image_blob *above = image->layers[i].blob;
        if (above == NULL || searches > IMAGE_SEARCHES_MAX) {
            known = false;
            continue;
        }
        known = known && above->is_layer && above->complete;
        const enum image_fate fate = in_layer(above, &lineage, &searches);
        if (fate != IMAGE_VISIBLE) {
            *by = i;
            return fate;
        }
    }
    return known ? IMAGE_VISIBLE : IMAGE_FATE_UNKNOWN;
}
