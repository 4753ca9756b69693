/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_image.h - what the text report says of a finding's layer, and of the store that it
 * lies in.
 *
 * Runs in:  supervisor.
 * Trusts:   no text of the record: it comes out printable, and no longer than three lines.
 */
#ifndef SWEEPER_SUPERVISOR_TEXT_IMAGE_H
#define SWEEPER_SUPERVISOR_TEXT_IMAGE_H

#include <jansson.h>

#include "sweeper/buf.h"

/* Appends a line for the store, one for the layer and one for what became of the path, each behind
 * `indent` blanks and at most `width` columns wide; nothing when the record lies in no layer. */
enum sw_status sw_image_text(struct sw_buf *out, const json_t *record, size_t indent,
                             size_t width) SW_MUST_CHECK;

#endif
