/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob.h - the one way to read bytes: a size, a read at an offset, and where
 * the data lies. Everything that is scanned or opened is a blob: a descriptor,
 * a buffer, later a spill file, a member, a partition.
 *
 * Runs in:  engine (and `rules check` in process).
 * Threads:  one blob, one thread.
 * Owns:     sw_blob_close() releases what the blob owns. A blob of a
 *           descriptor borrows the descriptor; one of a buffer the buffer.
 * Trusts:   nothing: a file may shrink, grow or change while it is read.
 * Fails:    SW_SKIP with gap io_error or unreadable.
 */
#ifndef SWEEPER_BLOB_H
#define SWEEPER_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/status.h"

struct sw_blob;

struct sw_blob_ops {
    /* Reads up to `size` bytes at `offset`; *got is less only at the end. */
    enum sw_status (*read_at)(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                              size_t *got, struct sw_error *error);
    /* The next run of data at or after `offset`: [*start, *end). Everything
     * between is a hole that reads as zeros. *start == size when only a hole
     * is left. */
    void (*extent)(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end);
    /* The whole object as one contiguous block that stays until close; mapped
     * when it is large. */
    enum sw_status (*view)(struct sw_blob *blob, const uint8_t **data, struct sw_error *error);
    void (*close)(struct sw_blob *blob);
};

struct sw_blob {
    const struct sw_blob_ops *ops;
    uint64_t size;       /* bytes; what was known at opening */
    bool size_known;     /* false: procfs and the like say 0 and hold more */
    int fd;              /* blob of a descriptor; -1 otherwise */
    uint64_t base;       /* where byte 0 lies in that file */
    bool bounded;        /* what lies behind its size in that file is not its own */
    bool ours;           /* nobody else can write to that file: a view is as good as a copy */
    const uint8_t *data; /* blob of a buffer, or the view once it is made */
    void *mapped;        /* the mapping that the view lies in; NULL when none */
    size_t mapped_size;  /* bytes of it */
};

/* Borrows `fd`, which must be open for reading on a regular file. `size` is
 * what fstat(2) said; 0 means that nobody knows (size_known is then false, and
 * an empty file costs one read), because procfs says 0 and holds more. A caller
 * that knows of other file systems that lie (sysfs says 4096) clears
 * size_known itself. */
struct sw_blob sw_blob_of_fd(int fd, uint64_t size);
/* `size` bytes of a file that only this process can write to, from byte `base`
 * on, which is a multiple of the page size: spilled content. Borrows `fd`. */
struct sw_blob sw_blob_of_spill(int fd, uint64_t base, uint64_t size);
/* `size` bytes of the file of `under`, a blob of a descriptor, from its byte `base` on. */
struct sw_blob sw_blob_of_part(const struct sw_blob *under, uint64_t base, uint64_t size);
/* Borrows the bytes. */
struct sw_blob sw_blob_of_bytes(const void *data, size_t size);

static inline enum sw_status SW_MUST_CHECK sw_blob_read_at(struct sw_blob *blob, uint64_t offset,
                                                           void *data, size_t size, size_t *got,
                                                           struct sw_error *error)
{
    return blob->ops->read_at(blob, offset, data, size, got, error);
}
static inline void sw_blob_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start,
                                  uint64_t *end)
{
    blob->ops->extent(blob, offset, start, end);
}
static inline enum sw_status SW_MUST_CHECK sw_blob_view(struct sw_blob *blob, const uint8_t **data,
                                                        struct sw_error *error)
{
    return blob->ops->view(blob, data, error);
}
static inline void sw_blob_close(struct sw_blob *blob)
{
    blob->ops->close(blob);
}

/* Whether the calling thread has met a SIGBUS in a mapped view since the last
 * call: the page was replaced by zeros, and the object changed while read. */
bool sw_blob_fault_taken(void);
/* Installs the handler (once a process) and its per-thread part (once a
 * thread). A SIGBUS outside of our views goes to the action that was in force
 * at the first call, so a handler for crashes is installed before it. */
enum sw_status sw_blob_faults_init(struct sw_error *error) SW_MUST_CHECK;

#endif
