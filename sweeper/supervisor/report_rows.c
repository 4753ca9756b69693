/* SPDX-License-Identifier: Apache-2.0 */
/* A report, read back line by line. */
#include "supervisor/report_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweeper/buf.h"

#define DOCUMENT_HEAD "{\"schema\":\"1."
#define DOCUMENT_ROWS "\",\"records\":["
#define DOCUMENT_END  "]}"
enum { CHUNK = 64 * 1024 };

struct sw_report_rows {
    const char *file;
    int fd;
    uint8_t *chunk;
    struct sw_view rest; /* of the chunk: read, and no line yet */
    bool read_all;
    struct sw_buf line; /* with its line end */
    uint64_t number;    /* of that line */
    uint64_t size;      /* bytes before it */
    struct sw_digest *digest;
    json_t *record; /* of that line */
    bool document;  /* json, not jsonl */
    bool ended;     /* the document has */
    bool cut;
};

static enum sw_status fail(const struct sw_report_rows *rows, int errnum, const char *why,
                           struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "report", errnum, "%s%s%s", rows->file,
                   why[0] != '\0' ? ": " : "", why);
}

/* --- lines --- */

static enum sw_status read_chunk(struct sw_report_rows *rows, struct sw_error *error)
{
    ssize_t got;
    do
        got = read(rows->fd, rows->chunk, CHUNK);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail(rows, errno, "", error);
    rows->rest = (struct sw_view){rows->chunk, (size_t)got};
    rows->read_all = got == 0;
    return SW_OK;
}

/* What was the line goes into the digest; the next one takes its place. */
static enum sw_status next_line(struct sw_report_rows *rows, struct sw_error *error)
{
    if (sw_digest_update(rows->digest, rows->line.data, rows->line.size) != SW_OK)
        return fail(rows, 0, "no SHA-256", error);
    rows->size += rows->line.size;
    rows->number++;
    sw_buf_clear(&rows->line);
    for (;;) {
        const uint8_t *end =
            rows->rest.size == 0 ? NULL : memchr(rows->rest.data, '\n', rows->rest.size);
        size_t size = end == NULL ? rows->rest.size : (size_t)(end - rows->rest.data) + 1;
        if (sw_buf_append(&rows->line, rows->rest.data, size) != SW_OK)
            return fail(rows, 0, "a line that is longer than any record", error);
        rows->rest = (struct sw_view){rows->rest.data + size, rows->rest.size - size};
        if (end != NULL)
            return SW_OK;
        if (rows->read_all)
            return rows->line.size == 0 ? SW_END : SW_OK;
        if (read_chunk(rows, error) != SW_OK)
            return SW_STOP;
    }
}

/* The line without what ends it. */
static struct sw_view line_text(const struct sw_report_rows *rows)
{
    struct sw_view text = {rows->line.data, rows->line.size};
    if (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    return text;
}

static bool starts_with(struct sw_view text, const char *what)
{
    return text.size >= strlen(what) && memcmp(text.data, what, strlen(what)) == 0;
}

static bool is_document_head(struct sw_view text)
{
    const size_t head = strlen(DOCUMENT_HEAD);
    size_t digits = 0;
    if (!starts_with(text, DOCUMENT_HEAD))
        return false;
    while (head + digits < text.size && text.data[head + digits] >= '0' &&
           text.data[head + digits] <= '9')
        digits++;
    struct sw_view rest = {text.data + head + digits, text.size - head - digits};
    return digits > 0 && rest.size == strlen(DOCUMENT_ROWS) && starts_with(rest, DOCUMENT_ROWS);
}

/* --- records --- */

static bool is_known(const char *type)
{
    static const char *const types[] = {"sweep_start", "root",         "finding",   "gap",
                                        "incident",    "engine_death", "sweep_end", "disk_image"};
    for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static void judge(struct sw_report_rows *rows, struct sw_view text, struct sw_report_row *row)
{
    *row = (struct sw_report_row){.line = rows->number, .text = text};
    if (rows->ended) {
        row->why = "is behind the end of the document";
        return;
    }
    if (rows->document && text.size > 0 && text.data[text.size - 1] == ',')
        text.size--;
    json_decref(rows->record);
    rows->record = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    const char *type = json_string_value(json_object_get(rows->record, "type"));
    if (!json_is_object(rows->record)) {
        row->why = "is not a JSON object";
    } else if (!is_known(type)) {
        row->why = "is no record: its type is not known";
    } else {
        row->record = rows->record;
        row->type = type;
    }
}

enum sw_status sw_report_next(struct sw_report_rows *rows, struct sw_report_row *row,
                              struct sw_error *error)
{
    for (;;) {
        enum sw_status status = next_line(rows, error);
        if (status == SW_END)
            rows->cut = rows->cut || (rows->document && !rows->ended);
        if (status != SW_OK)
            return status;
        struct sw_view text = line_text(rows);
        rows->cut = text.size == rows->line.size;
        if (rows->number == 1 && is_document_head(text)) {
            rows->document = true;
            continue;
        }
        if (rows->document && !rows->ended && text.size == strlen(DOCUMENT_END) &&
            starts_with(text, DOCUMENT_END)) {
            rows->ended = true;
            continue;
        }
        judge(rows, text, row);
        if (rows->number == 1 && row->record == NULL)
            return sw_fail(error, SW_DEAD, "report", 0,
                           "%s: is no report of the formats jsonl and json, as sweeper writes them",
                           rows->file);
        return SW_OK;
    }
}

enum sw_status sw_report_digest(const struct sw_report_rows *rows, size_t more, uint64_t *size,
                                char hex[SW_SHA256_HEX_SIZE])
{
    *size = rows->size + more;
    return sw_digest_peek(rows->digest, rows->line.data, more, hex);
}

bool sw_report_is_cut(const struct sw_report_rows *rows)
{
    return rows->cut;
}

/* --- begin and end --- */

enum sw_status sw_report_open(const char *file, struct sw_report_rows **opened,
                              struct sw_error *error)
{
    struct sw_report_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return sw_fail(error, SW_STOP, "report", ENOMEM, "%s", file);
    rows->file = file;
    sw_buf_init(&rows->line, SW_REPORT_LINE_MAX);
    rows->fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    rows->chunk = malloc(CHUNK);
    enum sw_status status = SW_OK;
    if (rows->fd < 0)
        status = fail(rows, errno, "", error);
    else if (rows->chunk == NULL || sw_digest_new(&rows->digest) != SW_OK ||
             sw_digest_start(rows->digest) != SW_OK)
        status = fail(rows, ENOMEM, "", error);
    if (status == SW_OK)
        *opened = rows;
    else
        sw_report_close(rows);
    return status;
}

void sw_report_close(struct sw_report_rows *rows)
{
    if (rows == NULL)
        return;
    if (rows->fd > STDERR_FILENO)
        (void)close(rows->fd);
    json_decref(rows->record);
    sw_digest_free(rows->digest);
    sw_buf_done(&rows->line);
    free(rows->chunk);
    free(rows);
}
