/* SPDX-License-Identifier: Apache-2.0 */
/* blob.c - the plain kinds of blob: a descriptor, spilled content, a buffer. */
#include "sweeper/blob.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blob_fault.h"

/* What an empty object shows as its view: no byte of it is ever read. */
static const uint8_t no_bytes[1];

static enum sw_gap read_gap(int errnum)
{
    return errnum == EACCES || errnum == EPERM ? SW_GAP_UNREADABLE : SW_GAP_IO_ERROR;
}

/* ---- a descriptor ------------------------------------------------------- */

static enum sw_status fd_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                 size_t *got, struct sw_error *error)
{
    size_t done = 0;
    if (offset > (uint64_t)INT64_MAX - size - blob->base) {
        *got = 0; /* behind the end of every possible file */
        return SW_OK;
    }
    /* A descriptor's end is found by reading; behind a part of a file lies other. */
    if (blob->bounded && size > blob->size - (offset < blob->size ? offset : blob->size))
        size = (size_t)(blob->size - (offset < blob->size ? offset : blob->size));
    while (done < size) {
        /* A short answer that ends at the expected size is the end: asking again
         * only to hear "nothing more" would cost a system call a file. */
        if (done > 0 && blob->size_known && offset + done == blob->size)
            break;
        ssize_t count = pread(blob->fd, (uint8_t *)data + done, size - done,
                              (off_t)(blob->base + offset + done));
        if (count == 0)
            break;
        if (count < 0) {
            if (errno == EINTR)
                continue;
            int errnum = errno;
            enum sw_status status = sw_fail_gap(error, SW_SKIP, read_gap(errnum), "blob", errnum,
                                                "cannot read at byte %" PRIu64, offset + done);
            if (error != NULL)
                error->offset = offset + done;
            return status;
        }
        done += (size_t)count;
    }
    *got = done;
    return SW_OK;
}

static void fd_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    *start = offset;
    *end = blob->size;
    if (offset >= blob->size || offset > (uint64_t)INT64_MAX) {
        *start = blob->size;
        return;
    }
    off_t data = lseek(blob->fd, (off_t)(blob->base + offset), SEEK_DATA);
    if (data < 0) {
        /* ENXIO: nothing but a hole is left. Anything else: the file system does
         * not know of holes, so all of it is data. */
        if (errno == ENXIO)
            *start = blob->size;
        return;
    }
    uint64_t found = (uint64_t)data - blob->base;
    *start = found < blob->size ? found : blob->size;
    off_t hole = lseek(blob->fd, data, SEEK_HOLE);
    if (hole > data && (uint64_t)hole - blob->base < blob->size)
        *end = (uint64_t)hole - blob->base;
}

static enum sw_status fd_view(struct sw_blob *blob, const uint8_t **data, struct sw_error *error)
{
    if (blob->data == NULL && blob->size == 0)
        blob->data = no_bytes;
    if (blob->data == NULL) {
        const size_t ahead = (size_t)(blob->base % (uint64_t)sysconf(_SC_PAGESIZE));
        const size_t size = (size_t)blob->size + ahead;
        void *memory =
            mmap(NULL, size, PROT_READ, MAP_PRIVATE, blob->fd, (off_t)(blob->base - ahead));
        if (memory == MAP_FAILED)
            return sw_fail_gap(error, SW_SKIP,
                               errno == ENOMEM ? SW_GAP_LIMIT_MEMORY : SW_GAP_IO_ERROR, "blob",
                               errno, "cannot map %zu bytes", size);
        if (!sw_blob_fault_watch(memory, size, blob->fd)) {
            munmap(memory, size);
            return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "blob", 0,
                               "more than %d views at a time", SW_VIEWS_MAX);
        }
        madvise(memory, size, MADV_SEQUENTIAL);
        blob->data = (const uint8_t *)memory + ahead;
        blob->mapped = memory;
        blob->mapped_size = size;
    }
    *data = blob->data;
    return SW_OK;
}

static void fd_close(struct sw_blob *blob)
{
    if (blob->mapped != NULL) {
        sw_blob_fault_unwatch(blob->mapped);
        munmap(blob->mapped, blob->mapped_size);
    }
    blob->data = NULL;
    blob->mapped = NULL;
    blob->mapped_size = 0;
    blob->fd = -1;
}

static const struct sw_blob_ops fd_ops = {
    .read_at = fd_read_at, .extent = fd_extent, .view = fd_view, .close = fd_close};

struct sw_blob sw_blob_of_fd(int fd, uint64_t size)
{
    return (struct sw_blob){.ops = &fd_ops, .size = size, .size_known = size != 0, .fd = fd};
}

struct sw_blob sw_blob_of_spill(int fd, uint64_t base, uint64_t size)
{
    return (struct sw_blob){.ops = &fd_ops,
                            .size = size,
                            .size_known = true,
                            .fd = fd,
                            .base = base,
                            .bounded = true,
                            .ours = true};
}

struct sw_blob sw_blob_of_part(const struct sw_blob *under, uint64_t base, uint64_t size)
{
    return (struct sw_blob){.ops = &fd_ops,
                            .size = size,
                            .size_known = true,
                            .fd = under->fd,
                            .base = under->base + base,
                            .bounded = true,
                            .ours = under->ours};
}

/* ---- a buffer ----------------------------------------------------------- */

static enum sw_status bytes_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                    size_t *got, struct sw_error *error)
{
    (void)error;
    uint64_t rest = offset < blob->size ? blob->size - offset : 0;
    *got = rest < size ? (size_t)rest : size;
    if (*got > 0)
        memcpy(data, blob->data + offset, *got);
    return SW_OK;
}

static void bytes_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    *start = offset < blob->size ? offset : blob->size;
    *end = blob->size;
}

static enum sw_status bytes_view(struct sw_blob *blob, const uint8_t **data, struct sw_error *error)
{
    (void)error;
    *data = blob->data;
    return SW_OK;
}

static void bytes_close(struct sw_blob *blob)
{
    blob->data = NULL;
    blob->size = 0;
}

struct sw_blob sw_blob_of_bytes(const void *data, size_t size)
{
    static const struct sw_blob_ops ops = {
        .read_at = bytes_read_at, .extent = bytes_extent, .view = bytes_view, .close = bytes_close};
    return (struct sw_blob){.ops = &ops,
                            .size = size,
                            .size_known = true,
                            .fd = -1,
                            .data = size == 0 ? no_bytes : data};
}
