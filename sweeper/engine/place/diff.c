/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff.c - see diff.h. A patch writes files under the names that it gives: one
 * that code could have, and the patch is code.
 */
#include "engine/place/diff.h"

#include "engine/place/place_private.h"

enum { COUNT_MAX = 1000000000 };

static bool take_number(struct sw_view *line, size_t *number)
{
    size_t digits = 0;

    *number = 0;
    while (digits < line->size && place_digit(line->data[digits]) && *number < COUNT_MAX)
        *number = *number * 10 + (size_t)(line->data[digits++] - '0');
    *line = place_after(*line, digits);
    return digits > 0;
}

/* "-12,3" or "-12" */
static bool take_range(struct sw_view *line, const char *sign, size_t *count)
{
    size_t from;

    if (!place_starts(*line, sign))
        return false;
    *line = place_after(*line, 1);
    *count = 1;
    if (!take_number(line, &from))
        return false;
    if (!place_starts(*line, ","))
        return true;
    *line = place_after(*line, 1);
    return take_number(line, count);
}

/* "@@ -1,2 +1,3 @@ where" */
static bool take_hunk(struct place_diff *diff, struct sw_view line)
{
    line = place_after(line, 3);
    if (!take_range(&line, "-", &diff->old_left) || !place_starts(line, " "))
        return false;
    line = place_after(line, 1);
    diff->hunks++;
    return take_range(&line, "+", &diff->new_left) && place_starts(line, " @@") &&
           !place_is_statement(place_trim(place_after(line, 3)));
}

static bool is_document_name(struct sw_view name)
{
    struct sw_place_facts facts = {0};
    const uint8_t *tab = name.size > 0 ? memchr(name.data, '\t', name.size) : NULL;

    if (tab != NULL)
        name.size = (size_t)(tab - name.data);
    facts.path = place_trim(name);
    return place_is(facts.path, "/dev/null") ||
           (facts.path.size > 0 && place_by_path(&facts) == PLACE_NAME_SILENT);
}

/* No shell finds anything in it but words. */
static bool is_plain(struct sw_view line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] == 0 || strchr(";|&$`()<", line.data[i]) != NULL)
            return false;
    return true;
}

/* Which of these the line starts with, or NULL. */
static const char *started_by(struct sw_view line, const char *const *starts)
{
    for (; *starts != NULL; starts++)
        if (place_starts(line, *starts))
            return *starts;
    return NULL;
}

/* A line between hunks that says what is done to which file. */
static bool is_header(struct place_diff *diff, struct sw_view line)
{
    static const char *const silent[] = {"diff --git ",   "index ",     "similarity index ",
                                         "rename from ",  "copy from ", "deleted file mode ",
                                         "dissimilarity", "--- ",       "old mode ",
                                         "Index: ",       "=====",      NULL};
    static const char *const naming[] = {"+++ ", "rename to ", "copy to ", NULL};
    static const char *const modes[] = {"new file mode ", "new mode ", NULL};
    const char *start = NULL;

    if ((start = started_by(line, naming)) != NULL)
        diff->bad = diff->bad || !is_document_name(place_after(line, strlen(start)));
    else if (started_by(line, modes) != NULL)
        diff->bad = diff->bad || !place_ends(place_trim(line), "644");
    else if (started_by(line, silent) == NULL)
        return false;
    diff->bad = diff->bad || !is_plain(line);
    return true;
}

/* Takes the sign off a line of a hunk. */
static bool take_sign(struct place_diff *diff, struct sw_view *line)
{
    uint8_t sign = line->size > 0 ? line->data[0] : ' ';
    bool old_side = sign == ' ' || sign == '-', new_side = sign == ' ' || sign == '+';

    if ((!old_side && !new_side) || (old_side && diff->old_left == 0) ||
        (new_side && diff->new_left == 0))
        return false;
    diff->old_left -= old_side;
    diff->new_left -= new_side;
    *line = line->size > 0 ? place_after(*line, 1) : *line;
    return true;
}

bool place_next_diff_line(struct place_diff *diff, struct sw_view *rest, struct sw_view *line)
{
    while (!diff->bad && place_next_line(rest, line)) {
        if (place_starts(*line, "\\ No newline"))
            continue;
        if (diff->old_left > 0 || diff->new_left > 0) {
            diff->bad = !take_sign(diff, line);
            return !diff->bad;
        }
        if (place_starts(*line, "@@ "))
            diff->bad = !take_hunk(diff, *line);
        else if (place_starts(*line, "GIT binary patch") || place_starts(*line, "Binary files "))
            diff->bad = true;
        else if (!is_header(diff, *line))
            return true;
    }
    return false;
}

bool place_is_whole_diff(const struct place_diff *diff)
{
    return !diff->bad && diff->hunks > 0 && diff->old_left == 0 && diff->new_left == 0;
}
