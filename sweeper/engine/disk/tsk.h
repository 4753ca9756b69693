/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsk.h - The Sleuth Kit over a struct sw_blob.
 *
 * The library is given an image of our own making and opens nothing. It keeps a cache
 * in it; large reads of content go past that, straight to the blob.
 *
 *   tsk_image.c    the image, and what the library says when it fails
 *   tsk_volumes.c  tables of volumes
 *   tsk_probe.c    which file system it is
 *   tsk_tree.c     directories, names, facts
 *   tsk_content.c  the content of files
 *
 * Runs in:  engine workers.
 * Threads:  one image, one thread.
 * Owns:     tsk_image_free() releases; the blob is the caller's.
 * Trusts:   the library no further than its answers can be checked.
 * Fails:    tsk_fail() turns the library's last error into ours.
 */
#ifndef SWEEPER_ENGINE_DISK_TSK_H
#define SWEEPER_ENGINE_DISK_TSK_H

#include <stdarg.h>
#include <stdio.h>
#include <tsk/libtsk.h>

#include "sweeper/source.h"

struct tsk_image {
    TSK_IMG_INFO info; /* first, so that the one leads to the other */
    struct sw_blob *blob;
    struct sw_error error; /* of the last read that failed */
    bool failed;           /* one did, since this was taken back */
};

/* NULL without memory. `sector_size` in bytes. */
struct tsk_image *tsk_image_new(struct sw_blob *blob, unsigned sector_size);
void tsk_image_free(struct tsk_image *image);
/* The reason is io_error or what the blob said when reading failed, else `reason`; the
 * text is `what` and the library's own words. Forgets the error. */
enum sw_status tsk_fail(struct tsk_image *image, enum sw_status status, enum sw_gap reason,
                        const char *what, struct sw_error *error);

/* --- tsk_probe.c: bits verified, 0 when it is none; see sw_source.probe ------------- */

unsigned tsk_probe_ntfs(const struct sw_probe *probe);
unsigned tsk_probe_fat(const struct sw_probe *probe);
unsigned tsk_probe_exfat(const struct sw_probe *probe);
unsigned tsk_probe_hfs(const struct sw_probe *probe);
unsigned tsk_probe_ufs(const struct sw_probe *probe);

/* --- tsk_content.c ------------------------------------------------------------------- */

/* The content of one attribute of a file, as it comes. */
struct tsk_content {
    struct tsk_image *image;
    TSK_FS_INFO *fs;
    const TSK_FS_ATTR *attr; /* NULL: nothing to read */
    const TSK_FS_ATTR_RUN *run;
    uint64_t run_offset; /* bytes of the run that have come */
    uint64_t offset;     /* in the content */
    uint64_t size;
    uint64_t reached; /* end of the last piece */
    bool told;       /* that some of it is lost */
    uint8_t *buffer; /* TSK_PIECE_SIZE bytes, made when first needed */
};
#define TSK_PIECE_SIZE ((size_t)1 << 20)

void tsk_content_begin(struct tsk_content *content, struct tsk_image *image, TSK_FS_INFO *fs,
                       const TSK_FS_ATTR *attr);
/* As sw_source.read. */
enum sw_status tsk_content_read(struct tsk_content *content, struct sw_piece *piece,
                                struct sw_error *error);
void tsk_content_done(struct tsk_content *content);
/* Of a deleted file: how much of the space nobody else has now; NULL: it has none. */
const char *tsk_content_recovery(TSK_FS_INFO *fs, const TSK_FS_ATTR *attr);

#endif
