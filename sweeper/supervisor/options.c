/* SPDX-License-Identifier: Apache-2.0 */
/* From argv and the config file to struct sw_options: everything is gathered
 * first and applied in the end, the file's lines before the command line. */
#include "sweeper/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "supervisor/option_config.h"
#include "supervisor/option_lookup.h"
#include "supervisor/option_value.h"
#include "sweeper/target.h"

/* One option as it was given on the command line. */
struct setting {
    const struct sw_option *option;
    const char *value; /* NULL: none */
};

struct parser {
    struct sw_options *options;
    struct sw_error *error;
    char *const *arguments;
    size_t count;
    size_t next;
    struct setting *settings;
    size_t setting_count;
    const char **last; /* for each row of the table, the value that counts */
    const struct sw_option *rows;
    size_t row_count;
    const char *config; /* NULL: none named */
};

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "options", ENOMEM, "options");
    return SW_STOP;
}

/* Help and version settle what is done, whatever else was given. */
static bool settled(const struct parser *parser)
{
    return parser->options->verb == SW_VERB_HELP || parser->options->verb == SW_VERB_VERSION;
}

static enum sw_status keep(struct parser *parser, const struct sw_option *option, const char *value)
{
    struct sw_options *options = parser->options;
    if (option->kind == SW_OPTION_HELP) {
        options->help_verb = options->verb;
        options->verb = SW_VERB_HELP;
        return SW_OK;
    }
    if (option->kind == SW_OPTION_VERSION) {
        options->verb = SW_VERB_VERSION;
        return SW_OK;
    }
    if (option->kind == SW_OPTION_CONFIG)
        parser->config = value;
    struct setting *settings =
        sw_options_grown(parser->settings, parser->setting_count, sizeof *settings);
    if (settings == NULL)
        return no_memory(parser->error);
    parser->settings = settings;
    settings[parser->setting_count++] = (struct setting){option, value};
    return SW_OK;
}

static enum sw_status needs_value(const char *dashes, const char *name,
                                  const struct sw_option *option, struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "options", 0, "%s%s needs a value: %s", dashes, name,
                   option->argument);
}

/* "--name", "--name=value", "--name value"; `text` is what follows the dashes. */
static enum sw_status parse_long(struct parser *parser, const char *text)
{
    const struct sw_option *option = NULL;
    const char *equals = strchr(text, '=');
    const char *value = equals != NULL ? equals + 1 : NULL;
    const char *name = text;
    if (equals != NULL) {
        char *cut = strndup(text, (size_t)(equals - text));
        if (sw_options_own(parser->options, cut, parser->error) != SW_OK)
            return SW_STOP;
        name = cut;
    }
    if (sw_option_find_name(parser->options->verb, name, "--", &option, parser->error) != SW_OK)
        return SW_STOP;
    if (option->argument == NULL && value != NULL)
        return sw_fail(parser->error, SW_STOP, "options", 0, "--%s takes no value", name);
    if (value == NULL)
        value = option->otherwise;
    if (option->argument != NULL && value == NULL) {
        if (parser->next == parser->count)
            return needs_value("--", name, option, parser->error);
        value = parser->arguments[parser->next++];
    }
    if (value != NULL && value[0] == '\0')
        return needs_value("--", name, option, parser->error);
    return keep(parser, option, value);
}

static enum sw_status parse_short_value(struct parser *parser, const struct sw_option *option,
                                        const char *value)
{
    const char name[] = {option->letter, '\0'};
    if (value[0] == '\0' && parser->next < parser->count)
        value = parser->arguments[parser->next++];
    if (value[0] == '\0')
        return needs_value("-", name, option, parser->error);
    return keep(parser, option, value);
}

