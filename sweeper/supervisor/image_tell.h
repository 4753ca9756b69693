/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_tell.h - what a record says of the image that its object lies in: `image` on the
 * hop of the file, `layer` on that of the layer, and an id that does not depend on the form
 * in which the image was met.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Fails:    a record that lacks what there was no memory for is NULL.
 */
#ifndef SWEEPER_SUPERVISOR_IMAGE_TELL_H
#define SWEEPER_SUPERVISOR_IMAGE_TELL_H

#include <jansson.h>

#include "supervisor/image_model.h"

/* Whether a record of that locator may have to wait for the rest of an image; *file: for
 * that of the whole sweep, and not only of the item. */
bool image_concerns(struct sw_view locator, bool *file);

enum image_told {
    IMAGE_TOLD,      /* or there was nothing to tell */
    IMAGE_LEFT_OUT,  /* it lies only in images of other platforms */
    IMAGE_NO_MEMORY, /* the record is as it was, or in part */
};
/* Adds to a finding or gap what is known of it. All scopes of it have been joined. */
enum image_told image_tell(const struct sw_images *images, uint64_t item, json_t *record);

/* The finding or gap that a remark is. NULL without memory. */
json_t *image_remark_record(const struct image_remark *remark);

#endif
