/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zip in three parts. Input: u16 size of the first part, u16 end of the second (the
 * highest bit of each: it is missing), then all of them.
 *
 * What comes of it is within its bounds, is the same twice, and an ordinary zip in the
 * eyes of whoever asks for parts.
 */
#include <string.h>

#include "engine/source/zip_parts.h"
#include "fuzz.h"

enum { PARTS = 3, MEMORY_MAX = 1 << 20, MISSING = 0x8000 };

static void check(struct sw_join *join)
{
    struct sw_zip_merged first, again;
    struct sw_error error = {.reason = SW_GAP_NONE};
    uint32_t parts = 0;
    const enum sw_status status = sw_zip_merge(join, MEMORY_MAX, &first, &error);

    FUZZ_CHECK(status == SW_OK || (status == SW_DEAD && error.reason != SW_GAP_NONE));
    FUZZ_CHECK(sw_zip_merge(join, MEMORY_MAX, &again, &error) == status);
    if (status == SW_OK) {
        const struct sw_view directory = sw_buf_view(&first.directory);
        struct sw_blob blob = sw_blob_of_bytes(directory.data, directory.size);
        FUZZ_CHECK(first.from <= join->blob.size && directory.size <= MEMORY_MAX);
        FUZZ_CHECK(again.from == first.from && again.lost == first.lost &&
                   again.directory.size == directory.size);
        FUZZ_CHECK(memcmp(again.directory.data, directory.data, directory.size) == 0);
        FUZZ_CHECK(!sw_zip_is_last(&blob, &parts));
    }
    sw_zip_merged_done(&first);
    sw_zip_merged_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    const uint32_t cuts[2] = {fuzz_u16(&input), fuzz_u16(&input)};
    struct sw_view rest = input.rest;
    struct sw_blob blobs[PARTS];
    struct sw_join_part parts[PARTS] = {0};
    struct sw_join join;
    size_t at = 0;

    for (size_t i = 0; i < PARTS; i++) {
        size_t end = i + 1 < PARTS ? cuts[i] & ~(uint32_t)MISSING : rest.size;
        end = end > rest.size ? rest.size : end < at ? at : end;
        blobs[i] = sw_blob_of_bytes(rest.data + at, end - at);
        parts[i].size = end - at;
        if (i + 1 == PARTS || (cuts[i] & MISSING) == 0)
            parts[i].blob = &blobs[i];
        at = end;
    }
    FUZZ_CHECK(sw_join_init(&join, parts, PARTS));
    check(&join);
    return 0;
}
