/* SPDX-License-Identifier: Apache-2.0 */
/*
 * examine.c - one object: rules, indicators, and what is decoded out of it.
 *
 * A layer is an object too, in the place of the text that held it, three deep at
 * most; so is a member of a container (unpack/). Everything of an object is
 * reported under its own chain.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/view.h"
#include "desk.h"
#include "engine/parts.h"
#include "engine/raw_hits.h"
#include "engine/source/bytes.h"
#include "engine/source/utf16.h"
#include "fault.h"
#include "sweeper/image.h"

static enum sw_status look(struct object *object, struct sw_scan_effort *effort,
                           struct sw_error *error);

/* --- reports -------------------------------------------------------------------- */

/* What ends too early inside a set that goes on is in a part that is missing. */
static const struct sw_error *refine(const struct object *object, const struct sw_error *error,
                                     struct sw_error *refined)
{
    while (object != NULL && object->next_part == NULL)
        object = object->parent;
    if (object == NULL ||
        (error->reason != SW_GAP_TRUNCATED && error->reason != SW_GAP_MISSING_PART) ||
        strstr(error->text, object->next_part) != NULL)
        return error;
    *refined = *error;
    (void)sw_fail_gap(refined, SW_PART, SW_GAP_MISSING_PART, "parts", 0, "%s (without %s)",
                      error->text, object->next_part);
    return refined;
}

void examine_gap(void *context, const struct sw_error *error, const YR_RULE *rule)
{
    struct object *object = context;
    json_t *chain = object_chain(object);
    struct sw_error refined;

    error = refine(object, error, &refined);
    if (reporter_gap(&object->desk->reporter, error, rule, chain) != SW_OK)
        _exit(EXIT_FAILURE); /* the supervisor is gone, or memory for one line is */
    json_decref(chain);
}

/* The finding is not lost: without a digest it is reported as a gap that names
 * what was found. */
static void report_undescribed(struct object *object, const char *name, const YR_RULE *rule,
                               struct sw_error *error)
{
    char why[sizeof(error->text)];

    memcpy(why, error->text, sizeof(why));
    (void)sw_fail_gap(error, SW_SKIP, error->reason, "digest", 0,
                      "%s matched, but the object could not be hashed: %.400s", name, why);
    examine_gap(object, error, rule);
}

static struct finding_facts facts_of(const struct object *object, enum sw_severity severity,
                                     struct sw_place_verdict verdict)
{
    return (struct finding_facts){.sha256 = object->hex[SW_DIGEST_SHA256],
                                  .size = object->size,
                                  .type = object->type,
                                  .mime = object->mime,
                                  .chain = object_chain(object),
                                  .raw = object->hop.raw != NULL ? object : NULL,
                                  .rule_severity = severity,
                                  .verdict = verdict};
}

/* Where the matches stand; NULL when not all of them were kept, or there is no
 * memory: the place is then judged with more doubt. */
static struct sw_place_span *spans_of(const struct sw_rule_hit *hit)
{
    struct sw_place_span *spans = NULL;

    if (hit->match_count == hit->matches_kept)
        spans = calloc(hit->matches_kept + 1, sizeof(*spans));
    for (size_t i = 0; spans != NULL && i < hit->matches_kept; i++)
        spans[i] = (struct sw_place_span){hit->matches[i].offset, hit->matches[i].length};
    return spans;
}

static enum sw_status tell_rule(struct object *object, const struct sw_rule_hit *hit)
{
    const enum sw_severity severity = sw_rule_severity(hit->rule);
    struct sw_error error;

    object->found = true;
    if (object_describe(object, &error) != SW_OK) {
        report_undescribed(object, hit->rule->identifier, hit->rule, &error);
        return SW_OK;
    }
    if (object->own)
        return SW_OK;
    struct sw_place_span *spans = spans_of(hit);
    struct finding_facts facts = facts_of(object, severity,
                                          object_judge(object, severity, SW_EVIDENCE_YARA, spans,
                                                       spans != NULL ? hit->matches_kept : 0));
    free(spans);
    desk_enter(object->desk, SW_PHASE_REPORT);
    enum sw_status status = reporter_finding(&object->desk->reporter, hit, &facts);
    json_decref(facts.chain);
    return status;
}

