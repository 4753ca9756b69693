/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known.c - file systems that are known and cannot be read: a gap that names them by
 * label and UUID. They never open, so that their bytes are searched as they lie.
 *
 * Where super blocks lie and what they hold is what their file systems' headers say
 * (Linux: include/uapi/linux/btrfs_tree.h, include/linux/f2fs_fs.h, fs/jfs/jfs_superblock.h,
 * fs/reiserfs/reiserfs.h, include/uapi/linux/nilfs2_ondisk.h, fs/bcachefs/bcachefs_format.h,
 * fs/erofs/erofs_fs.h, fs/ocfs2/ocfs2_fs.h, include/uapi/linux/gfs2_ondisk.h). All are
 * little-endian but gfs2's. Each row checks more than a magic number: a checksum, where
 * there is one, else sizes that must be one of a few.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "crc32c.h"
#include "engine/disk/disks.h"
#include "engine/source/bytes.h"
#include "known_zfs.h"

enum {
    HEAD_SIZE = 256 * 1024, /* bytes in which all super blocks are */
    LABEL_MAX = 256,
    UUID_SIZE = 16,
    NOWHERE = 0, /* no label, no UUID: neither begins a super block */
};

enum label_kind { BYTES, UTF16 };

/* Bits beside the magic number; 0: it is not this. `at` has `size` bytes. */
typedef unsigned check_function(const uint8_t *at, size_t size);

struct row {
    const char *name;
    uint32_t at; /* of the super block */
    uint16_t size;
    uint16_t magic_at; /* in it, like what follows */
    uint8_t magic_size;
    enum label_kind label_kind;
    const char *magic;
    uint16_t label_at;
    uint16_t label_size; /* bytes */
    uint16_t uuid_at;
    check_function *check;
};

static bool within(uint32_t value, uint32_t least, uint32_t most)
{
    return value >= least && value <= most;
}

