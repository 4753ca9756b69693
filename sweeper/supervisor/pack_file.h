/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_file.h - a rule pack as one file: sources of rules and indicators, their
 * digest, signatures. docs/rule-packs.md describes every byte.
 *
 * Runs in:  supervisor.
 * Threads:  any; no state.
 * Owns:     sw_pack_read() and sw_pack_decode() give a pack that the caller
 *           frees with sw_pack_free(); it owns its bytes and its files.
 * Trusts:   nothing: a pack may come from an attacker. A decoded pack has only
 *           names that can be printed and that stay below their root, no name
 *           and no namespace twice, texts without NUL, the right digest, and
 *           exactly one way to be written. Its signatures are not yet judged:
 *           see pack_trust.h.
 * Fails:    SW_STOP with a sentence that begins with `name`.
 */
#ifndef SWEEPER_SUPERVISOR_PACK_FILE_H
#define SWEEPER_SUPERVISOR_PACK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"
#include "sweeper/rulepack.h"

#define SW_PACK_MAGIC          "\x89SWPACK\n"
#define SW_PACK_MAGIC_SIZE     8
#define SW_PACK_VERSION        1
#define SW_PACK_HEADER_SIZE    24 /* magic, version, file count, size of what is signed */
#define SW_PACK_SIZE_MAX       ((size_t)128 << 20)
#define SW_PACK_FILES_MAX      16384
#define SW_PACK_NAME_MAX       4096
#define SW_PACK_NAMESPACE_MAX  (8192 - 32) /* as for loose files: it stands in records */
#define SW_PACK_SIGNATURES_MAX 16
#define SW_PACK_DIGEST_SIZE    32
#define SW_KEY_ID_SIZE         32 /* SHA-256 of the public key in DER form */
#define SW_SIGNATURE_SIZE      64 /* Ed25519, RFC 8032 */

/* What is known of a signature once a trust has judged it (pack_trust.h). */
enum sw_signature_state {
    SW_SIGNATURE_UNKNOWN, /* nobody gave the key */
    SW_SIGNATURE_GOOD,
    SW_SIGNATURE_WRONG,
};

struct sw_pack_signature {
    uint8_t key_id[SW_KEY_ID_SIZE];
    uint8_t bytes[SW_SIGNATURE_SIZE];
    enum sw_signature_state state;
};

struct sw_pack {
    struct sw_rulepack *rules; /* name: path below the root; its own digest is not made */
    uint8_t *bytes;            /* the whole file */
    size_t size;
    struct sw_view covered; /* what digest and signatures are about; borrows from `bytes` */
    char digest[SW_SHA256_HEX_SIZE];
    struct sw_pack_signature signatures[SW_PACK_SIGNATURES_MAX]; /* by rising key id */
    size_t signature_count;
};

/* True when the regular file begins like a pack; its offset stays. */
bool sw_pack_recognise(int fd);
/* Pipes cannot be looked into twice: puts a memory file with all that comes out
 * of a pipe in the place of *fd. Any other descriptor stays as it is. At most
 * SW_PACK_SIZE_MAX + 1 bytes are taken. */
enum sw_status sw_pack_settle_pipe(int *fd, const char *name, struct sw_error *error) SW_MUST_CHECK;
/* Reads and decodes. Takes nothing over. */
enum sw_status sw_pack_read(int fd, const char *name, struct sw_pack **pack,
                            struct sw_error *error) SW_MUST_CHECK;
/* Takes `bytes` (malloc) over, also when it fails. */
enum sw_status sw_pack_decode(uint8_t *bytes, size_t size, const char *name, struct sw_pack **pack,
                              struct sw_error *error) SW_MUST_CHECK;
void sw_pack_free(struct sw_pack *pack);

/* Appends the header and the files, which is what is signed: a file whose name
 * or namespace cannot stand in a pack is an error. The order of the
 * files in the pack and what they were called on the command line leave no trace. */
enum sw_status sw_pack_encode(struct sw_buf *out, const struct sw_rulepack *rules, const char *name,
                              struct sw_error *error) SW_MUST_CHECK;
/* Appends the digest of all that is in `out`, and the signatures, sorted. */
enum sw_status sw_pack_encode_end(struct sw_buf *out, struct sw_pack_signature *signatures,
                                  size_t count, const char *name,
                                  struct sw_error *error) SW_MUST_CHECK;

/* What is wrong with the name of a file ("is absolute"...); NULL: nothing. */
const char *sw_pack_fault_of_name(struct sw_view name);

/* Lower-case hexadecimal; returns `out`. */
const char *sw_pack_hex(const uint8_t bytes[static SW_PACK_DIGEST_SIZE],
                        char out[static SW_SHA256_HEX_SIZE]);

#endif
