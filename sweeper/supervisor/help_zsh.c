/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for zsh: specifications for its _arguments. */
#include <stdio.h>
#include <string.h>

#include "supervisor/help_completion.h"

/* ":FORMAT:(jsonl json text)": what follows an option's specification. */
static void put_zsh_value(FILE *out, const struct sw_option *option)
{
    enum sw_help_value value = sw_help_value_of(option);
    if (value == SW_HELP_NONE)
        return;
    fputs(option->otherwise != NULL ? "::" : ":", out);
    sw_completion_quoted(out, option->argument, ":[]\\");
    switch (value) {
    case SW_HELP_CHOICES:
        fputs(":(", out);
        sw_completion_choices(out, option);
        fputc(')', out);
        break;
    case SW_HELP_FORMAT:
        fputs(":_sweeper_output", out);
        break;
    case SW_HELP_FILE:
        fputs(":_files", out);
        break;
    case SW_HELP_DIRECTORY:
        fputs(":_files -/", out);
        break;
    case SW_HELP_WORD:
    case SW_HELP_NONE:
        fputs(": ", out);
        break;
    }
}

static void put_zsh_option(FILE *out, const struct sw_option *option)
{
    bool many = option->kind == SW_OPTION_TEXTS || option->kind == SW_OPTION_OUTPUT;
    const char *value = option->otherwise != NULL ? "=-" : option->argument != NULL ? "=" : "";
    fputs("            ", out);
    if (option->letter != '\0')
        fprintf(out, "%s{-%c%s,--%s%s}'", many ? "'*'" : "", option->letter,
                option->argument != NULL ? "+" : "", option->name, value);
    else
        fprintf(out, "'%s--%s%s", many ? "*" : "", option->name, value);
    fputc('[', out);
    sw_completion_quoted(out, option->help, ":[]\\");
    fputc(']', out);
    put_zsh_value(out, option);
    fputs("' \\\n", out);
}

static void put_zsh_verb(FILE *out, const struct sw_verb_row *row)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    fprintf(out, "    '%s')\n        _arguments -s -S \\\n", sw_help_verb_name(row).text);
    for (size_t i = 0; i < count; i++) {
        if (sw_option_applies(&rows[i], row->verb))
            put_zsh_option(out, &rows[i]);
    }
    if (row->verb == SW_VERB_HELP_COMPLETION) {
        fputs("            '1:SHELL:(", out);
        sw_completion_shells(out, NULL);
        fputs(")'\n        ;;\n", out);
    } else if (sw_help_takes_files(row)) {
        fputs("            '*:file:_files'\n        ;;\n", out);
    } else {
        fputs("            '*: :'\n        ;;\n", out);
    }
}

static const char zsh_head[] = "#compdef sweeper\n"
                               "# Completion of sweeper's command line for zsh, written by\n"
                               "# \"sweeper help completion zsh\".\n"
                               "_sweeper_output() {\n"
                               "    if compset -P '*='; then\n"
                               "        _files\n"
                               "    else\n"
                               "        compadd -- ";

static const char zsh_middle[] = "\n"
                                 "    fi\n"
                                 "}\n"
                                 "\n"
                                 "_sweeper() {\n"
                                 "    local verb=$words[2] taken=1\n"
                                 "    if (( CURRENT == 2 )); then\n"
                                 "        compadd -- ";

static const char zsh_second[] = "\n"
                                 "        return\n"
                                 "    fi\n"
                                 "    if [[ $verb == (rules|help) ]]; then\n"
                                 "        verb+=\" $words[3]\" taken=2\n"
                                 "        if (( CURRENT == 3 )); then\n"
                                 "            if [[ $words[2] == rules ]]; then\n"
                                 "                compadd -- ";

/* _arguments takes the first word for the command: the verb is made part of it. */
static const char zsh_verbs[] = "\n"
                                "            fi\n"
                                "            return\n"
                                "        fi\n"
                                "    fi\n"
                                "    shift $taken words\n"
                                "    (( CURRENT -= taken ))\n"
                                "    case $verb in\n";

void sw_completion_zsh(FILE *out)
{
    size_t count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&count);
    fputs(zsh_head, out);
    sw_completion_formats(out);
    fputs(zsh_middle, out);
    sw_completion_first_words(out, NULL);
    fputs(zsh_second, out);
    sw_completion_second_words(out, "rules");
    fputs("\n            else\n                compadd -- ", out);
    sw_completion_second_words(out, "help");
    fputs(zsh_verbs, out);
    fputs("    'help rules')\n        compadd -- ", out);
    sw_completion_second_words(out, "rules");
    fputs("\n        ;;\n", out);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].verb != SW_VERB_HELP && rows[i].verb != SW_VERB_VERSION)
            put_zsh_verb(out, &rows[i]);
    }
    fputs("    esac\n}\n\n_sweeper \"$@\"\n", out);
}
