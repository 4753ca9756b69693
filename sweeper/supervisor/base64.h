/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.h - strict decoding of RFC 4648 base64: the engine's match data.
 *
 * Runs in:  supervisor.
 * Trusts:   nothing: the text comes from the engine.
 */
#ifndef SWEEPER_SUPERVISOR_BASE64_H
#define SWEEPER_SUPERVISOR_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when `text` is base64 as sw_text_base64() writes it (padded, no other
 * characters, no stray bits) and decodes to at most `size_max` bytes. The bytes
 * go to `data`, which may be NULL when only the size is of interest. */
bool sw_base64_decode(const char *text, uint8_t *data, size_t size_max, size_t *size);

#endif
