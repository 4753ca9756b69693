/* SPDX-License-Identifier: Apache-2.0 */
/* owner.c - uid to name. */
#include "owner.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_uid(const void *a, const void *b)
{
    const struct owner_row *left = a, *right = b;

    return left->uid < right->uid ? -1 : left->uid > right->uid;
}

static int add_row(struct owners *owners, const struct passwd *entry)
{
    struct owner_row *rows = realloc(owners->rows, (owners->count + 1) * sizeof(*rows));

    if (rows == NULL)
        return -1;
    owners->rows = rows;
    char *name = strdup(entry->pw_name);
    if (name == NULL)
        return -1;
    rows[owners->count++] = (struct owner_row){entry->pw_uid, name};
    return 0;
}

void owners_init(struct owners *owners)
{
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *entry;

    *owners = (struct owners){0};
    if (file == NULL)
        return;
    while ((entry = fgetpwent(file)) != NULL && add_row(owners, entry) == 0)
        continue;
    fclose(file);
    if (owners->count > 1)
        qsort(owners->rows, owners->count, sizeof(*owners->rows), by_uid);
}

void owners_done(struct owners *owners)
{
    for (size_t i = 0; i < owners->count; i++)
        free(owners->rows[i].name);
    free(owners->rows);
    *owners = (struct owners){0};
}

const char *owners_name(const struct owners *owners, uint32_t uid, char number[static 12])
{
    const struct owner_row key = {.uid = uid};
    const struct owner_row *row = NULL;

    if (owners->count != 0)
        row = bsearch(&key, owners->rows, owners->count, sizeof(*owners->rows), by_uid);
    if (row != NULL)
        return row->name;
    snprintf(number, 12, "%u", uid);
    return number;
}
