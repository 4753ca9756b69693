/* SPDX-License-Identifier: Apache-2.0 */
/* dist_tree.c - paths as a tree of names. */
#include "common/dist_tree.h"

#include <stdlib.h>

#include "common/siphash.h"
#include "sweeper/rows.h"

enum { TABLE_FIRST = 256 };

struct sw_view dist_tree_name(const struct sw_dist_check *check, uint32_t node)
{
    const struct dist_node *at = &check->nodes[node];

    return (struct sw_view){check->names.data + at->name_at, at->name_size};
}

/* Names in different folders are spread by the folder. */
static size_t place_of(const struct sw_dist_check *check, uint32_t parent, struct sw_view name)
{
    const uint64_t hash =
        sw_siphash(check->key, name.data, name.size) + parent * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)((hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32) &
                (check->table_capacity - 1);

    while (check->table[at] != DIST_NONE &&
           (check->nodes[check->table[at]].parent != parent ||
            !sw_view_equal(dist_tree_name(check, check->table[at]), name)))
        at = (at + 1) & (check->table_capacity - 1);
    return at;
}

static bool fits(const struct sw_dist_check *check, size_t more)
{
    size_t size = sw_dist_check_size(check);

    return size <= check->size_max && more <= check->size_max - size;
}

static bool grow_table(struct sw_dist_check *check)
{
    size_t capacity = check->table_capacity == 0 ? TABLE_FIRST : check->table_capacity * 2;
    uint32_t *old = check->table;

    if (!fits(check, capacity * sizeof(*check->table)))
        return false;
    uint32_t *table = malloc(capacity * sizeof(*table));
    if (table == NULL)
        return false;
    memset(table, 0xff, capacity * sizeof(*table)); /* DIST_NONE */
    check->table = table;
    check->table_capacity = capacity;
    for (uint32_t i = 1; i < check->node_count; i++)
        table[place_of(check, check->nodes[i].parent, dist_tree_name(check, i))] = i;
    free(old);
    return true;
}

static bool make_room(struct sw_dist_check *check, size_t name_size)
{
    if (check->node_count * 2 >= check->table_capacity && !grow_table(check))
        return false;
    if (check->node_count == check->node_capacity &&
        !fits(check, (check->node_capacity + 16) * sizeof(*check->nodes)))
        return false;
    if (check->names.capacity - check->names.size < name_size &&
        !fits(check, check->names.capacity + name_size))
        return false;
    return check->node_count < DIST_NONE - 1 && name_size <= UINT16_MAX &&
           check->names.size <= UINT32_MAX - name_size &&
           sw_rows_grow(&check->nodes, &check->node_capacity, check->node_count + 1,
                        sizeof(*check->nodes));
}

static uint32_t add(struct sw_dist_check *check, uint32_t parent, struct sw_view name)
{
    const uint32_t node = (uint32_t)check->node_count;

    if (check->full || !make_room(check, name.size)) {
        check->full = true;
        return DIST_NONE;
    }
    const uint32_t name_at = (uint32_t)check->names.size;
    if (name.size != 0 && sw_buf_append(&check->names, name.data, name.size) != SW_OK) {
        check->full = true;
        return DIST_NONE;
    }
    check->nodes[node] = (struct dist_node){.parent = parent,
                                            .name_at = name_at,
                                            .name_size = (uint16_t)name.size,
                                            .lister = DIST_NONE,
                                            .dist = DIST_NONE,
                                            .owner = DIST_NONE};
    check->node_count++;
    if (node != 0) {
        check->nodes[parent].flags |= DIST_FOLDER;
        check->table[place_of(check, parent, name)] = node;
    }
    return node;
}

uint32_t dist_tree_child(const struct sw_dist_check *check, uint32_t folder, struct sw_view name)
{
    if (check->table_capacity == 0)
        return DIST_NONE;
    return check->table[place_of(check, folder, name)];
}

static uint32_t step(struct sw_dist_check *check, uint32_t node, struct sw_view name, bool make)
{
    uint32_t child = dist_tree_child(check, node, name);

    return child == DIST_NONE && make ? add(check, node, name) : child;
}

uint32_t dist_tree_at(struct sw_dist_check *check, uint32_t from, struct sw_view path, bool make,
                      bool *outside)
{
    const bool absolute = path.size > 0 && path.data[0] == '/';
    uint32_t node = absolute ? 0 : from;

    if (check->node_count == 0 && (!make || add(check, 0, SW_VIEW("")) == DIST_NONE))
        return DIST_NONE;
    /* In a container nothing is absolute. */
    bool out = absolute && from != 0 && check->scope == SW_DIST_WHEEL;
    while (path.size > 0 && node != DIST_NONE) {
        const struct sw_view name = sw_view_first(path, sw_view_find(path, '/'));
        path = sw_view_skip(path, name.size + 1);
        if (sw_view_equal(name, SW_VIEW(".."))) {
            out = out || node == 0;
            node = check->nodes[node].parent;
        } else if (name.size != 0 && !sw_view_equal(name, SW_VIEW("."))) {
            node = step(check, node, name, make);
        }
    }
    if (outside != NULL)
        *outside = out;
    return node;
}

bool dist_tree_is_below(const struct sw_dist_check *check, uint32_t node, uint32_t folder)
{
    while (node != 0) {
        node = check->nodes[node].parent;
        if (node == folder)
            return true;
    }
    return false;
}

static unsigned depth_of(const struct sw_dist_check *check, uint32_t node)
{
    unsigned depth = 0;

    for (; node != 0; node = check->nodes[node].parent)
        depth++;
    return depth;
}

static int compare_names(struct sw_view a, struct sw_view b)
{
    const size_t size = a.size < b.size ? a.size : b.size;
    const int order = size == 0 ? 0 : memcmp(a.data, b.data, size);

    return order != 0 ? order : a.size < b.size ? -1 : a.size > b.size;
}

int dist_tree_compare(const struct sw_dist_check *check, uint32_t a, uint32_t b)
{
    unsigned depth_a = depth_of(check, a), depth_b = depth_of(check, b);
    const int shorter = depth_a < depth_b ? -1 : depth_a > depth_b;

    for (; depth_a > depth_b; depth_a--)
        a = check->nodes[a].parent;
    for (; depth_b > depth_a; depth_b--)
        b = check->nodes[b].parent;
    if (a == b)
        return shorter;
    while (check->nodes[a].parent != check->nodes[b].parent) {
        a = check->nodes[a].parent;
        b = check->nodes[b].parent;
    }
    return compare_names(dist_tree_name(check, a), dist_tree_name(check, b));
}

/* Backwards, and then turned round: no recursion, whatever the depth. */
enum sw_status dist_tree_path(const struct sw_dist_check *check, uint32_t node, uint32_t from,
                              struct sw_buf *path)
{
    size_t size = 0;

    if (!dist_tree_is_below(check, node, from))
        from = 0;
    for (uint32_t at = node; at != from; at = check->nodes[at].parent)
        size += check->nodes[at].name_size + 1U;
    sw_buf_clear(path);
    if (size == 0)
        return SW_OK;
    if (sw_buf_reserve(path, size) != SW_OK)
        return SW_SKIP;
    path->size = size - 1; /* no slash in front of the first */
    size_t end = path->size;
    for (uint32_t at = node; at != from; at = check->nodes[at].parent) {
        const struct sw_view name = dist_tree_name(check, at);
        end -= name.size;
        if (name.size != 0)
            memcpy(path->data + end, name.data, name.size);
        if (end != 0)
            path->data[--end] = '/';
    }
    return SW_OK;
}
