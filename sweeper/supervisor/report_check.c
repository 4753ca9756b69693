/* SPDX-License-Identifier: Apache-2.0 */
/* Is a report whole, and as it was written? */
#include "supervisor/report_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/seal.h"
#include "sweeper/buf.h"
#include "sweeper/text.h"

enum { PROBLEMS_SHOWN = 20 };

static void print_file(const struct sw_report_check *check)
{
    struct sw_buf text;
    const struct sw_view name = {(const uint8_t *)check->file, strlen(check->file)};
    sw_buf_init(&text, 4 * name.size + 16);
    if (sw_text_escape(&text, name) == SW_OK)
        (void)fwrite(text.data, 1, text.size, check->out);
    sw_buf_done(&text);
}

/* `line` 0: the report as a whole. */
static void say(struct sw_report_check *check, uint64_t line, const char *format, ...)
    SW_PRINTF(3, 4);
static void say(struct sw_report_check *check, uint64_t line, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (check->problems++ >= PROBLEMS_SHOWN)
        return;
    print_file(check);
    if (line != 0)
        (void)fprintf(check->out, ":%" PRIu64, line);
    (void)fprintf(check->out, ": %s\n", text);
}

/* --- one record --- */

/* What the readers of a report rely on; docs/schema/ has all of it. */
static const struct {
    const char *type;
    const char *member;
    json_type kind;
} needed[] = {
    {"sweep_start", "schema", JSON_STRING},
    {"sweep_start", "options", JSON_ARRAY},
    {"sweep_start", "targets", JSON_ARRAY},
    {"sweep_start", "ruleset", JSON_OBJECT},
    {"root", "path", JSON_STRING},
    {"root", "target", JSON_STRING},
    {"finding", "id", JSON_STRING},
    {"finding", "severity", JSON_STRING},
    {"finding", "rule", JSON_OBJECT},
    {"finding", "object", JSON_OBJECT},
    {"finding", "locator", JSON_STRING},
    {"finding", "chain", JSON_ARRAY},
    {"gap", "reason", JSON_STRING},
    {"gap", "object", JSON_OBJECT},
    {"gap", "locator", JSON_STRING},
    {"gap", "chain", JSON_ARRAY},
    {"incident", "root", JSON_STRING},
    {"incident", "verdict", JSON_STRING},
    {"engine_death", "cause", JSON_STRING},
    {"sweep_end", "verdict", JSON_STRING},
    {"sweep_end", "exit_code", JSON_INTEGER},
    {"sweep_end", "findings", JSON_OBJECT},
    {"sweep_end", "gaps", JSON_OBJECT},
    {"sweep_end", "incidents", JSON_OBJECT},
};

static void check_members(struct sw_report_check *check, const struct sw_report_row *row)
{
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        const json_t *value = json_object_get(row->record, needed[i].member);
        if (strcmp(needed[i].type, row->type) == 0 &&
            (value == NULL || json_typeof(value) != needed[i].kind))
            say(check, row->line, "a %s without a proper \"%s\"", row->type, needed[i].member);
    }
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static void check_start(struct sw_report_check *check, const struct sw_report_row *row)
{
    const char *schema = text_of(row->record, "schema");
    if (check->starts++ > 0)
        say(check, row->line, "another sweep_start");
    else if (check->records != 1)
        say(check, row->line, "sweep_start is not the first record");
    if (strncmp(schema, "1.", 2) != 0)
        say(check, row->line, "a version of the schema that is not known here");
}

static void count_finding(struct sw_report_check *check, const struct sw_report_row *row)
{
    enum sw_severity severity;
    if (!sw_severity_find(text_of(row->record, "severity"), &severity))
        say(check, row->line, "a severity that is not known");
    else if (json_object_get(row->record, "suppressed") == NULL)
        check->findings[severity]++;
}

static void count_gap(struct sw_report_check *check, const struct sw_report_row *row)
{
    enum sw_gap gap = sw_gap_find(text_of(row->record, "reason"));
    if (gap == SW_GAP_NONE)
        say(check, row->line, "a reason that is not known");
    else
        check->gaps[gap]++;
}

static void count_incident(struct sw_report_check *check, const struct sw_report_row *row)
{
    enum sw_verdict verdict = sw_verdict_find(text_of(row->record, "verdict"));
    if (verdict == SW_VERDICT_COUNT)
        say(check, row->line, "a verdict that is not known");
    else
        check->incidents[verdict]++;
}

/* --- the end --- */

static void compare(struct sw_report_check *check, const struct sw_report_row *row,
                    const char *group, const char *name, uint64_t there)
{
    const json_t *counts = json_object_get(row->record, group);
    json_int_t said = json_integer_value(json_object_get(counts, name));
    if (said < 0 || (uint64_t)said != there)
        say(check, row->line, "counts %" JSON_INTEGER_FORMAT " in %s.%s, and %" PRIu64 " are there",
            said, group, name, there);
}

