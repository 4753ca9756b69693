/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_form.h - the closed forms of what the engine says of images.
 *
 * Runs in:  supervisor.
 * Trusts:   nothing of the text. The answers quote nothing of it.
 */
#ifndef SWEEPER_SUPERVISOR_IMAGE_FORM_H
#define SWEEPER_SUPERVISOR_IMAGE_FORM_H

#include <jansson.h>

#include "supervisor/image_model.h"

struct image_said {
    enum image_document kind;
    bool cut; /* a list goes on */
    bool bad; /* values of wrong types */
};
/* NULL, or why it is not what it should be. */
const char *image_form_document(struct sw_view json, struct image_said *said);
/* *said is a new reference; with NULL for an answer it may be NULL, for lack of memory. */
const char *image_form_blob(struct sw_view json, json_t **said);

#endif
