/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicator_form.h - private to the indicators: the closed form of a file, the
 * same as rules/indicators/schema.json has it.
 *
 * Threads:  any; no state.
 * Fails:    SW_STOP; the spot's pointer names the member that is wrong.
 */
#ifndef SWEEPER_COMMON_INDICATOR_FORM_H
#define SWEEPER_COMMON_INDICATOR_FORM_H

#include "sweeper/indicator.h"

enum sw_status sw_indicator_form_check(json_t *file, struct sw_indicator_spot *spot,
                                       struct sw_error *error) SW_MUST_CHECK;

#endif
