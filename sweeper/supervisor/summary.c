/* SPDX-License-Identifier: Apache-2.0 */
/* The summary that ends a sweep. */
#include "supervisor/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sweeper/limits.h"
#include "sweeper/record.h"
#include "sweeper/text.h"

enum { TYPES_SHOWN = 5 };

struct verdict {
    const char *name;
    const char *sentence;
};
static const struct verdict verdicts[] = {
    {"clean", "everything was looked at and nothing was found"},
    {"findings", "something was found"},
    {"incomplete", "nothing was found, but not everything could be looked at"},
    {"interrupted", "ended early; what was found until then is in the report"},
    {"failed", "a fatal error ended the sweep; this is not a result"},
};

static uint64_t count_of(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

static enum sw_status worse(enum sw_status a, enum sw_status b)
{
    return a < b ? a : b;
}

enum sw_status sw_summary_safe(struct sw_buf *out, const char *text)
{
    struct sw_view bytes = {(const uint8_t *)text, strlen(text)};
    if (sw_text_is_printable(bytes))
        return sw_buf_append(out, bytes.data, bytes.size);
    return sw_text_escape(out, bytes);
}

/* "2 unreadable, 1 timeout": members that are not 0; returns their sum. */
static uint64_t sum_of(json_t *counts)
{
    uint64_t sum = 0;
    const char *name;
    json_t *count;
    json_object_foreach(counts, name, count) sum += (uint64_t)json_integer_value(count);
    return sum;
}

static enum sw_status append_counts(struct sw_buf *out, json_t *counts)
{
    enum sw_status status = SW_OK;
    const char *separator = "";
    const char *name;
    json_t *count;
    json_object_foreach(counts, name, count)
    {
        char number[32];
        if (json_integer_value(count) == 0)
            continue;
        sw_text_count((uint64_t)json_integer_value(count), number);
        status = worse(status, sw_buf_append_format(out, "%s%s ", separator, number));
        status = worse(status, sw_summary_safe(out, name));
        separator = ", ";
    }
    return status;
}

static enum sw_status append_verdict(struct sw_buf *out, const json_t *end)
{
    const char *verdict = json_string_value(json_object_get(end, "verdict"));
    const char *sentence = "";
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        if (verdict != NULL && strcmp(verdicts[i].name, verdict) == 0)
            sentence = verdicts[i].sentence;
    }
    return sw_buf_append_format(out, "%s: %s (exit code %d)\n", verdict == NULL ? "" : verdict,
                                sentence, (int)count_of(end, "exit_code"));
}

static enum sw_status append_scanned(struct sw_buf *out, const json_t *end)
{
    char objects[32];
    char directories[32];
    char rate[32];
    char bytes[24];
    char byte_rate[24];
    char time[32];
    uint64_t scanned = count_of(json_object_get(end, "objects"), "scanned");
    double seconds = json_real_value(json_object_get(end, "duration_s"));
    /* A sweep of less than a millisecond still has a rate. */
    double divisor = seconds < 0.001 ? 0.001 : seconds;
    return sw_buf_append_format(
        out, "  scanned   %s object%s, %s, in %s director%s, %s (%s/s, %s/s)\n",
        sw_text_count(scanned, objects), scanned == 1 ? "" : "s",
        sw_text_size(count_of(end, "bytes"), bytes),
        sw_text_count(count_of(end, "directories"), directories),
        count_of(end, "directories") == 1 ? "y" : "ies", sw_text_duration(seconds, time),
        sw_text_count((uint64_t)((double)scanned / divisor), rate),
        sw_text_size((uint64_t)((double)count_of(end, "bytes") / divisor), byte_rate));
}

/* One line of a group of counts; nothing when all are 0. */
static enum sw_status append_group(struct sw_buf *out, const json_t *end, const char *member,
                                   const char *title, const char *words)
{
    char number[32];
    json_t *counts = json_object_get(end, member);
    uint64_t sum = sum_of(counts);
    if (sum == 0)
        return SW_OK;
    enum sw_status status =
        sw_buf_append_format(out, "  %-9s %s%s: ", title, sw_text_count(sum, number), words);
    status = worse(status, append_counts(out, counts));
    return worse(status, sw_buf_append(out, "\n", 1));
}

static enum sw_status append_also(struct sw_buf *out, const json_t *end)
{
    const json_t *objects = json_object_get(end, "objects");
    const json_t *suppressed = json_object_get(end, "suppressed");
    const json_t *layers = json_object_get(end, "layer_cache");
    const struct {
        uint64_t count;
        const char *one;
        const char *many;
    } rows[] = {
        {count_of(suppressed, "findings"), "suppressed finding", "suppressed findings"},
        {count_of(suppressed, "expired_entries"), "expired suppression", "expired suppressions"},
        {count_of(layers, "used"), "layer that was not read again",
         "layers that were not read again"},
        {count_of(objects, "hard_links"), "further hard link", "further hard links"},
        {count_of(objects, "vanished"), "vanished before it could be opened",
         "vanished before they could be opened"},
        {count_of(end, "engine_deaths"), "engine death", "engine deaths"},
    };
    enum sw_status status = SW_OK;
    const char *separator = "  also      ";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char number[32];
        if (rows[i].count == 0)
            continue;
        sw_text_count(rows[i].count, number);
        status =
            worse(status, sw_buf_append_format(out, "%s%s %s", separator, number,
                                               rows[i].count == 1 ? rows[i].one : rows[i].many));
        separator = ", ";
    }
    if (separator[0] == ',')
        status = worse(status, sw_buf_append(out, "\n", 1));
    return status;
}

