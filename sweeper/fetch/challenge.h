/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenge.h - what a server wants to be shown: the header WWW-Authenticate.
 *
 * RFC 9110, section 11.6.1 (several challenges in one header, each a scheme and
 * parameters); Docker's "Token Authentication Specification" (realm, service, scope).
 *
 * Runs in:  fetcher.
 * Threads:  any; no state.
 * Trusts:   nothing of the header.
 */
#ifndef SWEEPER_FETCH_CHALLENGE_H
#define SWEEPER_FETCH_CHALLENGE_H

#include <stdbool.h>

#include "sweeper/buf.h"

struct sw_challenge {
    bool basic;
    bool bearer;       /* and it names a realm */
    char realm[1024];  /* of bearer: a URL */
    char service[256]; /* of bearer; may be empty */
};

/* Schemes that nobody here knows are passed over; a parameter that is too long or
 * damaged ends the reading there. */
struct sw_challenge sw_challenge_parse(struct sw_view header);

#endif
