/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a JSON value with a closed form, and says where they differ. */
#include "supervisor/record_form.h"

#include <stdio.h>
#include <string.h>

/* Where in the value the check is: a list of frames on the stack. */
struct place {
    const struct place *up;
    const char *name; /* NULL: an element of a list or map */
    size_t index;
    struct sw_error *error;
};

static enum sw_status check(json_t *value, const struct sw_form *form, const struct place *place);

static void place_append(const struct place *place, char *text, size_t text_size)
{
    if (place->up != NULL)
        place_append(place->up, text, text_size);
    size_t used = strlen(text);
    if (place->name == NULL)
        (void)snprintf(text + used, text_size - used, "[%zu]", place->index);
    else
        (void)snprintf(text + used, text_size - used, "%s%s", used == 0 ? "" : ".", place->name);
}

static enum sw_status reject(const struct place *place, const char *why)
{
    char where[256] = "";
    place_append(place, where, sizeof where);
    return sw_fail(place->error, SW_DEAD, "record", 0, "the engine's %s %s", where, why);
}

static enum sw_status check_text(const json_t *value, const struct sw_form *form,
                                 const struct place *place)
{
    if (!json_is_string(value))
        return reject(place, "is not a string");
    size_t size = json_string_length(value);
    if (size < form->size_min)
        return reject(place, "is too short");
    if (size > form->size_max)
        return reject(place, "is too long");
    if (form->known != NULL && !form->known(json_string_value(value)))
        return reject(place, "has a value that is not allowed");
    return SW_OK;
}

static enum sw_status check_number(const json_t *value, const struct place *place)
{
    if (!json_is_integer(value))
        return reject(place, "is not an integer");
    return json_integer_value(value) < 0 ? reject(place, "is negative") : SW_OK;
}

static enum sw_status check_scalar(const json_t *value, const struct sw_form *form,
                                   const struct place *place)
{
    if (json_is_integer(value) || json_is_boolean(value))
        return SW_OK;
    return check_text(value, form, place);
}

static enum sw_status check_list(const json_t *value, const struct sw_form *form,
                                 const struct place *place)
{
    if (!json_is_array(value))
        return reject(place, "is not an array");
    if (json_array_size(value) > form->size_max)
        return reject(place, "has too many elements");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inner = {.up = place, .index = i, .error = place->error};
        enum sw_status status = check(json_array_get(value, i), form->of, &inner);
        if (status != SW_OK)
            return status;
    }
    return SW_OK;
}

static enum sw_status check_map(json_t *value, const struct sw_form *form,
                                const struct place *place)
{
    struct place inner = {.up = place, .error = place->error};
    const char *name;
    json_t *member;
    if (!json_is_object(value))
        return reject(place, "is not an object");
    if (json_object_size(value) > form->size_max)
        return reject(place, "has too many members");
    json_object_foreach(value, name, member)
    {
        if (strlen(name) > SW_FORM_KEY_MAX)
            return reject(&inner, "has too long a name");
        enum sw_status status = check(member, form->of, &inner);
        if (status != SW_OK)
            return status;
        inner.index++;
    }
    return SW_OK;
}

static enum sw_status check_object(const json_t *value, const struct sw_form *form,
                                   const struct place *place)
{
    size_t seen = 0;
    if (!json_is_object(value))
        return reject(place, "is not an object");
    for (size_t i = 0; i < form->member_count; i++) {
        const struct sw_form_member *row = &form->members[i];
        struct place inner = {.up = place, .name = row->name, .error = place->error};
        json_t *member = json_object_get(value, row->name);
        if (member == NULL && row->optional)
            continue;
        if (member == NULL)
            return reject(&inner, "is missing");
        enum sw_status status = check(member, row->form, &inner);
        if (status != SW_OK)
            return status;
        seen++;
    }
    return seen == json_object_size(value) ? SW_OK : reject(place, "has an unknown member");
}

static enum sw_status check(json_t *value, const struct sw_form *form, const struct place *place)
{
    if (form->nullable && json_is_null(value))
        return SW_OK;
    switch (form->kind) {
    case SW_FORM_TEXT:
        return check_text(value, form, place);
    case SW_FORM_NUMBER:
        return check_number(value, place);
    case SW_FORM_INTEGER:
        return json_is_integer(value) ? SW_OK : reject(place, "is not an integer");
    case SW_FORM_BOOLEAN:
        return json_is_boolean(value) ? SW_OK : reject(place, "is not a boolean");
    case SW_FORM_SCALAR:
        return check_scalar(value, form, place);
    case SW_FORM_LIST:
        return check_list(value, form, place);
    case SW_FORM_MAP:
        return check_map(value, form, place);
    case SW_FORM_OBJECT:
        return check_object(value, form, place);
    }
    return reject(place, "has a form that nobody knows");
}

enum sw_status sw_form_check(json_t *value, const struct sw_form *form, const char *what,
                             struct sw_error *error)
{
    struct place top = {.name = what, .error = error};
    return check(value, form, &top);
}
