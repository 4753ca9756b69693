/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - what is wanted of a JSON object, and JSON on its way out.
 *
 * Reading: an object is walked once for the few members that are wanted, as the tools
 * that run images read it (encoding/json of Go): letters of either case in a key, of two
 * with one key the last, null as if it were absent. What nests is a part of the text and
 * is walked when its turn comes, so that nothing is built and nothing recurses.
 *
 * Writing: texts are copied as they stand, escapes and all, but always come out as JSON
 * that a strict reader takes: what is not UTF-8, a NUL and half of a pair of surrogates
 * become U+FFFD, and what is longer than SW_IMAGE_TEXT_MAX is cut.
 *
 * Trusts:   nothing, but that the text of an object or array has been walked to its end.
 */
#ifndef SWEEPER_ENGINE_IMAGE_FIELDS_H
#define SWEEPER_ENGINE_IMAGE_FIELDS_H

#include <stdbool.h>

#include "common/json_walk.h"

enum { SW_IMAGE_TEXT_MAX = 4096 /* bytes of one text */ };

/* --- reading ---------------------------------------------------------------------- */

/* The values of an array, or the members of an object, one after the other. */
struct sw_image_list {
    struct sw_json_walk walk;
    enum sw_json_event event; /* what the value begins with */
    struct sw_view key;       /* of a member, escapes as written */
    struct sw_view value;     /* a text without its quotes; else as it stands */
};
struct sw_image_list sw_image_list_of(struct sw_view text);
bool sw_image_list_next(struct sw_image_list *list);

struct sw_image_field {
    const char *key;
    enum sw_json_event type; /* OBJECT, ARRAY, STRING or SCALAR */
    struct sw_view value;    /* data is NULL when there is none */
};
/* How many of the members that are wanted have another type. */
size_t sw_image_fields(struct sw_view object, struct sw_image_field *fields, size_t count);

/* --- writing ---------------------------------------------------------------------- */

struct sw_image_out {
    struct sw_buf *text;
    size_t size_max; /* for now; nothing is written beyond */
    bool full;       /* something was not written */
    bool failed;     /* for want of memory */
    bool cut;        /* a text was too long */
};
void sw_image_put(struct sw_image_out *out, const char *json);
/* A text by its raw bytes, with quotes; null when there is none. */
void sw_image_put_text(struct sw_image_out *out, struct sw_view raw);
/* The same without quotes, as a part of one. */
void sw_image_put_part(struct sw_image_out *out, struct sw_view raw);
/* A number that is no size of anything is null, and the answer false. */
bool sw_image_put_size(struct sw_image_out *out, struct sw_view number);

#endif
