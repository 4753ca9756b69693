/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_trust.h - whose packs are taken: the keys of --trusted-key, and whether
 * --require-signed was given.
 *
 * A signature by a key that was given must be good, always. With
 * --require-signed there must be such a signature. A signature by any other key
 * says nothing, and is treated as if it were not there.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Owns:     the keys until sw_trust_done().
 * Trusts:   the key files; nothing that a pack says of itself.
 * Fails:    SW_STOP with a sentence that names the file.
 */
#ifndef SWEEPER_SUPERVISOR_PACK_TRUST_H
#define SWEEPER_SUPERVISOR_PACK_TRUST_H

#include "supervisor/pack_sign.h"

struct sw_trust {
    struct sw_key **keys;
    size_t count;
    bool required;
};

/* Borrows the paths. On failure *trust holds nothing. */
enum sw_status sw_trust_load(const char *const *paths, size_t count, bool required,
                             struct sw_trust *trust, struct sw_error *error) SW_MUST_CHECK;
void sw_trust_done(struct sw_trust *trust);

/* Judges each signature of the pack and sets its state. */
enum sw_status sw_trust_judge(const struct sw_trust *trust, struct sw_pack *pack, const char *name,
                              struct sw_error *error) SW_MUST_CHECK;

/* The path of the trusted key with this id, or NULL. */
const char *sw_trust_find(const struct sw_trust *trust, const uint8_t *key_id);

#endif
