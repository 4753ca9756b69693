/* SPDX-License-Identifier: Apache-2.0 */
/* One pair of functions for each kind of option: set the field; tell whether
 * it is away from its default. */
#include "supervisor/option_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/option_lookup.h"
#include "supervisor/option_secret.h"
#include "sweeper/sink.h"
#include "sweeper/text.h"

_Static_assert(sizeof(enum sw_when) == sizeof(int), "choices are written as int");
_Static_assert(sizeof(enum sw_sandbox_mode) == sizeof(int), "choices are written as int");
_Static_assert(sizeof(unsigned) == sizeof(uint32_t), "thread_count is written as uint32_t");

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "options", ENOMEM, "options");
    return SW_STOP;
}

void *sw_options_grown(void *rows, size_t count, size_t row_size)
{
    if (rows != NULL && (count & (count - 1)) != 0)
        return rows;
    return reallocarray(rows, count == 0 ? 1 : 2 * count, row_size);
}

enum sw_status sw_options_own(struct sw_options *options, char *text, struct sw_error *error)
{
    if (text == NULL)
        return no_memory(error);
    char **owned = sw_options_grown(options->owned, options->owned_count, sizeof *owned);
    if (owned == NULL) {
        free(text);
        return no_memory(error);
    }
    options->owned = owned;
    owned[options->owned_count++] = text;
    return SW_OK;
}

enum sw_status sw_texts_add(struct sw_texts *texts, const char *text, struct sw_error *error)
{
    const char **rows = sw_options_grown(texts->rows, texts->count, sizeof *rows);
    if (rows == NULL)
        return no_memory(error);
    texts->rows = rows;
    rows[texts->count++] = text;
    return SW_OK;
}

/* What a setter is told. */
struct given {
    const struct sw_option *option;
    const char *shown;
    const char *value;
    struct sw_options *options;
};

static void *field_of(const struct sw_option *option, struct sw_options *options)
{
    return (char *)options + option->offset;
}

static const void *field_in(const struct sw_option *option, const struct sw_options *options)
{
    return (const char *)options + option->offset;
}

static enum sw_status set_flag(const struct given *given, struct sw_error *error)
{
    bool *field = field_of(given->option, given->options);
    (void)error;
    *field = given->option->value != 0;
    return SW_OK;
}

static bool flag_in_force(const struct sw_option *option, const struct sw_options *now,
                          const struct sw_options *initial)
{
    return *(const bool *)field_in(option, now) != *(const bool *)field_in(option, initial);
}

static enum sw_status set_tristate(const struct given *given, struct sw_error *error)
{
    int *field = field_of(given->option, given->options);
    (void)error;
    *field = given->option->value;
    return SW_OK;
}

static bool tristate_in_force(const struct sw_option *option, const struct sw_options *now,
                              const struct sw_options *initial)
{
    (void)initial;
    return *(const int *)field_in(option, now) == option->value;
}

static enum sw_status set_number(const struct given *given, struct sw_error *error)
{
    const struct sw_option *option = given->option;
    uint32_t *field = field_of(option, given->options);
    uint64_t value = 0;
    if (sw_text_parse_number(given->value, option->min, option->max, &value) != SW_OK)
        return sw_fail(error, SW_STOP, "options", 0,
                       "%s: \"%.*s\" is not a number from %llu to %llu", given->shown, SW_SHOWN_MAX,
                       given->value, (unsigned long long)option->min,
                       (unsigned long long)option->max);
    *field = (uint32_t)value;
    return SW_OK;
}

static bool number_in_force(const struct sw_option *option, const struct sw_options *now,
                            const struct sw_options *initial)
{
    return *(const uint32_t *)field_in(option, now) != *(const uint32_t *)field_in(option, initial);
}

static enum sw_status set_size(const struct given *given, struct sw_error *error)
{
    const struct sw_option *option = given->option;
    uint64_t *field = field_of(option, given->options);
    uint64_t value = 0;
    char limit[24];
    if (sw_text_parse_size(given->value, &value) != SW_OK)
        return sw_fail(error, SW_STOP, "options", 0,
                       "%s: \"%.*s\" is not a size, such as 512M or 2GiB", given->shown,
                       SW_SHOWN_MAX, given->value);
    if (value < option->min)
        return sw_fail(error, SW_STOP, "options", 0, "%s: \"%.*s\" is less than %s", given->shown,
                       SW_SHOWN_MAX, given->value, sw_text_size(option->min, limit));
    if (value > option->max)
        return sw_fail(error, SW_STOP, "options", 0, "%s: \"%.*s\" is more than %s", given->shown,
                       SW_SHOWN_MAX, given->value, sw_text_size(option->max, limit));
    *field = value;
    return SW_OK;
}

