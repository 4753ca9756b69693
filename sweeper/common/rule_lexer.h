/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_lexer.h - the words and the `include "..."` directives of a rule file.
 *
 * Knows what the YARA language lets hide a quote or a word: comments, text
 * strings and regular expressions (a slash outside of these always starts one;
 * division is a backslash). It need not be right about broken rules: libyara
 * judges those. It errs on the side of finding too much.
 *
 * Runs in:  supervisor (which files a pack needs), engine (which variables the
 *           rules may use).
 * Threads:  one lexer, one thread.
 * Owns:     nothing; tokens borrow from the text.
 */
#ifndef SWEEPER_COMMON_RULE_LEXER_H
#define SWEEPER_COMMON_RULE_LEXER_H

#include <stdbool.h>

#include "sweeper/buf.h"

struct sw_rule_lexer {
    const char *next; /* NUL-terminated text from here on */
    int line;         /* of `next`, 1-based */
};

struct sw_rule_token {
    bool include;        /* true: a directive; false: a word */
    struct sw_view text; /* what stands between the quotes, or the word */
    int line;
};

struct sw_rule_lexer sw_rule_lexer_of(const char *text);
/* False when there is nothing further. */
bool sw_rule_lexer_next(struct sw_rule_lexer *lexer, struct sw_rule_token *token);
/* True when the word stands somewhere in the text, as code. */
bool sw_rule_text_has_word(const char *text, const char *word);

#endif
