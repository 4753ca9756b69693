/* SPDX-License-Identifier: Apache-2.0 */
/* suppress.c - reads and checks the files of --suppress. */
#include "sweeper/suppress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/json_lines.h"
#include "supervisor/rulepack_read.h"
#include "supervisor/suppress_private.h"
#include "sweeper/package.h"
#include "sweeper/rows.h"
#include "sweeper/text.h"

enum { SHOWN_MAX = 20 }; /* expired entries that are told one by one */

/* One file while it is read. */
struct reading {
    const char *file;
    const char *text;
    size_t size;
    size_t index; /* of the entry; for pointers */
    struct sw_error *error;
};

/* Appends a name to a pointer as RFC 6901 has it, or as much of it as there is room for. */
static void append_name(char *pointer, size_t size, const char *name)
{
    size_t used = strlen(pointer);

    for (; *name != '\0' && used + 3 < size; name++) {
        bool escaped = *name == '~' || *name == '/';
        pointer[used++] = escaped ? '~' : *name;
        if (escaped)
            pointer[used++] = *name == '~' ? '0' : '1';
    }
    pointer[used] = '\0';
}

/* A failure at a member of the entry, or at the entry itself (""). */
static enum sw_status wrong(const struct reading *reading, const char *member, const char *what)
{
    bool named = member[0] != '\0';
    char pointer[600];
    size_t line;

    (void)snprintf(pointer, sizeof(pointer), "/suppressions/%zu%s", reading->index,
                   named ? "/" : "");
    append_name(pointer, sizeof(pointer), member);
    line = sw_json_line_of(reading->text, reading->size, pointer);
    return sw_fail(reading->error, SW_STOP, "suppress", 0, "%s:%zu: %s%s%.100s%s", reading->file,
                   line, what, named ? " (\"" : "", member, named ? "\")" : "");
}

/* --- the values ------------------------------------------------------------------ */

static const char *check_text(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0' ? "must not be empty" : NULL;
}

static const char *check_sha256(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF") == 64 && text[64] == '\0'
               ? NULL
               : "must be 64 hexadecimal digits";
}

static const char *check_path(const char *text)
{
    if (check_text(text) != NULL)
        return check_text(text);
    return text[strspn(text, "/")] == '\0' ? "must name more than the root" : NULL;
}

static bool parse_day(const char *text, struct tm *day)
{
    struct tm parsed = {0};
    const char *end = NULL;
    int month_day;

    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 || text[4] != '-' || text[7] != '-')
        return false;
    end = strptime(text, "%Y-%m-%d", &parsed);
    if (end == NULL || *end != '\0')
        return false;
    month_day = parsed.tm_mday;
    *day = parsed;
    /* The 31st of a shorter month becomes the 1st of the next one. */
    return timegm(&parsed) != (time_t)-1 && parsed.tm_mday == month_day;
}

static const char *check_day(const char *text)
{
    struct tm day;

    return parse_day(text, &day) ? NULL : "must be a day, as YYYY-MM-DD";
}

static const char *check_package(const char *text)
{
    const char *at = text[0] != '\0' ? strchr(text + 1, '@') : NULL;

    if (check_text(text) != NULL)
        return check_text(text);
    return at != NULL && (at[1] == '\0' || at == text) ? "must be a name, or name@version" : NULL;
}

static const char *check_ecosystem(const char *text)
{
    enum sw_ecosystem ecosystem;

    return sw_ecosystem_find(text, &ecosystem)
               ? NULL
               : "must be pypi, npm, github-actions, openvsx, container or binary";
}

struct member {
    const char *name;
    bool required;
    bool condition;
    const char *(*check)(const char *text); /* what is wrong with it; NULL: nothing */
};

static const struct member members[] = {
    {"id", true, false, check_text},
    {"reason", true, false, check_text},
    {"until", true, false, check_day},
    {"by", false, false, check_text},
    {"rule", false, true, check_text},
    {"path", false, true, check_path},
    {"sha256", false, true, check_sha256},
    {"package", false, true, check_package},
    {"ecosystem", false, false, check_ecosystem},
};

enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static const struct member *find_member(const char *name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

/* --- one entry -------------------------------------------------------------------- */

static enum sw_status check_members(const struct reading *reading, json_t *entry)
{
    const char *name;
    json_t *value;

    json_object_foreach(entry, name, value)
    {
        const struct member *member = find_member(name);
        const char *trouble = NULL;
        if (member == NULL)
            return wrong(reading, name, "unknown field");
        if (!json_is_string(value))
            return wrong(reading, name, "must be a text");
        trouble = member->check(json_string_value(value));
        if (trouble != NULL)
            return wrong(reading, name, trouble);
    }
    return SW_OK;
}

static enum sw_status check_whole(const struct reading *reading, const json_t *entry)
{
    size_t conditions = 0;

    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        bool there = json_object_get(entry, members[i].name) != NULL;
        if (!there && members[i].required)
            return wrong(reading, "",
                         i == 0   ? "the field \"id\" is missing"
                         : i == 1 ? "the field \"reason\" is missing"
                                  : "the field \"until\" is missing");
        conditions += there && members[i].condition;
    }
    if (conditions == 0)
        return wrong(reading, "",
                     "needs at least one condition: \"rule\", \"path\", \"sha256\" or \"package\"");
    if (json_object_get(entry, "ecosystem") != NULL && json_object_get(entry, "package") == NULL)
        return wrong(reading, "ecosystem", "needs \"package\" beside it");
    const char *glob = json_string_value(json_object_get(entry, "path"));
    if (conditions == 1 && glob != NULL && sw_suppression_is_everything(glob))
        return wrong(reading, "path", "would suppress every finding");
    return SW_OK;
}

