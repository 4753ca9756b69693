/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mbr_tables.h - how many tables an MBR leads to: each extended volume begins with one,
 * which may lead to more. A library that follows them by recursion is given no more than
 * SW_MBR_TABLES_MAX.
 *
 * Threads:  any; no state.
 * Trusts:   nothing: tables may lead in circles.
 */
#ifndef SWEEPER_ENGINE_DISK_MBR_TABLES_H
#define SWEEPER_ENGINE_DISK_MBR_TABLES_H

#include "sweeper/blob.h"

enum { SW_MBR_TABLES_MAX = 512 };

/* Sectors have `sector` bytes. What cannot be read leads nowhere. */
bool sw_mbr_tables_are_few(struct sw_blob *blob, unsigned sector);

#endif
