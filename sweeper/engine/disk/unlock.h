/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unlock.h - what encrypted volumes have in common: the keys that are tried, and
 * what is told when none fits.
 *
 * Runs in:  engine workers.
 * Threads:  one volume, one thread.
 * Owns:     nothing.
 * Fails:    the volume opens in any case; next() then tells the gap: encrypted with the
 *           volume's name, or why a slot could not be tried (timeout, limit_memory,
 *           unsupported, damaged).
 */
#ifndef SWEEPER_ENGINE_DISK_UNLOCK_H
#define SWEEPER_ENGINE_DISK_UNLOCK_H

#include "engine/disk/kdf.h"
#include "sweeper/source.h"

enum sw_unlock_state { SW_UNLOCK_NOT, SW_UNLOCK_OPEN, SW_UNLOCK_TOLD };

struct sw_unlock {
    char what[400]; /* "LUKS2 volume UUID (label)" */
    enum sw_unlock_state state;
    bool part;             /* it is open, and the error says what is missing */
    struct sw_error error; /* else while it is not open */
};

/* Tries one key: SW_OK, it is open; SW_END, it does not fit; else, whether it fits is not known,
 * and the error says why. */
typedef enum sw_status sw_unlock_try(void *state, struct sw_blob *blob,
                                     const struct sw_kdf_clock *clock, const struct sw_key *key,
                                     struct sw_error *error);

/* Tries all keys, in their order. `what` is filled in before. */
void sw_unlock(struct sw_unlock *unlock, void *state, struct sw_blob *blob,
               const struct sw_source_setup *setup, sw_unlock_try *try_key);
/* Of two attempts with one key, what is told: that it is open, why it is not known, that it does
 * not fit. */
enum sw_status sw_unlock_better(enum sw_status a, enum sw_status b);
/* A source's next(): the volume, or the gap, once. */
enum sw_status sw_unlock_next(struct sw_unlock *unlock, struct sw_blob *volume,
                              struct sw_member *member, struct sw_error *error);
/* Members are in place: never called, and the end if it is. */
enum sw_status sw_unlock_read(void *state, struct sw_piece *piece, struct sw_error *error);

/* The key without the end of its line. */
struct sw_view sw_key_line(const struct sw_key *key);

/* Has OpenSSL make everything that unlocking needs. Before the door closes. */
void sw_unlock_warm(void);

#endif
