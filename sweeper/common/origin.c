/* SPDX-License-Identifier: Apache-2.0 */
/* What file systems and containers keep of a file's times. */
#include "sweeper/origin.h"

#include <stddef.h>
#include <string.h>

#define NS   INT64_C(1)
#define US   (1000 * NS)
#define MS   (1000 * US)
#define S    (1000 * MS)
#define DAY  (86400 * S)
#define NTFS (100 * NS)

/* name, then mtime, atime, ctime, btime. */
#define UNIX(name_, m, a, c, b)                                                                    \
    {                                                                                              \
        .name = (name_), .mtime_ns = (m), .atime_ns = (a), .ctime_ns = (c), .btime_ns = (b),       \
        .owners = true                                                                             \
    }
#define OTHER(name_, m, a, c, b)                                                                   \
    {                                                                                              \
        .name = (name_), .mtime_ns = (m), .atime_ns = (a), .ctime_ns = (c), .btime_ns = (b)        \
    }
#define LOCAL(name_, m, a, c, b)                                                                   \
    {                                                                                              \
        .name = (name_), .mtime_ns = (m), .atime_ns = (a), .ctime_ns = (c), .btime_ns = (b),       \
        .local = true                                                                              \
    }

static const struct sw_origin_row rows[] = {
    [SW_ORIGIN_NONE] = {.name = NULL},
    [SW_ORIGIN_COPY] = OTHER("copy", 0, 0, 0, 0),
    [SW_ORIGIN_PAX] = UNIX("pax", NS, NS, NS, NS),
    [SW_ORIGIN_ZIP_UT] = UNIX("zip-ut", S, S, 0, S),
    /* File systems. ext4 with inodes of 128 bytes keeps whole seconds only. */
    UNIX("ext2", S, S, S, 0),
    UNIX("ext3", S, S, S, 0),
    UNIX("ext4", NS, NS, NS, NS),
    UNIX("xfs", NS, NS, NS, NS),
    UNIX("btrfs", NS, NS, NS, NS),
    UNIX("f2fs", NS, NS, NS, NS),
    UNIX("zfs", NS, NS, NS, NS),
    UNIX("bcachefs", NS, NS, NS, NS),
    UNIX("tmpfs", NS, NS, NS, NS),
    UNIX("ramfs", NS, NS, NS, 0),
    UNIX("jfs", NS, NS, NS, 0),
    UNIX("reiserfs", S, S, S, 0),
    UNIX("ufs", NS, NS, NS, NS),
    UNIX("ufs1", NS, NS, NS, 0),
    UNIX("ufs2", NS, NS, NS, NS),
    UNIX("apfs", NS, NS, NS, NS),
    UNIX("hfs", S, S, S, S),
    UNIX("hfsplus", S, S, S, S),
    UNIX("iso9660", S, S, S, S),
    UNIX("udf", US, US, US, US),
    UNIX("squashfs", S, 0, 0, 0),
    UNIX("erofs", NS, 0, 0, 0),
    OTHER("ntfs", NTFS, NTFS, NTFS, NTFS),
    OTHER("ntfs3", NTFS, NTFS, NTFS, NTFS),
    LOCAL("fat", 2 * S, DAY, 0, 10 * MS),
    LOCAL("fat12", 2 * S, DAY, 0, 10 * MS),
    LOCAL("fat16", 2 * S, DAY, 0, 10 * MS),
    LOCAL("fat32", 2 * S, DAY, 0, 10 * MS),
    LOCAL("vfat", 2 * S, DAY, 0, 10 * MS),
    LOCAL("msdos", 2 * S, DAY, 0, 10 * MS),
    LOCAL("exfat", 10 * MS, 2 * S, 0, 10 * MS),
    /* Containers. */
    UNIX("tar", S, S, S, S),
    UNIX("cpio", S, 0, 0, 0),
    UNIX("rpm", S, 0, 0, 0),
    UNIX("ar", S, 0, 0, 0),
    UNIX("xar", S, S, S, S),
    OTHER("7z", NTFS, NTFS, 0, NTFS),
    OTHER("gzip", S, 0, 0, 0),
    LOCAL("zip", 2 * S, 0, 0, 0),
    LOCAL("cab", 2 * S, 0, 0, 0),
    LOCAL("lha", 2 * S, 0, 0, 0),
    LOCAL("rar", 2 * S, 0, 0, 0),
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

enum sw_origin sw_origin_find(const char *name)
{
    for (size_t i = SW_ORIGIN_NONE + 1; name != NULL && i < ROW_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return (enum sw_origin)i;
    return SW_ORIGIN_NONE;
}

const struct sw_origin_row *sw_origin_row(enum sw_origin origin)
{
    return &rows[(size_t)origin < ROW_COUNT ? (size_t)origin : (size_t)SW_ORIGIN_NONE];
}
