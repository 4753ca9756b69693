/* SPDX-License-Identifier: Apache-2.0 */
/* Help for people, made from the option table: 80 columns, aligned. */
#include <stdio.h>
#include <string.h>

#include "supervisor/help_text.h"
#include "supervisor/option_lookup.h"

#define WIDTH 80

/* Prints words, breaking lines before WIDTH; further lines start at `indent`. */
static void put_wrapped(FILE *out, const char *text, int column, int indent)
{
    bool first = true;
    while (*text != '\0') {
        int size = (int)strcspn(text, " ");
        if (!first && column + 1 + size >= WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            first = true;
        }
        column += fprintf(out, "%s%.*s", first ? "" : " ", size, text);
        first = false;
        text += size;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* "  -o, --output FORMAT[=FILE]": its width; prints when out is not NULL. */
static int put_option_name(FILE *out, const struct sw_option *option)
{
    char letter[] = "    ";
    char text[WIDTH];
    if (option->letter != '\0')
        (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    const bool maybe = option->otherwise != NULL;
    int size = snprintf(text, sizeof text, "  %s--%s%s%s%s", letter, option->name,
                        maybe                      ? "[="
                        : option->argument != NULL ? " "
                                                   : "",
                        option->argument != NULL ? option->argument : "", maybe ? "]" : "");
    if (out != NULL)
        fputs(text, out);
    return size;
}

static void put_options(FILE *out, enum sw_verb verb)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    int indent = 0;
    bool sizes = false;
    bool times = false;
    for (size_t i = 0; i < count; i++) {
        if (!sw_option_applies(&rows[i], verb))
            continue;
        int size = put_option_name(NULL, &rows[i]) + 2;
        indent = size > indent ? size : indent;
        sizes = sizes || rows[i].kind == SW_OPTION_SIZE;
        times = times || rows[i].kind == SW_OPTION_SECONDS;
    }
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < count; i++) {
        struct sw_help_line line;
        if (!sw_option_applies(&rows[i], verb))
            continue;
        int size = put_option_name(out, &rows[i]);
        fprintf(out, "%*s", indent - size, "");
        sw_help_describe(&line, &rows[i]);
        put_wrapped(out, line.text, indent, indent);
    }
    if (sizes || times)
        fputc('\n', out);
    if (sizes)
        fputs("SIZE is a number of bytes, or ends in K, M, G or T (powers of 1024).\n", out);
    if (times)
        fputs("SECONDS may end in s, m or h.\n", out);
}

/* "sweeper rules list [OPTIONS]" */
static void put_usage(FILE *out, const struct sw_verb_row *row)
{
    fprintf(out, "sweeper %s", row->words[0]);
    if (row->words[1] != NULL)
        fprintf(out, " %s", row->words[1]);
    fprintf(out, "%s%s\n", row->operands[0] != '\0' ? " " : "", row->operands);
}

static void put_verbs(FILE *out)
{
    size_t count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&count);
    fputs("Usage:\n", out);
    for (size_t i = 0; i < count; i++) {
        fputs("  ", out);
        put_usage(out, &rows[i]);
    }
    fputs("\nVerbs:\n", out);
    for (size_t i = 0; i < count; i++) {
        int column = fprintf(out, "  %-15s ", sw_help_verb_name(&rows[i]).text);
        put_wrapped(out, rows[i].summary, column, column);
    }
}

static void put_exits(FILE *out)
{
    size_t count = 0;
    const struct sw_exit_row *rows = sw_exit_rows(&count);
    fputs("\nExit codes:\n", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %3d  %s\n", (int)rows[i].code, rows[i].meaning);
    fputs("Of several, the first in this order: 64, 65, 2, 130, 1, 3, 0.\n", out);
}

static bool no_options(enum sw_verb verb)
{
    return verb == SW_VERB_NONE || verb == SW_VERB_HELP || verb == SW_VERB_VERSION;
}

void sw_options_help(FILE *out, enum sw_verb verb)
{
    if (no_options(verb)) {
        fputs("sweeper - sweeps file systems for the traces of one supply-chain campaign,\n"
              "offline and read-only, and says what could not be looked at.\n\n",
              out);
        put_verbs(out);
        put_exits(out);
        fputs("\n\"sweeper help VERB\" describes a verb and its options.\n", out);
        return;
    }
    const struct sw_verb_row *row = sw_verb_row(verb);
    fputs("Usage: ", out);
    put_usage(out, row);
    fputc('\n', out);
    /* Summaries are half sentences, to stand in a list as well. */
    fputc(row->summary[0] - 'a' + 'A', out);
    char text[200];
    (void)snprintf(text, sizeof text, "%s.", row->summary + 1);
    put_wrapped(out, text, 1, 0);
    put_options(out, verb);
}
