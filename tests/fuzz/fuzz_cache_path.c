/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches by the shape of a path. Input: the path.
 *
 * Names lie in the path and are plain; what lies below a folder of uv is in it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "fuzz.h"
#include "supervisor/cache_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sw_view path = {fuzz_copy((struct sw_view){data, size}), size};
    struct sw_cache cache;

    if (sw_cache_of(path, &cache)) {
        FUZZ_CHECK(cache.tool != NULL && cache.part != NULL && cache.ecosystem != NULL);
        FUZZ_CHECK((cache.name.size == 0) == (cache.version.size == 0));
        for (size_t i = 0; i < cache.name.size; i++)
            FUZZ_CHECK(cache.name.data[i] > ' ' && cache.name.data[i] <= '~');
        FUZZ_CHECK(cache.name.size == 0 ||
                   (cache.name.data >= path.data &&
                    cache.name.data + cache.name.size <= path.data + path.size));
        FUZZ_CHECK(cache.join != SW_CACHE_NPM || strlen(cache.key) == SW_CACHE_DIGEST);
        FUZZ_CHECK(cache.join != SW_CACHE_UV ||
                   (cache.folder.data == path.data && cache.folder.size < path.size));
    }
    free((void *)(uintptr_t)path.data);
    return 0;
}
