/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - several parts become one object. */
#include "engine/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/view.h"
#include "engine/disk/sets.h"
#include "engine/package/reader.h"
#include "engine/source/archive_probe.h"
#include "engine/source/sources.h"
#include "engine/source/squashfs.h"
#include "sweeper/text.h"

enum {
    HEAD = 256 * 1024,                /* bytes that show what a set is */
    NAMED_MAX = 8,                    /* parts that a gap names */
    BITS_OF_SET = 80,                 /* of a zip whose last part says that it is one */
    GAP_TEXT_MAX = 400,               /* bytes of what it says */
    DIRECTORY_MAX = 64 * 1024 * 1024, /* bytes of a zip's directory */
};
#define HOLE_OF_ZIP (UINT64_C(1) << 32) /* more than any offset in a part of a zip */

/* --- what the part that leads says ------------------------------------------------------ */

static size_t auction(struct sw_blob *blob, struct sw_bid bids[static SW_BIDS_MAX])
{
    const size_t head = blob->size < HEAD ? (size_t)blob->size : HEAD;
    const size_t tail = blob->size < SW_PROBE_TAIL_MAX ? (size_t)blob->size : SW_PROBE_TAIL_MAX;
    uint8_t *bytes = malloc(head + tail + 1);
    struct sw_error error;
    size_t got = 0, behind = 0, count = 0;

    if (bytes != NULL && sw_blob_read_at(blob, 0, bytes, head, &got, &error) == SW_OK) {
        struct sw_probe probe = {.head = {bytes, got}, .size = blob->size};
        if (sw_blob_read_at(blob, blob->size - tail, bytes + head, tail, &behind, &error) ==
                SW_OK &&
            behind == tail)
            probe.tail = (struct sw_view){bytes + head, tail};
        count = sw_source_auction(&probe, bids);
    }
    free(bytes);
    return count;
}

/* The size that a container says it has, from a number in it; 0: it cannot be read. */
static uint64_t stated(struct sw_blob *blob, uint64_t at, size_t width, uint64_t unit)
{
    uint8_t bytes[8] = {0};
    struct sw_error error;
    uint64_t value = 0;
    size_t got = 0;

    if (sw_blob_read_at(blob, at, bytes, width, &got, &error) != SW_OK || got != width)
        return 0;
    for (size_t i = width; i-- > 0;)
        value = value << 8 | bytes[i];
    return __builtin_mul_overflow(value, unit, &value) ? UINT64_MAX : value;
}

/* Whether the container goes on behind the part. One that says where it ends is complete
 * when that is inside: what follows in other parts would be read by nobody. Of those that
 * do not say it the source reads what follows, or tells that there is something. */
static bool is_cut(struct sw_blob *lead)
{
    static const struct sw_source *const flow_on[] = {
        &sw_source_tar, &sw_source_cpio, &sw_source_ar, &sw_source_lha, &sw_source_zip_stream};
    enum { ISO_SIZE = 16 * 2048 + 80, ISO_BLOCK = 2048, CAB_SIZE = 8, SQUASHFS_SIZE = 40 };
    struct sw_bid bids[SW_BIDS_MAX];

    if (!lead->size_known)
        return false;
    if (auction(lead, bids) == 0 || bids[0].bits < SW_BID_GOOD || bids[0].source->disk)
        return sw_disk_stated_size(lead) > lead->size;
    const struct sw_source *source = bids[0].source;
    for (size_t i = 0; i < sizeof(flow_on) / sizeof(flow_on[0]); i++)
        if (source == flow_on[i])
            return true;
    if (source == &sw_source_7z)
        return sw_7z_goes_on(lead);
    if (source == &sw_source_rar || source == &sw_source_rar5)
        return !sw_rar_has_end(lead);
    if (source == &sw_source_iso9660)
        return stated(lead, ISO_SIZE, 4, ISO_BLOCK) > lead->size;
    if (source == &sw_source_cab)
        return stated(lead, CAB_SIZE, 4, 1) > lead->size;
    if (source == &sw_source_squashfs)
        return stated(lead, SQUASHFS_SIZE, 8, 1) > lead->size;
    return source->stream;
}

