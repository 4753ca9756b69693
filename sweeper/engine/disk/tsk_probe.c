/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk_probe.c - which file system a volume holds, by what its first blocks say: magic
 * numbers, and fields that must fit one another and the size of the volume.
 *
 * A volume may be cut short, so that what it says of its size is allowed to be more
 * than there is.
 */
#include "engine/disk/tsk.h"
#include "engine/source/bytes.h"

enum { BOOT_SIZE = 512 };

static bool is_power_of_2(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool is_between(uint64_t value, uint64_t low, uint64_t high)
{
    return value >= low && value <= high;
}

/* The jump over the parameters, the name of a system, which is printable or empty, and
 * the mark at the end of the sector. */
static bool is_boot_sector(struct sw_view head)
{
    const uint8_t *boot = head.data;

    if (head.size < BOOT_SIZE || boot[510] != 0x55 || boot[511] != 0xaa ||
        !((boot[0] == 0xeb && boot[2] == 0x90) || boot[0] == 0xe9))
        return false;
    for (size_t i = 3; i < 11; i++)
        if (boot[i] != 0 && !is_between(boot[i], 0x20, 0x7e))
            return false;
    return true;
}

/* --- NTFS: the BIOS parameter block of its boot sector ------------------------------- */

unsigned tsk_probe_ntfs(const struct sw_probe *probe)
{
    const uint8_t *boot = probe->head.data;

    if (!is_boot_sector(probe->head) || !sw_bytes_at(probe->head, 3, "NTFS    ", 8))
        return 0;
    const uint64_t sectors = sw_little64(boot + 0x28);
    const bool sound = is_between(sw_little16(boot + 0x0b), 256, 4096) &&
                       is_power_of_2(sw_little16(boot + 0x0b)) && boot[0x0d] != 0 &&
                       sw_little16(boot + 0x0e) == 0 && boot[0x10] == 0 && sectors != 0 &&
                       sw_little64(boot + 0x30) < sectors && sw_little64(boot + 0x38) < sectors;
    return sound ? 64 + 16 + 40 : 0;
}

/* --- exFAT (Microsoft's specification, 3.1) --------------------------------------------- */

static uint32_t exfat_checksum(const uint8_t *sectors, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++)
        if (i != 106 && i != 107 && i != 112)
            sum = (sum << 31 | sum >> 1) + sectors[i];
    return sum;
}

unsigned tsk_probe_exfat(const struct sw_probe *probe)
{
    enum { CHECKED_SECTORS = 11 };
    const uint8_t *boot = probe->head.data;

    if (!is_boot_sector(probe->head) || !sw_bytes_at(probe->head, 3, "EXFAT   ", 8))
        return 0;
    for (size_t i = 11; i < 64; i++)
        if (boot[i] != 0)
            return 0;
    if (!is_between(boot[108], 9, 12) || boot[109] > 25 - boot[108] ||
        !is_between(boot[110], 1, 2) || sw_little32(boot + 80) < 24)
        return 0;
    const size_t sector = (size_t)1 << boot[108];
    const size_t checked = CHECKED_SECTORS * sector;
    const bool summed = probe->head.size >= checked + 4 &&
                        exfat_checksum(boot, checked) == sw_little32(boot + checked);
    return 64 + 16 + 64 + (summed ? 32 : 0);
}

/* --- FAT (Microsoft's specification of FAT32, "Boot sector and BPB") ------------------- */

