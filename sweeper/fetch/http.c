/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - libcurl, told to do nothing by itself. */
#include "fetch/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fetch/url.h"
#include "sweeper/text.h"

enum {
    SLOWEST = 1024, /* bytes a second, over `timeout_s` */
    URL_MAX_BYTES = 8192,
    RETRY_AFTER_MAX_S = 30,
};

/* One request under way. */
struct transfer {
    struct sw_http *http;
    const struct sw_request *request;
    struct sw_response *response;
    struct sw_error *error;
    enum sw_status taken; /* what `take` said last */
};

enum sw_status sw_http_start(struct sw_http *http, struct sw_error *error)
{
    http->easy = http->curl.init();
    return http->easy != NULL ? SW_OK : sw_fail(error, SW_STOP, "fetch", 0, "libcurl: no memory");
}

void sw_http_end(struct sw_http *http)
{
    if (http->easy != NULL)
        http->curl.cleanup(http->easy);
    http->easy = NULL;
}

/* --- What comes ------------------------------------------------------------------ */

/* The value when the line is this header. */
static bool header_is(struct sw_view line, struct sw_view name, struct sw_view *value)
{
    if (!sw_view_starts_fold(line, name))
        return false;
    *value = sw_view_trim(sw_view_skip(line, name.size));
    return true;
}

static uint64_t number_at(struct sw_view text)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.size && sw_is_digit(text.data[i]); i++)
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value))
            return UINT64_MAX;
    return value;
}

static void add_challenge(struct sw_response *response, struct sw_view value)
{
    size_t used = strlen(response->challenge);

    if (value.size + 3 > sizeof(response->challenge) - used ||
        memchr(value.data, '\0', value.size) != NULL)
        return;
    char *at = response->challenge + used;
    if (used != 0)
        at = stpcpy(at, ", ");
    memcpy(at, value.data, value.size);
    at[value.size] = '\0';
}

static size_t on_header(char *data, size_t one, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct sw_response *response = transfer->response;
    struct sw_view line = {(const uint8_t *)data, one * count}, value;

    response->header_size += line.size;
    if (response->header_size > SW_HTTP_HEADERS_MAX) {
        response->too_much = true;
        return 0;
    }
    if (header_is(line, SW_VIEW("www-authenticate:"), &value))
        add_challenge(response, value);
    else if (header_is(line, SW_VIEW("content-range:"), &value) &&
             sw_view_starts_fold(value, SW_VIEW("bytes ")))
        response->from = number_at(sw_view_skip(value, 6));
    else if (header_is(line, SW_VIEW("retry-after:"), &value)) {
        uint64_t seconds = number_at(value);
        response->retry_after_s =
            seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (uint32_t)seconds;
    }
    return line.size;
}

static size_t on_body(char *data, size_t one, size_t count, void *context)
{
    struct transfer *transfer = context;
    const struct sw_http *http = transfer->http;
    size_t size = one * count;

    http->curl.getinfo(http->easy, CURLINFO_RESPONSE_CODE, &transfer->response->status);
    if (transfer->response->status != 200 && transfer->response->status != 206)
        return 0; /* what an error page says does not matter */
    transfer->taken =
        transfer->request->take(transfer->request->context, transfer->response,
                                (struct sw_view){(const uint8_t *)data, size}, transfer->error);
    return transfer->taken == SW_OK ? size : 0;
}

/* --- One request ------------------------------------------------------------------ */

static enum sw_status add_header(struct sw_http *http, struct curl_slist **headers,
                                 const char *name, const char *value, struct sw_error *error)
{
    char *line = NULL;
    struct curl_slist *longer = NULL;

    if (value == NULL)
        return SW_OK;
    if (asprintf(&line, "%s: %s", name, value) >= 0) {
        longer = http->curl.append(*headers, line);
        free(line);
    }
    if (longer == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_IO_ERROR, "fetch", 0, "no memory for a request");
    *headers = longer;
    return SW_OK;
}

