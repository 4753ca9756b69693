/* SPDX-License-Identifier: Apache-2.0 */
/* Help for people, made from the option table: 80 columns, aligned. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "supervisor/option_lookup.h"
#include "supervisor/option_table.h"
#include "sweeper/sink.h"
#include "sweeper/text.h"

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

/* What an option's help says, put together from its row. */
struct line {
    char text[600];
    size_t size;
};

static void add(struct line *line, const char *format, ...) SW_PRINTF(2, 3);
static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size =
        vsnprintf(line->text + line->size, sizeof line->text - line->size, format, arguments);
    va_end(arguments);
    line->size = strnlen(line->text, sizeof line->text - 1);
    (void)size;
}

/* ": auto (default), always or never" */
static void add_choices(struct line *line, const struct sw_option *option, const char *initial)
{
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        bool last = option->choices[i + 1] == NULL;
        const char *before = i == 0 ? ": " : last ? " or " : ", ";
        bool is_default = strcmp(option->choices[i], initial) == 0;
        add(line, "%s%s%s", before, option->choices[i], is_default ? " (default)" : "");
    }
}

static void add_default(struct line *line, const struct sw_option *option)
{
    const struct sw_options initial = sw_options_default();
    const void *field = (const char *)&initial + option->offset;
    char number[32];
    int choice = 0;
    if (option->default_text != NULL) {
        add(line, " (default: %s)", option->default_text);
        return;
    }
    switch (option->kind) {
    case SW_OPTION_SIZE:
        add(line, " (default %s)", sw_text_size(*(const uint64_t *)field, number));
        break;
    case SW_OPTION_SECONDS:
    case SW_OPTION_NUMBER:
        add(line, " (default %s)", sw_text_count(*(const uint32_t *)field, number));
        break;
    case SW_OPTION_CHOICE:
        memcpy(&choice, field, sizeof choice);
        add_choices(line, option, option->choices[choice]);
        break;
    case SW_OPTION_FAIL_ON:
        add_choices(line, option, sw_severity_name(initial.fail_on));
        break;
    default:
        break;
    }
}

static void describe(struct line *line, const struct sw_option *option)
{
    line->size = 0;
    line->text[0] = '\0';
    add(line, "%s", option->help);
    if (option->kind == SW_OPTION_OUTPUT)
        add(line, ", FORMAT being one of %s", sw_sink_formats());
    add_default(line, option);
    if (option->kind == SW_OPTION_OUTPUT || option->kind == SW_OPTION_TEXTS)
        add(line, "; repeatable");
}

/* "  -o, --output FORMAT[=FILE]": its width; prints when out is not NULL. */
static int put_option_name(FILE *out, const struct sw_option *option)
{
    char letter[] = "    ";
    char text[WIDTH];
    if (option->letter != '\0')
        (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    int size = snprintf(text, sizeof text, "  %s--%s%s%s", letter, option->name,
                        option->argument != NULL ? " " : "",
                        option->argument != NULL ? option->argument : "");
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
        struct line line;
        if (!sw_option_applies(&rows[i], verb))
            continue;
        int size = put_option_name(out, &rows[i]);
        fprintf(out, "%*s", indent - size, "");
        describe(&line, &rows[i]);
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
        char name[WIDTH];
        (void)snprintf(name, sizeof name, "%s%s%s", rows[i].words[0],
                       rows[i].words[1] != NULL ? " " : "",
                       rows[i].words[1] != NULL ? rows[i].words[1] : "");
        int column = fprintf(out, "  %-13s", name);
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

void sw_options_help(FILE *out, enum sw_verb verb)
{
    if (verb == SW_VERB_NONE || verb == SW_VERB_HELP || verb == SW_VERB_VERSION) {
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
