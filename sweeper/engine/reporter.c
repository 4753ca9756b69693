/* SPDX-License-Identifier: Apache-2.0 */
/* reporter.c - records as JSON, acknowledgements as rows, both on the wire. */
#include "reporter.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/raw_hits.h"
#include "engine/rule/rule_json.h"
#include "sweeper/digest.h"
#include "sweeper/text.h"

enum {
    FLUSH_AFTER_MS = 100,
    RECORD_HEAD = 12,                /* bytes before the JSON, on the wire */
    CAPTURE_MAX = 4 * 1024 * 1024,   /* bytes of one */
    CAPTURES_MAX = 32 * 1024 * 1024, /* of all */
};

void reporter_init(struct reporter *reporter, unsigned sender, const uint64_t key[2])
{
    *reporter = (struct reporter){.sender = sender, .key = {key[0], key[1]}};
    sw_buf_init(&reporter->acks, 32 * SW_KIB);
    sw_ref_set_init(&reporter->told);
}

void reporter_done(struct reporter *reporter)
{
    sw_buf_done(&reporter->acks);
    sw_ref_set_done(&reporter->told);
}

void reporter_begin(struct reporter *reporter, uint64_t item)
{
    reporter->item = item;
    reporter->sequence = 0;
    reporter->mute = 0;
    reporter->capture = NULL;
    reporter->changed_reported = false;
    if (reporter->told.count != 0)
        sw_ref_set_done(&reporter->told);
}

void reporter_begin_again(struct reporter *reporter)
{
    const uint32_t sent = reporter->sequence > reporter->mute ? reporter->sequence : reporter->mute;

    reporter_begin(reporter, reporter->item);
    reporter->mute = sent;
}

