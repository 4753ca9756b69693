/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_config.h - private to the options: the lines of a config file.
 *
 * One option a line: `name = value` or `name`. Blanks round both are dropped,
 * and so are empty lines and lines that start with `#`. There is no quoting:
 * everything after the first `=` is the value, `#` included.
 *
 * Owns:     the text is given to the options; lines borrow from it.
 * Trusts:   the file is the user's; its bytes may be wrong.
 */
#ifndef SWEEPER_SUPERVISOR_OPTION_CONFIG_H
#define SWEEPER_SUPERVISOR_OPTION_CONFIG_H

#include "sweeper/options.h"

#define SW_CONFIG_SIZE_MAX SW_MIB

/* The whole file as a C string without NUL bytes inside. Fails with an errnum
 * when it cannot be read, without one when its content is wrong. */
enum sw_status sw_config_read(const char *path, struct sw_options *options, char **text,
                              struct sw_error *error) SW_MUST_CHECK;

struct sw_config_line {
    const char *name;
    const char *value; /* NULL: no `=` */
    size_t number;     /* 1-based */
};

/* The next line that says something; cuts *rest up in place. SW_END after the
 * last one. Start with line->number 0. */
enum sw_status sw_config_next(char **rest, struct sw_config_line *line) SW_MUST_CHECK;

#endif