bool joined_goes_on(enum sw_part_form form, struct sw_blob *lead)
{
    uint32_t parts = 0;

    switch (form) {
    case SW_PARTS_JOINED:
        return is_cut(lead);
    case SW_PARTS_ZIP:
        return sw_zip_is_last(lead, &parts);
    case SW_PARTS_RAR:
        return sw_rar_is_volume(lead);
    case SW_PARTS_EWF:
        return sw_ewf_goes_on(lead);
    case SW_PARTS_VMDK:
        return sw_vmdk_names(lead, (struct sw_view){0});
    case SW_PARTS_DISK:
        return false; /* what may be behind it is opened by itself, too */
    }
    return false;
}

/* An image's files stay by themselves; the source puts them together. */
static bool is_set(const struct sw_part_name *name)
{
    return name->form == SW_PARTS_EWF || name->form == SW_PARTS_VMDK || name->form == SW_PARTS_DISK;
}

/* --- gaps ----------------------------------------------------------------------------------- */

static void say(struct object *object, enum sw_gap reason, const char *text)
{
    struct sw_error error;

    (void)sw_fail_gap(&error, SW_PART, reason, "parts", 0, "%s", text);
    examine_gap(object, &error, NULL);
}

static const char *said_of(enum sw_part_state state)
{
    return state == SW_PART_LEFT_OUT     ? " (left out)"
           : state == SW_PART_UNREADABLE ? " (cannot be opened)"
                                         : "";
}

static size_t missing_in(const struct part_row *rows, size_t count)
{
    size_t missing = 0;

    for (size_t i = 0; i < count; i++)
        missing += rows[i].blob == NULL ? 1 : 0;
    return missing;
}

/* The last volume that is there says that another one follows. */
static void say_next(struct object *lead, const struct part_row *last, const char *next)
{
    struct sw_buf text;

    if (last->blob == NULL || !sw_rar_has_next(last->blob))
        return;
    sw_buf_init(&text, (size_t)8 * SW_PART_NAME_MAX);
    const bool named =
        sw_text_escape(&text, sw_view_of(next)) == SW_OK &&
        sw_buf_append_text(&text, ", with which it goes on, cannot be had") == SW_OK &&
        sw_buf_terminate(&text) == SW_OK;
    say(lead, SW_GAP_MISSING_PART,
        named ? (const char *)text.data : "the volume with which it goes on cannot be had");
    sw_buf_done(&text);
}

static void say_missing(struct object *lead, const struct part_row *rows, size_t count)
{
    const size_t missing = missing_in(rows, count);
    enum sw_status status;
    struct sw_buf text;
    size_t named = 0;

    if (missing == 0)
        return;
    sw_buf_init(&text, (size_t)NAMED_MAX * 5 * SW_PART_NAME_MAX);
    status = sw_buf_append_format(&text, "of its %zu parts %zu cannot be had: ", count, missing);
    for (size_t i = 0; i < count && status == SW_OK; i++) {
        if (rows[i].blob != NULL)
            continue;
        if (named == NAMED_MAX || text.size > GAP_TEXT_MAX) {
            status = sw_buf_append_format(&text, " and %zu more", missing - named);
            break;
        }
        status = sw_buf_append_text(&text, named++ == 0 ? "" : ", ");
        if (status == SW_OK)
            status = sw_text_escape(&text, rows[i].name);
        if (status == SW_OK)
            status = sw_buf_append_text(&text, said_of(rows[i].state));
    }
    say(lead, SW_GAP_MISSING_PART,
        status == SW_OK && sw_buf_terminate(&text) == SW_OK ? (const char *)text.data
                                                            : "not all of its parts are there");
    sw_buf_done(&text);
}

/* What reads of a whole zip's beginning and end would ask of a part that is missing. */
static const uint8_t zeros[HEAD];

/* --- joining -------------------------------------------------------------------------------- */

static uint64_t size_of(const struct sw_part_name *name, const struct part_row *rows, size_t at)
{
    if (rows[at].blob != NULL)
        return rows[at].blob->size;
    if (name->form == SW_PARTS_ZIP)
        return HOLE_OF_ZIP;
    /* All but the last are of one size. */
    return rows[0].blob != NULL ? rows[0].blob->size : 0;
}

