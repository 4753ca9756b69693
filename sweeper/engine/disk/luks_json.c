/* SPDX-License-Identifier: Apache-2.0 */
/* luks_json.c - the JSON text of a LUKS2 header: key slots, digests, segments. */
#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <string.h>

#include "engine/disk/luks.h"
#include "sweeper/text.h"

#define ROOM "luks"

static enum sw_status unlike(struct sw_error *error, enum sw_gap gap, const struct sw_luks *luks,
                             const char *what)
{
    return sw_fail_gap(error, SW_DEAD, gap, ROOM, 0, "LUKS2 volume %s: %s", luks->uuid, what);
}

/* --- fields ----------------------------------------------------------------------- */

static bool get_text(const json_t *object, const char *key, char out[static SW_LUKS_TEXT_MAX])
{
    const char *text = json_string_value(json_object_get(object, key));
    const size_t size = text == NULL ? SW_LUKS_TEXT_MAX : strlen(text);

    if (size >= SW_LUKS_TEXT_MAX)
        return false;
    memcpy(out, text, size + 1);
    return true;
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL && strcmp(value, text) == 0;
}

/* Numbers of 64 bits are texts there. */
static bool get_large(const json_t *object, const char *key, uint64_t *out)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && sw_text_parse_number(text, 0, INT64_MAX, out) == SW_OK;
}

