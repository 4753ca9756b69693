/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for fish: one line an option, and two functions that tell the verb. */
#include <stdio.h>
#include <string.h>

#include "supervisor/help_completion.h"

static const char fish_head[] =
    "# Completion of sweeper's command line for fish, written by\n"
    "# \"sweeper help completion fish\".\n"
    "# __sweeper_at WORDS...: these and no others stand before the cursor.\n"
    "function __sweeper_at\n"
    "    set -l words (commandline -opc)\n"
    "    test \"$words[2..-1]\" = \"$argv\"\n"
    "end\n"
    "# __sweeper_after WORDS...: the command line begins with these.\n"
    "function __sweeper_after\n"
    "    set -l words (commandline -opc)\n"
    "    set -l last (math (count $argv) + 1)\n"
    "    test (count $words) -ge $last; and test \"$words[2..$last]\" = \"$argv\"\n"
    "end\n"
    "# FORMAT, or FORMAT=FILE.\n"
    "function __sweeper_output\n"
    "    set -l word (string replace -r '^(-o|--output=)' '' -- (commandline -ct))\n"
    "    set -l parts (string split -m 1 = -- $word)\n"
    "    if test (count $parts) -eq 2\n"
    "        for path in (__fish_complete_path $parts[2])\n"
    "            echo $parts[1]=$path\n"
    "        end\n"
    "        return\n"
    "    end\n"
    "    string split ' ' '";

static const char fish_start[] = "'\n"
                                 "end\n"
                                 "complete -c sweeper -f\n";

static void put_fish_words(FILE *out, const char *at, void (*put)(FILE *out, const char *word),
                           const char *word)
{
    fprintf(out, "complete -c sweeper -n '__sweeper_at%s%s' -a '", at[0] != '\0' ? " " : "", at);
    put(out, word);
    fputs("'\n", out);
}

static void put_fish_value(FILE *out, const struct sw_option *option)
{
    if (option->otherwise != NULL)
        return;
    switch (sw_help_value_of(option)) {
    case SW_HELP_CHOICES:
        fputs(" -x -a '", out);
        sw_completion_choices(out, option);
        fputc('\'', out);
        break;
    case SW_HELP_FORMAT:
        fputs(" -x -a '(__sweeper_output)'", out);
        break;
    case SW_HELP_FILE:
        fputs(" -r -F", out);
        break;
    case SW_HELP_DIRECTORY:
        fputs(" -x -a '(__fish_complete_directories)'", out);
        break;
    case SW_HELP_WORD:
        fputs(" -x", out);
        break;
    case SW_HELP_NONE:
        break;
    }
}

static void put_fish_verb(FILE *out, const struct sw_verb_row *row)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    const struct sw_help_name name = sw_help_verb_name(row);
    for (size_t i = 0; i < count; i++) {
        if (!sw_option_applies(&rows[i], row->verb))
            continue;
        fprintf(out, "complete -c sweeper -n '__sweeper_after %s' -l %s", name.text, rows[i].name);
        if (rows[i].letter != '\0')
            fprintf(out, " -s %c", rows[i].letter);
        put_fish_value(out, &rows[i]);
        fputs(" -d '", out);
        sw_completion_quoted(out, rows[i].help, "\\");
        fputs("'\n", out);
    }
    if (sw_help_takes_files(row))
        fprintf(out, "complete -c sweeper -n '__sweeper_after %s' -F\n", name.text);
}

void sw_completion_fish(FILE *out)
{
    size_t count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&count);
    fputs(fish_head, out);
    sw_completion_formats(out);
    fputs(fish_start, out);
    put_fish_words(out, "", sw_completion_first_words, NULL);
    put_fish_words(out, "rules", sw_completion_second_words, "rules");
    put_fish_words(out, "help", sw_completion_second_words, "help");
    put_fish_words(out, "help rules", sw_completion_second_words, "rules");
    put_fish_words(out, "help completion", sw_completion_shells, NULL);
    for (size_t i = 0; i < count; i++)
        if (rows[i].verb != SW_VERB_HELP && rows[i].verb != SW_VERB_VERSION)
            put_fish_verb(out, &rows[i]);
}
