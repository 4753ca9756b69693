/* SPDX-License-Identifier: Apache-2.0 */
/* What the completions for the three shells have in common, and the choice of one. */
#include <stdio.h>
#include <string.h>

#include "supervisor/help_completion.h"
#include "sweeper/sink.h"

/* Text within single quotes of a shell; `special` is escaped for who reads it. */
void sw_completion_quoted(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

void sw_completion_choices(FILE *out, const struct sw_option *option)
{
    for (size_t i = 0; option->choices[i] != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", option->choices[i]);
}

void sw_completion_formats(FILE *out)
{
    const char *name = NULL;
    for (size_t i = 0; (name = sw_sink_format_name(i)) != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", name);
}

void sw_completion_shells(FILE *out, const char *word)
{
    const char *const *shells = sw_shell_rows();
    (void)word;
    for (size_t i = 0; shells[i] != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", shells[i]);
}

/* Whether this row is the first whose verb begins with its word. */
static bool first_of_its_word(const struct sw_verb_row *rows, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(rows[i].words[0], rows[index].words[0]) == 0)
            return false;
    }
    return true;
}

void sw_completion_first_words(FILE *out, const char *word)
{
    size_t count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&count);
    (void)word;
    for (size_t i = 0; i < count; i++) {
        if (first_of_its_word(rows, i))
            fprintf(out, "%s%s", i == 0 ? "" : " ", rows[i].words[0]);
    }
}

/* "list check test ...": what may follow `word`; after help, any verb too. */
void sw_completion_second_words(FILE *out, const char *word)
{
    size_t count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&count);
    const char *before = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].words[0], word) != 0 || rows[i].words[1] == NULL)
            continue;
        fprintf(out, "%s%s", before, rows[i].words[1]);
        before = " ";
    }
    if (strcmp(word, "help") == 0) {
        fputs(before, out);
        sw_completion_first_words(out, NULL);
    }
}

void sw_options_completion(FILE *out, const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        sw_completion_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        sw_completion_zsh(out);
    else
        sw_completion_fish(out);
}