static bool size_in_force(const struct sw_option *option, const struct sw_options *now,
                          const struct sw_options *initial)
{
    return *(const uint64_t *)field_in(option, now) != *(const uint64_t *)field_in(option, initial);
}

static enum sw_status set_seconds(const struct given *given, struct sw_error *error)
{
    const struct sw_option *option = given->option;
    uint32_t *field = field_of(option, given->options);
    uint32_t value = 0;
    if (sw_text_parse_seconds(given->value, &value) != SW_OK)
        return sw_fail(error, SW_STOP, "options", 0,
                       "%s: \"%.*s\" is not a time, such as 90, 90s, 5m or 2h", given->shown,
                       SW_SHOWN_MAX, given->value);
    if (value < option->min || value > option->max)
        return sw_fail(error, SW_STOP, "options", 0,
                       "%s: \"%.*s\" is not between %llu and %llu seconds", given->shown,
                       SW_SHOWN_MAX, given->value, (unsigned long long)option->min,
                       (unsigned long long)option->max);
    *field = value;
    return SW_OK;
}

static enum sw_status find_choice(const struct given *given, int *index, struct sw_error *error)
{
    const char *const *choices = given->option->choices;
    struct sw_suggestion suggestion = sw_suggestion_for(given->value);
    char list[100] = "";
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], given->value) == 0) {
            *index = i;
            return SW_OK;
        }
        sw_suggestion_offer(&suggestion, choices[i]);
        if (i > 0)
            (void)strncat(list, ", ", sizeof list - strlen(list) - 1);
        (void)strncat(list, choices[i], sizeof list - strlen(list) - 1);
    }
    if (suggestion.best != NULL)
        return sw_fail(error, SW_STOP, "options", 0,
                       "%s: unknown value \"%s\"; did you mean \"%s\"?", given->shown, given->value,
                       suggestion.best);
    return sw_fail(error, SW_STOP, "options", 0, "%s: unknown value \"%.*s\"; it takes one of: %s",
                   given->shown, SW_SHOWN_MAX, given->value, list);
}

static enum sw_status set_choice(const struct given *given, struct sw_error *error)
{
    int index = 0;
    if (find_choice(given, &index, error) != SW_OK)
        return SW_STOP;
    memcpy(field_of(given->option, given->options), &index, sizeof index);
    return SW_OK;
}

static bool choice_in_force(const struct sw_option *option, const struct sw_options *now,
                            const struct sw_options *initial)
{
    return memcmp(field_in(option, now), field_in(option, initial), sizeof(int)) != 0;
}

/* "never" is no severity: the field keeps its default beside it. */
static enum sw_status set_fail_on(const struct given *given, struct sw_error *error)
{
    int index = 0;
    enum sw_severity severity = sw_options_default().fail_on;
    if (find_choice(given, &index, error) != SW_OK)
        return SW_STOP;
    bool never = !sw_severity_find(given->option->choices[index], &severity);
    given->options->fail_on = severity;
    given->options->fail_on_never = never;
    return SW_OK;
}

static bool fail_on_in_force(const struct sw_option *option, const struct sw_options *now,
                             const struct sw_options *initial)
{
    (void)option;
    return now->fail_on_never || now->fail_on != initial->fail_on;
}

static enum sw_status set_text(const struct given *given, struct sw_error *error)
{
    const char **field = field_of(given->option, given->options);
    (void)error;
    *field = given->value;
    return SW_OK;
}

static bool text_in_force(const struct sw_option *option, const struct sw_options *now,
                          const struct sw_options *initial)
{
    (void)initial;
    return *(const char *const *)field_in(option, now) != NULL;
}

static enum sw_status add_text(const struct given *given, struct sw_error *error)
{
    return sw_texts_add(field_of(given->option, given->options), given->value, error);
}

static enum sw_status add_secret(const struct given *given, struct sw_error *error)
{
    char *secret = NULL;
    enum sw_status status = sw_option_secret(given->shown, given->value, &secret, error);
    if (status == SW_OK)
        status = sw_options_own(given->options, secret, error);
    return status == SW_OK ? sw_texts_add(field_of(given->option, given->options), secret, error)
                           : status;
}

static bool texts_in_force(const struct sw_option *option, const struct sw_options *now,
                           const struct sw_options *initial)
{
    (void)initial;
    return ((const struct sw_texts *)field_in(option, now))->count > 0;
}

