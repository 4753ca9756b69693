/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts_of.h - finds among the files beside an image the one that it names. A name in an
 * image is a label: it is only compared, without its folder, and never opened.
 *
 * Threads:  any; no state.
 */
#ifndef SWEEPER_ENGINE_DISK_PARTS_OF_H
#define SWEEPER_ENGINE_DISK_PARTS_OF_H

#include "sweeper/source.h"

/* What follows the last slash or backslash. */
struct sw_view sw_disk_base_name(struct sw_view name);
/* NULL: no file of that name is at hand. Names that differ in case only are the same
 * when no other fits: images come from systems that do not tell them apart. */
struct sw_blob *sw_disk_find_part(const struct sw_input *input, struct sw_view name);

#endif
