/* SPDX-License-Identifier: Apache-2.0 */
/* A mount table: rows as mounts.h describes them, and every look-up finds what
 * is there. Input: the text of a mountinfo file. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "supervisor/mounts.h"

/* Bytes: the reading of a table takes its square, and the kernel's are short. */
#define TABLE_SIZE_MAX 16384

static void check_row(const struct sw_mounts *mounts, const struct sw_mount *row)
{
    size_t count = 0;
    FUZZ_CHECK(row->path[0] == '/' && row->path_size == strlen(row->path));
    FUZZ_CHECK(row->root != NULL && row->filesystem != NULL);
    FUZZ_CHECK(row->id >= 0 && row->parent_id >= 0);
    FUZZ_CHECK(row->name == row->path + row->parent_size + 1 && row->path[row->parent_size] == '/');
    FUZZ_CHECK(strchr(row->name, '/') == NULL);
    uint64_t hash = sw_path_hash(SW_PATH_HASH_START, row->path, row->parent_size);
    FUZZ_CHECK(row->parent_hash == (row->path_size == 1 ? 0 : hash));

    const struct sw_mount *rows = sw_mounts_children(mounts, row->parent_hash, &count);
    FUZZ_CHECK(rows != NULL && count >= 1);
    const struct sw_mount *child = sw_mounts_child(rows, count, row->name);
    FUZZ_CHECK(child != NULL && strcmp(child->name, row->name) == 0);

    const struct sw_mount *found = sw_mounts_find(mounts, row->path);
    FUZZ_CHECK(found != NULL && strcmp(found->path, row->path) == 0);
}

static void check_left_out(const struct sw_mounts *mounts, const char *path, bool one_file_system)
{
    struct sw_left_out *rows = NULL;
    size_t count = 0;
    FUZZ_CHECK(sw_mounts_left_out(mounts, path, one_file_system, &rows, &count, NULL) == SW_OK);
    FUZZ_CHECK(count <= mounts->count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(rows[i].reason < SW_EXCLUDED_COUNT);
        FUZZ_CHECK(sw_path_is_within(rows[i].path, strlen(rows[i].path), path, strlen(path)));
        FUZZ_CHECK(i == 0 || strcmp(rows[i - 1].path, rows[i].path) <= 0);
    }
    sw_left_out_free(rows, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_mounts mounts = {0};
    size_t lines = 1;
    char *text = fuzz_text((struct sw_view){data, size < TABLE_SIZE_MAX ? size : TABLE_SIZE_MAX});

    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    FUZZ_CHECK(sw_mounts_parse(text, &mounts, NULL) == SW_OK && mounts.count <= lines);
    for (size_t i = 0; i < mounts.count; i++) {
        const struct sw_mount *row = &mounts.rows[i];
        check_row(&mounts, row);
        FUZZ_CHECK(i == 0 || row[-1].parent_hash <= row->parent_hash);
        if (i < 4)
            check_left_out(&mounts, row->path, i % 2 == 0);
    }
    check_left_out(&mounts, "/", true);
    sw_mounts_done(&mounts);
    free(text);
    return 0;
}
