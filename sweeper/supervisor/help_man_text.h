/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help_man_text.h - private to the manual page: the parts that no table knows,
 * in the macros of man(7). Each ends with a newline.
 */
#ifndef SWEEPER_SUPERVISOR_HELP_MAN_TEXT_H
#define SWEEPER_SUPERVISOR_HELP_MAN_TEXT_H

extern const char sw_man_name[];
extern const char sw_man_description[];
extern const char sw_man_options[]; /* before the list of options */
extern const char sw_man_records[];
extern const char sw_man_gaps[];  /* before the list of gaps */
extern const char sw_man_exits[]; /* after the list of exit codes */
extern const char sw_man_rest[];  /* signals, files, environment, examples ... */

#endif
