/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case_recipe.h - the encodings that a case's content may be wrapped in: one
 * table, from which the form of case files is checked and content is built.
 *
 * Runs in:  supervisor.
 * Threads:  any; no state.
 */
#ifndef SWEEPER_SUPERVISOR_CASE_RECIPE_H
#define SWEEPER_SUPERVISOR_CASE_RECIPE_H

#include <stdint.h>

#include "sweeper/buf.h"

/* What one case may take. */
#define SW_CASE_SIZE_MAX ((size_t)16 << 20)  /* bytes, finished or on the way */
#define SW_CASE_WORK_MAX ((size_t)256 << 20) /* bytes put anywhere, in all */
enum { SW_CASE_NESTING_MAX = 16 };           /* encodings inside one another */

struct sw_recipe {
    const char *word;   /* the member that holds the parts: "base64" */
    const char *number; /* a second member, a whole number in [1, number_max]; or NULL */
    uint64_t number_max;
    /* Appends the encoded bytes. SW_SKIP: memory, or over the ceiling of `out`;
     * SW_DEAD: such bytes have no such encoding. */
    enum sw_status (*encode)(struct sw_view bytes, uint64_t number, struct sw_buf *out);
};

/* NULL when there is none of that name. */
const struct sw_recipe *sw_recipe_find(const char *word);
/* All words, for messages. */
const char *sw_recipe_words(void);

/* Raw bytes as pairs of hexadecimal digits. SW_DEAD when they are something else. */
enum sw_status sw_recipe_bytes(const char *digits, struct sw_buf *out) SW_MUST_CHECK;

#endif
