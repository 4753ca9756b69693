/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts a document of an image names. Input: the document. Every part is named by
 * a digest, and none twice; with a choice of platforms there are no others than without.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fetch/manifest.h"
#include "fuzz.h"

static void choose(struct sw_view text, const struct sw_fetch_parts *all)
{
    struct sw_fetch_parts parts = {.platforms = SW_VIEW("linux/amd64,linux/arm/v7")};
    struct sw_fetch_part config;
    struct sw_error error = {0};

    FUZZ_CHECK(sw_manifest_parts(text, 3, &parts, &error) != SW_STOP);
    if (all->count < SW_FETCH_PARTS_MAX)
        for (size_t i = 0; i < parts.count; i++)
            FUZZ_CHECK(sw_fetch_parts_have(all, parts.rows[i].digest));
    (void)sw_manifest_config_fits(&parts, text);
    if (sw_manifest_config(text, &config))
        FUZZ_CHECK(sw_target_is_digest(sw_view_of(config.digest)));
    sw_fetch_parts_done(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy((struct sw_view){data, size});
    struct sw_fetch_parts parts = {0};
    struct sw_error error = {0};
    enum sw_status status = sw_manifest_parts((struct sw_view){copy, size}, 3, &parts, &error);

    FUZZ_CHECK(status == SW_OK || (status == SW_PART && error.reason != SW_GAP_NONE));
    FUZZ_CHECK(parts.count <= SW_FETCH_PARTS_MAX);
    for (size_t i = 0; i < parts.count; i++) {
        FUZZ_CHECK(sw_target_is_digest(sw_view_of(parts.rows[i].digest)));
        FUZZ_CHECK(parts.rows[i].depth == 4 && !parts.rows[i].fetched);
        for (size_t j = 0; j < i && i < 64; j++)
            FUZZ_CHECK(strcmp(parts.rows[i].digest, parts.rows[j].digest) != 0);
    }
    choose((struct sw_view){copy, size}, &parts);
    sw_fetch_parts_done(&parts);
    free(copy);
    return 0;
}
