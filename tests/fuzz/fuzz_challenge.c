/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header WWW-Authenticate, and URLs. Input: the header's value; its realm is then
 * looked at as a URL.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fetch/challenge.h"
#include "fetch/url.h"
#include "fuzz.h"

static bool names_owner(struct sw_view authority)
{
    for (size_t i = 0; i < authority.size; i++)
        if (sw_view_starts_fold(sw_view_skip(authority, i), SW_VIEW("example.org")))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy((struct sw_view){data, size});
    const struct sw_challenge found = sw_challenge_parse((struct sw_view){copy, size});
    const struct sw_view realm = sw_view_of(found.realm);
    struct sw_url url;

    FUZZ_CHECK(found.bearer == (found.realm[0] != '\0'));
    for (size_t i = 0; i < realm.size; i++)
        FUZZ_CHECK(realm.data[i] >= ' ' && realm.data[i] != 127);
    if (sw_url_split(realm, &url)) {
        FUZZ_CHECK(url.authority.size != 0 &&
                   sw_view_find(url.authority, '@') == url.authority.size);
        FUZZ_CHECK(sw_url_same_origin(realm, realm));
        /* Only who has the owner's name in his may see what is the owner's. */
        FUZZ_CHECK(!sw_url_shares_owner(url.authority, SW_VIEW("registry.example.org")) ||
                   names_owner(url.authority));
    }
    free(copy);
    return 0;
}