unsigned tsk_probe_fat(const struct sw_probe *probe)
{
    const uint8_t *boot = probe->head.data;

    if (!is_boot_sector(probe->head))
        return 0;
    const uint32_t sector = sw_little16(boot + 11);
    const uint32_t reserved = sw_little16(boot + 14);
    const uint32_t small = sw_little16(boot + 19);
    const uint32_t sectors = small != 0 ? small : sw_little32(boot + 32);
    const uint32_t narrow = sw_little16(boot + 22);
    const uint32_t wide = sw_little32(boot + 36);
    const uint32_t entries = sw_little16(boot + 17);
    const uint64_t table = narrow != 0 ? narrow : wide;
    const bool sound = is_between(sector, 512, 4096) && is_power_of_2(sector) &&
                       is_power_of_2(boot[13]) && reserved != 0 && is_between(boot[16], 1, 2) &&
                       (boot[21] == 0xf0 || boot[21] >= 0xf8) && sectors != 0 && table != 0 &&
                       table < sectors && (narrow != 0) == (entries != 0);
    const uint64_t first = (uint64_t)reserved * sector;
    /* The first entry of the table repeats the kind of medium. */
    if (!sound || first >= probe->head.size || probe->head.data[first] != boot[21])
        return 0;
    return 16 + 8 + 16 + 16 + 8;
}

/* --- HFS+ and HFSX (Apple's technical note 1150), alone or inside an HFS volume ---------- */

static bool is_hfs_plus(struct sw_view head, size_t at)
{
    if (head.size < at + 512)
        return false;
    const uint8_t *volume = head.data + at;
    const bool plus = sw_bytes_at(head, at, "H+\0\4", 4);
    const uint32_t block = sw_big32(volume + 40);
    return (plus || sw_bytes_at(head, at, "HX\0\5", 4)) && is_between(block, 512, 1U << 20) &&
           is_power_of_2(block) && sw_big32(volume + 44) != 0 &&
           sw_big32(volume + 48) <= sw_big32(volume + 44);
}

unsigned tsk_probe_hfs(const struct sw_probe *probe)
{
    enum { AT = 1024, EMBEDDED = 124, FIRST_BLOCK = 28, BLOCK_SIZE = 20 };
    const struct sw_view head = probe->head;

    if (is_hfs_plus(head, AT))
        return 32 + 24 + 20;
    if (!sw_bytes_at(head, AT, "BD", 2) || !sw_bytes_at(head, AT + EMBEDDED, "H+", 2))
        return 0;
    const uint8_t *master = head.data + AT;
    const uint64_t at = (uint64_t)sw_big16(master + FIRST_BLOCK) * 512 +
                        (uint64_t)sw_big16(master + EMBEDDED + 2) * sw_big32(master + BLOCK_SIZE) +
                        AT;
    return at < head.size && is_hfs_plus(head, (size_t)at) ? 32 + 32 : 0;
}

/* --- UFS 1 and 2 (FreeBSD's <ufs/ffs/fs.h>) ------------------------------------------------ */

static bool is_ufs(struct sw_view head, size_t at, uint32_t magic)
{
    enum { MAGIC = 1372, SIZE = 1376, BLOCK = 48, FRAGMENT = 52, PER_BLOCK = 56 };
    const uint8_t *super = head.data + at;

    if (head.size < at + SIZE)
        return false;
    const bool little = sw_little32(super + MAGIC) == magic;
    if (!little && sw_big32(super + MAGIC) != magic)
        return false;
    const uint32_t block = little ? sw_little32(super + BLOCK) : sw_big32(super + BLOCK);
    const uint32_t fragment = little ? sw_little32(super + FRAGMENT) : sw_big32(super + FRAGMENT);
    const uint32_t count = little ? sw_little32(super + PER_BLOCK) : sw_big32(super + PER_BLOCK);
    return is_between(block, 4096, 65536) && is_power_of_2(block) &&
           is_between(fragment, 512, block) && is_power_of_2(fragment) && count == block / fragment;
}

unsigned tsk_probe_ufs(const struct sw_probe *probe)
{
    enum { UFS1_AT = 8192, UFS2_AT = 65536 };

    if (is_ufs(probe->head, UFS1_AT, 0x00011954) || is_ufs(probe->head, UFS2_AT, 0x19540119))
        return 32 + 60;
    return 0;
}
