/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - counts what comes out of one file. */
#include "engine/unpack/tree.h"

#include <inttypes.h>

void sw_tree_begin(struct sw_tree *tree, const struct sw_limits *limits, uint64_t file_size)
{
    *tree = (struct sw_tree){.limits = limits, .file_size = file_size};
}

enum sw_status sw_tree_member(struct sw_tree *tree, struct sw_error *error)
{
    if (tree->members < tree->limits->members_max) {
        tree->members++;
        return SW_OK;
    }
    tree->spent = true;
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMBERS, "unpack", 0,
                       "more than %" PRIu32 " members: the rest of the file was not unpacked (see "
                       "--max-members)",
                       tree->limits->members_max);
}

static bool is_bomb(const struct sw_tree *tree, uint64_t bytes)
{
    return bytes > SW_RATIO_FROM && bytes / tree->limits->ratio_max >= tree->file_size;
}

enum sw_status sw_tree_bytes(struct sw_tree *tree, uint64_t size, struct sw_error *error)
{
    const struct sw_limits *limits = tree->limits;

    if (tree->spent || size > limits->bytes_max - tree->bytes) {
        tree->spent = true;
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_BYTES, "unpack", 0,
                           "more than %" PRIu64 " bytes came out of it: the rest of the file was "
                           "not unpacked (see --max-bytes)",
                           limits->bytes_max);
    }
    if (is_bomb(tree, tree->bytes + size)) {
        tree->spent = true;
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_RATIO, "unpack", 0,
                           "more than %" PRIu32 " times its size came out of it: the rest of the "
                           "file was not unpacked (see --max-ratio)",
                           limits->ratio_max);
    }
    tree->bytes += size;
    return SW_OK;
}

bool sw_tree_has_room(const struct sw_tree *tree, uint64_t size)
{
    return !tree->spent && size <= tree->limits->bytes_max - tree->bytes &&
           !is_bomb(tree, tree->bytes + size);
}

struct sw_came sw_tree_since(const struct sw_tree *tree, const struct sw_tree *before)
{
    return (struct sw_came){tree->members - before->members, tree->bytes - before->bytes};
}

bool sw_tree_add(struct sw_tree *tree, const struct sw_came *came)
{
    tree->members += came->members;
    tree->bytes += came->bytes;
    return tree->members <= tree->limits->members_max && tree->bytes <= tree->limits->bytes_max &&
           !is_bomb(tree, tree->bytes);
}
