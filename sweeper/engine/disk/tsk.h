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
 *   tsk_ufs.c      whether a UFS volume holds together
 *   tsk_tree.c     directories, names, facts
 *   tsk_content.c  the content of files
 *   tsk_free.c     blocks that nobody has, and who had them
 *   tsk_slack.c    what lies behind the ends of files
 *   tsk_orphans.c  records of files without a name
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

#include "engine/disk/raw_windows.h"
#include "engine/source/ref_set.h"
#include "sweeper/buf.h"
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

/* --- tsk_ufs.c: SW_DEAD for a volume on which the library would stumble --------------- */

enum sw_status tsk_ufs_check(struct sw_blob *blob, struct sw_error *error);
/* The library goes through every block that a file's size has room for, also where there is
 * a hole: so many that it would not end. False for other file systems. */
bool tsk_ufs_is_endless(const TSK_FS_INFO *fs, const TSK_FS_META *meta);

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
    bool is_deleted;  /* so that it may have lost some of its content without a word */
    bool told;        /* that some of it is lost */
    uint8_t *buffer;  /* TSK_PIECE_SIZE bytes, made when first needed */
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

/* --- tsk_free.c ---------------------------------------------------------------------- */

/* Which deleted file had which blocks. */
struct tsk_former {
    struct tsk_former_row *rows;
    size_t count, room;
    bool sorted;
    struct sw_buf paths;
};
void tsk_former_init(struct tsk_former *former);
void tsk_former_done(struct tsk_former *former);
/* Beyond a limit nothing is noted any more. */
void tsk_former_note(struct tsk_former *former, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr,
                     struct sw_view path);
/* As sw_raw_place.former; the context is a struct tsk_former. */
struct sw_view tsk_former_of(void *context, uint64_t at);

enum { TSK_FREE_RUNS_MAX = 1024 };
/* Blocks that nobody has, in order, looked for as they are asked for. */
struct tsk_free {
    struct tsk_image *image;
    TSK_FS_INFO *fs;
    TSK_DADDR_T next; /* block */
    bool ended;
    struct sw_place_run runs[TSK_FREE_RUNS_MAX];
    size_t count, at;
    TSK_DADDR_T stopped; /* block that there was no room for */
};
void tsk_free_begin(struct tsk_free *list, struct tsk_image *image, TSK_FS_INFO *fs);
/* The context is a struct tsk_free. */
sw_raw_next_run tsk_free_next;

/* --- tsk_slack.c --------------------------------------------------------------------- */

enum { TSK_SLACK_RUNS_MAX = 64 };
struct tsk_slack {
    struct sw_place_run runs[TSK_SLACK_RUNS_MAX];
    size_t count, at;
    bool cut; /* there are more */
};
/* What the attribute's blocks hold behind its end, and behind what was ever written to it;
 * false: nothing. */
bool tsk_slack_of(struct tsk_slack *slack, const TSK_FS_INFO *fs, const TSK_FS_ATTR *attr);
/* The context is a struct tsk_slack. */
sw_raw_next_run tsk_slack_next;

/* --- tsk_orphans.c ------------------------------------------------------------------- */

enum { TSK_ORPHANS_MAX = 256 }; /* looked for at a time */
struct tsk_orphans {
    TSK_FS_INFO *fs;
    struct sw_ref_set *named; /* deleted records that were met, by a name or here */
    TSK_INUM_T next;
    TSK_INUM_T rows[TSK_ORPHANS_MAX];
    size_t count, at;
    bool ended;
};
void tsk_orphans_begin(struct tsk_orphans *orphans, TSK_FS_INFO *fs, struct sw_ref_set *named);
/* The next record of a file that was deleted and has no name. SW_END: no more. */
enum sw_status tsk_orphans_next(struct tsk_orphans *orphans, TSK_INUM_T *inode,
                                struct sw_error *error) SW_MUST_CHECK;

#endif
