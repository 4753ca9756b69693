/* SPDX-License-Identifier: Apache-2.0 */
/* unlock.c - tries keys, and tells what came of it. */
#include "engine/disk/unlock.h"

#include "engine/disk/cipher.h"

#define ROOM "volume"

struct sw_view sw_key_line(const struct sw_key *key)
{
    struct sw_view line = key->bytes;

    if (line.size > 0 && line.data[line.size - 1] == '\n')
        line.size--;
    if (line.size > 0 && line.size < key->bytes.size && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

enum sw_status sw_unlock_better(enum sw_status a, enum sw_status b)
{
    if (a == SW_OK || b == SW_OK)
        return SW_OK;
    return a < b ? a : b;
}

void sw_unlock(struct sw_unlock *unlock, void *state, struct sw_blob *blob,
               const struct sw_source_setup *setup, sw_unlock_try *try_key)
{
    struct sw_kdf_clock clock;
    bool unknown = false;

    sw_kdf_clock_start(&clock, setup->time_max_s, setup->budget);
    for (size_t i = 0; i < setup->key_count; i++) {
        struct sw_error error = {0};
        enum sw_status status = try_key(state, blob, &clock, &setup->keys[i], &error);
        if (status == SW_OK) {
            unlock->state = SW_UNLOCK_OPEN;
            return;
        }
        if (status != SW_END && !unknown) {
            unknown = true;
            (void)sw_fail_gap(&unlock->error, SW_SKIP, error.reason, ROOM, 0, "%s stays closed: %s",
                              unlock->what, error.text);
        }
    }
    if (!unknown)
        (void)sw_fail_gap(
            &unlock->error, SW_SKIP, SW_GAP_ENCRYPTED, ROOM, 0, "%s: %s", unlock->what,
            setup->key_count == 0 ? "no key was given (see --key)" : "no key fits (see --key)");
}

enum sw_status sw_unlock_next(struct sw_unlock *unlock, struct sw_blob *volume,
                              struct sw_member *member, struct sw_error *error)
{
    const enum sw_unlock_state state = unlock->state;

    unlock->state = SW_UNLOCK_TOLD;
    if (state == SW_UNLOCK_TOLD)
        return SW_END;
    if (state == SW_UNLOCK_NOT) {
        *error = unlock->error;
        return SW_SKIP;
    }
    *member = (struct sw_member){
        .kind = SW_MEMBER_DISK,
        .name = {(const uint8_t *)"", 0},
        .facts = {.size = volume->size,
                  .mtime_ns = SW_TIME_UNKNOWN,
                  .ctime_ns = SW_TIME_UNKNOWN,
                  .btime_ns = SW_TIME_UNKNOWN,
                  .atime_ns = SW_TIME_UNKNOWN},
        .size_known = true,
        .in_place = volume,
    };
    if (!unlock->part)
        return SW_OK;
    *error = unlock->error;
    return SW_PART;
}

enum sw_status sw_unlock_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END;
}

void sw_unlock_warm(void)
{
    sw_cipher_warm();
    sw_kdf_warm();
}