/* What follows when the bytes end too early: the first part that is missing, else the
 * next name. */
static void name_next(struct joined *joined, const struct sw_part_name *name,
                      const struct part_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].blob == NULL) {
            const struct sw_view shown = sw_view_first(rows[i].name, SW_PART_NAME_MAX);
            memcpy(joined->next, shown.data, shown.size);
            joined->next[shown.size] = '\0';
            return;
        }
    const bool open =
        name->form == SW_PARTS_RAR || (name->form == SW_PARTS_JOINED && count > 0 &&
                                       rows[count - 1].blob->size >= rows[0].blob->size);
    if (!open || !sw_part_name_write(name, (uint32_t)count + 1, joined->next))
        joined->next[0] = '\0';
}

static void say_lost(struct sw_zip_merged *zip, struct object *lead)
{
    char text[GAP_TEXT_MAX];

    if (zip->lost == 0)
        return;
    const bool named = zip->names.size != 0 && sw_buf_terminate(&zip->names) == SW_OK;
    snprintf(text, sizeof(text), "%" PRIu64 " of its members begin in a part that is missing: %s",
             zip->lost, named ? (const char *)zip->names.data : "they cannot be named");
    say(lead, SW_GAP_MISSING_PART, text);
}

/* What follows the end of a part that is there, in one that is not, cannot be read. But
 * where no member's data goes on it is zeros: readers look there for other things. */
static size_t put_row(struct joined *joined, size_t at, const struct sw_join_part *row)
{
    struct sw_join_part *rows = &joined->merged_rows[at];
    const struct sw_join_part padding = {.blob = &joined->nothing, .size = sizeof(zeros)};
    size_t count = 0;

    if (row->blob != NULL || row->size < 3 * sizeof(zeros)) {
        rows[count++] = *row;
        return count;
    }
    if (row->start == 0)
        rows[count++] = padding;
    rows[count] = *row;
    rows[count++].size -= (row->start == 0 ? 2 : 1) * sizeof(zeros);
    rows[count++] = padding;
    return count;
}

/* The new directory in the place of the old one. */
static bool merge_zip(struct joined *joined, struct object *lead, size_t count)
{
    struct desk *desk = lead->desk;
    const size_t quarter = (size_t)(desk->engine->budget.size_max / 4);
    struct sw_error error;
    size_t kept = 0;

    joined->merged_rows = calloc(3 * count + 1, sizeof(joined->merged_rows[0]));
    enum sw_status status =
        joined->merged_rows == NULL
            ? sw_fail_gap(&error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "parts", 0, "no memory for a set")
            : sw_zip_merge(&joined->join, quarter < DIRECTORY_MAX ? quarter : DIRECTORY_MAX,
                           &joined->zip, &error);
    if (status == SW_OK) {
        if (sw_memory_budget_try_reserve(joined->budget, joined->zip.directory.capacity))
            joined->reserved = joined->zip.directory.capacity;
        else
            status = sw_fail_gap(&error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "parts", 0,
                                 "no memory for its central directory");
    }
    if (status != SW_OK) {
        examine_gap(lead, &error, NULL);
        return false;
    }
    const uint64_t from = joined->zip.from;
    say_lost(&joined->zip, lead);
    joined->nothing = sw_blob_of_bytes(zeros, sizeof(zeros));
    for (size_t i = 0; i < count && joined->rows[i].start < from; i++) {
        const uint64_t left = from - joined->rows[i].start;
        struct sw_join_part row = joined->rows[i];
        row.size = row.size > left ? left : row.size;
        kept += put_row(joined, kept, &row);
    }
    joined->directory_blob =
        sw_blob_of_bytes(joined->zip.directory.data, joined->zip.directory.size);
    joined->merged_rows[kept] =
        (struct sw_join_part){.blob = &joined->directory_blob, .size = joined->zip.directory.size};
    return sw_join_init(&joined->merged, joined->merged_rows, kept + 1);
}

static uint64_t total_of(const struct part_row *rows, size_t count)
{
    uint64_t total = 0;

    for (size_t i = 0; i < count; i++)
        if (rows[i].blob != NULL && __builtin_add_overflow(total, rows[i].blob->size, &total))
            return UINT64_MAX;
    return total;
}

