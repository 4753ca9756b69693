/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_fault.h - what blob.c tells the SIGBUS handler: which ranges of this
 * thread are views of files that others may cut short.
 */
#ifndef SWEEPER_ENGINE_BLOB_FAULT_H
#define SWEEPER_ENGINE_BLOB_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#define SW_VIEWS_MAX 16 /* views that one thread may hold at a time */

/* False when the thread holds SW_VIEWS_MAX views already. `fd` is the file
 * under the view and stays open as long as it. */
bool sw_blob_fault_watch(const void *start, size_t size, int fd);
void sw_blob_fault_unwatch(const void *start);

#endif