/* The most frequent type that is not among the first `shown` of `used`. */
static const char *next_type(json_t *types, const char *const *used, size_t shown)
{
    const char *best = NULL;
    const char *name;
    json_t *count;
    json_object_foreach(types, name, count)
    {
        bool taken = false;
        for (size_t i = 0; i < shown; i++)
            taken = taken || strcmp(used[i], name) == 0;
        if (taken)
            continue;
        json_int_t more =
            best == NULL ? 1 : json_integer_value(count) - (json_int_t)count_of(types, best);
        if (more > 0 || (more == 0 && strcmp(name, best) < 0))
            best = name;
    }
    return best;
}

static enum sw_status append_types(struct sw_buf *out, const json_t *end)
{
    json_t *types = json_object_get(end, "types");
    const char *used[TYPES_SHOWN];
    enum sw_status status = SW_OK;
    size_t shown = 0;
    if (types == NULL || json_object_size(types) == 0)
        return SW_OK;
    while (shown < TYPES_SHOWN && (used[shown] = next_type(types, used, shown)) != NULL) {
        char number[32];
        sw_text_count(count_of(types, used[shown]), number);
        status = worse(
            status, sw_buf_append_format(out, "%s%s ", shown == 0 ? "  types     " : ", ", number));
        status = worse(status, sw_summary_safe(out, used[shown]));
        shown++;
    }
    if (json_object_size(types) > shown)
        status = worse(status, sw_buf_append_format(out, ", and %zu more types",
                                                    json_object_size(types) - shown));
    return worse(status, sw_buf_append(out, "\n", 1));
}

enum sw_status sw_summary_append(struct sw_buf *out, const json_t *sweep_end)
{
    enum sw_status status = append_verdict(out, sweep_end);
    status = worse(status, append_scanned(out, sweep_end));
    status = worse(status, append_group(out, sweep_end, "findings", "findings", ""));
    status = worse(status, append_group(out, sweep_end, "bases", "images", " of the findings"));
    status = worse(status, append_group(out, sweep_end, "incidents", "incidents", ""));
    status = worse(status, append_group(out, sweep_end, "gaps", "gaps", " not looked at"));
    status = worse(status, append_group(out, sweep_end, "excluded", "left out", " by policy"));
    status = worse(status, append_also(out, sweep_end));
    return worse(status, append_types(out, sweep_end));
}

void sw_totals_print(FILE *out, const struct sw_totals *totals)
{
    struct sw_buf text;
    json_t *end = sw_record_sweep_end(totals);
    sw_buf_init(&text, SW_MIB);
    if (end != NULL && sw_summary_append(&text, end) == SW_OK)
        (void)fwrite(text.data, 1, text.size, out);
    else
        (void)fprintf(out, "%s (no memory for the summary)\n", sw_totals_verdict(totals));
    (void)fflush(out);
    sw_buf_done(&text);
    json_decref(end);
}

/* "2 critical, 1 high"; "nothing found". Our own words and numbers only. */
static void print_findings(FILE *out, const struct sw_totals *totals)
{
    const char *separator = "";
    for (size_t i = SW_SEVERITY_CRITICAL + 1; i-- > 0;) {
        if (totals->findings[i] == 0)
            continue;
        (void)fprintf(out, "%s%" PRIu64 " %s", separator, totals->findings[i],
                      sw_severity_name((enum sw_severity)i));
        separator = ", ";
    }
    if (separator[0] == '\0')
        (void)fputs("nothing found", out);
}

void sw_totals_print_verdict(FILE *out, const struct sw_totals *totals)
{
    static const struct {
        enum sw_exit code;
        const char *word;
    } words[] = {
        {SW_EXIT_CLEAN, "PASS"},
        {SW_EXIT_FINDINGS, "FAIL"},
        {SW_EXIT_GAPS, "INCOMPLETE"},
        {SW_EXIT_INTERRUPTED, "INTERRUPTED"},
    };
    const char *word = "ERROR";
    uint64_t gaps = sw_totals_gaps(totals);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].code == totals->exit_code)
            word = words[i].word;
    }
    (void)fprintf(out, "sweeper: %s ", word);
    print_findings(out, totals);
    (void)fprintf(out, "; %" PRIu64 " gap%s", gaps, gaps == 1 ? "" : "s");
    if (totals->suppressed > 0)
        (void)fprintf(out, "; %" PRIu64 " suppressed", totals->suppressed);
    (void)fprintf(out, " (exit %d)\n", (int)totals->exit_code);
    (void)fflush(out);
}
