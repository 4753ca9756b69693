/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_spans.c - which bytes of a zip belong to which entry: what belongs to two,
 * and what belongs to none.
 */
#include <inttypes.h>
#include <string.h>

#include "zip_read.h"

static const struct sw_view nobody = {NULL, 0};

/* The name of an item's entry, for a finding. */
static struct sw_view name_of(struct sw_zip_run *run, const struct sw_zip_item *item)
{
    struct sw_zip_entry entry;
    if (item->central == UINT64_MAX || !sw_zip_central(run, item->central, UINT64_MAX, &entry))
        return nobody;
    return entry.name;
}

static bool all_zeros(struct sw_zip_run *run, uint64_t from, uint64_t to)
{
    while (from < to) {
        size_t size = to - from < SW_ZIP_FETCH_MAX ? (size_t)(to - from) : SW_ZIP_FETCH_MAX;
        const uint8_t *at = sw_zip_fetch(run, &run->local, from, size);
        if (at == NULL || at[0] != 0 || memcmp(at, at + 1, size - 1) != 0)
            return false;
        from += size;
    }
    return true;
}

/* Signatures of Android packages stand in front of the central directory. */
static bool is_apk_signature(struct sw_zip_run *run, uint64_t from, uint64_t to)
{
    static const char magic[] = "APK Sig Block 42";
    const uint8_t *at = NULL;
    if (to != run->check->central_at || to - from < 32)
        return false;
    at = sw_zip_fetch(run, &run->local, to - 24, 24);
    return at != NULL && memcmp(at + 8, magic, sizeof magic - 1) == 0 &&
           sw_zip_u64(at) == to - from - 8;
}

/* Bytes that no entry has. Padding and a few bytes of whatever are common; a local
 * header is not. */
static void look_between(struct sw_zip_run *run, uint64_t from, uint64_t to)
{
    if (from >= to)
        return;
    if (sw_zip_is(run, from, SW_ZIP_LOCAL)) {
        sw_zip_find(run, SW_ZIP_UNLISTED, from, to - from, nobody,
                    "%" PRIu64 " bytes at byte %" PRIu64, to - from, from);
        return;
    }
    if (to - from <= SW_ZIP_GAP_MAX || all_zeros(run, from, to) || is_apk_signature(run, from, to))
        return;
    if (run->status == SW_OK)
        sw_zip_find(run, SW_ZIP_BETWEEN, from, to - from, nobody,
                    "%" PRIu64 " bytes at byte %" PRIu64, to - from, from);
}

/* What stands before the first entry is an installer's business, unless it begins
 * as a zip begins: then a reader of local headers sees other entries first. */
static void look_in_front(struct sw_zip_run *run, uint64_t first)
{
    bool mark = first == 4 &&
                (sw_zip_is(run, 0, SW_ZIP_ONE_PART) || sw_zip_is(run, 0, SW_ZIP_DESCRIPTOR_MARK));
    run->check->front_size = mark ? 0 : first;
    if (first > 0 && sw_zip_is(run, 0, SW_ZIP_LOCAL))
        look_between(run, 0, first);
}

static void look_at_overlap(struct sw_zip_run *run, const struct sw_zip_item *item,
                            const struct sw_zip_item *before)
{
    uint64_t shared = before->end - item->key;
    if (item->central == UINT64_MAX)
        sw_zip_find(run, SW_ZIP_BEYOND, item->key, shared, name_of(run, before),
                    "by %" PRIu64 " bytes, at byte %" PRIu64, shared, item->key);
    else
        sw_zip_find(run, SW_ZIP_OVERLAP, item->key, shared, name_of(run, item),
                    "%" PRIu64 " bytes at byte %" PRIu64, shared, item->key);
}

void sw_zip_spans(struct sw_zip_run *run)
{
    const struct sw_zip_check *check = run->check;
    /* The directory and the end records are a span like any other, with no entry. */
    struct sw_zip_item own = {check->central_at, check->back_offset, UINT64_MAX};
    if (!sw_zip_item_add(run, own) || !sw_zip_items_sort(run))
        return;
    look_in_front(run, run->items[0].key);
    const struct sw_zip_item *before = &run->items[0];
    for (size_t i = 1; i < run->item_count && run->status == SW_OK; i++) {
        const struct sw_zip_item *item = &run->items[i];
        if (item->key < before->end)
            look_at_overlap(run, item, before);
        else
            look_between(run, before->end, item->key);
        if (item->end > before->end)
            before = item;
    }
    if (!run->cut)
        look_between(run, run->central_end, run->end_at);
}