void reporter_catch_up(struct reporter *reporter, uint32_t seen)
{
    if (reporter->sequence < seen)
        reporter->sequence = seen;
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

static json_t *matches_json(const struct sw_rule_hit *hit, size_t count, const struct object *raw)
{
    json_t *matches = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *match = match_json(&hit->matches[i]);
        if (raw != NULL && match != NULL)
            raw_hits_place(raw, hit->matches[i].offset, match);
        if (json_array_append_new(matches, match) != 0) {
            json_decref(matches);
            return NULL;
        }
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

/* --- once ------------------------------------------------------------- */

static void put_text(struct sw_buf *buf, const char *text)
{
    /* With its NUL, so that two texts are not one. */
    if (text != NULL)
        (void)!sw_buf_append(buf, text, strlen(text) + 1);
}

/* What makes a finding the one it is, as a number that nobody outside can choose:
 * else one finding could be made to hide another. 0: it is told in any case, which
 * goes for those of a file itself. */
static uint64_t number_of(const struct reporter *reporter, const char *name, const char *space,
                          struct sw_view more, const struct finding_facts *facts)
{
    char hex[SW_SHA256_HEX_SIZE] = "";
    struct sw_buf buf;
    size_t i;
    json_t *hop;

    if (facts->chain == NULL)
        return 0;
    sw_buf_init(&buf, SW_RECORD_MAX);
    bool made = sw_buf_append(&buf, reporter->key, sizeof(reporter->key)) == SW_OK &&
                sw_buf_append(&buf, more.data, more.size) == SW_OK;
    put_text(&buf, name);
    put_text(&buf, space);
    put_text(&buf, facts->sha256);
    json_array_foreach(facts->chain, i, hop)
    {
        put_text(&buf, json_string_value(json_object_get(hop, "name")));
        put_text(&buf, json_string_value(json_object_get(hop, "name_base64")));
    }
    made = made && sw_digest_of(buf.data, buf.size, hex) == SW_OK;
    sw_buf_done(&buf);
    hex[15] = '\0';
    return made ? strtoull(hex, NULL, 16) : 0;
}

/* Notes the finding and says whether it is the first: of one file a container can
 * hold two copies under one name, or one copy that two readings come by. What is
 * captured is noted when its turn comes. */
static bool is_new(struct reporter *reporter, uint64_t number)
{
    bool fresh = true;
    struct sw_error error;

    if (number == 0 || reporter->capture != NULL ||
        sw_ref_set_add(&reporter->told, number, &fresh, &error) != SW_OK)
        return true;
    return fresh;
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
static enum sw_status send_text(struct reporter *reporter, struct sw_view text)
{
    enum sw_status status = SW_SKIP;
    struct sw_buf body;

    if (reporter->sequence < reporter->mute) {
        reporter->sequence++;
        return SW_OK;
    }
    sw_buf_init(&body, SW_RECORD_MAX);
    if (sw_buf_append_u64(&body, reporter->item) == SW_OK &&
        sw_buf_append_u32(&body, reporter->sequence) == SW_OK &&
        sw_buf_append(&body, text.data, text.size) == SW_OK)
        status = send_body(reporter, SW_MESSAGE_RECORD, sw_buf_view(&body));
    if (status == SW_OK)
        reporter->sequence++;
    sw_buf_done(&body);
    return status;
}

/* --- captures --------------------------------------------------------- */

void capture_init(struct capture *capture, _Atomic uint64_t *total)
{
    *capture = (struct capture){.total = total};
    sw_buf_init(&capture->records, CAPTURE_MAX);
}

void capture_done(struct capture *capture)
{
    atomic_fetch_sub_explicit(capture->total, capture->records.size, memory_order_relaxed);
    sw_buf_done(&capture->records);
}

/* What there is no room for spoils the capture, and is told later. */
static void capture_take(struct capture *capture, uint64_t number, struct sw_view text)
{
    struct sw_buf *records = &capture->records;
    const size_t before = records->size;

    capture->spoiled = capture->spoiled ||
                       atomic_load_explicit(capture->total, memory_order_relaxed) > CAPTURES_MAX ||
                       sw_buf_append_u64(records, number) != SW_OK ||
                       sw_buf_append_u32(records, (uint32_t)text.size) != SW_OK ||
                       sw_buf_append(records, text.data, text.size) != SW_OK;
    atomic_fetch_add_explicit(capture->total, records->size - before, memory_order_relaxed);
}

enum sw_status reporter_replay(struct reporter *reporter, const struct capture *capture)
{
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&capture->records));
    enum sw_status status = SW_OK;

    while (status == SW_OK && !sw_cursor_at_end(&cursor)) {
        uint64_t number = 0;
        uint32_t size = 0;
        struct sw_view text;
        if (sw_cursor_u64(&cursor, &number) != SW_OK || sw_cursor_u32(&cursor, &size) != SW_OK ||
            sw_cursor_bytes(&cursor, size, &text) != SW_OK)
            return SW_STOP;
        if (is_new(reporter, number))
            status = send_text(reporter, text);
    }
    return status == SW_SKIP ? SW_STOP : status;
}

static enum sw_status send_record(struct reporter *reporter, const json_t *record, uint64_t number)
{
    char *dump = record != NULL ? json_dumps(record, JSON_COMPACT) : NULL;

    if (dump == NULL)
        return SW_SKIP;
    const struct sw_view text = {(const uint8_t *)dump, strlen(dump)};
    enum sw_status status = text.size <= SW_RECORD_MAX - RECORD_HEAD ? SW_OK : SW_SKIP;
    if (status == SW_OK && reporter->capture != NULL)
        capture_take(reporter->capture, number, text);
    else if (status == SW_OK)
        status = send_text(reporter, text);
    free(dump);
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
    const uint64_t number =
        number_of(reporter, hit->rule->identifier, hit->rule->ns->name, (struct sw_view){0}, facts);
    enum sw_status status = SW_SKIP;

    if (!is_new(reporter, number))
        return SW_OK;
    /* A record that is too large for the wire keeps fewer of its matches;
     * match_count still tells how many there were. */
    for (size_t count = count_that_may_fit(hit);; count /= 2) {
        json_t *record =
            finding_json("yara", rule_json(hit->rule), family_json(hit->rule), hit->match_count,
                         matches_json(hit, count, facts->raw), facts);
        status = send_record(reporter, record, number);
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
    const uint64_t number = number_of(reporter, hit->indicator->id, hit->indicator->namespace_,
                                      hit->package_version, facts);

    if (!is_new(reporter, number))
        return SW_OK;
    json_t *record =
        finding_json(kind, indicator_json(hit->indicator), sw_text_json(hit->indicator->family), 1,
                     indicator_matches(hit), facts);
    enum sw_status status = SW_SKIP;
    struct sw_error error;

    if (hit->indicator->type != SW_INDICATOR_PACKAGE ||
        json_object_set_new(record, "package", package_json(hit)) == 0)
        status = send_record(reporter, record, number);
    json_decref(record);
    if (status != SW_SKIP)
        return status;
    (void)sw_fail_gap(&error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "report", 0,
                      "%s fits, but its record could not be made", hit->indicator->id);
    return reporter_gap(reporter, &error, NULL, facts->chain);
}

/* A name that need not print. */
static json_t *escaped_json(struct sw_view bytes)
{
    struct sw_buf escaped;
    json_t *json = NULL;

    if (bytes.size == 0)
        return json_string("");
    sw_buf_init(&escaped, 4 * SW_KIB);
    if (sw_text_escape(&escaped, bytes) == SW_OK)
        json = json_stringn((const char *)escaped.data, escaped.size);
    sw_buf_done(&escaped);
    return json;
}

enum sw_status reporter_integrity(struct reporter *reporter, const char *name, const char *title,
                                  const char *detail, struct sw_view member,
                                  const struct finding_facts *facts)
{
    const uint64_t number = number_of(reporter, name, "integrity", member, facts);

    if (!is_new(reporter, number))
        return SW_OK;
    json_t *rule = json_pack("{s:s, s:s, s:[s], s:{s:s, s:s, s:s, s:o}}", "name", name, "namespace",
                             "integrity", "tags", "integrity", "meta", "title", title, "severity",
                             sw_severity_name(facts->rule_severity), "detail", detail, "member",
                             escaped_json(member));
    json_t *record = finding_json("integrity", rule, json_null(), 0, json_array(), facts);
    enum sw_status status = send_record(reporter, record, number);
    struct sw_error error;

    json_decref(record);
    if (status != SW_SKIP)
        return status;
    (void)sw_fail_gap(&error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "report", 0,
                      "%s holds, but its record could not be made", name);
    return reporter_gap(reporter, &error, NULL, facts->chain);
}

/* Gaps that say more about the machine than about the object. */
static bool is_of_the_moment(enum sw_gap reason)
{
    return reason == SW_GAP_LIMIT_MEMORY || reason == SW_GAP_LIMIT_SPILL ||
           reason == SW_GAP_NO_SPACE || reason == SW_GAP_TIMEOUT;
}

enum sw_status reporter_gap(struct reporter *reporter, const struct sw_error *error,
                            const YR_RULE *rule, json_t *chain)
{
    if (error->reason == SW_GAP_CHANGED_WHILE_READING) {
        if (reporter->changed_reported)
            return SW_OK;
        reporter->changed_reported = true;
    }
    if (reporter->capture != NULL && is_of_the_moment(error->reason))
        reporter->capture->spoiled = true;
    json_t *record =
        json_pack("{s:s, s:s, s:o, s:o}", "type", "gap", "reason", sw_gap_name(error->reason),
                  "detail", sw_text_json(error->text), "chain", chain_json(chain));
    if (record != NULL && rule != NULL)
        json_object_set_new(
            record, "rule",
            json_pack("{s:s, s:s}", "name", rule->identifier, "namespace", rule->ns->name));
    enum sw_status status = send_record(reporter, record, 0);
    json_decref(record);
    /* Without the memory for a gap nothing truthful can be said any more: the
     * supervisor retries the item with a fresh engine. */
    return status == SW_SKIP ? SW_STOP : status;
}

enum sw_status reporter_disk_image(struct reporter *reporter, json_t *members, json_t *chain)
{
    json_t *record = json_pack("{s:s, s:o}", "type", "disk_image", "chain", chain_json(chain));
    enum sw_status status = SW_SKIP;

    if (record != NULL && json_object_update(record, members) == 0)
        status = send_record(reporter, record, 0);
    json_decref(record);
    return status == SW_SKIP ? SW_STOP : status;
}

enum sw_status reporter_root(struct reporter *reporter, const json_t *record)
{
    return send_record(reporter, record, 0) == SW_STOP ? SW_STOP : SW_OK;
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

enum sw_status reporter_dist(const struct reporter *reporter, struct sw_view body)
{
    return send_body(reporter, SW_MESSAGE_DIST, body);
}

enum sw_status reporter_image(const struct reporter *reporter, struct sw_view body)
{
    return send_body(reporter, SW_MESSAGE_IMAGE, body);
}
