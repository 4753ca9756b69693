/* SPDX-License-Identifier: Apache-2.0 */
/* diagnose.c - the list of what is wrong with the rules. */
#include "engine/rule/diagnose.h"

#include <stdlib.h>
#include <string.h>

static bool is_listed(const struct sw_diagnoses *list, const struct sw_diagnosis *row)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct sw_diagnosis *other = &list->rows[i];
        if (other->line == row->line && other->level == row->level &&
            strcmp(other->file, row->file) == 0 && strcmp(other->text, row->text) == 0)
            return true;
    }
    return false;
}

/* Room for one more; the list has grown to a power of two each time. */
static bool make_room(struct sw_diagnoses *list)
{
    if (list->count & (list->count - 1))
        return true;
    struct sw_diagnosis *rows =
        reallocarray(list->rows, list->count ? list->count * 2 : 1, sizeof(*rows));
    if (rows)
        list->rows = rows;
    return rows != NULL;
}

bool sw_diagnoses_add(struct sw_diagnoses *list, enum sw_diagnosis_level level, const char *file,
                      int line, const char *text)
{
    struct sw_diagnosis row = {level, strdup(file), line, strdup(text)};
    if (row.file && row.text && is_listed(list, &row)) {
        free(row.file);
        free(row.text);
        return true;
    }
    if (!row.file || !row.text || !make_room(list)) {
        free(row.file);
        free(row.text);
        return false;
    }
    list->rows[list->count++] = row; /* the list's from here on */
    return true;
}

size_t sw_diagnoses_error_count(const struct sw_diagnoses *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->rows[i].level == SW_DIAGNOSIS_ERROR;
    return count;
}

void sw_diagnoses_done(struct sw_diagnoses *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->rows[i].file);
        free(list->rows[i].text);
    }
    free(list->rows);
    *list = (struct sw_diagnoses){NULL, 0};
}
