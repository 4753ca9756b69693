/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - what the fetcher has while it works: its order, the socket to the
 * supervisor, and the file that is being filled.
 *
 * Runs in:  fetcher.
 * Threads:  one.
 * Fails:    telling: SW_STOP when the supervisor is gone; nothing is left to do then.
 */
#ifndef SWEEPER_FETCH_SESSION_H
#define SWEEPER_FETCH_SESSION_H

#include "common/spooled.h"
#include "fetch/docker_config.h"
#include "fetch/http.h"
#include "fetch/manifest.h"
#include "sweeper/digest.h"
#include "sweeper/fetch.h"
#include "sweeper/wire.h"

struct sw_session {
    int socket;
    struct sw_wire_in intake;
    struct sw_buf order_body; /* what the order borrows from */
    struct sw_fetch_order order;
    struct sw_http http;
    uint64_t spool_left; /* bytes */
};

/* --- tell.c: what is said to the supervisor, and what it answers --- */
enum sw_status sw_tell(struct sw_session *session, const struct sw_fetch_message *message,
                       struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_tell_fail(struct sw_session *session, const char *text) SW_MUST_CHECK;
/* `name` as in the message: NULL for the target itself. */
enum sw_status sw_tell_gap(struct sw_session *session, const char *name, const struct sw_error *gap,
                           struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_tell_done(struct sw_session *session, const char *name,
                            const struct sw_spooled *spooled, struct sw_error *error) SW_MUST_CHECK;
/* Waits for GO. */
enum sw_status sw_await_go(struct sw_session *session, struct sw_error *error) SW_MUST_CHECK;
/* Asks for a file; the descriptor is the caller's. */
enum sw_status sw_want_file(struct sw_session *session, struct sw_spooled *spooled,
                            struct sw_error *error) SW_MUST_CHECK;

/* --- engine_api.c --- */
enum sw_status sw_engine_api_fetch(struct sw_session *session,
                                   struct sw_error *error) SW_MUST_CHECK;
/* Fills `socket` with the path of the engine's socket, after trying to connect. */
enum sw_status sw_engine_api_find(enum sw_target_kind kind, char *socket, size_t socket_size,
                                  struct sw_error *error) SW_MUST_CHECK;

/* --- registry.c: all of one image --- */
enum sw_status sw_registry_fetch(struct sw_session *session, const struct sw_reference *reference,
                                 struct sw_credentials *credentials,
                                 struct sw_error *error) SW_MUST_CHECK;

#endif
