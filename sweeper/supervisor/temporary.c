/* SPDX-License-Identifier: Apache-2.0 */
/* temporary.c - makes files that nobody else can open. */
#include "supervisor/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the file system has no unnamed files, one that loses its name. */
static int temporary_in(const char *directory)
{
    char *name = NULL;

    if (directory == NULL || directory[0] != '/')
        return -1;
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || asprintf(&name, "%s/sweeper-XXXXXX", directory) < 0)
        return fd;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(name);
    free(name);
    return fd;
}

int sw_temporary_file(void)
{
    const char *const directories[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    int fd = -1;

    errno = ENOENT;
    for (size_t i = 0; i < sizeof directories / sizeof directories[0] && fd < 0; i++)
        fd = temporary_in(directories[i]);
    return fd;
}
