/* SPDX-License-Identifier: Apache-2.0 */
/* rule_json.c - tags and meta of a rule as JSON. */
#include "engine/rule/rule_json.h"

#include <string.h>

#include "sweeper/limits.h"
#include "sweeper/text.h"

json_t *sw_text_json(const char *text)
{
    struct sw_view bytes = {(const uint8_t *)text, strlen(text)};
    struct sw_buf escaped;
    json_t *json = NULL;

    if (sw_text_is_utf8(bytes))
        return json_stringn(text, bytes.size);
    sw_buf_init(&escaped, SW_RECORD_MAX);
    if (sw_text_escape(&escaped, bytes) == SW_OK)
        json = json_stringn((const char *)escaped.data, escaped.size);
    sw_buf_done(&escaped);
    return json;
}

/* Half of it would be wrong. */
static json_t *whole(json_t *json, bool good)
{
    if (good)
        return json;
    json_decref(json);
    return NULL;
}

json_t *sw_rule_tags_json(const YR_RULE *rule)
{
    json_t *tags = json_array();
    const char *tag;
    bool good = tags != NULL;

    yr_rule_tags_foreach(rule, tag)
    {
        good = json_array_append_new(tags, sw_text_json(tag)) == 0 && good;
    }
    return whole(tags, good);
}

json_t *sw_rule_meta_json(const YR_RULE *rule)
{
    json_t *metas = json_object();
    const YR_META *meta;
    bool good = metas != NULL;

    yr_rule_metas_foreach(rule, meta)
    {
        json_t *value = meta->type == META_TYPE_INTEGER   ? json_integer(meta->integer)
                        : meta->type == META_TYPE_BOOLEAN ? json_boolean(meta->integer != 0)
                                                          : sw_text_json(meta->string);
        good = json_object_set_new(metas, meta->identifier, value) == 0 && good;
    }
    return whole(metas, good);
}
