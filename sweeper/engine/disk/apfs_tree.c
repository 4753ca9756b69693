/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apfs_tree.c - B-trees; see apfs_image.h.
 *
 * A node's level is one less than its parent's, a node that is not the root has records,
 * records go forward, and no leaf comes twice: so no tree is walked without end.
 */
#include <stdlib.h>
#include <string.h>

#include "apfs_image.h"
#include "engine/source/bytes.h"

#define ROOM "apfs"

enum {
    DATA_AT = 56,   /* of a node: its table of contents begins near here */
    INFO_SIZE = 40, /* at the end of a root */
    IS_ROOT = 1,    /* flags of a node */
    IS_LEAF = 2,
    IS_FIXED = 4, /* keys and values have one size each */
    MAP_KEY = 16,
    MAP_VALUE = 16,
    MAP_AT = 48, /* of an object map: the block of its tree */
    DELETED = 1, /* flag of a row of a map */
    EXTENT_KIND = 8,
};

void sw_apfs_tree_init(struct sw_apfs_tree *tree, struct sw_apfs *image, struct sw_apfs_tree *map,
                       uint64_t root)
{
    *tree = (struct sw_apfs_tree){.image = image, .map = map, .root = root};
    sw_ref_set_init(&tree->leaves);
}

enum sw_status sw_apfs_map_init(struct sw_apfs_tree *tree, struct sw_apfs *image, uint64_t block,
                                struct sw_error *error)
{
    sw_apfs_tree_init(tree, image, NULL, 0);
    tree->is_map = true;
    tree->mapped = calloc(APFS_MAPPED, sizeof *tree->mapped);
    if (tree->mapped == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a map");
    enum sw_status status = sw_apfs_block(image, block, image->block, error);
    if (status == SW_OK)
        tree->root = sw_little64(image->block + MAP_AT);
    return status == SW_OK ? SW_OK : SW_SKIP;
}

void sw_apfs_tree_done(struct sw_apfs_tree *tree)
{
    for (size_t i = 0; i < APFS_DEPTH_MAX; i++)
        free(tree->nodes[i].data);
    free(tree->mapped);
    sw_ref_set_done(&tree->leaves);
    *tree = (struct sw_apfs_tree){.image = NULL};
}

static enum sw_status damaged(struct sw_error *error)
{
    return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "a node of a tree is damaged");
}

/* ---- nodes ----------------------------------------------------------------------- */

