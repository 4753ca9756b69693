/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts a document of an image names. Input: the document. Every part is named by
 * a digest, and none twice.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fetch/manifest.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy((struct sw_view){data, size});
    struct sw_parts parts = {0};
    struct sw_error error = {0};
    enum sw_status status = sw_manifest_parts((struct sw_view){copy, size}, 3, &parts, &error);

    FUZZ_CHECK(status == SW_OK || (status == SW_PART && error.reason != SW_GAP_NONE));
    FUZZ_CHECK(parts.count <= SW_PARTS_MAX);
    for (size_t i = 0; i < parts.count; i++) {
        FUZZ_CHECK(sw_target_is_digest(sw_view_of(parts.rows[i].digest)));
        FUZZ_CHECK(parts.rows[i].depth == 4 && !parts.rows[i].fetched);
        for (size_t j = 0; j < i && i < 64; j++)
            FUZZ_CHECK(strcmp(parts.rows[i].digest, parts.rows[j].digest) != 0);
    }
    sw_parts_done(&parts);
    free(copy);
    return 0;
}
