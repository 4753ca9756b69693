/* SPDX-License-Identifier: Apache-2.0 */
/* variables.c - see variables.h. */
#include "engine/package/variables.h"

void sw_variables_take(struct sw_variables *variables, struct sw_view assignment)
{
    const size_t equals = sw_view_find(assignment, '=');
    struct sw_view value = sw_view_skip(assignment, equals + 1);

    if (value.size > 1 && (value.data[0] == '"' || value.data[0] == '\'') &&
        value.data[value.size - 1] == value.data[0])
        value = sw_view_first(sw_view_skip(value, 1), value.size - 2);
    if (variables->count == SW_VARIABLES_MAX || value.size == 0 ||
        value.size > SW_PACKAGE_TEXT_MAX || sw_view_find(value, '$') < value.size)
        return;
    variables->rows[variables->count].name = sw_view_first(assignment, equals);
    variables->rows[variables->count++].value = value;
}

/* $NAME, ${NAME}, ${NAME:-default} at the front of *rest, taken off. */
static bool take_variable(struct sw_view *rest, struct sw_view *name, struct sw_view *fallback)
{
    struct sw_view from = sw_view_skip(*rest, 1);
    bool braces = from.size > 0 && from.data[0] == '{';
    from = sw_view_skip(from, braces ? 1 : 0);
    size_t size = 0;
    while (size < from.size && (sw_is_alnum(from.data[size]) || from.data[size] == '_'))
        size++;
    *name = sw_view_first(from, size);
    *fallback = sw_view_first(from, 0);
    *rest = sw_view_skip(from, size);
    if (!braces)
        return size > 0;
    size_t end = sw_view_find(*rest, '}');
    if (size == 0 || end == rest->size)
        return false;
    struct sw_view inside = sw_view_first(*rest, end);
    if (sw_view_starts(inside, SW_VIEW(":-")))
        *fallback = sw_view_skip(inside, 2);
    *rest = sw_view_skip(*rest, end + 1);
    return true;
}

static struct sw_view value_of(const struct sw_variables *variables, struct sw_view name,
                               struct sw_view fallback)
{
    for (size_t i = variables->count; i > 0; i--)
        if (sw_view_equal(variables->rows[i - 1].name, name) &&
            variables->rows[i - 1].value.size > 0)
            return variables->rows[i - 1].value;
    return fallback;
}

bool sw_variables_expand(const struct sw_variables *variables, struct sw_view text,
                         uint8_t out[static SW_EXPANDED_MAX], struct sw_view *expanded)
{
    size_t size = 0;
    while (text.size > 0) {
        struct sw_view piece = sw_view_first(text, sw_view_find(text, '$'));
        text = sw_view_skip(text, piece.size);
        if (piece.size == 0) {
            struct sw_view name;
            struct sw_view fallback;
            if (!take_variable(&text, &name, &fallback))
                return false;
            piece = value_of(variables, name, fallback);
            if (piece.size == 0)
                return false;
        }
        if (piece.size > SW_EXPANDED_MAX - size)
            return false;
        memcpy(out + size, piece.data, piece.size);
        size += piece.size;
    }
    *expanded = (struct sw_view){out, size};
    return true;
}