/* "-j2", "-j 2", and several letters without values in one. */
static enum sw_status parse_short(struct parser *parser, const char *letters)
{
    enum sw_status status = SW_OK;
    for (; letters[0] != '\0' && !settled(parser) && status == SW_OK; letters++) {
        const struct sw_option *option = NULL;
        if (sw_option_find_letter(parser->options->verb, letters, &option, parser->error) != SW_OK)
            return SW_STOP;
        if (option->argument != NULL)
            return parse_short_value(parser, option, letters + 1);
        status = keep(parser, option, NULL);
    }
    return status;
}

/* "help completion SHELL" */
static enum sw_status parse_shell(struct parser *parser, const char *shell)
{
    const char *const *known = sw_shell_rows();
    if (parser->options->targets.count > 0)
        return sw_fail(parser->error, SW_STOP, "options", 0,
                       "help completion takes one SHELL, not \"%.*s\" too", SW_SHOWN_MAX, shell);
    while (*known != NULL && strcmp(*known, shell) != 0)
        known++;
    if (*known == NULL)
        return sw_fail(parser->error, SW_STOP, "options", 0,
                       "no completion for \"%.*s\" (there is bash, zsh and fish)", SW_SHOWN_MAX,
                       shell);
    return sw_texts_add(&parser->options->targets, *known, parser->error);
}

static enum sw_status parse_operand(struct parser *parser, const char *operand)
{
    struct sw_error *error = parser->error;
    if (parser->options->verb == SW_VERB_HELP_COMPLETION)
        return parse_shell(parser, operand);
    if (parser->options->verb == SW_VERB_HELP_MAN)
        return sw_fail(error, SW_STOP, "options", 0, "help man takes nothing after it");
    if (parser->options->verb == SW_VERB_RULES_LIST)
        return sw_fail(error, SW_STOP, "options", 0,
                       "\"rules list\" takes no \"%.*s\"; to list the rules there: --rules PATH",
                       SW_SHOWN_MAX, operand);
    if (parser->options->verb == SW_VERB_SELFTEST)
        return sw_fail(error, SW_STOP, "options", 0, "selftest takes nothing after it");
    if (parser->options->verb == SW_VERB_SCAN && sw_target_check(operand, error) != SW_OK)
        return SW_STOP;
    if (parser->options->verb != SW_VERB_SCAN && parser->options->verb != SW_VERB_REPORT &&
        strcmp(operand, "-") == 0)
        return sw_fail(error, SW_STOP, "options", 0,
                       "\"-\": only scan reads standard input; name a file or directory");
    if (operand[0] == '\0')
        return sw_fail(error, SW_STOP, "options", 0, "an empty name is neither file nor directory");
    return sw_texts_add(&parser->options->targets, operand, error);
}

static enum sw_status parse_arguments(struct parser *parser)
{
    bool options_ended = false;
    while (parser->next < parser->count && !settled(parser)) {
        const char *argument = parser->arguments[parser->next++];
        enum sw_status status = SW_OK;
        if (options_ended || argument[0] != '-' || argument[1] == '\0')
            status = parse_operand(parser, argument);
        else if (strcmp(argument, "--") == 0)
            options_ended = true;
        else if (argument[1] == '-')
            status = parse_long(parser, argument + 2);
        else
            status = parse_short(parser, argument + 1);
        if (status != SW_OK)
            return status;
    }
    return SW_OK;
}

