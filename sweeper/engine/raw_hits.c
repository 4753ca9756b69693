/* SPDX-License-Identifier: Apache-2.0 */
/* raw_hits.c - hits in bytes as they lie. */
#include "engine/raw_hits.h"

#include <stdlib.h>

#include "engine/desk.h"
#include "engine/disk/raw_windows.h"
#include "sweeper/text.h"

struct raw_hits *raw_hits_begin(struct raw_hits *hits, const struct sw_raw_place *raw)
{
    hits->before_count = raw != NULL && raw->told != 0 ? hits->now_count : 0;
    for (size_t i = 0; i < hits->before_count; i++)
        hits->before[i] = hits->now[i];
    hits->now_count = 0;
    return raw != NULL ? hits : NULL;
}

static bool was_told(const struct raw_hits *hits, const YR_RULE *rule)
{
    for (size_t i = 0; i < hits->before_count; i++)
        if (hits->before[i] == rule)
            return true;
    return false;
}

/* Leaves out matches in the first `told` bytes. Without memory none is left out. */
static void leave_out(struct raw_hits *hits, uint64_t told, struct sw_rule_hit *hit)
{
    size_t count = 0;

    hits->fresh = calloc(hit->matches_kept + 1, sizeof(*hits->fresh));
    if (hits->fresh == NULL)
        return;
    for (size_t i = 0; i < hit->matches_kept; i++)
        if (hit->matches[i].offset + hit->matches[i].length > told)
            hits->fresh[count++] = hit->matches[i];
    hit->match_count -= hit->matches_kept - count;
    hit->matches_kept = count;
    hit->matches = hits->fresh;
}

bool raw_hits_want(struct raw_hits *hits, const struct sw_raw_place *raw, struct sw_rule_hit *hit)
{
    if (hit->match_count == 0)
        return false;
    if (hits->now_count < RAW_RULES_MAX)
        hits->now[hits->now_count++] = hit->rule;
    if (was_told(hits, hit->rule))
        leave_out(hits, raw->told, hit);
    if (hit->match_count != 0)
        return true;
    raw_hits_told(hits);
    return false;
}

void raw_hits_told(struct raw_hits *hits)
{
    free(hits->fresh);
    hits->fresh = NULL;
}

/* The disk ends where what is around it is no disk, or does not have it in one piece. */
static uint64_t in_disk(const struct object *volume, uint64_t at)
{
    for (; volume->parent != NULL && volume->hop.placed; volume = volume->parent)
        if (__builtin_add_overflow(at, volume->hop.place, &at))
            return SW_RAW_NOWHERE;
    return at;
}

void raw_hits_place(const struct object *object, uint64_t offset, json_t *match)
{
    const struct sw_raw_place *raw = object->hop.raw;
    struct sw_buf text;

    if (raw == NULL)
        return;
    const uint64_t at = sw_raw_place_of(raw, offset);
    const uint64_t image = at == SW_RAW_NOWHERE ? at : in_disk(object->parent, at);
    if (image > INT64_MAX)
        return;
    json_object_set_new(match, "image_offset", json_integer((json_int_t)image));
    const struct sw_view former =
        raw->former != NULL ? raw->former(raw->context, at) : (struct sw_view){0};
    sw_buf_init(&text, former.size * 4 + 16);
    if (former.size != 0 && sw_text_escape(&text, former) == SW_OK)
        json_object_set_new(match, "former", json_stringn((const char *)text.data, text.size));
    sw_buf_done(&text);
}
