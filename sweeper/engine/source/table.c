/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - every format that can be opened, and the auction between them. */
#include "engine/disk/disks.h"
#include "engine/source/sources.h"
#include "engine/source/squashfs.h"

/* Of two that bid the same, the first one wins. */
static const struct sw_source *const sources[] = {
    /* compressed streams */
    &sw_source_gzip,
    &sw_source_bzip2,
    &sw_source_xz,
    &sw_source_lzma,
    &sw_source_lzip,
    &sw_source_zstd,
    &sw_source_lz4,
    &sw_source_compress,
    &sw_source_uuencode,
    &sw_source_http_cache,
    /* containers */
    &sw_source_tar,
    &sw_source_zip,
    &sw_source_zip_stream,
    &sw_source_ar,
    &sw_source_rpm,
    &sw_source_cpio,
    &sw_source_7z,
    &sw_source_rar,
    &sw_source_rar5,
    &sw_source_cab,
    &sw_source_iso9660,
    &sw_source_xar,
    &sw_source_lha,
    &sw_source_warc,
    &sw_source_squashfs,
    /* volumes */
    &sw_source_luks,
    &sw_source_bitlocker,
    &sw_source_lvm,
    &sw_source_raid,
    &sw_source_appended,
    /* disks: forms of images, volumes and file systems */
    &sw_source_ewf,
    &sw_source_qcow2,
    &sw_source_vmdk,
    &sw_source_vhd,
    &sw_source_vhdx,
    &sw_source_mbr,
    &sw_source_gpt,
    &sw_source_bsd,
    &sw_source_sun,
    &sw_source_apm,
    &sw_source_ntfs,
    &sw_source_fat,
    &sw_source_exfat,
    &sw_source_hfs,
    &sw_source_ufs,
    &sw_source_ext2,
    &sw_source_ext3,
    &sw_source_ext4,
    &sw_source_xfs,
    &sw_source_apfs_container,
    &sw_source_apfs,
    &sw_source_known,
    &sw_source_swap,
    &sw_source_unread,
    NULL,
};

const struct sw_source *const *sw_source_list(void)
{
    return sources;
}

/* Best first; of equal bids, the one whose source stands first in the table. */
static size_t insert(struct sw_bid bids[static SW_BIDS_MAX], size_t count, struct sw_bid bid)
{
    size_t at = count;

    while (at > 0 && bids[at - 1].bits < bid.bits)
        at--;
    if (at == SW_BIDS_MAX)
        return count;
    count += count < SW_BIDS_MAX ? 1 : 0;
    for (size_t i = count - 1; i > at; i--)
        bids[i] = bids[i - 1];
    bids[at] = bid;
    return count;
}

size_t sw_source_auction(const struct sw_probe *probe, struct sw_bid bids[static SW_BIDS_MAX])
{
    const bool stream = probe->size == UINT64_MAX;
    size_t count = 0;

    for (size_t i = 0; sources[i] != NULL; i++) {
        if (stream && !sources[i]->sequential)
            continue;
        const struct sw_bid bid = {sources[i], sources[i]->probe(probe)};
        if (bid.bits != 0)
            count = insert(bids, count, bid);
    }
    while (count > 1 && bids[count - 1].bits < SW_BID_GOOD)
        count--;
    return count;
}
