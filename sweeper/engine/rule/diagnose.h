/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose.h - adding to the list of what is wrong with the rules. */
#ifndef SWEEPER_ENGINE_RULE_DIAGNOSE_H
#define SWEEPER_ENGINE_RULE_DIAGNOSE_H

#include <stdbool.h>

#include "sweeper/rule.h"

/* Copies file and text. What is in the list already is not added again: a file
 * that several others include is compiled several times. False when memory is
 * short. */
bool sw_diagnoses_add(struct sw_diagnoses *list, enum sw_diagnosis_level level, const char *file,
                      int line, const char *text);
size_t sw_diagnoses_error_count(const struct sw_diagnoses *list);

#endif