static bool get_small(const json_t *object, const char *key, uint32_t *out)
{
    const json_t *value = json_object_get(object, key);
    const json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool get_bytes(const json_t *object, const char *key, uint8_t *out, size_t size_max,
                      size_t *out_size)
{
    const char *text = json_string_value(json_object_get(object, key));
    uint8_t decoded[SW_LUKS_SALT_MAX + 4];
    const size_t size = text == NULL ? 0 : strlen(text);
    size_t pad = 0;

    if (size == 0 || size % 4 != 0 || size / 4 * 3 > sizeof(decoded))
        return false;
    while (pad < 2 && text[size - 1 - pad] == '=')
        pad++;
    const int got = EVP_DecodeBlock(decoded, (const unsigned char *)text, (int)size);
    if (got < (int)pad || (size_t)got - pad > size_max)
        return false;
    *out_size = (size_t)got - pad;
    memcpy(out, decoded, *out_size);
    return true;
}

static bool get_salt(const json_t *object, struct sw_luks_salt *salt)
{
    return get_bytes(object, "salt", salt->bytes, sizeof(salt->bytes), &salt->size);
}

static bool holds(const json_t *array, const char *text)
{
    size_t index = 0;
    const json_t *value = NULL;

    json_array_foreach(array, index, value)
    {
        const char *have = json_string_value(value);
        if (have != NULL && strcmp(have, text) == 0)
            return true;
    }
    return false;
}

/* --- key slots -------------------------------------------------------------------- */

static bool read_kdf(const json_t *kdf, struct sw_luks_slot *slot)
{
    if (!get_salt(kdf, &slot->salt))
        return false;
    if (is_text(kdf, "type", "pbkdf2"))
        return get_text(kdf, "hash", slot->hash) && get_small(kdf, "iterations", &slot->iterations);
    slot->is_argon2 = true;
    slot->argon2.id = is_text(kdf, "type", "argon2id");
    return (slot->argon2.id || is_text(kdf, "type", "argon2i")) &&
           get_small(kdf, "time", &slot->argon2.passes) &&
           get_small(kdf, "memory", &slot->argon2.memory_kib) &&
           get_small(kdf, "cpus", &slot->argon2.lanes);
}

/* False: a slot of a kind that a passphrase does not open. */
static bool read_slot(const char *name, const json_t *object, struct sw_luks *luks)
{
    struct sw_luks_slot slot = {0};
    const json_t *area = json_object_get(object, "area");
    const json_t *split = json_object_get(object, "af");
    uint32_t key_size = 0;
    uint32_t area_key_size = 0;
    uint64_t number = 0;

    if (!is_text(object, "type", "luks2") || !is_text(area, "type", "raw") ||
        !is_text(split, "type", "luks1") ||
        sw_text_parse_number(name, 0, SW_LUKS_SLOTS_MAX - 1, &number) != SW_OK ||
        !get_small(object, "key_size", &key_size) || key_size != luks->key_size ||
        !get_large(area, "offset", &slot.area_at) || !get_large(area, "size", &slot.area_size) ||
        !get_text(area, "encryption", slot.cipher) ||
        !get_small(area, "key_size", &area_key_size) ||
        !get_small(split, "stripes", &slot.stripes) || !get_text(split, "hash", slot.split_hash) ||
        !read_kdf(json_object_get(object, "kdf"), &slot))
        return false;
    slot.number = (unsigned)number;
    slot.area_key_size = area_key_size;
    if (luks->slot_count < SW_LUKS_SLOTS_MAX)
        luks->slots[luks->slot_count++] = slot;
    return true;
}

static enum sw_status read_slots(json_t *slots, const json_t *digest, struct sw_luks *luks,
                                 struct sw_error *error)
{
    const json_t *ours = json_object_get(digest, "keyslots");
    const char *name = NULL;
    json_t *slot = NULL;
    uint32_t key_size = 0;

    json_object_foreach(slots, name, slot)
    {
        if (!holds(ours, name))
            continue;
        if (luks->key_size == 0 && get_small(slot, "key_size", &key_size))
            luks->key_size = key_size;
        if (luks->key_size > SW_LUKS_KEY_MAX)
            return unlike(error, SW_GAP_DAMAGED, luks, "has a key of no known size");
        (void)read_slot(name, slot, luks);
    }
    return SW_OK;
}

/* --- what is encrypted, and how its key is known ---------------------------------- */

static bool read_digest(const json_t *digest, struct sw_luks *luks)
{
    return is_text(digest, "type", "pbkdf2") && get_text(digest, "hash", luks->digest_hash) &&
           get_small(digest, "iterations", &luks->digest_iterations) &&
           get_salt(digest, &luks->digest_salt) &&
           get_bytes(digest, "digest", luks->digest, sizeof(luks->digest), &luks->digest_size) &&
           luks->digest_size >= 16;
}

static bool read_segment(const json_t *segment, struct sw_luks *luks)
{
    uint64_t tweak = 0;
    uint32_t sector_size = 0;

    if (!get_large(segment, "offset", &luks->start) || !get_large(segment, "iv_tweak", &tweak) ||
        tweak > INT64_MAX / 512 || !get_text(segment, "encryption", luks->cipher) ||
        !get_small(segment, "sector_size", &sector_size))
        return false;
    luks->tweak = tweak * 512;
    luks->sector_size = sector_size;
    luks->size = UINT64_MAX;
    return is_text(segment, "size", "dynamic") || get_large(segment, "size", &luks->size);
}

static const json_t *digest_of(json_t *digests, const char *segment)
{
    const char *name = NULL;
    json_t *digest = NULL;

    json_object_foreach(digests, name, digest) if (holds(json_object_get(digest, "segments"),
                                                         segment)) return digest;
    return NULL;
}

static enum sw_status read_all(json_t *root, struct sw_luks *luks, struct sw_error *error)
{
    json_t *segments = json_object_get(root, "segments");
    const json_t *needs = json_object_get(json_object_get(root, "config"), "requirements");
    const json_t *segment = json_object_get(segments, "0");
    const json_t *digest = digest_of(json_object_get(root, "digests"), "0");

    if (json_array_size(json_object_get(needs, "mandatory")) != 0 ||
        json_object_size(segments) != 1)
        return unlike(error, SW_GAP_UNSUPPORTED, luks,
                      "is being encrypted anew, or has features that are not known here");
    if (!is_text(segment, "type", "crypt") || json_object_get(segment, "integrity") != NULL)
        return unlike(error, SW_GAP_UNSUPPORTED, luks,
                      "its data is not plainly encrypted (dm-integrity, or a kind not known here)");
    if (digest == NULL || !read_digest(digest, luks) || !read_segment(segment, luks))
        return unlike(error, SW_GAP_DAMAGED, luks, "its description makes no sense");
    return read_slots(json_object_get(root, "keyslots"), digest, luks, error);
}

enum sw_status sw_luks2_json(struct sw_view text, struct sw_luks *luks, struct sw_error *error)
{
    json_error_t unused;

    if (text.size > SW_LUKS2_JSON_MAX)
        return unlike(error, SW_GAP_UNSUPPORTED, luks, "its description is too long");
    json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &unused);
    if (root == NULL)
        return unlike(error, SW_GAP_DAMAGED, luks, "its description is no JSON");
    enum sw_status status = read_all(root, luks, error);
    json_decref(root);
    return status;
}
