/* SPDX-License-Identifier: Apache-2.0 */
/* Says which options are in force, the way they could be given again. */
#include <stdio.h>
#include <stdlib.h>

#include "supervisor/option_value.h"

static enum sw_status add(struct sw_options *options, char *text, struct sw_error *error)
{
    if (sw_options_own(options, text, error) != SW_OK)
        return SW_STOP;
    return sw_texts_add(&options->given, text, error);
}

/* "--name", "--name=value", "--name=value=more". NULL: no memory. */
static char *spelled(const char *name, const char *value, const char *more)
{
    char *text = NULL;
    int size =
        asprintf(&text, "--%s%s%s%s%s", name, value != NULL ? "=" : "", value != NULL ? value : "",
                 more != NULL ? "=" : "", more != NULL ? more : "");
    return size < 0 ? NULL : text;
}

static enum sw_status list_texts(struct sw_options *options, const struct sw_option *option,
                                 struct sw_error *error)
{
    const struct sw_texts *texts = (const void *)((const char *)options + option->offset);
    enum sw_status status = SW_OK;
    for (size_t i = 0; i < texts->count && status == SW_OK; i++)
        status = add(options, spelled(option->name, texts->rows[i], NULL), error);
    return status;
}

static enum sw_status list_outputs(struct sw_options *options, const struct sw_option *option,
                                   struct sw_error *error)
{
    enum sw_status status = SW_OK;
    for (size_t i = 0; i < options->output_count && status == SW_OK; i++) {
        const struct sw_output_option *output = &options->outputs[i];
        status = add(options, spelled(option->name, output->format, output->file), error);
    }
    return status;
}

enum sw_status sw_options_list_given(struct sw_options *options, const char *const *values,
                                     struct sw_error *error)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    enum sw_status status = SW_OK;
    for (size_t i = 0; i < count && status == SW_OK; i++) {
        if (!sw_option_applies(&rows[i], options->verb) || !sw_option_in_force(&rows[i], options))
            continue;
        if (rows[i].kind == SW_OPTION_SECRETS || rows[i].kind == SW_OPTION_KEYS)
            status = add(options, spelled(rows[i].name, "(hidden)", NULL), error);
        else if (rows[i].kind == SW_OPTION_TEXTS)
            status = list_texts(options, &rows[i], error);
        else if (rows[i].kind == SW_OPTION_OUTPUT)
            status = list_outputs(options, &rows[i], error);
        else
            status = add(options, spelled(rows[i].name, values[i], NULL), error);
    }
    return status;
}