static bool is_any(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* "help", "help scan", "help rules list"; "help rules" is the overview. */
static enum sw_status parse_help(struct parser *parser)
{
    enum sw_verb verb = SW_VERB_NONE;
    size_t used = 0;
    size_t left = parser->count - parser->next;
    char *const *words = parser->arguments + parser->next;
    if (left == 0 || is_any(words[0], "-h", "--help") ||
        (left == 1 && strcmp(words[0], "rules") == 0))
        return SW_OK;
    if (sw_verb_find(words, left, &verb, &used, parser->error) != SW_OK)
        return SW_STOP;
    if (used < left)
        return sw_fail(parser->error, SW_STOP, "options", 0,
                       "help takes one verb, not \"%.*s\" too", SW_SHOWN_MAX, words[used]);
    parser->options->help_verb = verb;
    return SW_OK;
}

static enum sw_status parse_verb(struct parser *parser)
{
    struct sw_options *options = parser->options;
    size_t used = 0;
    if (parser->next == parser->count)
        return sw_fail(parser->error, SW_STOP, "options", 0,
                       "no verb given; \"sweeper help\" lists them");
    const char *first = parser->arguments[parser->next];
    size_t left = parser->count - parser->next;
    if (is_any(first, "-h", "--help")) {
        options->verb = SW_VERB_HELP;
        return SW_OK;
    }
    if (is_any(first, "-V", "--version")) {
        options->verb = SW_VERB_VERSION;
        return SW_OK;
    }
    if (first[0] == '-')
        return sw_fail(parser->error, SW_STOP, "options", 0,
                       "\"%.*s\": options come after the verb, as in: sweeper scan --types /srv",
                       SW_SHOWN_MAX, first);
    if (strcmp(first, "rules") == 0 && left > 1 &&
        is_any(parser->arguments[parser->next + 1], "-h", "--help")) {
        options->verb = SW_VERB_HELP;
        return SW_OK;
    }
    if (sw_verb_find(parser->arguments + parser->next, left, &options->verb, &used,
                     parser->error) != SW_OK)
        return SW_STOP;
    parser->next += used;
    if (options->verb == SW_VERB_HELP)
        return parse_help(parser);
    if (options->verb == SW_VERB_VERSION && parser->next < parser->count)
        return sw_fail(parser->error, SW_STOP, "options", 0, "version takes nothing after it");
    return SW_OK;
}

static enum sw_status apply(struct parser *parser, const struct sw_option *option,
                            const char *shown, const char *value)
{
    parser->last[option - parser->rows] = value;
    return sw_option_set(option, shown, value, parser->options, parser->error);
}

static bool output_given(const struct parser *parser)
{
    for (size_t i = 0; i < parser->setting_count; i++) {
        if (parser->settings[i].option->kind == SW_OPTION_OUTPUT)
            return true;
    }
    return false;
}

static enum sw_status apply_line(struct parser *parser, const struct sw_config_line *line)
{
    const struct sw_option *option = NULL;
    if (sw_option_find_name(parser->options->verb, line->name, "", &option, parser->error) != SW_OK)
        return SW_STOP;
    if (option->kind == SW_OPTION_CONFIG || option->kind == SW_OPTION_HELP ||
        option->kind == SW_OPTION_VERSION)
        return sw_fail(parser->error, SW_STOP, "options", 0,
                       "%s belongs on the command line, not in a config file", line->name);
    if (option->kind == SW_OPTION_OUTPUT && output_given(parser))
        return SW_OK;
    return apply(parser, option, option->name, line->value);
}

static enum sw_status apply_config(struct parser *parser)
{
    struct sw_config_line line = {.number = 0};
    char *rest = NULL;
    if (parser->config == NULL)
        return SW_OK;
    if (sw_config_read(parser->config, parser->options, &rest, parser->error) != SW_OK)
        return SW_STOP;
    while (sw_config_next(&rest, &line) == SW_OK) {
        if (apply_line(parser, &line) != SW_OK)
            return sw_fail(parser->error, SW_STOP, "options", 0, "%.*s:%zu: %s", 2 * SW_SHOWN_MAX,
                           parser->config, line.number, parser->error->text);
    }
    return SW_OK;
}

static enum sw_status apply_settings(struct parser *parser)
{
    for (size_t i = 0; i < parser->setting_count; i++) {
        const struct setting *setting = &parser->settings[i];
        char shown[64];
        (void)snprintf(shown, sizeof shown, "--%s", setting->option->name);
        if (apply(parser, setting->option, shown, setting->value) != SW_OK)
            return SW_STOP;
    }
    return SW_OK;
}

/* The same name, or two names of one regular file that is there already. */
static bool same_file(const char *a, const char *b)
{
    struct stat a_stat;
    struct stat b_stat;
    if (strcmp(a, b) == 0)
        return true;
    if (stat(a, &a_stat) != 0 || stat(b, &b_stat) != 0 || !S_ISREG(a_stat.st_mode))
        return false;
    return a_stat.st_dev == b_stat.st_dev && a_stat.st_ino == b_stat.st_ino;
}

static enum sw_status check_outputs(const struct sw_options *options, struct sw_error *error)
{
    for (size_t i = 0; i < options->output_count; i++) {
        for (size_t j = 0; j < i; j++) {
            const char *a = options->outputs[j].file;
            const char *b = options->outputs[i].file;
            if (a == NULL && b == NULL)
                return sw_fail(error, SW_STOP, "options", 0,
                               "two outputs go to standard output; give one a file: -o %s=FILE",
                               options->outputs[i].format);
            if (a != NULL && b != NULL && same_file(a, b))
                return sw_fail(error, SW_STOP, "options", 0, "two outputs go to one file: %s", b);
        }
    }
    return SW_OK;
}

/* What the verbs that make, verify and use rule packs cannot do without. */
static enum sw_status check_packs(const struct sw_options *options, struct sw_error *error)
{
    bool making = options->verb == SW_VERB_RULES_PACK;
    bool verifying = options->verb == SW_VERB_RULES_VERIFY;
    if (making && options->out == NULL)
        return sw_fail(error, SW_STOP, "options", 0, "rules pack needs --out FILE");
    if (making && !options->pack_builtin && options->rules.count + options->indicators.count == 0 &&
        options->targets.count == 0)
        return sw_fail(error, SW_STOP, "options", 0,
                       "rules pack needs a PATH with rules, --indicators or --builtin-rules");
    if (verifying && options->targets.count == 0)
        return sw_fail(error, SW_STOP, "options", 0, "rules verify needs a FILE: a rule pack");
    if (!making && !verifying && options->trusted_keys.count > 0 && !options->require_signed)
        return sw_fail(error, SW_STOP, "options", 0,
                       "--trusted-key would change nothing without --require-signed");
    return SW_OK;
}

static enum sw_status check_report(const struct sw_options *options, struct sw_error *error)
{
    if (options->verb != SW_VERB_REPORT)
        return SW_OK;
    if (options->targets.count == 0)
        return sw_fail(error, SW_STOP, "options", 0,
                       "report needs a FILE: a report of the format jsonl or json");
    if (options->timeline == NULL && !options->verify)
        return sw_fail(error, SW_STOP, "options", 0, "report needs --timeline or --verify");
    return SW_OK;
}

/* OS/ARCH or OS/ARCH/VARIANT, as images write it: one that is written otherwise would leave
 * out everything. */
static bool is_platform(const char *text)
{
    size_t slashes = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '/' && (at == text || at[1] == '\0' || at[1] == '/'))
            return false;
        if (*at != '/' && strchr("abcdefghijklmnopqrstuvwxyz0123456789.-_", *at) == NULL)
            return false;
        slashes += *at == '/' ? 1 : 0;
    }
    return slashes == 1 || slashes == 2;
}

