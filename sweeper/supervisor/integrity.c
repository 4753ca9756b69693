/* SPDX-License-Identifier: Apache-2.0 */
/*
 * integrity.c - installed Python distributions of the swept trees: the walk says which
 * files are there, the engine their digests and the rows of RECORDs, in whatever order;
 * at the end the two are compared, for all roots at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "conductor.h"
#include "supervisor/record_parts.h"
#include "sweeper/dist_check.h"
#include "sweeper/rows.h"
#include "sweeper/text.h"

enum { SUBJECTS_MAX = 100000 };

/* A file that may have findings: a RECORD, a .pth. */
struct subject {
    struct sw_item item; /* path and facts; no descriptor */
    char *type;
    char *mime;
    char hex[2 * SW_SHA256_SIZE + 1]; /* "": its acknowledgement has not come */
};

struct integrity_sweep {
    struct sw_dist_check *check;
    struct subject *subjects;
    size_t count, capacity;
    bool full; /* more of them than are kept */
    struct conductor *conductor;
};

static bool is_site(const struct sw_item *item)
{
    return sw_dist_below_site(sw_item_path(item)).size != 0;
}

/* Made when it is first needed. NULL: no memory, which ends the sweep. */
static struct integrity_sweep *get(struct conductor *conductor)
{
    struct integrity_sweep *sweep = conductor->integrity;
    const uint64_t share = conductor->options->limits.memory_max / SW_INTEGRITY_SHARE;
    struct sw_error error;

    if (sweep != NULL)
        return sweep;
    sweep = calloc(1, sizeof(*sweep));
    if (sweep == NULL ||
        sw_dist_check_new(SW_DIST_INSTALLED, (size_t)share, &sweep->check, &error) != SW_OK) {
        free(sweep);
        settle_failure(conductor, "no memory to compare files with RECORD");
        return NULL;
    }
    sweep->conductor = conductor;
    conductor->integrity = sweep;
    return sweep;
}

static void add_file(struct conductor *conductor, const struct sw_item *item,
                     const struct sw_dist_file *what)
{
    struct integrity_sweep *sweep = get(conductor);
    struct sw_dist_file file = *what;

    if (sweep == NULL)
        return;
    file.path = sw_item_path(item);
    sw_dist_check_file(sweep->check, &file);
}

/* Without --integrity the engine alone knows which distributions are compared: of what
 * it does not get to see it cannot say so. */
void integrity_item(struct conductor *conductor, const struct sw_item *item)
{
    if ((conductor->options->integrity || item->kind == SW_ITEM_GAP) && is_site(item))
        add_file(conductor, item, &(struct sw_dist_file){.sha256 = NULL});
}

void integrity_unread(struct conductor *conductor, const struct sw_item *item)
{
    if (is_site(item))
        add_file(conductor, item, &(struct sw_dist_file){.sha256 = NULL});
}

/* --- what the engine says --------------------------------------------------------- */

static unsigned hex_digit(uint8_t byte)
{
    return byte <= '9' ? byte - (unsigned)'0' : byte - (unsigned)'a' + 10;
}

bool integrity_ack(struct conductor *conductor, const struct flight_entry *entry,
                   const struct sw_ack *ack)
{
    uint8_t sha256[SW_SHA256_SIZE];
    struct sw_dist_file file = {.size = entry->item.facts.size, .runs = ack->runs};

    if (ack->sha256.size == 0) {
        if (!ack->judged)
            integrity_unread(conductor, &entry->item);
        return !ack->runs;
    }
    if (!is_site(&entry->item))
        return false;
    for (size_t i = 0; i < SW_SHA256_SIZE; i++)
        sha256[i] = (uint8_t)(hex_digit(ack->sha256.data[2 * i]) << 4 |
                              hex_digit(ack->sha256.data[2 * i + 1]));
    file.sha256 = sha256;
    add_file(conductor, &entry->item, &file);
    if (entry->subject != 0 && conductor->integrity != NULL) {
        struct subject *subject = &conductor->integrity->subjects[entry->subject - 1];
        memcpy(subject->hex, ack->sha256.data, ack->sha256.size);
        subject->hex[ack->sha256.size] = '\0';
    }
    return true;
}

static void subject_done(struct subject *subject)
{
    free(subject->item.path);
    free(subject->type);
    free(subject->mime);
}

static bool keep_subject(struct integrity_sweep *sweep, struct flight_entry *entry,
                         const struct sw_dist_message *head)
{
    if (entry->subject != 0)
        return true;
    if (sweep->count == SUBJECTS_MAX) {
        sweep->full = true;
        return true;
    }
    struct subject made = {.item = {.kind = SW_ITEM_OBJECT,
                                    .fd = -1,
                                    .root_index = entry->item.root_index,
                                    .facts = entry->item.facts,
                                    .path = strdup(entry->item.path),
                                    .path_size = entry->item.path_size},
                           .type = strndup((const char *)head->type.data, head->type.size),
                           .mime = strndup((const char *)head->mime.data, head->mime.size)};
    if (made.item.path == NULL || made.type == NULL || made.mime == NULL ||
        !sw_rows_grow(&sweep->subjects, &sweep->capacity, sweep->count + 1,
                      sizeof(*sweep->subjects))) {
        subject_done(&made);
        return false;
    }
    sweep->subjects[sweep->count++] = made;
    entry->subject = sweep->count;
    return true;
}

static const char *take_rows(struct integrity_sweep *sweep, struct sw_cursor *cursor,
                             const struct sw_item *item, const struct sw_dist_message *head)
{
    for (uint32_t i = 0; i < head->row_count; i++) {
        struct sw_dist_row row;
        if (sw_dist_row_decode(cursor, &row) != SW_OK)
            return "a malformed row of RECORD";
        sw_dist_check_row(sweep->check, sw_item_path(item), &row);
    }
    return sw_cursor_at_end(cursor) ? NULL : "bytes after rows of RECORD";
}

