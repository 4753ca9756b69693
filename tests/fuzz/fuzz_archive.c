/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and streams: the first byte picks the source, the second how the bytes
 * come; the rest is opened, listed and read. */
#include <stdlib.h>

#include "engine/source/sources.h"
#include "fuzz.h"
#include "fuzz_source.h"

static const struct sw_source *const sources[] = {
    &sw_source_tar,      &sw_source_cpio,       &sw_source_ar,       &sw_source_rpm,
    &sw_source_lha,      &sw_source_warc,       &sw_source_zip,      &sw_source_zip_stream,
    &sw_source_7z,       &sw_source_rar,        &sw_source_rar5,     &sw_source_cab,
    &sw_source_iso9660,  &sw_source_xar,        &sw_source_bzip2,    &sw_source_xz,
    &sw_source_lzma,     &sw_source_lzip,       &sw_source_zstd,     &sw_source_lz4,
    &sw_source_compress, &sw_source_uuencode,   &sw_source_appended, &sw_source_behind,
    &sw_source_unread,   &sw_source_http_cache,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    const struct sw_source *source =
        sources[fuzz_u8(&input) % (sizeof sources / sizeof sources[0])];
    size_t step = fuzz_u8(&input);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        fuzz_probe(sources[i], input.rest);
    struct fuzz_got whole = fuzz_source(source, input.rest, 0);
    /* The same content, however it comes. */
    if (source->stream && source->sequential && step > 0)
        fuzz_same(fuzz_source(source, input.rest, step), whole);
    else if (source->sequential && step > 0)
        (void)fuzz_source(source, input.rest, step);
    return 0;
}
