/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - the fetcher's main: order, credentials, door, and then the network. */
#include "sweeper/fetch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fetch/door.h"
#include "fetch/helper.h"
#include "fetch/session.h"

static enum sw_status take_order(struct sw_session *session, struct sw_error *error)
{
    struct sw_message message;

    sw_message_init(&message);
    enum sw_status status = sw_wire_receive(&session->intake, true, &message, error);
    if (status == SW_OK && message.type == SW_MESSAGE_FETCH && message.fd_count == 0)
        status = sw_buf_append(&session->order_body, message.body.data, message.body.size);
    else
        status = SW_STOP;
    if (status == SW_OK)
        status = sw_fetch_order_decode(sw_buf_view(&session->order_body), &session->order);
    sw_message_done(&message);
    session->spool_left = session->order.spool_max;
    return status;
}

/* The file that other programs are told to trust with this variable. */
static const char *ca_file(void)
{
    const char *path = getenv("SSL_CERT_FILE");

    return path != NULL && path[0] == '/' ? path : NULL;
}

/* Whom to ask, and as whom: all that is read from this machine is read here. */
struct plan {
    struct sw_reference reference;
    struct sw_credentials credentials;
    char socket[108]; /* what fits into an address */
};

static enum sw_status make_plan(struct sw_session *session, struct plan *plan,
                                struct sw_error *error)
{
    const struct sw_fetch_order *order = &session->order;
    char text[SW_FETCH_TEXT_MAX + 1];
    enum sw_status status;

    if (order->kind != SW_TARGET_REGISTRY) {
        status = sw_engine_api_find(order->kind, plan->socket, sizeof(plan->socket), error);
        session->http.socket = plan->socket;
        return status;
    }
    memcpy(text, order->target.data, order->target.size);
    text[order->target.size] = '\0';
    status = sw_reference_parse(text, &plan->reference, error);
    if (status == SW_OK)
        sw_credentials_find(plan->reference.host, order->credential_helpers, &plan->credentials);
    return status;
}

static enum sw_status work(struct sw_session *session, struct plan *plan, struct sw_error *error)
{
    enum sw_status status = make_plan(session, plan, error);

    session->http.insecure = session->order.insecure;
    session->http.timeout_s = session->order.timeout_s;
    session->http.ca_file = ca_file();
    if (status == SW_OK)
        status = sw_curl_load(&session->http.curl, error);
    if (status == SW_OK)
        status = sw_fetch_close_door(session->order.spool_max, session->http.ca_file,
                                     session->order.require_sandbox, error);
    if (status == SW_OK)
        status = sw_http_start(&session->http, error);
    if (status != SW_OK)
        return status;
    if (session->order.kind == SW_TARGET_REGISTRY)
        return sw_registry_fetch(session, &plan->reference, &plan->credentials, error);
    return sw_engine_api_fetch(session, error);
}

int sw_fetch_main(void)
{
    static struct plan plan; /* large */
    struct sw_session session = {.socket = SW_WIRE_FD};
    struct sw_error error = {0};

    /* It has no work without the supervisor; how a sweep is interrupted is the
     * supervisor's business. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sw_buf_init(&session.order_body, SW_FETCH_MESSAGE_MAX);
    enum sw_status status = sw_wire_in_init(&session.intake, session.socket, &error);
    if (status == SW_OK)
        status = take_order(&session, &error);
    if (status == SW_OK) {
        status = work(&session, &plan, &error);
        if (status == SW_OK)
            status = sw_tell(&session, &(struct sw_fetch_message){.kind = SW_FETCH_END}, &error);
        else
            (void)!sw_tell_fail(&session, error.text);
    }
    sw_credentials_forget(&plan.credentials);
    sw_http_end(&session.http);
    sw_wire_in_done(&session.intake);
    sw_buf_done(&session.order_body);
    int exit_status = status == SW_OK ? EXIT_SUCCESS : EXIT_FAILURE;
#ifdef SWEEPER_SANITIZED
    _exit(exit_status); /* a leak checker cannot look into a process behind this door */
#else
    return exit_status;
#endif
}