static bool is_power(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* ---- checks ---------------------------------------------------------------------- */

static unsigned check_btrfs(const uint8_t *at, size_t size)
{
    enum { SUM_SIZE = 32, KIND_AT = 196, CRC32C = 0, KINDS = 4 };
    if (sw_little64(at + 48) != 65536 || !is_power(sw_little32(at + 144)) ||
        !is_power(sw_little32(at + 148)) || sw_little16(at + KIND_AT) >= KINDS)
        return 0;
    bool sound = sw_little16(at + KIND_AT) == CRC32C &&
                 sw_crc32c(0, at + SUM_SIZE, size - SUM_SIZE) == sw_little32(at);
    return sound ? 64 : 32;
}

static unsigned check_f2fs(const uint8_t *at, size_t size)
{
    (void)size;
    bool sizes = within(sw_little32(at + 8), 9, 14) && within(sw_little32(at + 16), 12, 14) &&
                 sw_little32(at + 20) == 9;
    return sizes && sw_little32(at + 96) == 3 && sw_little32(at + 100) == 1 &&
                   sw_little32(at + 104) == 2
               ? 64
               : 0;
}

static unsigned check_jfs(const uint8_t *at, size_t size)
{
    (void)size;
    return within(sw_little32(at + 4), 1, 2) && sw_little32(at + 16) == 4096 &&
                   sw_little16(at + 20) == 12 && is_power(sw_little32(at + 24))
               ? 48
               : 0;
}

static unsigned check_reiser(const uint8_t *at, size_t size)
{
    (void)size;
    return is_power(sw_little16(at + 44)) && sw_little16(at + 44) >= 512 ? 8 : 0;
}

/* The sum is Linux' crc32_le(): without the complements of zlib's. */
static unsigned check_nilfs(const uint8_t *at, size_t size)
{
    enum { SUM_AT = 16, LEAST = 200 };
    static const uint8_t zeros[4];
    uint32_t bytes = sw_little16(at + 8);
    if (sw_little32(at) != 2 || !within(bytes, LEAST, (uint32_t)size) || sw_little32(at + 20) > 6)
        return 0;
    uLong sum = crc32(~sw_little32(at + 12) & UINT32_MAX, at, SUM_AT);
    sum = crc32(sum, zeros, sizeof zeros);
    sum = crc32(sum, at + SUM_AT + 4, bytes - SUM_AT - 4);
    return (~(uint32_t)sum & UINT32_MAX) == sw_little32(at + SUM_AT) ? 64 : 0;
}

static unsigned check_bcachefs(const uint8_t *at, size_t size)
{
    (void)size;
    return sw_little64(at + 104) == 8 && is_power(sw_little16(at + 120)) ? 32 : 0;
}

static unsigned check_erofs(const uint8_t *at, size_t size)
{
    (void)size;
    return within(at[12], 9, 16) && sw_little16(at + 14) != 0 && sw_little32(at + 36) != 0 &&
                   sw_little32(at + 32) < 1000000000
               ? 32
               : 0;
}

static unsigned check_ocfs2(const uint8_t *at, size_t size)
{
    enum { BODY_AT = 192 };
    (void)size;
    return within(sw_little32(at + BODY_AT + 56), 9, 12) &&
                   within(sw_little32(at + BODY_AT + 60), 12, 20)
               ? 32
               : 0;
}

static unsigned check_gfs2(const uint8_t *at, size_t size)
{
    (void)size;
    return sw_big32(at + 4) == 1 && within(sw_big32(at + 24), 1801, 1899) &&
                   within(sw_big32(at + 36), 512, 65536) && is_power(sw_big32(at + 36))
               ? 64
               : 0;
}

static unsigned check_refs(const uint8_t *at, size_t size)
{
    (void)size;
    return memcmp(at + 16, "FSRS", 4) == 0 && is_power(sw_little32(at + 32)) ? 40 : 0;
}

static unsigned check_ubi(const uint8_t *at, size_t size)
{
    enum { SUM_AT = 60 };
    (void)size;
    return at[4] == 1 && (~(uint32_t)crc32(0, at, SUM_AT) & UINT32_MAX) == sw_big32(at + SUM_AT)
               ? 40
               : 0;
}

static unsigned check_ubifs(const uint8_t *at, size_t size)
{
    enum { SUMMED_FROM = 8, SUPER_NODE = 6 };
    return at[20] == SUPER_NODE && sw_little32(at + 16) == size &&
                   (~(uint32_t)crc32(0, at + SUMMED_FROM, (uInt)(size - SUMMED_FROM)) &
                    UINT32_MAX) == sw_little32(at + 4)
               ? 40
               : 0;
}

static unsigned check_nothing(const uint8_t *at, size_t size)
{
    (void)at;
    (void)size;
    return 8;
}

/* ---- the table ------------------------------------------------------------------- */

static const struct row rows[] = {
    {"btrfs", 65536, 4096, 64, 8, BYTES, "_BHRfS_M", 299, 256, 32, check_btrfs},
    {"F2FS", 1024, 1200, 0, 4, UTF16, "\x10\x20\xf5\xf2", 124, 512, 108, check_f2fs},
    {"JFS", 32768, 184, 0, 4, BYTES, "JFS1", 152, 16, 136, check_jfs},
    {"ReiserFS", 65536, 204, 52, 8, BYTES, "ReIsErFs", NOWHERE, 0, NOWHERE, check_reiser},
    {"ReiserFS", 65536, 204, 52, 9, BYTES, "ReIsEr2Fs", 100, 16, 84, check_reiser},
    {"ReiserFS", 65536, 204, 52, 9, BYTES, "ReIsEr3Fs", 100, 16, 84, check_reiser},
    {"Reiser4", 65536, 4096, 0, 7, BYTES, "ReIsEr4", 36, 16, 20, check_nothing},
    {"NILFS2", 1024, 1024, 6, 2, BYTES, "\x34\x34", 168, 80, 152, check_nilfs},
    {"bcachefs", 4096, 512, 24, 16, BYTES,
     "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef", 72, 32, 56,
     check_bcachefs},
    {"bcache or bcachefs", 4096, 512, 24, 16, BYTES,
     "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", 72, 32, 56, check_nothing},
    {"EROFS", 1024, 128, 0, 4, BYTES, "\xe2\xe1\xf5\xe0", 64, 16, 48, check_erofs},
    {"OCFS2", 1024, 512, 0, 8, BYTES, "OCFSV2\0\0", 272, 64, 336, check_ocfs2},
    {"OCFS2", 2048, 512, 0, 8, BYTES, "OCFSV2\0\0", 272, 64, 336, check_ocfs2},
    {"OCFS2", 4096, 512, 0, 8, BYTES, "OCFSV2\0\0", 272, 64, 336, check_ocfs2},
    {"OCFS2", 8192, 512, 0, 8, BYTES, "OCFSV2\0\0", 272, 64, 336, check_ocfs2},
    {"GFS2", 65536, 512, 0, 4, BYTES, "\1\x16\x19\x70", 160, 64, 256, check_gfs2},
    {"ReFS", 0, 512, 3, 8, BYTES, "ReFS\0\0\0\0", NOWHERE, 0, NOWHERE, check_refs},
    {"cramfs", 0, 76, 16, 16, BYTES, "Compressed ROMFS", 48, 16, NOWHERE, check_nothing},
    {"romfs", 0, 512, 0, 8, BYTES, "-rom1fs-", 16, 16, NOWHERE, check_nothing},
    {"UBI", 0, 64, 0, 4, BYTES, "UBI#", NOWHERE, 0, NOWHERE, check_ubi},
    {"UBIFS", 0, 4096, 0, 4, BYTES, "\x31\x18\x10\x06", NOWHERE, 0, NOWHERE, check_ubifs},
};

static const struct row *find_row(struct sw_view head, unsigned *bits)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (head.size < (size_t)row->at + row->size ||
            !sw_bytes_at(head, (size_t)row->at + row->magic_at, row->magic, row->magic_size))
            continue;
        unsigned more = row->check(head.data + row->at, row->size);
        *bits = more == 0 ? 0 : row->magic_size * 8U + more;
        if (more > 0)
            return row;
    }
    return NULL;
}

