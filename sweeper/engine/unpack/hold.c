/* SPDX-License-Identifier: Apache-2.0 */
/* hold.c - memory first, then the spill file. */
#include "engine/unpack/hold.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sweeper/limits.h"

#define FREE_SIZE SW_PAGES_RUN_MIN /* bytes that a hold has without asking, and keeps */

void sw_hold_init(struct sw_hold *hold, struct sw_memory_budget *budget, struct sw_pages *pages,
                  struct sw_spill *spill)
{
    *hold = (struct sw_hold){.budget = budget, .pages = pages, .spill = spill};
}

static void free_bytes(struct sw_hold *hold)
{
    sw_pages_give(hold->pages, hold->bytes, hold->capacity);
    if (hold->reserved != 0)
        sw_memory_budget_release(hold->budget, hold->reserved);
    hold->bytes = NULL;
    hold->capacity = 0;
    hold->reserved = 0;
}

void sw_hold_done(struct sw_hold *hold)
{
    sw_hold_drop(hold);
    free_bytes(hold);
}

static size_t grown(size_t capacity, uint64_t size)
{
    size_t next = capacity == 0 ? FREE_SIZE : capacity;

    while (next < size)
        next *= 2;
    return next;
}

/* The same bytes, and room for more. Copying into pages that were used before is faster
 * than fresh pages behind those that are there. */
static uint8_t *enlarge(struct sw_hold *hold, size_t capacity)
{
    if (hold->bytes == NULL)
        return sw_pages_take(hold->pages, capacity);
    uint8_t *kept = sw_pages_take_kept(hold->pages, capacity);
    if (kept == NULL) {
        void *moved = mremap(hold->bytes, hold->capacity, capacity, MREMAP_MAYMOVE);
        return moved == MAP_FAILED ? NULL : moved;
    }
    memcpy(kept, hold->bytes, (size_t)hold->size);
    sw_pages_give(hold->pages, hold->bytes, hold->capacity);
    return kept;
}

/* Room for `size` bytes in memory; false: they must go to disk. */
static bool make_room(struct sw_hold *hold, uint64_t size)
{
    if (size <= hold->capacity)
        return true;
    if (size > SW_OBJECT_MEMORY_MAX)
        return false;
    const size_t capacity = grown(hold->capacity, size);
    const uint64_t more = capacity <= FREE_SIZE ? 0 : capacity - hold->reserved;
    if (more != 0 && !sw_memory_budget_try_reserve(hold->budget, more))
        return false;
    uint8_t *bytes = enlarge(hold, capacity);
    if (bytes == NULL) {
        if (more != 0)
            sw_memory_budget_release(hold->budget, more);
        return false;
    }
    hold->bytes = bytes;
    hold->capacity = capacity;
    hold->reserved += more;
    return true;
}

/* What is in memory goes to disk, and the rest after it. */
static enum sw_status start_spilling(struct sw_hold *hold, struct sw_error *error)
{
    hold->base = hold->spill->top;
    enum sw_status status =
        sw_spill_write(hold->spill, hold->base, 0, hold->bytes, (size_t)hold->size, error);
    if (status != SW_OK) {
        sw_spill_drop(hold->spill, hold->base);
        return status;
    }
    free_bytes(hold);
    hold->spilled = true;
    return SW_OK;
}

enum sw_status sw_hold_take(struct sw_hold *hold, const struct sw_piece *piece,
                            struct sw_error *error)
{
    const uint64_t end = piece->offset + piece->size;
    enum sw_status status = SW_OK;

    if (piece->offset < hold->size || end < piece->offset)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "unpack", 0,
                           "its content does not come in order");
    if (!hold->spilled && !make_room(hold, end))
        status = start_spilling(hold, error);
    if (status == SW_OK && hold->spilled)
        status =
            sw_spill_write(hold->spill, hold->base, piece->offset, piece->data, piece->size, error);
    if (status != SW_OK)
        return status;
    if (!hold->spilled) {
        if (piece->offset != hold->size)
            memset(hold->bytes + hold->size, 0, (size_t)(piece->offset - hold->size));
        if (piece->size != 0)
            memcpy(hold->bytes + piece->offset, piece->data, piece->size);
    }
    hold->size = end;
    return SW_OK;
}

enum sw_status sw_hold_blob(struct sw_hold *hold, struct sw_blob *blob, struct sw_error *error)
{
    if (!hold->spilled) {
        *blob = sw_blob_of_bytes(hold->bytes, (size_t)hold->size);
        return SW_OK;
    }
    enum sw_status status = sw_spill_keep(hold->spill, hold->base, hold->size, error);
    if (status == SW_OK)
        *blob = sw_blob_of_spill(hold->spill->fd, hold->base, hold->size);
    return status;
}

void sw_hold_drop(struct sw_hold *hold)
{
    if (hold->spilled)
        sw_spill_drop(hold->spill, hold->base);
    if (hold->capacity > FREE_SIZE)
        free_bytes(hold);
    hold->spilled = false;
    hold->size = 0;
}

static size_t to_page(uint64_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return ((size_t)size + page - 1) / page * page;
}

enum sw_status sw_hold_settle(struct sw_hold *hold, struct sw_error *error)
{
    const size_t wanted = to_page(hold->size);

    if (hold->spilled || hold->bytes == NULL)
        return SW_OK;
    if (wanted == 0) {
        free_bytes(hold);
        return SW_OK;
    }
    if (hold->reserved < wanted &&
        !sw_memory_budget_try_reserve(hold->budget, wanted - hold->reserved))
        return start_spilling(hold, error);
    if (hold->reserved > wanted)
        sw_memory_budget_release(hold->budget, hold->reserved - wanted);
    hold->reserved = wanted;
    void *bytes =
        wanted < hold->capacity ? mremap(hold->bytes, hold->capacity, wanted, 0) : hold->bytes;
    if (bytes != MAP_FAILED && bytes == hold->bytes)
        hold->capacity = wanted;
    return SW_OK;
}

void sw_hold_move(struct sw_hold *to, struct sw_hold *hold)
{
    *to = *hold;
    sw_hold_init(hold, to->budget, to->pages, to->spill);
}
