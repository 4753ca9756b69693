/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - growing arrays. */
#include "sweeper/rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

bool sw_rows_grow(void *rows, size_t *capacity, size_t need, size_t row_size)
{
    size_t wanted = *capacity != 0 ? *capacity : CAPACITY_FIRST;
    void *old;

    if (need <= *capacity)
        return true;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2)
            return false;
        wanted *= 2;
    }
    memcpy(&old, rows, sizeof(old));
    void *grown = reallocarray(old, wanted, row_size);
    if (grown == NULL)
        return false;
    memcpy(rows, &grown, sizeof(grown));
    *capacity = wanted;
    return true;
}
