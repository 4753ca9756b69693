/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c - what happens when an item, or a record, is final. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conductor.h"
#include "supervisor/outwait.h"

static void say_failure(struct conductor *conductor, const char *text)
{
    if (!conductor->totals.failed) {
        sw_progress_clear(conductor->progress);
        if (sw_out_wait(STDERR_FILENO) == 0)
            fprintf(stderr, "sweeper: %s\n", text);
    }
    conductor->totals.failed = true;
}

void settle_failure(struct conductor *conductor, const char *text)
{
    say_failure(conductor, text);
    conductor->stopping = true;
}

void settle_sink_failure(struct conductor *conductor, const char *text)
{
    say_failure(conductor, text);
    if (sw_sinks_lost(conductor->sinks))
        conductor->stopping = true;
}

/* Marks a finding that somebody answers for. Before anything is made of it: it counts for
 * nothing. */
static void mark_suppressed(struct conductor *conductor, json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));
    const struct sw_suppression *entry = NULL;

    if (conductor->suppressions == NULL || type == NULL || strcmp(type, "finding") != 0)
        return;
    entry = sw_suppressions_find(conductor->suppressions, record);
    if (entry != NULL && json_object_set_new(record, "suppressed", sw_suppression_mark(entry)) != 0)
        settle_failure(conductor, "no memory for a record");
}

/* Whether it is of the base: by the outermost layer that it lies in. */
static void count_base(struct sw_totals *totals, const json_t *record, enum sw_severity severity)
{
    const json_t *chain = json_object_get(record, "chain");
    bool image = json_object_get(json_array_get(chain, 0), "image") != NULL;
    const json_t *layer = NULL;

    for (size_t i = 0; i < json_array_size(chain) && layer == NULL; i++)
        layer = json_object_get(json_array_get(chain, i), "layer");
    if (json_is_true(json_object_get(layer, "inherited")))
        totals->inherited[severity]++;
    else if (image || layer != NULL)
        totals->added++;
}

static void count_record(struct sw_totals *totals, const json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));
    const char *name;
    enum sw_severity severity;

    if (strcmp(type, "finding") == 0 && json_object_get(record, "suppressed") != NULL) {
        totals->suppressed++;
    } else if (strcmp(type, "finding") == 0) {
        name = json_string_value(json_object_get(record, "severity"));
        if (sw_severity_find(name, &severity)) {
            totals->findings[severity]++;
            count_base(totals, record, severity);
        }
    } else if (strcmp(type, "gap") == 0) {
        name = json_string_value(json_object_get(record, "reason"));
        totals->gaps[sw_gap_find(name)]++;
    } else if (strcmp(type, "engine_death") == 0) {
        totals->engine_deaths++;
    } else if (strcmp(type, "incident") == 0) {
        name = json_string_value(json_object_get(record, "verdict"));
        totals->incidents[sw_verdict_find(name)]++;
    }
}

static bool is_hidden(const struct conductor *conductor, const json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));

    return !conductor->options->show_suppressed && strcmp(type, "finding") == 0 &&
           json_object_get(record, "suppressed") != NULL;
}

void settle_record(struct conductor *conductor, json_t *record)
{
    struct sw_error error;

    if (record == NULL) {
        settle_failure(conductor, "no memory for a record");
        return;
    }
    count_record(&conductor->totals, record);
    if (is_hidden(conductor, record)) {
        json_decref(record);
        return;
    }
    sw_progress_clear(conductor->progress);
    if (sw_sinks_put(conductor->sinks, record, &error) != SW_OK)
        settle_sink_failure(conductor, error.text);
    json_decref(record);
}

void settle_last(struct conductor *conductor, json_t *record)
{
    if (record != NULL && stores_hold(conductor, record))
        json_decref(record);
    else
        settle_record(conductor, record);
}

/* Now, or when more is known of it. */
static void settle_or_hold(struct conductor *conductor, json_t *record)
{
    if (caches_hold(conductor, record))
        json_decref(record);
    else
        settle_last(conductor, record);
}

void settle_item_record(struct conductor *conductor, struct flight_entry *entry, json_t *record)
{
    if (conductor->reading_bases)
        bases_record(conductor, record);
    else if (record != NULL && images_hold(conductor, entry, record))
        json_decref(record);
    else
        settle_whole_record(conductor, entry, record);
}

static bool is_root(const json_t *record)
{
    return strcmp(json_string_value(json_object_get(record, "type")), "root") == 0;
}

void settle_whole_record(struct conductor *conductor, struct flight_entry *entry, json_t *record)
{
    if (record != NULL && entry->link != NULL)
        links_keep(entry->link, record);
    mark_suppressed(conductor, record);
    if (record != NULL && conductor->stand_in != NULL && !is_root(record))
        conductor->stand_in->record(conductor->stand_in->context, &entry->item, record);
    correlate_record(conductor, &entry->item, record);
    settle_or_hold(conductor, record);
}

void settle_late_record(struct conductor *conductor, const struct sw_item *item, json_t *record)
{
    mark_suppressed(conductor, record);
    if (record != NULL)
        correlate_record(conductor, item, record);
    settle_last(conductor, record);
}

/* One further name of a settled file. */
static void settle_name(struct conductor *conductor, const struct link *link,
                        const struct sw_item *item)
{
    size_t i;
    json_t *record;

    conductor->totals.hard_links++;
    json_array_foreach(link->records, i, record)
    {
        json_t *moved = sw_record_move(record, item);
        mark_suppressed(conductor, moved);
        correlate_record(conductor, item, moved);
        settle_or_hold(conductor, moved);
    }
}

void settle_known(struct conductor *conductor, struct link *link, const struct sw_item *item)
{
    settle_name(conductor, link, item);
    links_name_done(&conductor->links, link);
}

void settle_entry(struct conductor *conductor, struct flight_entry *entry, bool judged)
{
    struct link *link = entry->link;

    images_item_end(conductor, entry, judged);
    stores_item_end(conductor, &entry->item);
    flight_remove(&conductor->flight, entry);
    if (link == NULL)
        return;
    for (size_t i = 0; i < link->waiting_count; i++)
        settle_name(conductor, link, &link->waiting[i]);
    links_settled(&conductor->links, link);
}

void settle_gap(struct conductor *conductor, struct flight_entry *entry, enum sw_gap reason,
                const char *text)
{
    integrity_unread(conductor, &entry->item);
    settle_item_record(conductor, entry, sw_record_gap(&entry->item, reason, text));
    settle_entry(conductor, entry, false);
}
