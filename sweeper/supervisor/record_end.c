/* SPDX-License-Identifier: Apache-2.0 */
/* Totals: what a sweep proved, the exit code that follows, and sweep_end. */
#include "supervisor/record_parts.h"
#include "sweeper/record.h"

uint64_t sw_totals_gaps(const struct sw_totals *totals)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SW_GAP_COUNT; i++)
        sum += totals->gaps[i];
    return sum;
}

static uint64_t findings_from(const struct sw_totals *totals, size_t severity)
{
    uint64_t sum = 0;
    for (size_t i = severity; i <= SW_SEVERITY_CRITICAL; i++)
        sum += totals->findings[i];
    return sum;
}

static uint64_t inherited_from(const struct sw_totals *totals, size_t severity)
{
    uint64_t sum = 0;
    for (size_t i = severity; i <= SW_SEVERITY_CRITICAL; i++)
        sum += totals->inherited[i];
    return sum;
}

uint64_t sw_totals_findings(const struct sw_totals *totals)
{
    return findings_from(totals, SW_SEVERITY_INFO);
}

const char *sw_totals_verdict(const struct sw_totals *totals)
{
    if (totals->failed)
        return "failed";
    if (totals->interrupted)
        return "interrupted";
    if (sw_totals_findings(totals) > 0)
        return "findings";
    return sw_totals_gaps(totals) > 0 ? "incomplete" : "clean";
}

enum sw_exit sw_totals_exit(const struct sw_totals *totals, const struct sw_options *options)
{
    uint64_t pardoned = options->fail_on_added ? inherited_from(totals, options->fail_on) : 0;
    bool found = !options->fail_on_never && findings_from(totals, options->fail_on) > pardoned;
    bool missing = !options->allow_gaps && sw_totals_gaps(totals) > 0;
    if (totals->failed)
        return SW_EXIT_FAILED;
    if (totals->interrupted)
        return SW_EXIT_INTERRUPTED;
    if (missing && (options->strict || !found))
        return SW_EXIT_GAPS;
    return found ? SW_EXIT_FINDINGS : SW_EXIT_CLEAN;
}

static uint64_t excluded_total(const struct sw_totals *totals)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SW_EXCLUDED_COUNT; i++)
        sum += totals->walk.excluded[i];
    sum += totals->other_platform;
    return sum;
}

static json_t *objects_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    sw_put_count(&object, "scanned", totals->scanned);
    sw_put_count(&object, "hard_links", totals->hard_links);
    sw_put_count(&object, "vanished", totals->walk.vanished);
    sw_put_count(&object, "excluded", excluded_total(totals));
    sw_put_count(&object, "gaps", sw_totals_gaps(totals));
    return object;
}

/* Worst first, all five always. */
static json_t *findings_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    for (size_t i = SW_SEVERITY_CRITICAL + 1; i-- > 0;)
        sw_put_count(&object, sw_severity_name((enum sw_severity)i), totals->findings[i]);
    return object;
}

static json_t *gaps_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    for (size_t i = SW_GAP_NONE + 1; i < SW_GAP_COUNT; i++) {
        if (totals->gaps[i] > 0)
            sw_put_count(&object, sw_gap_name((enum sw_gap)i), totals->gaps[i]);
    }
    return object;
}

static json_t *incidents_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    for (size_t i = SW_VERDICT_COUNT; i-- > 0;) {
        if (totals->incidents[i] > 0)
            sw_put_count(&object, sw_verdict_name((enum sw_verdict)i), totals->incidents[i]);
    }
    return object;
}

static json_t *excluded_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    for (size_t i = 0; i < SW_EXCLUDED_COUNT; i++) {
        if (totals->walk.excluded[i] > 0)
            sw_put_count(&object, sw_excluded_name((enum sw_excluded)i), totals->walk.excluded[i]);
    }
    if (totals->other_platform > 0)
        sw_put_count(&object, sw_excluded_name(SW_EXCLUDED_OTHER_PLATFORM), totals->other_platform);
    return object;
}

static json_t *full_scans_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    sw_put_count(&object, "objects", totals->full_objects);
    sw_put_count(&object, "bytes", totals->full_bytes);
    return object;
}

static json_t *members_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    sw_put_count(&object, "scanned", totals->members);
    sw_put_count(&object, "bytes", totals->member_bytes);
    return object;
}

/* Seconds with three decimals: more is noise here. */
static json_t *milliseconds_kept(double seconds)
{
    return json_real((double)(int64_t)(seconds * 1000.0 + 0.5) / 1000.0);
}

static json_t *suppressed_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    sw_put_count(&object, "findings", totals->suppressed);
    sw_put_count(&object, "expired_entries", totals->suppressions_expired);
    return object;
}

static json_t *layer_cache_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    sw_put_count(&object, "used", totals->layers_used);
    sw_put_count(&object, "stored", totals->layers_stored);
    return object;
}

/* What lies in images. */
static json_t *bases_new(const struct sw_totals *totals)
{
    json_t *object = json_object();
    sw_put_count(&object, "inherited", inherited_from(totals, SW_SEVERITY_INFO));
    sw_put_count(&object, "added", totals->added);
    return object;
}

json_t *sw_record_sweep_end(const struct sw_totals *totals)
{
    json_t *record = json_object();
    sw_put_text(&record, "type", "sweep_end");
    sw_put_time(&record, "finished_at", totals->finished_ns);
    sw_put(&record, "duration_s", milliseconds_kept(totals->duration_s));
    sw_put_text(&record, "verdict", sw_totals_verdict(totals));
    sw_put_count(&record, "exit_code", (uint64_t)totals->exit_code);
    sw_put(&record, "objects", objects_new(totals));
    sw_put_count(&record, "bytes", totals->bytes);
    sw_put(&record, "members", members_new(totals));
    sw_put_count(&record, "directories", totals->walk.directories);
    sw_put(&record, "findings", findings_new(totals));
    sw_put(&record, "incidents", incidents_new(totals));
    sw_put(&record, "gaps", gaps_new(totals));
    sw_put(&record, "excluded", excluded_new(totals));
    sw_put(&record, "full_scans", full_scans_new(totals));
    sw_put_count(&record, "engine_deaths", totals->engine_deaths);
    if (totals->suppressing)
        sw_put(&record, "suppressed", suppressed_new(totals));
    if (totals->layer_caching)
        sw_put(&record, "layer_cache", layer_cache_new(totals));
    if (totals->basing)
        sw_put(&record, "bases", bases_new(totals));
    if (totals->types != NULL)
        sw_put(&record, "types", json_deep_copy(totals->types));
    return record;
}
