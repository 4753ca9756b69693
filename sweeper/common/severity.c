/* SPDX-License-Identifier: Apache-2.0 */
/* severity.c - the words for severities. */
#include "sweeper/severity.h"

#include <stddef.h>
#include <strings.h>

static const char *const names[] = {
    [SW_SEVERITY_INFO] = "info",         [SW_SEVERITY_LOW] = "low",
    [SW_SEVERITY_MEDIUM] = "medium",     [SW_SEVERITY_HIGH] = "high",
    [SW_SEVERITY_CRITICAL] = "critical",
};

const char *sw_severity_name(enum sw_severity severity)
{
    return names[severity];
}

bool sw_severity_find(const char *name, enum sw_severity *severity)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(name, names[i]) == 0) {
            *severity = (enum sw_severity)i;
            return true;
        }
    return false;
}
