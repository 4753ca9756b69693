/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_lookup.h - private to the options: finds rows by what a person typed,
 * and says what they may have meant when there is none.
 *
 * Threads:  any; no state.
 * Trusts:   words may hold any bytes.
 * Fails:    SW_STOP with the whole message for the user.
 */
#ifndef SWEEPER_SUPERVISOR_OPTION_LOOKUP_H
#define SWEEPER_SUPERVISOR_OPTION_LOOKUP_H

#include "supervisor/option_table.h"

/* The nearest of the words offered: within 3 edits, and under half its length. */
struct sw_suggestion {
    const char *word;
    const char *best; /* NULL: nothing is near */
    size_t distance;
};
struct sw_suggestion sw_suggestion_for(const char *word);
void sw_suggestion_offer(struct sw_suggestion *suggestion, const char *candidate);

/* The option of that long name that applies to the verb. `dashes` is what
 * stands before names in messages: "--", or "" in config files. */
enum sw_status sw_option_find_name(enum sw_verb verb, const char *name, const char *dashes,
                                   const struct sw_option **option,
                                   struct sw_error *error) SW_MUST_CHECK;
/* The option of `argument[0]`, where argument is what follows a single dash. */
enum sw_status sw_option_find_letter(enum sw_verb verb, const char *argument,
                                     const struct sw_option **option,
                                     struct sw_error *error) SW_MUST_CHECK;

/* The verb that the words (`count` of them) begin with; *used says how many
 * words it is made of. */
enum sw_status sw_verb_find(char *const *words, size_t count, enum sw_verb *verb, size_t *used,
                            struct sw_error *error) SW_MUST_CHECK;

/* "scan", "rules list". `verb` must be one of the table. */
const struct sw_verb_row *sw_verb_row(enum sw_verb verb);

/* Bytes of a user's word that a message shows: the rest of it matters more. */
#define SW_SHOWN_MAX 100

#endif
