/* SPDX-License-Identifier: Apache-2.0 */
/* text_incident.c - what a person has to know of an incident, on one screen:
 * how far it went, why we say so, what is at stake, what to do. */
#include "supervisor/text_incident.h"

#include <stdio.h>
#include <string.h>

#include "supervisor/summary.h"
#include "sweeper/limits.h"
#include "sweeper/text.h"

enum {
    FAMILIES_SHOWN = 3,
    EVIDENCE_SHOWN = 3,
    MEANINGS_SHOWN = 3,
};

struct block {
    struct sw_buf *out;
    size_t indent;
    size_t width;
    size_t lines;
    enum sw_status status;
};

static void note(struct block *block, enum sw_status status)
{
    if (status < block->status)
        block->status = status;
}

static void put(struct block *block, const char *text)
{
    note(block, sw_buf_append_text(block->out, text));
}

static void put_safe(struct block *block, const char *text)
{
    note(block, sw_summary_safe(block->out, text == NULL ? "" : text));
}

static void put_number(struct block *block, const json_t *object, const char *name)
{
    char text[32];
    json_int_t value = json_integer_value(json_object_get(object, name));
    put(block, sw_text_count(value < 0 ? 0 : (uint64_t)value, text));
}

static void end_line(struct block *block)
{
    put(block, "\n");
    block->lines++;
}

static void start_line(struct block *block)
{
    note(block, sw_buf_append_format(block->out, "%*s", (int)block->indent, ""));
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* --- Sentences --- */

/* Bytes of `text` that fit into `room`, up to a blank; at least one word. */
static size_t piece_of(const char *text, size_t room)
{
    size_t best = 0;
    for (size_t i = 0;; i++) {
        if (text[i] != ' ' && text[i] != '\0')
            continue;
        if (best == 0 || i <= room)
            best = i;
        if (text[i] == '\0' || i > room)
            return best;
    }
}

/* Writes `text` after `mark`, wrapped; with `dry` only counts the lines. */
static size_t wrap(struct block *block, const char *mark, const char *text, bool dry)
{
    size_t used = block->indent + strlen(mark);
    size_t room = block->width > used + 20 ? block->width - used : 20;
    size_t lines = 0;

    do {
        size_t size = piece_of(text, room);
        if (!dry) {
            note(block,
                 sw_buf_append_format(block->out, "%*s%-*s%.*s", (int)block->indent, "",
                                      (int)strlen(mark), lines == 0 ? mark : "", (int)size, text));
            end_line(block);
        }
        text += size;
        text += strspn(text, " ");
        lines++;
    } while (*text != '\0');
    return lines;
}

/* False when it would not fit above the last line, which may be needed. */
static bool put_sentence(struct block *block, const char *mark, const char *sentence)
{
    struct sw_buf safe;
    bool fits = false;

    sw_buf_init(&safe, SW_MIB);
    enum sw_status status = sw_summary_safe(&safe, sentence == NULL ? "" : sentence);
    if (status == SW_OK)
        status = sw_buf_terminate(&safe);
    if (status == SW_OK) {
        const char *text = (const char *)safe.data;
        fits = block->lines + wrap(block, mark, text, true) < SW_INCIDENT_LINES_MAX;
        if (fits)
            (void)wrap(block, mark, text, false);
    }
    note(block, status);
    sw_buf_done(&safe);
    return fits;
}

/* --- Sections --- */

static void put_head(struct block *block, const json_t *record)
{
    put_safe(block, text_of(record, "severity"));
    put(block, ", ");
    put_safe(block, text_of(record, "verdict"));
    put(block, ": ");
    put_safe(block, text_of(record, "root"));
    end_line(block);
    if (text_of(record, "earliest")[0] == '\0')
        return;
    start_line(block);
    put(block, "between ");
    put_safe(block, text_of(record, "earliest"));
    put(block, " and ");
    put_safe(block, text_of(record, "latest"));
    end_line(block);
}

/* ": 2 of this, 1 of that" */
static void put_counted(struct block *block, const json_t *rows, const char *name)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        put(block, i == 0 ? ": " : ", ");
        put_number(block, row, "count");
        put(block, " ");
        put_safe(block, text_of(row, name));
    }
}

