/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicator_rules.h - indicators that are found in text (domains, addresses,
 * Kubernetes objects) become YARA rules, so that one search finds them raw, as
 * UTF-16 and inside whatever is decoded.
 *
 * Each as a whole token: `a.example` is not found in `xa.example`,
 * `a.example.org` or `my-a.example`, and 1.2.3.4 not in 11.2.3.4 or 1.2.3.45.
 *
 * Runs in:  engine, before the sandbox closes; `sweeper rules ...` in process.
 * Threads:  any; no state.
 * Fails:    SW_STOP without memory.
 */
#ifndef SWEEPER_COMMON_INDICATOR_RULES_H
#define SWEEPER_COMMON_INDICATOR_RULES_H

#include "sweeper/buf.h"
#include "sweeper/indicator.h"

/* Appends the rules of the rows of one file, by its namespace. */
enum sw_status sw_indicator_rules(const struct sw_indicators *set, const char *namespace_,
                                  struct sw_buf *text) SW_MUST_CHECK;

#endif
