/* SPDX-License-Identifier: Apache-2.0 */
/* reporter.c - records as JSON, acknowledgements as rows, both on the wire. */
#include "reporter.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/rule/rule_json.h"
#include "sweeper/text.h"

enum { FLUSH_AFTER_MS = 100 };

void reporter_init(struct reporter *reporter, unsigned sender)
{
    *reporter = (struct reporter){.sender = sender};
    sw_buf_init(&reporter->acks, 32 * SW_KIB);
}

void reporter_done(struct reporter *reporter)
{
    sw_buf_done(&reporter->acks);
}

void reporter_begin(struct reporter *reporter, uint64_t item)
{
    reporter->item = item;
    reporter->sequence = 0;
    reporter->changed_reported = false;
}

/* --- JSON ------------------------------------------------------------- */

static json_t *family_json(const YR_RULE *rule)
{
    YR_META *meta;

    yr_rule_metas_foreach(rule, meta)
    {
        if (meta->type == META_TYPE_STRING && strcmp(meta->identifier, "family") == 0)
            return sw_text_json(meta->string);
    }
    return json_null();
}

static json_t *match_json(const struct sw_match *match)
{
    const char *encoding = "text";
    json_t *data = NULL;

    if (sw_text_is_printable(match->data)) {
        data = json_stringn((const char *)match->data.data, match->data.size);
    } else {
        struct sw_buf coded;
        sw_buf_init(&coded, 2 * SW_KIB);
        encoding = "base64";
        if (sw_text_base64(&coded, match->data) == SW_OK)
            data = json_stringn((const char *)coded.data, coded.size);
        sw_buf_done(&coded);
    }
    return json_pack("{s:s, s:I, s:I, s:o, s:s}", "pattern", match->pattern, "offset",
                     (json_int_t)match->offset, "length", (json_int_t)match->length, "data", data,
                     "encoding", encoding);
}

static json_t *matches_json(const struct sw_rule_hit *hit, size_t count)
{
    json_t *matches = json_array();

    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(matches, match_json(&hit->matches[i])) != 0) {
            json_decref(matches);
            return NULL;
        }
    return matches;
}

/* Hops below the file; an empty list is a file itself. */
static json_t *chain_json(json_t *chain)
{
    return chain != NULL ? json_incref(chain) : json_array();
}

/* Takes rule, family and matches. */
static json_t *finding_json(const char *kind, json_t *rule, json_t *family, uint64_t match_count,
                            json_t *matches, const struct finding_facts *facts)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:{s:s, s:I, s:o, s:o}, s:o}",
                     "type", "finding", "kind", kind, "severity",
                     sw_severity_name(facts->verdict.severity), "rule_severity",
                     sw_severity_name(facts->rule_severity), "severity_reason",
                     facts->verdict.reason, "family", family, "rule", rule, "match_count",
                     (json_int_t)match_count, "matches", matches, "object", "sha256", facts->sha256,
                     "size", (json_int_t)facts->size, "type", sw_text_json(facts->type), "mime",
                     sw_text_json(facts->mime), "chain", chain_json(facts->chain));
}

static json_t *rule_json(const YR_RULE *rule)
{
    return json_pack("{s:s, s:s, s:o, s:o}", "name", rule->identifier, "namespace", rule->ns->name,
                     "tags", sw_rule_tags_json(rule), "meta", sw_rule_meta_json(rule));
}

/* An indicator as a rule has it: its id is its name. */
static json_t *indicator_json(const struct sw_indicator *row)
{
    char name[SW_INDICATOR_ID_MAX + 1];
    size_t size = 0;

    for (; size < sizeof(name) - 1 && row->id[size] != '\0'; size++)
        name[size] = row->id[size];
    name[size] = '\0';
    for (char *at = name; *at != '\0'; at++)
        *at = *at == '-' ? '_' : *at;
    return json_pack("{s:s, s:s, s:[s, s], s:{s:s, s:s, s:s, s:s, s:s}}", "name", name, "namespace",
                     row->namespace_, "tags", "indicator", sw_indicator_type_name(row->type),
                     "meta", "id", row->id, "title", row->title, "stage", row->stage, "severity",
                     sw_severity_name(row->severity), "confidence", row->confidence);
}

static json_t *indicator_matches(const struct sw_indicator_hit *hit)
{
    const struct sw_match match = {
        .pattern = hit->pattern,
        .offset = hit->offset,
        .length = hit->length > hit->value.size ? hit->length : hit->value.size,
        .data = {hit->value.data,
                 hit->value.size < SW_MATCH_DATA_MAX ? hit->value.size : SW_MATCH_DATA_MAX}};
    json_t *matches = json_array();

    json_array_append_new(matches, match_json(&match));
    return matches;
}

/* Readers let printable ASCII through only. */
static json_t *package_json(const struct sw_indicator_hit *hit)
{
    return json_pack("{s:s, s:s%, s:s%}", "ecosystem", hit->indicator->package.ecosystem, "name",
                     hit->package_name.data, hit->package_name.size, "version",
                     hit->package_version.data, hit->package_version.size);
}

/* --- sending ---------------------------------------------------------- */

static enum sw_status send_body(const struct reporter *reporter, enum sw_message_type type,
                                struct sw_view body)
{
    struct sw_wire_out out = {.type = type, .sender = reporter->sender, .body = body};
    struct sw_error error;

    return sw_wire_send(&out, SW_WIRE_FD, true, &error) == SW_OK ? SW_OK : SW_STOP;
}