static enum sw_status take_id(struct sw_suppressions *list, const struct reading *reading,
                              const struct sw_suppression *row)
{
    const char *before = json_string_value(json_object_get(list->ids, row->id));
    char what[400], place[300];

    if (before != NULL) {
        (void)snprintf(what, sizeof(what), "the id is taken by the entry at %.300s", before);
        return wrong(reading, "id", what);
    }
    (void)snprintf(place, sizeof(place), "%.250s:%zu", row->file, row->line);
    /* Names of files may be any bytes. */
    struct sw_view bytes = {(const uint8_t *)place, strlen(place)};
    if (json_object_set_new(list->ids, row->id,
                            json_string(sw_text_is_utf8(bytes) ? place : "another file")) != 0)
        return sw_fail(reading->error, SW_STOP, "suppress", ENOMEM, "suppressions");
    return SW_OK;
}

static bool is_past(const char *until, int64_t now_ns)
{
    struct tm day = {0};

    return !parse_day(until, &day) || now_ns / 1000000000 >= (int64_t)timegm(&day) + 86400;
}

static enum sw_status add_entry(struct sw_suppressions *list, const struct reading *reading,
                                const json_t *entry, int64_t now_ns)
{
    const char *glob = json_string_value(json_object_get(entry, "path"));
    char pointer[64];

    (void)snprintf(pointer, sizeof(pointer), "/suppressions/%zu", reading->index);
    struct sw_suppression row = {
        .id = json_string_value(json_object_get(entry, "id")),
        .reason = json_string_value(json_object_get(entry, "reason")),
        .until = json_string_value(json_object_get(entry, "until")),
        .rule = json_string_value(json_object_get(entry, "rule")),
        .sha256 = json_string_value(json_object_get(entry, "sha256")),
        .package = json_string_value(json_object_get(entry, "package")),
        .ecosystem = json_string_value(json_object_get(entry, "ecosystem")),
        .file = reading->file,
        .line = sw_json_line_of(reading->text, reading->size, pointer),
    };
    row.expired = is_past(row.until, now_ns);
    enum sw_status status = take_id(list, reading, &row);
    if (status != SW_OK)
        return status;
    if (!sw_rows_grow(&list->rows, &list->capacity, list->count + 1, sizeof(*list->rows)))
        return sw_fail(reading->error, SW_STOP, "suppress", ENOMEM, "suppressions");
    if (glob != NULL)
        status = sw_excludes_init(&row.path, &glob, 1, reading->error);
    if (status != SW_OK)
        return status;
    list->expired += row.expired;
    list->rows[list->count++] = row; /* ownership moves */
    return SW_OK;
}

/* --- one file ----------------------------------------------------------------------- */

static enum sw_status wrong_at(const struct reading *reading, const char *pointer, const char *what)
{
    return sw_fail(reading->error, SW_STOP, "suppress", 0, "%s:%zu: %s", reading->file,
                   sw_json_line_of(reading->text, reading->size, pointer), what);
}

static enum sw_status check_frame(const struct reading *reading, json_t *document)
{
    const char *schema = json_string_value(json_object_get(document, "schema"));
    const char *name;
    json_t *value;

    if (!json_is_object(document))
        return wrong_at(reading, "", "not a file of suppressions: must be an object");
    json_object_foreach(document, name, value)
    {
        if (strcmp(name, "schema") != 0 && strcmp(name, "suppressions") != 0) {
            char pointer[300] = "/";
            append_name(pointer, sizeof(pointer), name);
            return wrong_at(reading, pointer, "unknown field beside \"suppressions\"");
        }
    }
    if (schema == NULL || strcmp(schema, "1.0") != 0)
        return wrong_at(reading, "/schema", "the field \"schema\" must be \"1.0\"");
    if (!json_is_array(json_object_get(document, "suppressions")))
        return wrong_at(reading, "/suppressions", "the field \"suppressions\" must be a list");
    return SW_OK;
}

static enum sw_status add_document(struct sw_suppressions *list, struct reading *reading,
                                   json_t *document, int64_t now_ns)
{
    enum sw_status status = check_frame(reading, document);
    const json_t *rows = json_object_get(document, "suppressions");

    for (reading->index = 0; status == SW_OK && reading->index < json_array_size(rows);
         reading->index++) {
        json_t *entry = json_array_get(rows, reading->index);
        if (!json_is_object(entry))
            return wrong(reading, "", "an entry must be an object");
        status = check_members(reading, entry);
        if (status == SW_OK)
            status = check_whole(reading, entry);
        if (status == SW_OK)
            status = add_entry(list, reading, entry, now_ns);
    }
    return status;
}

