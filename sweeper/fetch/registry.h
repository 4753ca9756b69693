/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - private to the files that talk to a registry:
 *
 *   registry_auth.c  who is asking: nobody, a user and password, or a token
 *   registry_get.c   one document or blob: tried again, resumed, held against its digest
 *   registry.c       all parts of one image
 *
 * OCI distribution-spec 1.1; tokens: Docker's "Token Authentication Specification" and
 * "OAuth2 Token Authentication".
 *
 * Runs in:  fetcher.
 * Threads:  one.
 * Trusts:   nothing that comes.
 */
#ifndef SWEEPER_FETCH_REGISTRY_H
#define SWEEPER_FETCH_REGISTRY_H

#include "fetch/session.h"

struct sw_registry {
    struct sw_session *session;
    const struct sw_reference *reference;
    struct sw_credentials *credentials;
    const char *scheme;  /* "https" or "http" */
    char *authorization; /* the header's value in force; NULL: none; owned */
};

/* --- registry_auth.c --- */

/* What to show after a 401. SW_OK: another authorization is in force. SW_SKIP: there is none
 * that would help, error says why. */
enum sw_status sw_registry_authorize(struct sw_registry *registry,
                                     const struct sw_response *response,
                                     struct sw_error *error) SW_MUST_CHECK;
void sw_registry_forget(struct sw_registry *registry);

/* --- registry_get.c --- */

/* What is being caught. */
struct sw_catch {
    struct sw_spooled file;
    struct sw_buf *kept;             /* the same bytes, up to SW_DOCUMENT_MAX; NULL: not wanted */
    bool kept_cut;                   /* there were more */
    struct sw_digest *digest;        /* of what has come */
    uint64_t size;                   /* what is to come; UINT64_MAX: nobody knows */
    char sha256[SW_SHA256_HEX_SIZE]; /* of all of it, once it is caught */
};

/* Whether the registry speaks TLS, where --insecure-registry leaves that open. */
enum sw_status sw_registry_greet(struct sw_registry *registry,
                                 struct sw_error *error) SW_MUST_CHECK;
/* GET /v2/NAME/`path` into `got`. SW_OK: all of it. SW_PART, SW_SKIP: error->reason and text
 * say what is missing; what is in the file has come. *status: of HTTP, 0: none. */
enum sw_status sw_registry_get(struct sw_registry *registry, const char *path, const char *accept,
                               struct sw_catch *got, long *http_status,
                               struct sw_error *error) SW_MUST_CHECK;

#endif
