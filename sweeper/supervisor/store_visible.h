/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_visible.h - is what lies in the directory of a layer still there in what lies on it?
 *
 * For overlay file systems on this machine, by the kernel's rules (overlayfs.rst, "whiteouts
 * and opaque directories"): a character device 0/0 of the name or of a folder's above it,
 * something else of that name, an opaque folder above it. It is looked up by name when it is
 * told, in the directories of layers and nowhere else, over no link and into no other file
 * system. Nothing is read.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Owns:     nothing that lives on.
 * Trusts:   no id: those of the store's own files have been checked to have their form.
 */
#ifndef SWEEPER_SUPERVISOR_STORE_VISIBLE_H
#define SWEEPER_SUPERVISOR_STORE_VISIBLE_H

#include <jansson.h>

#include "supervisor/image_store_join.h"

enum { STORE_LOOKS_MAX = 200000 /* names looked up for one sweep; then nothing is known */ };

/* Adds `visible` to each image and container that `shown` names, for the file at `path`.
 * Nothing where that cannot be asked: no overlay, or no path of this machine. False without
 * memory. */
bool store_visible(struct sw_stores *stores, const struct store *store, const char *path,
                   json_t *shown) SW_MUST_CHECK;

#endif
