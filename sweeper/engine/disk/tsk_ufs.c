/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk_ufs.c - whether the tables of a UFS volume hold together.
 *
 * The Sleuth Kit divides by numbers of the superblock, and adds offsets of the cylinder
 * groups to pointers, as they stand there; a volume that says what cannot be is not given
 * to it. Constants: FreeBSD's <ufs/ffs/fs.h>.
 */
#include <inttypes.h>

#include "engine/disk/tsk.h"
#include "engine/source/bytes.h"

enum {
    UFS1_AT = 8192,
    UFS2_AT = 65536,
    UFS1_MAGIC = 0x00011954,
    UFS2_MAGIC = 0x19540119,
    GROUP_MAGIC = 0x00090255,
    SUPER_SIZE = 1376,
    GROUP_HEAD_SIZE = 100,
    GROUPS_MAX = 1 << 22,
    /* Offsets in the superblock. */
    GROUP_PLACE = 12,
    INODES_PLACE = 16,
    GROUP_SHIFT = 24, /* UFS1: how much the tables move with each group ... */
    GROUP_MASK = 28,  /* ... but for these bits of its number */
    GROUP_COUNT = 44,
    BLOCK_SIZE = 48,
    FRAGMENT_SIZE = 52,
    FRAGMENTS_A_BLOCK = 56,
    FRAGMENT_BITS = 96, /* of the number of fragments in a block */
    INODES_A_BLOCK = 120,
    INODES_A_GROUP = 184,
    FRAGMENTS_A_GROUP = 188,
    MAGIC = 1372,
    /* Offsets in a cylinder group. */
    GROUP_MAGIC_PLACE = 4,
    INODE_MAP_PLACE = 92,
    FREE_MAP_PLACE = 96,
};

struct ufs {
    uint8_t super[SUPER_SIZE];
    bool little;
    bool second; /* UFS2 */
};

static uint32_t number(const struct ufs *ufs, const uint8_t *bytes)
{
    return ufs->little ? sw_little32(bytes) : sw_big32(bytes);
}

static uint32_t of(const struct ufs *ufs, size_t place)
{
    return number(ufs, ufs->super + place);
}

/* False: not there, or not to be had. */
static bool read_super(struct sw_blob *blob, struct ufs *ufs, bool second)
{
    const uint32_t magic = second ? UFS2_MAGIC : UFS1_MAGIC;
    struct sw_error error;
    size_t got = 0;

    if (sw_blob_read_at(blob, second ? UFS2_AT : UFS1_AT, ufs->super, SUPER_SIZE, &got, &error) !=
            SW_OK ||
        got < SUPER_SIZE)
        return false;
    ufs->second = second;
    ufs->little = sw_little32(ufs->super + MAGIC) == magic;
    return ufs->little || sw_big32(ufs->super + MAGIC) == magic;
}

static bool super_holds(const struct ufs *ufs)
{
    const uint32_t block = of(ufs, BLOCK_SIZE);
    const uint32_t fragment = of(ufs, FRAGMENT_SIZE);
    const uint32_t per_block = of(ufs, FRAGMENTS_A_BLOCK);
    const uint32_t inodes = of(ufs, INODES_A_GROUP);
    const uint32_t fragments = of(ufs, FRAGMENTS_A_GROUP);
    const uint32_t inode_size = ufs->second ? 256 : 128;

    return block >= 4096 && block <= 65536 && (block & (block - 1)) == 0 && fragment >= 512 &&
           fragment <= block && (fragment & (fragment - 1)) == 0 && per_block == block / fragment &&
           of(ufs, FRAGMENT_BITS) <= 7 && 1u << of(ufs, FRAGMENT_BITS) == per_block &&
           of(ufs, INODES_A_BLOCK) == block / inode_size && of(ufs, GROUP_COUNT) >= 1 &&
           of(ufs, GROUP_COUNT) <= GROUPS_MAX && inodes >= 1 && inodes / 8 <= block &&
           fragments >= per_block && fragments / 8 <= block && of(ufs, GROUP_PLACE) < fragments &&
           of(ufs, INODES_PLACE) < fragments && of(ufs, GROUP_SHIFT) < fragments;
}

static bool group_holds(const struct ufs *ufs, const uint8_t *head)
{
    const uint32_t block = of(ufs, BLOCK_SIZE);
    const uint32_t inodes_at = number(ufs, head + INODE_MAP_PLACE);
    const uint32_t free_at = number(ufs, head + FREE_MAP_PLACE);

    return number(ufs, head + GROUP_MAGIC_PLACE) == GROUP_MAGIC && inodes_at < block &&
           (of(ufs, INODES_A_GROUP) + 7) / 8 <= block - inodes_at && free_at < block &&
           (of(ufs, FRAGMENTS_A_GROUP) + 7) / 8 <= block - free_at;
}

static enum sw_status check_groups(struct sw_blob *blob, const struct ufs *ufs,
                                   struct sw_error *error)
{
    for (uint32_t i = 0; i < of(ufs, GROUP_COUNT); i++) {
        const uint64_t shift =
            ufs->second ? 0 : (uint64_t)of(ufs, GROUP_SHIFT) * (i & ~of(ufs, GROUP_MASK));
        const uint64_t place =
            (uint64_t)of(ufs, FRAGMENTS_A_GROUP) * i + shift + of(ufs, GROUP_PLACE);
        uint8_t head[GROUP_HEAD_SIZE];
        size_t got = 0;
        if (place > INT64_MAX / of(ufs, FRAGMENT_SIZE))
            return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "disk", 0,
                               "cylinder groups lie where nothing can be");
        const enum sw_status status = sw_blob_read_at(blob, place * of(ufs, FRAGMENT_SIZE), head,
                                                      GROUP_HEAD_SIZE, &got, error);
        if (status != SW_OK)
            return SW_DEAD;
        if (got < GROUP_HEAD_SIZE) /* cut off here: reading it says so */
            return SW_OK;
        if (!group_holds(ufs, head))
            return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "disk", 0,
                               "cylinder group %" PRIu32 " is not one", i);
    }
    return SW_OK;
}

enum sw_status tsk_ufs_check(struct sw_blob *blob, struct sw_error *error)
{
    struct ufs ufs;

    if (!read_super(blob, &ufs, false) && !read_super(blob, &ufs, true))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "disk", 0, "no superblock of UFS");
    if (!super_holds(&ufs))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "disk", 0,
                           "the superblock says impossible things");
    return check_groups(blob, &ufs, error);
}

bool tsk_ufs_is_endless(const TSK_FS_INFO *fs, const TSK_FS_META *meta)
{
    enum { BLOCKS_MAX = 1 << 27 }; /* fragments: a second or two; 256 GiB of 2 KiB each */

    return TSK_FS_TYPE_ISFFS(fs->ftype) && fs->block_size > 0 && meta != NULL &&
           (meta->size < 0 || (uint64_t)meta->size / fs->block_size > BLOCKS_MAX);
}
