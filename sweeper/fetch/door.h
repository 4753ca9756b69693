/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door.h - what the fetcher gives up before it opens a connection.
 *
 * Afterwards it can connect, read what names and certificates are looked up in (and the
 * libraries that do it), and write to files that it was handed. It cannot start a program,
 * open any other file, listen, or look into other processes.
 *
 * Runs in:  fetcher, after libcurl is loaded.
 * Threads:  one; threads that libcurl makes inherit all of it.
 * Fails:    SW_STOP with a sentence when `require` and the kernel lacks a part; without,
 *           the part is left out.
 */
#ifndef SWEEPER_FETCH_DOOR_H
#define SWEEPER_FETCH_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/status.h"

/* `file_size_max`: bytes that it may write into one file. `ca_file`: one more file that it
 * may read, or NULL. */
enum sw_status sw_fetch_close_door(uint64_t file_size_max, const char *ca_file, bool require,
                                   struct sw_error *error) SW_MUST_CHECK;

#endif
