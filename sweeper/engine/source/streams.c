/* SPDX-License-Identifier: Apache-2.0 */
/* The sources of compressed streams: how each is known by its first bytes. The
 * decoders are in codec_*.c, what they share in stream.c. */
#include <lzma.h>
#include <string.h>

#include "engine/source/bytes.h"
#include "engine/source/sources.h"
#include "engine/source/stream.h"

/* Magic, level, and the magic of the first block or of the end. */
static unsigned probe_bzip2(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (sw_codec_bzip2.starts(head))
        return 24 + 4 + 48;
    /* A stream that is cut here is still one. */
    return head.size >= 4 && head.size < 10 && memcmp(head.data, "BZh", 3) == 0 &&
                   head.data[3] >= '1' && head.data[3] <= '9'
               ? 28
               : 0;
}

/* Magic; the checksum of the flags where it is right. */
static unsigned probe_xz(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (!sw_codec_xz.starts(head))
        return 0;
    return head.size >= 12 && lzma_crc32(head.data + 6, 2, 0) == sw_little32(head.data + 8)
               ? 48 + 32
               : 48;
}

/* A power of two, or that and half of it more. */
static bool lzma_dictionary(uint32_t size)
{
    uint32_t high = size == 0 ? 0 : UINT32_C(1) << (31 - __builtin_clz(size));
    return size == UINT32_MAX || (size >= 4096 && (size == high || size == high + high / 2));
}

/* There is no magic: the properties that nearly all encoders use, a dictionary of a
 * size that they use, an end mark or a size under 256 GiB, a range coder that begins
 * with zero and a literal. With other properties it is a bid for what nobody else
 * wants: small numbers and zeros are common. */
static unsigned probe_lzma(const struct sw_probe *probe)
{
    enum { HEADER = 13, USUAL = 0x5d, UNLIKELY = 20 };
    struct sw_view head = probe->head;
    if (head.size < HEADER + 5 || head.data[0] >= 9 * 5 * 5 || head.data[HEADER] != 0 ||
        (head.data[HEADER + 1] & 0x80) != 0)
        return 0;
    unsigned lc = head.data[0] % 9;
    unsigned lp = head.data[0] / 9 % 5;
    uint64_t size = sw_little64(head.data + 5);
    if (lc + lp > 4 || !lzma_dictionary(sw_little32(head.data + 1)))
        return 0;
    if (size != UINT64_MAX && (size == 0 || size >= UINT64_C(1) << 38))
        return 0;
    if (head.data[0] != USUAL)
        return UNLIKELY;
    return 8 + 26 + (size == UINT64_MAX ? 64 : 26) + 9;
}

/* Magic, version, and a dictionary size that there is (4 KiB to 512 MiB). */
static unsigned probe_lzip(const struct sw_probe *probe)
{
    struct sw_view head = probe->head;
    if (!sw_codec_lzip.starts(head))
        return 0;
    if (head.size < 6)
        return 40;
    unsigned log = head.data[5] & 0x1f;
    return log >= 12 && log <= 29 ? 40 + 1 : 0;
}

/* Passes over skippable frames, which zstd and lz4 share. */
static struct sw_view skip_skippable(struct sw_view head)
{
    while (head.size >= 8 && (head.data[0] & 0xf0) == 0x50 &&
           memcmp(head.data + 1, "\x2a\x4d\x18", 3) == 0) {
        uint64_t size = 8 + (uint64_t)sw_little32(head.data + 4);
        if (size > head.size)
            return (struct sw_view){0};
        head.data += size;
        head.size -= (size_t)size;
    }
    return head;
}

/* Magic and the reserved bit. */
static unsigned probe_zstd(const struct sw_probe *probe)
{
    struct sw_view head = skip_skippable(probe->head);
    if (head.size < 4 || memcmp(head.data, "\x28\xb5\x2f\xfd", 4) != 0)
        return 0;
    if (head.size < 5)
        return 32;
    return (head.data[4] & 0x08) == 0 ? 32 + 1 : 0;
}

/* Magic; version and reserved bits of a frame, the size of the first old block. */
static unsigned probe_lz4(const struct sw_probe *probe)
{
    struct sw_view head = skip_skippable(probe->head);
    if (head.size < 4)
        return 0;
    if (memcmp(head.data, "\x04\x22\x4d\x18", 4) == 0) {
        if (head.size < 6)
            return 32;
        return (head.data[4] & 0xc2) == 0x40 && (head.data[5] & 0x8f) == 0 && head.data[5] >= 0x40
                   ? 32 + 3 + 5
                   : 0;
    }
    if (memcmp(head.data, "\x02\x21\x4c\x18", 4) != 0)
        return 0;
    if (head.size < 8)
        return 32;
    uint32_t size = sw_little32(head.data + 4);
    return size > 0 && size <= (8U << 20) + (8U << 20) / 255 + 16 ? 32 + 8 : 0;
}

/* Magic, reserved flags, and codes that may stand where they do: about one bit
 * each. */
static unsigned probe_compress(const struct sw_probe *probe)
{
    unsigned codes = sw_compress_codes(probe->head);
    return codes == 0 ? 0 : 16 + 2 + 1 + codes;
}

/* A line "begin MODE NAME" with a line of uuencode behind it. It may stand behind
 * other text, but not far. */
static unsigned probe_uuencode(const struct sw_probe *probe)
{
    enum { TEXT_MAX = 65536 };
    struct sw_view head = probe->head;
    head.size = head.size < TEXT_MAX ? head.size : TEXT_MAX;
    if (memchr(head.data == NULL ? (const uint8_t *)"" : head.data, 0, head.size) != NULL)
        return 0;
    return sw_uuencode_find(head) == SIZE_MAX ? 0 : 48 + 18;
}

SW_STREAM_SOURCE(bzip2, sw_codec_bzip2, probe_bzip2);
SW_STREAM_SOURCE(xz, sw_codec_xz, probe_xz);
SW_STREAM_SOURCE(lzma, sw_codec_lzma, probe_lzma);
SW_STREAM_SOURCE(lzip, sw_codec_lzip, probe_lzip);
SW_STREAM_SOURCE(zstd, sw_codec_zstd, probe_zstd);
SW_STREAM_SOURCE(lz4, sw_codec_lz4, probe_lz4);
SW_STREAM_SOURCE(compress, sw_codec_compress, probe_compress);
SW_STREAM_SOURCE(uuencode, sw_codec_uuencode, probe_uuencode);
