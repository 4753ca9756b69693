/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_image.h - what is told of a disk image as a whole: what it says of its acquisition,
 * and with --verify-image the digests of its disk and of its files, held against those that
 * were stored.
 *
 * Threads:  one worker.
 * Trusts:   nothing of what an image says: its texts are escaped.
 * Fails:    SW_STOP when nobody listens; what cannot be read is a gap of the image, which
 *           is then "incomplete". A digest that does not fit is a finding of kind integrity.
 */
#ifndef SWEEPER_ENGINE_DISK_IMAGE_H
#define SWEEPER_ENGINE_DISK_IMAGE_H

#include "engine/desk.h"

/* `disk` was taken out of the image that `input` was opened on. */
enum sw_status disk_image_tell(struct object *disk, const struct sw_input *input,
                               const struct sw_disk_image *image) SW_MUST_CHECK;

#endif
