/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_sign.h - Ed25519 keys (RFC 8032) by OpenSSL: sign a pack, verify one.
 *
 * Runs in:  supervisor.
 * Threads:  one owner at a time.
 * Owns:     a key until sw_key_free(), which wipes what is secret.
 * Trusts:   key files are the user's own; nothing is asked on a terminal.
 * Fails:    SW_STOP with a sentence that names the file of the key.
 */
#ifndef SWEEPER_SUPERVISOR_PACK_SIGN_H
#define SWEEPER_SUPERVISOR_PACK_SIGN_H

#include "supervisor/pack_file.h"

struct sw_key;

/* A PEM file as `openssl genpkey -algorithm ed25519` writes it, without a
 * password. `path` is borrowed. *exposed: others than its owner may read it. */
enum sw_status sw_key_read_private(const char *path, struct sw_key **key, bool *exposed,
                                   struct sw_error *error) SW_MUST_CHECK;
/* A PEM file as `openssl pkey -pubout` writes it. `path` is borrowed. */
enum sw_status sw_key_read_public(const char *path, struct sw_key **key,
                                  struct sw_error *error) SW_MUST_CHECK;
void sw_key_free(struct sw_key *key);

const char *sw_key_path(const struct sw_key *key);
/* SHA-256 of the public key as DER (SubjectPublicKeyInfo, RFC 8410). */
const uint8_t *sw_key_id(const struct sw_key *key);

/* Fills in key id and bytes. Needs a private key. */
enum sw_status sw_key_sign(const struct sw_key *key, struct sw_view covered,
                           struct sw_pack_signature *signature,
                           struct sw_error *error) SW_MUST_CHECK;
bool sw_key_verify(const struct sw_key *key, struct sw_view covered,
                   const struct sw_pack_signature *signature);

#endif
