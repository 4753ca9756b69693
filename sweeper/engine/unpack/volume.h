/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume.h - what a file system of a disk says of itself and of the host that it was a
 * part of, gathered while its files come by: a record `root` for each.
 *
 *   volume.c        counts, and the record
 *   volume_label.c  label and UUID, where the file system has them
 *   volume_host.c   the few files that say which host it was
 *
 * Threads:  one worker.
 * Owns:     volume_free() releases.
 * Trusts:   nothing: what a file says is a label, kept only when it prints, and bounded.
 */
#ifndef SWEEPER_ENGINE_UNPACK_VOLUME_H
#define SWEEPER_ENGINE_UNPACK_VOLUME_H

#include <jansson.h>

#include "sweeper/blob.h"
#include "sweeper/source.h"

struct object;

struct volume {
    const char *kind;
    uint64_t files, directories, deleted, bytes;
    uint64_t python_packages, node_packages;
    json_t *host; /* what the files say so far */
    char label[64];
    char uuid[40];
};

/* NULL: `kind` is no file system of disks, or there is no memory. */
struct volume *volume_new(const char *kind, struct sw_blob *blob);
void volume_free(struct volume *volume);
/* A member comes by; its content does not. */
void volume_member(struct volume *volume, const struct sw_member *member);
/* The content of a member, whose name is `name`, is at hand. */
void volume_file(struct volume *volume, struct sw_view name, struct sw_blob *blob);
/* Tells of it. `whole`: all of its members came by. SW_STOP when nobody listens. */
enum sw_status volume_tell(struct volume *volume, struct object *container,
                           bool whole) SW_MUST_CHECK;

/* --- volume_label.c ------------------------------------------------------------------- */

/* Whether files of this kind are those of a disk. */
bool volume_is_file_system(const char *kind);
void volume_read_label(struct volume *volume, struct sw_blob *blob);
/* `size` bytes of text, up to a NUL, without blanks at its ends; false: none that prints. */
bool volume_text(const void *bytes, size_t size, char *out, size_t room);

/* --- volume_host.c -------------------------------------------------------------------- */

/* Whether the file says something of the host. */
bool volume_host_wants(struct sw_view name);
/* `content`: the first bytes of it. */
void volume_host_file(json_t *host, struct sw_view name, struct sw_view content);
void volume_host_link(json_t *host, struct sw_view name, struct sw_view target);

#endif
