/* SPDX-License-Identifier: Apache-2.0 */
/* walk_open.c - opening beneath a directory: openat2(2), or openat(2) one
 * component at a time where the kernel has no openat2. */
#include "supervisor/walk_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervisor/facts_take.h"

#define OPEN_FLAGS   (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)
#define RESOLVE_SAFE (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

static int call_openat2(int dir, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_SAFE};

    if (dir != AT_FDCWD)
        how.resolve |= RESOLVE_BENEATH;
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

bool sw_opener_probe(void)
{
    /* O_PATH on "." needs no right at all: any refusal is a filter's. */
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_SAFE | RESOLVE_BENEATH};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);

    if (fd >= 0)
        close(fd);
    return fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL);
}

/* The same promise without openat2: each component is opened by itself and
 * refused when it is a symlink. */
static int open_by_component(int dir, const char *path, int flags)
{
    char name[NAME_MAX + 1];
    int at = dir;
    int next = -1;

    if (*path == '/')
        at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0 || at == AT_FDCWD) {
        size_t size;
        bool last;

        path += strspn(path, "/");
        size = strcspn(path, "/");
        last = path[size] == '\0';
        if (size > NAME_MAX) {
            errno = ENAMETOOLONG;
            next = -1;
        } else {
            memcpy(name, size == 0 ? "." : path, size == 0 ? 1 : size);
            name[size == 0 ? 1 : size] = '\0';
            next = openat(at, name, last ? flags : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        if (at != dir && at >= 0) {
            int saved = errno;

            close(at);
            errno = saved;
        }
        if (last)
            return next;
        at = next;
        path += size;
    }
    return -1;
}

static int open_once(const struct sw_opener *opener, int dir, const char *path, int flags)
{
    int fd;

    do {
        if (opener->openat2)
            fd = call_openat2(dir, path, flags);
        else
            fd = open_by_component(dir, path, flags);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/* --- Access times --- */

static bool is_refused(const struct sw_opener *opener, uint32_t owner)
{
    for (unsigned index = 0; index < opener->refused_count; index++) {
        if (opener->refused[index] == owner)
            return true;
    }
    return false;
}

static void refuse(struct sw_opener *opener, uint32_t owner)
{
    if (is_refused(opener, owner))
        return;
    opener->refused[opener->refused_next] = owner;
    opener->refused_next = (opener->refused_next + 1) % SW_REFUSED_MAX;
    if (opener->refused_count < SW_REFUSED_MAX)
        opener->refused_count++;
}

/* Opened without O_NOATIME, either after a refusal or on a guess. Opening
 * changes no access time, reading does: it is not too late to ask. */
static void keep_access_time(struct sw_opener *opener, int fd, int flags, uint32_t owner,
                             bool was_refused)
{
    if (was_refused) {
        refuse(opener, owner);
        return;
    }
    if (is_refused(opener, owner))
        return;
    if (fcntl(fd, F_SETFL, (flags & O_NONBLOCK) | O_NOATIME) != 0 && errno == EPERM)
        refuse(opener, owner);
}

static int open_with_facts(struct sw_opener *opener, int dir, const char *path, int flags,
                           struct sw_facts *facts)
{
    bool ask = !is_refused(opener, opener->owner_last);
    bool was_refused = false;
    struct sw_facts found;
    int fd = open_once(opener, dir, path, ask ? flags | O_NOATIME : flags);

    if (fd < 0 && errno == EPERM && ask) {
        was_refused = true;
        fd = open_once(opener, dir, path, flags);
    }
    if (fd < 0)
        return -1;
    if (sw_facts_of_fd(fd, &found) != 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    if (!ask || was_refused)
        keep_access_time(opener, fd, flags, found.uid, was_refused);
    opener->owner_last = found.uid;
    *facts = found;
    return fd;
}

int sw_open_entry(struct sw_opener *opener, int dir, const char *name, bool directory,
                  struct sw_facts *facts)
{
    return open_with_facts(opener, dir, name, OPEN_FLAGS | (directory ? O_DIRECTORY : 0), facts);
}

int sw_open_directory(struct sw_opener *opener, int dir, const char *path, struct sw_facts *facts)
{
    return open_with_facts(opener, dir, path, OPEN_FLAGS | O_DIRECTORY, facts);
}

int sw_open_followed(struct sw_opener *opener, const char *path, struct sw_facts *facts)
{
    int flags = OPEN_FLAGS & ~O_NOFOLLOW;
    int fd;

    do {
        fd = open(path, flags);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0 && sw_facts_of_fd(fd, facts) != 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    if (fd >= 0)
        keep_access_time(opener, fd, flags, facts->uid, false);
    return fd;
}

/* --- Types --- */

int sw_type_of_entry(int dir, const char *name, uint32_t *mode)
{
    struct stat found;

    if (fstatat(dir, name, &found, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
        return -1;
    *mode = found.st_mode & S_IFMT;
    return 0;
}

enum sw_gap sw_gap_of_errno(int errnum)
{
    switch (errnum) {
    case EIO:
    case EUCLEAN: /* "structure needs cleaning" */
    case EBADMSG: /* ext4, f2fs: a checksum did not match */
    case EREMOTEIO:
    case ENOMEDIUM:
    case EILSEQ: /* btrfs and squashfs: broken data */
    case ETIMEDOUT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOTCONN: /* a FUSE program that died */
    case ECONNABORTED:
        return SW_GAP_IO_ERROR;
    default:
        return SW_GAP_UNREADABLE;
    }
}