static void set_connection(struct sw_http *http, const struct sw_request *request)
{
    CURLcode (*set)(CURL *, CURLoption, ...) = http->curl.setopt;
    CURL *easy = http->easy;

    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PROTOCOLS_STR,
        http->socket != NULL || http->insecure ? "http,https" : "https");
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_USERAGENT, "sweeper/" SWEEPER_VERSION);
    set(easy, CURLOPT_CONNECTTIMEOUT, (long)http->timeout_s);
    /* An engine prepares an image for a while before it says anything. */
    set(easy, CURLOPT_LOW_SPEED_LIMIT, http->socket != NULL ? 1L : (long)SLOWEST);
    set(easy, CURLOPT_LOW_SPEED_TIME, (long)http->timeout_s * (http->socket != NULL ? 4 : 1));
    set(easy, CURLOPT_TIMEOUT, (long)request->time_max_s);
    set(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
    set(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    if (http->socket != NULL) {
        set(easy, CURLOPT_UNIX_SOCKET_PATH, http->socket);
        set(easy, CURLOPT_PROXY, "");
    }
    if (http->insecure) {
        set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (http->ca_file != NULL)
        set(easy, CURLOPT_CAINFO, http->ca_file);
}

static void set_callbacks(struct sw_http *http, struct transfer *transfer)
{
    http->curl.setopt(http->easy, CURLOPT_HEADERFUNCTION, on_header);
    http->curl.setopt(http->easy, CURLOPT_HEADERDATA, transfer);
    http->curl.setopt(http->easy, CURLOPT_WRITEFUNCTION, on_body);
    http->curl.setopt(http->easy, CURLOPT_WRITEDATA, transfer);
}

/* What the library says, as a gap and as something to try again or not. */
static enum sw_status judge(const struct transfer *transfer, CURLcode code)
{
    struct sw_error *error = transfer->error;
    const char *why = transfer->http->curl.strerror(code);

    if (transfer->response->too_much)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0,
                           "the server sends more than %d bytes of headers", SW_HTTP_HEADERS_MAX);
    if (transfer->taken != SW_OK)
        return SW_SKIP; /* `take` has said why */
    switch (code) {
    case CURLE_OK:
        return SW_OK;
    case CURLE_WRITE_ERROR: /* our own: an error page is not read */
        if (transfer->response->status >= 300)
            return SW_OK;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_IO_ERROR, "fetch", 0, "%s", why);
    case CURLE_OPERATION_TIMEDOUT:
        return sw_fail_gap(error, SW_PART, SW_GAP_TIMEOUT, "fetch", 0,
                           "the server did not answer, or too slowly");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return sw_fail_gap(error, SW_SKIP, SW_GAP_UNREADABLE, "fetch", 0, "%s", why);
    default:
        return sw_fail_gap(error, SW_PART, SW_GAP_IO_ERROR, "fetch", 0, "%s", why);
    }
}

static enum sw_status send_once(struct sw_http *http, const struct sw_request *request,
                                struct sw_response *response, struct sw_error *error)
{
    struct transfer transfer = {
        .http = http, .request = request, .response = response, .error = error};
    struct curl_slist *headers = NULL;
    char range[32];

    *response = (struct sw_response){0};
    http->curl.reset(http->easy);
    set_connection(http, request);
    set_callbacks(http, &transfer);
    http->curl.setopt(http->easy, CURLOPT_URL, request->url);
    if (request->form != NULL)
        http->curl.setopt(http->easy, CURLOPT_POSTFIELDS, request->form);
    if (request->from != 0) {
        (void)snprintf(range, sizeof(range), "%llu-", (unsigned long long)request->from);
        http->curl.setopt(http->easy, CURLOPT_RANGE, range);
    }
    enum sw_status status = add_header(http, &headers, "Accept", request->accept, error);
    if (status == SW_OK)
        status = add_header(http, &headers, "Authorization", request->authorization, error);
    if (status == SW_OK) {
        http->curl.setopt(http->easy, CURLOPT_HTTPHEADER, headers);
        status = judge(&transfer, http->curl.perform(http->easy));
        http->curl.getinfo(http->easy, CURLINFO_RESPONSE_CODE, &response->status);
    }
    http->curl.free_all(headers);
    return status;
}

/* --- Redirections ------------------------------------------------------------------ */

static bool is_redirection(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where the last response leads, copied into `url`. */
static enum sw_status next_url(struct sw_http *http, char url[URL_MAX_BYTES],
                               struct sw_error *error)
{
    const char *next = NULL;
    struct sw_url parts;

    http->curl.getinfo(http->easy, CURLINFO_REDIRECT_URL, &next);
    if (next == NULL || strlen(next) >= URL_MAX_BYTES || !sw_url_split(sw_view_of(next), &parts))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0,
                           "the server leads to what is no web address");
    if (!sw_url_is_https(&parts) && !http->insecure)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_UNREADABLE, "fetch", 0,
                           "the server leads to an address without TLS");
    memcpy(url, next, strlen(next) + 1);
    return SW_OK;
}

enum sw_status sw_http_send(struct sw_http *http, const struct sw_request *request,
                            struct sw_response *response, struct sw_error *error)
{
    struct sw_request now = *request;
    char url[URL_MAX_BYTES];
    enum sw_status status = send_once(http, &now, response, error);

    for (unsigned count = 0; status == SW_OK && is_redirection(response->status); count++) {
        if (count == SW_HTTP_REDIRECTS_MAX)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0,
                               "the server leads on and on: more than %d redirections",
                               SW_HTTP_REDIRECTS_MAX);
        if (http->socket != NULL || request->form != NULL)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0,
                               "the server leads elsewhere where it may not");
        status = next_url(http, url, error);
        if (status != SW_OK)
            return status;
        if (!sw_url_same_origin(sw_view_of(url), sw_view_of(request->url)))
            now.authorization = NULL; /* never to another host */
        now.url = url;
        status = send_once(http, &now, response, error);
    }
    return status;
}
