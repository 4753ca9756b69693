/* SPDX-License-Identifier: Apache-2.0 */
/* rule_lexer.c - see rule_lexer.h. */
#include "common/rule_lexer.h"

#include <ctype.h>
#include <string.h>

struct sw_rule_lexer sw_rule_lexer_of(const char *text)
{
    return (struct sw_rule_lexer){.next = text, .line = 1};
}

static void advance(struct sw_rule_lexer *lexer, const char *to)
{
    for (; lexer->next < to; lexer->next++)
        if (*lexer->next == '\n')
            lexer->line++;
}

/* After the closing `quote` of what starts at `text`; at the end of the line
 * when there is none, because neither strings nor expressions span one. */
static const char *end_of_quoted(const char *text, char quote)
{
    for (; *text && *text != '\n'; text++) {
        if (*text == quote)
            return text + 1;
        if (*text == '\\' && text[1] && text[1] != '\n')
            text++;
    }
    return text;
}

static const char *end_of_slash(const char *text)
{
    if (text[1] == '/')
        return text + strcspn(text, "\n");
    if (text[1] == '*') {
        const char *end = strstr(text + 2, "*/");
        return end ? end + 2 : text + strlen(text);
    }
    return end_of_quoted(text + 1, '/');
}

static const char *end_of_word(const char *text)
{
    while (isalnum((unsigned char)*text) || *text == '_')
        text++;
    return text;
}

/* The opening quote after the word `include` at `word`, or NULL. */
static const char *include_quote(const char *word, const char *end)
{
    if (end - word != 7 || memcmp(word, "include", 7) != 0)
        return NULL;
    const char *quote = end + strspn(end, " \t\r\n");
    return *quote == '"' ? quote : NULL;
}

static void take_word(struct sw_rule_lexer *lexer, struct sw_rule_token *token)
{
    const char *text = lexer->next;
    const char *end = end_of_word(text);
    const char *quote = include_quote(text, end);
    token->include = quote != NULL;
    token->line = lexer->line;
    if (quote) {
        text = quote + 1;
        end = text + strcspn(text, "\"");
    }
    token->text = (struct sw_view){(const uint8_t *)text, (size_t)(end - text)};
    advance(lexer, quote && *end ? end + 1 : end);
}

bool sw_rule_lexer_next(struct sw_rule_lexer *lexer, struct sw_rule_token *token)
{
    while (*lexer->next) {
        const char *text = lexer->next;
        if (isalpha((unsigned char)*text) || *text == '_') {
            take_word(lexer, token);
            return true;
        }
        if (*text == '"')
            advance(lexer, end_of_quoted(text + 1, '"'));
        else if (*text == '/')
            advance(lexer, end_of_slash(text));
        else if (strchr("$#@!", *text))
            advance(lexer, end_of_word(text + 1));
        else
            advance(lexer, text + 1);
    }
    return false;
}

bool sw_rule_text_has_word(const char *text, const char *word)
{
    struct sw_rule_lexer lexer = sw_rule_lexer_of(text);
    struct sw_rule_token token;
    size_t size = strlen(word);
    if (!strstr(text, word))
        return false;
    while (sw_rule_lexer_next(&lexer, &token))
        if (!token.include && token.text.size == size && memcmp(token.text.data, word, size) == 0)
            return true;
    return false;
}
