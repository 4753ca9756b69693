/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl.h - libcurl, loaded when it is needed and by nobody else: as a library of the
 * program it would double what each of its processes loads (docs/decisions/).
 *
 * Runs in:  fetcher.
 * Threads:  one.
 * Fails:    SW_STOP when the library is not there or too old.
 */
#ifndef SWEEPER_FETCH_CURL_H
#define SWEEPER_FETCH_CURL_H

#include <curl/curl.h>

#include "sweeper/status.h"

/* X(member, name in the library, result, arguments) */
#define SW_CURL_TABLE(X)                                                                           \
    X(global_init, "curl_global_init", CURLcode, (long))                                           \
    X(init, "curl_easy_init", CURL *, (void))                                                      \
    X(reset, "curl_easy_reset", void, (CURL *))                                                    \
    X(setopt, "curl_easy_setopt", CURLcode, (CURL *, CURLoption, ...))                             \
    X(perform, "curl_easy_perform", CURLcode, (CURL *))                                            \
    X(getinfo, "curl_easy_getinfo", CURLcode, (CURL *, CURLINFO, ...))                             \
    X(cleanup, "curl_easy_cleanup", void, (CURL *))                                                \
    X(strerror, "curl_easy_strerror", const char *, (CURLcode))                                    \
    X(append, "curl_slist_append", struct curl_slist *, (struct curl_slist *, const char *))       \
    X(free_all, "curl_slist_free_all", void, (struct curl_slist *))

struct sw_curl {
#define SW_CURL_MEMBER(member, name, result, arguments) result(*member) arguments;
    SW_CURL_TABLE(SW_CURL_MEMBER)
#undef SW_CURL_MEMBER
};

enum sw_status sw_curl_load(struct sw_curl *curl, struct sw_error *error) SW_MUST_CHECK;

#endif
