/* SPDX-License-Identifier: Apache-2.0 */
/* run_code.h - private to the finder of runs: the two encodings, and what decoded
 * bytes look like. */
#ifndef SWEEPER_ENGINE_SOURCE_RUN_CODE_H
#define SWEEPER_ENGINE_SOURCE_RUN_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

enum { RUN_PROBE_SIZE = 48 /* decoded bytes that tell whether an alignment is the right one */ };

/* What a character can be: its value in base64, or one of these. */
enum { OTHER = 0x80, MARK = 0x81, PAD = 0x82, BACKSLASH = 0x83 };

void run_values(uint8_t value[static 256]);

/* Whole groups of four from `from`, and what is left of a last one. False: no memory. */
bool run_base64(const uint8_t value[static 256], struct sw_view run, size_t from,
                struct sw_buf *out);
/* Pairs of digits; a last one that is alone is dropped. False: no memory. */
bool run_hex(struct sw_view run, struct sw_buf *out);
bool run_is_hex(struct sw_view run);
/* The value of a digit of either case, or -1. */
int run_hex_digit(uint8_t c);
/* How many characters at the front of `run` are hexadecimal. */
size_t run_hex_size(struct sw_view run);

/* How much the bytes look like something: each printable one counts, and one of
 * the formats that payloads come in counts as all RUN_PROBE_SIZE of them. */
size_t run_plausibility(struct sw_view bytes);

#endif
