/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_items.c - a list of 64-bit keys that grows with what was seen, and its sort:
 * by radix, so that no choice of keys makes it slow.
 */
#include <stdlib.h>
#include <string.h>

#include "zip_read.h"

enum { FIRST_CAPACITY = 1024, ITEMS_MAX = SW_ZIP_ENTRIES_MAX + 1 };

static bool out_of_memory(struct sw_zip_run *run, size_t count)
{
    run->status = sw_fail_gap(run->error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "zip", 0,
                              "no memory to check %zu entries", count);
    return false;
}

bool sw_zip_item_add(struct sw_zip_run *run, struct sw_zip_item item)
{
    if (run->item_count == run->item_capacity) {
        size_t capacity = run->item_capacity == 0 ? FIRST_CAPACITY : run->item_capacity * 2;
        if (capacity > ITEMS_MAX)
            capacity = ITEMS_MAX;
        if (capacity == run->item_count) {
            run->cut = true;
            return false;
        }
        struct sw_zip_item *items = realloc(run->items, capacity * sizeof *items);
        if (items == NULL)
            return out_of_memory(run, capacity);
        run->items = items;
        run->item_capacity = capacity;
    }
    run->items[run->item_count++] = item;
    return true;
}

static bool in_order(const struct sw_zip_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (items[i].key < items[i - 1].key)
            return false;
    return true;
}

/* One step of the sort: by the byte at `shift`, from `items` to `out`. False when
 * all have the same byte there, and nothing was moved. */
static bool sort_by_byte(const struct sw_zip_item *items, struct sw_zip_item *out, size_t count,
                         unsigned shift)
{
    size_t places[256] = {0};
    for (size_t i = 0; i < count; i++)
        places[items[i].key >> shift & 0xff]++;
    if (places[items[0].key >> shift & 0xff] == count)
        return false;
    size_t next = 0;
    for (size_t byte = 0; byte < 256; byte++) {
        size_t here = places[byte];
        places[byte] = next;
        next += here;
    }
    for (size_t i = 0; i < count; i++)
        out[places[items[i].key >> shift & 0xff]++] = items[i];
    return true;
}

bool sw_zip_items_sort(struct sw_zip_run *run)
{
    size_t count = run->item_count;
    if (count < 2 || in_order(run->items, count))
        return true;
    struct sw_zip_item *from = run->items;
    struct sw_zip_item *to = malloc(count * sizeof *to);
    if (to == NULL)
        return out_of_memory(run, count);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (!sort_by_byte(from, to, count, shift))
            continue;
        struct sw_zip_item *other = from;
        from = to;
        to = other;
    }
    free(to);
    run->items = from;
    run->item_capacity = count;
    return true;
}
