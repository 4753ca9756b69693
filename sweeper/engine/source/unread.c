/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unread.c - archives and compressed files that are known and cannot be opened: a
 * gap that says which, because content that nobody looks at must not look clean.
 */
#include <lzma.h>

#include "engine/source/bytes.h"
#include "engine/source/sources.h"

static const struct {
    const char *name;
    const char *bytes;
    uint16_t at;
    uint8_t size;
} magics[] = {
    {"an lzop file", "\x89LZO\0\r\n\x1a\n", 0, 9},
    {"an ACE archive", "**ACE**", 7, 7},
    {"a ZOO archive", "\xdc\xa7\xc4\xfd", 20, 4},
    {"a WIM image", "MSWIM\0\0\0", 0, 8},
    {"an lrzip file", "LRZI\0", 0, 5},
    {"an rzip file", "RZIP\2", 0, 5},
    {"a ZPAQ archive", "7kSt\xa0\x31\x83\xd3", 0, 8},
    {"a ZPAQ archive", "zPQ\1\1", 0, 5},
    {"a ZPAQ archive", "zPQ\2\1", 0, 5},
    {"a RAR archive of version 1.4", "RE~^", 0, 4},
    {"a FreeArc archive", "ArC\1", 0, 4},
    {"an ALZ archive", "ALZ\1\12\0\0\0", 0, 8},
    {"an EGG archive", "EGGA\0\1", 0, 6},
    {"a StuffIt archive", "rLau", 10, 4},
    {"a StuffIt archive", "StuffIt (c)1997-", 0, 16},
    {"a snappy file", "\xff\6\0\0sNaPpY", 0, 10},
    {"a bzip3 file", "BZ3v1", 0, 5},
    {"an lzfse file", "bvx2", 0, 4},
    {"an InstallShield cabinet", "ISc(", 0, 4},
    {"a compressed HTML help", "ITSF\3\0\0\0", 0, 8},
    {"an SZDD file", "SZDD\x88\xf0\x27\x33", 0, 8},
    {"a zstd file of before version 0.8", "\x1e\xb5\x2f\xfd", 0, 4},
    {"a zstd file of before version 0.8", "\x22\xb5\x2f\xfd", 0, 4},
    {"a zstd file of before version 0.8", "\x23\xb5\x2f\xfd", 0, 4},
    {"a zstd file of before version 0.8", "\x24\xb5\x2f\xfd", 0, 4},
    {"a zstd file of before version 0.8", "\x25\xb5\x2f\xfd", 0, 4},
    {"a zstd file of before version 0.8", "\x26\xb5\x2f\xfd", 0, 4},
    {"a zstd file of before version 0.8", "\x27\xb5\x2f\xfd", 0, 4},
    {"an image of EnCase 7 (Ex01)", "EVF2\r\n\x81\0", 0, 8},
    {"logical evidence of EnCase (L01)", "LVF\t\r\n\xff\0", 0, 8},
    {"logical evidence of EnCase 7 (Lx01)", "LEF2\r\n\x81\0", 0, 8},
    {"an AFF image", "AFF10\r\n\0", 0, 8},
    {"a QCOW image of version 1", "QFI\xfb\0\0\0\1", 0, 8},
    {"a QED image", "QED\0", 0, 4},
    {"a VirtualBox image (VDI)", "\x7f\x10\xda\xbe\1\0\1\0", 64, 8},
    {"a Parallels image", "WithoutFreeSpace", 0, 16},
    {"a Parallels image", "WithouFreSpacExt", 0, 16},
    {"a UDF file system", "BEA01\1", 32768 + 1, 6},
};

/* Magic, and the checksum of the first header. */
static bool is_arj(struct sw_view head)
{
    enum { AT = 4, MIN = 30, MAX = 2600 };
    if (!sw_bytes_at(head, 0, "\x60\xea", 2) || head.size < AT + MIN)
        return false;
    size_t size = sw_little16(head.data + 2);
    return size >= MIN && size <= MAX && head.size >= AT + size + 4 &&
           lzma_crc32(head.data + AT, size, 0) == sw_little32(head.data + AT + size);
}

/* A disk image of Apple's ends with a block that describes it. */
static bool is_dmg(struct sw_view tail)
{
    enum { BLOCK = 512 };
    return tail.size >= BLOCK && sw_bytes_at(tail, tail.size - BLOCK, "koly\0\0\0\4\0\0\2\0", 12);
}

static const char *name_of(const struct sw_probe *probe, unsigned *bits)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        *bits = magics[i].size * 8U;
        if (sw_bytes_at(probe->head, magics[i].at, magics[i].bytes, magics[i].size))
            return magics[i].name;
    }
    *bits = 16 + 32;
    if (is_arj(probe->head))
        return "an ARJ archive";
    *bits = 12 * 8;
    return is_dmg(probe->tail) ? "an Apple disk image" : NULL;
}

static unsigned probe_unread(const struct sw_probe *probe)
{
    unsigned bits = 0;
    return name_of(probe, &bits) == NULL ? 0 : bits;
}

static enum sw_status open_unread(const struct sw_input *input, const struct sw_source_setup *setup,
                                  void **state, struct sw_error *error)
{
    enum { HEAD = 34 * 1024, TAIL = 512 };
    static const char other[] = "an archive";
    struct sw_blob *blob = input->blob;
    uint8_t head[HEAD];
    uint8_t tail[TAIL];
    size_t got = 0;
    size_t rest = 0;
    unsigned bits = 0;
    (void)setup;
    (void)state;
    enum sw_status status = sw_blob_read_at(blob, 0, head, sizeof head, &got, error);
    if (status == SW_OK)
        status = sw_blob_read_at(blob, blob->size > TAIL ? blob->size - TAIL : 0, tail, sizeof tail,
                                 &rest, error);
    if (status != SW_OK)
        return status == SW_STOP ? SW_STOP : SW_DEAD;
    const struct sw_probe probe = {.head = {head, got}, .tail = {tail, rest}, .size = blob->size};
    const char *name = name_of(&probe, &bits);
    return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "source", 0,
                       "is %s, which is not opened here", name != NULL ? name : other);
}

/* Never called: it does not open. */
static enum sw_status next_unread(void *state, struct sw_member *member, struct sw_error *error)
{
    (void)state;
    (void)member;
    (void)error;
    return SW_END;
}

static enum sw_status read_unread(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END;
}

static void close_unread(void *state)
{
    (void)state;
}

const struct sw_source sw_source_unread = {
    .kind = "unread",
    .probe = probe_unread,
    .open = open_unread,
    .next = next_unread,
    .read = read_unread,
    .close = close_unread,
};
