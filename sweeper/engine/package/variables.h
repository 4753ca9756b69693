/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variables.h - the variables of a recipe, as far as it says their values itself.
 *
 * Owns:     nothing; names and values borrow from the text.
 * Trusts:   nothing: values are not expanded once more, rows and lengths are bounded.
 */
#ifndef SWEEPER_ENGINE_PACKAGE_VARIABLES_H
#define SWEEPER_ENGINE_PACKAGE_VARIABLES_H

#include "common/view.h"
#include "sweeper/package.h"

enum { SW_VARIABLES_MAX = 64, SW_EXPANDED_MAX = 2 * SW_PACKAGE_TEXT_MAX };

struct sw_variables {
    struct {
        struct sw_view name;
        struct sw_view value;
    } rows[SW_VARIABLES_MAX];
    size_t count;
};

/* NAME=value, the value perhaps in quotes. What has no value, or one made of others, or
 * comes when there is no room, is left out. */
void sw_variables_take(struct sw_variables *variables, struct sw_view assignment);
/* $NAME, ${NAME} and ${NAME:-default} replaced, in `out`. False when a variable has no
 * value, or the text would be too long. */
bool sw_variables_expand(const struct sw_variables *variables, struct sw_view text,
                         uint8_t out[static SW_EXPANDED_MAX], struct sw_view *expanded);

#endif
