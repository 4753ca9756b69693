/* SPDX-License-Identifier: Apache-2.0 */
/* bfio.c - callbacks of libbfio over a blob. */
#include "engine/disk/bfio.h"

#include <stdio.h>
#include <string.h>

enum { BACKTRACE_MAX = 2048 }; /* bytes of what a library says; libcerror has 16 lines at most */

static struct sw_bfio *bfio_of(intptr_t *io_handle)
{
    return (struct sw_bfio *)(void *)io_handle;
}

/* The struct is the caller's: forgotten here, not freed. */
static int free_handle(intptr_t **io_handle, libbfio_error_t **error)
{
    (void)error;
    *io_handle = NULL;
    return 1;
}

static int open_handle(intptr_t *io_handle, int access_flags, libbfio_error_t **error)
{
    (void)error;
    if ((access_flags & LIBBFIO_ACCESS_FLAG_WRITE) != 0)
        return -1;
    bfio_of(io_handle)->opens++;
    bfio_of(io_handle)->offset = 0;
    return 1;
}

static int close_handle(intptr_t *io_handle, libbfio_error_t **error)
{
    (void)error;
    if (bfio_of(io_handle)->opens > 0)
        bfio_of(io_handle)->opens--;
    return 0;
}

static ssize_t read_handle(intptr_t *io_handle, uint8_t *buffer, size_t size,
                           libbfio_error_t **error)
{
    struct sw_bfio *bfio = bfio_of(io_handle);
    struct sw_blob *blob = bfio->blob;
    struct sw_error said;
    size_t got = 0;

    (void)error;
    if (bfio->offset >= blob->size)
        return 0;
    if (size > blob->size - bfio->offset)
        size = (size_t)(blob->size - bfio->offset);
    if (size > INT32_MAX)
        size = INT32_MAX;
    if (sw_blob_read_at(blob, bfio->offset, buffer, size, &got, &said) != SW_OK) {
        if (!bfio->failed)
            bfio->error = said;
        bfio->failed = true;
        return -1;
    }
    bfio->offset += got;
    return (ssize_t)got;
}

static ssize_t write_handle(intptr_t *io_handle, const uint8_t *buffer, size_t size,
                            libbfio_error_t **error)
{
    (void)io_handle;
    (void)buffer;
    (void)size;
    (void)error;
    return -1;
}

static off64_t seek_handle(intptr_t *io_handle, off64_t offset, int whence, libbfio_error_t **error)
{
    struct sw_bfio *bfio = bfio_of(io_handle);
    int64_t from = 0;

    (void)error;
    if (whence == SEEK_CUR)
        from = (int64_t)bfio->offset;
    else if (whence == SEEK_END)
        from = (int64_t)bfio->blob->size;
    else if (whence != SEEK_SET)
        return -1;
    if (__builtin_add_overflow(from, (int64_t)offset, &from) || from < 0)
        return -1;
    bfio->offset = (uint64_t)from;
    return (off64_t)from;
}

static int handle_exists(intptr_t *io_handle, libbfio_error_t **error)
{
    (void)io_handle;
    (void)error;
    return 1;
}

static int handle_is_open(intptr_t *io_handle, libbfio_error_t **error)
{
    (void)error;
    return bfio_of(io_handle)->opens > 0 ? 1 : 0;
}

static int handle_size(intptr_t *io_handle, size64_t *size, libbfio_error_t **error)
{
    (void)error;
    *size = bfio_of(io_handle)->blob->size;
    return 1;
}

enum sw_status sw_bfio_handle_new(struct sw_bfio *bfio, struct sw_blob *blob,
                                  libbfio_handle_t **handle, struct sw_error *error)
{
    libbfio_handle_t *made = NULL;

    *bfio = (struct sw_bfio){.blob = blob};
    /* No clone: a library that wants one of its own fails, and none of ours does. */
    if (blob->size > INT64_MAX ||
        libbfio_handle_initialize(&made, (intptr_t *)(void *)bfio, free_handle, NULL, open_handle,
                                  close_handle, read_handle, write_handle, seek_handle,
                                  handle_exists, handle_is_open, handle_size,
                                  LIBBFIO_FLAG_IO_HANDLE_NON_MANAGED, NULL) != 1)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "bfio", 0,
                           "no memory for a handle of it");
    *handle = made;
    return SW_OK;
}

void sw_bfio_handle_free(libbfio_handle_t **handle)
{
    if (*handle != NULL)
        (void)libbfio_handle_free(handle, NULL);
    *handle = NULL;
}

void sw_bfio_forget(struct sw_bfio *bfio)
{
    bfio->failed = false;
}

/* The first line is the innermost; before the colon stands the library's function. */
static const char *innermost(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    char *colon = strstr(text, ": ");
    size_t end = strlen(text);
    if (end > 0 && text[end - 1] == '.')
        text[end - 1] = '\0';
    return colon != NULL ? colon + 2 : text;
}

enum sw_status sw_libyal_fail(const struct sw_libyal *library, intptr_t **problem,
                              const struct sw_bfio *bfio, enum sw_status status, enum sw_gap reason,
                              const char *what, struct sw_error *error)
{
    char text[BACKTRACE_MAX] = "";

    if (*problem != NULL && library->text(*problem, text, sizeof(text)) < 0)
        text[0] = '\0';
    if (*problem != NULL)
        library->free(problem);
    *problem = NULL;
    if (bfio != NULL && bfio->failed) {
        if (error != NULL)
            *error = bfio->error;
        return status;
    }
    text[sizeof(text) - 1] = '\0';
    if (text[0] == '\0')
        return sw_fail_gap(error, status, reason, library->room, 0, "%s", what);
    return sw_fail_gap(error, status, reason, library->room, 0, "%s: %s", what, innermost(text));
}
