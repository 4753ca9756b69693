/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper.h - credentials for one registry: from the configuration file, or from the
 * program that it names, if the user allows that with --credential-helpers.
 *
 * Runs in:  fetcher, before its door closes and before it has a connection.
 * Threads:  one.
 * Fails:    never: without credentials the registry is asked as nobody. What was wrong is
 *           said on standard error.
 */
#ifndef SWEEPER_FETCH_HELPER_H
#define SWEEPER_FETCH_HELPER_H

#include "fetch/docker_config.h"

void sw_credentials_find(const char *host, bool helpers, struct sw_credentials *credentials);

#endif