static enum sw_status on_rule(void *context, const struct sw_rule_hit *hit)
{
    struct object *object = context;
    struct sw_rule_hit fresh = *hit;

    if (object->raw_hits == NULL)
        return tell_rule(object, hit);
    if (!raw_hits_want(object->raw_hits, object->hop.raw, &fresh))
        return SW_OK;
    const enum sw_status status = tell_rule(object, &fresh);
    raw_hits_told(object->raw_hits);
    return status;
}

/* --- indicators ------------------------------------------------------------------- */

static const struct {
    const char *kind;
    enum sw_evidence evidence;
} kinds[SW_INDICATOR_TYPE_COUNT] = {
    [SW_INDICATOR_HASH] = {"hash", SW_EVIDENCE_HASH},
    [SW_INDICATOR_PATH] = {"path", SW_EVIDENCE_PATH},
    [SW_INDICATOR_UNIT] = {"path", SW_EVIDENCE_PATH},
    [SW_INDICATOR_PACKAGE] = {"package", SW_EVIDENCE_PACKAGE},
};

/* Notes it, and says whether it had been noted. */
static bool was_told(struct object *object, const struct sw_indicator *row)
{
    for (size_t i = 0; i < object->told_count; i++)
        if (object->told[i] == row)
            return true;
    if (object->told_count < SW_TOLD_MAX)
        object->told[object->told_count++] = row;
    return false;
}

/* What built an image is told by its configuration; what came of it lies in its layers, and
 * is found there. */
static struct sw_place_verdict judge_indicator(struct object *object,
                                               const struct sw_indicator *row)
{
    const struct sw_place_verdict verdict =
        object_judge(object, row->severity, kinds[row->type].evidence, NULL, 0);

    if (row->type != SW_INDICATOR_PACKAGE || !image_is_config(object) ||
        verdict.severity <= SW_SEVERITY_MEDIUM)
        return verdict;
    return (struct sw_place_verdict){
        SW_SEVERITY_MEDIUM, "This is a step that built a container image: what it asked for need "
                            "not be in the image, so it is medium at most."};
}

enum sw_status examine_indicator(void *context, const struct sw_indicator_hit *hit)
{
    struct object *object = context;
    const struct sw_indicator *row = hit->indicator;
    struct sw_error error;

    object->found = true;
    if (row->type == SW_INDICATOR_PACKAGE ? packages_told(object, hit) : was_told(object, row))
        return SW_OK;
    if (object_describe(object, &error) != SW_OK) {
        report_undescribed(object, row->id, NULL, &error);
        return SW_OK;
    }
    if (object->own)
        return SW_OK;
    struct finding_facts facts = facts_of(object, row->severity, judge_indicator(object, row));
    desk_enter(object->desk, SW_PHASE_REPORT);
    enum sw_status status =
        reporter_indicator(&object->desk->reporter, kinds[row->type].kind, hit, &facts);
    json_decref(facts.chain);
    return status;
}

enum sw_status examine_integrity(struct object *object, const struct integrity *what)
{
    static const char reason[] = "what a container says of itself is judged wherever it lies";
    struct sw_error error;

    object->found = true;
    if (object_describe(object, &error) != SW_OK) {
        report_undescribed(object, what->name, NULL, &error);
        return SW_OK;
    }
    struct finding_facts facts =
        facts_of(object, what->severity, (struct sw_place_verdict){what->severity, reason});
    desk_enter(object->desk, SW_PHASE_REPORT);
    enum sw_status status = reporter_integrity(&object->desk->reporter, what->name, what->title,
                                               what->detail, what->member, &facts);
    json_decref(facts.chain);
    return status;
}

static enum sw_status check_hashes(struct object *object, const struct sw_match_object *known)
{
    const struct sw_matcher *matcher = object->desk->engine->matcher;
    unsigned set = sw_match_digests(matcher, known);
    const char *hex[SW_DIGEST_COUNT] = {NULL};
    struct sw_error error;

