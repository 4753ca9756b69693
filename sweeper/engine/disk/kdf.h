/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kdf.h - from a passphrase to a key, within a time that we set.
 *
 * How much work that is, the volume's header says, and it may lie: 2^31 iterations,
 * or four terabytes of memory. Each volume has one clock for all its slots and all
 * keys that are tried; what would run past it is not begun. Memory comes out of the
 * budget of all workers.
 *
 * Runs in:  engine workers; sw_kdf_warm() before the door closes.
 * Threads:  one clock, one thread. Argon2 runs its lanes one after the other.
 * Owns:     nothing.
 * Trusts:   nothing of the parameters.
 * Fails:    SW_SKIP, with gap timeout (it would take too long), limit_memory, or
 *           unsupported (an unknown digest).
 */
#ifndef SWEEPER_ENGINE_DISK_KDF_H
#define SWEEPER_ENGINE_DISK_KDF_H

#include "sweeper/budget.h"
#include "sweeper/buf.h"
#include "sweeper/status.h"

struct sw_kdf_clock {
    uint64_t end_ns;                 /* CPU time of this thread when there is no more */
    uint32_t time_max_s;             /* what was given, for the message */
    struct sw_memory_budget *budget; /* NULL: no limit */
};

/* Half of `time_max_s` CPU seconds from now on: the other half is for what comes out. 0: a
 * minute. */
void sw_kdf_clock_start(struct sw_kdf_clock *clock, uint32_t time_max_s,
                        struct sw_memory_budget *budget);
/* SW_OK while there is time left. */
enum sw_status sw_kdf_clock_check(const struct sw_kdf_clock *clock,
                                  struct sw_error *error) SW_MUST_CHECK;

/* PBKDF2 (RFC 8018) with HMAC over `hash`, as LUKS names digests. */
enum sw_status sw_kdf_pbkdf2(const struct sw_kdf_clock *clock, struct sw_view hash,
                             struct sw_view secret, struct sw_view salt, uint32_t iterations,
                             uint8_t *out, size_t size, struct sw_error *error) SW_MUST_CHECK;

struct sw_argon2 {
    bool id;         /* Argon2id; else Argon2i (RFC 9106) */
    uint32_t passes; /* 1 or more */
    uint32_t memory_kib;
    uint32_t lanes;
};
enum sw_status sw_kdf_argon2(const struct sw_kdf_clock *clock, const struct sw_argon2 *parameters,
                             struct sw_view secret, struct sw_view salt, uint8_t *out, size_t size,
                             struct sw_error *error) SW_MUST_CHECK;

/* BitLocker's: a chain of 2^20 SHA-256 from the digest of a password (32 bytes) and a salt (16). */
enum sw_status sw_kdf_stretch(const struct sw_kdf_clock *clock, const uint8_t digest[static 32],
                              const uint8_t salt[static 16], uint8_t key[static 32],
                              struct sw_error *error) SW_MUST_CHECK;

/* LUKS's anti-forensic splitter: `stripes` times `size` bytes become `size` bytes, in place at the
 * beginning of `material`. */
enum sw_status sw_kdf_merge(struct sw_view hash, uint8_t *material, size_t size, uint32_t stripes,
                            struct sw_error *error) SW_MUST_CHECK;

void sw_kdf_warm(void);

#endif
