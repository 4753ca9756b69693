/* SPDX-License-Identifier: Apache-2.0 */
/* The defaults of the limit table. */
#include "sweeper/limits.h"

struct sw_limits sw_limits_default(void)
{
    return (struct sw_limits){
#define SW_LIMIT_DEFAULT(field, type, value) .field = (type)(value),
        SW_LIMIT_TABLE(SW_LIMIT_DEFAULT)
#undef SW_LIMIT_DEFAULT
    };
}