    if (set == 0 && !known->suspect)
        return SW_OK;
    if (object_hash(object, set, &error) != SW_OK) {
        report_undescribed(object, "an indicator's size and kind", NULL, &error);
        return SW_OK;
    }
    for (size_t kind = 0; kind < SW_DIGEST_COUNT; kind++)
        hex[kind] = object->hex[kind][0] != '\0' ? object->hex[kind] : NULL;
    return sw_match_hash(matcher, hex, examine_indicator, object);
}

/* What the names say holds for the file alone; a layer has a digest of its own. */
static enum sw_status indicate(struct object *object)
{
    const struct engine *engine = object->desk->engine;
    const struct sw_view path = {(const uint8_t *)object->label.path, strlen(object->label.path)};
    struct sw_match_object known = {
        .path = path, .head = object->scan_head, .size = object->blob->size};
    enum sw_status status = SW_OK;

    if (!object_is_layer(object)) {
        status = sw_match_path(engine->matcher, &known, examine_indicator, object);
        if (status == SW_OK)
            status = packages_examine(object);
    }
    known.suspect = object->found || engine->config.hash_all;
    return status == SW_OK ? check_hashes(object, &known) : status;
}

/* --- layers --------------------------------------------------------------------------- */

static unsigned layers_of(const struct object *object)
{
    unsigned depth = 0;
    for (; object->parent != NULL; object = object->parent)
        depth += object_is_layer(object) ? 1 : 0;
    return depth;
}

static void say_limit(struct object *object, enum sw_gap reason, const char *text)
{
    struct sw_error error = {0};
    (void)!sw_fail_gap(&error, SW_PART, reason, "decode", 0, "%s", text);
    examine_gap(object, &error, NULL);
}

static enum sw_status on_layer(void *context, const struct sw_layer *layer)
{
    struct object *parent = context;
    struct sw_blob blob = sw_blob_of_bytes(layer->content.data, layer->content.size);
    struct object object = {.desk = parent->desk,
                            .parent = parent,
                            .hop = {.kind = "decoded",
                                    .encoding = layer->encoding,
                                    .offset = layer->offset,
                                    .length = layer->length},
                            .blob = &blob,
                            .label = parent->label};
    struct sw_scan_effort effort;
    struct sw_error error = {0};

    if (parent->hop.raw != NULL && layer->offset + layer->length <= parent->hop.raw->told)
        return SW_OK;                        /* the window before had it whole */
    parent->scan_head = (struct sw_view){0}; /* the next scan takes its room */
    if (++parent->desk->layers > SW_LAYERS_MAX) {
        if (parent->desk->layers == SW_LAYERS_MAX + 1)
            say_limit(parent, SW_GAP_LIMIT_MEMBERS, "more than 4,096 encoded runs");
        return SW_OK;
    }
    if (layer->cut)
        say_limit(&object, SW_GAP_LIMIT_BYTES,
                  "only the beginning was decoded: it is larger than the limits");
    enum sw_status status = look(&object, &effort, &error);
    if (status == SW_SKIP)
        examine_gap(&object, &error, NULL);
    if (status != SW_STOP)
        status = unpack_object(object.desk->unpack, &object);
    sw_blob_close(&blob);
    return status == SW_STOP ? SW_STOP : SW_OK;
}

/* Most texts hold no run: one look at what the scan has at hand says so. */
static bool may_hold_runs(const struct object *object, const struct sw_finder *finder)
{
    const struct sw_view path = {(const uint8_t *)object->label.path, strlen(object->label.path)};
    const struct sw_view head = object->scan_head;

    if (!sw_layers_wanted(path, head))
        return false;
    return head.size < object->blob->size || sw_finder_sees(finder, head);
}

/* Read again, because every layer is a scan that takes the scanner's room. */
static enum sw_status feed_finder(struct object *object, struct sw_finder *finder)
{
    struct desk *desk = object->desk;
    uint64_t offset = 0;
    size_t got = DIGEST_CHUNK;
    enum sw_status status = SW_OK;

    while (got == DIGEST_CHUNK && status == SW_OK) {
        struct sw_error error;
        uint8_t *chunk = desk->layer_chunks[layers_of(object)];
        if (sw_blob_read_at(object->blob, offset, chunk, DIGEST_CHUNK, &got, &error) != SW_OK)
            return SW_OK; /* the scan has said so */
        status = sw_finder_feed(finder, (struct sw_view){chunk, got});
        offset += got;
    }
    return status == SW_OK ? sw_finder_end(finder) : status;
}

