/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_names.c - entries whose names meet on a disk: equal ones, ones that mean the
 * same path, and ones that differ in case only.
 *
 * Of each name a hash is kept, of its path with ASCII letters folded. It is keyed
 * with bytes that the kernel gave this process, so that nobody can choose names
 * which only seem to meet; those that do are compared in the archive itself.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "common/siphash.h"
#include "common/view.h"
#include "zip_read.h"

enum {
    NAME_MAX_BYTES = 65535,
    NEAR = 32,              /* names of one hash that each is compared with */
    COMPARISONS_MAX = 4096, /* after so many there is enough to say */
};

/* ---- paths ----------------------------------------------------------------- */

static bool is_slash(uint8_t byte)
{
    return byte == '/' || byte == '\\';
}

/* Takes back the last part of what was written; nothing is above the top. */
static size_t parent(const uint8_t *out, size_t size)
{
    while (size > 0 && out[size - 1] != '/')
        size--;
    return size > 0 ? size - 1 : 0;
}

size_t sw_zip_normal_name(struct sw_view name, uint8_t *out)
{
    size_t size = 0;
    for (size_t at = 0; at < name.size;) {
        size_t end = at;
        while (end < name.size && !is_slash(name.data[end]))
            end++;
        size_t length = end - at;
        bool dot = length == 1 && name.data[at] == '.';
        bool two = length == 2 && name.data[at] == '.' && name.data[at + 1] == '.';
        if (two) {
            size = parent(out, size);
        } else if (length > 0 && !dot) {
            if (size > 0)
                out[size++] = '/';
            memcpy(out + size, name.data + at, length);
            size += length;
        }
        at = end + 1;
    }
    return size;
}

/* ---- meetings -------------------------------------------------------------- */

struct names {
    struct sw_zip_run *run;
    uint8_t key[16];
    uint8_t *first;      /* NAME_MAX_BYTES: a name as it is */
    uint8_t *path;       /* a path */
    uint8_t *other_path; /* another */
    unsigned comparisons;
};

static bool gather(struct names *names)
{
    struct sw_zip_run *run = names->run;
    struct sw_zip_entry entry;
    uint64_t at = run->check->central_at;
    run->item_count = 0;
    for (; sw_zip_central(run, at, run->central_end, &entry); at = entry.next) {
        /* A directory listed twice is one directory. */
        if (entry.name.size == 0 || is_slash(entry.name.data[entry.name.size - 1]))
            continue;
        size_t size = sw_zip_normal_name(entry.name, names->path);
        for (size_t i = 0; i < size; i++)
            names->path[i] = sw_lower(names->path[i]);
        uint64_t hash = sw_siphash(names->key, names->path, size);
        if (!sw_zip_item_add(run, (struct sw_zip_item){hash, 0, at}))
            return false;
    }
    return run->status == SW_OK;
}

/* Compares the name in names->first with another entry's. */
static void compare(struct names *names, size_t first_size, const struct sw_zip_item *item)
{
    struct sw_zip_run *run = names->run;
    struct sw_zip_entry entry;
    struct sw_view first = {names->first, first_size};
    if (!sw_zip_central(run, item->central, run->central_end, &entry))
        return;
    struct sw_view path = {names->path, sw_zip_normal_name(first, names->path)};
    struct sw_view other = {names->other_path, sw_zip_normal_name(entry.name, names->other_path)};
    enum sw_zip_code code = SW_ZIP_CODE_COUNT;
    if (sw_view_equal(first, entry.name))
        code = SW_ZIP_DUPLICATE;
    else if (sw_view_equal(path, other))
        code = SW_ZIP_DUPLICATE_PATH;
    else if (sw_view_equal_fold(path, other))
        code = SW_ZIP_DUPLICATE_CASE;
    if (code != SW_ZIP_CODE_COUNT)
        sw_zip_find(run, code, item->central, 0, entry.name, "listed at byte %" PRIu64,
                    item->central);
}

/* Names of one hash. Each is compared with the next few. */
static void compare_group(struct names *names, const struct sw_zip_item *items, size_t count)
{
    struct sw_zip_run *run = names->run;
    struct sw_zip_entry entry;
    for (size_t i = 0; i + 1 < count && names->comparisons < COMPARISONS_MAX; i++) {
        if (!sw_zip_central(run, items[i].central, run->central_end, &entry))
            return;
        size_t size = entry.name.size;
        memcpy(names->first, entry.name.data, size);
        for (size_t j = i + 1; j < count && j <= i + NEAR; j++, names->comparisons++)
            compare(names, size, &items[j]);
    }
}

static bool enough(const struct names *names)
{
    const uint32_t *counts = names->run->check->counts;
    return names->comparisons >= COMPARISONS_MAX ||
           (counts[SW_ZIP_DUPLICATE] >= SW_ZIP_SAME_MAX &&
            counts[SW_ZIP_DUPLICATE_PATH] >= SW_ZIP_SAME_MAX &&
            counts[SW_ZIP_DUPLICATE_CASE] >= SW_ZIP_SAME_MAX);
}

static void compare_all(struct names *names)
{
    struct sw_zip_run *run = names->run;
    for (size_t i = 0; i < run->item_count && run->status == SW_OK && !enough(names);) {
        size_t count = 1;
        while (i + count < run->item_count && run->items[i + count].key == run->items[i].key)
            count++;
        if (count > 1)
            compare_group(names, &run->items[i], count);
        i += count;
    }
}

void sw_zip_names(struct sw_zip_run *run)
{
    const void *random = (const void *)getauxval(AT_RANDOM);
    struct names names = {.run = run};
    if (random != NULL)
        memcpy(names.key, random, sizeof names.key);
    names.first = malloc((size_t)3 * NAME_MAX_BYTES);
    if (names.first == NULL) {
        run->status = sw_fail_gap(run->error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "zip", 0,
                                  "no memory to compare names");
        return;
    }
    names.path = names.first + NAME_MAX_BYTES;
    names.other_path = names.path + NAME_MAX_BYTES;
    if (gather(&names) && sw_zip_items_sort(run))
        compare_all(&names);
    free(names.first);
}