const char *integrity_message(struct conductor *conductor, struct sw_view body)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    struct sw_dist_message head;
    bool top = false;

    if (sw_dist_message_decode(&cursor, &head) != SW_OK || !sw_text_is_printable(head.type) ||
        !sw_text_is_printable(head.mime))
        return "a malformed message about a RECORD";
    struct flight_entry *entry = flight_find(&conductor->flight, head.item);
    if (entry == NULL || entry->state != FLIGHT_SENT)
        return "a RECORD that is not under way";
    const struct sw_view path = sw_item_path(&entry->item);
    const bool record = sw_dist_is_record(path, &top);
    if (!is_site(&entry->item) || !(record || (sw_view_ends(path, SW_VIEW(".pth")) &&
                                               head.row_count == 0 && !head.cut && head.bad == 0)))
        return "rows of a file that is no RECORD";
    struct integrity_sweep *sweep = get(conductor);
    if (sweep == NULL)
        return NULL;
    if (!keep_subject(sweep, entry, &head))
        settle_failure(conductor, "no memory to compare files with RECORD");
    const char *why = take_rows(sweep, &cursor, &entry->item, &head);
    if (why == NULL && record)
        sw_dist_check_record(sweep->check, path, head.bad, head.cut);
    return why;
}

/* --- the end ------------------------------------------------------------------------ */

static int by_path(const void *a, const void *b)
{
    const struct subject *left = a, *right = b;

    return strcmp(left->item.path, right->item.path);
}

/* `path` has no slash in front. */
static const struct subject *find(const struct integrity_sweep *sweep, struct sw_view path)
{
    size_t low = 0, high = sweep->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const char *other = sweep->subjects[middle].item.path + 1;
        int order = strncmp(other, (const char *)path.data, path.size);
        if (order == 0)
            order = other[path.size] != '\0';
        if (order == 0)
            return &sweep->subjects[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* As the engine would have sent it. */
static json_t *engine_form(const struct subject *subject, const struct sw_dist_finding *finding)
{
    static const char reason[] = "what a distribution says of itself is judged wherever it lies";
    char name[64];
    struct sw_buf member;
    json_t *json = NULL;

    snprintf(name, sizeof(name), "installed_%s", finding->name);
    sw_buf_init(&member, SIZE_MAX / 2);
    if (sw_buf_append_text(&member, "/") == SW_OK &&
        sw_text_escape(&member, finding->first) == SW_OK)
        json = json_pack(
            "{s:s, s:s, s:s, s:s, s:s, s:n, s:{s:s, s:s, s:[s], s:{s:s, s:s, s:s, s:s%}}, s:i, "
            "s:[], s:{s:s, s:I, s:s, s:s}, s:[]}",
            "type", "finding", "kind", "integrity", "severity", sw_severity_name(finding->severity),
            "rule_severity", sw_severity_name(finding->severity), "severity_reason", reason,
            "family", "rule", "name", name, "namespace", "integrity", "tags", "integrity", "meta",
            "title", finding->title, "severity", sw_severity_name(finding->severity), "detail",
            finding->detail, "member", (const char *)member.data, member.size, "match_count", 0,
            "matches", "object", "sha256", subject->hex, "size",
            (json_int_t)subject->item.facts.size, "type", subject->type, "mime", subject->mime,
            "chain");
    sw_buf_done(&member);
    return json;
}

static enum sw_status on_finding(void *context, const struct sw_dist_finding *finding)
{
    struct integrity_sweep *sweep = context;
    const struct subject *subject = find(sweep, finding->record);
    struct sw_error error = {0};
    json_t *record = NULL;

    if (subject == NULL || subject->hex[0] == '\0')
        return SW_OK; /* it was not read to its end, and that is a gap */
    json_t *form = engine_form(subject, finding);
    char *text = form != NULL ? json_dumps(form, JSON_COMPACT) : NULL;
    json_decref(form);
    enum sw_status status =
        text == NULL ? SW_STOP
                     : sw_record_complete(text, strlen(text), &subject->item, &record, &error);
    free(text);
    if (status != SW_OK) {
        settle_failure(sweep->conductor, "no memory for a record");
        return SW_STOP;
    }
    settle_late_record(sweep->conductor, &subject->item, record);
    return SW_OK;
}

/* Told at the first RECORD by path. */
static void say_full(struct integrity_sweep *sweep)
{
    if (sweep->count != 0)
        settle_late_record(sweep->conductor, &sweep->subjects[0].item,
                           sw_record_gap(&sweep->subjects[0].item, SW_GAP_LIMIT_MEMORY,
                                         "too many files: not all of them were compared with "
                                         "RECORD"));
}

void integrity_end(struct conductor *conductor)
{
    struct integrity_sweep *sweep = conductor->integrity;
    const struct sw_totals *totals = &conductor->totals;
    const bool whole = !totals->interrupted && !totals->failed && !conductor->stopping;

    if (sweep == NULL)
        return;
    if (sweep->count != 0)
        qsort(sweep->subjects, sweep->count, sizeof(*sweep->subjects), by_path);
    (void)!sw_dist_check_end(sweep->check, whole, on_finding, sweep);
    if (sweep->full || sw_dist_check_is_full(sweep->check))
        say_full(sweep);
}

void integrity_done(struct conductor *conductor)
{
    struct integrity_sweep *sweep = conductor->integrity;

    if (sweep == NULL)
        return;
    for (size_t i = 0; i < sweep->count; i++)
        subject_done(&sweep->subjects[i]);
    free(sweep->subjects);
    sw_dist_check_free(sweep->check);
    free(sweep);
}
