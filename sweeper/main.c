/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - sweeper: where everything begins.
 *
 *   argv -> options -> walk ==fds==> engine: identify, scan
 *                       |                      |
 *   exit code <- report <== records (JSON lines)
 *
 * Modules in the order of the flow:
 *   supervisor/  options*, docker_plugin, rulepack*: what the user wants
 *                walk*, mounts, exclude: from targets to open descriptors
 *                sweep, conductor.h: the loop; feed, flight, child, collect,
 *                recover, watch, settle, links: what it turns
 *                record*, sink*: what comes out
 *                rules_verb: `sweeper rules`; selftest*, sample*: `sweeper selftest`
 *   engine/      engine, worker, sandbox: the process that sees bytes
 *                blob, ident/, rule/: reading, naming, matching
 *   fetch/       the process that talks to registries and container engines
 *   common/      bytes, text, the wire: all processes
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sweeper/docker_plugin.h"
#include "sweeper/engine.h"
#include "sweeper/fetch.h"
#include "sweeper/options.h"
#include "sweeper/report.h"
#include "sweeper/rules_verb.h"
#include "sweeper/selftest.h"
#include "sweeper/sweep.h"

static enum sw_exit run_verb(const struct sw_options *options)
{
    switch (options->verb) {
    case SW_VERB_SCAN:
        return sw_sweep(options);
    case SW_VERB_RULES_LIST:
        return sw_rules_list(options);
    case SW_VERB_RULES_CHECK:
        return sw_rules_check(options);
    case SW_VERB_RULES_TEST:
        return sw_rules_test(options);
    case SW_VERB_RULES_PACK:
        return sw_rules_pack(options);
    case SW_VERB_RULES_VERIFY:
        return sw_rules_verify(options);
    case SW_VERB_REPORT:
        return sw_report(options);
    case SW_VERB_SELFTEST:
        return sw_selftest(options);
    case SW_VERB_VERSION:
        printf("sweeper %s\n", SWEEPER_VERSION);
        return SW_EXIT_CLEAN;
    case SW_VERB_HELP_MAN:
        sw_options_man(stdout);
        return SW_EXIT_CLEAN;
    case SW_VERB_HELP_COMPLETION:
        sw_options_completion(stdout, options->targets.rows[0]);
        return SW_EXIT_CLEAN;
    case SW_VERB_HELP:
    case SW_VERB_NONE:
        sw_options_help(stdout, options->help_verb);
        return SW_EXIT_CLEAN;
    }
    return SW_EXIT_USAGE;
}

/* A descriptor of 0 to 2 that is closed would be taken by the next file that
 * is opened, and messages would end up in it. Each gets a place-holder on which
 * the operation that people expect of it fails, as on a closed one. */
static void secure_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    struct sw_options options = {0};
    enum sw_exit exit_code = SW_EXIT_USAGE;
    struct sw_error error;

    if (argc > 0 && strcmp(argv[0], SW_ENGINE_NAME) == 0)
        return sw_engine_main();
    if (argc > 0 && strcmp(argv[0], SW_FETCH_NAME) == 0)
        return sw_fetch_main();
    secure_standard_descriptors();
    bool plugin = argc > 0 && sw_docker_plugin_is(argv[0]);
    if (plugin && sw_docker_plugin_describe(argc, argv, stdout))
        return fflush(stdout) == 0 ? SW_EXIT_CLEAN : SW_EXIT_FAILED;
    if ((plugin ? sw_docker_plugin_parse : sw_options_parse)(argc, argv, &options, &exit_code,
                                                             &error) != SW_OK) {
        fprintf(stderr, "sweeper: %s\n", error.text);
    } else {
        exit_code = run_verb(&options);
        if (fflush(stdout) != 0) {
            perror("sweeper: standard output");
            exit_code = SW_EXIT_FAILED;
        }
    }
    sw_options_done(&options);
    return (int)exit_code;
}
