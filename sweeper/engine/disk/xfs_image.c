/* SPDX-License-Identifier: Apache-2.0 */
/* xfs_image.c - super blocks, and where blocks lie; see xfs_image.h. */
#include "xfs_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "engine/source/bytes.h"

#define ROOM "xfs"

enum {
    SUPER_SIZE = 272, /* what is read of it here, of version 5; the sector counts for the sum */
    SUPER_SUM_AT = 224,
    GROUP_MAGIC_AT = 0, /* of the second sector: the group's free space; of the third: its inodes */
    GROUP_LENGTH_AT = 12,
    SECTOR_MIN = 512,
    SECTOR_MAX = 32768,
    BLOCK_MIN_LOG = 9,
    BLOCK_MAX_LOG = 16,
};

/* sb_versionnum */
enum { VERSION_MASK = 0xf, HAS_DIRECTORY_2 = 0x2000, HAS_MORE = 0x8000 };
/* sb_features2 */
enum { MORE_FTYPE = 0x200 };
/* sb_features_incompat: 1 ftype, 2 sparse inodes, 4 another UUID in metadata, 8 bigtime,
 * 0x10 needs repair, 0x20 long extent counters, 0x40 exchange of ranges, 0x80 parent
 * pointers, 0x100 a tree of metadata, 0x200 and 0x400 zones on the realtime device. */
enum { INCOMPAT_FTYPE = 1, INCOMPAT_KNOWN = 0x7ff };

/* ---- super blocks ---------------------------------------------------------------- */

static bool is_power(uint32_t value, unsigned power)
{
    return power < 32 && value == UINT32_C(1) << power;
}

/* Every number that another one repeats, and the bounds that the kernel sets. */
static bool plausible(const uint8_t *at, const struct sw_xfs_geometry *geometry)
{
    uint64_t groups = (uint64_t)geometry->group_blocks * geometry->group_count;
    uint32_t in_block = geometry->block_size >> geometry->inode_log;
    unsigned blocks_log = geometry->block_log + geometry->directory_block_log;
    return geometry->block_log >= BLOCK_MIN_LOG && geometry->block_log <= BLOCK_MAX_LOG &&
           is_power(geometry->block_size, geometry->block_log) &&
           geometry->sector_size >= SECTOR_MIN && geometry->sector_size <= SECTOR_MAX &&
           is_power(geometry->sector_size, at[121]) && geometry->inode_size >= 256 &&
           geometry->inode_size <= SW_XFS_INODE_MAX &&
           is_power(geometry->inode_size, geometry->inode_log) &&
           geometry->inode_size <= geometry->block_size && sw_big16(at + 106) == in_block &&
           is_power(in_block, geometry->inode_block_log) && blocks_log <= BLOCK_MAX_LOG &&
           geometry->group_log < 32 && geometry->group_count > 0 && geometry->group_blocks > 4 &&
           geometry->block_count <= groups &&
           geometry->block_count > groups - geometry->group_blocks &&
           geometry->group_blocks <= UINT64_C(1) << geometry->group_log &&
           geometry->group_blocks > UINT64_C(1) << geometry->group_log >> 1;
}

unsigned sw_xfs_super(struct sw_view sector, struct sw_xfs_geometry *geometry)
{
    enum { MAGIC_BITS = 32, GEOMETRY_BITS = 48, SUM_BITS = 32 };
    const uint8_t *at = sector.data;
    if (sector.size < SUPER_SIZE || memcmp(at, "XFSB", 4) != 0)
        return 0;
    unsigned flags = sw_big16(at + 100);
    unsigned version = flags & VERSION_MASK;
    uint32_t incompatible = version == 5 ? sw_big32(at + 216) : 0;
    *geometry = (struct sw_xfs_geometry){
        .checksums = version == 5,
        .ftype = version == 5 ? (incompatible & INCOMPAT_FTYPE) != 0
                              : (flags & HAS_MORE) != 0 && (sw_big32(at + 200) & MORE_FTYPE) != 0,
        .block_size = sw_big32(at + 4),
        .block_count = sw_big64(at + 8),
        .log_start = sw_big64(at + 48),
        .root = sw_big64(at + 56),
        .group_blocks = sw_big32(at + 84),
        .group_count = sw_big32(at + 88),
        .log_blocks = sw_big32(at + 96),
        .sector_size = sw_big16(at + 102),
        .inode_size = sw_big16(at + 104),
        .block_log = at[120],
        .inode_log = at[122],
        .inode_block_log = at[123],
        .group_log = at[124],
        .directory_block_log = at[192],
        .unknown = incompatible & ~(uint32_t)INCOMPAT_KNOWN,
    };
    geometry->logs_here = geometry->log_start != 0;
    memcpy(geometry->uuid, at + 32, sizeof geometry->uuid);
    memcpy(geometry->label, at + 108, sizeof geometry->label);
    if (version < 4 || version > 5 || geometry->inode_log >= 32 || (flags & HAS_DIRECTORY_2) == 0 ||
        !plausible(at, geometry))
        return 0;
    if (version == 4)
        return MAGIC_BITS + GEOMETRY_BITS;
    bool sound =
        geometry->sector_size <= sector.size &&
        sw_crc32c_around(at, geometry->sector_size, SUPER_SUM_AT) == sw_little32(at + SUPER_SUM_AT);
    return MAGIC_BITS + GEOMETRY_BITS + (sound ? SUM_BITS : 0U);
}

