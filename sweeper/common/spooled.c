/* SPDX-License-Identifier: Apache-2.0 */
/* spooled.c - appends to an unlinked file until a limit is met. */
#include "common/spooled.h"

#include <errno.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/view.h"
#include "sweeper/limits.h"

#define STEP     (16 * SW_MIB)  /* bytes between two looks at the disk */
#define KEEP_OUT (256 * SW_MIB) /* bytes of the file system that are left to others */

static bool disk_has_room(struct sw_spooled *spooled, size_t more)
{
    struct statfs disk;

    if (spooled->size + more <= spooled->checked)
        return true;
    if (fstatfs(spooled->fd, &disk) == 0 &&
        (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize < STEP + more + KEEP_OUT)
        return false;
    spooled->checked = spooled->size + more + STEP;
    return true;
}

static enum sw_status write_all(struct sw_spooled *spooled, struct sw_view bytes,
                                struct sw_error *error)
{
    while (bytes.size > 0) {
        ssize_t put = pwrite(spooled->fd, bytes.data, bytes.size, (off_t)spooled->size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
            return sw_fail_gap(error, SW_PART, full ? SW_GAP_NO_SPACE : SW_GAP_IO_ERROR, "spool",
                               errno, "cut after %llu bytes", (unsigned long long)spooled->size);
        }
        spooled->size += (uint64_t)put;
        bytes = sw_view_skip(bytes, (size_t)put);
    }
    return SW_OK;
}

enum sw_status sw_spooled_add(struct sw_spooled *spooled, struct sw_view bytes,
                              struct sw_error *error)
{
    bool size_first = spooled->file_size_max < spooled->spool_max;
    uint64_t room = (size_first ? spooled->file_size_max : spooled->spool_max) - spooled->size;
    struct sw_view fitting = sw_view_first(bytes, room < bytes.size ? (size_t)room : bytes.size);

    if (!disk_has_room(spooled, fitting.size))
        return sw_fail_gap(error, SW_PART, SW_GAP_NO_SPACE, "spool", 0,
                           "cut after %llu bytes: the disk of temporary files is nearly full",
                           (unsigned long long)spooled->size);
    enum sw_status status = write_all(spooled, fitting, error);
    if (status == SW_OK && fitting.size < bytes.size)
        status = sw_fail_gap(error, SW_PART, size_first ? SW_GAP_LIMIT_SIZE : SW_GAP_LIMIT_SPILL,
                             "spool", 0, "cut after %llu bytes: %s allows no more",
                             (unsigned long long)spooled->size,
                             size_first ? "--max-file-size" : "--spill");
    return status;
}

enum sw_status sw_spooled_restart(struct sw_spooled *spooled, struct sw_error *error)
{
    if (ftruncate(spooled->fd, 0) != 0)
        return sw_fail_gap(error, SW_PART, SW_GAP_IO_ERROR, "spool", errno, "cannot start over");
    spooled->size = 0;
    spooled->checked = 0;
    return SW_OK;
}
