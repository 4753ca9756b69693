/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - what must be known of a URL before credentials go there.
 *
 * RFC 3986, and stricter: one with a user, a backslash, a blank or a control character
 * is none, so that nobody reads another host in it than libcurl does.
 *
 * Runs in:  fetcher.
 * Threads:  any; no state.
 * Owns:     nothing; views borrow.
 * Trusts:   nothing: realms and redirections come from the network.
 */
#ifndef SWEEPER_FETCH_URL_H
#define SWEEPER_FETCH_URL_H

#include <stdbool.h>

#include "sweeper/buf.h"

struct sw_url {
    struct sw_view scheme;    /* "https" or "http", as written */
    struct sw_view authority; /* host and port, as written */
};
/* False for what is not an http or https URL. */
bool sw_url_split(struct sw_view text, struct sw_url *url);
bool sw_url_is_https(const struct sw_url *url);
/* The same scheme, host and port. */
bool sw_url_same_origin(struct sw_view a, struct sw_view b);
/* Whether what the user gave for `registry` (HOST[:PORT]) may be shown to the token
 * service of this authority: the same host, or one under the name that the registry's
 * own lies under (registry-1.docker.io: docker.io), if that has a dot. */
bool sw_url_shares_owner(struct sw_view authority, struct sw_view registry);
/* Appends `text` for use as a value in a query: all but letters, digits and -._~ as %HH. */
enum sw_status sw_url_encode(struct sw_buf *out, struct sw_view text) SW_MUST_CHECK;

#endif
