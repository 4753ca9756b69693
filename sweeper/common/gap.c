/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the gap table, by constant and by name. */
#include "sweeper/gap.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct row {
    const char *name;
    const char *meaning;
};

static const struct row rows[SW_GAP_COUNT] = {
#define SW_GAP_ROW(constant, name, meaning) [SW_GAP_##constant] = {name, meaning},
    SW_GAP_TABLE(SW_GAP_ROW)
#undef SW_GAP_ROW
};

const char *sw_gap_name(enum sw_gap gap)
{
    assert(gap > SW_GAP_NONE && gap < SW_GAP_COUNT);
    return rows[gap].name;
}

const char *sw_gap_meaning(enum sw_gap gap)
{
    assert(gap > SW_GAP_NONE && gap < SW_GAP_COUNT);
    return rows[gap].meaning;
}

enum sw_gap sw_gap_find(const char *name)
{
    for (enum sw_gap gap = SW_GAP_NONE + 1; gap < SW_GAP_COUNT; gap++) {
        if (strcmp(rows[gap].name, name) == 0)
            return gap;
    }
    return SW_GAP_NONE;
}
