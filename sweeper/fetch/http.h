/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - one request after the other, over TCP or a unix socket; bounded in time, in
 * redirections and in headers.
 *
 * Runs in:  fetcher.
 * Threads:  one.
 * Owns:     a request borrows all of its texts.
 * Trusts:   nothing that comes: header texts are cut, bodies go to `take` piece by piece.
 * Fails:    SW_PART: the connection broke or stalled: may be tried again. SW_SKIP: it will
 *           not get better (a certificate, a redirection, `take`). error->reason is the gap.
 */
#ifndef SWEEPER_FETCH_HTTP_H
#define SWEEPER_FETCH_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/curl.h"
#include "sweeper/buf.h"

enum { SW_HTTP_REDIRECTS_MAX = 5, SW_HTTP_HEADERS_MAX = 64 << 10 };

struct sw_http {
    struct sw_curl curl;
    CURL *easy;
    const char *socket;  /* path of a unix socket; NULL: TCP */
    bool insecure;       /* plain HTTP and any certificate will do */
    uint32_t timeout_s;  /* how long nothing may come */
    const char *ca_file; /* NULL: the system's */
};

struct sw_response {
    long status;
    uint64_t from;          /* of 206: offset of the first byte */
    uint32_t retry_after_s; /* 0: it does not say */
    char challenge[4096];   /* WWW-Authenticate, all of them */
    /* private */
    size_t header_size;
    bool too_much;
};

struct sw_request {
    const char *url;
    const char *accept;        /* NULL: anything */
    const char *authorization; /* the header's value; goes to the URL's own host only */
    const char *form;          /* POST this; NULL: GET */
    uint64_t from;             /* resume at this offset */
    uint32_t time_max_s;       /* for everything */
    /* Called for each piece of the body of a 200 or 206. */
    enum sw_status (*take)(void *context, const struct sw_response *response, struct sw_view bytes,
                           struct sw_error *error);
    void *context;
};

enum sw_status sw_http_start(struct sw_http *http, struct sw_error *error) SW_MUST_CHECK;
void sw_http_end(struct sw_http *http);
/* Follows redirections. SW_OK: there is a response, of whatever status. */
enum sw_status sw_http_send(struct sw_http *http, const struct sw_request *request,
                            struct sw_response *response, struct sw_error *error) SW_MUST_CHECK;

#endif
