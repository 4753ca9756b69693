/* SPDX-License-Identifier: Apache-2.0 */
/* `docker sweep`: whose option is whose, and what becomes of images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "sweeper/docker_plugin.h"

#define WORDS_MAX 12

/* Splits at spaces; argv[0] is the plugin's name. */
static int split(char *line, char *words[WORDS_MAX])
{
    static char name[] = SW_DOCKER_PLUGIN_NAME;
    int count = 0;
    words[count++] = name;
    for (char *word = strtok(line, " "); word != NULL && count < WORDS_MAX;
         word = strtok(NULL, " "))
        words[count++] = word;
    return count;
}

static enum sw_status parse(const char *line, struct sw_options *options, enum sw_exit *exit_code,
                            struct sw_error *error)
{
    static char room[256]; /* the options borrow from it */
    char *words[WORDS_MAX];
    (void)snprintf(room, sizeof room, "%s", line);
    int count = split(room, words);
    return sw_docker_plugin_parse(count, words, options, exit_code, error);
}

static void the_name_decides(void **state)
{
    (void)state;
    assert_true(sw_docker_plugin_is("docker-sweep"));
    assert_true(sw_docker_plugin_is("/usr/libexec/docker/cli-plugins/docker-sweep"));
    assert_false(sw_docker_plugin_is("sweeper"));
    assert_false(sw_docker_plugin_is("/docker-sweep/sweeper"));
    assert_false(sw_docker_plugin_is("docker-sweeper"));
    assert_false(sw_docker_plugin_is(""));
}

static void images_become_targets(void **state)
{
    struct sw_options options;
    struct sw_error error;
    enum sw_exit exit_code = SW_EXIT_CLEAN;
    (void)state;
    assert_int_equal(
        parse("--debug sweep --fail-on high a:1 registry:2 --strict", &options, &exit_code, &error),
        SW_OK);
    assert_int_equal(options.verb, SW_VERB_SCAN);
    assert_int_equal(options.targets.count, 2);
    assert_string_equal(options.targets.rows[0], "docker:a:1");
    assert_string_equal(options.targets.rows[1], "docker:registry:2");
    assert_int_equal(options.fail_on, SW_SEVERITY_HIGH);
    assert_true(options.strict);
    sw_options_done(&options);
}

static void dockers_own_options_are_taken_over(void **state)
{
    static const char *const lines[] = {
        "--host unix:///x.sock --config /c sweep a", "--host=unix:///x.sock --config=/c sweep a",
        "-H unix:///x.sock --config /c sweep a",     "-Hunix:///x.sock --config /c sweep a",
        "-H=unix:///x.sock --config /c sweep a",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct sw_options options;
        struct sw_error error;
        enum sw_exit exit_code = SW_EXIT_CLEAN;
        assert_int_equal(unsetenv("DOCKER_HOST") | unsetenv("DOCKER_CONFIG"), 0);
        assert_int_equal(parse(lines[i], &options, &exit_code, &error), SW_OK);
        assert_string_equal(getenv("DOCKER_HOST"), "unix:///x.sock");
        assert_string_equal(getenv("DOCKER_CONFIG"), "/c");
        assert_string_equal(options.targets.rows[0], "docker:a");
        sw_options_done(&options);
    }
    /* After the word they are sweep's: it has none of that name. */
    struct sw_options options;
    struct sw_error error;
    enum sw_exit exit_code = SW_EXIT_CLEAN;
    assert_int_equal(parse("sweep --host x a", &options, &exit_code, &error), SW_STOP);
    assert_int_equal(exit_code, SW_EXIT_USAGE);
}

static void what_cannot_be_done_is_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "help",
        "sweep",
        "sweep -",
        "sweep a -",
        "--host",
        "--unknown sweep a",
        "-x sweep a",
        "- sweep a",
        "-- sweep a",
        "--context",
        "--context far sweep a",
        "-c far sweep a",
        "--tls sweep a",
        "--tlskey k sweep a",
        "--tlsverify=true sweep a",
        "docker-cli-plugin-metadata",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct sw_options options = {0};
        struct sw_error error = {.text = ""};
        enum sw_exit exit_code = SW_EXIT_CLEAN;
        assert_int_equal(parse(lines[i], &options, &exit_code, &error), SW_STOP);
        assert_int_equal(exit_code, SW_EXIT_USAGE);
        assert_string_not_equal(error.text, "");
        assert_null(options.targets.rows);
    }
}

static void the_answer_to_docker_is_json(void **state)
{
    static char name[] = SW_DOCKER_PLUGIN_NAME;
    static char question[] = "docker-cli-plugin-metadata";
    char *words[] = {name, question, question, NULL};
    char *text = NULL;
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(sw_docker_plugin_describe(2, words, out));
    assert_false(sw_docker_plugin_describe(1, words, out));
    assert_false(sw_docker_plugin_describe(3, words, out));
    (void)fclose(out);
    json_t *answer = json_loads(text, 0, NULL);
    assert_non_null(answer);
    assert_string_equal(json_string_value(json_object_get(answer, "SchemaVersion")), "0.1.0");
    assert_true(json_string_length(json_object_get(answer, "Vendor")) > 0);
    json_decref(answer);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_decides),
        cmocka_unit_test(images_become_targets),
        cmocka_unit_test(dockers_own_options_are_taken_over),
        cmocka_unit_test(what_cannot_be_done_is_refused),
        cmocka_unit_test(the_answer_to_docker_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
