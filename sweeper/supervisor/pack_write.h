/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_write.h - puts a pack where it belongs, in one step.
 *
 * Runs in:  supervisor.
 * Threads:  one (the umask is looked at).
 * Fails:    SW_STOP; a regular file is then as it was before.
 */
#ifndef SWEEPER_SUPERVISOR_PACK_WRITE_H
#define SWEEPER_SUPERVISOR_PACK_WRITE_H

#include <stdbool.h>

#include "sweeper/buf.h"

/* `path` as sw_outfile_is_standard() has it, or a name. A regular file is
 * replaced when the new one is whole and on the disk (a symbolic link stays
 * one); anything else is written to as it is. */
enum sw_status sw_pack_write(const char *path, struct sw_view bytes,
                             struct sw_error *error) SW_MUST_CHECK;

#endif
