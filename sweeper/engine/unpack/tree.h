/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - the limits that everything inside one file shares: how many members,
 * how many bytes, how much more than the file itself. Only real output counts,
 * in the order of the containers, so that the same file meets the same limit
 * wherever and whenever it is looked at.
 *
 * Threads:  a struct sw_tree belongs to one worker.
 * Fails:    SW_DEAD with gap
 *           limit_members, limit_bytes or limit_ratio. A limit that was met stays
 *           met: nothing more of this file is unpacked.
 */
#ifndef SWEEPER_ENGINE_UNPACK_TREE_H
#define SWEEPER_ENGINE_UNPACK_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "sweeper/limits.h"
#include "sweeper/status.h"

struct sw_tree {
    const struct sw_limits *limits;
    uint64_t file_size; /* bytes of the file itself */
    uint64_t members;   /* so far */
    uint64_t bytes;     /* that came out so far */
    bool spent;         /* a limit was met */
};

void sw_tree_begin(struct sw_tree *tree, const struct sw_limits *limits, uint64_t file_size);
enum sw_status sw_tree_member(struct sw_tree *tree, struct sw_error *error) SW_MUST_CHECK;
/* Before the bytes are kept. */
/* Whether `size` bytes more would be within the limits. */
bool sw_tree_has_room(const struct sw_tree *tree, uint64_t size);
enum sw_status sw_tree_bytes(struct sw_tree *tree, uint64_t size,
                             struct sw_error *error) SW_MUST_CHECK;

/* What has come out of a part of it. */
struct sw_came {
    uint64_t members;
    uint64_t bytes;
};
/* Since the tree was as it was before. */
struct sw_came sw_tree_since(const struct sw_tree *tree, const struct sw_tree *before);
/* Limits or not; false: one is passed. */
bool sw_tree_add(struct sw_tree *tree, const struct sw_came *came) SW_MUST_CHECK;

#endif
