/* SPDX-License-Identifier: Apache-2.0 */
/* ext_super.c - see ext_super.h. */
#include "ext_super.h"

#include <string.h>

#include "crc32c.h"
#include "engine/source/bytes.h"

#define ROOM "ext"

enum {
    MAGIC = 0xef53,
    SHIFT_MIN = 10,
    LOG_SIZE_MAX = 6, /* 64 KiB */
    LOG_CLUSTER_MAX = 20,
    OLD_INODE_SIZE = 128,
    OLD_FIRST_INODE = 11,
    OLD_DESC_SIZE = 32,
    DESC_SIZE_MAX = 1024,
    CHECKSUM_AT = 0x3fc,
    BITS_SOUND = 80,   /* the magic, the size of a block, and that groups times inodes fit */
    BITS_SUMMED = 112, /* and a checksum */
    BITS_DESCRIPTORS = 20,
};

uint32_t sw_ext_sum(uint32_t seed, const void *data, size_t size)
{
    return ~sw_crc32c(~seed, data, size);
}

/* ---- fields ------------------------------------------------------------------ */

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static void read_revision(const uint8_t *at, struct sw_ext_super *super)
{
    super->inode_size = OLD_INODE_SIZE;
    super->inode_first = OLD_FIRST_INODE;
    if (sw_little32(at + 0x4c) == 0)
        return;
    super->inode_first = sw_little32(at + 0x54);
    super->inode_size = sw_little16(at + 0x58);
    super->own_group = sw_little16(at + 0x5a);
    super->compat = sw_little32(at + 0x5c);
    super->incompat = sw_little32(at + 0x60);
    super->ro_compat = sw_little32(at + 0x64);
    memcpy(super->uuid, at + 0x68, sizeof super->uuid);
    memcpy(super->label, at + 0x78, SW_EXT_LABEL_MAX);
    super->journal_inode = sw_little32(at + 0xe0);
    super->orphan_first = sw_little32(at + 0xe8);
    super->orphan_inode = sw_little32(at + 0x280);
    super->quota_inode = sw_little32(at + 0x26c);
    super->meta_bg_first = super->incompat & SW_EXT_META_BG ? sw_little32(at + 0x104) : UINT32_MAX;
    super->backups[0] = sw_little32(at + 0x24c);
    super->backups[1] = sw_little32(at + 0x250);
}

static bool read_sizes(const uint8_t *at, struct sw_ext_super *super)
{
    const uint32_t log_size = sw_little32(at + 0x18);
    const uint32_t log_cluster = sw_little32(at + 0x1c);

    if (log_size > LOG_SIZE_MAX)
        return false;
    super->block_shift = SHIFT_MIN + log_size;
    super->block_size = 1U << super->block_shift;
    if (super->ro_compat & SW_EXT_BIGALLOC) {
        if (log_cluster < log_size || log_cluster > LOG_CLUSTER_MAX)
            return false;
        super->cluster_shift = log_cluster - log_size;
    }
    super->desc_size = super->incompat & SW_EXT_64BIT ? sw_little16(at + 0xfe) : OLD_DESC_SIZE;
    super->desc_per_block = super->desc_size == 0 ? 0 : super->block_size / super->desc_size;
    return is_power_of_two(super->inode_size) && super->inode_size >= OLD_INODE_SIZE &&
           super->inode_size <= super->block_size && is_power_of_two(super->desc_size) &&
           super->desc_size >= OLD_DESC_SIZE && super->desc_size <= DESC_SIZE_MAX;
}

static bool read_groups(const uint8_t *at, struct sw_ext_super *super)
{
    const uint64_t bits = (uint64_t)8 << super->block_shift; /* of one bitmap */

    super->inode_count = sw_little32(at);
    super->block_count = sw_little32(at + 4);
    if (super->incompat & SW_EXT_64BIT)
        super->block_count |= (uint64_t)sw_little32(at + 0x150) << 32;
    super->first_block = sw_little32(at + 0x14);
    super->group_blocks = sw_little32(at + 0x20);
    super->group_inodes = sw_little32(at + 0x28);
    if (super->first_block > 1 || super->block_count <= super->first_block ||
        super->block_count > (uint64_t)INT64_MAX >> super->block_shift)
        return false;
    if (super->group_blocks == 0 || super->group_blocks > bits << super->cluster_shift ||
        super->group_inodes == 0 || super->group_inodes > bits)
        return false;
    const uint64_t groups =
        (super->block_count - super->first_block + super->group_blocks - 1) / super->group_blocks;
    if (groups * super->group_inodes != super->inode_count)
        return false;
    super->group_count = (uint32_t)groups;
    return true;
}

bool sw_ext_super_read(const uint8_t *at, struct sw_ext_super *super)
{
    *super = (struct sw_ext_super){.meta_bg_first = UINT32_MAX, .sum_good = true};
    if (sw_little16(at + 0x38) != MAGIC || sw_little32(at + 0x4c) > 1)
        return false;
    read_revision(at, super);
    if (super->incompat & SW_EXT_JOURNAL_DEV || !read_sizes(at, super) || !read_groups(at, super))
        return false;
    if (super->ro_compat & SW_EXT_METADATA_CSUM)
        super->sum_good = sw_ext_sum(UINT32_MAX, at, CHECKSUM_AT) == sw_little32(at + CHECKSUM_AT);
    super->sum_seed = super->incompat & SW_EXT_CSUM_SEED
                          ? sw_little32(at + 0x270)
                          : sw_ext_sum(UINT32_MAX, super->uuid, sizeof super->uuid);
    return true;
}

