/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_collect.c - keeps what libyara reports until the attempt is known to be
 * whole, then hands it out once.
 *
 * libyara is told to copy no matched bytes at all: they are taken from the
 * block itself, which stays until the result is emitted. A string that matches
 * a million times then costs 64 bytes a match and not 576.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/rule/scan_core.h"
#include "sweeper/rows.h"

/* Tables that grew past this are given back after the object. */
#define KEPT_BYTES_MAX ((size_t)1024 * 1024)

void sw_collect_clear(struct sw_collect *collect)
{
    if (collect->match_room * sizeof(*collect->matches) > KEPT_BYTES_MAX) {
        free(collect->matches);
        collect->matches = NULL;
        collect->match_room = 0;
    }
    collect->hit_count = 0;
    collect->match_count = 0;
    collect->noisy_count = 0;
}

void sw_collect_done(struct sw_collect *collect)
{
    free(collect->hits);
    free(collect->matches);
    free(collect->noisy);
    *collect = (struct sw_collect){0};
}

static bool keep_match(struct sw_scanner *scanner, const YR_STRING *string, const YR_MATCH *match)
{
    struct sw_collect *collect = &scanner->collect;
    const struct sw_object *object = &scanner->object;
    if (!sw_rows_grow(&collect->matches, &collect->match_room, collect->match_count + 1,
                      sizeof(*collect->matches)))
        return false;
    struct sw_match *kept = &collect->matches[collect->match_count++];
    *kept = (struct sw_match){.pattern = string->identifier,
                              .offset = (uint64_t)(match->base + match->offset),
                              .length = (uint64_t)match->match_length};
    const struct sw_span all = {.to = object->size, .data = object->whole};
    const struct sw_span *span =
        object->spans.count == 0 ? &all : sw_spans_at(&object->spans, kept->offset);
    if (span != NULL && span->data != NULL && kept->offset <= span->to) {
        uint64_t size = span->to - kept->offset;
        size = kept->length < size ? kept->length : size;
        kept->data.data = span->data + (kept->offset - span->from);
        kept->data.size = size < SW_MATCH_DATA_MAX ? (size_t)size : SW_MATCH_DATA_MAX;
    }
    return true;
}

static bool keep_string(struct sw_scanner *scanner, YR_SCAN_CONTEXT *context,
                        const YR_STRING *string, struct sw_collected *hit)
{
    uint32_t kept_max = scanner->setup.matches_max;
    uint64_t count = 0;
    YR_MATCH *match;
    /* Private strings are left out by the macro, as `yara -s` leaves them out. */
    yr_string_matches_foreach(context, string, match)
    {
        count++;
        if (kept_max != 0 && count > kept_max)
            continue;
        if (!keep_match(scanner, string, match))
            return false;
        hit->kept++;
    }
    hit->match_count += count;
    return true;
}

static int keep_rule(struct sw_scanner *scanner, YR_SCAN_CONTEXT *context, const YR_RULE *rule)
{
    struct sw_collect *collect = &scanner->collect;
    if (!sw_rows_grow(&collect->hits, &collect->hit_room, collect->hit_count + 1,
                      sizeof(*collect->hits)))
        return CALLBACK_ERROR;
    struct sw_collected hit = {.rule_index = (uint32_t)(rule - context->rules->rules_table),
                               .first = collect->match_count};
    const YR_STRING *string;
    yr_rule_strings_foreach(rule, string)
    {
        if (!keep_string(scanner, context, string, &hit))
            return CALLBACK_ERROR;
    }
    collect->hits[collect->hit_count++] = hit;
    return CALLBACK_CONTINUE;
}

static int keep_noisy(struct sw_collect *collect, const YR_STRING *string)
{
    if (!sw_rows_grow(&collect->noisy, &collect->noisy_room, collect->noisy_count + 1,
                      sizeof(*collect->noisy)))
        return CALLBACK_ERROR;
    collect->noisy[collect->noisy_count++] = string->idx;
    return CALLBACK_CONTINUE;
}

static void note_import(struct sw_scanner *scanner, const char *name)
{
    sw_block_module(&scanner->block, name);
    if (strcmp(name, "magic") == 0)
        scanner->magic_imported = true;
    if (strcmp(name, "hash") == 0)
        scanner->hash_imported = true;
}

int sw_collect_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
    struct sw_scanner *scanner = user;
    switch (message) {
    case CALLBACK_MSG_IMPORT_MODULE:
        note_import(scanner, ((const YR_MODULE_IMPORT *)data)->module_name);
        return CALLBACK_CONTINUE;
    case CALLBACK_MSG_RULE_MATCHING:
        return scanner->collect.muted ? CALLBACK_CONTINUE : keep_rule(scanner, context, data);
    case CALLBACK_MSG_TOO_MANY_MATCHES:
        /* "Continue" sets this one string aside for the rest of the object: what
         * yara(1) does, with a warning. */
        return scanner->collect.muted ? CALLBACK_CONTINUE : keep_noisy(&scanner->collect, data);
    default:
        return CALLBACK_CONTINUE;
    }
}

static void emit_noisy(struct sw_scanner *scanner, const struct sw_scan_output *output,
                       uint32_t string_index)
{
    const YR_STRING *string = &scanner->rules->strings_table[string_index];
    const YR_RULE *rule = sw_scan_rule(scanner, string->rule_idx);
    struct sw_error gap = {0};
    (void)!sw_fail_gap(&gap, SW_PART, SW_GAP_RULE_ERROR, "scan", 0,
                       "rule %s: string %s matches more than %d times, results for this rule may "
                       "be incorrect",
                       rule->identifier, string->identifier, YR_MAX_STRING_MATCHES);
    output->gap(output->context, &gap, rule);
}

enum sw_status sw_collect_emit(struct sw_scanner *scanner, const struct sw_scan_output *output,
                               struct sw_error *error)
{
    const struct sw_collect *collect = &scanner->collect;
    for (size_t i = 0; i < collect->hit_count; i++) {
        const struct sw_collected *one = &collect->hits[i];
        struct sw_rule_hit hit = {.rule = sw_scan_rule(scanner, one->rule_index),
                                  .match_count = one->match_count,
                                  .matches_kept = one->kept};
        if (one->kept != 0)
            hit.matches = collect->matches + one->first;
        enum sw_status status = output->hit(output->context, &hit);
        if (status != SW_OK)
            return sw_fail(error, status, "scan", 0, "a result could not be taken");
    }
    for (size_t i = 0; i < collect->noisy_count; i++)
        emit_noisy(scanner, output, collect->noisy[i]);
    return collect->noisy_count == 0 ? SW_OK : SW_PART;
}
