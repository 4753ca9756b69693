/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help_completion.h - private to the completions: one file a shell, all made
 * from the option table. Nothing that is written here runs the program.
 *
 * Threads:  any; no state.
 */
#ifndef SWEEPER_SUPERVISOR_HELP_COMPLETION_H
#define SWEEPER_SUPERVISOR_HELP_COMPLETION_H

#include <stdio.h>

#include "supervisor/help_text.h"

void sw_completion_bash(FILE *out);
void sw_completion_zsh(FILE *out);
void sw_completion_fish(FILE *out);

/* Text within single quotes of a shell; each byte of `special` gets a backslash. */
void sw_completion_quoted(FILE *out, const char *text, const char *special);

/* Words, with a space between them. `word` is the verb's first word for
 * sw_completion_second_words(), and ignored by the others. */
void sw_completion_choices(FILE *out, const struct sw_option *option);
void sw_completion_formats(FILE *out);
void sw_completion_first_words(FILE *out, const char *word);
void sw_completion_second_words(FILE *out, const char *word);
void sw_completion_shells(FILE *out, const char *word);

#endif