static enum sw_status check_platforms(const struct sw_options *options, struct sw_error *error)
{
    for (size_t i = 0; i < options->platforms.count; i++)
        if (!is_platform(options->platforms.rows[i]))
            return sw_fail(error, SW_STOP, "options", 0,
                           "--platform needs OS/ARCH or OS/ARCH/VARIANT, as in linux/amd64: %s",
                           options->platforms.rows[i]);
    return SW_OK;
}

static enum sw_status check_bases(const struct sw_options *options, struct sw_error *error)
{
    if (options->fail_on_added && options->bases.count == 0)
        return sw_fail(error, SW_STOP, "options", 0,
                       "--fail-on-added would change nothing without --base");
    for (size_t i = 0; i < options->bases.count; i++) {
        if (sw_target_check(options->bases.rows[i], error) != SW_OK)
            return SW_STOP;
        /* There is one, and the targets may need it. */
        if (sw_target_kind_of(options->bases.rows[i]) == SW_TARGET_STDIN)
            return sw_fail(error, SW_STOP, "options", 0,
                           "--base cannot be standard input; a file of that name is ./-");
    }
    return SW_OK;
}

/* A worker has its buffers before it sees the first file. Too many of them for
 * the memory would leave nothing to scan with: every file would be a gap. */
static void fit_threads(struct sw_options *options)
{
    uint64_t fitting = options->limits.memory_max / SW_MEMORY_PER_THREAD;
    if (options->thread_count > fitting)
        options->thread_count = fitting > 0 ? (unsigned)fitting : 1;
}

