/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what fuzz targets share: a check that stops the program, and reading
 * an input piece by piece.
 *
 * A target is one file fuzz_<what>.c with the entry point of libFuzzer. Linked
 * with libFuzzer it is a fuzzer; linked with driver.c it is a plain test that
 * replays corpus/<what>/ and fixed mutations of it. docs/fuzzing.md says more.
 */
#ifndef SWEEPER_TESTS_FUZZ_H
#define SWEEPER_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: never compiled away, and says where it broke. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *condition, const char *file, int line);

/* The next bytes of an input; at its end, zeros and empty views. */
uint8_t fuzz_u8(struct sw_cursor *input);
uint32_t fuzz_u16(struct sw_cursor *input);
uint32_t fuzz_u32(struct sw_cursor *input);
uint64_t fuzz_u64(struct sw_cursor *input);
/* At most `size` bytes; fewer at the end. */
struct sw_view fuzz_bytes(struct sw_cursor *input, size_t size);
/* Up to the next `stop`, which is consumed too, or up to the end. */
struct sw_view fuzz_until(struct sw_cursor *input, uint8_t stop);

/* Copies that end exactly where the bytes do, so that a sanitizer sees one byte
 * too far. The text ends at the first NUL. The caller frees. */
uint8_t *fuzz_copy(struct sw_view bytes);
char *fuzz_text(struct sw_view bytes);
struct sw_view fuzz_view(const char *text);

/* With FUZZ_RECORDS=FILE in the environment: adds a record that the supervisor
 * would write to that file, for check_schema.py. */
void fuzz_append_line(const char *line);

/* A memory file with these bytes, at offset 0. The caller closes. */
int fuzz_memory_file(const void *data, size_t size);

#endif
