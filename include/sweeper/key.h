/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - what opens an encrypted volume (--key).
 *
 * Runs in:  both processes: the supervisor reads them, the engine tries them.
 * Owns:     nothing; the bytes borrow from the options or the configuration.
 */
#ifndef SWEEPER_KEY_H
#define SWEEPER_KEY_H

#include <stdint.h>

#include "sweeper/buf.h"

enum {
    SW_KEYS_MAX = 32,            /* --key */
    SW_KEY_SIZE_MAX = 32 * 1024, /* bytes of one; key files are much smaller */
};

enum sw_key_kind {
    SW_KEY_FILE,       /* all bytes of a key file: LUKS takes them as they are; a .bek of BitLocker,
                          or a text, with or without the end of its line */
    SW_KEY_PASSPHRASE, /* a text that a person types */
    SW_KEY_RECOVERY,   /* BitLocker's 48 digits, in eight groups */
    SW_KEY_KIND_COUNT
};

struct sw_key {
    enum sw_key_kind kind;
    struct sw_view bytes; /* 1 to SW_KEY_SIZE_MAX */
};

#endif