static enum sw_status add_key(const struct given *given, struct sw_error *error)
{
    struct sw_keys *keys = field_of(given->option, given->options);
    struct sw_key key;
    char *bytes = NULL;
    if (keys->count == SW_KEYS_MAX)
        return sw_fail(error, SW_STOP, "options", 0, "%s: more than %d keys", given->shown,
                       SW_KEYS_MAX);
    enum sw_status status = sw_option_key(given->shown, given->value, &bytes, &key, error);
    if (status == SW_OK)
        status = sw_options_own(given->options, bytes, error);
    if (status != SW_OK)
        return status;
    struct sw_key *rows = sw_options_grown(keys->rows, keys->count, sizeof *rows);
    if (rows == NULL)
        return no_memory(error);
    keys->rows = rows;
    rows[keys->count++] = key;
    return SW_OK;
}

static bool keys_in_force(const struct sw_option *option, const struct sw_options *now,
                          const struct sw_options *initial)
{
    (void)initial;
    return ((const struct sw_keys *)field_in(option, now))->count > 0;
}

static enum sw_status add_output(const struct given *given, struct sw_error *error)
{
    struct sw_options *options = given->options;
    size_t format_size = strcspn(given->value, "=");
    const char *file = given->value[format_size] == '=' ? given->value + format_size + 1 : NULL;
    if (file != NULL && file[0] == '\0')
        return sw_fail(error, SW_STOP, "options", 0, "%s: \"%.*s\" names no file", given->shown,
                       SW_SHOWN_MAX, given->value);
    char *format = strndup(given->value, format_size);
    if (sw_options_own(options, format, error) != SW_OK)
        return SW_STOP;
    if (!sw_sink_find(format))
        return sw_fail(error, SW_STOP, "options", 0, "%s: unknown format \"%.*s\"; there are: %s",
                       given->shown, SW_SHOWN_MAX, format, sw_sink_formats());
    struct sw_output_option *rows =
        sw_options_grown(options->outputs, options->output_count, sizeof *rows);
    if (rows == NULL)
        return no_memory(error);
    options->outputs = rows;
    if (file == NULL)
        file = sw_sink_place(format);
    rows[options->output_count++] = (struct sw_output_option){format, file};
    return SW_OK;
}

static bool outputs_in_force(const struct sw_option *option, const struct sw_options *now,
                             const struct sw_options *initial)
{
    (void)option;
    (void)initial;
    return now->output_count > 0;
}

/* Options without a field: the parser acts on them itself. */
static enum sw_status set_nothing(const struct given *given, struct sw_error *error)
{
    (void)given;
    (void)error;
    return SW_OK;
}

static bool never_in_force(const struct sw_option *option, const struct sw_options *now,
                           const struct sw_options *initial)
{
    (void)option;
    (void)now;
    (void)initial;
    return false;
}

struct kind {
    enum sw_status (*set)(const struct given *given, struct sw_error *error);
    bool (*in_force)(const struct sw_option *option, const struct sw_options *now,
                     const struct sw_options *initial);
};

static const struct kind kinds[SW_OPTION_KIND_COUNT] = {
    [SW_OPTION_SET] = {set_flag, flag_in_force},
    [SW_OPTION_TRISTATE] = {set_tristate, tristate_in_force},
    [SW_OPTION_NUMBER] = {set_number, number_in_force},
    [SW_OPTION_SIZE] = {set_size, size_in_force},
    [SW_OPTION_SECONDS] = {set_seconds, number_in_force},
    [SW_OPTION_CHOICE] = {set_choice, choice_in_force},
    [SW_OPTION_FAIL_ON] = {set_fail_on, fail_on_in_force},
    [SW_OPTION_TEXT] = {set_text, text_in_force},
    [SW_OPTION_TEXTS] = {add_text, texts_in_force},
    [SW_OPTION_SECRETS] = {add_secret, texts_in_force},
    [SW_OPTION_KEYS] = {add_key, keys_in_force},
    [SW_OPTION_OUTPUT] = {add_output, outputs_in_force},
    [SW_OPTION_CONFIG] = {set_nothing, never_in_force},
    [SW_OPTION_HELP] = {set_nothing, never_in_force},
    [SW_OPTION_VERSION] = {set_nothing, never_in_force},
};

enum sw_status sw_option_set(const struct sw_option *option, const char *shown, const char *value,
                             struct sw_options *options, struct sw_error *error)
{
    const struct given given = {option, shown, value, options};
    if (option->argument == NULL && value != NULL)
        return sw_fail(error, SW_STOP, "options", 0, "%s takes no value", shown);
    if (option->argument != NULL && (value == NULL || value[0] == '\0'))
        return sw_fail(error, SW_STOP, "options", 0, "%s needs a value: %s", shown,
                       option->argument);
    return kinds[option->kind].set(&given, error);
}

bool sw_option_in_force(const struct sw_option *option, const struct sw_options *options)
{
    struct sw_options initial = sw_options_default();
    return kinds[option->kind].in_force(option, options, &initial);
}