static int compare(const struct sw_apfs_key *a, const struct sw_apfs_key *b)
{
    if (a->object != b->object)
        return a->object < b->object ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static struct sw_apfs_key key_of(const struct sw_apfs_tree *tree, struct sw_view bytes)
{
    uint64_t word = sw_little64(bytes.data);
    if (tree->is_map)
        return (struct sw_apfs_key){.object = word, .kind = sw_little64(bytes.data + 8)};
    struct sw_apfs_key key = {.object = word & ((UINT64_C(1) << 60) - 1), .kind = word >> 60};
    if (key.kind == EXTENT_KIND && bytes.size >= 16)
        key.offset = sw_little64(bytes.data + 8);
    return key;
}

/* A row of a node's table. false: it is not inside. */
static bool row(const struct sw_apfs_tree *tree, unsigned depth, uint32_t index,
                struct sw_apfs_record *record)
{
    const uint8_t *node = tree->nodes[depth].data;
    size_t size = tree->image->block_size;
    unsigned flags = sw_little16(node + 32);
    bool fixed = (flags & IS_FIXED) != 0;
    bool leaf = tree->nodes[depth].leaf;
    size_t table = DATA_AT + (size_t)sw_little16(node + 40);
    size_t keys = table + sw_little16(node + 42);
    size_t end = size - ((flags & IS_ROOT) != 0 ? INFO_SIZE : 0);
    size_t at = table + (size_t)index * (fixed ? 4 : 8);
    if (at + (fixed ? 4 : 8) > size || keys > size)
        return false;
    size_t key_at = keys + sw_little16(node + at);
    size_t key_size = fixed ? MAP_KEY : sw_little16(node + at + 2);
    size_t value_back = sw_little16(node + at + (fixed ? 2 : 4));
    size_t value_size = fixed ? (leaf ? MAP_VALUE : 8) : sw_little16(node + at + 6);
    if (key_at + key_size > end || key_size < (tree->is_map ? MAP_KEY : 8) || value_back > end ||
        value_size > value_back)
        return false;
    record->key_bytes = (struct sw_view){node + key_at, key_size};
    record->value = (struct sw_view){node + end - value_back, value_size};
    record->key = key_of(tree, record->key_bytes);
    return true;
}

static enum sw_status open_node(struct sw_apfs_tree *tree, unsigned depth, uint64_t number,
                                struct sw_error *error)
{
    uint64_t block = number;
    enum sw_status status = SW_OK;
    if (tree->map != NULL)
        status = sw_apfs_map_find(tree->map, number, &block, error);
    if (status != SW_OK)
        return SW_SKIP;
    if (tree->nodes[depth].data == NULL) {
        tree->nodes[depth].data = calloc(1, APFS_BLOCK_MAX);
        tree->nodes[depth].block = UINT64_MAX;
    }
    uint8_t *node = tree->nodes[depth].data;
    if (node == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory for a tree");
    if (tree->nodes[depth].block != block) {
        tree->nodes[depth].block = UINT64_MAX;
        if (sw_apfs_block(tree->image, block, node, error) != SW_OK)
            return SW_SKIP;
        tree->nodes[depth].block = block;
    }
    unsigned level = sw_little16(node + 34);
    tree->nodes[depth].leaf = (sw_little16(node + 32) & IS_LEAF) != 0;
    tree->nodes[depth].level = level;
    tree->nodes[depth].count = sw_little32(node + 36);
    tree->nodes[depth].index = 0;
    if (tree->nodes[depth].leaf != (level == 0) ||
        tree->nodes[depth].count > tree->image->block_size / 4 ||
        (depth > 0 && (level + 1 != tree->nodes[depth - 1].level || tree->nodes[depth].count == 0)))
        return damaged(error);
    return SW_OK;
}

static enum sw_status open_child(struct sw_apfs_tree *tree, struct sw_error *error)
{
    struct sw_apfs_record record;
    unsigned depth = tree->depth - 1;
    if (tree->depth == APFS_DEPTH_MAX || !row(tree, depth, tree->nodes[depth].index, &record) ||
        record.value.size < 8)
        return damaged(error);
    enum sw_status status = open_node(tree, tree->depth, sw_little64(record.value.data), error);
    if (status == SW_OK)
        tree->depth++;
    return status;
}

/* ---- searching ------------------------------------------------------------------- */

/* The first row whose key is not before `key`; the count when there is none. */
static enum sw_status search(const struct sw_apfs_tree *tree, unsigned depth,
                             const struct sw_apfs_key *key, uint32_t *index, bool *equal,
                             struct sw_error *error)
{
    uint32_t low = 0;
    uint32_t high = tree->nodes[depth].count;
    *equal = false;
    while (low < high) {
        struct sw_apfs_record record;
        uint32_t middle = low + (high - low) / 2;
        if (!row(tree, depth, middle, &record))
            return damaged(error);
        int order = compare(&record.key, key);
        *equal = *equal || order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low;
    return SW_OK;
}

enum sw_status sw_apfs_tree_find(struct sw_apfs_tree *tree, struct sw_apfs_key key,
                                 struct sw_error *error)
{
    tree->depth = 0;
    tree->moved = false;
    if (tree->leaves.count > 0)
        sw_ref_set_done(&tree->leaves);
    enum sw_status status = open_node(tree, 0, tree->root, error);
    if (status != SW_OK)
        return status;
    tree->depth = 1;
    for (;;) {
        unsigned depth = tree->depth - 1;
        uint32_t index = 0;
        bool equal = false;
        status = search(tree, depth, &key, &index, &equal, error);
        if (status != SW_OK)
            break;
        tree->nodes[depth].index = index;
        if (tree->nodes[depth].leaf)
            return SW_OK;
        /* Several records may have what orders: what is sought may begin in the child before. */
        if (index > 0)
            tree->nodes[depth].index = index - 1;
        if (tree->nodes[depth].count == 0) {
            status = damaged(error);
            break;
        }
        status = open_child(tree, error);
        if (status != SW_OK)
            break;
    }
    tree->depth = 0;
    return status;
}

enum sw_status sw_apfs_tree_next(struct sw_apfs_tree *tree, struct sw_apfs_record *record,
                                 struct sw_error *error)
{
    enum sw_status status = SW_OK;
    while (tree->depth > 0) {
        unsigned depth = tree->depth - 1;
        if (tree->nodes[depth].index >= tree->nodes[depth].count) {
            tree->depth--;
            if (tree->depth > 0)
                tree->nodes[tree->depth - 1].index++;
            continue;
        }
        if (!tree->nodes[depth].leaf) {
            bool is_new = true;
            status = open_child(tree, error);
            if (status == SW_OK && tree->nodes[depth + 1].leaf)
                status =
                    sw_ref_set_add(&tree->leaves, tree->nodes[depth + 1].block, &is_new, error);
            if (status == SW_OK && !is_new)
                status = damaged(error);
            if (status != SW_OK)
                break;
            continue;
        }
        if (!row(tree, depth, tree->nodes[depth].index, record) ||
            (tree->moved && compare(&record->key, &tree->last) < 0)) {
            status = damaged(error);
            break;
        }
        tree->moved = true;
        tree->last = record->key;
        tree->nodes[depth].index++;
        return SW_OK;
    }
    tree->depth = 0;
    return status == SW_OK ? SW_END : status;
}

enum sw_status sw_apfs_map_find(struct sw_apfs_tree *map, uint64_t number, uint64_t *block,
                                struct sw_error *error)
{
    struct sw_apfs_record record;
    bool found = false;
    size_t slot = (size_t)(number % APFS_MAPPED);
    if (map->mapped[slot].number == number && number != 0) {
        *block = map->mapped[slot].answer;
        return SW_OK;
    }
    enum sw_status status = sw_apfs_tree_find(map, (struct sw_apfs_key){.object = number}, error);
    while (status == SW_OK) {
        status = sw_apfs_tree_next(map, &record, error);
        if (status != SW_OK || record.key.object != number)
            break;
        if (record.value.size < MAP_VALUE) {
            status = sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                                 "a map of objects has a row that is too short");
            break;
        }
        found = (sw_little32(record.value.data) & DELETED) == 0;
        *block = sw_little64(record.value.data + 8);
    }
    if (status < SW_OK)
        return SW_SKIP;
    if (!found)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0,
                           "an object is in no map of objects");
    map->mapped[slot].number = number;
    map->mapped[slot].answer = *block;
    return SW_OK;
}
