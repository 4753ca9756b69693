/* SPDX-License-Identifier: Apache-2.0 */
/* warm.c - everything that a library would read or set up late. */
#include "engine/disk/disks.h"
#include "engine/disk/unlock.h"

void sw_source_disk_warm(void)
{
    sw_unlock_warm();
}
