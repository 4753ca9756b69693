/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for bash: one function of our own, without the package bash-completion. */
#include <stdio.h>
#include <string.h>

#include "supervisor/help_completion.h"

static const char bash_head[] =
    "# Completion of sweeper's command line for bash, written by\n"
    "# \"sweeper help completion bash\".\n"
    "_sweeper_files()\n"
    "{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$2\")\n"
    "}\n"
    "\n"
    "_sweeper()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local verb=${COMP_WORDS[1]} options= operands=none i\n"
    "    COMPREPLY=()\n"
    "    # \"=\" is a word of its own to bash: --option = value, and -o format = file.\n"
    "    if [[ $word == = ]]; then\n"
    "        word=\n"
    "    elif [[ $before == = ]]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    if [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD - 1]} == = ]] &&\n"
    "        [[ $before != --* ]]; then\n"
    "        _sweeper_files -f \"$word\"\n"
    "        return\n"
    "    fi\n"
    "    if ((COMP_CWORD > 2)) && [[ $verb == rules || $verb == help ]]; then\n"
    "        verb+=\" ${COMP_WORDS[2]}\"\n"
    "    fi\n"
    "    ((COMP_CWORD > 1)) || verb=\n"
    "    case $verb in\n";

static const char bash_middle[] = "    esac\n"
                                  "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                  "        [[ ${COMP_WORDS[i]} != -- ]] || options= before=\n"
                                  "    done\n"
                                  "    case $before in\n";

static const char bash_tail[] =
    "    esac\n"
    "    if [[ $word == -* && -n $options ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
    "    elif [[ $operands == files ]]; then\n"
    "        _sweeper_files -f \"$word\"\n"
    "    elif [[ $operands != none ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$operands\" -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -F _sweeper sweeper\n";

static void put_bash_words(FILE *out, const char *verb, void (*put)(FILE *out, const char *word),
                           const char *word)
{
    fprintf(out, "        '%s') operands='", verb);
    put(out, word);
    fputs("' ;;\n", out);
}

static void put_bash_options(FILE *out, const struct sw_verb_row *row)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    const char *before = "";
    for (size_t i = 0; i < count; i++) {
        if (!sw_option_applies(&rows[i], row->verb))
            continue;
        fprintf(out, "%s--%s", before, rows[i].name);
        before = " ";
    }
}

static void put_bash_verbs(FILE *out)
{
    size_t count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&count);
    put_bash_words(out, "", sw_completion_first_words, NULL);
    put_bash_words(out, "rules", sw_completion_second_words, "rules");
    put_bash_words(out, "help", sw_completion_second_words, "help");
    put_bash_words(out, "help rules", sw_completion_second_words, "rules");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].verb == SW_VERB_HELP || rows[i].verb == SW_VERB_VERSION)
            continue;
        fprintf(out, "        '%s')\n            options='", sw_help_verb_name(&rows[i]).text);
        put_bash_options(out, &rows[i]);
        fputs("'\n", out);
        if (sw_help_takes_files(&rows[i]))
            fputs("            operands=files\n", out);
        if (rows[i].verb == SW_VERB_HELP_COMPLETION) {
            fputs("            operands='", out);
            sw_completion_shells(out, NULL);
            fputs("'\n", out);
        }
        fputs("            ;;\n", out);
    }
}

static void put_bash_value(FILE *out, const struct sw_option *option)
{
    switch (sw_help_value_of(option)) {
    case SW_HELP_CHOICES:
        fputs("operands='", out);
        sw_completion_choices(out, option);
        fputs("' options= ;;\n", out);
        break;
    case SW_HELP_FORMAT:
        fputs("operands='", out);
        sw_completion_formats(out);
        fputs("' options= ;;\n", out);
        break;
    case SW_HELP_FILE:
        fputs("_sweeper_files -f \"$word\" && return ;;\n", out);
        break;
    case SW_HELP_DIRECTORY:
        fputs("_sweeper_files -d \"$word\" && return ;;\n", out);
        break;
    case SW_HELP_WORD:
    case SW_HELP_NONE:
        fputs("return ;;\n", out);
        break;
    }
}

void sw_completion_bash(FILE *out)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    fputs(bash_head, out);
    put_bash_verbs(out);
    fputs(bash_middle, out);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].argument == NULL || rows[i].otherwise != NULL)
            continue;
        fputs("        ", out);
        if (rows[i].letter != '\0')
            fprintf(out, "-%c | ", rows[i].letter);
        fprintf(out, "--%s) ", rows[i].name);
        put_bash_value(out, &rows[i]);
    }
    fputs(bash_tail, out);
}
