/* SPDX-License-Identifier: Apache-2.0 */
/* write_all.c - see write_all.h. */
#include "common/write_all.h"

#include <errno.h>
#include <unistd.h>

int sw_write_all(int fd, struct sw_view rest)
{
    while (rest.size > 0) {
        ssize_t written = write(fd, rest.data, rest.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? errno : EIO;
        rest.data += written;
        rest.size -= (size_t)written;
    }
    return 0;
}
