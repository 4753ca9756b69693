/* SPDX-License-Identifier: Apache-2.0 */
/* registry_auth.c - answers to a registry's 401. */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fetch/challenge.h"
#include "fetch/registry.h"
#include "fetch/url.h"

enum { TOKEN_MAX = 64 << 10, URL_MAX_BYTES = 4096 };

static void drop(char **secret)
{
    if (*secret != NULL)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

void sw_registry_forget(struct sw_registry *registry)
{
    drop(&registry->authorization);
}

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "fetch", 0, "no memory for an authorization");
}

/* "Basic " and the credentials in base64; NULL without memory. */
static char *basic_of(const struct sw_credentials *credentials)
{
    char *plain = NULL, *header = NULL;
    int size = asprintf(&plain, "%s:%s", credentials->user, credentials->password);

    if (size < 0)
        return NULL;
    header = malloc(sizeof("Basic ") + ((size_t)size + 2) / 3 * 4);
    if (header != NULL) {
        char *end = stpcpy(header, "Basic ");
        EVP_EncodeBlock((unsigned char *)end, (const unsigned char *)plain, size);
    }
    drop(&plain);
    return header;
}

/* --- Tokens --------------------------------------------------------------------------- */

static enum sw_status keep_text(void *context, const struct sw_response *response,
                                struct sw_view bytes, struct sw_error *error)
{
    (void)response;
    if (sw_buf_append(context, bytes.data, bytes.size) == SW_OK)
        return SW_OK;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0,
                       "the token service sends more than %d bytes", TOKEN_MAX);
}

static bool is_token(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 127)
            return false;
    return text[0] != '\0';
}

/* "Bearer " and the token of the service's answer. */
static enum sw_status take_token(struct sw_registry *registry, struct sw_view text,
                                 struct sw_error *error)
{
    json_t *answer = json_loadb((const char *)text.data, text.size, 0, NULL);
    const char *token = json_string_value(json_object_get(answer, "token"));
    enum sw_status status = SW_OK;

    if (token == NULL)
        token = json_string_value(json_object_get(answer, "access_token"));
    if (token == NULL || !is_token(token)) {
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_UNREADABLE, "fetch", 0,
                             "the token service gives no token");
    } else {
        drop(&registry->authorization);
        if (asprintf(&registry->authorization, "Bearer %s", token) < 0) {
            registry->authorization = NULL;
            status = no_memory(error);
        }
    }
    json_decref(answer);
    return status;
}

/* What is asked: "service=...&scope=repository:NAME:pull", and never more than that. */
static enum sw_status query_of(const struct sw_registry *registry,
                               const struct sw_challenge *challenge, struct sw_buf *query)
{
    enum sw_status status = sw_buf_append_text(query, "service=");

    if (status == SW_OK)
        status = sw_url_encode(query, sw_view_of(challenge->service));
    if (status == SW_OK)
        status = sw_buf_append_text(query, "&scope=repository%3A");
    if (status == SW_OK)
        status = sw_url_encode(query, sw_view_of(registry->reference->name));
    return status == SW_OK ? sw_buf_append_text(query, "%3Apull") : status;
}

/* The same and the user's refresh token, to be posted. */
static enum sw_status form_of(const struct sw_registry *registry, struct sw_buf *query)
{
    enum sw_status status =
        sw_buf_append_text(query, "&grant_type=refresh_token&client_id=sweeper&refresh_token=");

    return status == SW_OK ? sw_url_encode(query, sw_view_of(registry->credentials->identity))
                           : status;
}

static enum sw_status send_for_token(struct sw_registry *registry, struct sw_request request,
                                     struct sw_error *error)
{
    struct sw_response response;
    struct sw_buf text;

    sw_buf_init(&text, TOKEN_MAX);
    request.take = keep_text;
    request.context = &text;
    request.time_max_s = 4 * registry->session->order.timeout_s;
    enum sw_status status = sw_http_send(&registry->session->http, &request, &response, error);
    if (status == SW_OK && response.status == 200)
        status = take_token(registry, sw_buf_view(&text), error);
    else if (status == SW_OK)
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_UNREADABLE, "fetch", 0,
                             "the token service answers %ld", response.status);
    if (text.data != NULL)
        explicit_bzero(text.data, text.size);
    sw_buf_done(&text);
    return status == SW_PART ? SW_SKIP : status;
}

/* The user's credentials go along only where they belong. */
static bool may_show(const struct sw_registry *registry, const struct sw_url *realm)
{
    return sw_url_shares_owner(realm->authority, sw_view_of(registry->reference->connect));
}

static enum sw_status fetch_token(struct sw_registry *registry,
                                  const struct sw_challenge *challenge, struct sw_error *error)
{
    const struct sw_credentials *credentials = registry->credentials;
    struct sw_request request = {0};
    struct sw_url realm;
    struct sw_buf query;
    char *url = NULL, *basic = NULL;
    enum sw_status status;

    if (!sw_url_split(sw_view_of(challenge->realm), &realm) ||
        (!sw_url_is_https(&realm) && !registry->session->order.insecure))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_UNREADABLE, "fetch", 0,
                           "the registry names a token service that is not to be trusted: %s",
                           challenge->realm);
    bool shown = may_show(registry, &realm);
    sw_buf_init(&query, (size_t)4 * SW_CREDENTIAL_MAX);
    status = query_of(registry, challenge, &query);
    if (status == SW_OK && shown && credentials->identity[0] != '\0') {
        status = form_of(registry, &query);
    } else if (shown && credentials->user[0] != '\0' && (basic = basic_of(credentials)) == NULL) {
        status = SW_STOP;
    }
    if (status == SW_OK)
        status = sw_buf_terminate(&query);
    if (status == SW_OK && shown && credentials->identity[0] != '\0') {
        request.url = challenge->realm;
        request.form = (const char *)query.data;
    } else if (status == SW_OK) {
        const char *mark = strchr(challenge->realm, '?') != NULL ? "&" : "?";
        if (asprintf(&url, "%s%s%s", challenge->realm, mark, (const char *)query.data) < 0)
            url = NULL;
        request.url = url;
        request.authorization = basic;
    }
    status = status == SW_OK && request.url != NULL ? send_for_token(registry, request, error)
                                                    : no_memory(error);
    if (status == SW_SKIP && !shown &&
        (credentials->user[0] != '\0' || credentials->identity[0] != '\0'))
        status =
            sw_fail_gap(error, SW_SKIP, SW_GAP_UNREADABLE, "fetch", 0,
                        "the registry sends to a token service of somebody else (%.*s), which "
                        "is not shown the credentials: %s",
                        (int)realm.authority.size, (const char *)realm.authority.data, error->text);
    if (query.data != NULL)
        explicit_bzero(query.data, query.size);
    sw_buf_done(&query);
    drop(&basic);
    free(url);
    return status;
}

enum sw_status sw_registry_authorize(struct sw_registry *registry,
                                     const struct sw_response *response, struct sw_error *error)
{
    struct sw_challenge challenge = sw_challenge_parse(sw_view_of(response->challenge));

    if (challenge.bearer)
        return fetch_token(registry, &challenge, error);
    if (challenge.basic && registry->credentials->user[0] != '\0') {
        drop(&registry->authorization);
        registry->authorization = basic_of(registry->credentials);
        return registry->authorization != NULL ? SW_OK : no_memory(error);
    }
    return sw_fail_gap(error, SW_SKIP, SW_GAP_UNREADABLE, "fetch", 0,
                       challenge.basic ? "the registry wants credentials, and there are none for it"
                                       : "the registry wants what is not known here");
}
