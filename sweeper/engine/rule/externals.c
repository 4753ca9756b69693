/* SPDX-License-Identifier: Apache-2.0 */
/* externals.c - the names of the external variables. */
#include "sweeper/rule.h"

const char *sw_external_name(enum sw_external external)
{
    static const char *const names[] = {
#define SW_EXTERNAL_NAME(constant, name) [SW_EXTERNAL_##constant] = name,
        SW_EXTERNAL_TABLE(SW_EXTERNAL_NAME)
#undef SW_EXTERNAL_NAME
    };
    return names[external];
}
