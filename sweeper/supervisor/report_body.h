/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_body.h - a finding as a line of a body file, version 3.x, which
 * mactime(1) of the Sleuth Kit sorts into a timeline:
 *   MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime
 * Times are whole seconds since the epoch, rounded down; what a record does not
 * say is 0. The name is the locator, with " (deleted)" where that is so and the
 * rule behind it; "|" and "%" are %HH, which mactime takes back.
 * Source: https://wiki.sleuthkit.org/index.php?title=Body_file
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Trusts:   nothing of the record but that it is an object.
 * Fails:    SW_SKIP without memory.
 */
#ifndef SWEEPER_SUPERVISOR_REPORT_BODY_H
#define SWEEPER_SUPERVISOR_REPORT_BODY_H

#include <jansson.h>

#include "sweeper/buf.h"

enum sw_status sw_report_body_line(const json_t *finding, struct sw_buf *line) SW_MUST_CHECK;

#endif
