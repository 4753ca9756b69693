/* SPDX-License-Identifier: Apache-2.0 */
/* spill.c - a stack of regions in an unlinked file. */
#include "engine/unpack/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "sweeper/limits.h"

#define PAGE     ((uint64_t)65536) /* the largest page of the kernels that Debian ships */
#define STEP     (16 * SW_MIB)     /* bytes paid for at once */
#define KEEP_OUT (256 * SW_MIB)    /* bytes of the file system that are left to others */

static uint64_t to_page(uint64_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

void sw_spill_open(struct sw_spill *spill, struct sw_spill_purse *purse, const char *const *folders)
{
    *spill = (struct sw_spill){.fd = -1, .purse = purse};
    for (; *folders != NULL && spill->fd < 0; folders++)
        spill->fd = open(*folders, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
}

void sw_spill_close(struct sw_spill *spill)
{
    if (spill->fd >= 0)
        close(spill->fd);
    spill->fd = -1;
}

static bool take(struct sw_spill_purse *purse, uint64_t size)
{
    uint64_t left = atomic_load(&purse->left);

    do {
        if (left < size)
            return false;
    } while (!atomic_compare_exchange_weak(&purse->left, &left, left - size));
    return true;
}

static bool disk_has(int fd, uint64_t size)
{
    struct statfs disk;

    return fstatfs(fd, &disk) != 0 ||
           (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize >= size + KEEP_OUT;
}

/* Pays for everything up to `end`. A skipped stretch costs nothing on disk, but
 * it is paid for too: it is content. */
static enum sw_status pay(struct sw_spill *spill, uint64_t end, struct sw_error *error)
{
    if (end <= spill->top + spill->paid)
        return SW_OK;
    uint64_t missing = end - spill->top - spill->paid;
    uint64_t size = missing > UINT64_MAX - STEP ? missing : (missing + STEP - 1) / STEP * STEP;
    if (!take(spill->purse, size) && (size = missing, !take(spill->purse, size)))
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_SPILL, "spill", 0,
                           "no room for %" PRIu64 " bytes more: see --spill", missing);
    if (!disk_has(spill->fd, size)) {
        atomic_fetch_add(&spill->purse->left, size);
        return sw_fail_gap(error, SW_SKIP, SW_GAP_NO_SPACE, "spill", 0,
                           "the file system for spilled content has less than %" PRIu64
                           " MiB to spare",
                           (uint64_t)((size + KEEP_OUT) / SW_MIB));
    }
    spill->paid += size;
    return SW_OK;
}

static enum sw_status failed(struct sw_error *error, int errnum)
{
    return sw_fail_gap(error, SW_SKIP,
                       errnum == ENOSPC || errnum == EDQUOT ? SW_GAP_NO_SPACE : SW_GAP_IO_ERROR,
                       "spill", errnum, "cannot write what does not fit into memory");
}

enum sw_status sw_spill_write(struct sw_spill *spill, uint64_t base, uint64_t offset,
                              const void *data, size_t size, struct sw_error *error)
{
    if (spill->fd < 0)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_SPILL, "spill", 0,
                           "does not fit into memory, and no folder takes temporary files");
    if (offset > (uint64_t)INT64_MAX / 2 - size || base > (uint64_t)INT64_MAX / 2)
        return failed(error, EFBIG);
    enum sw_status status = pay(spill, base + offset + size, error);
    for (size_t done = 0; status == SW_OK && done < size;) {
        ssize_t count = pwrite(spill->fd, (const uint8_t *)data + done, size - done,
                               (off_t)(base + offset + done));
        if (count > 0)
            done += (size_t)count;
        else if (errno != EINTR)
            status = failed(error, errno);
    }
    return status;
}

enum sw_status sw_spill_keep(struct sw_spill *spill, uint64_t base, uint64_t size,
                             struct sw_error *error)
{
    const uint64_t end = to_page(base + size);
    enum sw_status status = pay(spill, end, error);

    if (status != SW_OK)
        return status;
    if (ftruncate(spill->fd, (off_t)end) != 0)
        return failed(error, errno);
    spill->paid -= end - spill->top;
    spill->top = end;
    return SW_OK;
}

/* When the file cannot be cut, its blocks are only taken again. */
void sw_spill_drop(struct sw_spill *spill, uint64_t base)
{
    if (spill->fd < 0)
        return;
    (void)!ftruncate(spill->fd, (off_t)base);
    atomic_fetch_add(&spill->purse->left, spill->paid + (spill->top - base));
    spill->paid = 0;
    spill->top = base;
}