static enum sw_status parse(struct parser *parser)
{
    struct sw_options *options = parser->options;
    if (parse_verb(parser) != SW_OK || parse_arguments(parser) != SW_OK)
        return SW_STOP;
    if (settled(parser))
        return SW_OK;
    if (apply_config(parser) != SW_OK || apply_settings(parser) != SW_OK)
        return SW_STOP;
    if (options->verb == SW_VERB_SCAN && options->targets.count == 0)
        return sw_fail(
            parser->error, SW_STOP, "options", 0,
            "scan needs a TARGET: a directory, a file, an image, or - for standard input");
    if (options->verb == SW_VERB_HELP_COMPLETION && options->targets.count == 0)
        return sw_fail(parser->error, SW_STOP, "options", 0,
                       "help completion needs a SHELL: bash, zsh or fish");
    if (check_outputs(options, parser->error) != SW_OK ||
        check_packs(options, parser->error) != SW_OK ||
        check_report(options, parser->error) != SW_OK ||
        check_platforms(options, parser->error) != SW_OK ||
        check_bases(options, parser->error) != SW_OK)
        return SW_STOP;
    fit_threads(options);
    return sw_options_list_given(options, parser->last, parser->error);
}

enum sw_status sw_options_parse(int argc, char *const *argv, struct sw_options *options,
                                enum sw_exit *exit_code, struct sw_error *error)
{
    struct sw_error own_error = {.text = ""};
    struct sw_options made = sw_options_default();
    enum sw_status status = SW_STOP;
    struct parser parser = {.options = &made, .error = &own_error, .arguments = argv};
    parser.count = argc > 0 ? (size_t)argc : 0;
    parser.next = parser.count > 0 ? 1 : 0;
    parser.rows = sw_option_rows(&parser.row_count);
    parser.last = calloc(parser.row_count, sizeof *parser.last);
    if (parser.last == NULL)
        status = no_memory(&own_error);
    else
        status = parse(&parser);
    free(parser.settings);
    free(parser.last);
    if (status != SW_OK) {
        sw_options_done(&made);
        made = (struct sw_options){.verb = SW_VERB_NONE};
        *exit_code = own_error.errnum == 0 ? SW_EXIT_USAGE : SW_EXIT_FAILED;
        if (error != NULL)
            *error = own_error;
    }
    *options = made;
    return status;
}

bool sw_options_hash_reports(const struct sw_options *options)
{
    bool named = options->case_number != NULL || options->evidence_number != NULL ||
                 options->examiner_name != NULL;
    return options->report_hash == SW_WHEN_ALWAYS ||
           (options->report_hash == SW_WHEN_AUTO && named);
}

void sw_options_done(struct sw_options *options)
{
    free(options->targets.rows);
    free(options->rules.rows);
    free(options->indicators.rows);
    free(options->suppress.rows);
    free(options->excludes.rows);
    free(options->platforms.rows);
    free(options->bases.rows);
    free(options->passwords.rows);
    free(options->keys.rows);
    free(options->trusted_keys.rows);
    free(options->sign_keys.rows);
    free(options->given.rows);
    free(options->outputs);
    for (size_t i = 0; i < options->owned_count; i++)
        free(options->owned[i]);
    free(options->owned);
    *options = (struct sw_options){.verb = SW_VERB_NONE};
}