static void open_set(struct joined *joined, struct object *lead, const struct sw_part_name *name,
                     const struct part_row *rows, size_t count)
{
    lead->bid_count = 0;
    joined->set = calloc(count + 1, sizeof(joined->set[0]));
    if (joined->set == NULL) {
        say(lead, SW_GAP_LIMIT_MEMORY, "no memory for a set of parts");
        return;
    }
    for (size_t i = 0; i < count; i++)
        joined->set[i] = (struct sw_input_part){.name = rows[i].name, .blob = rows[i].blob};
    lead->set = joined->set;
    lead->set_count = count;
    if (rows[0].blob != NULL)
        lead->bid_count = auction(rows[0].blob, lead->bids);
    if (name->form == SW_PARTS_EWF) {
        say_missing(lead, rows, count);
        lead->part_count = (uint32_t)count;
    }
    unpack_grow(lead->desk->unpack, total_of(rows, count));
}

static bool join(struct joined *joined, struct object *lead, const struct sw_part_name *name,
                 const struct part_row *rows, size_t count)
{
    joined->rows = calloc(count + 1, sizeof(joined->rows[0]));
    if (joined->rows == NULL) {
        say(lead, SW_GAP_LIMIT_MEMORY, "no memory for a set of parts");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        joined->rows[i] = (struct sw_join_part){
            .blob = rows[i].blob, .size = size_of(name, rows, i), .name = rows[i].name};
    if (!sw_join_init(&joined->join, joined->rows, count)) {
        say(lead, SW_GAP_LIMIT_SIZE, "its parts are larger together than any file");
        return false;
    }
    if (name->form != SW_PARTS_ZIP) {
        lead->whole = &joined->join.blob;
        return true;
    }
    if (!merge_zip(joined, lead, count))
        return false;
    lead->whole = &joined->merged.blob;
    return true;
}

void joined_open(struct joined *joined, struct object *lead, const struct sw_part_name *name,
                 const struct part_row *rows, size_t count)
{
    const uint64_t size_max = lead->desk->engine->config.limits.file_size_max;
    const uint64_t total = total_of(rows, count);
    size_t used = count;

    *joined = (struct joined){.budget = &lead->desk->engine->budget};
    if (is_set(name)) {
        open_set(joined, lead, name, rows, count);
        return;
    }
    lead->bid_count = 0;
    say_missing(lead, rows, count);
    name_next(joined, name, rows, count);
    if (name->form == SW_PARTS_RAR && count != 0)
        say_next(lead, &rows[count - 1], joined->next);
    if (total > size_max) {
        char text[128];
        snprintf(text, sizeof(text),
                 "its parts have %" PRIu64 " bytes together, more than the %" PRIu64
                 " of --max-file-size",
                 total, size_max);
        say(lead, SW_GAP_LIMIT_SIZE, text);
        return;
    }
    /* What follows a volume that is missing cannot be placed. */
    for (size_t i = 0; name->form == SW_PARTS_RAR && i < used; i++)
        used = rows[i].blob == NULL ? i : used;
    if (used == 0 || !join(joined, lead, name, rows, used))
        return;
    lead->part_count = (uint32_t)count;
    lead->next_part = joined->next[0] != '\0' ? joined->next : NULL;
    if (name->form == SW_PARTS_ZIP) { /* its first part may be missing */
        lead->bids[0] = (struct sw_bid){&sw_source_zip, BITS_OF_SET};
        lead->bid_count = 1;
    } else {
        lead->bid_count = auction(lead->whole, lead->bids);
    }
    unpack_grow(lead->desk->unpack, total);
}

void joined_close(struct joined *joined)
{
    if (joined->reserved != 0)
        sw_memory_budget_release(joined->budget, joined->reserved);
    sw_zip_merged_done(&joined->zip);
    free(joined->rows);
    free(joined->merged_rows);
    free(joined->set);
    *joined = (struct joined){0};
}

/* --- with a file ------------------------------------------------------------------------- */

struct parts {
    enum sw_set_role role;
    size_t count;
    struct part_row *rows; /* SW_PARTS_MAX of them */
    struct sw_blob *blobs;
    struct sw_batch_part *facts;
    int *fds; /* -1 where there is none; borrowed */
    struct joined joined;
    char (*names)[SW_PART_NAME_MAX + 1]; /* of parts that only the set speaks of */
};

struct parts *parts_new(const struct sw_batch_entry *entry, const int *fds)
{
    struct parts *parts = calloc(1, sizeof(*parts));
    const size_t count = entry->part_count;
    struct sw_cursor cursor = sw_cursor_of(entry->parts);

    if (parts == NULL)
        return NULL;
    parts->role = entry->role;
    parts->count = count;
    parts->rows = calloc(SW_PARTS_MAX, sizeof(parts->rows[0]));
    parts->blobs = calloc(count + 1, sizeof(parts->blobs[0]));
    parts->facts = calloc(count + 1, sizeof(parts->facts[0]));
    parts->fds = calloc(count + 1, sizeof(parts->fds[0]));
    if (parts->rows == NULL || parts->blobs == NULL || parts->facts == NULL || parts->fds == NULL) {
        parts_free(parts);
        return NULL;
    }
    for (size_t i = 0, next = 1; i < count; i++) {
        struct sw_batch_part *part = &parts->facts[i];
        if (sw_batch_part_decode(&cursor, part) != SW_OK)
            break; /* they were decoded before */
        parts->fds[i] = part->state == SW_PART_THERE ? fds[next++] : -1;
        parts->rows[i] = (struct part_row){.name = part->name, .state = part->state};
        if (parts->fds[i] < 0)
            continue;
        parts->blobs[i] = sw_blob_of_fd(parts->fds[i], part->size);
        parts->rows[i].blob = &parts->blobs[i];
    }
    return parts;
}

void parts_free(struct parts *parts)
{
    if (parts == NULL)
        return;
    joined_close(&parts->joined);
    free(parts->rows);
    free(parts->blobs);
    free(parts->facts);
    free(parts->fds);
    free(parts->names);
    free(parts);
}

static int64_t nanoseconds(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

bool parts_changed(const struct parts *parts)
{
    struct stat after;

    for (size_t i = 0; i < parts->count; i++) {
        const struct sw_batch_part *before = &parts->facts[i];
        if (parts->fds[i] >= 0 && syscall(SYS_fstat, parts->fds[i], &after) == 0 &&
            ((uint64_t)after.st_size != before->size ||
             nanoseconds(after.st_mtim) != before->mtime_ns ||
             nanoseconds(after.st_ctim) != before->ctime_ns))
            return true;
    }
    return false;
}

/* A zip says itself how many parts it has: names that are not there are added, and
 * those that are too many left out. SW_SKIP: more than can be joined. */
static enum sw_status count_zip(struct parts *parts, const struct sw_part_name *name, size_t *count)
{
    uint32_t wanted = 0;
    const struct part_row last = parts->rows[parts->count - 1];

    if (last.blob == NULL || !sw_zip_is_last(last.blob, &wanted))
        wanted = (uint32_t)parts->count;
    if (wanted > SW_PARTS_MAX)
        return SW_SKIP;
    if (parts->names == NULL)
        parts->names = calloc(SW_PARTS_MAX, sizeof(parts->names[0]));
    if (parts->names == NULL)
        return SW_SKIP;
    for (size_t i = parts->count - 1; i + 1 < wanted; i++) {
        if (!sw_part_name_write(name, (uint32_t)i + 1, parts->names[i]))
            return SW_SKIP;
        parts->rows[i] =
            (struct part_row){.name = sw_view_of(parts->names[i]), .state = SW_PART_ABSENT};
    }
    parts->rows[wanted - 1] = last;
    *count = wanted;
    return SW_OK;
}

static void lead(struct parts *parts, struct object *file, const struct sw_part_name *name)
{
    const size_t lead_at = sw_part_name_lead(name) == 0 ? parts->count - 1 : 0;
    size_t count = parts->count;

    for (size_t i = 0; i < parts->count; i++)
        if (parts->rows[i].state == SW_PART_ITEM)
            parts->rows[i].blob = file->blob;
    struct sw_blob *first = parts->rows[lead_at].blob;
    if (first == NULL || (name->form != SW_PARTS_DISK && name->form != SW_PARTS_VMDK &&
                          !joined_goes_on(name->form, first)))
        return;
    if (name->form == SW_PARTS_ZIP && count_zip(parts, name, &count) != SW_OK) {
        say(file, SW_GAP_LIMIT_MEMBERS, "it says that it has more parts than are opened together");
        file->bid_count = 0;
        return;
    }
    joined_close(&parts->joined);
    joined_open(&parts->joined, file, name, parts->rows, count);
}

static void follow(const struct parts *parts, struct object *file, const struct sw_part_name *name)
{
    struct sw_blob *first = parts->rows[0].blob;
    uint32_t count = 0;

    if (first == NULL || is_set(name) || !joined_goes_on(name->form, first))
        return;
    if (name->form == SW_PARTS_ZIP && sw_zip_is_last(first, &count) && name->number >= count)
        return;
    file->bid_count = 0;
}

/* Whether all that it may be is a disk, or a part of one. */
static bool is_disk(struct sw_blob *blob)
{
    struct sw_bid bids[SW_BIDS_MAX];
    const size_t count = auction(blob, bids);

    for (size_t i = 0; i < count; i++)
        if (!bids[i].source->disk)
            return false;
    return count != 0 && bids[0].bits >= SW_BID_GOOD;
}

bool parts_lie_on_disk(const struct parts *parts, struct object *file)
{
    const struct sw_view base = sw_path_base(sw_view_of(file->label.path));
    struct sw_part_name name;

    if (parts == NULL || parts->role != SW_SET_FOLLOWER || parts->rows[0].blob == NULL ||
        !file->desk->engine->config.archives || !sw_part_name_read(base, &name))
        return false;
    struct sw_blob *first = parts->rows[0].blob;
    switch (name.form) {
    case SW_PARTS_JOINED:
        return joined_goes_on(name.form, first) && is_disk(first);
    case SW_PARTS_EWF:
        return joined_goes_on(name.form, first) && sw_ewf_number(file->blob) == name.number;
    case SW_PARTS_VMDK:
        return sw_vmdk_names(first, base);
    default:
        return false;
    }
}

static void stray(const struct parts *parts, struct object *file, const struct sw_part_name *name)
{
    struct sw_buf text;

    if (name->form == SW_PARTS_RAR && !sw_rar_is_volume(file->blob))
        return;
    sw_buf_init(&text, (size_t)8 * SW_PART_NAME_MAX);
    const bool named =
        sw_text_escape(&text, parts->rows[0].name) == SW_OK &&
        sw_buf_append_text(&text, said_of(parts->rows[0].state)) == SW_OK &&
        sw_buf_append_text(&text, ", at which its set is opened, cannot be had") == SW_OK &&
        sw_buf_terminate(&text) == SW_OK;
    say(file, SW_GAP_MISSING_PART,
        named ? (const char *)text.data : "the part at which its set is opened cannot be had");
    sw_buf_done(&text);
}

/* The others may all be missing. */
static void lonely(struct object *file)
{
    struct sw_part_name name;
    static const char none[] = "the next part";

    if (file->bid_count == 0 ||
        !sw_part_name_read(sw_path_base(sw_view_of(file->label.path)), &name) || !name.strong ||
        !sw_part_name_leads(&name) || name.form == SW_PARTS_ZIP ||
        !joined_goes_on(name.form, file->blob))
        return;
    file->next_part = none;
    if (name.form == SW_PARTS_RAR && sw_rar_has_next(file->blob))
        say(file, SW_GAP_MISSING_PART, "the next volume of its set cannot be had");
}

void parts_apply(struct parts *parts, struct object *file)
{
    struct sw_part_name name;

    if (!file->desk->engine->config.archives || file->covered)
        return;
    if (parts == NULL) {
        lonely(file);
        return;
    }
    if (!sw_part_name_read(sw_path_base(sw_view_of(file->label.path)), &name))
        return;
    if (parts->role == SW_SET_LEAD)
        lead(parts, file, &name);
    else if (parts->role == SW_SET_FOLLOWER)
        follow(parts, file, &name);
    else
        stray(parts, file, &name);
}