static void check_counts(struct sw_report_check *check, const struct sw_report_row *row)
{
    json_int_t deaths = json_integer_value(json_object_get(row->record, "engine_deaths"));
    for (unsigned i = 0; i <= SW_SEVERITY_CRITICAL; i++)
        compare(check, row, "findings", sw_severity_name((enum sw_severity)i), check->findings[i]);
    for (unsigned i = SW_GAP_NONE + 1; i < SW_GAP_COUNT; i++)
        compare(check, row, "gaps", sw_gap_name((enum sw_gap)i), check->gaps[i]);
    for (unsigned i = 0; i < SW_VERDICT_COUNT; i++)
        compare(check, row, "incidents", sw_verdict_name((enum sw_verdict)i), check->incidents[i]);
    if (deaths < 0 || (uint64_t)deaths != check->deaths)
        say(check, row->line,
            "counts %" JSON_INTEGER_FORMAT " engine_deaths, and %" PRIu64 " are there", deaths,
            check->deaths);
}

/* Where the member begins that has the hash: with the comma before it. 0: there is none. */
static size_t seal_start(struct sw_view text)
{
    static const char member[] = ",\"report\":{";
    for (size_t at = text.size; at > 0; at--)
        if (text.size - at >= sizeof member - 1 &&
            memcmp(text.data + at, member, sizeof member - 1) == 0)
            return at;
    return 0;
}

/* Every byte of the line is covered: by the hash, or because it is its own. */
static void check_seal(struct sw_report_check *check, const struct sw_report_rows *rows,
                       const struct sw_report_row *row)
{
    size_t start = seal_start(row->text);
    json_int_t said =
        json_integer_value(json_object_get(json_object_get(row->record, "report"), "bytes"));
    char hex[SW_SHA256_HEX_SIZE];
    char seal[256];
    uint64_t size = 0;
    if (start == 0) {
        say(check, row->line, "sweep_end has no hash of what stands before it");
        return;
    }
    if (sw_report_digest(rows, start, &size, hex) != SW_OK) {
        say(check, row->line, "no SHA-256 could be had");
        return;
    }
    int length = snprintf(seal, sizeof seal, SW_SEAL_FORMAT, size, hex);
    if (said < 0 || (uint64_t)said != size)
        say(check, row->line,
            "is of a report with %" JSON_INTEGER_FORMAT " bytes before its hash, and %" PRIu64
            " are there",
            said, size);
    else if (row->text.size - start != (size_t)length ||
             memcmp(row->text.data + start, seal, (size_t)length) != 0)
        say(check, row->line, "the bytes before its hash are not those that were written");
}

void sw_report_check_row(struct sw_report_check *check, const struct sw_report_rows *rows,
                         const struct sw_report_row *row)
{
    check->records++;
    if (check->end_line != 0)
        say(check, row->line, "is behind sweep_end, which is the last record");
    if (row->record == NULL) {
        say(check, row->line, "%s", row->why);
        return;
    }
    check_members(check, row);
    if (strcmp(row->type, "sweep_start") == 0) {
        check_start(check, row);
    } else if (strcmp(row->type, "finding") == 0) {
        count_finding(check, row);
    } else if (strcmp(row->type, "gap") == 0) {
        count_gap(check, row);
    } else if (strcmp(row->type, "incident") == 0) {
        count_incident(check, row);
    } else if (strcmp(row->type, "engine_death") == 0) {
        check->deaths++;
    } else if (strcmp(row->type, "sweep_end") == 0) {
        check->end_line = row->line;
        check_counts(check, row);
        check_seal(check, rows, row);
    }
}

/* The first word of FILE.sha256, behind the backslash of a name that needs one. */
static void check_sums(struct sw_report_check *check, const char *hex)
{
    char *name = NULL;
    char line[SW_SHA256_HEX_SIZE + 2] = "";
    if (strcmp(check->file, "-") == 0 || asprintf(&name, "%s.sha256", check->file) < 0)
        return;
    FILE *sums = fopen(name, "re");
    free(name);
    if (sums == NULL)
        return;
    size_t size = fread(line, 1, sizeof line - 1, sums);
    (void)fclose(sums);
    const char *start = line[0] == '\\' ? line + 1 : line;
    if (size < SW_SHA256_HEX_SIZE || strncmp(start, hex, SW_SHA256_HEX_SIZE - 1) != 0)
        say(check, 0, "is not what the .sha256 file beside it is of");
}

bool sw_report_check_end(struct sw_report_check *check, const struct sw_report_rows *rows)
{
    char hex[SW_SHA256_HEX_SIZE] = "";
    uint64_t size = 0;
    if (check->starts == 0)
        say(check, 0, "has no sweep_start");
    if (check->end_line == 0)
        say(check, 0, "has no sweep_end: the sweep did not end, or its report was cut");
    if (sw_report_is_cut(rows))
        say(check, 0, "ends within a line or document");
    if (sw_report_digest(rows, 0, &size, hex) != SW_OK)
        say(check, 0, "no SHA-256 could be had");
    else
        check_sums(check, hex);
    print_file(check);
    if (check->problems == 0)
        (void)fprintf(check->out, ": whole: %" PRIu64 " records, %" PRIu64 " bytes, sha256:%s\n",
                      check->records, size, hex);
    else
        (void)fprintf(check->out, ": NOT whole: %" PRIu64 " problem%s\n", check->problems,
                      check->problems == 1 ? "" : "s");
    return check->problems == 0;
}