static enum sw_status parse(struct sw_suppressions *list, const struct reading *reading,
                            json_t **document)
{
    json_error_t trouble;

    *document = json_loadb(reading->text, reading->size, JSON_REJECT_DUPLICATES, &trouble);
    if (*document == NULL)
        return sw_fail(reading->error, SW_STOP, "suppress", 0, "%s:%d: %s", reading->file,
                       trouble.line > 0 ? trouble.line : 1, trouble.text);
    if (json_array_append_new(list->documents, *document) != 0) /* the list's from here on */
        return sw_fail(reading->error, SW_STOP, "suppress", ENOMEM, "suppressions");
    return SW_OK;
}

static enum sw_status add_file(struct sw_suppressions *list, const char *file, int64_t now_ns,
                               struct sw_error *error)
{
    struct reading reading = {.file = file, .error = error};
    char *text = NULL;
    json_t *document = NULL;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return sw_fail(error, SW_STOP, "suppress", errno, "%s", file);
    enum sw_status status = sw_rules_read_text(fd, file, &text, &reading.size, error);
    close(fd);
    if (status != SW_OK)
        return status;
    reading.text = text;
    status = parse(list, &reading, &document);
    if (status == SW_OK)
        status = add_document(list, &reading, document, now_ns);
    free(text);
    return status;
}

enum sw_status sw_suppressions_load(const struct sw_texts *files, int64_t now_ns,
                                    struct sw_suppressions **list, struct sw_error *error)
{
    struct sw_suppressions *made = calloc(1, sizeof(*made));
    enum sw_status status = SW_OK;

    if (made == NULL)
        return sw_fail(error, SW_STOP, "suppress", ENOMEM, "suppressions");
    made->files = files;
    made->documents = json_array();
    made->ids = json_object();
    if (made->documents == NULL || made->ids == NULL)
        status = sw_fail(error, SW_STOP, "suppress", ENOMEM, "suppressions");
    for (size_t i = 0; status == SW_OK && i < files->count; i++)
        status = add_file(made, files->rows[i], now_ns, error);
    if (status != SW_OK)
        sw_suppressions_free(made);
    else
        *list = made; /* the caller's from here on */
    return status;
}

void sw_suppressions_free(struct sw_suppressions *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        sw_excludes_done(&list->rows[i].path);
    free(list->rows);
    json_decref(list->documents);
    json_decref(list->ids);
    free(list);
}

/* --- what a person should know -------------------------------------------------------- */

size_t sw_suppressions_expired(const struct sw_suppressions *list)
{
    return list->expired;
}

/* As terminals may see it: ids and names of files may hold anything. */
static void print_safe(FILE *out, const char *text)
{
    struct sw_buf shown;

    sw_buf_init(&shown, strlen(text) * 4 + 16);
    if (sw_text_escape(&shown, (struct sw_view){(const uint8_t *)text, strlen(text)}) == SW_OK &&
        sw_buf_terminate(&shown) == SW_OK)
        (void)fputs((const char *)shown.data, out);
    sw_buf_done(&shown);
}

static void print_expired(const struct sw_suppression *row, FILE *out)
{
    (void)fputs("sweeper: ", out);
    print_safe(out, row->file);
    (void)fprintf(out, ":%zu: the suppression \"", row->line);
    print_safe(out, row->id);
    (void)fprintf(out, "\" expired after %s and does not apply\n", row->until);
}

static bool lies_below(const char *file, const char *target)
{
    char *inner = realpath(file, NULL), *outer = realpath(target, NULL);
    size_t size = outer != NULL ? strlen(outer) : 0;
    /* Everything lies below the root: that says nothing about who may write to it. */
    bool below = inner != NULL && size > 1 && strncmp(inner, outer, size) == 0 &&
                 (inner[size] == '/' || inner[size] == '\0');

    free(inner);
    free(outer);
    return below;
}

void sw_suppressions_print(const struct sw_suppressions *list, const struct sw_texts *targets,
                           FILE *out)
{
    size_t told = 0;

    for (size_t i = 0; i < list->count && told < SHOWN_MAX; i++)
        if (list->rows[i].expired) {
            print_expired(&list->rows[i], out);
            told++;
        }
    if (list->expired > told)
        (void)fprintf(out, "sweeper: %zu more suppressions have expired\n", list->expired - told);
    for (size_t i = 0; i < list->files->count; i++)
        for (size_t j = 0; j < targets->count; j++)
            if (lies_below(list->files->rows[i], targets->rows[j])) {
                (void)fputs("sweeper: ", out);
                print_safe(out, list->files->rows[i]);
                (void)fputs(": lies in what is swept; whoever may write there decides what is "
                            "suppressed\n",
                            out);
                break;
            }
}
