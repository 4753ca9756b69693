/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - growing arrays, the one way.
 *
 *     if (!sw_rows_grow(&list->rows, &list->capacity, list->count + 1, sizeof(*list->rows)))
 *         return SW_STOP; // nothing has changed
 *     list->rows[list->count++] = row;
 *
 * Runs in:  both processes.
 * Threads:  one owner at a time.
 * Owns:     as realloc(3): the array may move.
 * Fails:    false without memory, or when the size overflows; nothing changes.
 */
#ifndef SWEEPER_ROWS_H
#define SWEEPER_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for `need` rows of `row_size` bytes by doubling *capacity; what is
 * added is not initialised. `rows` is the address of the pointer to the rows:
 * all object pointers look alike in memory (POSIX), so one function serves all. */
bool sw_rows_grow(void *rows, size_t *capacity, size_t need, size_t row_size);

#endif
