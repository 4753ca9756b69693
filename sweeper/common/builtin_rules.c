/* SPDX-License-Identifier: Apache-2.0 */
/* builtin_rules.c - takes the mask off what the executable carries. */
#include "common/builtin_rules.h"

#include <stdlib.h>

uint8_t *sw_builtin_open(enum sw_builtin which, struct sw_cursor *cursor)
{
    const bool cases = which == SW_BUILTIN_CASES;
    const uint8_t *masked = cases ? sw_builtin_cases_data() : sw_builtin_rules_data();
    size_t size = cases ? sw_builtin_cases_size() : sw_builtin_rules_size();
    uint64_t key = cases ? sw_builtin_cases_key() : sw_builtin_rules_key();
    uint8_t *bytes = malloc(size + 1);

    if (bytes == NULL)
        return NULL;
    for (size_t i = 0; i < size; i++)
        bytes[i] = masked[i] ^ sw_builtin_rules_mask(&key);
    *cursor = sw_cursor_of((struct sw_view){bytes, size});
    return bytes;
}
