/* SPDX-License-Identifier: Apache-2.0 */
/*
 * luks.h - private to the LUKS source: what the header of a volume says, of either
 * version, in one form.
 *
 * Formats: "LUKS1 On-Disk Format Specification" 1.2.3 and "LUKS2 On-Disk Format
 * Specification" 1.1.3, of the cryptsetup project. LUKS1 numbers are big-endian;
 * LUKS2 has a binary header and a JSON text behind it, both twice.
 *
 * Runs in:  engine workers.
 * Threads:  one volume, one thread.
 * Owns:     nothing: all is in the struct.
 * Trusts:   nothing. What does not fit into the fields below is gap unsupported or
 *           damaged; whatever lies behind the end of the blob is not read.
 * Fails:    SW_DEAD and a gap.
 */
#ifndef SWEEPER_ENGINE_DISK_LUKS_H
#define SWEEPER_ENGINE_DISK_LUKS_H

#include "engine/disk/kdf.h"
#include "sweeper/blob.h"

enum {
    SW_LUKS_SLOTS_MAX = 32,
    SW_LUKS_TEXT_MAX = 64, /* bytes of a cipher's or digest's name, with its NUL */
    SW_LUKS_SALT_MAX = 256,
    SW_LUKS_KEY_MAX = 512, /* bytes of a volume key */
    SW_LUKS_DIGEST_MAX = 64,
    SW_LUKS_STRIPES_MAX = 4000, /* what cryptsetup writes, and takes */
    SW_LUKS1_SIZE = 592,
    SW_LUKS2_SIZE = 4096, /* of the binary header */
    SW_LUKS2_JSON_MAX = 256 << 10,
};

struct sw_luks_salt {
    uint8_t bytes[SW_LUKS_SALT_MAX];
    size_t size;
};

/* Where the volume key lies, encrypted with what a passphrase becomes. */
struct sw_luks_slot {
    unsigned number;
    uint64_t area_at; /* in the volume, bytes */
    uint64_t area_size;
    char cipher[SW_LUKS_TEXT_MAX]; /* of the area: cipher-mode-iv */
    size_t area_key_size;
    uint32_t stripes;
    char split_hash[SW_LUKS_TEXT_MAX];
    bool is_argon2;
    struct sw_argon2 argon2;
    char hash[SW_LUKS_TEXT_MAX]; /* of PBKDF2 */
    uint32_t iterations;
    struct sw_luks_salt salt;
};

struct sw_luks {
    unsigned version; /* 1 or 2 */
    char uuid[41];    /* printable */
    char label[49];   /* printable; empty: none */
    struct sw_luks_slot slots[SW_LUKS_SLOTS_MAX];
    size_t slot_count;
    size_t key_size; /* of the volume key */
    /* How a volume key is known to be right. */
    char digest_hash[SW_LUKS_TEXT_MAX];
    uint32_t digest_iterations;
    struct sw_luks_salt digest_salt;
    uint8_t digest[SW_LUKS_DIGEST_MAX];
    size_t digest_size;
    /* What is encrypted. */
    char cipher[SW_LUKS_TEXT_MAX];
    uint64_t start; /* bytes */
    uint64_t size;  /* UINT64_MAX: to the end */
    uint64_t tweak; /* bytes, added to offsets for the initial value */
    unsigned sector_size;
};

/* Which version the head of a volume looks like, with all that can be checked there, or 0. Of
 * a LUKS2 header that is lost at the beginning, the second one is found. */
unsigned sw_luks_version(struct sw_view head);
enum sw_status sw_luks_read(struct sw_blob *blob, struct sw_luks *luks,
                            struct sw_error *error) SW_MUST_CHECK;
/* The JSON of a LUKS2 header. */
enum sw_status sw_luks2_json(struct sw_view text, struct sw_luks *luks,
                             struct sw_error *error) SW_MUST_CHECK;
/* The volume key, by this secret. SW_END: it opens no slot. SW_SKIP: a slot could not be tried,
 * and none of the others fits; the error says why. */
enum sw_status sw_luks_unlock(const struct sw_luks *luks, struct sw_blob *blob,
                              const struct sw_kdf_clock *clock, struct sw_view secret,
                              uint8_t key[static SW_LUKS_KEY_MAX],
                              struct sw_error *error) SW_MUST_CHECK;

/* The bytes as a text that fits, cut at the first NUL; what would not print is '?'. */
void sw_volume_text(char *out, size_t size, const uint8_t *bytes, size_t count);

#endif
