/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A config file: its lines, then the whole file as `scan --config` reads it.
 *
 * What a file puts in force can be given again on the command line and means
 * the same; a wrong one leaves nothing behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "supervisor/option_config.h"
#include "sweeper/text.h"

static bool is_trimmed(const char *text)
{
    static const char blanks[] = " \t\r";
    size_t size = strlen(text);
    return size == 0 || (strchr(blanks, text[0]) == NULL && strchr(blanks, text[size - 1]) == NULL);
}

static void try_lines(const char *text)
{
    struct sw_config_line line = {.number = 0};
    char *copy = strdup(text);
    char *rest = copy;
    size_t last = 0;
    size_t lines = 1;

    FUZZ_CHECK(copy != NULL);
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    while (sw_config_next(&rest, &line) == SW_OK) {
        FUZZ_CHECK(line.number > last && line.number <= lines);
        FUZZ_CHECK(is_trimmed(line.name) && line.name[0] != '#' && strchr(line.name, '=') == NULL);
        FUZZ_CHECK(line.value == NULL || is_trimmed(line.value));
        FUZZ_CHECK(line.name[0] != '\0' || line.value != NULL);
        last = line.number;
    }
    FUZZ_CHECK(sw_config_next(&rest, &line) == SW_END);
    free(copy);
}

static void check_refused(const struct sw_options *options, enum sw_exit exit_code,
                          const struct sw_error *error)
{
    FUZZ_CHECK(exit_code == SW_EXIT_USAGE);
    FUZZ_CHECK(options->owned == NULL && options->given.rows == NULL && options->outputs == NULL);
    FUZZ_CHECK(error->text[0] != '\0' && sw_text_is_printable(fuzz_view(error->text)));
}

/* Texts that options hold are never written through. */
static char *word(const char *text)
{
    char *out;
    memcpy(&out, &text, sizeof out);
    return out;
}

static void check_given_again(const struct sw_options *first)
{
    struct sw_options second;
    struct sw_error error = {0};
    enum sw_exit exit_code = SW_EXIT_CLEAN;
    size_t count = first->given.count;
    char **argv = calloc(count + 4, sizeof *argv);

    FUZZ_CHECK(argv != NULL);
    argv[0] = word("sweeper");
    argv[1] = word("scan");
    for (size_t i = 0; i < count; i++)
        argv[2 + i] = word(first->given.rows[i]);
    argv[count + 2] = word("/");
    FUZZ_CHECK(sw_options_parse((int)count + 3, argv, &second, &exit_code, &error) == SW_OK);
    FUZZ_CHECK(second.given.count == count);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(strcmp(second.given.rows[i], first->given.rows[i]) == 0);
#define CHECK_LIMIT(field, type, value) FUZZ_CHECK(second.limits.field == first->limits.field);
    SW_LIMIT_TABLE(CHECK_LIMIT)
#undef CHECK_LIMIT
    sw_options_done(&second);
    free(argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_options options;
    struct sw_error error = {0};
    enum sw_exit exit_code = SW_EXIT_CLEAN;
    char path[32];
    char *text = fuzz_text((struct sw_view){data, size});
    int fd = fuzz_memory_file(data, size);

    try_lines(text);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    char *argv[] = {word("sweeper"), word("scan"), word("--config"), path, word("/"), NULL};
    if (sw_options_parse(5, argv, &options, &exit_code, &error) == SW_OK)
        check_given_again(&options);
    else
        check_refused(&options, exit_code, &error);
    sw_options_done(&options);
    close(fd);
    free(text);
    return 0;
}
