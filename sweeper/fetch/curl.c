/* SPDX-License-Identifier: Apache-2.0 */
/* curl.c - finds libcurl and its functions. */
#include "fetch/curl.h"

#include <dlfcn.h>
#include <string.h>

static enum sw_status find(void *library, const char *name, void *function, size_t size,
                           struct sw_error *error)
{
    void *found = dlsym(library, name);

    if (found == NULL)
        return sw_fail(error, SW_STOP, "fetch", 0, "libcurl has no %s", name);
    memcpy(function, &found, size); /* POSIX: they have the same form */
    return SW_OK;
}

enum sw_status sw_curl_load(struct sw_curl *curl, struct sw_error *error)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    enum sw_status status = SW_OK;

    if (library == NULL)
        return sw_fail(error, SW_STOP, "fetch", 0,
                       "libcurl.so.4 cannot be loaded (Debian has it in libcurl4): %s", dlerror());
#define FIND(member, name, result, arguments)                                                      \
    if (status == SW_OK)                                                                           \
        status = find(library, name, &curl->member, sizeof(curl->member), error);
    SW_CURL_TABLE(FIND)
#undef FIND
    if (status == SW_OK && curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        status = sw_fail(error, SW_STOP, "fetch", 0, "libcurl does not start");
    return status;
}
