/* SPDX-License-Identifier: Apache-2.0 */
/* dist_check.c - what goes in: files, and rows of RECORDs. */
#include <stdlib.h>
#include <sys/auxv.h>

#include "common/dist_tree.h"
#include "sweeper/rows.h"
#include "sweeper/text.h"

enum sw_status sw_dist_check_new(enum sw_dist_scope scope, size_t size_max,
                                 struct sw_dist_check **check, struct sw_error *error)
{
    const void *random = (const void *)getauxval(AT_RANDOM);
    struct sw_dist_check *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "integrity", 0,
                           "no memory to compare files with RECORD");
    made->scope = scope;
    made->size_max = size_max;
    if (random != NULL)
        memcpy(made->key, random, sizeof(made->key));
    sw_buf_init(&made->names, SIZE_MAX / 2);
    *check = made;
    return SW_OK;
}

void sw_dist_check_free(struct sw_dist_check *check)
{
    if (check == NULL)
        return;
    sw_buf_done(&check->names);
    free(check->nodes);
    free(check->table);
    free(check->dists);
    free(check->extras);
    free(check);
}

bool sw_dist_check_is_full(const struct sw_dist_check *check)
{
    return check->full;
}

size_t sw_dist_check_size(const struct sw_dist_check *check)
{
    return check->node_capacity * sizeof(*check->nodes) + check->names.capacity +
           check->table_capacity * sizeof(*check->table) +
           check->dist_capacity * sizeof(*check->dists) +
           check->extra_capacity * sizeof(*check->extras);
}

void sw_dist_check_limit(struct sw_dist_check *check, size_t size_max)
{
    check->size_max = size_max;
}

/* --- files ------------------------------------------------------------------------- */

void sw_dist_check_file(struct sw_dist_check *check, const struct sw_dist_file *file)
{
    const uint32_t at = dist_tree_at(check, 0, file->path, true, NULL);

    if (at == DIST_NONE || at == 0)
        return;
    struct dist_node *node = &check->nodes[at];
    node->flags |= (uint8_t)(DIST_PRESENT | (file->runs ? DIST_RUNS : 0));
    if (file->sha256 == NULL)
        return;
    if ((node->flags & DIST_KNOWN) != 0 && memcmp(node->found, file->sha256, SW_SHA256_SIZE) != 0)
        node->flags |= DIST_TWICE;
    node->flags |= DIST_KNOWN;
    node->found_size = file->size;
    memcpy(node->found, file->sha256, SW_SHA256_SIZE);
}

/* --- rows -------------------------------------------------------------------------- */

/* The distribution of a RECORD; noted when it is new. */
static uint32_t dist_of(struct sw_dist_check *check, struct sw_view record)
{
    const uint32_t at = dist_tree_at(check, 0, record, true, NULL);

    if (at == DIST_NONE || at == 0)
        return DIST_NONE;
    if (check->nodes[at].dist != DIST_NONE)
        return check->nodes[at].dist;
    const size_t more = (check->dist_capacity + 16) * sizeof(*check->dists);
    if ((check->dist_count == check->dist_capacity &&
         (check->full || sw_dist_check_size(check) + more > check->size_max)) ||
        !sw_rows_grow(&check->dists, &check->dist_capacity, check->dist_count + 1,
                      sizeof(*check->dists))) {
        check->full = true;
        return DIST_NONE;
    }
    const uint32_t folder = check->nodes[at].parent;
    check->dists[check->dist_count] =
        (struct dist){.record = at, .folder = folder, .base = check->nodes[folder].parent};
    check->nodes[at].dist = (uint32_t)check->dist_count;
    return (uint32_t)check->dist_count++;
}

static bool same_row(const struct sw_dist_row *row, enum sw_dist_hash hash, uint64_t size,
                     const uint8_t *sha256)
{
    if (row->hash != hash)
        return false;
    return hash == SW_DIST_HASH_SHA256 ? memcmp(row->sha256, sha256, SW_SHA256_SIZE) == 0
                                       : row->size == size;
}

/* The path is listed already: by the same row, or by another one. */
static void add_extra(struct sw_dist_check *check, uint32_t at, uint32_t dist,
                      const struct sw_dist_row *row)
{
    const struct dist_node *node = &check->nodes[at];

    if (node->lister == dist &&
        same_row(row, (enum sw_dist_hash)node->hash, node->wanted_size, node->wanted))
        return;
    /* The newest first, and not all of very many: a row twice does no harm. */
    for (size_t i = check->extra_count, tries = 64; i-- > 0 && tries-- > 0;) {
        const struct dist_extra *extra = &check->extras[i];
        if (extra->node == at && extra->dist == dist &&
            same_row(row, extra->hash, extra->size, extra->sha256))
            return;
    }
    const size_t more = (check->extra_capacity + 16) * sizeof(*check->extras);
    if ((check->extra_count == check->extra_capacity &&
         (check->full || sw_dist_check_size(check) + more > check->size_max)) ||
        !sw_rows_grow(&check->extras, &check->extra_capacity, check->extra_count + 1,
                      sizeof(*check->extras))) {
        check->full = true;
        return;
    }
    struct dist_extra *extra = &check->extras[check->extra_count++];
    *extra = (struct dist_extra){.node = at, .dist = dist, .hash = row->hash, .size = row->size};
    memcpy(extra->sha256, row->sha256, SW_SHA256_SIZE);
}

/* In whatever order the rows come, the first by name is kept. */
static void note_outside(struct dist *dist, struct sw_view path)
{
    char text[sizeof(dist->outside_path)] = "";
    struct sw_buf shown;

    sw_buf_init(&shown, SIZE_MAX / 2);
    if (sw_text_escape(&shown, sw_view_first(path, (sizeof(text) - 1) / 4)) == SW_OK &&
        shown.size != 0 && shown.size < sizeof(text))
        memcpy(text, shown.data, shown.size);
    sw_buf_done(&shown);
    if (dist->outside++ == 0 || strcmp(text, dist->outside_path) < 0)
        memcpy(dist->outside_path, text, sizeof(text));
}

void sw_dist_check_row(struct sw_dist_check *check, struct sw_view record,
                       const struct sw_dist_row *row)
{
    bool outside = false;
    const uint32_t dist = dist_of(check, record);

    /* A row that names a folder says nothing of files. */
    if (dist == DIST_NONE || row->path.data[row->path.size - 1] == '/')
        return;
    uint32_t from = check->dists[dist].base;
    if (check->scope == SW_DIST_WHEEL && row->path.data[0] == '/')
        outside = true;
    const uint32_t at = outside ? 0 : dist_tree_at(check, from, row->path, true, &outside);
    if (outside && check->scope == SW_DIST_WHEEL) {
        note_outside(&check->dists[dist], row->path);
        return;
    }
    if (at == DIST_NONE || at == 0 || outside)
        return;
    struct dist_node *node = &check->nodes[at];
    if ((node->flags & DIST_LISTED) != 0) {
        add_extra(check, at, dist, row);
        return;
    }
    node->flags |= DIST_LISTED;
    node->lister = dist;
    node->hash = (uint8_t)row->hash;
    node->wanted_size = row->size;
    memcpy(node->wanted, row->sha256, SW_SHA256_SIZE);
}

void sw_dist_check_record(struct sw_dist_check *check, struct sw_view record, uint64_t bad,
                          bool cut)
{
    const uint32_t dist = dist_of(check, record);

    if (dist == DIST_NONE)
        return;
    check->dists[dist].bad = bad;
    check->dists[dist].cut = cut;
}
