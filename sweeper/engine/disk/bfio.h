/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bfio.h - a blob as libewf reads it, and the other libyal libraries would: a libbfio
 * handle with callbacks of ours. No library opens anything by a name; it gets handles
 * made here, and nothing else.
 *
 * Threads:  one handle, one thread, as the blob below it.
 * Owns:     the handle borrows `bfio` and the blob: both live until the handle is
 *           freed, and the handle until what was opened with it is closed. Closing a
 *           handle does not close the blob. Open and close may come any number of
 *           times: what libraries do when they hold more than one file.
 * Trusts:   nothing that is read. Libraries ask for what headers say: a read ends at
 *           the blob's size, a seek may lead anywhere.
 * Fails:    libraries say that something failed, not which gap it is. A read that
 *           failed below keeps its error in the struct sw_bfio, and
 *           sw_libyal_fail() prefers it.
 */
#ifndef SWEEPER_ENGINE_DISK_BFIO_H
#define SWEEPER_ENGINE_DISK_BFIO_H

#include <libbfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/blob.h"
#include "sweeper/status.h"

struct sw_bfio {
    struct sw_blob *blob;
    uint64_t offset;       /* of the next read */
    unsigned opens;        /* opened more often than closed */
    bool failed;           /* a read of the blob has failed; error says how */
    struct sw_error error; /* the first one since sw_bfio_forget() */
};

/* SW_SKIP with gap limit_memory when there is no memory. */
enum sw_status sw_bfio_handle_new(struct sw_bfio *bfio, struct sw_blob *blob,
                                  libbfio_handle_t **handle, struct sw_error *error) SW_MUST_CHECK;
/* NULL inside is fine. */
void sw_bfio_handle_free(libbfio_handle_t **handle);
/* Before a new request: what failed in an earlier one is not to be told again. */
void sw_bfio_forget(struct sw_bfio *bfio);

/* --- what a library says ------------------------------------------------------------ */

/* Each library has functions of its own for its errors; all errors are intptr_t. */
struct sw_libyal {
    const char *room;                                        /* of the sw_error: "ewf" */
    int (*text)(intptr_t *problem, char *text, size_t size); /* libNAME_error_backtrace_sprint */
    void (*free)(intptr_t **problem);                        /* libNAME_error_free */
};
#define SW_LIBYAL(library, name)                                                                   \
    {                                                                                              \
        .room = (name), .text = library##_error_backtrace_sprint, .free = library##_error_free     \
    }

/* Frees *problem (NULL is fine) and fills in *error: what the blob said when a read of
 * it failed, else `what` and the innermost line that the library says. `bfio` may be
 * NULL. Returns `status`. */
enum sw_status sw_libyal_fail(const struct sw_libyal *library, intptr_t **problem,
                              const struct sw_bfio *bfio, enum sw_status status, enum sw_gap reason,
                              const char *what, struct sw_error *error);

#endif