/* In UTF-8, up to the limit. SW_SKIP: no memory. SW_END: it cannot be read, which
 * the scan has said. */
static enum sw_status read_text(struct object *object, struct sw_utf16 form, struct sw_buf *text,
                                struct sw_layer *layer, struct sw_error *error)
{
    uint8_t *chunk = object->desk->layer_chunks[layers_of(object)];
    uint64_t offset = form.mark_size;
    bool last = false;

    while (!last) {
        size_t got = 0, done = 0;
        if (sw_blob_read_at(object->blob, offset, chunk, DIGEST_CHUNK, &got, error) != SW_OK)
            return SW_END;
        layer->cut = offset + got > SW_UTF16_MAX;
        last = layer->cut || got < DIGEST_CHUNK;
        if (layer->cut)
            got = (size_t)(SW_UTF16_MAX - offset);
        if (sw_utf16_convert(form.order, (struct sw_view){chunk, got}, last, text, &done) != SW_OK)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "decode", 0,
                               "no memory to turn UTF-16 into UTF-8");
        offset += done;
    }
    layer->length = offset;
    layer->content = sw_buf_view(text);
    return SW_OK;
}

/* The whole text is one layer; what runs it holds are found there. */
static enum sw_status convert(struct object *object, struct sw_utf16 form, struct sw_error *error)
{
    struct sw_layer layer = {.encoding = sw_utf16_name(form.order)};
    struct sw_buf text;

    sw_buf_init(&text, SW_UTF8_MAX);
    enum sw_status status = read_text(object, form, &text, &layer, error);
    if (status == SW_OK)
        status = on_layer(object, &layer);
    sw_buf_done(&text);
    return status == SW_END ? SW_OK : status;
}

/* SW_SKIP: there was no memory for it; the error says so. */
static enum sw_status decode(struct object *object, struct sw_error *error)
{
    const struct sw_utf16 form = sw_utf16_of(object->scan_head);
    unsigned depth = layers_of(object);

    if (!object->desk->engine->config.decode ||
        (form.order == SW_UTF16_NONE && !may_hold_runs(object, object->desk->finders[0])))
        return SW_OK;
    if (depth >= SW_LAYER_DEPTH_MAX) {
        say_limit(object, SW_GAP_LIMIT_DEPTH,
                  "what is encoded in the third layer is not looked into");
        return SW_OK;
    }
    if (form.order != SW_UTF16_NONE)
        return convert(object, form, error);
    struct sw_finder *finder = object->desk->finders[depth];
    sw_finder_begin(finder, on_layer, object);
    return feed_finder(object, finder);
}

/* --- disks ------------------------------------------------------------------------------ */

#define DISK_MIN ((uint64_t)1 << 20) /* bytes; what is smaller is searched in any case */

/* Whether bytes begin as a program or a text does: most file systems leave their first
 * block to boot code, and somebody may have put something else there. No boot sector has
 * 32 bytes without one that no text has. */
static bool begins_as_program(struct sw_view head)
{
    static const char *const magics[] = {
        "\x7f\x45LF",       "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe",
        "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "\xca\xfe\xba\xbf", "dex\n",
        "\x1bLua"};
    size_t text = 0, plain = 0;

    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
        if (sw_bytes_at(head, 0, magics[i], 4))
            return true;
    if (sw_bytes_at(head, 0, "MZ", 2) || sw_bytes_at(head, 0, "#!", 2) ||
        sw_bytes_at(head, 0, "\xef\xbb\xbf", 3) || sw_bytes_at(head, 0, "\xff\xfe", 2) ||
        sw_bytes_at(head, 0, "\xfe\xff", 2) || sw_bytes_at(head, 0, "\0asm", 4) ||
        sw_bytes_at(head, 2, "\r\n", 2)) /* the last one: Python's bytecode */
        return true;
    while (text < head.size &&
           (head.data[text] >= ' ' || (head.data[text] >= '\t' && head.data[text] <= '\r'))) {
        plain += plain == text && head.data[text] < 0x7f ? 1 : 0;
        text++;
    }
    if (sw_bytes_at(head, 0, "conectix", 8) || sw_bytes_at(head, 0, "vhdxfile", 8))
        return text == head.size;
    return plain >= 8 || text == head.size;
}

