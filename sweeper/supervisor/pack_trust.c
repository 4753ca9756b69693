/* SPDX-License-Identifier: Apache-2.0 */
/* pack_trust.c - see pack_trust.h. */
#include "supervisor/pack_trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum sw_status sw_trust_load(const char *const *paths, size_t count, bool required,
                             struct sw_trust *trust, struct sw_error *error)
{
    struct sw_trust made = {.keys = calloc(count + 1, sizeof(struct sw_key *)), .count = 0};
    enum sw_status status = SW_OK;
    made.required = required;
    if (!made.keys)
        return sw_fail(error, SW_STOP, "key", ENOMEM, "cannot read the trusted keys");
    while (status == SW_OK && made.count < count) {
        status = sw_key_read_public(paths[made.count], &made.keys[made.count], error);
        if (status == SW_OK)
            made.count++;
    }
    if (status != SW_OK) {
        sw_trust_done(&made);
        return status;
    }
    *trust = made; /* the caller's from here on */
    return SW_OK;
}

void sw_trust_done(struct sw_trust *trust)
{
    for (size_t i = 0; i < trust->count; i++)
        sw_key_free(trust->keys[i]);
    free(trust->keys);
    *trust = (struct sw_trust){NULL, 0, false};
}

static const struct sw_key *find(const struct sw_trust *trust, const uint8_t *key_id)
{
    for (size_t i = 0; i < trust->count; i++)
        if (memcmp(sw_key_id(trust->keys[i]), key_id, SW_KEY_ID_SIZE) == 0)
            return trust->keys[i];
    return NULL;
}

const char *sw_trust_find(const struct sw_trust *trust, const uint8_t *key_id)
{
    const struct sw_key *key = find(trust, key_id);
    return key ? sw_key_path(key) : NULL;
}

static enum sw_status refuse(const struct sw_trust *trust, const struct sw_pack *pack,
                             const char *name, struct sw_error *error)
{
    char hex[SW_SHA256_HEX_SIZE];
    if (pack->signature_count == 0)
        return sw_fail(error, SW_STOP, "pack", 0,
                       "%s: not signed by a trusted key: it has no signature", name);
    return sw_fail(error, SW_STOP, "pack", 0, "%s: not signed by a trusted key, but by %s%s%s",
                   name, sw_pack_hex(pack->signatures[0].key_id, hex),
                   pack->signature_count > 1 ? " and others" : "",
                   trust->count == 0 ? ", and no --trusted-key is given" : "");
}

enum sw_status sw_trust_judge(const struct sw_trust *trust, struct sw_pack *pack, const char *name,
                              struct sw_error *error)
{
    bool good = false;
    for (size_t i = 0; i < pack->signature_count; i++) {
        struct sw_pack_signature *row = &pack->signatures[i];
        const struct sw_key *key = find(trust, row->key_id);
        if (!key)
            continue;
        if (!sw_key_verify(key, pack->covered, row)) {
            row->state = SW_SIGNATURE_WRONG;
            return sw_fail(error, SW_STOP, "pack", 0,
                           "%s: wrong signature: it is not what the key %s would have made of "
                           "this pack",
                           name, sw_key_path(key));
        }
        row->state = SW_SIGNATURE_GOOD;
        good = true;
    }
    return good || !trust->required ? SW_OK : refuse(trust, pack, name, error);
}
