/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.c - zlib over bytes in memory. */
#include "engine/source/inflate.h"

#define ZLIB_CONST /* input is not written to */
#include <zlib.h>

#include "engine/source/decoded.h"

enum {
    STEP = 64 * 1024,         /* bytes of output asked for at a time */
    RATIO_FREE = 1024 * 1024, /* bytes out before the ratio counts */
    WINDOW_ZLIB = 15,         /* zlib.h: inflateInit2() */
    WINDOW_GZIP = 15 + 16,
};

enum sw_inflate_kind sw_inflate_kind_of(struct sw_view bytes)
{
    if (bytes.size > 18 && bytes.data[0] == 0x1f && bytes.data[1] == 0x8b && bytes.data[2] == 8)
        return SW_INFLATE_GZIP;
    /* RFC 1950: deflate with a window of 32 KiB, and a checksum over both bytes. */
    if (bytes.size > 8 && bytes.data[0] == 0x78 &&
        (bytes.data[0] * 256U + bytes.data[1]) % 31 == 0 && (bytes.data[1] & 0x20) == 0)
        return SW_INFLATE_ZLIB;
    return SW_INFLATE_NONE;
}

static bool over_ratio(const z_stream *stream)
{
    return stream->total_out > RATIO_FREE &&
           stream->total_out / SW_INFLATED_RATIO > stream->total_in;
}

/* Another member of the same file (RFC 1952, 2.2). */
static bool begins_member(const z_stream *stream)
{
    return sw_inflate_kind_of((struct sw_view){stream->next_in, stream->avail_in}) ==
           SW_INFLATE_GZIP;
}

enum sw_status sw_inflate(enum sw_inflate_kind kind, struct sw_view bytes, struct sw_buf *out,
                          struct sw_inflated *end)
{
    z_stream stream = {.next_in = bytes.data, .avail_in = (uInt)bytes.size};
    int result = inflateInit2(&stream, kind == SW_INFLATE_GZIP ? WINDOW_GZIP : WINDOW_ZLIB);

    sw_buf_clear(out);
    *end = (struct sw_inflated){.left = bytes.size};
    if (result != Z_OK)
        return SW_SKIP;
    while (result == Z_OK && !end->cut) {
        end->cut = over_ratio(&stream) || sw_buf_reserve(out, STEP) != SW_OK;
        if (end->cut)
            break;
        stream.next_out = out->data + out->size;
        stream.avail_out = STEP;
        result = inflate(&stream, Z_NO_FLUSH);
        out->size += STEP - stream.avail_out;
        end->ended = result == Z_STREAM_END;
        if (end->ended && kind == SW_INFLATE_GZIP && begins_member(&stream))
            result = inflateReset(&stream);
    }
    end->left = stream.avail_in;
    (void)inflateEnd(&stream);
    return out->size > 0 ? SW_OK : SW_SKIP;
}