/* ---- what is said ---------------------------------------------------------------- */

/* Up to its first NUL, into `text`: what does not print becomes '?' when it is shown. */
static void take_label(const struct row *row, const uint8_t *super, char text[LABEL_MAX + 1])
{
    const uint8_t *at = super + row->label_at;
    size_t step = row->label_kind == UTF16 ? 2 : 1;
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i + step <= row->label_size && size < LABEL_MAX; i += step) {
        unsigned unit = step == 2 ? sw_little16(at + i) : at[i];
        if (unit == 0)
            break;
        text[size++] = (char)(unit < 256 ? unit : '?');
    }
    text[size] = '\0';
}

static void take_uuid(const struct row *row, const uint8_t *super, char text[2 * UUID_SIZE + 5])
{
    const uint8_t *at = super + row->uuid_at;
    size_t size = 0;
    text[0] = '\0';
    if (row->uuid_at == NOWHERE)
        return;
    for (size_t i = 0; i < UUID_SIZE; i++)
        size += (size_t)snprintf(text + size, 4, "%02x%s", at[i],
                                 i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
}

static enum sw_status say(const struct row *row, const uint8_t *super, struct sw_error *error)
{
    char label[LABEL_MAX + 1];
    char uuid[2 * UUID_SIZE + 5];
    take_label(row, super, label);
    take_uuid(row, super, uuid);
    return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "disk", 0,
                       "holds %s, which is not read here%s%s%s%s%s", row->name,
                       label[0] != '\0' ? "; label \"" : "", label, label[0] != '\0' ? "\"" : "",
                       uuid[0] != '\0' ? "; UUID " : "", uuid);
}

/* ---- the source ------------------------------------------------------------------ */

static unsigned probe_known(const struct sw_probe *probe)
{
    unsigned bits = 0;
    if (find_row(probe->head, &bits) != NULL)
        return bits;
    return sw_known_zfs_probe(probe->head);
}

static enum sw_status open_known(const struct sw_input *input, const struct sw_source_setup *setup,
                                 void **state, struct sw_error *error)
{
    struct sw_view head = {.data = NULL};
    unsigned bits = 0;
    (void)setup;
    (void)state;
    uint8_t *data = malloc(HEAD_SIZE);
    if (data == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "disk", 0, "no memory for it");
    enum sw_status status = sw_blob_read_at(input->blob, 0, data, HEAD_SIZE, &head.size, error);
    head.data = data;
    const struct row *row = status >= SW_PART ? find_row(head, &bits) : NULL;
    if (row != NULL)
        (void)say(row, data + row->at, error);
    else if (status >= SW_PART && !sw_known_zfs_say(head, error))
        (void)sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "disk", 0,
                          "this is no file system that is known");
    free(data);
    return SW_DEAD;
}

static enum sw_status next_known(void *state, struct sw_member *member, struct sw_error *error)
{
    (void)state;
    (void)member;
    (void)error;
    return SW_END;
}

static enum sw_status read_known(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END;
}

static void close_known(void *state)
{
    (void)state;
}

const struct sw_source sw_source_known = {
    .kind = "filesystem",
    .disk = true,
    .probe = probe_known,
    .open = open_known,
    .next = next_known,
    .read = read_known,
    .close = close_known,
};
