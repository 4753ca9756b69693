/* SPDX-License-Identifier: Apache-2.0 */
/* mount_policy.c - which mounts a walk enters, and the list of those it leaves out. */
#include <stdlib.h>
#include <string.h>

#include "supervisor/mounts.h"

bool sw_path_is_within(const char *path, size_t size, const char *above, size_t above_size)
{
    if (above_size == 1)
        above_size = 0; /* "/" */
    return size >= above_size && memcmp(path, above, above_size) == 0 &&
           (size == above_size || path[above_size] == '/');
}

const struct sw_mount *sw_mounts_find(const struct sw_mounts *mounts, const char *path)
{
    const struct sw_mount *found = NULL;
    size_t size = strlen(path);

    for (size_t index = 0; index < mounts->count; index++) {
        const struct sw_mount *row = &mounts->rows[index];

        if (sw_path_is_within(path, size, row->path, row->path_size) &&
            (found == NULL || row->path_size > found->path_size))
            found = row;
    }
    return found;
}

enum sw_excluded sw_mount_policy(const struct sw_mount *mount, const struct sw_mount *home,
                                 bool one_file_system)
{
    bool same_device = home != NULL && mount->device == home->device;

    if (mount->class == SW_FS_PSEUDO && !same_device)
        return SW_EXCLUDED_PSEUDO_FILESYSTEM;
    if (mount->class == SW_FS_NETWORK && !same_device)
        return SW_EXCLUDED_NETWORK_FILESYSTEM;
    if (one_file_system && home != NULL && (!same_device || mount->subvolume != home->subvolume))
        return SW_EXCLUDED_OTHER_FILESYSTEM;
    return SW_EXCLUDED_COUNT;
}

/* --- What a walk leaves out --- */

static int compare_by_path(const void *a, const void *b)
{
    const struct sw_mount *const *left = a;
    const struct sw_mount *const *right = b;

    return strcmp((*left)->path, (*right)->path);
}

static const struct sw_mount **rows_by_path(const struct sw_mounts *mounts)
{
    const struct sw_mount **rows = malloc((mounts->count + 1) * sizeof(struct sw_mount *));

    if (rows == NULL)
        return NULL;
    for (size_t index = 0; index < mounts->count; index++)
        rows[index] = &mounts->rows[index];
    qsort(rows, mounts->count, sizeof(struct sw_mount *), compare_by_path);
    return rows;
}

/* The nearest mount around `row` that is left out already, as a reason. */
static enum sw_excluded reason_around(const struct sw_mount *row, const struct sw_left_out *rows,
                                      size_t count)
{
    while (count-- > 0) {
        if (sw_path_is_within(row->path, row->path_size, rows[count].path,
                              strlen(rows[count].path)))
            return rows[count].reason;
    }
    return SW_EXCLUDED_COUNT;
}

static bool left_out_add(struct sw_left_out *out, const struct sw_mount *row,
                         enum sw_excluded reason)
{
    *out = (struct sw_left_out){
        .path = strdup(row->path), .filesystem = strdup(row->filesystem), .reason = reason};
    return out->path != NULL && out->filesystem != NULL;
}

enum sw_status sw_mounts_left_out(const struct sw_mounts *mounts, const char *path,
                                  bool one_file_system, struct sw_left_out **rows, size_t *count,
                                  struct sw_error *error)
{
    const struct sw_mount *home = sw_mounts_find(mounts, path);
    const struct sw_mount **sorted = rows_by_path(mounts);
    struct sw_left_out *made = calloc(mounts->count + 1, sizeof *made);
    size_t path_size = strlen(path);
    size_t made_count = 0;
    enum sw_status status = SW_OK;

    for (size_t index = 0; sorted != NULL && made != NULL && index < mounts->count; index++) {
        const struct sw_mount *row = sorted[index];
        enum sw_excluded reason;

        if (row->path_size <= path_size ||
            !sw_path_is_within(row->path, row->path_size, path, path_size))
            continue;
        reason = sw_mount_policy(row, home, one_file_system);
        if (reason == SW_EXCLUDED_COUNT)
            reason = reason_around(row, made, made_count);
        if (reason != SW_EXCLUDED_COUNT && !left_out_add(&made[made_count++], row, reason))
            status = SW_STOP;
    }
    if (sorted == NULL || made == NULL || status != SW_OK) {
        sw_left_out_free(made, made_count);
        status = sw_fail(error, SW_STOP, "walk", 0, "no memory for the mount table");
    } else {
        *rows = made;
        *count = made_count;
    }
    free(sorted);
    return status;
}

void sw_left_out_free(struct sw_left_out *rows, size_t count)
{
    for (size_t index = 0; rows != NULL && index < count; index++) {
        free(rows[index].path);
        free(rows[index].filesystem);
    }
    free(rows);
}
