/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - private to common: one step through bytes that claim to be UTF-8.
 *
 * Trusts:   nothing.
 * Fails:    never; bytes that are not UTF-8 have the length 0.
 */
#ifndef SWEEPER_COMMON_UTF8_H
#define SWEEPER_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

/* Bytes of the character that starts the view (1 to 4), or 0 when none does
 * or the view is empty. *code is set only when there is one. */
size_t sw_utf8_next(struct sw_view bytes, uint32_t *code);

/* True when a person's terminal shows the character as itself and nothing
 * else happens: the list of sw_text_is_printable(). */
bool sw_utf8_printable(uint32_t code);

#endif
