/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_raw.h - bytes of an ext file system that are no file: blocks that nobody has, and
 * what lies behind the end of a file in its last block.
 *
 * Runs in:  engine workers.
 * Trusts:   nothing: a bitmap that cannot be read is one gap, and the walk goes on with
 *           the next group.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_RAW_H
#define SWEEPER_ENGINE_DISK_EXT_RAW_H

#include "ext_image.h"
#include "raw_windows.h"

enum { SW_EXT_FREE_RUNS_MAX = 1024 };

struct sw_ext_free {
    struct sw_ext *ext;
    uint64_t next; /* block */
    struct sw_place_run runs[SW_EXT_FREE_RUNS_MAX];
    size_t count, at;
};
void sw_ext_free_begin(struct sw_ext_free *list, struct sw_ext *ext);
/* The context is a struct sw_ext_free. */
sw_raw_next_run sw_ext_free_next;

/* Members of them, as sw_source.next has them; their names borrow from `path`. */
struct sw_ext_raw {
    bool slack, unallocated;  /* what is wanted */
    struct sw_place_run tail; /* behind the end of the file at hand; .size 0: nothing more */
    uint32_t tail_inode;
    bool free_begun;
    struct sw_ext_free free_runs;
    struct sw_raw_windows windows;
};
void sw_ext_raw_init(struct sw_ext_raw *raw, const struct sw_source_setup *setup);
void sw_ext_raw_done(struct sw_ext_raw *raw);
/* A file is handed out. */
void sw_ext_raw_file(struct sw_ext_raw *raw, struct sw_ext *ext, const struct sw_ext_inode *inode);
/* What lies behind its end, once; `path` is the file's. SW_END: nothing. */
enum sw_status sw_ext_raw_slack(struct sw_ext_raw *raw, struct sw_ext *ext, struct sw_buf *path,
                                struct sw_member *member, struct sw_error *error) SW_MUST_CHECK;
/* After all files. */
enum sw_status sw_ext_raw_free(struct sw_ext_raw *raw, struct sw_ext *ext, struct sw_buf *path,
                               struct sw_member *member, struct sw_error *error) SW_MUST_CHECK;

#endif
