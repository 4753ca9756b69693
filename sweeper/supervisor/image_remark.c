/* SPDX-License-Identifier: Apache-2.0 */
/* image_remark.c - findings and gaps about images themselves, as records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/fingerprint.h"
#include "supervisor/image_tell.h"
#include "supervisor/record_parts.h"
#include "sweeper/record.h"

/* --- the place ----------------------------------------------------------------------------- */

static unsigned digit(uint8_t byte)
{
    return sw_is_digit(byte) ? byte - (unsigned)'0' : (sw_lower(byte) - (unsigned)'a' + 10) & 15;
}

/* The exact bytes of a hop, over its text. */
static struct sw_view unescape(char *hop, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        if (hop[i] == '%' && i + 2 < size) {
            hop[used++] = (char)(digit((uint8_t)hop[i + 1]) << 4 | digit((uint8_t)hop[i + 2]));
            i += 2;
        } else {
            hop[used++] = hop[i];
        }
    }
    return (struct sw_view){(const uint8_t *)hop, used};
}

/* All that is known of these hops is what they are called. */
static void push_hops(json_t **chain, char *place)
{
    char *hop = strchr(place, '!');

    while (hop != NULL) {
        char *next = strchr(++hop, '!');
        json_t *made = json_object();
        sw_put_text(&made, "kind", "member");
        const size_t size = next != NULL ? (size_t)(next - hop) : strlen(hop);
        sw_put_bytes(&made, "name", unescape(hop, size));
        sw_push(chain, made);
        hop = next;
    }
}

static json_t *id_of(const json_t *record, const struct image_blob *blob)
{
    const struct sw_view place = sw_view_of(blob->place);

    return sw_fingerprint(&(struct sw_fingerprint_parts){
        .rule = json_object_get(record, "rule"),
        .object = json_object_get(record, "object"),
        .hops = &place,
        .hop_count = 1,
    });
}

/* Takes a record about the file, and gives one about the blob in it. */
static json_t *at_blob(json_t *record, const struct image_blob *blob)
{
    json_t *chain = json_incref(json_object_get(record, "chain"));
    char *place = strdup(blob->place);

    if (place != NULL)
        push_hops(&chain, place);
    if (record != NULL)
        sw_put(&record, "locator", json_string(blob->place));
    if (record != NULL && json_object_get(record, "id") != NULL)
        sw_put(&record, "id", id_of(record, blob));
    if (place == NULL || chain == NULL) {
        json_decref(record);
        record = NULL;
    }
    json_decref(chain);
    free(place);
    return record;
}

/* --- findings -------------------------------------------------------------------------------- */

static const struct {
    const char *name, *title, *detail;
} findings[] = {
    [IMAGE_TROUBLE_DIGEST] = {"image_blob_digest",
                              "Part of an image that is not what its name says",
                              "its bytes have another digest than the one that it is named by"},
    [IMAGE_TROUBLE_DIFF_ID] = {"image_layer_diff_id",
                               "Layer that is not what the image's configuration says",
                               "its tar has another digest than the configuration gives it"},
};

/* As the engine would have sent it. */
static json_t *engine_form(const struct image_remark *remark)
{
    static const char reason[] = "what an image says of its parts holds wherever it lies";
    const struct image_blob *blob = remark->blob;
    char expected[80], found[80];

    snprintf(expected, sizeof(expected), "sha256:%.64s", remark->expected);
    snprintf(found, sizeof(found), "sha256:%.64s", remark->found);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:n, s:{s:s, s:s, s:[s], s:{s:s, s:s, s:s, s:s, s:s}}, s:i, "
        "s:[], s:{s:s, s:I, s:s, s:s}, s:[]}",
        "type", "finding", "kind", "integrity", "severity", "high", "rule_severity", "high",
        "severity_reason", reason, "family", "rule", "name", findings[remark->trouble].name,
        "namespace", "integrity", "tags", "integrity", "meta", "title",
        findings[remark->trouble].title, "severity", "high", "detail",
        findings[remark->trouble].detail, "expected", expected, "found", found, "match_count", 0,
        "matches", "object", "sha256", blob->digest, "size", (json_int_t)blob->size, "type",
        blob->is_layer ? "layer of a container image" : "part of a container image", "mime",
        blob->is_layer ? "application/x-tar" : "application/octet-stream", "chain");
}

static json_t *finding_new(const struct image_remark *remark)
{
    json_t *form = engine_form(remark);
    char *text = form != NULL ? json_dumps(form, JSON_COMPACT) : NULL;
    json_t *record = NULL;
    struct sw_error error;

    if (text != NULL && sw_record_complete(text, strlen(text), &remark->blob->source->item, &record,
                                           &error) != SW_OK)
        record = NULL;
    free(text);
    json_decref(form);
    return record;
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum sw_gap reason_of(enum image_trouble trouble)
{
    switch (trouble) {
    case IMAGE_TROUBLE_MISSING:
    case IMAGE_TROUBLE_PLATFORM:
        return SW_GAP_MISSING_PART;
    case IMAGE_TROUBLE_COUNT:
    case IMAGE_TROUBLE_DAMAGED:
        return SW_GAP_DAMAGED;
    case IMAGE_TROUBLE_LARGE:
        return SW_GAP_LIMIT_MEMORY;
    case IMAGE_TROUBLE_DEPTH:
        return SW_GAP_LIMIT_DEPTH;
    case IMAGE_TROUBLE_CUT:
        return SW_GAP_LIMIT_MEMBERS;
    case IMAGE_TROUBLE_DIGEST:
    case IMAGE_TROUBLE_DIFF_ID:
        break;
    }
    return SW_GAP_NONE;
}

json_t *image_remark_record(const struct image_remark *remark)
{
    const enum sw_gap reason = reason_of(remark->trouble);
    json_t *record = reason == SW_GAP_NONE
                         ? finding_new(remark)
                         : sw_record_gap(&remark->blob->source->item, reason, remark->detail);

    return record != NULL ? at_blob(record, remark->blob) : NULL;
}
