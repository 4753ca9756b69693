/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the facts of an object from the kernel. */
#include "supervisor/facts_take.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

/* A time that does not fit goes as far as it can. */
static int64_t nanoseconds(int64_t seconds, int64_t rest_ns)
{
    int64_t value;

    if (__builtin_mul_overflow(seconds, INT64_C(1000000000), &value) ||
        __builtin_add_overflow(value, rest_ns, &value))
        return seconds < 0 ? INT64_MIN + 1 : INT64_MAX;
    return value;
}

static int64_t time_of_statx(struct statx_timestamp time)
{
    return nanoseconds(time.tv_sec, (int64_t)time.tv_nsec);
}

static int64_t time_of_stat(struct timespec time)
{
    return nanoseconds(time.tv_sec, time.tv_nsec);
}

struct sw_facts sw_facts_of_stat(const struct stat *found)
{
    return (struct sw_facts){
        .device = found->st_dev,
        .inode = found->st_ino,
        .size = (uint64_t)found->st_size,
        .mode = found->st_mode,
        .uid = found->st_uid,
        .gid = found->st_gid,
        .link_count = (uint32_t)found->st_nlink,
        .mtime_ns = time_of_stat(found->st_mtim),
        .ctime_ns = time_of_stat(found->st_ctim),
        .btime_ns = SW_TIME_UNKNOWN,
        .atime_ns = time_of_stat(found->st_atim),
    };
}

static int facts_by_stat(int fd, struct sw_facts *facts)
{
    struct stat found;

    if (fstatat(fd, "", &found, AT_EMPTY_PATH) != 0)
        return -1;
    *facts = sw_facts_of_stat(&found);
    return 0;
}

int sw_facts_of_fd(int fd, struct sw_facts *facts)
{
    struct statx found;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &found) != 0)
        return errno == ENOSYS || errno == EPERM ? facts_by_stat(fd, facts) : -1;
    *facts = (struct sw_facts){
        .device = makedev(found.stx_dev_major, found.stx_dev_minor),
        .inode = found.stx_ino,
        .size = found.stx_size,
        .mode = found.stx_mode,
        .uid = found.stx_uid,
        .gid = found.stx_gid,
        .link_count = found.stx_nlink,
        .mtime_ns = time_of_statx(found.stx_mtime),
        .ctime_ns = time_of_statx(found.stx_ctime),
        .btime_ns =
            (found.stx_mask & STATX_BTIME) != 0 ? time_of_statx(found.stx_btime) : SW_TIME_UNKNOWN,
        .atime_ns = time_of_statx(found.stx_atime),
    };
    return 0;
}
