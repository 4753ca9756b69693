/* SPDX-License-Identifier: Apache-2.0 */
/* registry_get.c - one document or blob, in spite of the network. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/view.h"
#include "fetch/registry.h"

enum {
    TRIES_MAX = 4,         /* in a row that bring nothing */
    LOGINS_MAX = 2,        /* a token may run out once more */
    PROGRESS = 64 << 10,   /* bytes that count as something */
    PAUSE_FIRST_MS = 500,  /* doubled each time */
    TIMEOUTS_IN_ALL = 120, /* of --fetch-timeout, for one blob */
    GREETING_TIMEOUTS = 2,
};

/* --- Catching --------------------------------------------------------------------------- */

static enum sw_status start_over(struct sw_catch *got, struct sw_error *error)
{
    if (got->kept != NULL)
        sw_buf_clear(got->kept);
    got->kept_cut = false;
    enum sw_status status = sw_digest_start(got->digest);
    return status == SW_OK && got->file.size != 0 ? sw_spooled_restart(&got->file, error) : status;
}

static enum sw_status keep(struct sw_catch *got, struct sw_view bytes, struct sw_error *error)
{
    uint64_t before = got->file.size;
    enum sw_status status = sw_spooled_add(&got->file, bytes, error);

    bytes = sw_view_first(bytes, (size_t)(got->file.size - before));
    if (sw_digest_update(got->digest, bytes.data, bytes.size) != SW_OK)
        return sw_fail(error, SW_STOP, "fetch", 0, "no memory for a digest");
    if (got->kept != NULL && sw_buf_append(got->kept, bytes.data, bytes.size) != SW_OK)
        got->kept_cut = true;
    return status;
}

/* One response, piece by piece. */
struct attempt {
    struct sw_catch *got;
    bool begun;
};

/* A server that does not resume starts from the beginning; one that resumes elsewhere is
 * not understood. */
static enum sw_status begin(struct attempt *attempt, const struct sw_response *response,
                            struct sw_error *error)
{
    attempt->begun = true;
    if (response->status == 200)
        return start_over(attempt->got, error);
    if (response->from == attempt->got->file.size)
        return SW_OK;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_IO_ERROR, "fetch", 0,
                       "the registry resumes at another place than asked");
}

static enum sw_status take(void *context, const struct sw_response *response, struct sw_view bytes,
                           struct sw_error *error)
{
    struct attempt *attempt = context;
    struct sw_catch *got = attempt->got;
    enum sw_status status = attempt->begun ? SW_OK : begin(attempt, response, error);

    if (status != SW_OK)
        return status;
    uint64_t room = got->size - got->file.size;
    struct sw_view fitting = sw_view_first(bytes, bytes.size < room ? bytes.size : (size_t)room);
    status = keep(got, fitting, error);
    if (status == SW_OK && fitting.size < bytes.size)
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0,
                             "the registry sends more than the %llu bytes that were announced",
                             (unsigned long long)got->size);
    return status;
}

/* --- Asking ------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(uint64_t ms)
{
    nanosleep(
        &(struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000},
        NULL);
}

static bool may_pass(long status)
{
    return status == 408 || status == 429 || status >= 500;
}

static enum sw_status say_status(long status, struct sw_error *error)
{
    enum sw_gap reason = status == 404                    ? SW_GAP_MISSING_PART
                         : status == 401 || status == 403 ? SW_GAP_UNREADABLE
                                                          : SW_GAP_IO_ERROR;

    if (status == 404)
        return sw_fail_gap(error, SW_SKIP, reason, "fetch", 0, "the registry does not have it");
    return sw_fail_gap(error, SW_SKIP, reason, "fetch", 0, "the registry answers %ld%s", status,
                       reason == SW_GAP_UNREADABLE ? " (no access)" : "");
}

/* One response that is no 401, with new authorizations on the way. */
static enum sw_status ask(struct sw_registry *registry, struct sw_request *request,
                          struct sw_response *response, struct sw_error *error)
{
    for (unsigned logins = 0;; logins++) {
        request->authorization = registry->authorization;
        enum sw_status status = sw_http_send(&registry->session->http, request, response, error);
        if (status != SW_OK || response->status != 401 || logins == LOGINS_MAX)
            return status;
        status = sw_registry_authorize(registry, response, error);
        if (status != SW_OK)
            return status;
    }
}

/* One try. SW_PART: another one may help. */
static enum sw_status try_once(struct sw_registry *registry, struct sw_request request,
                               struct sw_catch *got, struct sw_response *response,
                               struct sw_error *error)
{
    struct attempt attempt = {.got = got};

