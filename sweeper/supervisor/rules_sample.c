/* SPDX-License-Identifier: Apache-2.0 */
/* rules_sample.c - the clean files that rules are measured on. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/rules_check.h"
#include "sweeper/rows.h"

void sw_sample_done(struct sw_sample *sample)
{
    for (size_t i = 0; i < sample->count; i++)
        free(sample->files[i].path);
    free(sample->files);
    *sample = (struct sw_sample){NULL, 0};
}

/* FNV-1a: mixes the folders without a random choice. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static int compare_files(const void *a, const void *b)
{
    const char *left = ((const struct sw_sample_file *)a)->path;
    const char *right = ((const struct sw_sample_file *)b)->path;
    uint64_t left_hash = hash_of(left);
    uint64_t right_hash = hash_of(right);
    return left_hash < right_hash ? -1 : left_hash > right_hash ? 1 : strcmp(left, right);
}

static bool push(struct sw_sample *sample, size_t *capacity, const char *path, uint64_t size)
{
    if (!sw_rows_grow(&sample->files, capacity, sample->count + 1, sizeof(*sample->files)))
        return false;
    char *copy = strdup(path);
    if (!copy)
        return false;
    struct sw_sample_file *file = &sample->files[sample->count++];
    file->path = copy;
    file->size = size;
    return true;
}

static bool list(const char *directory, struct sw_sample *sample)
{
    char *root = strdup(directory);
    char *roots[] = {root, NULL};
    FTS *walk = root ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL) : NULL;
    size_t capacity = 0;
    bool good = walk != NULL;
    const FTSENT *entry;
    while (good && (entry = fts_read(walk)))
        if (entry->fts_info == FTS_F && entry->fts_statp->st_size > 0)
            good = push(sample, &capacity, entry->fts_path, (uint64_t)entry->fts_statp->st_size);
    if (walk)
        fts_close(walk);
    free(root);
    return good;
}

enum sw_status sw_sample_list(const char *directory, struct sw_sample *sample,
                              struct sw_error *error)
{
    struct sw_sample all = {NULL, 0};
    if (!list(directory, &all)) {
        sw_sample_done(&all);
        return sw_fail(error, SW_SKIP, "rules", errno, "%s", directory);
    }
    if (all.count == 0) {
        sw_sample_done(&all);
        return sw_fail(error, SW_SKIP, "rules", 0, "%s: no readable file to measure on", directory);
    }
    qsort(all.files, all.count, sizeof(*all.files), compare_files);
    uint64_t bytes = 0;
    size_t taken = 0;
    while (taken < all.count && bytes < SW_SAMPLE_BYTES_MAX)
        bytes += all.files[taken++].size;
    while (all.count > taken)
        free(all.files[--all.count].path);
    *sample = all; /* the caller's from here on */
    return SW_OK;
}

int sw_sample_open(const struct sw_sample_file *file)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = open(file->path, flags | O_NOATIME);
    if (fd < 0 && errno == EPERM) /* not ours: the kernel decides on the access time */
        fd = open(file->path, flags);
    return fd;
}

size_t sw_sample_read(int fd, uint64_t offset, uint8_t *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, data + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}
