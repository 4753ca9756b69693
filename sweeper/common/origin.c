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
#define TICK (100 * NS)

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
/* The same, of file systems that systems run on. */
#define DISK(name_, m, a, c, b)                                                                    \
    {                                                                                              \
        .name = (name_), .mtime_ns = (m), .atime_ns = (a), .ctime_ns = (c), .btime_ns = (b),       \
        .owners = true, .lived_in = true                                                           \
    }
#define LOCAL(name_, m, a, c, b)                                                                   \
    {                                                                                              \
        .name = (name_), .mtime_ns = (m), .atime_ns = (a), .ctime_ns = (c), .btime_ns = (b),       \
        .local = true                                                                              \
    }

#define NTFS(name_)                                                                                \
    {                                                                                              \
        .name = (name_), .mtime_ns = TICK, .atime_ns = TICK, .ctime_ns = TICK, .btime_ns = TICK,   \
        .lived_in = true                                                                           \
    }
#define FAT(name_)                                                                                 \
    {                                                                                              \
        .name = (name_), .mtime_ns = 2 * S, .atime_ns = DAY, .btime_ns = 10 * MS, .local = true,   \
        .lived_in = true                                                                           \
    }

static const struct sw_origin_row rows[] = {
    [SW_ORIGIN_NONE] = {.name = NULL},
    [SW_ORIGIN_COPY] = OTHER("copy", 0, 0, 0, 0),
    [SW_ORIGIN_EXT] = UNIX("ext", NS, NS, NS, NS),
    [SW_ORIGIN_EXT_SECONDS] = UNIX("ext-128", S, S, S, 0),
    [SW_ORIGIN_PAX] = UNIX("pax", NS, NS, NS, NS),
    [SW_ORIGIN_ZIP_UT] = UNIX("zip-ut", S, S, 0, S),
    /* File systems as they are mounted. ext4 with inodes of 128 bytes keeps whole seconds only. */
    DISK("ext2", S, S, S, 0),
    DISK("ext3", S, S, S, 0),
    DISK("ext4", NS, NS, NS, NS),
    DISK("xfs", NS, NS, NS, NS),
    DISK("btrfs", NS, NS, NS, NS),
    DISK("f2fs", NS, NS, NS, NS),
    DISK("zfs", NS, NS, NS, NS),
    DISK("bcachefs", NS, NS, NS, NS),
    UNIX("tmpfs", NS, NS, NS, NS),
    UNIX("ramfs", NS, NS, NS, 0),
    DISK("jfs", NS, NS, NS, 0),
    DISK("reiserfs", S, S, S, 0),
    DISK("ufs", NS, NS, NS, NS),
    DISK("ufs1", NS, NS, NS, 0),
    DISK("ufs2", NS, NS, NS, NS),
    DISK("apfs", NS, NS, NS, NS),
    DISK("hfs", S, S, S, S),
    DISK("hfsplus", S, S, S, S),
    UNIX("iso9660", S, S, S, S),
    UNIX("udf", US, US, US, US),
    UNIX("squashfs", S, 0, 0, 0),
    UNIX("erofs", NS, 0, 0, 0),
    NTFS("ntfs"),
    NTFS("ntfs3"),
    FAT("fat"),
    FAT("fat12"),
    FAT("fat16"),
    FAT("fat32"),
    FAT("vfat"),
    FAT("msdos"),
    {.name = "exfat",
     .mtime_ns = 10 * MS,
     .atime_ns = 2 * S,
     .btime_ns = 10 * MS,
     .local = true,
     .lived_in = true},
    /* Containers. */
    UNIX("tar", S, S, S, S),
    UNIX("cpio", S, 0, 0, 0),
    UNIX("rpm", S, 0, 0, 0),
    UNIX("ar", S, 0, 0, 0),
    UNIX("xar", S, S, S, S),
    OTHER("7z", TICK, TICK, 0, TICK),
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
