/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the option table in words. */
#include "supervisor/help_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sweeper/sink.h"
#include "sweeper/text.h"

static void add(struct sw_help_line *line, const char *format, ...) SW_PRINTF(2, 3);
static void add(struct sw_help_line *line, const char *format, ...)
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
static void add_choices(struct sw_help_line *line, const struct sw_option *option,
                        const char *initial)
{
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        bool last = option->choices[i + 1] == NULL;
        const char *before = i == 0 ? ": " : last ? " or " : ", ";
        bool is_default = strcmp(option->choices[i], initial) == 0;
        add(line, "%s%s%s", before, option->choices[i], is_default ? " (default)" : "");
    }
}

static void add_default(struct sw_help_line *line, const struct sw_option *option)
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

void sw_help_describe(struct sw_help_line *line, const struct sw_option *option)
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

struct sw_help_name sw_help_verb_name(const struct sw_verb_row *row)
{
    struct sw_help_name name;
    (void)snprintf(name.text, sizeof name.text, "%s%s%s", row->words[0],
                   row->words[1] != NULL ? " " : "", row->words[1] != NULL ? row->words[1] : "");
    return name;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

enum sw_help_value sw_help_value_of(const struct sw_option *option)
{
    static const char *const files[] = {"PATH", "FILE", "KEY", NULL};
    if (option->argument == NULL)
        return SW_HELP_NONE;
    if (option->choices != NULL)
        return SW_HELP_CHOICES;
    if (option->kind == SW_OPTION_OUTPUT)
        return SW_HELP_FORMAT;
    if (strcmp(option->argument, "DIR") == 0)
        return SW_HELP_DIRECTORY;
    return is_one_of(option->argument, files) ? SW_HELP_FILE : SW_HELP_WORD;
}

bool sw_help_takes_files(const struct sw_verb_row *row)
{
    return strstr(row->operands, "TARGET") != NULL || strstr(row->operands, "PATH") != NULL ||
           strstr(row->operands, "FILE...") != NULL;
}
