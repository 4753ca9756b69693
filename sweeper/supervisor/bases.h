/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bases.h - the images that --base names: the diff ids of their layers, lowest first. What
 * lies in a layer that an image has from one of them is inherited, all else is added.
 *
 * Only their configurations are read, by the engine, before the targets are: every one that
 * is in what --base names is a base.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     its rows, until sw_bases_free().
 * Trusts:   who gives --base means it; the form of a document has been checked. Of an image
 *           that is swept its configuration is only a claim: see image_inherits().
 */
#ifndef SWEEPER_SUPERVISOR_BASES_H
#define SWEEPER_SUPERVISOR_BASES_H

#include <stdbool.h>
#include <stddef.h>

#include "supervisor/image_model.h"

struct sw_base {
    size_t count;
    char (*diff_ids)[SW_SHA256_HEX_SIZE];
};
struct sw_bases {
    struct sw_base *rows;
    size_t count, capacity;
    size_t layer_count; /* of all rows */
    size_t *found;      /* configurations of each --base */
    size_t option_count;
};

enum { SW_BASES_LAYERS_MAX = 262144 /* of all bases together: 17 MB */ };

/* NULL: no memory. */
struct sw_bases *sw_bases_new(size_t option_count);
void sw_bases_free(struct sw_bases *bases);
/* A configuration, as the engine sent it, of the --base of that number. One without layers, or
 * with digests of another kind than SHA-256, is none that anything can be compared with. False:
 * no memory, or more layers than are kept. */
bool sw_bases_add(struct sw_bases *bases, size_t option, struct sw_view json) SW_MUST_CHECK;

/* The base with the most layers among those that the image begins with; NULL: none. */
const struct sw_base *sw_bases_of(const struct sw_bases *bases, const struct image *image);
/* Whether the blob is in the image only as layers of its base, and is what the base has there
 * by its own bytes: what the configuration says proves nothing. */
bool image_inherits(const struct image *image, const struct image_use *use,
                    const struct image_blob *blob);

#endif
