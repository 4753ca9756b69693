/* SPDX-License-Identifier: Apache-2.0 */
/* image_place.c - which part of an image a hop of a locator names. */
#include "supervisor/image_place.h"

#include "common/view.h"
#include "sweeper/image.h"

static bool is_fixed(enum sw_image_form form)
{
    return form != SW_IMAGE_FORM_BLOB && form != SW_IMAGE_FORM_LAYER &&
           form != SW_IMAGE_FORM_CONFIG;
}

/* What `docker save` calls its configurations is their digest; of other names with digits
 * that is not so. */
static bool promises(enum sw_image_form form, struct sw_view name)
{
    return form == SW_IMAGE_FORM_BLOB ||
           (form == SW_IMAGE_FORM_CONFIG && sw_view_ends(name, SW_VIEW(".json")));
}

static bool is_part(struct sw_view hop, struct image_place *place)
{
    const struct sw_image_name part = sw_image_name_of(hop);

    if (part.form == SW_IMAGE_FORM_NONE)
        return false;
    place->name = sw_view_skip(hop, part.scope);
    place->promised = promises(part.form, place->name) ? part.hex : (struct sw_view){0};
    place->blob = part.form == SW_IMAGE_FORM_BLOB;
    place->config = part.form == SW_IMAGE_FORM_CONFIG;
    place->fixed = is_fixed(part.form);
    return true;
}

struct sw_view image_place_plain(struct sw_view name)
{
    while (sw_view_starts(name, SW_VIEW("./")))
        name = sw_view_skip(name, 2);
    return name;
}

/* `start` is where the hop begins in the locator, `end` where it ends. */
static bool look(struct sw_view locator, size_t start, size_t end, struct image_place *place)
{
    const struct sw_view hop = {locator.data + start, end - start};
    struct image_place found = {.place = sw_view_first(locator, end), .inside = start != 0};

    if (!is_part(hop, &found))
        return false;
    const struct sw_view folder = sw_view_first(hop, hop.size - found.name.size);
    const bool none = image_place_plain(folder).size == 0;
    found.scope = sw_view_first(locator, start + (none ? 0 : folder.size));
    *place = found;
    return true;
}

bool image_place_next(struct sw_view locator, size_t *at, struct image_place *place)
{
    size_t start = 0;

    for (size_t hop = 0; start <= locator.size; hop++) {
        const size_t end = start + sw_view_find(sw_view_skip(locator, start), '!');
        if (hop >= *at && look(locator, start, end, place)) {
            place->hop = hop;
            *at = hop + 1;
            return true;
        }
        start = end + 1;
    }
    return false;
}

bool image_place_of(struct sw_view locator, struct image_place *place)
{
    const size_t mark = sw_view_find_last(locator, '!');
    size_t hop = 0;

    for (size_t i = 0; i < locator.size; i++)
        hop += locator.data[i] == '!' ? 1 : 0;
    if (!look(locator, mark == locator.size ? 0 : mark + 1, locator.size, place))
        return false;
    place->hop = hop;
    return true;
}