const char *sw_ext_super_kind(const struct sw_ext_super *super)
{
    if (super->incompat & ~(uint32_t)SW_EXT_INCOMPAT_EXT3 ||
        super->ro_compat & ~(uint32_t)SW_EXT_RO_EXT3)
        return "ext4";
    return super->compat & SW_EXT_HAS_JOURNAL ? "ext3" : "ext2";
}

/* ---- groups ------------------------------------------------------------------ */

static bool is_power_of(uint32_t group, uint32_t base)
{
    while (group % base == 0)
        group /= base;
    return group == 1;
}

bool sw_ext_super_in(const struct sw_ext_super *super, uint32_t group)
{
    if (group == 0)
        return true;
    if (super->compat & SW_EXT_SPARSE_SUPER2)
        return group == super->backups[0] || group == super->backups[1];
    return group == 1 || !(super->ro_compat & SW_EXT_SPARSE_SUPER) || is_power_of(group, 3) ||
           is_power_of(group, 5) || is_power_of(group, 7);
}

uint64_t sw_ext_group_start(const struct sw_ext_super *super, uint32_t group)
{
    return super->first_block + (uint64_t)group * super->group_blocks;
}

/* ---- copies ------------------------------------------------------------------- */

/* A copy in this group, of a file system with blocks of this size and groups of the
 * usual one. */
static bool read_copy(struct sw_blob *blob, unsigned shift, uint32_t group,
                      struct sw_ext_super *super)
{
    uint8_t bytes[SW_EXT_SUPER_SIZE];
    const uint64_t blocks = ((uint64_t)8 << shift) * group + (shift == SHIFT_MIN ? 1 : 0);
    size_t got = 0;

    return blocks << shift < blob->size &&
           sw_blob_read_at(blob, blocks << shift, bytes, sizeof bytes, &got, NULL) == SW_OK &&
           got == sizeof bytes && sw_ext_super_read(bytes, super) && super->sum_good &&
           super->block_shift == shift && super->own_group == group;
}

enum sw_status sw_ext_super_find(struct sw_blob *blob, struct sw_ext_super *super, bool *copied,
                                 struct sw_error *error)
{
    static const uint32_t groups[] = {1, 3, 5, 7, 9, 25, 27, 49};
    uint8_t bytes[SW_EXT_SUPER_SIZE];
    size_t got = 0;
    enum sw_status status =
        sw_blob_read_at(blob, SW_EXT_SUPER_AT, bytes, sizeof bytes, &got, error);

    *copied = false;
    if (status == SW_OK && got == sizeof bytes && sw_ext_super_read(bytes, super))
        return SW_OK;
    *copied = true;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (unsigned shift = SHIFT_MIN; shift <= SHIFT_MIN + LOG_SIZE_MAX; shift++)
            if (read_copy(blob, shift, groups[i], super))
                return SW_OK;
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                       "has no super block that can be, and no copy of one");
}

/* ---- the auction --------------------------------------------------------------- */

struct row {
    uint32_t block_bitmap;
    uint32_t inode_bitmap;
    uint32_t inode_table;
};

/* One group descriptor; false: it is none. */
static bool read_row(struct sw_view head, size_t at, uint64_t blocks, unsigned shift,
                     struct row *row)
{
    const uint32_t bits = 8U << shift;

    if (at > head.size || head.size - at < OLD_DESC_SIZE)
        return false;
    const uint8_t *bytes = head.data + at;
    *row = (struct row){sw_little32(bytes), sw_little32(bytes + 4), sw_little32(bytes + 8)};
    return row->block_bitmap != 0 && row->inode_bitmap != 0 && row->inode_table != 0 &&
           row->block_bitmap != row->inode_bitmap && row->inode_bitmap != row->inode_table &&
           row->block_bitmap < blocks && row->inode_bitmap < blocks && row->inode_table < blocks &&
           sw_little16(bytes + 0xc) <= bits && sw_little16(bytes + 0xe) <= bits &&
           sw_little16(bytes + 0x12) < 8;
}

/* Three descriptors in a row that follow one another as those of one file system do:
 * its first super block is lost, and a copy may not be. */
static bool has_descriptors(const struct sw_probe *probe)
{
    for (unsigned shift = SHIFT_MIN; shift <= 12; shift++) {
        const size_t at = (size_t)(shift == SHIFT_MIN ? 2 : 1) << shift;
        for (size_t size = OLD_DESC_SIZE; size <= (size_t)2 * OLD_DESC_SIZE; size *= 2) {
            struct row rows[3];
            size_t count = 0;
            while (count < 3 && read_row(probe->head, at + count * size, probe->size >> shift,
                                         shift, &rows[count]))
                count++;
            if (count < 3)
                continue;
            const uint32_t bitmaps = rows[1].block_bitmap - rows[0].block_bitmap;
            const uint32_t tables = rows[1].inode_table - rows[0].inode_table;
            if ((bitmaps == 1 && tables > 1 &&
                 rows[2].inode_table - rows[1].inode_table == tables &&
                 rows[1].inode_bitmap - rows[0].inode_bitmap == 1) ||
                (bitmaps == 8U << shift && tables == bitmaps))
                return true;
        }
    }
    return false;
}

unsigned sw_ext_super_probe(const struct sw_probe *probe, const char *kind)
{
    struct sw_ext_super super;

    if (probe->size == UINT64_MAX || probe->head.size < SW_EXT_SUPER_AT + SW_EXT_SUPER_SIZE)
        return 0;
    if (!sw_ext_super_read(probe->head.data + SW_EXT_SUPER_AT, &super))
        return strcmp(kind, "ext4") == 0 && has_descriptors(probe) ? BITS_DESCRIPTORS : 0;
    if (strcmp(sw_ext_super_kind(&super), kind) != 0)
        return 0;
    return super.ro_compat & SW_EXT_METADATA_CSUM && super.sum_good ? BITS_SUMMED : BITS_SOUND;
}
