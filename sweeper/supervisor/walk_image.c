/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_image.c - what a disk image may be made of, or have behind it.
 *
 * The names stand in the image, which nobody reads here. So the engine is given what is
 * likely: extents by the names that VMware's tools give them, and other images of the
 * same family of formats in the same directory, the most alike names first. Both are
 * bounded; what the engine does not find among them is a gap that names it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/view.h"
#include "supervisor/walk_private.h"
#include "sweeper/part_name.h"

enum {
    EXTENTS_MAX = 500, /* names */
    BESIDE_MAX = 48,   /* images that may be behind it */
    ENTRIES_MAX = 4096 /* of a directory that are looked at */
};

struct names {
    char *rows[1 + EXTENTS_MAX + BESIDE_MAX];
    size_t count;
};

static char *copy(const char *name)
{
    const size_t size = strlen(name) + 1;
    char *made = sw_walk_alloc(size);

    memcpy(made, name, size);
    return made;
}

static bool has(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->rows[i], name) == 0)
            return true;
    return false;
}

static void add_extents(struct names *names, const struct sw_beside *beside,
                        const struct sw_part_name *part)
{
    char name[SW_PART_NAME_MAX + 1];
    uint32_t missing = 0;

    for (uint32_t n = 2; missing < SW_PART_AHEAD_MAX && names->count <= EXTENTS_MAX; n++) {
        if (!sw_part_name_write(part, n, name))
            return;
        missing++;
        if (sw_walk_is_beside(beside, name)) {
            names->rows[names->count++] = copy(name);
            missing = 0;
        }
    }
}

/* --- others in the directory --------------------------------------------------------------- */

struct candidate {
    size_t alike; /* bytes at the beginning that both names have */
    char name[SW_PART_NAME_MAX + 1];
};

static size_t alike(const char *a, const char *b)
{
    size_t count = 0;

    while (a[count] != '\0' && a[count] == b[count])
        count++;
    return count;
}

/* Those that are most alike first, whatever order the directory has. */
static bool is_before(const struct candidate *a, const struct candidate *b)
{
    return a->alike != b->alike ? a->alike > b->alike : strcmp(a->name, b->name) < 0;
}

static void insert(struct candidate *rows, size_t *count, const struct candidate *row)
{
    size_t at = *count;

    while (at > 0 && is_before(row, &rows[at - 1]))
        at--;
    if (at == BESIDE_MAX)
        return;
    if (*count < BESIDE_MAX)
        ++*count;
    memmove(&rows[at + 1], &rows[at], (*count - at - 1) * sizeof(rows[0]));
    rows[at] = *row;
}

static size_t list(const struct sw_beside *beside, const struct names *names, const char *lead,
                   struct candidate rows[static BESIDE_MAX])
{
    const int fd = openat(beside->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    size_t count = 0;

    if (folder == NULL && fd >= 0)
        close(fd);
    for (size_t i = 0; folder != NULL && i < ENTRIES_MAX && (entry = readdir(folder)) != NULL;
         i++) {
        struct candidate row = {.alike = alike(entry->d_name, lead)};
        if (strlen(entry->d_name) > SW_PART_NAME_MAX || has(names, entry->d_name) ||
            !sw_part_name_is_behind(sw_view_of(entry->d_name), sw_view_of(lead)))
            continue;
        memcpy(row.name, entry->d_name, strlen(entry->d_name) + 1);
        insert(rows, &count, &row);
    }
    if (folder != NULL)
        closedir(folder);
    return count;
}

static void add_others(struct names *names, const struct sw_beside *beside, const char *lead)
{
    struct candidate *rows = sw_walk_alloc(BESIDE_MAX * sizeof(rows[0]));
    const size_t count = list(beside, names, lead, rows);

    for (size_t i = 0; i < count; i++)
        if (sw_walk_is_beside(beside, rows[i].name))
            names->rows[names->count++] = copy(rows[i].name);
    free(rows);
}

struct sw_part_set *sw_walk_image(const struct sw_beside *beside, const struct sw_part_name *part,
                                  const char *name)
{
    struct names names = {.count = 1};
    struct sw_part_set *set = NULL;

    names.rows[0] = copy(name);
    if (part->form == SW_PARTS_VMDK)
        add_extents(&names, beside, part);
    add_others(&names, beside, name);
    const size_t purse = sw_part_purse_size();
    while (names.count > purse + 1) /* the least alike go first */
        free(names.rows[--names.count]);
    if (names.count > 1)
        set = sw_walk_gather(beside, names.rows, names.count);
    while (names.count > 0)
        free(names.rows[--names.count]);
    return set;
}
