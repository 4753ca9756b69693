/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index files of npm's cache. Input: how long an answer may be, then the content.
 *
 * An answer has a name, a version and a digest, fits, and is the same a second time.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/package/npm_cache.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    size_t room = fuzz_u8(&input) + 1U;
    const struct sw_view content = {fuzz_copy(input.rest), input.rest.size};
    char *text = malloc(room);
    char again[257];

    FUZZ_CHECK(text != NULL);
    size_t made = sw_npm_cache_answer(content, text, room);
    FUZZ_CHECK(made < room);
    FUZZ_CHECK(sw_npm_cache_answer(content, again, room) == made);
    if (made != 0) {
        const struct sw_view answer = {(const uint8_t *)text, made};
        size_t slash = sw_view_find_last(answer, '/');
        FUZZ_CHECK(memcmp(text, again, made) == 0);
        FUZZ_CHECK(made - slash == 1 + SW_NPM_CACHE_DIGEST &&
                   sw_view_is_hex(sw_view_skip(answer, slash + 1)));
        FUZZ_CHECK(sw_view_find_last(sw_view_first(answer, slash), '@') > 0);
        for (size_t i = 0; i < made; i++)
            FUZZ_CHECK(text[i] > ' ' && text[i] <= '~');
    }
    free(text);
    free((void *)(uintptr_t)content.data);
    return 0;
}