/* The sector size of an image by its first group's headers, which lie in the second
 * and the third sector; 0: there are none. */
static uint32_t sector_of_group(struct sw_view head)
{
    for (uint32_t size = SECTOR_MIN; size <= SECTOR_MAX; size *= 2)
        if (sw_bytes_at(head, size, "XAGF\0\0\0\1\0\0\0\0", 12) &&
            sw_bytes_at(head, (size_t)size * 2, "XAGI\0\0\0\1\0\0\0\0", 12))
            return size;
    return 0;
}

unsigned sw_xfs_probe(struct sw_view head)
{
    enum { GROUP_BITS = 64 };
    struct sw_xfs_geometry geometry;
    unsigned bits = sw_xfs_super(head, &geometry);
    if (bits > 0)
        return bits;
    return sector_of_group(head) > 0 ? GROUP_BITS : 0;
}

/* ---- opening --------------------------------------------------------------------- */

enum sw_status sw_xfs_read(struct sw_xfs *image, uint64_t at, void *out, size_t size,
                           struct sw_error *error)
{
    size_t got = 0;
    enum sw_status status = sw_blob_read_at(image->blob, at, out, size, &got, error);
    if (status < SW_PART)
        return SW_SKIP;
    if (got < size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                           "the image ends before byte %" PRIu64, at + size);
    return SW_OK;
}

/* The first super block is lost: the second one lies where the second group begins, and
 * the header of the first group says how long that is; in blocks, whose size is tried. */
static unsigned find_copy(struct sw_xfs *image, struct sw_view head, uint8_t *sector)
{
    struct sw_error ignored;
    uint32_t sector_size = sector_of_group(head);
    if (sector_size == 0)
        return 0;
    uint64_t blocks = sw_big32(head.data + sector_size + GROUP_LENGTH_AT);
    for (unsigned log = BLOCK_MIN_LOG; log <= BLOCK_MAX_LOG; log++) {
        if (sw_xfs_read(image, blocks << log, sector, sector_size, &ignored) != SW_OK)
            continue;
        unsigned bits = sw_xfs_super((struct sw_view){sector, sector_size}, &image->geometry);
        if (bits > 0 && image->geometry.group_blocks == blocks && image->geometry.block_log == log)
            return bits;
    }
    return 0;
}

static enum sw_status find_super(struct sw_xfs *image, uint8_t *head, uint8_t *copy,
                                 struct sw_error *error)
{
    enum { SOUND_BITS = 32 + 48 + 32 };
    size_t got = 0;
    if (sw_blob_read_at(image->blob, 0, head, (size_t)3 * SECTOR_MAX, &got, error) < SW_PART)
        return SW_DEAD;
    struct sw_xfs_geometry own;
    unsigned own_bits = sw_xfs_super((struct sw_view){head, got}, &own);
    image->geometry = own;
    if (own_bits >= SOUND_BITS || (own_bits > 0 && !own.checksums))
        return SW_OK;
    image->super_damaged = true;
    unsigned bits = find_copy(image, (struct sw_view){head, got}, copy);
    if (bits > own_bits)
        return SW_OK;
    image->geometry = own;
    if (own_bits > 0)
        return SW_OK;
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "there is no sound super block");
}

enum sw_status sw_xfs_open(struct sw_xfs *image, struct sw_blob *blob, struct sw_error *error)
{
    *image = (struct sw_xfs){.blob = blob, .window = malloc(SW_XFS_WINDOW)};
    uint8_t *head = calloc(4, SECTOR_MAX);
    enum sw_status status = SW_DEAD;
    if (image->window == NULL || head == NULL)
        (void)sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    else
        status = find_super(image, head, head + (size_t)3 * SECTOR_MAX, error);
    free(head);
    return status;
}

void sw_xfs_close(struct sw_xfs *image)
{
    free(image->window);
    image->window = NULL;
}

/* ---- blocks ---------------------------------------------------------------------- */

bool sw_xfs_place(const struct sw_xfs_geometry *geometry, uint64_t block, uint64_t count,
                  uint64_t *at)
{
    uint64_t group = block >> geometry->group_log;
    uint64_t inside = block & ((UINT64_C(1) << geometry->group_log) - 1);
    if (group >= geometry->group_count || inside >= geometry->group_blocks ||
        count > geometry->group_blocks - inside)
        return false;
    uint64_t number = group * geometry->group_blocks + inside;
    if (number >= geometry->block_count || count > geometry->block_count - number)
        return false;
    *at = number << geometry->block_log;
    return *at >> geometry->block_log == number;
}

enum sw_xfs_verdict sw_xfs_judge(const struct sw_xfs *image, const uint8_t *block, size_t size,
                                 const struct sw_xfs_seal *seal, uint64_t at, uint64_t owner)
{
    if (!image->geometry.checksums)
        return SW_XFS_SOUND;
    if (sw_big64(block + seal->place_at) != at / 512 || sw_big64(block + seal->owner_at) != owner)
        return SW_XFS_FOREIGN;
    return sw_crc32c_around(block, size, seal->sum_at) == sw_little32(block + seal->sum_at)
               ? SW_XFS_SOUND
               : SW_XFS_CHANGED;
}