static void put_family(struct block *block, const json_t *family)
{
    start_line(block);
    put_safe(block, text_of(family, "family"));
    put(block, " (");
    put_safe(block, text_of(family, "severity"));
    put(block, ")");
    put_counted(block, json_object_get(family, "stages"), "title");
    end_line(block);
}

static void put_families(struct block *block, const json_t *record)
{
    const json_t *families = json_object_get(record, "families");
    size_t count = json_array_size(families);

    for (size_t i = 0; i < count && i < FAMILIES_SHOWN; i++)
        put_family(block, json_array_get(families, i));
    if (count <= FAMILIES_SHOWN)
        return;
    start_line(block);
    note(block, sw_buf_append_format(block->out, "and %zu more families", count - FAMILIES_SHOWN));
    end_line(block);
}

static void put_evidence(struct block *block, const json_t *record)
{
    const json_t *evidence = json_object_get(record, "evidence");

    for (size_t i = 0; i < json_array_size(evidence) && i < EVIDENCE_SHOWN; i++) {
        const json_t *row = json_array_get(evidence, i);
        start_line(block);
        put_safe(block, text_of(row, "verdict"));
        put(block, ": ");
        put_safe(block, text_of(row, "what"));
        put(block, ": ");
        put_safe(block, text_of(row, "locator"));
        end_line(block);
    }
}

static void put_exposure(struct block *block, const json_t *record)
{
    const json_t *exposure = json_object_get(record, "exposure");

    if (!json_is_object(exposure))
        return;
    start_line(block);
    put(block, "exposure: ");
    put_number(block, exposure, "count");
    put(block, " files that the stealer reads");
    put_counted(block, json_object_get(exposure, "groups"), "group");
    end_line(block);
}

static void put_wiper(struct block *block, const json_t *record)
{
    const json_t *wiper = json_object_get(record, "wiper_target");

    if (!json_is_object(wiper))
        return;
    start_line(block);
    put(block, "the wiper here: ");
    put_safe(block, text_of(wiper, "action"));
    put(block, " (time zone ");
    put_safe(block, json_is_string(json_object_get(wiper, "timezone")) ? text_of(wiper, "timezone")
                                                                       : "unknown");
    put(block,
        json_is_true(json_object_get(wiper, "kubernetes")) ? ", Kubernetes)" : ", no Kubernetes)");
    end_line(block);
}

static void put_meanings(struct block *block, const json_t *record)
{
    const json_t *meanings = json_object_get(record, "what_it_means");

    for (size_t i = 0; i < json_array_size(meanings) && i < MEANINGS_SHOWN; i++) {
        if (!put_sentence(block, "", json_string_value(json_array_get(meanings, i))))
            return;
    }
}

static void put_steps(struct block *block, const json_t *record)
{
    const json_t *steps = json_object_get(record, "next_steps");
    size_t count = json_array_size(steps);
    size_t shown = 0;
    char mark[32];

    while (shown < count) {
        (void)snprintf(mark, sizeof mark, "%zu. ", shown + 1);
        if (!put_sentence(block, mark, json_string_value(json_array_get(steps, shown))))
            break;
        shown++;
    }
    if (shown == count)
        return;
    start_line(block);
    note(block, sw_buf_append_format(block->out, "and %zu more steps: see next_steps in the JSON",
                                     count - shown));
    end_line(block);
}

enum sw_status sw_incident_text(struct sw_buf *out, const json_t *record, size_t indent,
                                size_t width)
{
    struct block block = {.out = out, .indent = indent, .width = width, .status = SW_OK};

    put_head(&block, record);
    put_families(&block, record);
    put_evidence(&block, record);
    put_exposure(&block, record);
    put_wiper(&block, record);
    put_meanings(&block, record);
    put_steps(&block, record);
    return block.status;
}