/* SW_OK sent, SW_SKIP no memory or too large for the wire, SW_STOP no peer. */
static enum sw_status send_record(struct reporter *reporter, const json_t *record)
{
    char *text = record != NULL ? json_dumps(record, JSON_COMPACT) : NULL;
    enum sw_status status = SW_SKIP;
    struct sw_buf body;

    sw_buf_init(&body, SW_RECORD_MAX);
    if (text != NULL && sw_buf_append_u64(&body, reporter->item) == SW_OK &&
        sw_buf_append_u32(&body, reporter->sequence) == SW_OK &&
        sw_buf_append_text(&body, text) == SW_OK)
        status = send_body(reporter, SW_MESSAGE_RECORD, sw_buf_view(&body));
    if (status == SW_OK)
        reporter->sequence++;
    sw_buf_done(&body);
    free(text);
    return status;
}

/* How many of the matches can fit into one record: each takes this much at the
 * least. There may be millions, and as JSON each takes ten times its text. */
static size_t count_that_may_fit(const struct sw_rule_hit *hit)
{
    static const char frame[] =
        "{\"pattern\":\"\",\"offset\":0,\"length\":0,\"data\":\"\",\"encoding\":\"text\"},";
    size_t size = 0;
    size_t count = 0;

    for (; count < hit->matches_kept && size < SW_RECORD_MAX; count++)
        size +=
            sizeof(frame) - 1 + strlen(hit->matches[count].pattern) + hit->matches[count].data.size;
    return count;
}

enum sw_status reporter_finding(struct reporter *reporter, const struct sw_rule_hit *hit,
                                const struct finding_facts *facts)
{
    enum sw_status status = SW_SKIP;

    /* A record that is too large for the wire keeps fewer of its matches;
     * match_count still tells how many there were. */
    for (size_t count = count_that_may_fit(hit);; count /= 2) {
        json_t *record = finding_json("yara", rule_json(hit->rule), family_json(hit->rule),
                                      hit->match_count, matches_json(hit, count), facts);
        status = send_record(reporter, record);
        json_decref(record);
        if (status != SW_SKIP || count == 0)
            break;
    }
    if (status != SW_SKIP)
        return status;
    struct sw_error error;
    (void)sw_fail_gap(&error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "report", 0,
                      "rule %s matched, but its record could not be made", hit->rule->identifier);
    return reporter_gap(reporter, &error, hit->rule, facts->chain);
}

enum sw_status reporter_indicator(struct reporter *reporter, const char *kind,
                                  const struct sw_indicator_hit *hit,
                                  const struct finding_facts *facts)
{
    json_t *record =
        finding_json(kind, indicator_json(hit->indicator), sw_text_json(hit->indicator->family), 1,
                     indicator_matches(hit), facts);
    enum sw_status status = SW_SKIP;
    struct sw_error error;

    if (hit->indicator->type != SW_INDICATOR_PACKAGE ||
        json_object_set_new(record, "package", package_json(hit)) == 0)
        status = send_record(reporter, record);
    json_decref(record);
    if (status != SW_SKIP)
        return status;
    (void)sw_fail_gap(&error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "report", 0,
                      "%s fits, but its record could not be made", hit->indicator->id);
    return reporter_gap(reporter, &error, NULL, facts->chain);
}

enum sw_status reporter_gap(struct reporter *reporter, const struct sw_error *error,
                            const YR_RULE *rule, json_t *chain)
{
    if (error->reason == SW_GAP_CHANGED_WHILE_READING) {
        if (reporter->changed_reported)
            return SW_OK;
        reporter->changed_reported = true;
    }
    json_t *record =
        json_pack("{s:s, s:s, s:o, s:o}", "type", "gap", "reason", sw_gap_name(error->reason),
                  "detail", sw_text_json(error->text), "chain", chain_json(chain));
    if (record != NULL && rule != NULL)
        json_object_set_new(
            record, "rule",
            json_pack("{s:s, s:s}", "name", rule->identifier, "namespace", rule->ns->name));
    enum sw_status status = send_record(reporter, record);
    json_decref(record);
    /* Without the memory for a gap nothing truthful can be said any more: the
     * supervisor retries the item with a fresh engine. */
    return status == SW_SKIP ? SW_STOP : status;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum sw_status reporter_flush(struct reporter *reporter)
{
    if (reporter->ack_count == 0)
        return SW_OK;
    uint8_t *count = reporter->acks.data;
    for (unsigned i = 0; i < 4; i++)
        count[i] = (uint8_t)(reporter->ack_count >> (8 * i));
    enum sw_status status = send_body(reporter, SW_MESSAGE_ACKS, sw_buf_view(&reporter->acks));
    sw_buf_clear(&reporter->acks);
    reporter->ack_count = 0;
    reporter->flushed_ms = now_ms();
    return status;
}

enum sw_status reporter_ack(struct reporter *reporter, const struct sw_ack *ack)
{
    if (reporter->ack_count == 0 && sw_buf_append_u32(&reporter->acks, 0) != SW_OK)
        return SW_STOP;
    if (sw_ack_encode(ack, &reporter->acks) != SW_OK)
        return SW_STOP;
    reporter->ack_count++;
    if (reporter->ack_count < SW_BATCH_ITEMS_MAX &&
        now_ms() - reporter->flushed_ms < FLUSH_AFTER_MS)
        return SW_OK;
    return reporter_flush(reporter);
}
