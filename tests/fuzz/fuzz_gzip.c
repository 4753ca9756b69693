/* SPDX-License-Identifier: Apache-2.0 */
/* gzip: what the source makes of it is what zlib makes of it, as far as zlib gets. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/source/sources.h"
#include "fuzz.h"
#include "fuzz_source.h"

/* The content of the first member by zlib; false: it is not whole. */
static bool by_zlib(struct sw_view data, struct sw_buf *out)
{
    uint8_t chunk[4096];
    z_stream zlib = {0};
    int said = Z_OK;
    FUZZ_CHECK(inflateInit2(&zlib, MAX_WBITS + 16) == Z_OK);
    zlib.next_in = (uint8_t *)(uintptr_t)data.data;
    zlib.avail_in = (unsigned)data.size;
    while (said == Z_OK && out->size < FUZZ_CONTENT_MAX) {
        zlib.next_out = chunk;
        zlib.avail_out = sizeof chunk;
        said = inflate(&zlib, Z_NO_FLUSH);
        FUZZ_CHECK(sw_buf_append(out, chunk, sizeof chunk - zlib.avail_out) == SW_OK);
    }
    inflateEnd(&zlib);
    return said == Z_STREAM_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    size_t step = fuzz_u8(&input);
    struct sw_buf wanted;
    struct sw_buf got;
    sw_buf_init(&wanted, FUZZ_CONTENT_MAX + 65536);
    sw_buf_init(&got, 2 * FUZZ_CONTENT_MAX);
    fuzz_probe(&sw_source_gzip, input.rest);
    struct fuzz_got whole = fuzz_source_into(&sw_source_gzip, input.rest, 0, &got);
    if (step > 0)
        fuzz_same(fuzz_source(&sw_source_gzip, input.rest, step), whole);
    /* zlib checks a header's own sum, which says nothing of the content. */
    if (by_zlib(input.rest, &wanted) && wanted.size < FUZZ_CONTENT_MAX) {
        FUZZ_CHECK(got.size >= wanted.size);
        FUZZ_CHECK(wanted.size == 0 || memcmp(got.data, wanted.data, wanted.size) == 0);
    }
    sw_buf_done(&wanted);
    sw_buf_done(&got);
    return 0;
}
