/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_plugin.h - the program under the name docker-sweep: a plugin of the docker
 * command, so that `docker sweep IMAGE` means `sweeper scan docker:IMAGE`.
 *
 * docker looks for executables of the name docker-NAME in the folders of its plugins,
 * asks each with the one argument docker-cli-plugin-metadata what it is, and runs it
 * with its own arguments: those before the word `sweep` are docker's.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Trusts:   argv as far as sw_options_parse() does.
 */
#ifndef SWEEPER_DOCKER_PLUGIN_H
#define SWEEPER_DOCKER_PLUGIN_H

#include <stdbool.h>
#include <stdio.h>

#include "sweeper/options.h"

#define SW_DOCKER_PLUGIN_NAME "docker-sweep"

/* True when argv[0] is the plugin's name, in whatever folder. */
bool sw_docker_plugin_is(const char *program);

/* True when docker asks what this is; `out` then has got the answer. */
bool sw_docker_plugin_describe(int argc, char *const *argv, FILE *out);

/* As sw_options_parse(), but of `docker [DOCKER'S OPTIONS] sweep [OPTIONS] IMAGE...`:
 * each operand becomes the target docker:IMAGE. docker's --host and --config become
 * DOCKER_HOST and DOCKER_CONFIG in the environment; those that name a machine that
 * cannot be reached over a socket (contexts, TLS) are refused. */
enum sw_status sw_docker_plugin_parse(int argc, char *const *argv, struct sw_options *options,
                                      enum sw_exit *exit_code,
                                      struct sw_error *error) SW_MUST_CHECK;

#endif
