/* SPDX-License-Identifier: Apache-2.0 */
/* xfs_inode.c - inodes: what is known of a file, and where its fork begins; see
 * xfs_image.h. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "crc32c.h"
#include "engine/source/bytes.h"
#include "xfs_image.h"

#define ROOM "xfs"

enum {
    CORE_SIZE = 100,   /* of versions 1 and 2 */
    CORE_3_SIZE = 176, /* of version 3 */
    SUM_AT = 100,
    SECOND_NS = 1000000000,
};
enum { FLAG_REALTIME = 1 };
enum { FLAG2_REFLINK = 2, FLAG2_BIGTIME = 8, FLAG2_LONG_COUNTS = 16 };

/* Since 1970, or with bigtime nanoseconds since 1901-12-13T20:45:52Z, which is the
 * smallest time that the other form knows. */
static int64_t time_of(const uint8_t *at, bool bigtime)
{
    if (!bigtime) {
        uint32_t nanoseconds = sw_big32(at + 4);
        return (int64_t)(int32_t)sw_big32(at) * SECOND_NS +
               (nanoseconds < SECOND_NS ? nanoseconds : 0);
    }
    const uint64_t epoch = (UINT64_C(1) << 31) * SECOND_NS;
    uint64_t value = sw_big64(at);
    if (value >= epoch)
        return value - epoch <= INT64_MAX ? (int64_t)(value - epoch) : SW_TIME_UNKNOWN;
    return -(int64_t)(epoch - value);
}

/* Through a window, because inodes are read in their order and lie side by side. */
static enum sw_status read_raw(struct sw_xfs *image, uint64_t at, uint8_t *raw,
                               struct sw_error *error)
{
    size_t size = image->geometry.inode_size;
    if (at < image->window_at || at - image->window_at > image->window_size ||
        image->window_size - (at - image->window_at) < size) {
        image->window_size = 0;
        image->window_at = at - at % SW_XFS_WINDOW;
        if (sw_blob_read_at(image->blob, image->window_at, image->window, SW_XFS_WINDOW,
                            &image->window_size, error) < SW_PART)
            image->window_size = 0;
        if (image->window_size < at - image->window_at + size) {
            image->window_size = 0;
            return sw_xfs_read(image, at, raw, size, error);
        }
    }
    memcpy(raw, image->window + (at - image->window_at), size);
    return SW_OK;
}

static void read_core(struct sw_xfs_inode *inode, bool version_3)
{
    const uint8_t *raw = inode->raw;
    uint64_t flags2 = version_3 ? sw_big64(raw + 120) : 0;
    bool bigtime = (flags2 & FLAG2_BIGTIME) != 0;
    inode->format = raw[5];
    inode->realtime = (sw_big16(raw + 90) & FLAG_REALTIME) != 0;
    inode->reflink = (flags2 & FLAG2_REFLINK) != 0;
    inode->extent_count =
        (flags2 & FLAG2_LONG_COUNTS) != 0 ? sw_big64(raw + 24) : sw_big32(raw + 76);
    inode->facts = (struct sw_facts){
        .inode = inode->number,
        .size = sw_big64(raw + 56),
        .mode = sw_big16(raw + 2),
        .uid = sw_big32(raw + 8),
        .gid = sw_big32(raw + 12),
        .link_count = raw[4] == 1 ? sw_big16(raw + 6) : sw_big32(raw + 16),
        .atime_ns = time_of(raw + 32, bigtime),
        .mtime_ns = time_of(raw + 40, bigtime),
        .ctime_ns = time_of(raw + 48, bigtime),
        .btime_ns = version_3 ? time_of(raw + 144, bigtime) : SW_TIME_UNKNOWN,
    };
}

static bool find_fork(const struct sw_xfs *image, struct sw_xfs_inode *inode, bool version_3)
{
    size_t attributes = (size_t)inode->raw[82] * 8; /* where the other fork begins, in this one */
    inode->fork_at = version_3 ? CORE_3_SIZE : CORE_SIZE;
    inode->fork_size = image->geometry.inode_size - inode->fork_at;
    if (attributes > inode->fork_size)
        return false;
    if (attributes > 0)
        inode->fork_size = attributes;
    return true;
}

enum sw_status sw_xfs_inode(struct sw_xfs *image, uint64_t number, struct sw_xfs_inode *inode,
                            struct sw_error *error)
{
    const struct sw_xfs_geometry *geometry = &image->geometry;
    uint64_t at = 0;
    inode->number = number;
    if (!sw_xfs_place(geometry, number >> geometry->inode_block_log, 1, &at))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "inode %" PRIu64 " would lie outside of the file system", number);
    at += (number & ((UINT64_C(1) << geometry->inode_block_log) - 1)) << geometry->inode_log;
    if (read_raw(image, at, inode->raw, error) != SW_OK)
        return SW_SKIP;
    unsigned version = inode->raw[4];
    if (memcmp(inode->raw, "IN", 2) != 0 || version < 1 || version > 3 ||
        (version == 3) != geometry->checksums)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "inode %" PRIu64 " is not there", number);
    read_core(inode, version == 3);
    if ((inode->facts.mode & S_IFMT) == 0)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "inode %" PRIu64 " is free, and has a name", number);
    if (!find_fork(image, inode, version == 3) || inode->facts.size > INT64_MAX)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "inode %" PRIu64 " is damaged",
                           number);
    if (version == 3 && (sw_big64(inode->raw + 152) != number ||
                         sw_crc32c_around(inode->raw, geometry->inode_size, SUM_AT) !=
                             sw_little32(inode->raw + SUM_AT)))
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0,
                           "the checksum of inode %" PRIu64 " is wrong", number);
    return SW_OK;
}
