/* SPDX-License-Identifier: Apache-2.0 */
/* pack_write.c - see pack_write.h. */
#include "supervisor/pack_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/write_all.h"
#include "supervisor/outfile.h"

static enum sw_status fail(const char *path, int errnum, struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "pack", errnum, "cannot write %s", path);
}

static enum sw_status write_standard(struct sw_view bytes, struct sw_error *error)
{
    if (isatty(STDOUT_FILENO))
        return sw_fail(error, SW_STOP, "pack", 0, "a rule pack is not written to a terminal");
    int errnum = sw_write_all(STDOUT_FILENO, bytes);
    return errnum == 0 ? SW_OK : fail("standard output", errnum, error);
}

static enum sw_status write_straight(const char *path, struct sw_view bytes, struct sw_error *error)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail(path, errno, error);
    int errnum = sw_write_all(fd, bytes);
    if (close(fd) != 0 && errnum == 0)
        errnum = errno;
    return errnum == 0 ? SW_OK : fail(path, errnum, error);
}

/* The mode that open(2) would have given; mkostemp(3) is stricter. */
static mode_t ordinary_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* So that the name, too, outlives a power cut. Not all file systems can. */
static void sync_directory(char *target)
{
    char *slash = strrchr(target, '/');
    if (slash)
        *slash = '\0';
    const char *name = slash == target ? "/" : slash ? target : ".";
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* Takes `target` over. */
static enum sw_status replace(const char *path, char *target, mode_t mode, struct sw_view bytes,
                              struct sw_error *error)
{
    char *partial = NULL;
    int fd = -1;
    int errnum = 0;
    if (asprintf(&partial, "%s.XXXXXX", target) < 0) {
        free(target);
        return fail(path, ENOMEM, error);
    }
    fd = mkostemp(partial, O_CLOEXEC);
    if (fd < 0) {
        errnum = errno;
        goto out;
    }
    errnum = sw_write_all(fd, bytes);
    if (errnum == 0 && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        errnum = errno;
    if (close(fd) != 0 && errnum == 0)
        errnum = errno;
    if (errnum == 0 && rename(partial, target) != 0)
        errnum = errno;
    if (errnum == 0)
        sync_directory(target);
    else
        (void)unlink(partial);
out:
    free(partial);
    free(target);
    return errnum == 0 ? SW_OK : fail(path, errnum, error);
}

enum sw_status sw_pack_write(const char *path, struct sw_view bytes, struct sw_error *error)
{
    struct stat old;
    if (sw_outfile_is_standard(path))
        return write_standard(bytes, error);
    if (stat(path, &old) == 0) {
        if (!S_ISREG(old.st_mode))
            return write_straight(path, bytes, error);
        char *target = realpath(path, NULL);
        return target ? replace(path, target, old.st_mode & 0777, bytes, error)
                      : fail(path, errno, error);
    }
    if (errno != ENOENT)
        return fail(path, errno, error);
    char *target = strdup(path);
    return target ? replace(path, target, ordinary_mode(), bytes, error)
                  : fail(path, ENOMEM, error);
}
