/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the id of a finding. */
#include "supervisor/fingerprint.h"

#include "sweeper/digest.h"

static enum sw_status append_member(struct sw_buf *blocks, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return sw_buf_append_block(blocks, json_string_value(value), json_string_length(value));
}

static enum sw_status append_all(struct sw_buf *blocks, const json_t *rule, const json_t *object,
                                 const struct sw_view *hops, size_t hop_count)
{
    if (append_member(blocks, rule, "namespace") != SW_OK ||
        append_member(blocks, rule, "name") != SW_OK ||
        append_member(blocks, object, "sha256") != SW_OK)
        return SW_SKIP;
    for (size_t i = 0; i < hop_count; i++) {
        if (sw_buf_append_block(blocks, hops[i].data, hops[i].size) != SW_OK)
            return SW_SKIP;
    }
    return SW_OK;
}

json_t *sw_fingerprint(const json_t *rule, const json_t *object, const struct sw_view *hops,
                       size_t hop_count)
{
    char hex[SW_SHA256_HEX_SIZE];
    json_t *id = NULL;
    struct sw_buf blocks;
    sw_buf_init(&blocks, SIZE_MAX / 2);
    if (append_all(&blocks, rule, object, hops, hop_count) == SW_OK &&
        sw_digest_of(blocks.data, blocks.size, hex) == SW_OK)
        id = json_stringn(hex, SW_FINGERPRINT_SIZE);
    sw_buf_done(&blocks);
    return id;
}
