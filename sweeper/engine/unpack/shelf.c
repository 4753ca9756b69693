/* SPDX-License-Identifier: Apache-2.0 */
/* shelf.c - keeps members, and finds which of them are one object. */
#include "engine/unpack/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/source/archive_probe.h"
#include "sweeper/rows.h"

enum {
    ROWS_MAX = 4096,      /* members of one container that are kept */
    NAME_MAX_SIZE = 8192, /* no name of a member is longer */
};

/* --- names ------------------------------------------------------------------------------- */

static bool read_name(struct sw_view name, struct sw_part_name *part, struct sw_view *folder)
{
    const size_t slash = sw_view_find_last(name, '/');

    *folder = sw_view_first(name, slash == name.size ? 0 : slash);
    return sw_part_name_read(slash == name.size ? name : sw_view_skip(name, slash + 1), part);
}

static bool same_set(const struct shelf_row *row, const struct sw_part_name *part,
                     struct sw_view folder)
{
    return sw_part_name_same_set(&row->part, part) && sw_view_equal(row->folder, folder);
}

/* The first that came of this number; NULL: none that could still be joined. */
static struct shelf_row *find(struct shelf *shelf, const struct sw_part_name *part,
                              struct sw_view folder, uint32_t number)
{
    for (size_t i = 0; i < shelf->count; i++) {
        struct shelf_row *row = &shelf->rows[i];
        if (!row->done && row->part.number == number && same_set(row, part, folder))
            return row;
    }
    return NULL;
}

/* --- keeping ----------------------------------------------------------------------------- */

static void say_full(struct shelf *shelf, struct object *member)
{
    struct sw_error error;

    if (shelf->full)
        return;
    shelf->full = true;
    (void)sw_fail_gap(&error, SW_PART, SW_GAP_LIMIT_MEMBERS, "unpack", 0,
                      "is one of more than %d parts of sets: these are opened by themselves",
                      ROWS_MAX);
    examine_gap(member, &error, NULL);
}

bool shelf_may_want(struct sw_view name)
{
    struct sw_part_name part;
    struct sw_view folder;

    return read_name(name, &part, &folder);
}

bool shelf_wants(struct shelf *shelf, struct object *member)
{
    struct sw_part_name part;
    struct sw_view folder;

    if (!read_name(member->hop.name, &part, &folder))
        return false;
    bool wanted = part.strong;
    if (sw_part_name_leads(&part))
        wanted = joined_goes_on(part.form, member->blob);
    else if (part.form == SW_PARTS_RAR)
        wanted = sw_rar_is_volume(member->blob);
    else if (!part.strong)
        wanted = find(shelf, &part, folder, sw_part_name_lead(&part)) != NULL;
    if (wanted && shelf->count == ROWS_MAX)
        say_full(shelf, member);
    return wanted && shelf->count < ROWS_MAX;
}

static void row_done(struct shelf_row *row)
{
    sw_blob_close(&row->blob);
    sw_hold_done(&row->hold);
    sw_buf_done(&row->name);
}

bool shelf_keep(struct shelf *shelf, struct object *member, struct sw_hold *hold,
                struct sw_blob *blob)
{
    struct shelf_row row = {.facts = *member->hop.facts};
    struct sw_error error, unheld;

    sw_buf_init(&row.name, NAME_MAX_SIZE);
    sw_blob_close(blob);
    enum sw_status status = sw_hold_settle(hold, &error);
    if (sw_hold_blob(hold, blob, status == SW_OK ? &error : &unheld) != SW_OK) {
        *blob = sw_blob_of_bytes(NULL, 0);
        status = SW_SKIP;
    }
    if (status == SW_OK &&
        (!sw_rows_grow(&shelf->rows, &shelf->capacity, shelf->count + 1, sizeof(row)) ||
         sw_buf_append(&row.name, member->hop.name.data, member->hop.name.size) != SW_OK ||
         !read_name(sw_buf_view(&row.name), &row.part, &row.folder)))
        status = sw_fail_gap(&error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "unpack", 0,
                             "no memory to keep a part of a set");
    if (status != SW_OK) {
        examine_gap(member, &error, NULL);
        sw_buf_done(&row.name);
        return false;
    }
    row.blob = *blob;
    *blob = sw_blob_of_bytes(NULL, 0);
    sw_hold_move(&row.hold, hold);
    shelf->rows[shelf->count++] = row;
    return true;
}

