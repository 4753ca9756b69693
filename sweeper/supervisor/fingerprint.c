/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the id of a finding. */
#include "supervisor/fingerprint.h"

#include "sweeper/digest.h"

static enum sw_status append_member(struct sw_buf *blocks, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return sw_buf_append_block(blocks, json_string_value(value), json_string_length(value));
}

static enum sw_status append_all(struct sw_buf *blocks, const struct sw_fingerprint_parts *parts)
{
    if (append_member(blocks, parts->rule, "namespace") != SW_OK ||
        append_member(blocks, parts->rule, "name") != SW_OK ||
        append_member(blocks, parts->object, "sha256") != SW_OK)
        return SW_SKIP;
    for (size_t i = 0; i < parts->hop_count; i++) {
        if (sw_buf_append_block(blocks, parts->hops[i].data, parts->hops[i].size) != SW_OK)
            return SW_SKIP;
    }
    return parts->package == NULL ? SW_OK : append_member(blocks, parts->package, "version");
}

json_t *sw_fingerprint(const struct sw_fingerprint_parts *parts)
{
    char hex[SW_SHA256_HEX_SIZE];
    json_t *id = NULL;
    struct sw_buf blocks;
    sw_buf_init(&blocks, SIZE_MAX / 2);
    if (append_all(&blocks, parts) == SW_OK && sw_digest_of(blocks.data, blocks.size, hex) == SW_OK)
        id = json_stringn(hex, SW_FINGERPRINT_SIZE);
    sw_buf_done(&blocks);
    return id;
}
