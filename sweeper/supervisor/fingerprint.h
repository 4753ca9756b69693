/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerprint.h - the id of a finding: the same rule on the same bytes at the
 * same place has the same id in every run, so that reports can be compared.
 *
 * The id is the first 16 bytes, in lower-case hexadecimal, of SHA-256 over
 * blocks, each a 32-bit little-endian length and the bytes: namespace, rule
 * name, the object's SHA-256 in hexadecimal, then each hop's exact name (for a
 * file, its path).
 *
 * Runs in:  supervisor.
 * Fails:    NULL on a lack of memory.
 */
#ifndef SWEEPER_SUPERVISOR_FINGERPRINT_H
#define SWEEPER_SUPERVISOR_FINGERPRINT_H

#include <jansson.h>

#include "sweeper/buf.h"

#define SW_FINGERPRINT_SIZE 32 /* hexadecimal digits */

/* `rule` and `object` as a finding has them. */
json_t *sw_fingerprint(const json_t *rule, const json_t *object, const struct sw_view *hops,
                       size_t hop_count);

#endif