    request.take = take;
    request.context = &attempt;
    request.from = got->file.size;
    enum sw_status status = ask(registry, &request, response, error);
    if (status != SW_OK)
        return status;
    if (response->status == 200 || response->status == 206)
        return SW_OK;
    status = say_status(response->status, error);
    return may_pass(response->status) ? SW_PART : status;
}

static enum sw_status get_in_tries(struct sw_registry *registry, struct sw_request *request,
                                   struct sw_catch *got, long *http_status, bool *resumed,
                                   struct sw_error *error)
{
    const uint32_t time_max_s = TIMEOUTS_IN_ALL * registry->session->order.timeout_s;
    const int64_t until_ms = now_ms() + (int64_t)time_max_s * 1000;
    struct sw_response response = {0};

    for (unsigned tries = 0;; tries++) {
        uint64_t before = got->file.size;
        int64_t left_ms = until_ms - now_ms();
        if (left_ms < 1000)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_TIMEOUT, "fetch", 0,
                               "it took longer than %u seconds", time_max_s);
        request->time_max_s = (uint32_t)(left_ms / 1000);
        enum sw_status status = try_once(registry, *request, got, &response, error);
        *http_status = response.status;
        *resumed |= response.status == 206;
        if (status != SW_PART)
            return status;
        if (got->file.size > before && got->file.size - before >= PROGRESS)
            tries = 0;
        if (tries + 1 >= TRIES_MAX)
            return SW_SKIP;
        pause_ms(response.retry_after_s != 0 ? (uint64_t)response.retry_after_s * 1000
                                             : (uint64_t)PAUSE_FIRST_MS << tries);
    }
}

/* Held against what it is called, if that is a SHA-256. */
static bool is_what_it_is_called(const struct sw_catch *got, const char *path)
{
    const char *named = strstr(path, "/sha256:");

    return named == NULL || strcmp(named + sizeof("/sha256:") - 1, got->sha256) == 0;
}

enum sw_status sw_registry_get(struct sw_registry *registry, const char *path, const char *accept,
                               struct sw_catch *got, long *http_status, struct sw_error *error)
{
    char url[2048];
    struct sw_request request = {.url = url, .accept = accept};
    enum sw_status status = start_over(got, error);

    *http_status = 0;
    (void)snprintf(url, sizeof(url), "%s://%s/v2/%s/%s", registry->scheme,
                   registry->reference->connect, registry->reference->name, path);
    for (bool again = true; status == SW_OK; again = false) {
        bool resumed = false;
        status = get_in_tries(registry, &request, got, http_status, &resumed, error);
        if (sw_digest_finish(got->digest, got->sha256) != SW_OK)
            return sw_fail(error, SW_STOP, "fetch", 0, "no memory for a digest");
        /* Put together from pieces of two different things: once more, in one piece. */
        if (status != SW_OK || !resumed || !again || is_what_it_is_called(got, path))
            break;
        status = start_over(got, error);
    }
    if (status == SW_OK && got->size != UINT64_MAX && got->file.size < got->size)
        status = sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, "fetch", 0,
                             "the registry sends %llu of the %llu bytes that were announced",
                             (unsigned long long)got->file.size, (unsigned long long)got->size);
    return status;
}

/* --- The first contact -------------------------------------------------------------------- */

static enum sw_status take_nothing(void *context, const struct sw_response *response,
                                   struct sw_view bytes, struct sw_error *error)
{
    size_t *count = context;

    (void)response;
    *count += bytes.size;
    if (*count <= (size_t)SW_DOCUMENT_MAX)
        return SW_OK;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "fetch", 0, "the registry greets too long");
}

/* Whatever it answers will do: what it wants to be shown it says of the next request. */
enum sw_status sw_registry_greet(struct sw_registry *registry, struct sw_error *error)
{
    static const char *const schemes[] = {"https", "http"};
    const size_t count = registry->session->order.insecure ? 2 : 1;
    struct sw_response response;
    size_t size = 0;
    char url[1024];
    enum sw_status status = SW_PART;
    struct sw_request request = {.url = url,
                                 .time_max_s =
                                     GREETING_TIMEOUTS * registry->session->order.timeout_s,
                                 .take = take_nothing,
                                 .context = &size};

    for (size_t i = 0; i < count && status == SW_PART; i++) {
        registry->scheme = schemes[i];
        (void)snprintf(url, sizeof(url), "%s://%s/v2/", schemes[i], registry->reference->connect);
        status = sw_http_send(&registry->session->http, &request, &response, error);
    }
    return status;
}