void shelf_done(struct shelf *shelf)
{
    joined_close(&shelf->joined);
    while (shelf->count > 0)
        row_done(&shelf->rows[--shelf->count]);
    free(shelf->rows);
    free(shelf->parts);
    free(shelf->names);
    *shelf = (struct shelf){0};
}

/* --- opening ----------------------------------------------------------------------------- */

/* Of a set the one that leads comes first. */
struct shelf_row *shelf_next(struct shelf *shelf)
{
    while (shelf->next < shelf->count && shelf->rows[shelf->next].done)
        shelf->next++;
    if (shelf->next == shelf->count)
        return NULL;
    struct shelf_row *row = &shelf->rows[shelf->next];
    struct shelf_row *lead = find(shelf, &row->part, row->folder, sw_part_name_lead(&row->part));
    return lead != NULL ? lead : row;
}

static bool make_room(struct shelf *shelf)
{
    if (shelf->parts == NULL)
        shelf->parts = calloc(SW_PARTS_MAX, sizeof(shelf->parts[0]));
    if (shelf->names == NULL)
        shelf->names = calloc(SW_PARTS_MAX, sizeof(shelf->names[0]));
    return shelf->parts != NULL && shelf->names != NULL;
}

static uint32_t last_number(const struct shelf *shelf, const struct shelf_row *lead)
{
    uint32_t last = 0;

    for (size_t i = 0; i < shelf->count; i++)
        if (!shelf->rows[i].done && same_set(&shelf->rows[i], &lead->part, lead->folder) &&
            shelf->rows[i].part.number > last)
            last = shelf->rows[i].part.number;
    return last;
}

/* The set that a row leads, in the order of its parts; 0: there is none. */
static size_t gather(struct shelf *shelf, struct shelf_row *lead)
{
    const bool lead_is_last = sw_part_name_lead(&lead->part) == 0;
    uint32_t last = last_number(shelf, lead);
    uint32_t wanted = 0;
    const struct shelf_row *second = find(shelf, &lead->part, lead->folder, 2);

    if (!lead->part.strong && (second == NULL || second->blob.size > lead->blob.size))
        return 0;
    if (lead_is_last && sw_zip_is_last(&lead->blob, &wanted))
        last = wanted - 1;
    const size_t count = (size_t)last + (lead_is_last ? 1U : 0U);
    if (last <= sw_part_name_lead(&lead->part) || count > SW_PARTS_MAX || !make_room(shelf))
        return 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t number = lead_is_last && i + 1 == count ? 0 : (uint32_t)i + 1;
        struct shelf_row *row = find(shelf, &lead->part, lead->folder, number);
        if (!sw_part_name_write(&lead->part, number, shelf->names[i]))
            return 0;
        shelf->parts[i] = (struct part_row){.name = sw_view_of(shelf->names[i]),
                                            .blob = row != NULL ? &row->blob : NULL,
                                            .state = row == NULL ? SW_PART_ABSENT : SW_PART_THERE};
    }
    for (size_t i = 0; i < shelf->count; i++) {
        struct shelf_row *row = &shelf->rows[i];
        const size_t at = row->part.number == 0 ? count - 1 : row->part.number - 1;
        if (at < count && shelf->parts[at].blob == &row->blob)
            row->done = true;
    }
    return count;
}

/* The first of those that came says that the one that leads did not. */
static void say_stray(struct shelf *shelf, const struct shelf_row *row, struct object *member)
{
    char lead[SW_PART_NAME_MAX + 1];
    struct sw_error error;

    if (!row->part.missed || sw_part_name_leads(&row->part) ||
        !sw_part_name_write(&row->part, sw_part_name_lead(&row->part), lead))
        return;
    for (const struct shelf_row *before = shelf->rows; before < row; before++)
        if (same_set(before, &row->part, row->folder))
            return;
    (void)sw_fail_gap(&error, SW_PART, SW_GAP_MISSING_PART, "unpack", 0,
                      "%s, at which its set is opened, is no member beside it", lead);
    examine_gap(member, &error, NULL);
}

void shelf_open(struct shelf *shelf, struct shelf_row *row, struct object *member)
{
    const bool leads = sw_part_name_leads(&row->part);

    joined_close(&shelf->joined);
    member->blob = &row->blob;
    const size_t count = leads ? gather(shelf, row) : 0;
    row->done = true;
    if (count != 0) {
        joined_open(&shelf->joined, member, &row->part, shelf->parts, count);
        return;
    }
    say_stray(shelf, row, member);
    object_probe(member);
    parts_apply(NULL, member);
}
