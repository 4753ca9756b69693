/* SPDX-License-Identifier: Apache-2.0 */
/* From `docker sweep` to `sweeper scan`. */
#include "sweeper/docker_plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/option_value.h"
#include "sweeper/target.h"

/* Options of the docker command itself. */
enum use {
    USE_NONE,    /* changes nothing here */
    USE_ENV,     /* goes into the environment variable */
    USE_DEFAULT, /* the value `default` changes nothing; any other is refused */
    USE_REFUSE
};
struct docker_option {
    const char *name;
    const char *variable;
    char letter;
    bool valued;
    enum use use;
};
static const struct docker_option docker_options[] = {
    {.name = "config", .variable = "DOCKER_CONFIG", .valued = true, .use = USE_ENV},
    {.name = "context", .letter = 'c', .valued = true, .use = USE_DEFAULT},
    {.name = "debug", .letter = 'D'},
    {.name = "host", .variable = "DOCKER_HOST", .letter = 'H', .valued = true, .use = USE_ENV},
    {.name = "log-level", .letter = 'l', .valued = true},
    {.name = "tls", .use = USE_REFUSE},
    {.name = "tlscacert", .valued = true, .use = USE_REFUSE},
    {.name = "tlscert", .valued = true, .use = USE_REFUSE},
    {.name = "tlskey", .valued = true, .use = USE_REFUSE},
    {.name = "tlsverify", .use = USE_REFUSE},
};

bool sw_docker_plugin_is(const char *program)
{
    const char *slash = strrchr(program, '/');
    return strcmp(slash == NULL ? program : slash + 1, SW_DOCKER_PLUGIN_NAME) == 0;
}

bool sw_docker_plugin_describe(int argc, char *const *argv, FILE *out)
{
    if (argc != 2 || strcmp(argv[1], "docker-cli-plugin-metadata") != 0)
        return false;
    (void)fputs("{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"sweeper\",\"Version\":\"" SWEEPER_VERSION
                "\",\"ShortDescription\":\"Sweep an image for supply-chain malware\"}\n",
                out);
    return true;
}

/* The row of `--name`, `--name=value`, `-n`, `-nvalue`, `-n=value`; *value is NULL
 * when there is none in the word. */
static const struct docker_option *find(const char *word, const char **value)
{
    const char *equals = strchr(word, '=');
    bool is_long = word[1] == '-';
    size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    for (size_t i = 0; i < sizeof docker_options / sizeof docker_options[0]; i++) {
        const struct docker_option *row = &docker_options[i];
        if (is_long && strlen(row->name) + 2 == size &&
            strncmp(row->name, word + 2, size - 2) == 0) {
            *value = equals != NULL ? equals + 1 : NULL;
            return row;
        }
        if (!is_long && row->letter != '\0' && row->letter == word[1]) {
            *value = word[2] == '\0' ? NULL : word + (word[2] == '=' ? 3 : 2);
            return row;
        }
    }
    return NULL;
}

static enum sw_status apply(const struct docker_option *row, const char *value,
                            struct sw_error *error)
{
    if (row->use == USE_REFUSE || (row->use == USE_DEFAULT && strcmp(value, "default") != 0))
        return sw_fail(error, SW_STOP, "options", 0,
                       "docker's --%s does not apply to sweep, which speaks to the engine over its "
                       "socket only: DOCKER_HOST=unix://PATH",
                       row->name);
    if (row->use == USE_ENV && setenv(row->variable, value, 1) != 0)
        return sw_fail(error, SW_STOP, "options", errno, "the environment");
    return SW_OK;
}

/* Index of the word after `sweep` in *next. */
static enum sw_status skip_to_sweep(int argc, char *const *argv, int *next, struct sw_error *error)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-') {
        const char *value = NULL;
        const char *word = argv[i];
        const struct docker_option *row = find(word, &value);
        /* Letters may be written as one word: -DH unix:///run/docker.sock */
        while (row != NULL && !row->valued && word[1] != '-' && value != NULL && word[2] != '=')
            row = find(++word, &value);
        if (row == NULL)
            break;
        if (row->valued && value == NULL && i + 1 < argc)
            value = argv[++i];
        if (apply(row, value == NULL ? "" : value, error) != SW_OK)
            return SW_STOP;
        i++;
    }
    if (i == argc || strcmp(argv[i], "sweep") != 0)
        return sw_fail(error, SW_STOP, "options", 0,
                       "this is a plugin of docker; run it as: docker sweep IMAGE");
    *next = i + 1;
    return SW_OK;
}

static enum sw_status prefix_targets(struct sw_options *options, struct sw_error *error)
{
    for (size_t i = 0; i < options->targets.count; i++) {
        char *target = NULL;
        if (strcmp(options->targets.rows[i], "-") == 0)
            return sw_fail(error, SW_STOP, "options", 0,
                           "docker sweep needs the name of an image, not -");
        if (asprintf(&target, "docker:%s", options->targets.rows[i]) < 0)
            target = NULL;
        if (sw_options_own(options, target, error) != SW_OK ||
            sw_target_check(target, error) != SW_OK)
            return SW_STOP;
        options->targets.rows[i] = target;
    }
    return SW_OK;
}

enum sw_status sw_docker_plugin_parse(int argc, char *const *argv, struct sw_options *options,
                                      enum sw_exit *exit_code, struct sw_error *error)
{
    static char scan[] = "scan";
    struct sw_error own_error = {.text = ""};
    int next = 0;
    enum sw_status status = skip_to_sweep(argc, argv, &next, &own_error);
    char **words = calloc((size_t)argc + 2, sizeof *words);
    if (status == SW_OK && words == NULL)
        status = sw_fail(&own_error, SW_STOP, "options", ENOMEM, "options");
    if (status != SW_OK || words == NULL) {
        free(words);
        *exit_code = own_error.errnum == 0 ? SW_EXIT_USAGE : SW_EXIT_FAILED;
        *error = own_error;
        return SW_STOP;
    }
    int count = 0;
    words[count++] = argv[0];
    words[count++] = scan;
    while (next < argc)
        words[count++] = argv[next++];
    status = sw_options_parse(count, words, options, exit_code, error);
    if (status == SW_OK && options->verb == SW_VERB_SCAN &&
        prefix_targets(options, error) != SW_OK) {
        *exit_code = SW_EXIT_USAGE;
        sw_options_done(options);
        status = SW_STOP;
    }
    free(words);
    return status;
}
