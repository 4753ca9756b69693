/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerprint.h - the id of a finding: the same rule on the same bytes at the
 * same place has the same id in every run, so that reports can be compared.
 *
 * The id is the first 16 bytes, in lower-case hexadecimal, of SHA-256 over
 * blocks, each a 32-bit little-endian length and the bytes: namespace, rule
 * name, the object's SHA-256 in hexadecimal, then each hop's exact name (for a
 * file, its path), and of a package its version: one file may declare several
 * that the same indicator names.
 *
 * Runs in:  supervisor.
 * Fails:    NULL on a lack of memory.
 */
#ifndef SWEEPER_SUPERVISOR_FINGERPRINT_H
#define SWEEPER_SUPERVISOR_FINGERPRINT_H

#include <jansson.h>

#include "sweeper/buf.h"

#define SW_FINGERPRINT_SIZE 32 /* hexadecimal digits */

/* `rule`, `object` and `package` as a finding has them; the last may be NULL. */
struct sw_fingerprint_parts {
    const json_t *rule;
    const json_t *object;
    const json_t *package;
    const struct sw_view *hops;
    size_t hop_count;
};
json_t *sw_fingerprint(const struct sw_fingerprint_parts *parts);

#endif
