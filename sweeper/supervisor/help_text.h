/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help_text.h - private to the options: what help, man page and completion
 * have in common when they turn rows of the table into text.
 *
 * Threads:  any; no state.
 */
#ifndef SWEEPER_SUPERVISOR_HELP_TEXT_H
#define SWEEPER_SUPERVISOR_HELP_TEXT_H

#include "supervisor/option_table.h"

/* What an option's help says, put together from its row. */
struct sw_help_line {
    char text[600];
    size_t size;
};

/* Help, choices or default, and whether the option can be repeated; one
 * sentence without capital and full stop. */
void sw_help_describe(struct sw_help_line *line, const struct sw_option *option);

/* "scan", "rules list". */
struct sw_help_name {
    char text[40];
};
struct sw_help_name sw_help_verb_name(const struct sw_verb_row *row);

/* What stands behind an option, as far as a shell can help with it. */
enum sw_help_value {
    SW_HELP_NONE,    /* takes no value */
    SW_HELP_WORD,    /* a number, a size: nothing to offer */
    SW_HELP_CHOICES, /* one of option->choices */
    SW_HELP_FORMAT,  /* one of sw_sink_format_name() */
    SW_HELP_FILE,
    SW_HELP_DIRECTORY,
};
enum sw_help_value sw_help_value_of(const struct sw_option *option);

/* Whether files are what a verb works on. */
bool sw_help_takes_files(const struct sw_verb_row *row);

#endif