static bool reads_as_program(struct object *object)
{
    uint8_t first[32];
    struct sw_error error;
    size_t got = 0;

    return sw_is_script_name(sw_view_of(object->label.path)) ||
           sw_blob_read_at(object->blob, 0, first, sizeof(first), &got, &error) != SW_OK ||
           begins_as_program((struct sw_view){first, got});
}

/* A disk, or the file system of one: what is in it will be looked at. What may be
 * something else besides, or is small, is looked at as it lies, too. */
static bool is_disk(struct object *object)
{
    bool disk = object->blob->size_known && object->blob->size >= DISK_MIN &&
                object->desk->engine->config.archives;

    if (!disk || reads_as_program(object))
        return false;
    object_probe(object);
    for (size_t i = 0; i < object->bid_count; i++)
        disk = disk && object->bids[i].source->disk;
    return disk && object->bid_count != 0 && object->bids[0].bits >= SW_BID_GOOD;
}

/* Its bytes are not searched; its name and its digest count all the same. */
static enum sw_status name_disk(struct object *object)
{
    const struct engine *engine = object->desk->engine;
    struct sw_match_object known = {.path = sw_view_of(object->label.path),
                                    .size = object->blob->size};
    const enum sw_status status = sw_match_path(engine->matcher, &known, examine_indicator, object);

    known.suspect = object->found || engine->config.hash_all;
    return status == SW_OK ? check_hashes(object, &known) : status;
}

/* --- one object ------------------------------------------------------------------------- */

static enum sw_status scan(struct object *object, struct sw_scan_effort *effort,
                           struct sw_error *error)
{
    const struct sw_scan_output output = {.context = object, .hit = on_rule, .gap = examine_gap};

    desk_enter(object->desk, SW_PHASE_SCAN);
    return sw_scanner_scan(object->desk->scanner, object->blob, &object->label, &output, effort,
                           &object->scan_head, error);
}

static enum sw_status look(struct object *object, struct sw_scan_effort *effort,
                           struct sw_error *error)
{
    enum sw_status status = scan(object, effort, error);

    if (status == SW_STOP)
        return status;
    object_probe(object);
    if (status < SW_PART)
        return status;
    if (indicate(object) == SW_STOP || (object->parent == NULL && dists_file(object) == SW_STOP))
        return SW_STOP;
    enum sw_status decoded = decode(object, error);
    return decoded < status ? decoded : status;
}

/* Goes to work on `item`, with the others or alone. While it waits, it is at
 * nothing: the watch does not count that time. */
static void go_in(struct desk *desk, uint64_t item, bool alone)
{
    struct sw_memory_budget *budget = &desk->engine->budget;

    if (!sw_memory_budget_try_enter(budget, alone)) {
        atomic_store_explicit(&desk->slot->item, 0, memory_order_release);
        sw_memory_budget_enter(budget, alone);
    }
    atomic_store_explicit(&desk->slot->item, item, memory_order_release);
}

/* When memory ran out, another worker may have had it all: the object is looked
 * at again while no other is, so that only what is too large by itself becomes
 * a gap. */
static enum sw_status examine_once(struct object *object, struct sw_scan_effort *effort,
                                   struct sw_error *error)
{
    struct desk *desk = object->desk;
    const uint64_t item = desk->reporter.item;

