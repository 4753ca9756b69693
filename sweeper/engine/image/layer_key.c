/* SPDX-License-Identifier: Apache-2.0 */
/* layer_key.c - see layer_key.h. */
#include "engine/image/layer_key.h"

#include <string.h>

#include "common/view.h"
#include "engine/desk.h"
#include "engine/indicator/matcher.h"
#include "engine/package/reader.h"
#include "sweeper/image.h"
#include "sweeper/rule.h"

enum { TEXT_MAX = 1024 * 1024 };

/* Folders in which files are lists of packages (engine/package/format.c). */
static bool holds_lists(struct sw_view scope)
{
    while (scope.size > 0) {
        const size_t size = sw_view_find(scope, '/');
        if (sw_view_equal(sw_view_first(scope, size), SW_VIEW("index-v5")))
            return true;
        scope = sw_view_skip(scope, size + 1);
    }
    return false;
}

/* What is found below `part` is the same wherever that lies. */
static bool is_silent(const struct engine *engine, struct sw_view scope, struct sw_view part)
{
    return !sw_ruleset_uses(engine->ruleset, SW_EXTERNAL_FILEPATH) && sw_place_is_silent(scope) &&
           !holds_lists(scope) &&
           (engine->matcher == NULL ||
            !sw_match_reaches(engine->matcher, scope, sw_path_base(part)));
}

static enum sw_status put(struct sw_buf *text, struct sw_view value)
{
    return sw_buf_append_block(text, value.data, value.size);
}

static enum sw_status put_text(struct sw_buf *text, const char *value)
{
    return put(text, sw_view_of(value != NULL ? value : ""));
}

bool image_layer_key(const struct object *object, char key[SW_SHA256_HEX_SIZE])
{
    const struct engine *engine = object->desk->engine;
    const struct sw_label *label = &object->label;
    const struct sw_view path = sw_view_of(label->path);
    const struct sw_view name = object->parent == NULL ? path : object->hop.name;
    const struct sw_view part = sw_view_skip(name, sw_image_name_of(name).scope);
    struct sw_buf text;

    if (!sw_view_ends(path, part)) /* it has a NUL in it */
        return false;
    const struct sw_view scope = sw_view_first(path, path.size - part.size);
    sw_buf_init(&text, TEXT_MAX);
    enum sw_status status = put_text(&text, object->hex[SW_DIGEST_SHA256]);
    if (status == SW_OK)
        status = put(&text, part);
    if (status == SW_OK)
        status = sw_buf_append_u32(&text, label->mode);
    if (status == SW_OK)
        status = put_text(&text,
                          sw_ruleset_uses(engine->ruleset, SW_EXTERNAL_OWNER) ? label->owner : "");
    if (status == SW_OK)
        status = put_text(&text, label->unpack_chain);
    if (status == SW_OK)
        status = put_text(&text, label->package_name);
    if (status == SW_OK)
        status = put_text(&text, label->package_version);
    if (status == SW_OK && !is_silent(engine, scope, part))
        status = put(&text, scope);
    const bool made = status == SW_OK && sw_digest_of(text.data, text.size, key) == SW_OK;
    sw_buf_done(&text);
    return made;
}
