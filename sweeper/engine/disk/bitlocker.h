/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bitlocker.h - private to the BitLocker source: what the boot sector and the metadata
 * of a volume say, and the keys in it.
 *
 * Format: "BitLocker Drive Encryption (BDE) format specification" of the libbde
 * project. Numbers are little-endian. Volumes of Windows 7 and later, and BitLocker
 * To Go; the metadata is there three times.
 *
 * Runs in:  engine workers.
 * Threads:  one volume, one thread.
 * Owns:     nothing: all is in the struct.
 * Trusts:   nothing. What does not fit into the fields below is gap unsupported or
 *           damaged; the sizes in entries are checked against what is around them.
 * Fails:    SW_DEAD and a gap.
 */
#ifndef SWEEPER_ENGINE_DISK_BITLOCKER_H
#define SWEEPER_ENGINE_DISK_BITLOCKER_H

#include "engine/disk/kdf.h"
#include "sweeper/blob.h"

enum {
    SW_BITLOCKER_COPIES = 3,
    SW_BITLOCKER_META_SIZE = 65536, /* bytes of one copy */
    SW_BITLOCKER_PROTECTORS_MAX = 16,
    SW_BITLOCKER_BOX_MAX = 128, /* bytes of an encrypted key */
    SW_BITLOCKER_GUID_SIZE = 16,
    SW_BITLOCKER_GUID_TEXT = 37, /* with its NUL */
};

/* How the volume master key is protected. */
enum sw_bitlocker_protection {
    SW_BITLOCKER_CLEAR = 0x0000, /* by a key that lies beside it: protection is suspended */
    SW_BITLOCKER_TPM = 0x0100,
    SW_BITLOCKER_STARTUP = 0x0200, /* by a .bek file */
    SW_BITLOCKER_TPM_PIN = 0x0500,
    SW_BITLOCKER_RECOVERY = 0x0800, /* by 48 digits */
    SW_BITLOCKER_PASSWORD = 0x2000,
};

/* A key that is encrypted with another one, AES-CCM (RFC 3610). */
struct sw_bitlocker_box {
    uint8_t nonce[12];
    uint8_t tag[16];
    uint8_t data[SW_BITLOCKER_BOX_MAX];
    size_t size; /* 0: there is none */
};

struct sw_bitlocker_protector {
    uint8_t guid[SW_BITLOCKER_GUID_SIZE];
    unsigned protection;
    bool has_salt;
    uint8_t salt[16];
    bool has_clear;
    uint8_t clear[32];
    struct sw_bitlocker_box key;
};

struct sw_bitlocker {
    unsigned sector_size;
    uint64_t copies[SW_BITLOCKER_COPIES]; /* where they lie, bytes */
    unsigned method;                      /* enum sw_bitlocker_method */
    uint8_t guid[SW_BITLOCKER_GUID_SIZE];
    char description[128]; /* printable */
    uint64_t encrypted;    /* bytes from the beginning; what lies behind them is plain */
    uint64_t header_at;    /* where the volume's first sectors lie, encrypted */
    uint64_t header_size;
    struct sw_bitlocker_box volume_key; /* encrypted with the master key */
    struct sw_bitlocker_protector protectors[SW_BITLOCKER_PROTECTORS_MAX];
    size_t protector_count;
};

/* Whether the first sector is that of a BitLocker volume. */
bool sw_bitlocker_is(struct sw_view head);
/* What the boot sector says: sector_size and copies. SW_DEAD, unsupported: of Windows Vista. */
enum sw_status sw_bitlocker_boot(struct sw_blob *blob, struct sw_bitlocker *volume,
                                 struct sw_error *error) SW_MUST_CHECK;
/* What one copy of the metadata, SW_BITLOCKER_META_SIZE bytes of it at most, says. */
enum sw_status sw_bitlocker_metadata(struct sw_view copy, struct sw_bitlocker *volume,
                                     struct sw_error *error) SW_MUST_CHECK;
void sw_bitlocker_guid(const uint8_t guid[static SW_BITLOCKER_GUID_SIZE],
                       char text[static SW_BITLOCKER_GUID_TEXT]);

/* --- keys ------------------------------------------------------------------------- */

/* The key in a box. False: the other key does not fit, or what is in it is no key. */
bool sw_bitlocker_unbox(const struct sw_bitlocker_box *box, const uint8_t with[static 32],
                        uint8_t key[static SW_BITLOCKER_BOX_MAX], size_t *size) SW_MUST_CHECK;
/* Eight groups of six digits, anywhere in a text, be it UTF-16: what they stand for. */
bool sw_bitlocker_recovery(struct sw_view text, uint8_t numbers[static 16]) SW_MUST_CHECK;
/* The external key in a .bek file, and of which protector it is. */
bool sw_bitlocker_external(struct sw_view file, uint8_t guid[static SW_BITLOCKER_GUID_SIZE],
                           uint8_t key[static 32]) SW_MUST_CHECK;
/* The digest of a password in UTF-8. False: it is not. */
bool sw_bitlocker_password(struct sw_view password, uint8_t digest[static 32]) SW_MUST_CHECK;

#endif