    desk->layers = 0;
    desk->members = 0;
    desk->member_bytes = 0;
    unpack_begin(desk->unpack, object->blob->size);
    packages_begin(desk);
    image_begin(object);
    go_in(desk, item, false);
    desk_enter(desk, SW_PHASE_SCAN);
    fault_provoke(object->blob);
    const bool kept = image_is_kept(object);
    object->covered = !kept && parts_lie_on_disk(desk->parts, object) && !reads_as_program(object);
    object->disk = !kept && (object->covered || is_disk(object));
    enum sw_status status = kept           ? SW_OK
                            : object->disk ? name_disk(object)
                                           : look(object, effort, error);
    if (object->disk)
        effort->bytes_read = object->blob->size;
    if (status == SW_SKIP && error->reason == SW_GAP_LIMIT_MEMORY && desk->reporter.sequence == 0 &&
        desk->engine->config.thread_count > 1) {
        desk_enter(desk, SW_PHASE_IDLE);
        sw_memory_budget_leave(&desk->engine->budget);
        go_in(desk, item, true);
        (void)malloc_trim(0);
        status = look(object, effort, error);
    }
    if (status != SW_STOP && !kept)
        parts_apply(desk->parts, object);
    if (status != SW_STOP && !kept &&
        (image_document(object, status >= SW_PART) == SW_STOP ||
         unpack_object(desk->unpack, object) == SW_STOP))
        status = SW_STOP;
    /* What does not hold is told when it does. */
    if (image_end(object, status != SW_STOP && !unpack_begins_again(desk->unpack)) == SW_STOP)
        status = SW_STOP;
    sw_memory_budget_leave(&desk->engine->budget);
    return status;
}

/* A part of an image by its name is a document or nothing; anything else may be the archive
 * that an image was saved to, or a configuration under any name. */
static enum sw_status examine_documents(struct object *object)
{
    struct desk *desk = object->desk;
    const struct sw_view path = sw_view_of(object->label.path);
    const bool part = sw_image_name_of(path).form != SW_IMAGE_FORM_NONE;

    desk->layers = 0;
    desk->members = 0;
    desk->member_bytes = 0;
    unpack_begin(desk->unpack, object->blob->size);
    image_begin(object);
    go_in(desk, desk->reporter.item, false);
    desk_enter(desk, SW_PHASE_SCAN);
    enum sw_status status = image_document(object, true);
    if (image_end(object, status == SW_OK && (part || image_is_config(object))) == SW_STOP)
        status = SW_STOP;
    if (status == SW_OK && !part) {
        object_probe(object);
        status = unpack_object(desk->unpack, object);
    }
    sw_memory_budget_leave(&desk->engine->budget);
    return status;
}

static enum sw_status document_member(struct object *member)
{
    image_begin(member);
    if (member->hop.stream)
        object_probe(member);
    return image_document(member, true);
}

enum sw_status examine(struct object *object, struct sw_scan_effort *effort, struct sw_error *error)
{
    struct desk *desk = object->desk;
    const struct object before = *object;
    enum sw_status status =
        desk->documents ? examine_documents(object) : examine_once(object, effort, error);

    if (status == SW_STOP || !unpack_begins_again(desk->unpack))
        return status;
    *object = before;
    *effort = (struct sw_scan_effort){0};
    desk->alone = true;
    reporter_begin_again(&desk->reporter);
    return image_again(desk) == SW_STOP ? SW_STOP : examine_once(object, effort, error);
}

/* Its own runs are counted apart from those of the object around it. */
enum sw_status examine_member(struct object *member)
{
    struct desk *desk = member->desk;
    const unsigned layers = desk->layers;
    struct sw_scan_effort effort = {0};
    struct sw_error error = {0};

    if (desk->documents)
        return document_member(member);
    desk->layers = 0;
    packages_begin(desk);
    parcel_examine(member);
    parcel_label(member);
    image_begin(member);
    desk_enter(desk, SW_PHASE_SCAN);
    fault_provoke(member->blob);
    if (image_is_kept(member)) {
        desk->layers = layers;
        return SW_OK;
    }
    member->disk = is_disk(member);
    enum sw_status status = member->disk ? name_disk(member) : look(member, &effort, &error);
    desk->layers = layers;
    if (status == SW_SKIP)
        examine_gap(member, &error, NULL);
    desk->members += status >= SW_PART ? 1 : 0;
    desk->member_bytes += effort.bytes_read;
    return status == SW_STOP ? SW_STOP : image_document(member, status >= SW_PART);
}

enum sw_status examine_name(struct object *member)
{
    const struct sw_view path = {(const uint8_t *)member->label.path, strlen(member->label.path)};
    const struct sw_match_object known = {.path = path};
    struct sw_blob nothing = sw_blob_of_bytes(NULL, 0);

    member->blob = &nothing;
    enum sw_status status =
        sw_match_path(member->desk->engine->matcher, &known, examine_indicator, member);
    member->blob = NULL;
    return status == SW_STOP ? SW_STOP : SW_OK;
}
