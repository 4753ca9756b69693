/* SPDX-License-Identifier: Apache-2.0 */
/*
 * severity.h - how bad a finding is, and the words for it.
 *
 * Runs in:  both processes.
 */
#ifndef SWEEPER_SEVERITY_H
#define SWEEPER_SEVERITY_H

#include <stdbool.h>

enum sw_severity {
    SW_SEVERITY_INFO,
    SW_SEVERITY_LOW,
    SW_SEVERITY_MEDIUM,
    SW_SEVERITY_HIGH,
    SW_SEVERITY_CRITICAL,
};

const char *sw_severity_name(enum sw_severity severity);
/* False when no severity has this name. Case does not matter. */
bool sw_severity_find(const char *name, enum sw_severity *severity);

#endif
