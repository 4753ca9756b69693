/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_config.h - what ~/.docker/config.json says of one registry: "auths", and which
 * helper to ask ("credHelpers", "credsStore").
 *
 * Runs in:  fetcher, before it has a connection.
 * Threads:  any; no state.
 * Owns:     credentials are a value; sw_credentials_forget() overwrites them.
 * Trusts:   nothing of the text.
 * Fails:    SW_PART when the text is not such a file; there are no credentials then.
 */
#ifndef SWEEPER_FETCH_DOCKER_CONFIG_H
#define SWEEPER_FETCH_DOCKER_CONFIG_H

#include <stdbool.h>

#include "sweeper/buf.h"

enum { SW_CREDENTIAL_MAX = 8192, SW_CREDENTIAL_HELPER_MAX = 64 };

struct sw_credentials {
    char user[512]; /* empty: none */
    char password[SW_CREDENTIAL_MAX];
    char identity[SW_CREDENTIAL_MAX];      /* an OAuth2 refresh token instead; empty: none */
    char helper[SW_CREDENTIAL_HELPER_MAX]; /* the name behind "docker-credential-"; empty: none */
    char server[320];                      /* how helpers know this registry */
};

/* `host` as in a reference: "docker.io", "localhost:5000". */
enum sw_status sw_docker_config_find(struct sw_view text, const char *host,
                                     struct sw_credentials *credentials,
                                     struct sw_error *error) SW_MUST_CHECK;
/* What a helper answers to "get": {"Username", "Secret"}. */
enum sw_status sw_credentials_of_helper(struct sw_view text, struct sw_credentials *credentials,
                                        struct sw_error *error) SW_MUST_CHECK;
/* Letters, digits, '-', '_' and '.', not first. */
bool sw_credentials_is_helper(const char *name);
void sw_credentials_forget(struct sw_credentials *credentials);

#endif
