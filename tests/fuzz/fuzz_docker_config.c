/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's configuration, and what a credential helper answers. Input: the text, read as
 * both. No text that is taken holds what a header may not hold.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fetch/docker_config.h"
#include "fuzz.h"

static void check_text(const char *text, size_t size_max)
{
    size_t size = strnlen(text, size_max);

    FUZZ_CHECK(size < size_max);
    for (size_t i = 0; i < size; i++)
        FUZZ_CHECK((uint8_t)text[i] >= ' ' && text[i] != 127);
}

static void check(const struct sw_credentials *found)
{
    check_text(found->user, sizeof(found->user));
    check_text(found->password, sizeof(found->password));
    check_text(found->identity, sizeof(found->identity));
    FUZZ_CHECK(found->helper[0] == '\0' || sw_credentials_is_helper(found->helper));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {"docker.io", "h.io", "localhost:5000"};
    uint8_t *copy = fuzz_copy((struct sw_view){data, size});
    static struct sw_credentials found;

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (sw_docker_config_find((struct sw_view){copy, size}, hosts[i], &found, NULL) == SW_OK)
            check(&found);
    memset(&found, 0, sizeof(found));
    if (sw_credentials_of_helper((struct sw_view){copy, size}, &found, NULL) == SW_OK)
        FUZZ_CHECK((found.user[0] != '\0') != (found.identity[0] != '\0'));
    check(&found);
    free(copy);
    return 0;
}
