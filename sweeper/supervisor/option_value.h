/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_value.h - private to the options: what each kind of option does with
 * its value.
 *
 * Owns:     values are borrowed by the options; what has to be made anew is
 *           handed to sw_options_own().
 * Fails:    SW_STOP with the message; errnum is ENOMEM when memory is short
 *           and 0 when the user is wrong.
 */
#ifndef SWEEPER_SUPERVISOR_OPTION_VALUE_H
#define SWEEPER_SUPERVISOR_OPTION_VALUE_H

#include "supervisor/option_table.h"

/* Room for one more row of a list that has `count`: doubled whenever that is a
 * power of two. NULL when memory is short; the rows are then as they were. */
void *sw_options_grown(void *rows, size_t count, size_t row_size);

/* Gives `text` (from malloc) to the options; on failure it is freed. NULL is a
 * failed allocation and fails. */
enum sw_status sw_options_own(struct sw_options *options, char *text,
                              struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_texts_add(struct sw_texts *texts, const char *text,
                            struct sw_error *error) SW_MUST_CHECK;

/* Reads the value and sets the field. `shown` is the option as the user wrote
 * it, for messages: "--memory", "memory". */
enum sw_status sw_option_set(const struct sw_option *option, const char *shown, const char *value,
                             struct sw_options *options, struct sw_error *error) SW_MUST_CHECK;

/* True when the option's field is not at its default, and this row is why. */
bool sw_option_in_force(const struct sw_option *option, const struct sw_options *options);

/* Fills options->given. `values`: for each row of the table the value as the
 * user wrote it, NULL where there is none. */
enum sw_status sw_options_list_given(struct sw_options *options, const char *const *values,
                                     struct sw_error *error) SW_MUST_CHECK;

#endif
